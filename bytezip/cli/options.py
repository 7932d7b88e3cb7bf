"""The options that commands share, in groups: each group is a dataclass, and a command names the groups that it takes.

Knows: names, help and bounds of options.  Does not know: what is done with them.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from bytezip.cli.console import Console
from bytezip.cli.paths import STANDARD_STREAM
from bytezip.levels import DEFAULT_LEVEL
from bytezip.predictor.engine import DEVICES, ENGINES


@dataclass(frozen=True)
class Sources:
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Files; none or - is stdin.", show_default=False)
    ] = None
    listed: Annotated[str | None, typer.Option("--files", metavar="FILE", help="Take names from FILE, too.")] = None
    null: Annotated[bool, typer.Option("-0", "--null", help="Names in it end with NUL.")] = False
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Take all files in folders.")] = False

    def names(self) -> list[str]:
        """Paths, or - for stdin, in the order in which they are to be done.

        Raises:
            typer.TyperException: where the list of names cannot be read.
        """
        given = list(self.files or [])
        if self.listed is not None:
            given += _read_names(self.listed, b"\0" if self.null else b"\n")
        elif not given:
            given = [STANDARD_STREAM]
        return [name for entry in given for name in (_inside(entry) if self.recursive else [entry])]


@dataclass(frozen=True)
class Destination:
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None
    stdout: Annotated[bool, typer.Option("-c", "--stdout", help="Write to stdout.")] = False
    keep: Annotated[bool, typer.Option("-k", "--keep", help="Keep the source (the default).")] = False
    remove: Annotated[bool, typer.Option("--rm", help="Remove the source, once the output was checked.")] = False
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace output; follow links; read devices.")] = False


@dataclass(frozen=True)
class Coding:
    level: Annotated[
        int, typer.Option("--level", metavar="-1..-9", min=1, max=9, help="-1 or --fast to -9 or --best.")
    ] = DEFAULT_LEVEL


@dataclass(frozen=True)
class IgnoredCoding:
    """What only compressing heeds, taken in silence when restoring: as gzip -d9 does."""

    level: Annotated[int, typer.Option("--level", min=1, max=9, hidden=True)] = DEFAULT_LEVEL


@dataclass(frozen=True)
class Machine:
    """What computes; none of it changes an output but the model."""

    model: Annotated[Path | None, typer.Option("--model", metavar="FILE", help="Use this model.")] = None
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help=", ".join(ENGINES) + ".")] = "auto"
    device: Annotated[str, typer.Option("--device", metavar="NAME", help=", ".join(DEVICES) + ".")] = "auto"
    threads: Annotated[int, typer.Option("-T", "--threads", metavar="N", min=0, help="Threads; 0 is all.")] = 0

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that both codec classes take."""
        return {"model": self.model, "engine": self.engine, "device": self.device, "threads": self.threads}


@dataclass(frozen=True)
class Voice:
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")] = False
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print a line a file.")] = False

    def console(self) -> Console:
        return Console(self.quiet, self.verbose)


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """A function of option groups (and single options) as one of single options, which is what typer understands."""
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return")
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    single = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in groups
    ]
    shared = [parameter for group in groups.values() for parameter in _parameters(group)]

    @wraps(function)
    def command(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in _fields(group)})
            for name, group in groups.items()
        }
        function(**made, **given)

    everything = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*single, *shared)]
    command.__signature__ = inspect.Signature(everything)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in everything}
    return command


def _read_names(listed: str, separator: bytes) -> list[str]:
    """Names in any encoding, as the file system has them."""
    try:
        content = sys.stdin.buffer.read() if listed == STANDARD_STREAM else Path(listed).read_bytes()
    except OSError as error:
        raise typer.TyperException(f"{listed}: {error.strerror}") from error
    return [os.fsdecode(name) for name in content.split(separator) if name]


def _inside(name: str) -> list[str]:
    """The regular files of a folder and its folders, by name; links are not followed. Anything else is itself."""
    if name == STANDARD_STREAM or not os.path.isdir(name) or os.path.islink(name):
        return [name]
    paths = sorted(path for path in Path(name).rglob("*") if path.is_file() and not path.is_symlink())
    return [str(path) for path in paths]


def _fields(group: Any) -> tuple[Field[Any], ...]:
    return fields(group)


def _parameters(group: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in _fields(group):
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
