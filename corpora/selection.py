"""Which files of an unpacked package a source takes, in which order, and where what is too long is cut.

The order hangs on hashes of the names alone, so that a cap takes a spread of files and every build takes the same.

Knows: paths, bytes, the options of a source.  Does not know: registries, transforms.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sources import MEGA, Source

LEAST_PIECE = 4096  # bytes: a cap that leaves less room for a longer file ends the source

Named = tuple[str, bytes]


def candidates(source: Source, folder: Path) -> list[str]:
    """Paths below `folder` that the source's patterns and options name, in the order in which they are taken."""
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if _regular(path)]
    magic = bytes.fromhex(source.text("magic"))
    chosen = [name for name in found if matches(name, source) and _fits(folder / name, source, magic)]
    if source.number("big"):
        return sorted(chosen, key=lambda name: (-(folder / name).stat().st_size, name))
    return sorted(chosen, key=shuffled)


def matches(name: str, source: Source) -> bool:
    return matches_any(name, source.patterns) and not matches_any(name, source.excluded)


def matches_any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def shuffled(name: str) -> bytes:
    """A key that sorts names in an order that has nothing to do with them, the same everywhere."""
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()


def _regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _fits(path: Path, source: Source, magic: bytes) -> bool:
    if path.stat().st_size < max(source.number("min"), 1):
        return False
    with path.open("rb") as stream:
        return stream.read(len(magic)) == magic


def once(source: Source, files: Iterable[Named]) -> Iterator[Named]:
    """The files, where the source asks for it without the paragraphs that stood in files before, or in the same."""
    if not source.number("once"):
        yield from files
        return
    seen: set[bytes] = set()
    for name, data in files:
        fresh = []
        for paragraph in data.split(b"\n\n"):
            digest = hashlib.sha256(paragraph.strip()).digest()
            if digest not in seen and paragraph.strip():
                fresh.append(paragraph.strip(b"\n"))
            seen.add(digest)
        yield name, b"\n\n".join(fresh) + b"\n" if fresh else b""


def capped(source: Source, files: Iterable[Named]) -> Iterator[Named]:
    """Files until the source has given its number or its bytes; longer ones are cut."""
    room = source.cap
    most = int(source.number("fmax") * MEGA) or room
    left = int(source.number("nmax")) or -1
    for name, data in files:
        if left == 0 or room <= 0:
            return
        limit = min(most, room)
        if not data or (len(data) > limit and limit < LEAST_PIECE):
            continue
        piece = cut(data, limit, bool(source.number("head")))
        room -= len(piece)
        left -= 1
        yield name, piece


def cut(data: bytes, limit: int, head: bool) -> bytes:
    """At most `limit` bytes of it: its beginning, or its middle."""
    start = 0 if head else max(len(data) - limit, 0) // 2
    return data[start : start + limit]


def flat(name: str) -> str:
    """A path as the name of one file; a long one keeps its end behind a hash."""
    joined = name.replace("/", "__")
    encoded = joined.encode(errors="surrogateescape")
    return joined if len(encoded) <= 200 else shuffled(name).hex()[:16] + "__" + joined[-100:]
