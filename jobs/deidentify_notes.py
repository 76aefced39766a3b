"""Notes in, de-identified Delta tables with provenance out.

    spark-submit --packages io.delta:delta-spark_2.12:3.3.3 --py-files dist/deid_spark.zip \\
        jobs/deidentify_notes.py --config conf/cluster.toml --input … --output …
    python jobs/deidentify_notes.py --config conf/local.toml --input … --output …     (a session on this machine)
"""

import sys

from deid_spark.spark.main import main

if __name__ == "__main__":
    sys.exit(main("deidentify", __doc__))
