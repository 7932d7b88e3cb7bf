"""Every number and picture of the README, anew: one part after another, each a table in this folder.

    python benchmarks/run.py CORPORA [--only PART,...] [--minutes N] [--jobs N] [--held-out FOLDER] [--to FOLDER]
                                     [--largest BYTES] [--any-code] [--again] [--quick] [--list]

CORPORA is a folder as `corpora/fetch.py` makes it. What stands in a table already, of this release and model, is not
measured again, so an interrupted run goes on where it stopped; rows of another release are replaced one by one. With
`--minutes`, no row is begun that would not be done by then. `--list` says what is missing, and about how long it takes.
`--any-code` also keeps rows of the same model that were measured with other sources; `--again` measures all anew, which
is needed on another machine. `--quick` shows in a few minutes that everything works: give it a folder of its own.

The parts, in their order: samples (what the tests compare), ledger (the size of every file), messages (small ones;
--held-out: a folder with folders `code`, `json` and `log` of documents that no model was trained on), command (with its
start-up), front (rates of all peers and levels), small (beginnings of files), levels (with threads), growth (up to
--largest, 4 MiB by default: 64 MiB take hours), engine (the network alone), peers (sizes of all files), pictures.
Times count in command, front, levels, growth and engine: the machine should be at rest. Elsewhere `--jobs 2` measures
two rows at once. Then `python benchmarks/readme.py --write` brings the figures into the README.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

import stamps
from parts import PARTS, Job, Part, Setting, Values
from table import StampError, Table
from work import FailedError

HERE = Path(__file__).parent
NAMES = (*PARTS, "engine", "pictures")
NEVER = float("inf")


class Clock:
    """The budget."""

    def __init__(self, minutes: float | None) -> None:
        self._end = NEVER if minutes is None else time.monotonic() + 60 * minutes

    def left(self) -> float:
        """Seconds."""
        return self._end - time.monotonic()


def missing(part: Part, table: Table, setting: Setting, any_code: bool) -> list[Job]:
    return [job for job in part.jobs(setting) if not table.has(job.key, job.release, any_code)]


def fill(table: Table, jobs: list[Job], clock: Clock, workers: int) -> int:
    """Measures and adds what there is time for; returns how many rows are still missing."""
    done = 0
    for job, result in results(jobs, clock, workers):
        try:
            table.add(job.key, result.result(), job.release)
            done += 1
        except FailedError as error:
            print(f"not measured: {error}", file=sys.stderr)
    return len(jobs) - done


def results(jobs: list[Job], clock: Clock, workers: int) -> Iterator[tuple[Job, Future[Values]]]:
    """Each job with what came of it, as they are done."""
    with ProcessPoolExecutor(workers) as pool:
        waiting = list(jobs)
        running: dict[Future[Values], Job] = {}
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop(0)
                if job.seconds < clock.left():  # else a shorter one may still fit
                    running[pool.submit(job.measure)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future


def run(name: str, setting: Setting, chosen: argparse.Namespace, clock: Clock) -> None:
    part = PARTS[name]
    path = chosen.to / f"{part.table}.csv"
    if chosen.again:
        path.unlink(missing_ok=True)
    table = Table(path, part.keys, part.values)
    jobs = missing(part, table, setting, chosen.any_code)
    if chosen.list:
        print(f"{name}: {len(jobs)} rows are missing, about {sum(job.seconds for job in jobs) / 60:.0f} minutes")
        return
    began = time.monotonic()
    left = fill(table, jobs, clock, 1 if part.timed else chosen.jobs)
    told = f", {left} rows are missing" if left else ""
    print(f"{name}: {time.monotonic() - began:.0f} s{told}", file=sys.stderr)


def engine(target: Path, quick: bool, again: bool) -> None:
    """engine_rate.csv: the network alone, by lanes and threads; the table appears when it is whole.

    Raises:
        subprocess.CalledProcessError: where it fails.
    """
    path, stamp = target / "engine_rate.csv", f"# {stamps.machine()}; {stamps.ours()}\n"
    if path.exists() and path.read_text().startswith(stamp) and not again:
        return
    line = [sys.executable, str(HERE / "engine_rate.py"), "--repetitions", "1" if quick else "5"]
    path.write_text(stamp + subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True).stdout)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--only", default=",".join(NAMES), metavar="PART,...")
    parser.add_argument("--minutes", type=float, metavar="N")
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    parser.add_argument("--held-out", type=Path, metavar="FOLDER")
    parser.add_argument("--largest", type=int, default=4 << 20, metavar="BYTES")
    parser.add_argument("--any-code", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--to", type=Path, default=HERE, metavar="FOLDER")
    chosen = parser.parse_args()
    if unknown := set(chosen.only.split(",")) - set(NAMES):
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    chosen = arguments()
    chosen.to.mkdir(parents=True, exist_ok=True)
    held_out = chosen.held_out.absolute() if chosen.held_out else None
    setting = Setting(chosen.corpora.absolute(), chosen.quick, held_out, chosen.largest)
    clock = Clock(chosen.minutes)
    for name in chosen.only.split(","):
        try:
            if name in PARTS:
                run(name, setting, chosen, clock)
            elif name == "engine" and not chosen.list and clock.left() > 120:
                engine(chosen.to, chosen.quick, chosen.again)
            elif name == "pictures" and not chosen.list:
                import pictures  # noqa: PLC0415  it loads matplotlib

                print(*pictures.draw(chosen.to), sep="\n", file=sys.stderr)
        except StampError as error:
            print(f"{name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
