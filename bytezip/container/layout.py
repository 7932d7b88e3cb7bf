"""The fields of a member, as records, and their bounds. `writer.py` and `reader.py` mirror each other over them.

member = magic version model_id [origin] block...           the last block says that it is the last
       | magic version model_id [origin] section... index   where the state begins anew at restart points
origin = kind fields [name_size name] [mtime] check
section = block...                                          the first block says that it begins one
block  = kind [options] raw_size [coded_size] payload check
"""

from __future__ import annotations

from dataclasses import dataclass

MAGIC = b"\xbf\x62\x7a"  # no valid beginning of UTF-8 text
VERSION = 0  # low four bits of the byte behind the magic
MAX_PROFILE = 2  # high four bits
MODEL_ID_SIZE = 3
HEADER_SIZE = len(MAGIC) + 1 + MODEL_ID_SIZE
CHECK_SIZE = 4
MAX_BLOCK = 1 << 24  # raw bytes
MAX_LANES_LOG = 5
LANES_WITHOUT_NETWORK = 6  # in place of the log of the lanes: one lane, and the network rests
LANES_STORED = 7  # in place of the log of the lanes: a stored block, or a run
STRIPE_RUN = 3  # in place of the log of the stripe, where that of the lanes says stored: one byte, repeated
MIN_STRIPE_LOG = 8
MAX_STRIPE_LOG = 15
MAX_HINT = 15
HINTS = (
    "", "text", "code", "markup", "structured", "image", "audio", "video", "executable", "archive", "document",
    "database", "font", "array", "genome", "encrypted",
)  # fmt: skip
"""What a hint says that the content is, by its value; 0 says nothing. They are the modalities of `detect`."""
CAPACITIES = (1 << 24, *(1 << log for log in range(17, 24)))  # bytes; in options, by place

KIND_LAST = 1
KIND_OPTIONS = 2  # a byte of options follows; left out where it would be 0
KIND_LANES_SHIFT = 2
KIND_STRIPE_SHIFT = 5
KIND_ORIGIN = 2 << KIND_STRIPE_SHIFT | LANES_STORED << KIND_LANES_SHIFT
KIND_INDEX = 1 << KIND_STRIPE_SHIFT | LANES_STORED << KIND_LANES_SHIFT | KIND_LAST

ORIGIN_NAME = 1
ORIGIN_MTIME = 2
MAX_NAME = 255  # bytes, as most file systems have it
MTIME_SIZE = 8
_NAME_ENCODING = ("utf-8", "surrogateescape")  # any bytes there and back, as Python takes file names

OPTION_RESTART = 16
OPTION_CAPACITY_SHIFT = 5


@dataclass(frozen=True)
class Header:
    """What stands before the blocks of a member.

    profile: which experts take part, 0 (few) to 2 (all).
    model_id: the first bytes of the SHA-256 of the model file.
    """

    profile: int
    model_id: bytes


@dataclass(frozen=True)
class Origin:
    """What the file was that became a member; at least one of the two is known.

    name: its own name, without folders: 1 to 255 bytes in UTF-8, other bytes as surrogates (as `os.fsdecode` has
        them); no slash, no control characters of ASCII, and neither "." nor "..".
    mtime_ns: when its content was last changed, in nanoseconds since 1970, 64 bits with sign.

    Raises:
        ValueError: for any other name or time.
    """

    name: str | None = None
    mtime_ns: int | None = None

    def __post_init__(self) -> None:
        if self.name is None and self.mtime_ns is None:
            raise ValueError("an origin has a name, a time, or both")
        if self.name is not None and not is_name(self.encoded_name):
            raise ValueError(f"{self.name!r} is not the name of a file without folders and control characters")
        if self.mtime_ns is not None and not -(1 << 63) <= self.mtime_ns < 1 << 63:
            raise ValueError(f"mtime_ns must have 64 bits with sign, not {self.mtime_ns}")

    @classmethod
    def of(cls, name: bytes | None, mtime_ns: int | None) -> Origin:
        """From the name as it stands in a file."""
        return cls(None if name is None else name.decode(*_NAME_ENCODING), mtime_ns)

    @property
    def encoded_name(self) -> bytes:
        return (self.name or "").encode(*_NAME_ENCODING)


def is_name(encoded: bytes) -> bool:
    """Whether a file may be called so wherever an archive is restored."""
    if not 1 <= len(encoded) <= MAX_NAME or encoded in (b".", b".."):
        return False
    return b"/" not in encoded and all(byte >= 0x20 and byte != 0x7F for byte in encoded)


@dataclass(frozen=True)
class BlockHeader:
    """What stands before a block's payload.

    last: no block follows in this member.
    raw_size: 1 .. 2^24; 0 only in the one block of an empty member.
    coded_size: bytes of code, at most raw_size; None for a stored block. Where it is raw_size, the payload is the
        content itself, which the predictor is told: never in a last block.
    lanes: 1, 2, 4 ... 32, and stripe: 256, 512 ... 32768; None and None for a stored block.
    network: whether it is asked in this block; without it there is one lane.
    hint: of what kind the content is, 0 (not stated) to 15, see `bytezip.kinds`; 0 for a stored block.
    run: the content is one byte value over and over, 2 times or more, and the payload is that byte; not coded.
    restart: all state begins anew before this block, which is the first of a section; never in a last block.
    capacity: bytes that the tables of the section are sized for, one of CAPACITIES; 2^24 where no section begins.
    """

    last: bool
    raw_size: int
    coded_size: int | None = None
    lanes: int | None = None
    stripe: int | None = None
    network: bool = True
    hint: int = 0
    restart: bool = False
    capacity: int = CAPACITIES[0]
    run: bool = False

    @property
    def payload_size(self) -> int:
        if self.run:
            return 1
        return self.raw_size if self.coded_size is None else self.coded_size

    @property
    def is_plain(self) -> bool:
        """The payload is the content."""
        return self.payload_size == self.raw_size

    @property
    def tells_content(self) -> bool:
        """Nothing need be decoded, so that who checks the payload has checked the content."""
        return self.is_plain or self.run
