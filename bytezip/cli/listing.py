"""bytezip list: what archives hold, from their headers alone."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, NoReturn

import typer

from bytezip.cli.console import Console
from bytezip.cli.options import Sources, Voice, grouped
from bytezip.cli.paths import STANDARD_STREAM, display_name
from bytezip.cli.run import each
from bytezip.container.layout import HINTS, Origin
from bytezip.inspect import ArchiveInfo, BlockInfo, inspect


@grouped
def list_(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
    *,
    sources: Sources,
    voice: Voice,
) -> None:
    """Show sizes, blocks and model of each FILE.bytz, without decoding."""
    show_archives(sources, voice.console(), json)


def show_archives(sources: Sources, console: Console, json: bool = False) -> NoReturn:
    """Ends the command."""
    names = sources.names()
    rows: list[dict[str, Any]] = []

    def show(name: str) -> None:
        row = summary(display_name(name), inspect(sys.stdin.buffer if name == STANDARD_STREAM else name))
        if not rows and not json:
            console.heading()
        rows.append(row)
        console.archive(row, json)

    try:
        each(names, show, console)
    finally:
        if len(rows) > 1 and not json:
            console.archive(total(rows), json)


def summary(name: str, archive: ArchiveInfo) -> dict[str, Any]:
    """What is told of one archive; the keys are those of --json, documented in bytezip-list(1)."""
    return {
        "file": name,
        **figures(archive.size, archive.raw_size),
        "members": len(archive.members),
        "models": sorted({member.header.model_id.hex() for member in archive.members}),
        "check": "crc32",
        "trailing_garbage": archive.has_garbage,
        **_origin(archive),
        "modalities": mix((HINTS[block.header.hint], block.header.raw_size) for block in archive.blocks),
        "blocks": [_block(block) for block in archive.blocks],
    }


def figures(coded: int, raw: int) -> dict[str, Any]:
    return {
        "compressed": coded,
        "raw": raw,
        "ratio": round(raw / coded, 4) if coded else None,
        "bits_per_byte": round(8 * coded / raw, 4) if raw else None,
    }


def total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    coded, raw = (sum(row[key] for row in rows) for key in ("compressed", "raw"))
    blocks = [block for row in rows for block in row["blocks"]]
    modalities = mix(share for row in rows for share in row["modalities"].items())
    return {
        "file": f"{len(rows)} files", **figures(coded, raw), "models": [], "name": None, "mtime": None,
        "modalities": modalities, "blocks": blocks,
    }  # fmt: skip


def mix(shares: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    """Bytes of content by modality, the largest first; "" is what no header states."""
    sums: Counter[str] = Counter()
    for modality, size in shares:
        sums[modality] += size
    return {modality: size for modality, size in sorted(sums.items(), key=lambda each: (-each[1], each[0])) if size}


def _origin(archive: ArchiveInfo) -> dict[str, Any]:
    """That of the first member, which is the one that --name restores."""
    origin = archive.members[0].origin if archive.members else None
    stored = origin or Origin(mtime_ns=0)
    return {"name": stored.name, "mtime": None if origin is None else moment(origin.mtime_ns)}


def moment(time_ns: int | None) -> str | None:
    """A time in UTC to the nanosecond, from nanoseconds since 1970, as ISO 8601 writes it."""
    if time_ns is None:
        return None
    seconds, rest = divmod(time_ns, 10**9)
    return f"{(datetime(1970, 1, 1) + timedelta(seconds=seconds)).isoformat()}.{rest:09}Z"


def _block(block: BlockInfo) -> dict[str, Any]:
    header = block.header
    return {
        "offset": block.offset,
        "raw_offset": block.raw_offset,
        **figures(block.size, header.raw_size),
        "modality": HINTS[header.hint],
        "stored": header.is_plain,
        "run": header.run,
        "lanes": header.lanes,
        "stripe": header.stripe,
        "check": f"{block.check:08x}",
    }
