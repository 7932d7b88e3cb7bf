"""The compressors that can be measured here: bytezip, those of Python libraries, and those found on the PATH.

A name means its library where that is installed (no start-up time then), else its command. Commands are described by a
table of templates, `peers.toml`, to which a user can add.

Knows: what is installed.  Does not know: files, measurements.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bytezip.bench.child import MODULES
from bytezip.errors import BytezipError

SHIPPED = Path(__file__).with_name("peers.toml")
DEFAULT = ("gzip", "bzip2", "xz", "zstd", "brotli", "ppmd")
LIBRARY_LEVELS = {
    "gzip": ("9",),
    "bzip2": ("9",),
    "xz": ("9e",),
    "zstd": ("3", "19"),
    "brotli": ("11",),
    "kanzi": ("9",),
    "ppmd": ("8",),
}
_PACKAGES = {"zstd": "zstandard", "brotli": "brotli", "kanzi": "kanzi", "ppmd": "pyppmd"}  # others come with Python
_FIELDS = {"compress", "decompress", "levels", "packed", "version"}
_VERSION = re.compile(r"\d+(?:\.\d+)+")


class MethodError(BytezipError):
    """A compressor that is not known, or a table of commands that cannot be read."""


@dataclass(frozen=True)
class Command:
    """Templates as lists of words. packed: what the tool puts behind the name of its output. version: prints it."""

    compress: tuple[str, ...]
    decompress: tuple[str, ...]
    levels: tuple[str, ...]
    packed: str = ""
    version: tuple[str, ...] = ()

    def installed(self) -> bool:
        return shutil.which(self.compress[0]) is not None


@dataclass(frozen=True)
class Method:
    """One compressor at one level. options: keywords for bytezip. missing: neither library nor command is here."""

    name: str
    level: str
    command: Command | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    missing: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} -{self.level}" if self.level else self.name


def commands(extra: Path | None = None) -> dict[str, Command]:
    """Those that ship, and those of a user's file, which win.

    Raises:
        MethodError: where the file is not such a table.
        OSError: where it cannot be read.
    """
    table = tomllib.loads(SHIPPED.read_text())
    if extra is not None:
        try:
            table |= tomllib.loads(extra.read_text())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MethodError(f"{extra}: not TOML: {error}") from error
    return {name: _command(name, entry) for name, entry in table.items()}


def _command(name: str, entry: Any) -> Command:
    if not isinstance(entry, dict) or not {"compress", "decompress"} <= set(entry) <= _FIELDS:
        raise MethodError(
            f"compressor {name}: needs compress and decompress, may have levels, packed, version, no more"
        )
    lines = [entry["compress"], entry["decompress"], entry.get("packed", ""), entry.get("version", "")]
    levels = entry.get("levels", [""])
    if not all(isinstance(text, str) for text in lines) or not isinstance(levels, list):
        raise MethodError(f"compressor {name}: commands are strings, levels a list")
    try:
        words = [tuple(shlex.split(line)) for line in (*lines[:2], lines[3])]
        for word in (*words[0], *words[1]):
            word.format(source="", target="", level="", threads="")
    except (ValueError, KeyError, IndexError) as error:
        raise MethodError(f"compressor {name}: not a command template: {error}") from error
    if not all(words[:2]):
        raise MethodError(f"compressor {name}: an empty command")
    return Command(words[0], words[1], tuple(map(str, levels)), lines[2], words[2])


def choose(wanted: Iterable[str] | None, table: Mapping[str, Command]) -> list[Method]:
    """The peers that `wanted` names, as NAME (at its own levels) or NAME:LEVEL; None takes the usual ones found here.

    Raises:
        MethodError: for a name that stands in no table.
    """
    if wanted is None:
        return [method for name in DEFAULT for method in _methods(name, None, table) if not method.missing]
    pairs = [(word.partition(":")[0], word.partition(":")[2] or None) for word in wanted]
    return [method for name, level in pairs for method in _methods(name, level, table)]


def _methods(name: str, level: str | None, table: Mapping[str, Command]) -> list[Method]:
    command = table.get(name)
    if name in LIBRARY_LEVELS and importlib.util.find_spec(MODULES[name]) is not None:
        return [Method(name, each) for each in ((level,) if level else LIBRARY_LEVELS[name])]
    if command is not None:
        here = command.installed()
        return [Method(name, each, command, missing=not here) for each in ((level,) if level else command.levels)]
    if name in LIBRARY_LEVELS:
        return [Method(name, each, missing=True) for each in ((level,) if level else LIBRARY_LEVELS[name])]
    raise MethodError(f"no compressor is called {name}; there are {', '.join(sorted(LIBRARY_LEVELS | dict(table)))}")


def version(method: Method) -> str:
    """What is run, as "NAME VERSION": the package of a library, or a command and what it says of itself."""
    if method.command is not None:
        return " ".join(filter(None, (method.command.compress[0], _told(method.command.version))))
    package = _PACKAGES.get(method.name)
    return f"{package} {importlib.metadata.version(package)}" if package else f"Python {platform.python_version()}"


def _told(words: tuple[str, ...]) -> str:
    """The first version number in the output of a command, or nothing."""
    if not words:
        return ""
    try:
        run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = _VERSION.search((run.stdout + run.stderr).decode(errors="replace"))
    return found.group() if found else ""
