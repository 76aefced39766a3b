"""Stage 3 alone: notes, spans and identities to released notes under one policy (release.notes)."""

import sys

from deid_spark.spark.main import main

if __name__ == "__main__":
    sys.exit(main("release", __doc__))
