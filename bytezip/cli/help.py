"""--help that fits a screen of 24 lines: what is used daily in a line each, the rest by name, and examples.

Knows: how help looks, the examples.  Does not know: what options do.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from collections.abc import Iterator

MORE = "more"  # the help panel of options that --help tells by name only
_WIDTH = 80

EXAMPLES: dict[str, tuple[str, ...]] = {
    "compress": (
        "bytezip compress -9 report.txt             makes report.txt.bytz",
        "bytezip compress -r --output-dir out docs  all files of a folder, into another",
    ),
    "decompress": (
        "bytezip decompress report.txt.bytz  makes report.txt again",
        "bytezip d -c log.bytz | less        reads without making a file",
    ),
    "test": ("bytezip test -v *.bytz",),
    "cat": ("bytezip cat monday.bytz tuesday.bytz | grep error",),
    "list": ("bytezip list *.bytz", "bytezip list --json a.bytz | jq .ratio"),
    "info": ("bytezip info",),
    "bench": ("bytezip bench --against zstd:19,xz:9 data.json",),
    "train": ("bytezip train logs -o logs.model --time 30m", "bytezip compress --model logs.model new.log"),
    "detect": ("bytezip detect unknown.bin",),
    "scan": (
        "bytezip scan server.log                   the ten least expected lines",
        "bytezip scan --known old.log server.log   those that old.log has none like",
    ),
    "generate": ("printf 'Once upon a time' | bytezip generate -t 0.7 -",),
    "": (
        "bytezip compress FILE                makes FILE.bytz, keeps FILE",
        "bytezip decompress FILE.bytz         makes FILE again",
        "bytezip < FILE > FILE.bytz           as a filter; bytezip -d restores",
        "tar -I bytezip -cf DIR.tar.bytz DIR  a folder",
    ),
    "[-d]": (
        "bytezip FILE                         makes FILE.bytz",
        "tar -I bytezip -cf DIR.tar.bytz DIR  a folder",
    ),
}


class Command(typer.core.TyperCommand):
    """A command whose help is brief."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        for line in _lines(self, ctx):
            formatter.write(line + "\n")


class Group(typer.core.TyperGroup):
    """All commands, with their help in a line each."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        for line in _lines_of_group(self, ctx):
            formatter.write(line + "\n")


def _lines_of_group(group: Group, context: Any) -> Iterator[str]:
    yield "Usage: bytezip COMMAND [OPTION]... [FILE]..."
    yield "       bytezip [-d] [OPTION]... [FILE]..."
    yield from textwrap.wrap(group.help or "", _WIDTH)
    yield ""
    commands = {name: command for name, command in group.commands.items() if not command.hidden}
    width = max(map(len, commands)) + 2
    for name, command in commands.items():
        text = textwrap.shorten(command.help or "", _WIDTH - width - 2, placeholder="...")
        yield f"  {name:<{width}}{text}"
    yield "Without a command, bytezip compresses, or with -d restores, FILE by FILE, or"
    yield "stdin to stdout where there is none; bytezip -d --help has the options."
    options = (", ".join(option.opts) for option in group.get_params(context))
    yield from textwrap.wrap(f"Options: {'; '.join(options)}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    yield ""
    yield "Examples:"
    yield from (f"  {example}" for example in EXAMPLES[""])


def _lines(command: Command, context: Any) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"Usage: {context.command_path} {usage}"
    yield from textwrap.wrap(command.help or "", _WIDTH)
    yield ""
    options = [
        option
        for option in command.get_params(context)
        if isinstance(option, typer.core.TyperOption) and not option.hidden
    ]
    rows = [(_names(option), option.help or "") for option in options if option.rich_help_panel != MORE]
    width = max(len(names) for names, _ in rows) + 2
    for names, text in rows:
        yield f"  {names:<{width}}{text}"
    more = [option.opts[-1] for option in options if option.rich_help_panel == MORE]
    if more:
        page = "bytezip" if command.name == "[-d]" else f"bytezip-{command.name}"
        text = f"Also: {', '.join(more)}; see {page}(1)"
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent="  ", subsequent_indent="        ", break_on_hyphens=False
        )
    yield ""
    yield "Examples:"
    yield from (f"  {example}" for example in EXAMPLES.get(command.name or "", ()))


def _names(option: typer.core.TyperOption) -> str:
    if "--level" in option.opts:
        return "-1..-9, --fast, --best"
    names = ", ".join((*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {option.metavar or 'VALUE'}"
