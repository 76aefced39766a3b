"""Stage 2 alone: what was found to one surrogate for each person, place and number (secure.identities)."""

import sys

from deid_spark.spark.main import main

if __name__ == "__main__":
    sys.exit(main("link", __doc__))
