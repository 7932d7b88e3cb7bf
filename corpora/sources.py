"""The manifest of the training set and of what is held out of it: `sources.tsv`, a source a line.

A source is some files of one package of PyPI, Debian or npm. Its columns:

- split: `train`, or `held-out`: never trained on, so that figures speak of sources that no model has seen.
- modality, source: the folders that its files go to.
- registry: `debian`, `npm`, `pypi-sdist`, `pypi-wheel`, or `pypi-wheel:PLATFORM` for wheels of another platform.
- package, version: as the registry's client names them; without a version the newest is taken.
- licence: as the package states it in a field of its own; `text naming ...`: what the text of its copyright names,
  where it has no such field (see `licences.py`); `see ...`: where that names nothing known; `unknown`: where there is
  none; `unchecked` until a build has read it.
- files: shell patterns that are matched against whole paths inside the package.
- cap_mb: MB (10^6 bytes) that the source gives at most.
- transform: see `transforms.py`.
- options: `fmax=MB` a file gives at most, `nmax=N` files, `min=BYTES` a file must have, `head=1` to keep the beginning
  of what is cut rather than its middle, `big=1` to take the largest files first, `once=1` to leave out paragraphs that
  stood in files of the source before (the menus that each page of a manual repeats), `magic=HEX` that files begin with,
  `ext=.SUFFIX` of members of archives, `columns=NAME,NAME` of tables, `not=PATTERN` not to match, with `rda` nor by
  a title (blanks in it as `-`). Separated by blanks; `not` may be repeated.

Knows: the table.  Does not know: registries, files.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

MANIFEST = Path(__file__).parent / "sources.tsv"
SPLITS = ("train", "held-out")
TRANSFORMS = (
    "", "gunz", "zip", "jar", "rdb", "rda", "gutenberg", "prose", "rows", "pyc", "wav16", "mix", "icon", "photo",
)  # fmt: skip
REGISTRIES = ("debian", "npm", "pypi-sdist", "pypi-wheel")
_NUMBERS = ("fmax", "nmax", "min", "head", "big", "once")
_FOLDER = r"[A-Za-z0-9][A-Za-z0-9.+_-]*"
UNCHECKED = "unchecked"  # the licence of a package that no build has read yet
MEGA = 1_000_000


class ManifestError(Exception):
    """A line of the manifest is not as it must be; the message is one line."""


@dataclass(frozen=True, order=True)
class Package:
    """What a registry's client is asked for. version: "" is the newest."""

    registry: str
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.registry} {self.name} {self.version}".rstrip()


@dataclass(frozen=True)
class Source:
    """One line of the manifest; see above."""

    split: str
    modality: str
    source: str
    registry: str
    package: str
    version: str
    licence: str
    files: str
    cap_mb: str
    transform: str
    options: str

    @property
    def path(self) -> Path:
        """Where its files go below the target: split/modality/source."""
        return Path(self.split, self.modality, self.source)

    @property
    def wanted(self) -> Package:
        return Package(self.registry, self.package, self.version)

    @property
    def cap(self) -> int:
        """Bytes that it gives at most."""
        return int(float(self.cap_mb) * MEGA)

    @property
    def patterns(self) -> list[str]:
        return self.files.split()

    @property
    def excluded(self) -> list[str]:
        return [value for name, value in self._options() if name == "not"]

    def number(self, name: str, otherwise: float = 0.0) -> float:
        return next((float(value) for option, value in self._options() if option == name), otherwise)

    def text(self, name: str) -> str:
        return next((value for option, value in self._options() if option == name), "")

    def _options(self) -> list[tuple[str, str]]:
        return [(name, value) for name, _, value in (option.partition("=") for option in self.options.split())]


HEADING = [field.name for field in fields(Source)]


def read(path: Path = MANIFEST) -> list[Source]:
    """The sources of a manifest, in its order.

    Raises:
        ManifestError: where a line cannot be meant as it stands.
        OSError: where it cannot be read.
    """
    with path.open(newline="") as stream:
        rows = [row for row in csv.reader(stream, delimiter="\t") if row and not row[0].startswith("#")]
    if not rows or rows[0] != HEADING:
        raise ManifestError(f"{path.name} does not begin with the columns {' '.join(HEADING)}")
    for row in rows[1:]:
        if len(row) != len(HEADING):
            raise ManifestError(f"{path.name}: {len(row)} columns in place of {len(HEADING)}: {' '.join(row)[:80]}")
    sources = [Source(*row) for row in rows[1:]]
    for source in sources:
        _check(source)
    _check_together(sources)
    return sources


def write(sources: Iterable[Source], path: Path) -> None:
    """Writes a manifest that `read` reads."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", newline="") as stream:
        table = csv.writer(stream, delimiter="\t", lineterminator="\n")
        table.writerow(HEADING)
        table.writerows(astuple(source) for source in sources)
    partial.replace(path)


def pinned(source: Source, version: str, licence: str) -> Source:
    """The source with what a build found out."""
    return replace(source, version=version, licence=licence)


def _check(source: Source) -> None:
    def refuse(why: str) -> None:
        raise ManifestError(f"{source.split}/{source.modality}/{source.source}: {why}")

    if source.split not in SPLITS:
        refuse(f"unknown split {source.split!r}")
    unfit = [name for name in (source.modality, source.source) if not re.fullmatch(_FOLDER, name)]
    if unfit:
        refuse(f"{unfit[0]!r} cannot be the name of a folder")
    if source.registry.partition(":")[0] not in REGISTRIES:
        refuse(f"unknown registry {source.registry!r}")
    if not re.fullmatch(r"(@[a-z0-9._-]+/)?[A-Za-z0-9][A-Za-z0-9._+-]*", source.package):
        refuse(f"{source.package!r} cannot be the name of a package")
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9.+~:_-]*)?", source.version):
        refuse(f"{source.version!r} cannot be a version")
    if source.transform not in TRANSFORMS:
        refuse(f"unknown transform {source.transform!r}")
    for stated, missing in ((source.licence.split(), "licence is stated"), (source.patterns, "files are chosen")):
        if not stated:
            refuse(f"no {missing}")
    try:
        positive = source.cap > 0 and all(source.number(name) >= 0 for name in _NUMBERS)
        bytes.fromhex(source.text("magic"))
    except ValueError:
        positive = False
    if not positive:
        refuse("a number is missing or wrong in cap_mb or options")
    if source.transform == "rows" and not source.text("columns"):
        refuse("rows needs columns")
    unknown = {name for name, _ in source._options()} - {*_NUMBERS, "magic", "ext", "columns", "not"}
    if unknown:
        refuse(f"unknown option {sorted(unknown)[0]!r}")


def _check_together(sources: list[Source]) -> None:
    """No source twice, and no package on both sides of the split."""
    paths: set[Path] = set()
    sides: dict[str, str] = {}
    for source in sources:
        if source.path in paths:
            raise ManifestError(f"{source.path} stands twice in the manifest")
        paths.add(source.path)
        if sides.setdefault(source.package, source.split) != source.split:
            raise ManifestError(f"package {source.package} is both trained on and held out")
