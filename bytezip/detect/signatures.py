"""The first witness: what the beginning of the data says it is.

Knows: patterns, families.  Does not know: statistics, files.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bytezip.detect.families import member_within, refine, structural
from bytezip.detect.labels import LABELS
from bytezip.detect.magics import MAGICS, holds

_PADDING = b" \t\r\n\0"  # what may stand before a signature that slipped
_MOST_PADDING = 1024
_SHORT = 3  # bytes of a pattern that chance brings about
_CHECKED = frozenset({"jpeg", "gzip", "bzip2", "pe", "bmp", "mp3"})  # short patterns, but much behind them to check
_STRUCTURES = frozenset({"zlib", "tga", "pickle", "onnx", "dta", "pgp", "jxl"})  # told by few bytes


class Signature(NamedTuple):
    """offset: where it stands. sound: the fields behind it are right. strong: chance is out of question."""

    format: str
    offset: int
    sound: bool
    strong: bool

    def sentence(self) -> str:
        where = f"at {self.offset}" if self.offset else "at the beginning"
        what = "a sound header" if self.sound else "a pattern, but the fields behind it are wrong,"
        return f"{what} of {self.format} {where}"


def find_signature(head: bytes) -> Signature | None:
    """The signature at the beginning of the data, or behind padding there; a sound one if there is any."""
    first = _at_start(head)
    if first and first.sound:
        return first
    padding = len(head) - len(head[:_MOST_PADDING].lstrip(_PADDING) + head[_MOST_PADDING:])
    if 0 < padding < _MOST_PADDING:
        later = _at_start(head[padding:])
        if later and later.sound and later.strong:
            return later._replace(offset=padding)
    return first


def signature_within(head: bytes) -> Signature | None:
    """That of an archive, from whose middle the data is: the header of a member further in."""
    within = member_within(head)
    return Signature(*within, sound=True, strong=False) if within else None


def _at_start(head: bytes) -> Signature | None:
    broken = None
    # What stands further in comes first: before it there may be room for another format's beginning.
    for offset, pattern, name in (*_FURTHER_IN, *_BY_FIRST.get(head[:1], ())):
        if not head.startswith(pattern, offset):
            continue
        strong = len(pattern) > _SHORT or name in _CHECKED
        if holds(name, head):
            return Signature(refine(name, head), 0, sound=True, strong=strong)
        broken = broken or Signature(name, 0, sound=False, strong=strong)
    found = structural(head)
    if found:
        return Signature(found, 0, sound=True, strong=found not in _STRUCTURES)
    return broken


def _index() -> dict[bytes, tuple[tuple[int, bytes, str], ...]]:
    by_first: dict[bytes, list[tuple[int, bytes, str]]] = defaultdict(list)
    for offset, pattern, name in MAGICS:
        assert name in LABELS or name == "zip", name
        if offset == 0:
            by_first[pattern[:1]].append((offset, pattern, name))
    return {first: tuple(sorted(entries, key=lambda entry: -len(entry[1]))) for first, entries in by_first.items()}


_BY_FIRST = _index()
_FURTHER_IN = tuple(entry for entry in MAGICS if entry[0] > 0)
