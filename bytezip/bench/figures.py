"""Measurements as figures: totals, ratios and rates, and the tables as CSV, JSON and Markdown.

Knows: arithmetic and text.  Does not know: how the measurements came about, terminals.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from bytezip.bench.measure import Measurement


@dataclass(frozen=True)
class Figures:
    """One line of a table. Rates in KB/s of raw bytes (1 KB = 1000 bytes), peaks in MiB; 0 where not measured."""

    scope: str  # "file", "modality" or "total"
    name: str
    modality: str
    method: str
    files: int
    raw: int
    coded: int
    ratio: float
    bits_per_byte: float
    compress_rate: float
    decompress_rate: float
    compress_peak: float
    decompress_peak: float
    problem: str


def by_file(rows: Iterable[Measurement]) -> list[Figures]:
    return [_figures("file", row.file, [row]) for row in rows]


def by_modality(rows: Sequence[Measurement]) -> list[Figures]:
    """Of the modalities that several files have."""
    files = {(row.file, row.modality) for row in rows}
    shared = {modality for _, modality in files if sum(modality == other for _, other in files) > 1}
    return _grouped("modality", [row for row in rows if row.modality in shared], lambda row: f"all {row.modality}")


def in_total(rows: Sequence[Measurement]) -> list[Figures]:
    return _grouped("total", rows, lambda _: "total")


def all_figures(rows: Sequence[Measurement]) -> list[Figures]:
    """Every file, then every modality, then the total."""
    return by_file(rows) + by_modality(rows) + in_total(rows)


def _grouped(scope: str, rows: Sequence[Measurement], key: Callable[[Measurement], str]) -> list[Figures]:
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for row in rows:
        groups.setdefault((key(row), row.method), []).append(row)
    return [_figures(scope, name, group) for (name, _), group in groups.items()]


def _figures(scope: str, name: str, rows: Sequence[Measurement]) -> Figures:
    """Over the rows that went well; the others are counted in the problem."""
    good = [row for row in rows if not row.problem]
    raw, coded = sum(row.raw for row in good), sum(row.coded for row in good)
    modalities = {row.modality for row in rows}
    return Figures(
        scope=scope,
        name=name,
        modality=modalities.pop() if len(modalities) == 1 else "",
        method=rows[0].method,
        files=len(good),
        raw=raw,
        coded=coded,
        ratio=round(raw / coded, 4) if coded else 0.0,
        bits_per_byte=round(8 * coded / raw, 4) if raw else 0.0,
        compress_rate=_rate(raw, sum(row.compress_seconds for row in good)),
        decompress_rate=_rate(raw, sum(row.decompress_seconds for row in good)),
        compress_peak=_mebibytes(row.compress_peak for row in good),
        decompress_peak=_mebibytes(row.decompress_peak for row in good),
        problem=_problem(scope, rows),
    )


def _problem(scope: str, rows: Sequence[Measurement]) -> str:
    if scope == "file":
        return rows[0].problem
    failed = sum(bool(row.problem) for row in rows)
    return f"{failed} of {len(rows)} files failed" if failed else ""


def _rate(raw: int, seconds: float) -> float:
    return round(raw / 1000 / seconds, 3) if seconds > 0 else 0.0


def _mebibytes(kibibytes: Iterable[int]) -> float:
    return round(max(kibibytes, default=0) / 1024, 1)


COLUMNS = ("name", "method", "size", "ratio", "bits/byte", "KB/s there", "KB/s back", "MiB there", "MiB back")


def cells(line: Figures) -> tuple[str, ...]:
    """A line as people read it, one text for each of COLUMNS; a problem takes the place of the figures."""
    if line.problem and not line.files:
        return line.name, line.method, line.problem, *[""] * (len(COLUMNS) - 3)
    numbers = (
        f"{line.coded:,}", f"{line.ratio:.3f}", f"{line.bits_per_byte:.3f}", f"{line.compress_rate:,.1f}",
        f"{line.decompress_rate:,.1f}", f"{line.compress_peak:.0f}", f"{line.decompress_peak:.0f}",
    )  # fmt: skip
    return f"{line.name} ({line.problem})" if line.problem else line.name, line.method, *numbers


def as_json(lines: Iterable[Figures]) -> str:
    return json.dumps([asdict(line) for line in lines], indent=1) + "\n"


def as_csv(lines: Iterable[Figures]) -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, list(Figures.__dataclass_fields__), lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(line) for line in lines)
    return out.getvalue()


def as_markdown(lines: Iterable[Figures]) -> str:
    rows = [COLUMNS, ("---", "---", *["--:"] * (len(COLUMNS) - 2)), *(cells(line) for line in lines)]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in rows)
