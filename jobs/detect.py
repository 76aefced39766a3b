"""Stage 1 alone: notes to spans (secure.spans). Needs no key."""

import sys

from deid_spark.spark.main import main

if __name__ == "__main__":
    sys.exit(main("detect", __doc__))
