"""What can go wrong, and whose fault it is.

    BytezipError
    +-- FormatError            the compressed data
    |   +-- NotBytezipError    is something else
    |   +-- TruncatedError     ends too early
    |   +-- CorruptError       was damaged
    |   +-- UnsupportedError   was written by a newer version
    +-- ModelError             the model file is not one
    +-- ModelMissingError      the model that the data names is not here
    +-- MemoryLimitError       it would take more memory than it may
    +-- EngineError            engine, device or threads cannot be had
        +-- MissingExtraError  an optional dependency is not installed

Each message is one lower-case line without a full stop. A broken invariant of ours is an AssertionError, never one
of these.
"""

from __future__ import annotations

_MIB = 1 << 20


class BytezipError(Exception):
    """Base of all errors that bytezip raises on purpose.

    hint: what the user can do next, or None.
    """

    hint: str | None = None


class FormatError(BytezipError):
    """The compressed data cannot be read."""


class NotBytezipError(FormatError):
    """The data does not begin as bytezip data does."""

    def __init__(self, message: str = "not a bytezip file") -> None:
        super().__init__(message)


class TruncatedError(FormatError, EOFError):
    """The data ends too early; an EOFError too, as `lzma` raises where a file ends in the middle."""

    hint = "the file was cut short: fetch or copy it again"

    def __init__(self, message: str = "truncated: the data ends too early") -> None:
        super().__init__(message)


class CorruptError(FormatError):
    """The data was damaged after it was written."""

    hint = "the file was damaged after it was written: fetch or copy it again"


class UnsupportedError(FormatError):
    """The data was written by a newer version."""

    hint = "a newer bytezip can read it"


class ModelError(BytezipError):
    """A model file cannot be read, or is not one."""


class ModelMissingError(BytezipError):
    """The data names a model that is not here.

    model_id: the first bytes of the SHA-256 of the missing model's file.
    """

    hint = "give the model that it was compressed with: --model FILE"

    def __init__(self, model_id: bytes) -> None:
        super().__init__(f"model {model_id.hex()} is missing")
        self.model_id = model_id


class MemoryLimitError(BytezipError):
    """It would take more memory than it may.

    needed, limit: bytes; the need is an estimate from above.
    """

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(f"needs about {-(-needed // _MIB)} MiB of memory, and the limit is {limit // _MIB} MiB")
        self.needed, self.limit = needed, limit
        self.hint = "give a higher limit with -M, or 0 for none"


class EngineError(BytezipError):
    """The engine, the device or the thread count cannot be had here."""


class MissingExtraError(EngineError):
    """An optional dependency is not installed.

    extra: the name of the extra that brings it.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra {extra!r}, which is not installed")
        self.extra = extra
        self.hint = f"pip install 'bytezip[{extra}]'"
