"""Files as the command line treats them: names, refusals, and output that is either whole or not there.

Knows: the file system.  Does not know: the codec, options, what is printed.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from types import TracebackType
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


def compressed_name(source: Path) -> Path:
    if source.name.endswith(SUFFIX):
        raise SkippedError(f"already has the suffix {SUFFIX}, skipped")
    return source.with_name(source.name + SUFFIX)


def restored_name(source: Path) -> Path:
    if not source.name.endswith(SUFFIX) or source.name == SUFFIX:
        raise SkippedError(f"unknown suffix (not {SUFFIX}), skipped")
    return source.with_name(source.name[: -len(SUFFIX)])


def check_source(source: Path, in_place: bool, force: bool) -> None:
    """Refuses what a user is unlikely to mean.

    in_place: the output takes its name and place from the source.

    Raises:
        OSError: where it is not there.
        RefusedError: for folders; without `force` for devices; and for links and pipes when done in place.
    """
    mode = source.stat().st_mode
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


class Output:
    """A file that appears under its name only when it is whole: `with Output(...) as stream: ... output.commit()`.

    It is written under another name in the same directory, readable by its owner alone, and removed when the block
    is left without `commit`.

    Raises:
        RefusedError: where the target exists and `force` is not given, or is a directory.
        OSError: where it cannot be made.
    """

    def __init__(self, target: Path, force: bool) -> None:
        self.target = target
        self.force = force
        if target.is_dir():
            raise RefusedError(f"{target} is a directory")
        if not force and os.path.lexists(target):
            raise _exists(target)
        self._temporary: Path | None = None

    def __enter__(self) -> BinaryIO:
        try:
            number, name = tempfile.mkstemp(prefix=f".{self.target.name[:100]}.", dir=self.target.parent)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.target.parent)) from error
        self._temporary = Path(name)
        self._stream = os.fdopen(number, "wb")
        return self._stream

    def commit(self, like: os.stat_result | None) -> None:
        """Puts the file in its place, durably, with the mode, time and owner of the source where there is one."""
        assert self._temporary is not None
        self._stream.flush()
        if like is None:
            os.fchmod(self._stream.fileno(), 0o666 & ~_umask())
        else:
            _take_after(self._stream.fileno(), like)
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
            temporary.rename(self.target)
        else:
            temporary.unlink()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
            self._temporary.unlink(missing_ok=True)


def same_content_holds(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether a file was left alone between two looks at it."""
    return _fingerprint(before) == _fingerprint(after)


def _fingerprint(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _exists(target: Path) -> RefusedError:
    return RefusedError(f"{target} exists", "use -f to replace it")


def _take_after(number: int, source: os.stat_result) -> None:
    """Owner first: changing it may clear bits of the mode. What cannot be given is left out, never widened."""
    mode = stat.S_IMODE(source.st_mode)
    own = os.fstat(number)
    if (own.st_uid, own.st_gid) != (source.st_uid, source.st_gid):
        try:
            os.fchown(number, source.st_uid, source.st_gid)
        except OSError:
            mode &= 0o700  # nobody else was meant by the bits of another owner's group
    os.fchmod(number, mode & 0o777)
    os.utime(number, ns=(source.st_atime_ns, source.st_mtime_ns))


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_directory(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:  # some file systems cannot; the rename is done all the same
        pass
    finally:
        os.close(number)
