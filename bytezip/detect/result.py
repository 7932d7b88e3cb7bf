"""What is told of data: `Detection`, its segments, and what each witness said.

Knows: labels.  Does not know: how they are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bytezip.detect.labels import LABELS, UNKNOWN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Testimony:
    """What one witness says.

    witness: "signature", "grammar", "statistics", "classifier" or "libmagic". format: a label, or None where it cannot
    tell one. confidence: 0 to 1. note: a sentence for people.
    """

    witness: str
    format: str | None
    confidence: float
    note: str = ""


@dataclass(frozen=True)
class Segment:
    """A stretch of one kind.

    offset, size: bytes. name: of the member of a container that it is, or empty. parts: what it holds, where it is a
    container itself; offsets of all depths count from the beginning of the data.
    """

    offset: int
    size: int
    modality: str
    format: str
    confidence: float
    name: str = ""
    parts: tuple[Segment, ...] = ()

    @property
    def end(self) -> int:
        return self.offset + self.size


@dataclass(frozen=True)
class Detection:
    """What data is.

    modality, format: labels of `bytezip.detect.labels`; format may be "unknown" where only the modality is sure.
    confidence: 0 to 1, the share of such verdicts that are right. entropy: order 0, bits per byte, of what was read.
    segments: the stretches of the data in the order of their offsets, without gaps, where they were asked for: one
    where all is of one kind, the members where it is a container. size: bytes, or None for a stream that goes on.
    """

    modality: str
    format: str
    confidence: float
    entropy: float
    size: int | None
    segments: tuple[Segment, ...] = ()
    encoding: str | None = None
    path: str | None = None
    _data: bytes = field(default=b"", repr=False, compare=False)
    _told: Callable[[], tuple[Testimony, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def testimony(self) -> tuple[Testimony, ...]:
        """What each witness said; put into words where somebody asks."""
        return self._told()

    @property
    def mime(self) -> str:
        label = LABELS[self.format]
        if label.format == UNKNOWN and self.encoding:
            return "text/plain"
        return label.mime

    @property
    def extensions(self) -> tuple[str, ...]:
        return LABELS[self.format].extensions

    def content(self) -> bytes:
        """All of the data; a file is read again.

        Raises:
            ValueError: where only the beginning of a stream is at hand.
            OSError: where the file cannot be read any more.
        """
        if self.size is None:
            raise ValueError("only the beginning of the stream was read")
        if self.path is not None:
            return Path(self.path).read_bytes()
        return self._data

    def decode(self) -> str | bytes | NDArray[np.generic]:
        """The content in the form that Python works with: see `bytezip.detect.decode.decode`.

        Raises:
            ValueError: where the data is damaged, or is the beginning of a longer stream.
            OSError: where the file, which is read again, cannot be read any more.
        """
        from bytezip.detect.decode import decode  # noqa: PLC0415  codecs of images and audio are seldom needed

        return decode(self)
