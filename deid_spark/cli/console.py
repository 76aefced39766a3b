"""What every command shares: exit codes, and errors in one paragraph without note text."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.text import Text

from deid_spark.errors import ConfigError, DeidError
from deid_spark.terminal import err

# 0: all done. 1: done, but some notes went to quarantine. 2: usage, configuration or input is wrong; nothing was
# written. 3: an error of the program itself; nothing was written.
EXIT_QUARANTINED, EXIT_WRONG_INPUT, EXIT_PROGRAM_ERROR = 1, 2, 3
TRACEBACK_ENV = "DEID_SPARK_TRACEBACK"


@contextmanager
def errors_explained() -> Iterator[None]:
    """Turn an error into a message and an exit code.

    The message of an unexpected exception may quote a note, so only its type and place are shown; setting
    DEID_SPARK_TRACEBACK=1 shows all of it, for a developer with synthetic notes.
    """
    try:
        yield
    except ConfigError as error:
        lines = [f"{error.where}: {problem}" for problem in error.problems]
        _say("error", "\n       ".join(lines))
        raise typer.Exit(EXIT_WRONG_INPUT) from None
    except DeidError as error:
        _say("error", str(error))
        raise typer.Exit(EXIT_WRONG_INPUT) from None
    except OSError as error:
        _say("error", f"{error.filename or 'a file'}: {error.strerror or type(error).__name__}")
        raise typer.Exit(EXIT_WRONG_INPUT) from None
    except (typer.Exit, typer.Abort, KeyboardInterrupt):
        raise
    except Exception as error:
        show_if_debugging(error)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"
        _say("internal error", f"{place}; the message is not shown because it may quote a note")
        raise typer.Exit(EXIT_PROGRAM_ERROR) from None


def show_if_debugging(error: Exception) -> None:
    """The whole traceback on standard error, when DEID_SPARK_TRACEBACK=1 asks for it."""
    if os.environ.get(TRACEBACK_ENV) == "1":
        traceback.print_exception(error)


def warn(message: str) -> None:
    err().print(Text.assemble(("warning: ", "bold yellow"), message))


def _say(kind: str, message: str) -> None:
    err().print(Text.assemble((f"{kind}: ", "bold red"), message))
