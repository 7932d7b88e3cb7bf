"""What the bytes of a window prove, or nearly so, and a network need not guess.

Knows: structures that are found in the middle of files.  Does not know: weights, files, other witnesses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bytezip.detect.binary import BINARY, PACKED
from bytezip.detect.calls import are_calls
from bytezip.detect.cells import are_cells
from bytezip.detect.doubles import are_doubles
from bytezip.detect.flat import is_silence, is_white
from bytezip.detect.pages import has_blocks, has_pages
from bytezip.detect.pixels import are_colours
from bytezip.detect.records import are_records
from bytezip.detect.slices import has_slices
from bytezip.detect.statistics import is_one_colour
from bytezip.detect.steim import are_frames
from bytezip.detect.type1 import is_eexec

SURELY = 100.0  # nats by which all other formats fall behind
_MOSTLY = 3.0


class Proof(NamedTuple):
    """A test; the formats, among which a network chooses, that are left where it holds; how far others fall behind."""

    holds: Callable[[bytes], bool]
    formats: tuple[str, ...]
    nats: float = SURELY


_PIXELS = ("bmp", "tga", "tiff", "netpbm", "dicom")
_SLICES = Proof(has_slices, ("mp4", "mpeg-ts"))
_CELLS = Proof(are_cells, ("sqlite",))
_FRAMES = Proof(are_frames, ("mseed",))
_CALLS = Proof(are_calls, ("elf", "pe", "macho", "dos"))
_RECORDS = Proof(are_records, ("xls",))
_PAGES = Proof(has_pages, ("ogg", "opus", "ogv"))
_COLOURS = Proof(are_colours, (*_PIXELS, "ico", "dds"))
_BLOCKS = Proof(has_blocks, ("wavpack",))
_OF_EITHER = (_CELLS, _FRAMES, _PAGES, _BLOCKS, _RECORDS, _CALLS, _COLOURS)  # in what is packed, and in what is not
_PROOFS: dict[str, tuple[Proof, ...]] = {
    PACKED: (_SLICES, Proof(are_doubles, ("npy",)), Proof(is_eexec, ("type1",)), *_OF_EITHER),
    BINARY: (
        Proof(is_white, _PIXELS, _MOSTLY),
        Proof(is_one_colour, _PIXELS, _MOSTLY),
        Proof(is_silence, ("wav",), _MOSTLY),
        *_OF_EITHER,
    ),
}


def proof_of(window: bytes, kind: str) -> Proof | None:
    """The first proof that holds for a window of that kind, or None."""
    return next((proof for proof in _PROOFS.get(kind, ()) if proof.holds(window)), None)
