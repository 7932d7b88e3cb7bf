"""`shutil.make_archive` and `shutil.unpack_archive` for .tar.bytz: call `register` once."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import Any

from bytezip.file import BytezipFile

FORMAT = "bytztar"
SUFFIX = ".tar.bytz"


def register() -> None:
    """Makes `shutil` know the format "bytztar" in both directions; may be called again."""
    shutil.register_archive_format(FORMAT, pack, description="tar file in bytezip's compression")
    if FORMAT not in {name for name, _, _ in shutil.get_unpack_formats()}:
        shutil.register_unpack_format(FORMAT, [SUFFIX], unpack)


def pack(
    base_name: str | os.PathLike[str],
    base_dir: str | os.PathLike[str],
    *,
    root_dir: str | os.PathLike[str] | None = None,
    owner: str | None = None,
    group: str | None = None,
    dry_run: bool = False,
    logger: Any = None,
    **options: Any,
) -> str:
    """What `shutil.make_archive` calls; options are those of `BytezipFile`. Returns the name of the archive."""
    path = os.fspath(base_name) + SUFFIX

    def owned(member: tarfile.TarInfo) -> tarfile.TarInfo:
        if owner is not None:
            member.uid, member.uname = _user(owner), owner
        if group is not None:
            member.gid, member.gname = _group(group), group
        return member

    if logger is not None:
        logger.info("creating %s", path)
    if not dry_run:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with BytezipFile(path, "wb", **options) as file, tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(Path(root_dir or "") / base_dir, os.fspath(base_dir), filter=owned)
    return path


pack.supports_root_dir = True  # type: ignore[attr-defined]  # else shutil changes the directory of the whole process


def unpack(
    filename: str | os.PathLike[str], extract_dir: str | os.PathLike[str], *, filter: Any = "data", **options: Any
) -> None:
    """What `shutil.unpack_archive` calls; options are those of `BytezipFile`.

    Args:
        filter: see `tarfile`; "data" keeps members from leaving the directory.

    Raises:
        shutil.ReadError: where it holds no tar file.
        BytezipError: where it cannot be decompressed.
    """
    try:
        with BytezipFile(filename, "rb", **options) as file, tarfile.open(fileobj=file, mode="r|") as tar:
            tar.extractall(extract_dir, filter=filter)
    except tarfile.ReadError as error:
        raise shutil.ReadError(f"{os.fspath(filename)} holds no tar file") from error


def _user(name: str) -> int:
    import pwd  # noqa: PLC0415  not on every system

    return pwd.getpwnam(name).pw_uid


def _group(name: str) -> int:
    import grp  # noqa: PLC0415  not on every system

    return grp.getgrnam(name).gr_gid
