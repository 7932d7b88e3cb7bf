"""The numbers in the README are those of the committed tables."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADING = re.compile(r"^\| file \| raw \|((?: -\d \|)+)\n\|[-|: ]+\n((?:\|.*\|\n)+)", re.MULTILINE)


def ledger() -> dict[tuple[str, str], tuple[int, int]]:
    """(file without its folder, level) -> (raw, coded), in bytes."""
    lines = (ROOT / "benchmarks" / "results.csv").read_text().splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {(row["file"].rpartition("/")[2], row["level"]): (int(row["raw"]), int(row["coded"])) for row in rows}


def numbers(cells: list[str]) -> list[int]:
    return [int(cell.strip("* ").replace(",", "")) for cell in cells]


def test_the_sizes_in_the_readme_are_those_of_the_ledger() -> None:
    tables = HEADING.findall((ROOT / "README.md").read_text())
    assert tables
    known = ledger()
    for heading, body in tables:
        levels = re.findall(r"-(\d)", heading)
        for line in body.splitlines():
            name, raw, *coded = (cell.strip() for cell in line.strip("|").split("|"))
            found = [known[name, level] for level in levels]
            assert numbers([raw, *coded]) == [found[0][0], *(size for _, size in found)], name
