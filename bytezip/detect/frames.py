"""What gives sound and video away where no header is in sight: frames, packets and pages that follow one another.

Each is a count of marks at places where only that format would put them, so that one fragment of a few frames tells.

Knows: how streams are framed, families.  Does not know: labels, statistics.
"""

from __future__ import annotations

import re
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.families import adts_size, mp3_size

_MARKS: tuple[re.Pattern[bytes], ...] = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        rb"OggS\0",
        rb"\0\0\x01[\xba-\xef]",  # MPEG program streams: packets
        rb"\0\0\x01[\x00-\xb8]",  # MPEG video and H.264: slices, pictures
        rb"\0\0[\0-\x08].[\x01\x41\x61\x21\x65\x67\x68\x06\x09][\x80-\xff]",  # H.264 with sizes in front
        rb"\0\0\x03[\0-\x03]",  # what H.264 puts between zeros
        rb"[01]\d(?:wb|dc|db)",  # AVI chunks
        rb"\xa3[\x10-\x1f\x20-\xff].{0,2}\x81..[\x80\0]",  # Matroska blocks
        rb"\x1f\x43\xb6\x75",  # Matroska clusters
        rb"IDAT|IEND",
        rb"wvpk",
        rb"moof|mdat|traf|trun|moov",
        rb"endobj|endstream|/Filter",
        rb"PK[\x01\x03\x05]",
        rb"\xff\xda\0[\x08\x0a\x0c]|\xff\xc4\0|\xff\xdb\0[\x43\x84]",  # JPEG tables and scans
        rb"[\x08\x09]\0..[\0-\xff]{2}.{4}\0\0\0[\x12\x22\x2f\xaf]",  # FLV tags
        rb"glyf|loca|hmtx|cmap|GSUB|GPOS",
        rb"\xe8....[\x48\x8b\x89\x83\x85]|\x48[\x8b\x89\x8d\x83]|\x0f[\x84\x85\xb6\xb7\x1f]",  # x86: calls, moves
        rb"\xc3[\x90\xcc\x0f\x66]|\xff\x15|\x55\x48\x89\xe5|\x5d\xc3|\xf3\x0f\x1e\xfa",  # and ends of functions
        rb"\xc0\x03\x5f\xd6|\xfd\x7b",  # ARM of 64 bits
    )
)
_BOUNDED = 8
_SYNC = re.compile(rb"\xff[\xe0-\xff]")
_TS_PACKET = 188
FRAMES = len(_MARKS) + 6


def frames_of(window: bytes, data: NDArray[np.uint8]) -> NDArray[np.float64]:
    """float64 [FRAMES], 0 to 1 each."""
    marks = [sum(1 for _ in islice(pattern.finditer(window), _BOUNDED)) / _BOUNDED for pattern in _MARKS]
    mp3, aac, flac = _chains(window)
    return np.array([*marks, mp3, aac, flac, _packets(data), _blocks(window), _words(data)])


def _chains(window: bytes) -> tuple[float, float, float]:
    """Frames of MPEG audio, of AAC, and of FLAC: where one ends, by its header, another one begins."""
    mp3 = aac = flac = 0
    for match in _SYNC.finditer(window):
        at = match.start()
        head = window[at : at + 6]
        if len(head) < 6:
            break
        mp3 += _goes_on(window, at, mp3_size(head), 0xFE)
        aac += _goes_on(window, at, adts_size(head), 0xFF)
        flac += head[1] & 0xFE == 0xF8 and _is_flac(window[at : at + 16])
    return min(mp3, 4) / 4, min(aac, 4) / 4, float(min(flac, 2)) / 2


def _goes_on(window: bytes, at: int, size: int, mask: int) -> bool:
    """Whether the same two bytes, but for what the mask leaves out, follow a frame of that size."""
    if size < 8:
        return False
    following = window[at + size : at + size + 2]
    return len(following) == 2 and following[0] == 0xFF and (following[1] ^ window[at + 1]) & mask == 0


def _is_flac(head: bytes) -> bool:
    """Whether the check behind a frame's header is right: CRC-8 of polynomial 7."""
    if len(head) < 8 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] >> 4 > 10 or head[3] & 1:
        return False
    coded = 1 if head[4] < 0x80 else max(2, 8 - (head[4] ^ 0xFF).bit_length())
    size = 4 + coded + {6: 1, 7: 2}.get(head[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if size >= len(head):
        return False
    check = 0
    for byte in head[:size]:
        check ^= byte
        for _ in range(8):
            check = (check << 1 ^ (7 if check & 0x80 else 0)) & 0xFF
    return check == head[size]


def _packets(data: NDArray[np.uint8]) -> float:
    """Share of the packets of a transport stream that begin with their sync byte, at the best phase."""
    count = len(data) // _TS_PACKET
    if count < 2:
        return 0.0
    return float((data[: count * _TS_PACKET].reshape(count, _TS_PACKET) == 0x47).mean(0).max())


def _words(data: NDArray[np.uint8]) -> float:
    """Share of words of 32 bits whose highest four are those of ARM code without conditions, at the best phase."""
    words = data[: len(data) & ~3].reshape(-1, 4)
    return float((words >> 4 == 14).mean(0).max())


def _blocks(window: bytes) -> float:
    """How far GIF's blocks of 255 bytes follow one another: the longest chain, of at most 16."""
    best = 0
    for start in range(min(256, len(window))):
        at, length = start, 0
        while at < len(window) and window[at] == 0xFF:
            at += 256
            length += 1
        best = max(best, length)
    return min(best, 16) / 16
