"""The classic benchmark files, downloaded (or taken from a folder), unpacked and verified.

    python corpora/fetch.py TARGET [SET...] [--from DIR | --check]

`downloads.tsv` lists what is downloaded, `files.tsv` what each set must then hold. A download that was interrupted goes
on where it stopped. With `--from`, nothing is downloaded: the files, or the archives that hold them, are looked for in
DIR and below it. `--check` only verifies what is in TARGET. Whatever does not have the listed SHA-256 is refused; where
none is listed, that is said.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import lzma
import shutil
import sys
import tarfile
import urllib.request
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

HERE = Path(__file__).parent
CHUNK = 1 << 20
TIMEOUT = 60  # seconds without a byte


class Download(NamedTuple):
    set: str
    url: str
    size: str
    sha256: str
    licence: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


class Wanted(NamedTuple):
    set: str
    file: str
    size: str
    sha256: str


class RefusedError(Exception):
    """Something is not what it should be; the message is one line."""


def rows(table: Path) -> list[list[str]]:
    """The lines of a table without comments and heading."""
    with table.open(newline="") as stream:
        lines = [row for row in csv.reader(stream, delimiter="\t") if row and not row[0].startswith("#")]
    return lines[1:]


def downloads() -> list[Download]:
    return [Download(*row) for row in rows(HERE / "downloads.tsv")]


def wanted() -> list[Wanted]:
    return [Wanted(*row) for row in rows(HERE / "files.tsv")]


def sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(path: Path, size: str, digest: str) -> str:
    """What was verified, in words.

    Raises:
        RefusedError: where size or hash differ.
    """
    if size and path.stat().st_size != int(size):
        raise RefusedError(f"{path.name}: {path.stat().st_size} bytes in place of {size}")
    found = sha256(path)
    if digest and found != digest:
        raise RefusedError(f"{path.name}: SHA-256 {found} in place of {digest}")
    return "ok" if digest else f"not verified, no hash is listed; it is {found}"


def download(item: Download, target: Path) -> None:
    """Appends what is missing to TARGET.part, verifies it, and gives it its name.

    Raises:
        OSError: where the network fails; what came is kept for the next attempt.
        RefusedError: where the whole is not what was listed; it is thrown away.
    """
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    if not (item.size and have == int(item.size)):
        _continue(item.url, part, have)
    try:
        verify(part, item.size, item.sha256)
    except RefusedError:
        part.unlink()
        raise
    part.rename(target)


def _continue(url: str, part: Path, have: int) -> None:
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        resumed = reply.status == 206  # else it begins anew
        total = int(reply.headers.get("Content-Length", 0)) + (have if resumed else 0)
        with part.open("ab" if resumed else "wb") as out:
            while chunk := reply.read(CHUNK):
                out.write(chunk)
                _progress(part.name, out.tell(), total)
    if total and part.stat().st_size != total:
        raise OSError(f"{url}: the connection ended early; run it again to go on")


def _progress(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        share = f"{100 * done // total:3}%" if total else ""
        sys.stderr.write(f"\r{name} {done:,} B {share}" + ("\n" if done == total else ""))


def unpack(archive: Path, names: set[str], folder: Path) -> None:
    """Takes the files of these names out of an archive, whatever folder they stand in; other files are left.

    Raises:
        RefusedError: where the archive is broken.
    """
    try:
        _unpack(archive, names, folder)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise RefusedError(f"{archive.name}: a broken archive: {error}") from error


def _unpack(archive: Path, names: set[str], folder: Path) -> None:
    if tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and Path(member.name).name in names:
                    stream = tar.extractfile(member)
                    assert stream is not None  # it is a file
                    _store(folder / Path(member.name).name, stream)
    elif zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if Path(name).name in names:
                    with packed.open(name) as stream:
                        _store(folder / Path(name).name, stream)
    elif archive.name in names:
        with archive.open("rb") as stream:
            _store(folder / archive.name, stream)


def _store(path: Path, stream: IO[bytes]) -> None:
    """A file has its name only when it is whole."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as out:
        shutil.copyfileobj(stream, out)
    part.rename(path)


def fetch(name: str, target: Path, source: Path | None) -> None:
    """Brings one set into TARGET/SET.

    Raises:
        RefusedError: where something is missing or differs.
        OSError: where it cannot be downloaded or written.
    """
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    files = {item.file for item in wanted() if item.set == name}
    missing = {file for file in files if not (folder / file).exists()}
    for item in (item for item in downloads() if item.set == name and missing):
        archive = _found(source, item.name) if source else target / item.name
        if source is None and not archive.exists():
            download(item, archive)
        if archive.exists():
            unpack(archive, missing, folder)
    for file in sorted(missing):
        if source and not (folder / file).exists() and _found(source, file).exists():
            with _found(source, file).open("rb") as stream:
                _store(folder / file, stream)
    if "enwik6" in missing and not (folder / "enwik6").exists() and (folder / "enwik8").exists():
        with (folder / "enwik8").open("rb") as whole:
            _store(folder / "enwik6", io.BytesIO(whole.read(1_000_000)))
    check(name, folder)


def _found(folder: Path, name: str) -> Path:
    """The first file of this name in a folder or below it; the place where it would stand if there is none."""
    return next((path for path in sorted(folder.rglob(name)) if path.is_file()), folder / name)


def check(name: str, folder: Path) -> None:
    """Says of each file of a set that is there whether it is the right one.

    Raises:
        RefusedError: where one differs, or some are missing.
    """
    files = [item for item in wanted() if item.set == name]
    missing = [item.file for item in files if not (folder / item.file).exists()]
    for item in (item for item in files if item.file not in missing):
        print(f"{name}/{item.file}: {verify(folder / item.file, item.size, item.sha256)}", flush=True)
    if missing:
        raise RefusedError(f"missing: {', '.join(missing)}")


def run(target: Path, names: Sequence[str], source: Path | None, only_check: bool) -> int:
    """Exit code: 1 where one of the sets did not come right."""
    known = {item.set for item in downloads()}
    code = 0
    for name in names or sorted(known):
        try:
            if name not in known:
                raise RefusedError(f"no set is called {name}; there are {', '.join(sorted(known))}")
            if only_check:
                check(name, target / name)
            else:
                fetch(name, target, source)
        except (RefusedError, OSError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            code = 1
    return code


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--from", dest="source", type=Path, metavar="DIR")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    sys.exit(run(chosen.target, chosen.sets, chosen.source, chosen.check))


if __name__ == "__main__":
    main()
