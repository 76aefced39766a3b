"""`python -m deid_spark` is the command line."""

from deid_spark.cli import app

if __name__ == "__main__":
    app(prog_name="deid-spark")
