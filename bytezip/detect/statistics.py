"""What counting bytes tells: entropy, compressibility, and whether they are characters.

Knows: bytes, numpy.  Does not know: labels, files.
"""

from __future__ import annotations

import codecs
import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_BLANKS = (9, 10, 12, 13, 27)  # control characters that texts hold: tab, line feed, form feed, return, escape
_LAGS = (1, 2, 3, 4, 6, 8)  # bytes back: neighbours, and the columns of samples, pixels and records
_MEASURED = 1 << 16  # bytes that an estimate looks at, at most
_PIECES = 8  # places that they are taken from
_PACKED_BITS = 7.6  # below it, even arithmetic coding of single bytes gains 5 %
_DEVIATIONS = 6.0
_ASCII, _BLANK = 0.6, 1 / 400  # shares of a text in an 8-bit encoding: of characters of ASCII, or of blanks
_PIXELS, _SAME = 256, 0.9  # bytes of one colour, at least, and their share
_LETTERS = 2.5  # bits a byte that a text has at least
_PACKED_GAIN = 0.02  # bits a nibble that a neighbour may tell of the next, beyond chance


@dataclass(frozen=True)
class Statistics:
    """Of a piece of data.

    size: bytes. entropy: order 0, bits per byte, 0 to 8. distance: chi-square per degree of freedom from a uniform
    distribution, about 1 for noise. printable, high, zeros: shares of characters, of bytes from 128 on, of zeros.
    encoding: "ascii", "utf-8", "utf-16-le", "utf-16-be", "8-bit" for other text, or None where it is no text. data: the
    piece itself.
    """

    size: int
    entropy: float
    distance: float
    printable: float
    high: float
    zeros: float
    encoding: str | None
    data: bytes = field(repr=False, compare=False)

    @cached_property
    def packed(self) -> bool:
        """As `is_packed` says; a third of a millisecond, which few need."""
        return is_packed(self.data)

    @property
    def is_uniform(self) -> bool:
        """Whether its bytes could be noise, at six standard deviations."""
        return (self.distance - 1) * math.sqrt(255 / 2) < _DEVIATIONS

    def sentence(self) -> str:
        kind = f"text in {self.encoding}" if self.encoding else "packed or encrypted" if self.packed else "no text"
        return (
            f"{kind}; {self.entropy:.2f} bits per byte, {self.printable:.0%} printable, {self.high:.0%} high, "
            f"{self.zeros:.0%} zero, {self.distance:.1f} from uniform"
        )


def measure(data: bytes) -> Statistics:
    """Statistics of all of the data, which must not be empty."""
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    size = len(data)
    expected = size / 256
    high = counts[128:].sum() / size
    printable = (counts[32:127].sum() + counts[list(_BLANKS)].sum()) / size
    return Statistics(
        size=size,
        entropy=entropy_of(counts),
        distance=float(((counts - expected) ** 2).sum() / expected / 255),
        printable=float(printable),
        high=float(high),
        zeros=float(counts[0] / size),
        encoding=_encoding(data, counts),
        data=data,
    )


def entropy_of(counts: NDArray[np.int64]) -> float:
    """Order-0 entropy in bits of a histogram of any shape."""
    present = counts[counts > 0].astype(np.float64)
    total = present.sum()
    return float(np.log2(total) - (present * np.log2(present)).sum() / total) if total else 0.0


def is_packed(data: bytes) -> bool:
    """Whether the data is compressed or encrypted already, by measurement: no byte tells anything of another.

    Looks at 64 KiB at most, in pieces from all over; about a millisecond. Short data (below 512 B) is never packed:
    there is too little to tell by, and nothing to gain.
    """
    if len(data) < 512:
        return False
    sample = np.frombuffer(_sample(data), np.uint8)
    chance = 255 / (2 * len(sample) * np.log(2))  # what a finite sample lacks of 8 bits even where it is noise
    if entropy_of(np.bincount(sample, minlength=256)) + chance < _PACKED_BITS:
        return False
    noise = 3 * 450**0.5 / (2 * len(sample) * np.log(2))  # three standard deviations of chi-square with 225 degrees
    return all(_told_by_neighbour(sample, lag) < _PACKED_GAIN + noise for lag in _LAGS)


def _told_by_neighbour(sample: NDArray[np.uint8], lag: int) -> float:
    """Mutual information in bits of the high nibbles `lag` bytes apart, less what chance gives (15 * 15 / 2 n ln 2)."""
    high = sample >> 4
    joint = np.bincount(high[:-lag].astype(np.int64) << 4 | high[lag:], minlength=256).reshape(16, 16)
    shared = entropy_of(joint.sum(0)) + entropy_of(joint.sum(1)) - entropy_of(joint)
    return float(shared - 225 / (2 * len(sample) * np.log(2)))


def _sample(data: bytes) -> bytes:
    if len(data) <= _MEASURED:
        return data
    piece = _MEASURED // _PIECES
    step = (len(data) - piece) // (_PIECES - 1)
    return b"".join(data[start : start + piece] for start in range(0, step * _PIECES, step))


def is_one_colour(data: bytes) -> bool:
    """Whether it is the same three bytes again and again, not all the same and none of them a blank."""
    values = np.frombuffer(data, np.uint8)
    if len(values) < _PIXELS or (values[:3] == values[0]).all():
        return False
    same = int(np.count_nonzero(values[3:] == values[:-3]))
    return same > _SAME * len(values) and not set(data[:3]) & set(_BLANKS)


def _encoding(data: bytes, counts: NDArray[np.int64]) -> str | None:
    size = len(data)
    if is_one_colour(data):
        return None
    controls = counts[:32].sum() - counts[list(_BLANKS)].sum() + counts[127]
    if counts[0] >= size / 8:
        return _utf16(data)
    if controls > size / 128:
        return None
    if counts[128:].sum() == 0:
        return "ascii"
    if is_utf8(data):
        return "utf-8"
    return "8-bit" if _is_8_bit(counts, size) else None


def is_utf8(data: bytes) -> bool:
    """Whether it is UTF-8, wherever it was cut."""
    start = next((i for i, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 4)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[start:])
    except UnicodeDecodeError:
        return False
    return True


def _is_8_bit(counts: NDArray[np.int64], size: int) -> bool:
    """Texts in 8-bit and Asian encodings: letters and blanks, no control characters but these, and few signs of noise.

    Noise would hold control characters, so that it never comes here; what does are short pieces of packed data, and
    white pixels and silence, which have few values or no blanks.
    """
    controls = counts[:32].sum() - counts[[9, 10, 13]].sum()
    blank = counts[32:127].sum() > _ASCII * size or counts[[10, 13, 32]].sum() >= _BLANK * size
    return bool(controls <= size / 512 and blank and _LETTERS < entropy_of(counts) < 7.5)


def _utf16(data: bytes) -> str | None:
    """The byte order of UTF-16 text without or with its mark, of the Latin kind at least in good part."""
    pairs = np.frombuffer(data[: len(data) & ~1], np.uint8).reshape(-1, 2)
    for name, high, low in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        zero = pairs[:, high] == 0
        letters = pairs[zero, low]
        readable = ((letters >= 32) & (letters < 127)) | np.isin(letters, _BLANKS) | (letters >= 160)
        if zero.mean() > 0.5 and readable.mean() > 0.98 and _decodes(data, name):
            return name
    return None


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data[: len(data) & ~1].decode(encoding, "strict")
    except UnicodeDecodeError as error:
        return error.end >= len(data) - 3
    return True
