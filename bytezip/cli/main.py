"""The command `bytezip`: its commands, and how a run begins and ends.

Without a command it is a filter in gzip's manner: `bytezip` compresses and `bytezip -d` restores, stdin to stdout or
FILE by FILE.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer
import typer.main

import bytezip
from bytezip.cli.arguments import FILTER, expand
from bytezip.cli.bench import bench
from bytezip.cli.check import cat, check
from bytezip.cli.compress import compress, decompress, filter_
from bytezip.cli.console import ERROR, OK, Console
from bytezip.cli.detect import detect
from bytezip.cli.environment import VARIABLE, default_options
from bytezip.cli.generate import generate
from bytezip.cli.help import Command, Group
from bytezip.cli.info import info
from bytezip.cli.listing import list_
from bytezip.cli.run import abandon_stdout
from bytezip.cli.scan import scan
from bytezip.cli.train import train

app = typer.Typer(
    name="bytezip",
    cls=Group,
    help="Compress any file losslessly with a neural network, exactly, on any machine.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("-V", "--version", help="Print the version.")] = False,
) -> None:
    if version:
        print(f"bytezip {bytezip.__version__}")
        raise typer.Exit
    assert context.invoked_subcommand is not None  # `expand` puts the filter where no command stands


# One line a command, in the order of --help.
app.command("compress")(compress)
app.command("decompress")(decompress)
app.command("bench")(bench)
app.command("d", hidden=True)(decompress)
app.command("x", hidden=True)(decompress)
app.command("test")(check)
app.command("cat")(cat)
app.command("list")(list_)
app.command("detect")(detect)
app.command("scan")(scan)
app.command("info")(info)
app.command("train")(train)
app.command("generate")(generate)
app.command(FILTER, hidden=True)(filter_)
for registered in app.registered_commands:
    registered.cls = Command


def main() -> NoReturn:
    """The entry point: turns whatever ends the run into an exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(number, _interrupt)
    try:
        group = _group()
        arguments = expand(sys.argv[1:], _commands(), _options_with_value(group))
        code = group(args=_with_defaults(arguments, group), prog_name="bytezip", standalone_mode=False) or OK
    except typer.TyperException as error:
        Console().error(_lower(error.format_message()), "bytezip --help shows the options")
        code = ERROR
    sys.exit(_flush() or code)


def _group() -> Group:
    """All commands with their options; made once, for that takes longer than to parse a command line with them."""
    group = typer.main.get_command(app)
    assert isinstance(group, Group)
    return group


def _commands() -> set[str]:
    return {info.name or "" for info in app.registered_commands} - {FILTER}


def _with_defaults(arguments: list[str], group: Group) -> list[str]:
    """The same command line with what the environment wants before the options of its command."""
    command, text = (arguments or [""])[0], os.environ.get(VARIABLE, "")
    mine = {name for of, option in _options(group) if of == command for name in _names(option)}
    if not text or not mine:
        return arguments
    known = {name for _, option in _options(group) for name in _names(option)}
    return [command, *default_options(text, _options_with_value(group), known, mine), *arguments[1:]]


def _options_with_value(group: Group) -> set[str]:
    """All options of all commands behind which a value stands."""
    return {name for _, option in _options(group) if not option.is_flag for name in _names(option)}


def _options(group: Group) -> Iterator[tuple[str, typer.core.TyperOption]]:
    """Name of the command, and option."""
    for name, command in group.commands.items():
        yield from ((name, option) for option in command.params if isinstance(option, typer.core.TyperOption))


def _names(option: typer.core.TyperOption) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _interrupt(number: int, _: object) -> NoReturn:
    """Unwinds, so that no unfinished file stays; the exit code is a shell's for this signal."""
    sys.exit(128 + number)


def _flush() -> int:
    """Exit code; what could not be written was told already, and must not be told again at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        abandon_stdout()
        return ERROR
    return OK


def _lower(message: str) -> str:
    first = message[:1] if message[1:2].isupper() else message[:1].lower()  # a name such as BYTEZIP_OPT stays
    return first + message[1:].rstrip(".")
