"""Files as the command line treats them: names, refusals, and output that is either whole or not there.

Knows: the file system.  Does not know: the codec, options, what is printed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from bytezip.errors import BytezipError

SUFFIX = ".bytz"
STANDARD_STREAM = "-"


class RefusedError(BytezipError):
    """Something that could be done, but not without being asked twice."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class SkippedError(BytezipError):
    """A file that is passed over with a warning."""


def display_name(name: str) -> str:
    """What messages call a source."""
    return "stdin" if name == STANDARD_STREAM else name


def compressed_name(source: Path, suffix: str = SUFFIX) -> Path:
    for known in (suffix, SUFFIX):
        if source.name.endswith(known):
            raise SkippedError(f"already has the suffix {known}, skipped")
    return source.with_name(source.name + suffix)


def restored_name(source: Path, suffix: str = SUFFIX) -> Path:
    """Both the suffix given and the usual one come off."""
    for known in (suffix, SUFFIX):
        if source.name.endswith(known) and source.name != known:
            return source.with_name(source.name[: -len(known)])
    raise SkippedError(f"unknown suffix (not {suffix}), skipped")


def check_source(source: Path, in_place: bool, force: bool) -> None:
    """Refuses what a user is unlikely to mean.

    in_place: the output takes its name and place from the source, and so may stand for it: what would be lost of the
        source then is refused, too.

    Raises:
        OSError: where it is not there.
        RefusedError: for folders; without `force` for devices; and, when done in place, for links of both kinds, pipes,
            sockets, and files with the setuid, setgid or sticky bit.
    """
    status = source.stat()
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise RefusedError("is a directory", "to compress a directory: tar -I bytezip -cf DIR.tar.bytz DIR")
    if force:
        return
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
        raise RefusedError("is a device", "use -f to read it all the same")
    if in_place and not stat.S_ISREG(mode):
        raise RefusedError("is not a regular file", "use -c or -o to say where the output goes")
    if in_place and source.is_symlink():
        raise RefusedError("is a symbolic link", "use -f to follow it, or -c or -o to say where the output goes")
    if in_place and status.st_nlink > 1:
        raise RefusedError("has other hard links", "use -f to take it all the same")
    if in_place and mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
        raise RefusedError("has the setuid, setgid or sticky bit", "use -f to take it all the same")


def check_content(source: Path, of_folder: str, of_device: str) -> None:
    """Refuses what has no content of its own to look at, with a hint for either.

    Raises:
        OSError: where it is not there.
        RefusedError: for folders and devices.
    """
    mode = source.stat().st_mode
    if stat.S_ISDIR(mode):
        raise RefusedError("is a directory", of_folder)
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
        raise RefusedError("is a device", of_device)


def read_whole(name: str) -> bytes:
    """All bytes of a source, for what cannot take it piece by piece.

    Raises:
        OSError: where it is not there.
        RefusedError: for folders, devices, and what memory does not hold.
    """
    piped = name == STANDARD_STREAM
    if not piped:
        check_content(Path(name), "name the files in it", "give a part of it: head -c SIZE DEVICE | bytezip ... -")
    try:
        return sys.stdin.buffer.read() if piped else Path(name).read_bytes()
    except MemoryError as error:
        raise RefusedError("does not fit into memory", "give it in pieces") from error


def source_sizes(names: list[str]) -> list[int | None]:
    """Bytes of each source, None where they are not known: of pipes, and of what is not there."""
    return [_size(name) for name in names]


def _size(name: str) -> int | None:
    if name == STANDARD_STREAM:
        return None
    with contextlib.suppress(OSError):
        status = os.stat(name)
        return status.st_size if stat.S_ISREG(status.st_mode) else None
    return 0  # it will be told of, and takes no time


class Output:
    """A file that appears under its name only when it is whole.

    It is written under another name in the same directory, readable by its owner alone. Arrange for `discard` before
    `open`, so that no interrupt falls between the two.

    makes_folder: whether the folder that it goes into is made where it is missing.

    Raises:
        RefusedError: where the target exists and `force` is not given, or is not a regular file.
        OSError: where it cannot be made.
    """

    def __init__(self, target: Path, force: bool, makes_folder: bool = False) -> None:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(target.lstat().st_mode):
                raise RefusedError(f"{target} is not a regular file", "use -c and a redirection to write into it")
            if not force:
                raise _exists(target)
        self.target = target
        self.force = force
        self.makes_folder = makes_folder
        self._temporary: Path | None = None
        self._stream: BinaryIO | None = None

    def open(self) -> BinaryIO:
        # A short name of its own: with the target's in front, it could grow beyond what the file system takes.
        if self.makes_folder:
            self.target.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = self.target.parent / f".bytezip-{secrets.token_hex(8)}.tmp"
        try:
            number = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.target.parent)) from error
        self._stream = os.fdopen(number, "wb")
        return self._stream

    def commit(self, like: os.stat_result | None, mtime_ns: int | None = None) -> None:
        """Puts the file in its place, durably, with the mode, time and owner of the source where there is one.

        mtime_ns: the time in place of that of the source.
        """
        assert self._temporary is not None
        assert self._stream is not None
        self._stream.flush()
        if like is None:
            os.fchmod(self._stream.fileno(), 0o666 & ~_umask())
        else:
            _take_after(self._stream.fileno(), like)
        if mtime_ns is not None:
            os.utime(self._stream.fileno(), ns=(os.fstat(self._stream.fileno()).st_atime_ns, mtime_ns))
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._put_in_place(self._temporary)
        self._temporary = None
        _sync_directory(self.target.parent)

    def _put_in_place(self, temporary: Path) -> None:
        if self.force:
            temporary.replace(self.target)
            return
        try:
            os.link(temporary, self.target)  # unlike a rename, never replaces what came meanwhile
        except FileExistsError as error:
            raise _exists(self.target) from error
        except OSError:  # a file system without hard links
            if os.path.lexists(self.target):
                raise _exists(self.target) from None
            temporary.rename(self.target)
        else:
            temporary.unlink()

    def discard(self) -> None:
        """Leaves nothing behind; after `commit`, does nothing."""
        with contextlib.suppress(OSError):  # what is lost here is thrown away in any case
            if self._stream is not None:
                self._stream.close()
        if self._temporary is not None:
            with contextlib.suppress(OSError):  # the reason why it could not be made was told already
                self._temporary.unlink()


def is_untouched(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was left alone between two looks at it."""
    return _fingerprint(before) == _fingerprint(after)


def _fingerprint(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _exists(target: Path) -> RefusedError:
    return RefusedError(f"{target} exists", "use -f to replace it")


def _take_after(number: int, source: os.stat_result) -> None:
    """Owner first: changing it may clear bits of the mode. What cannot be given is left out, never widened."""
    mode = source.st_mode & 0o777  # never setuid: the content is another
    own = os.fstat(number)
    if own.st_gid != source.st_gid and not _change_owner(number, -1, source.st_gid):
        mode &= 0o707 | (mode & 0o007) << 3  # the group now is another one: no more for it than for everybody
    if own.st_uid != source.st_uid:
        _change_owner(number, source.st_uid, -1)
    os.fchmod(number, mode)
    os.utime(number, ns=(source.st_atime_ns, source.st_mtime_ns))


def _change_owner(number: int, user: int, group: int) -> bool:
    try:
        os.fchown(number, user, group)
    except OSError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_directory(directory: Path) -> None:
    """As far as it can be done: the file is in its place already."""
    with contextlib.suppress(OSError):
        number = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
