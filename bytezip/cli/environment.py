"""BYTEZIP_OPT: options that stand before those of every command line, as XZ_OPT does for xz.

A command takes those that it has, so that one value serves all of them; what no command has is a mistake.

Knows: words.  Does not know: what options do.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Set

import typer

from bytezip.cli.arguments import awaits_value, levels

VARIABLE = "BYTEZIP_OPT"


def default_options(text: str, with_value: Set[str], known: Set[str], mine: Set[str]) -> list[str]:
    """The words of the variable that a command takes.

    with_value: options behind which a value stands. known: all options of all commands. mine: those of this one.

    Raises:
        typer.TyperException: for what is no option, or one that no command has.
    """
    taken: list[str] = []
    for option in _options(text, with_value):
        name = _name(option[0])
        if name not in known:
            raise typer.TyperException(f"{VARIABLE}: no such option: {name}")
        if name in mine:
            taken += option
    return taken


def _options(text: str, with_value: Set[str]) -> Iterator[list[str]]:
    """One option after another, each with its value."""
    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise typer.TyperException(f"{VARIABLE}: {str(error).lower()}") from error
    for word in words:
        if not word.startswith("-") or word in ("-", "--"):
            raise typer.TyperException(f"{VARIABLE} takes options only, not {word!r}")
        for option in (apart for level in levels(word, with_value) for apart in _apart(level, with_value)):
            if not awaits_value(option, with_value):
                yield [option]
            elif (value := next(words, None)) is not None:
                yield [option, value]
            else:
                raise typer.TyperException(f"{VARIABLE}: option {option} requires an argument")


def _apart(option: str, with_value: Set[str]) -> list[str]:
    """`-qvT4` as `-q`, `-v`, `-T4`."""
    if option.startswith("--"):
        return [option]
    for place, letter in enumerate(option[1:], 1):
        if f"-{letter}" in with_value:
            return [f"-{flag}" for flag in option[1:place]] + [f"-{option[place:]}"]
    return [f"-{flag}" for flag in option[1:]]


def _name(option: str) -> str:
    return option.split("=", maxsplit=1)[0] if option.startswith("--") else option[:2]
