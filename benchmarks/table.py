"""A CSV that a long measurement fills row by row, and that an interrupted one goes on with.

Its first line says what was measured on what; rows of another machine, release or model are never added to it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from machine import describe

import bytezip
from bytezip.predictor.weights import STANDARD, load_model


class StampError(Exception):
    """The table was made on another machine, or with another release or model."""


def stamp() -> str:
    return f"# {describe()}; bytezip {bytezip.__version__}, model {load_model(STANDARD).id.hex()}"


class Table:
    """keys: the first columns, which tell a row from the others."""

    def __init__(self, path: Path, keys: Sequence[str], values: Sequence[str]) -> None:
        self._path = path
        self._keys = len(keys)
        self._done: set[tuple[str, ...]] = set()
        if not path.exists():
            path.write_text(f"{stamp()}\n{','.join([*keys, *values])}\n")
            return
        first, _, rest = path.read_text().partition("\n")
        if first != stamp():
            raise StampError(f"{path}: made with {first.removeprefix('# ')}; use --again to replace it")
        self._done = {tuple(row[: self._keys]) for row in csv.reader(rest.splitlines()[1:])}

    def has(self, *key: object) -> bool:
        return tuple(map(str, key)) in self._done

    def add(self, *row: object) -> None:
        """Written at once."""
        with self._path.open("a", newline="") as out:
            csv.writer(out, lineterminator="\n").writerow(row)
        self._done.add(tuple(map(str, row[: self._keys])))


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table, without its first line."""
    return list(csv.DictReader(path.read_text().splitlines()[1:]))
