"""Packages of PyPI, Debian and npm: brought by the registry's own client, unpacked, and what they say of themselves.

A store is a folder with one folder a package, which holds the one archive that the client brought, and nothing else:
what is in it is not brought again, so that a filled store needs no network.

Knows: the clients, the formats of archives.  Does not know: sources, what is taken from a package.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import licences
from sources import Package

TIMEOUT = 900  # seconds that a client may take
NEWER_PYTHON = "3.13"  # for wheels that the running Python is too old for
LICENCE_LENGTH = 120  # characters of a licence in the manifest
LINKS = 3  # from the papers of one package to those of another, at most
LICENCE_WORDS = 20  # of a licence field: more are no name
MORE = ", and others"
SAYS_NOTHING = {"UNKNOWN", "LICENSE", "OTHER/PROPRIETARY LICENSE", "NONE"}
Wait = Callable[[float], None]
Other = Callable[[str], Path]


class PackageError(Exception):
    """A package cannot be had, or is not what it should be; the message is one line."""


@dataclass(frozen=True)
class Facts:
    """What a package says of itself, and the SHA-256 of its archive."""

    version: str
    licence: str
    archive: str
    sha256: str


def bring(package: Package, store: Path, retries: int = 3, wait: Wait = time.sleep) -> Path:
    """The archive of a package, from the store or by the registry's client.

    Raises:
        PackageError: where the client fails each time.
    """
    folder = store / re.sub(r"[^A-Za-z0-9.+_-]", "_", str(package).replace(" ", "="))
    if not _archives(folder):
        _download(package, folder, retries, wait)
    found = _archives(folder)
    if len(found) != 1:
        raise PackageError(f"{package}: {len(found)} archives in place of one")
    return found[0]


def _archives(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())


def _download(package: Package, folder: Path, retries: int, wait: Wait) -> None:
    """Into a folder beside it, which then takes its name: there is a whole archive or none."""
    partial = folder.with_name(folder.name + ".partial")
    for attempt in range(retries + 1):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        error = _run(command(package), partial)
        if error and package.registry.startswith("pypi-wheel"):  # nothing of it is run: any Python's wheel will do
            error = _run(command(package, NEWER_PYTHON), partial) and error
        if not error:
            shutil.rmtree(folder, ignore_errors=True)
            partial.rename(folder)
            return
        if attempt < retries:
            wait(2.0**attempt)
    shutil.rmtree(partial, ignore_errors=True)
    raise PackageError(f"{package}: {error}")


def command(package: Package, python: str = "") -> list[str]:
    """What brings the package's archive into the current folder; python: version that wheels are for, "" this one."""
    kind, _, platform = package.registry.partition(":")
    if kind == "debian":
        return ["apt-get", "download", package.name + (f"={package.version}" if package.version else "")]
    if kind == "npm":
        return ["npm", "pack", "--ignore-scripts", package.name + (f"@{package.version}" if package.version else "")]
    # Of this package only: what it takes to read a source package's metadata may come as wheels.
    choice = [f"--no-binary={package.name}"] if kind == "pypi-sdist" else ["--only-binary=:all:"]
    if platform:
        choice += ["--platform", platform]
    if python:
        choice += ["--python-version", python]
    name = package.name + (f"=={package.version}" if package.version else "")
    return [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", *choice, name]


def _run(arguments: Sequence[str], folder: Path) -> str:
    """Runs a client; "" or what went wrong, in one line without addresses."""
    try:
        done = subprocess.run(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=TIMEOUT, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return f"{arguments[0]} is not installed"
    except subprocess.TimeoutExpired:
        return f"{arguments[0]} took more than {TIMEOUT} seconds"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if re.match(r"E:|ERROR|npm (ERR!|error)", line)]
    said = (lines or done.stderr.splitlines() or [f"{arguments[0]} gave exit code {done.returncode}"])[0]
    return re.sub(r"\w+://\S+", "(address)", said)[:200]


def unpack(archive: Path, folder: Path) -> None:
    """The files of a package's archive below `folder`.

    Raises:
        PackageError: where it is damaged, or not an archive of a known kind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if archive.suffix == ".deb":
            error = _run(["dpkg-deb", "-x", str(archive.resolve()), "."], folder)
            if error:
                raise PackageError(f"{archive.name}: {error}")
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter=_plain_files)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise PackageError(f"{archive.name} cannot be unpacked: {error}") from error


def _plain_files(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    """Files and folders alone, within `path` (tarfile refuses what would lie outside)."""
    safe = tarfile.data_filter(member, path)
    return safe if safe.isfile() or safe.isdir() else None


def facts(package: Package, archive: Path, folder: Path, other: Other | None = None) -> Facts:
    """Version and licence as the unpacked package states them; "unknown" where it does not.

    other: the unpacked files of another Debian package, for those that keep their papers there.
    """
    kind = package.registry.partition(":")[0]
    read = {"debian": _debian_facts, "npm": _npm_facts}.get(kind, _python_facts)
    version, licence = read(package.name, archive, folder, other)
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Facts(version, shortened(" ".join(licence.split())) or "unknown", archive.name, digest)


def shortened(licence: str) -> str:
    """At most LICENCE_LENGTH characters, whole names and a sign that there are more."""
    if len(licence) <= LICENCE_LENGTH:
        return licence
    head = licence[: LICENCE_LENGTH - len(MORE)]
    return (head.rpartition(",")[0] or head) + MORE


def _debian_facts(name: str, archive: Path, folder: Path, other: Other | None) -> tuple[str, str]:
    shown = subprocess.run(
        ["dpkg-deb", "-f", str(archive), "Version"], capture_output=True, text=True, check=False
    ).stdout.strip()
    text = _debian_copyright(name, folder, other)
    # Fields are those of the machine-readable form, which begins with its Format; elsewhere `License:` opens prose.
    fields = re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE) if re.search(r"^Format", text, re.M) else []
    return shown or "unknown", ", ".join(dict.fromkeys(fields)) or _of_text(text, "its copyright file")


def _debian_copyright(name: str, folder: Path, other: Other | None) -> str:
    """The text of a package's copyright file; its folder may be a link to that of another package."""
    place = folder / "usr/share/doc" / name
    for _ in range(LINKS):
        if place.is_symlink() and other:
            name = place.readlink().name
            place = other(name) / "usr/share/doc" / name
    path = place / "copyright"
    return path.read_text(errors="replace") if path.is_file() else ""


def _of_text(text: str, file: str) -> str:
    """What a text about copyright names, and that it was a text that was asked; "" for no text."""
    names = licences.named(text)
    if names:
        return "text naming " + ", ".join(names)
    return f"see {file}" if text.strip() else ""


def _npm_facts(name: str, archive: Path, folder: Path, other: Other | None) -> tuple[str, str]:
    for path in sorted(folder.glob("*/package.json")):
        try:
            about = json.loads(path.read_text())
        except ValueError:
            continue
        licence = about.get("license") or about.get("licenses") or ""
        return str(about.get("version", "unknown")), _npm_licence(licence) or _of_files(path.parent)
    return "unknown", ""


def _npm_licence(stated: Any) -> str:
    """A field as it is, or its older forms: an object with a type, and a list of such."""
    if isinstance(stated, dict):
        return str(stated.get("type") or json.dumps(stated))
    return ", ".join(_npm_licence(one) for one in stated) if isinstance(stated, list) else str(stated)


def _of_files(folder: Path) -> str:
    """What the files named as licences in a folder name."""
    for path in sorted(path for path in folder.glob("*") if re.match(r"(un)?licen[cs]e|copying", path.name, re.I)):
        if path.is_file():
            return _of_text(path.read_text(errors="replace"), path.name)
    return ""


def _python_facts(name: str, archive: Path, folder: Path, other: Other | None) -> tuple[str, str]:
    paths = [*sorted(folder.glob("*.dist-info/METADATA")), *sorted(folder.glob("*/PKG-INFO"))]
    for path in paths:
        about = email.parser.HeaderParser().parsestr(path.read_text(errors="replace"))
        classes = [value.rpartition(" :: ")[2] for value in about.get_all("Classifier", []) if "License ::" in value]
        stated = about.get("License-Expression") or ", ".join(classes) or about.get("License") or ""
        if len(stated.split()) > LICENCE_WORDS:  # the text itself
            stated = _of_text(stated, "its metadata")
        said = stated if stated.strip().upper() not in SAYS_NOTHING else ""
        return about.get("Version", "unknown"), said or _of_files(path.parent) or _of_files(path.parent / "licenses")
    return "unknown", ""
