"""A CSV that a long measurement fills row by row, and that an interrupted one goes on with.

Its first line says on what machine; the last column of each row says what release was measured. A row of another
release gives way to a new one in its place; a table of another machine is not added to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from stamps import machine, without_code

RELEASE = "release"


class StampError(Exception):
    """The table was made on another machine, or has other columns."""


class Table:
    """keys: the first columns, which tell a row from the others."""

    def __init__(self, path: Path, keys: Sequence[str], values: Sequence[str]) -> None:
        self._path = path
        self._keys = len(keys)
        self._heading = [*keys, *values, RELEASE]
        self._rows: dict[tuple[str, ...], list[str]] = {}
        if path.exists():
            self._load()

    def _load(self) -> None:
        first, _, rest = self._path.read_text().partition("\n")
        heading, *rows = list(csv.reader(rest.splitlines()))
        if first != f"# {machine()}" or heading != self._heading:
            made = first.removeprefix("# ") if heading == self._heading else "other columns"
            raise StampError(f"{self._path}: made with {made}; use --again to replace it")
        self._rows = {tuple(row[: self._keys]): row for row in rows}

    def has(self, key: Sequence[object], release: str, any_code: bool = False) -> bool:
        """Whether there is such a row of this release; any_code: of the same model, whatever became of the sources."""
        row = self._rows.get(tuple(map(str, key)))
        if row is None:
            return False
        return row[-1] == release or (any_code and without_code(row[-1]) == without_code(release))

    def add(self, key: Sequence[object], values: Sequence[object], release: str) -> None:
        """Written at once; the file is whole at every moment."""
        row = [str(cell) for cell in (*key, *values, release)]
        self._rows[tuple(row[: self._keys])] = row
        out = io.StringIO()
        out.write(f"# {machine()}\n")
        csv.writer(out, lineterminator="\n").writerows([self._heading, *self._rows.values()])
        part = self._path.with_name(f"{self._path.name}.part")
        part.write_text(out.getvalue())
        part.replace(self._path)


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table, without its first line."""
    return list(csv.DictReader(path.read_text().splitlines()[1:]))
