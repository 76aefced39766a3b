"""The command line, for small jobs without Spark: detect, deidentify, evaluate, policies, review."""

from __future__ import annotations

from typing import Annotated

import typer

from deid_spark import __version__
from deid_spark.cli.evaluate import evaluate
from deid_spark.cli.policies import policies
from deid_spark.cli.process import deidentify, detect
from deid_spark.cli.review import review

# Tracebacks of Typer show local variables, which hold notes; errors are told by `console.errors_explained`.
app = typer.Typer(
    name="deid-spark",
    help="De-identify clinical notes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"deid-spark {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version")
    ] = False,
) -> None:
    pass


for command in (detect, deidentify, evaluate, policies, review):
    app.command()(command)
