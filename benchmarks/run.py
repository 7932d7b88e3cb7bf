"""Every number and picture of the README, anew: one part after another, each a table in this folder.

    python benchmarks/run.py CORPORA [--only PART,...] [--quick] [--again] [--to FOLDER]

CORPORA is a folder as `corpora/fetch.py` makes it. Interrupted, it goes on where it stopped when it is called again; on
another machine, or with another release or model, `--again` is needed, which measures anew. `--quick` takes a few
minutes and shows only that everything works: give it a folder of its own.

The parts, in their order: ledger (the size of every file; long), messages, small, command, levels, growth, engine,
front (all peers on Canterbury; long). The machine should be at rest. Then `python benchmarks/run.py CORPORA --only
pictures` draws the pictures without measuring, and `tests/test_readme.py` says which numbers in the README to change.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pictures
from parts import HERE, PARTS, Setting
from table import StampError

TABLES = {"command": "whole_command", "engine": "engine_rate", "ledger": "results"}  # where not as the part


def run(part: str, setting: Setting, again: bool) -> None:
    table = setting.target / f"{TABLES.get(part, part)}.csv"
    if again:
        table.unlink(missing_ok=True)
    if part in TABLES and table.exists():  # these are whole or not there
        print(f"{part}: {table.name} is there", file=sys.stderr)
        return
    began = time.monotonic()
    PARTS[part](setting)
    print(f"{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", default=",".join([*PARTS, "pictures"]), metavar="PART,...")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    chosen = parser.parse_args()
    wanted = chosen.only.split(",")
    if unknown := set(wanted) - {*PARTS, "pictures"}:
        raise SystemExit(f"no part is called {', '.join(sorted(unknown))}")
    chosen.to.mkdir(parents=True, exist_ok=True)
    setting = Setting(chosen.corpora.absolute(), chosen.to.absolute(), chosen.quick)
    try:
        for part in (part for part in wanted if part in PARTS):
            run(part, setting, chosen.again)
    except StampError as error:
        raise SystemExit(str(error)) from error
    if "pictures" in wanted:
        for picture in pictures.draw(setting.target):
            print(picture, file=sys.stderr)


if __name__ == "__main__":
    main()
