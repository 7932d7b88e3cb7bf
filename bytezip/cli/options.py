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
from bytezip.cli.help import MORE
from bytezip.cli.paths import STANDARD_STREAM, SUFFIX
from bytezip.cli.sizes import parse_size
from bytezip.codec import BLOCK_SIZE
from bytezip.container.layout import MAX_BLOCK
from bytezip.levels import DEFAULT_LEVEL
from bytezip.memory import MemoryLimit
from bytezip.predictor.engine import DEVICES, ENGINES


@dataclass(frozen=True)
class Sources:
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Files; none or - is stdin.", show_default=False)
    ] = None
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Take all files in folders.")] = False
    listed: Annotated[
        str | None, typer.Option("--files", metavar="FILE", help="Take names from FILE, too.", rich_help_panel=MORE)
    ] = None
    null: Annotated[bool, typer.Option("-0", "--null", help="Names in it end with NUL.", rich_help_panel=MORE)] = False

    def names(self) -> list[str]:
        """Paths, or - for stdin, in the order in which they are to be done.

        Raises:
            typer.TyperException: where the list of names cannot be read.
        """
        return [name for name, _ in self.places()]

    def places(self) -> list[tuple[str, Path]]:
        """The same names, each with the path that its output has below a folder for outputs.

        What was found in a folder keeps its way from that folder on; anything else goes by its last name.

        Raises:
            typer.TyperException: as `names`.
        """
        if self.null and self.listed is None:
            raise typer.TyperException("-0 is for names from a list: give it with --files")
        given = list(self.files or [])
        if self.listed is not None:
            given += _read_names(self.listed, b"\0" if self.null else b"\n")
        elif not given:
            given = [STANDARD_STREAM]
        return [place for entry in given for place in (_inside(entry) if self.recursive else [_alone(entry)])]


@dataclass(frozen=True)
class Destination:
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE.")] = None
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", metavar="DIR", help="Write into DIR, made if need be.", rich_help_panel=MORE),
    ] = None
    stdout: Annotated[bool, typer.Option("-c", "--stdout", help="Write to stdout.")] = False
    keep: Annotated[bool, typer.Option("-k", "--keep", help="Keep the source (the default).", rich_help_panel=MORE)] = (
        False
    )
    remove: Annotated[bool, typer.Option("--rm", help="Remove the source, once the output was checked.")] = False
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace output; follow links; read devices.")] = False
    suffix: Annotated[
        str, typer.Option("-S", "--suffix", metavar=".SUF", help=f"Use .SUF for {SUFFIX}.", rich_help_panel=MORE)
    ] = SUFFIX

    def check(self, count: int) -> None:
        """Whether all of it can be done at once, for so many sources.

        Raises:
            typer.TyperException: where it cannot.
        """
        if self.output is not None and (self.stdout or count > 1):
            raise typer.TyperException("-o names the output of one file, and not together with -c")
        if self.output_dir is not None and (self.stdout or self.output is not None):
            raise typer.TyperException("--output-dir goes together with neither -o nor -c")
        if self.removes and (self.stdout or str(self.output) == STANDARD_STREAM):
            raise typer.TyperException("--rm needs an output file, and stdout is none")
        if not self.suffix or "/" in self.suffix or "\0" in self.suffix:
            raise typer.TyperException(f"-S takes the end of a file's name, such as {SUFFIX}, not {self.suffix!r}")

    @property
    def removes(self) -> bool:
        return self.remove and not self.keep


@dataclass(frozen=True)
class Coding:
    level: Annotated[
        int,
        typer.Option("--level", metavar="-1..-9", min=1, max=9, help=f"Fastest to smallest; default {DEFAULT_LEVEL}."),
    ] = DEFAULT_LEVEL
    block: Annotated[
        str | None,
        typer.Option("--block-size", metavar="SIZE", help="Bytes that share a check.", rich_help_panel=MORE),
    ] = None
    restart: Annotated[
        str | None,
        typer.Option("--restart", metavar="SIZE", help="Bytes between restart points.", rich_help_panel=MORE),
    ] = None
    no_check: Annotated[bool, typer.Option("--no-check", help="Refused.", rich_help_panel=MORE)] = False

    def block_size(self) -> int:
        """Bytes.

        Raises:
            typer.TyperException: for a size that no block can have, and for --no-check, which asks what cannot be had.
        """
        if self.no_check:
            raise typer.TyperException("--no-check cannot be had: checks are always on, at 4 bytes a block")
        size = BLOCK_SIZE if self.block is None else parse_size("--block-size", self.block)
        if not 1 <= size <= MAX_BLOCK:
            raise typer.TyperException(f"--block-size takes 1 to {MAX_BLOCK} bytes, not {size}")
        return size

    def restart_interval(self) -> int | None:
        """Bytes, None for no restart points.

        Raises:
            typer.TyperException: for what is no size.
        """
        return (parse_size("--restart", self.restart) or None) if self.restart is not None else None


@dataclass(frozen=True)
class IgnoredCoding:
    """What only compressing heeds, taken in silence when restoring: as gzip -d9 does."""

    level: Annotated[int, typer.Option("--level", min=1, max=9, hidden=True)] = DEFAULT_LEVEL


@dataclass(frozen=True)
class Names:
    name: Annotated[
        bool,
        typer.Option(
            "-N/-n", "--name/--no-name", help="Keep name and time in it.", show_default=False, rich_help_panel=MORE
        ),
    ] = False


@dataclass(frozen=True)
class Holes:
    sparse: Annotated[
        bool | None,
        typer.Option(
            "--sparse/--no-sparse", help="Leave out zeros in files.", show_default=False, rich_help_panel=MORE
        ),
    ] = None


@dataclass(frozen=True)
class Limits:
    memory: Annotated[
        str | None,
        typer.Option("-M", "--memlimit", metavar="SIZE", help="Take less memory; 0 is no limit.", rich_help_panel=MORE),
    ] = None

    def limit(self) -> MemoryLimit:
        """Raises typer.TyperException for what is no size."""
        size = 0 if self.memory is None else parse_size("-M", self.memory, of_memory=True)
        return MemoryLimit(size or None)


@dataclass(frozen=True)
class Engine:
    """What predicts; none of it changes an output but the model."""

    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", envvar="BYTEZIP_MODEL", help="Use this model.")
    ] = None
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help=", ".join(ENGINES) + ".", rich_help_panel=MORE)
    ] = "auto"
    device: Annotated[
        str, typer.Option("--device", metavar="NAME", help=", ".join(DEVICES) + ".", rich_help_panel=MORE)
    ] = "auto"


@dataclass(frozen=True)
class Machine(Engine):
    """The same, for work that can be shared out."""

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


@dataclass(frozen=True)
class BusyVoice(Voice):
    """That of commands which take their time."""

    no_progress: Annotated[bool, typer.Option("--no-progress", help="No bar.", rich_help_panel=MORE)] = False

    def console(self) -> Console:
        return Console(self.quiet, self.verbose, bar=not self.no_progress)


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


def _alone(name: str) -> tuple[str, Path]:
    return name, Path(Path(name).name)


def _inside(name: str) -> list[tuple[str, Path]]:
    """The regular files of a folder and its folders, by name; links are not followed. Anything else is itself."""
    if name == STANDARD_STREAM or not os.path.isdir(name) or os.path.islink(name):
        return [_alone(name)]
    folder = Path(name)
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    above = folder if folder.name in ("", "..") else folder.parent
    return [(str(path), path.relative_to(above)) for path in paths]


def _fields(group: Any) -> tuple[Field[Any], ...]:
    return fields(group)


def _parameters(group: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in _fields(group):
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
