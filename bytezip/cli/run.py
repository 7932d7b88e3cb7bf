"""One source after another: what is wrong with one does not stop the others, and the worst decides the exit code.

Knows: how a run ends early.  Does not know: what is done with a source.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

import typer

from bytezip.cli.console import ERROR, Console
from bytezip.cli.paths import SkippedError, display_name
from bytezip.errors import BytezipError


def each(names: Iterable[str], work: Callable[[str], None], console: Console) -> NoReturn:
    """Does the work on each of the names, tells what went wrong, and ends the command.

    Raises:
        typer.Exit: always.
    """
    for name in names:
        try:
            work(name)
        except BrokenPipeError:
            die_of_broken_pipe()
        except SkippedError as skipped:
            console.skipped(display_name(name), skipped)
        except (BytezipError, OSError) as error:
            console.failure(display_name(name), error)
    console.report()
    raise typer.Exit(console.exit_code)


def die_of_broken_pipe() -> NoReturn:
    """As gzip does: without a word, and so that the shell sees why."""
    abandon_stdout()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    sys.exit(ERROR)  # where the signal is blocked


def abandon_stdout() -> None:
    """What could not be written was told already, and must not be told again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
