"""The command `bytezip`: its commands and options, and how a run begins and ends.

Without a command it is a filter in gzip's manner: `bytezip` compresses and `bytezip -d` restores, stdin to stdout or
FILE by FILE.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import bytezip
from bytezip.cli.arguments import FILTER, expand
from bytezip.cli.console import ERROR, OK, Console
from bytezip.cli.paths import STANDARD_STREAM, SkippedError
from bytezip.cli.transfer import Options, display_name, transfer
from bytezip.errors import BytezipError
from bytezip.levels import DEFAULT_LEVEL
from bytezip.predictor.engine import DEVICES, ENGINES

_EPILOGUE = """Without a command, bytezip takes the options of both: it compresses, or with -d restores,
FILE by FILE, or stdin to stdout where there is none.\n
Examples:\n
\b
  bytezip compress FILE                makes FILE.bytz, keeps FILE
  bytezip decompress FILE.bytz         makes FILE again
  bytezip < FILE > FILE.bytz           as a filter; bytezip -d restores
  tar -I bytezip -cf DIR.tar.bytz DIR  a directory
"""

app = typer.Typer(
    name="bytezip",
    help="Compresses any file losslessly with a neural network, exactly and on any machine.",
    epilog=_EPILOGUE,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)

Files = Annotated[list[str] | None, typer.Argument(metavar="FILE", help="Files; none or - is stdin to stdout.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE (- is stdout).")]
Stdout = Annotated[bool, typer.Option("-c", "--stdout", help="Write to stdout.")]
Keep = Annotated[bool, typer.Option("-k", "--keep", help="Keep the source (the default).")]
Remove = Annotated[bool, typer.Option("--rm", help="Remove the source, once the output was checked.")]
Force = Annotated[bool, typer.Option("-f", "--force", help="Replace output; follow links; read devices.")]
LevelOption = Annotated[
    int, typer.Option("--level", metavar="-1..-9", min=1, max=9, help="-1 or --fast to -9 or --best.")
]
IgnoredLevel = Annotated[int, typer.Option("--level", min=1, max=9, hidden=True)]
Model = Annotated[Path | None, typer.Option("--model", metavar="FILE", help="Use this model.")]
Engine = Annotated[str, typer.Option("--engine", metavar="NAME", help=", ".join(ENGINES) + ".")]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help=", ".join(DEVICES) + ".")]
Threads = Annotated[int, typer.Option("-T", "--threads", metavar="N", min=0, help="Threads; 0 is all.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print a line a file.")]


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("-V", "--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"bytezip {bytezip.__version__}")
        raise typer.Exit
    assert context.invoked_subcommand is not None  # `expand` puts the filter where no command stands


@app.command()
def compress(
    files: Files = None,
    *,
    output: Output = None,
    stdout: Stdout = False,
    keep: Keep = False,
    remove: Remove = False,
    force: Force = False,
    level: LevelOption = DEFAULT_LEVEL,
    model: Model = None,
    engine: Engine = "auto",
    device: Device = "auto",
    threads: Threads = 0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compress FILE... to FILE.bytz..."""
    _run(files, Options(False, level, output, stdout, remove and not keep, force,
                        _engine(model, engine, device, threads)), Console(quiet, verbose))  # fmt: skip


@app.command()
@app.command("d", hidden=True)
@app.command("x", hidden=True)
def decompress(
    files: Files = None,
    *,
    output: Output = None,
    stdout: Stdout = False,
    keep: Keep = False,
    remove: Remove = False,
    force: Force = False,
    level: IgnoredLevel = DEFAULT_LEVEL,
    model: Model = None,
    engine: Engine = "auto",
    device: Device = "auto",
    threads: Threads = 0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Restore FILE.bytz... to FILE..."""
    _run(files, Options(True, level, output, stdout, remove and not keep, force,
                        _engine(model, engine, device, threads)), Console(quiet, verbose))  # fmt: skip


@app.command(FILTER, hidden=True)
def filter_(
    files: Files = None,
    *,
    restore: Annotated[bool, typer.Option("-d", "--decompress", help="Restore in place of compressing.")] = False,
    output: Output = None,
    stdout: Stdout = False,
    keep: Keep = False,
    remove: Remove = False,
    force: Force = False,
    level: LevelOption = DEFAULT_LEVEL,
    model: Model = None,
    engine: Engine = "auto",
    device: Device = "auto",
    threads: Threads = 0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compress, or with -d restore, FILE... or stdin to stdout."""
    _run(files, Options(restore, level, output, stdout, remove and not keep, force,
                        _engine(model, engine, device, threads)), Console(quiet, verbose))  # fmt: skip


def _engine(model: Path | None, engine: str, device: str, threads: int) -> dict[str, object]:
    return {"model": model, "engine": engine, "device": device, "threads": threads}


def _run(files: list[str] | None, options: Options, console: Console) -> NoReturn:
    """One source after another; what is wrong with one does not stop the others."""
    names = files or [STANDARD_STREAM]
    if options.output is not None and (options.to_stdout or len(names) > 1):
        raise typer.TyperException("-o names the output of one file, and not together with -c")
    if options.remove and (options.to_stdout or str(options.output) == STANDARD_STREAM):
        raise typer.TyperException("--rm needs an output file, and stdout is none")
    for name in names:
        try:
            transfer(name, options, console)
        except BrokenPipeError:
            _die_of_broken_pipe()
        except SkippedError as skipped:
            console.warning(f"{display_name(name)}: {skipped}")
        except (BytezipError, OSError) as error:
            console.failure(display_name(name), error)
    raise typer.Exit(console.exit_code)


def main() -> NoReturn:
    """The entry point: turns whatever ends the run into an exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(number, _interrupt)
    try:
        code = app(args=expand(sys.argv[1:], _commands()), prog_name="bytezip", standalone_mode=False) or OK
    except typer.TyperException as error:
        Console().error(_lower(error.format_message()), "bytezip --help shows the options")
        code = ERROR
    sys.exit(_flush() or code)


def _commands() -> set[str]:
    names = {info.name or (info.callback.__name__ if info.callback else "") for info in app.registered_commands}
    return names - {FILTER}


def _interrupt(number: int, _: object) -> NoReturn:
    """Unwinds, so that no unfinished file stays; the exit code is a shell's for this signal."""
    sys.exit(128 + number)


def _flush() -> int:
    """Exit code; what could not be written was told already, and must not be told again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _abandon_stdout()
        return ERROR
    return OK


def _die_of_broken_pipe() -> NoReturn:
    """As gzip does: without a word, and so that the shell sees why."""
    _abandon_stdout()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)
    sys.exit(ERROR)  # where the signal is blocked


def _abandon_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
