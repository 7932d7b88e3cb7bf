"""What a model is worth on sources that it was never trained on: by modality, and by the size of a file.

    python -m bytezip.train.evaluate_sources HELD_OUT MODEL OUTPUT_FOLDER

HELD_OUT is a folder of `<modality>/<source>/` folders, as the corpus builder makes it. Two tables come of it:

- `held_out.csv`, the network alone: pieces of files, each a stream of its own (one lane), through the integer engine;
  beside it `xz -9e` on each of the same pieces, and on all pieces of a source in one go.
- `held_out_gain.csv`, what the network gives the experts: the beginnings of files at each size, coded by the experts
  alone, by the network alone, and by both; in bytes, without the 16 or so of an archive's frame.

A code's length is the sum of -log2 of the probabilities of its bits, which is what the coder writes, give or take a
byte. One thread; the network runs once for each byte, whatever the number of sizes that the byte is counted in.

Knows: folders, the engines' interface.  Does not know: containers, the float network.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import lzma
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bytezip import _native
from bytezip.predictor.engine import native_network
from bytezip.predictor.experience import unpack
from bytezip.predictor.weights import Model, load_model
from bytezip.surprise import byte_bits

PIECE = 1 << 14  # bytes of a file that stand for it in the first table, at most
MODALITY_BYTES = 1 << 17  # of all pieces of one modality
SIZES = tuple(1 << power for power in range(10, 23, 2))  # 1 KiB to 4 MiB
FILES = {1 << 10: 8, 1 << 12: 8, 1 << 14: 4, 1 << 16: 2}  # of each modality, at sizes up to these; else one
PROFILE = 1  # of the experts: those of the default level
_LANES = 16  # streams side by side: the weights are read once for all of them
_CHUNK = 1 << 12  # bytes of each stream at a time: bounds the memory
_STRIPE = 4096  # with one lane, it changes nothing

Data = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
"""That each bit is 1, [T, 8]: multiples of 2^-24, so exact in 24 bits of fraction."""


@dataclass(frozen=True)
class File:
    """A held-out file."""

    modality: str
    source: str
    path: Path
    size: int

    def read(self, length: int, start: int = 0) -> Data:
        with self.path.open("rb") as stream:
            stream.seek(start)
            return np.frombuffer(stream.read(length), np.uint8)


class Amounts(NamedTuple):
    """How much is measured. piece_bytes: of a modality, for the network alone. share: of the numbers in FILES."""

    piece_bytes: int = MODALITY_BYTES
    largest: int = SIZES[-1]
    share: float = 1.0


class NetworkRow(NamedTuple):
    """Bits per byte of one modality: of the network alone, of xz on each piece, of xz on each source as a whole."""

    modality: str
    sources: int
    pieces: int
    bytes: int
    network: float
    xz: float
    xz_solid: float


class GainRow(NamedTuple):
    """Bytes of the codes of some beginnings of `size` bytes. gain: share that the network takes off the experts."""

    modality: str
    size: int
    files: int
    bytes: int
    experts: int
    network: int
    both: int
    xz: int
    gain: float


def held_out_files(root: Path) -> dict[str, list[File]]:
    """The files of each modality, sources in turn, so that any number of the first ones is of many sources.

    Raises:
        ValueError: where there are none.
    """
    found: dict[str, list[File]] = {}
    for modality in sorted(path for path in root.iterdir() if path.is_dir()):
        shelves = [_files_of(modality.name, source) for source in sorted(modality.iterdir()) if source.is_dir()]
        rounds = zip_longest(*shelves)
        files = [file for turn in rounds for file in turn if file is not None]
        if files:
            found[modality.name] = files
    if not found:
        raise ValueError(f"{root} holds no <modality>/<source>/ folders with files in them")
    return found


def _files_of(modality: str, source: Path) -> list[File]:
    """By hashes of their names: an order that has nothing to do with them, the same everywhere."""
    paths = sorted((path for path in source.rglob("*") if path.is_file()), key=lambda path: _hash(source, path))
    sizes = [(path, path.stat().st_size) for path in paths]
    return [File(modality, source.name, path, size) for path, size in sizes if size]


def _hash(source: Path, path: Path) -> bytes:
    return hashlib.sha256(str(path.relative_to(source)).encode(errors="surrogateescape")).digest()


def pieces_of(files: Sequence[File], most: int) -> list[tuple[str, Data]]:
    """(source, piece) up to `most` bytes in all, the sources in turn and with equal shares where they last."""
    sources = {file.source for file in files}
    room = dict.fromkeys(sources, max(most // len(sources), 1))
    found = []
    for file in files:
        length = min(file.size, PIECE, room[file.source])
        if length:
            room[file.source] -= length
            found.append((file.source, file.read(length, _place(file, length))))
    return found


def _place(file: File, length: int) -> int:
    """Where a piece begins: half of them at the file's beginning, the others anywhere, as the name has it."""
    digest = hashlib.sha256(file.path.name.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[1:8], "little") % (file.size - length + 1) if digest[0] & 1 else 0


def network_probabilities(model: Model, streams: Sequence[Data]) -> Iterator[tuple[int, Probabilities]]:
    """(index, what the network says of each bit) of each stream, alone in its lane; longest streams first."""
    network = native_network(model)
    order = sorted(range(len(streams)), key=lambda index: -len(streams[index]))
    for begin in range(0, len(order), _LANES):
        group = order[begin : begin + _LANES]
        lanes = _native.NetworkLanes(network, len(group))
        results = [np.empty((len(streams[index]), 8), np.float32) for index in group]
        for start in range(0, len(streams[group[0]]), _CHUNK):
            block = np.zeros((min(_CHUNK, len(streams[group[0]]) - start), len(group)), np.uint8)
            for lane, index in enumerate(group):
                part = streams[index][start : start + _CHUNK]
                block[: len(part), lane] = part
            said = lanes.replay(block)
            for lane, result in enumerate(results):
                rest = result[start : start + _CHUNK]
                rest[:] = said[: len(rest), :, lane]
        yield from zip(group, results, strict=True)


def code_bits(probabilities: NDArray[np.float32] | NDArray[np.float64], data: Data) -> float:
    """Length in bits of the code of `data`: probabilities [T, 8] that each bit is 1."""
    return float(byte_bits(probabilities.astype(np.float64), data).sum())


def mixed_bits(model: Model, data: Data, network: Probabilities | None) -> float:
    """Length in bits of the code of a stream by the experts, with or without the network."""
    known = unpack(model.tensors, PROFILE, alone=network is None)
    mixer = _native.Mixer(1, len(data), PROFILE, known, model.phrases)
    mixer.begin_block(len(data), _STRIPE)
    said = None if network is None else np.ascontiguousarray(network.astype(np.float64)[:, :, None])
    return code_bits(mixer.replay(said, np.ascontiguousarray(data[:, None]))[:, :, 0], data)


def xz_bytes(data: bytes) -> int:
    return len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def network_row(model: Model, modality: str, files: Sequence[File], most: int) -> NetworkRow:
    """The network alone on pieces of one modality."""
    pieces = pieces_of(files, most)
    streams = [piece for _, piece in pieces]
    total = sum(map(len, streams))
    bits = sum(code_bits(said, streams[index]) for index, said in network_probabilities(model, streams))
    sources = sorted({source for source, _ in pieces})
    whole = [b"".join(piece.tobytes() for own, piece in pieces if own == source) for source in sources]
    each = sum(xz_bytes(stream.tobytes()) for stream in streams)
    solid = sum(map(xz_bytes, whole))
    figures = [round(value / total, 4) for value in (bits, 8 * each, 8 * solid)]
    return NetworkRow(modality, len(sources), len(pieces), total, *figures)


def beginnings(files: Sequence[File], amounts: Amounts) -> dict[int, list[File]]:
    """Which files stand for each size."""
    return {
        size: [file for file in files if file.size >= size][: max(1, round(FILES.get(size, 1) * amounts.share))]
        for size in SIZES
        if size <= amounts.largest
    }


def gain_rows(model: Model, modality: str, files: Sequence[File], amounts: Amounts) -> list[GainRow]:
    """Experts alone, network alone and both at each size that there are files for."""
    chosen = beginnings(files, amounts)
    longest = {file: size for size, own in chosen.items() for file in own}  # sizes grow, so the last one counts
    names, streams = list(longest), [file.read(size) for file, size in longest.items()]
    sums: dict[int, list[float]] = {size: [0.0, 0.0, 0.0, 0.0] for size, own in chosen.items() if own}
    for index, said in network_probabilities(model, streams):
        for size in (size for size, own in chosen.items() if names[index] in own):
            data, probabilities = streams[index][:size], said[:size]
            row = (
                mixed_bits(model, data, None) / 8, code_bits(probabilities, data) / 8,
                mixed_bits(model, data, probabilities) / 8, float(xz_bytes(data.tobytes())),
            )  # fmt: skip
            sums[size] = [sum(pair) for pair in zip(sums[size], row, strict=True)]
    return [_gain_row(modality, size, len(chosen[size]), row) for size, row in sums.items()]


def _gain_row(modality: str, size: int, count: int, sums: Sequence[float]) -> GainRow:
    experts, network, both, xz = map(math.ceil, sums)
    return GainRow(modality, size, count, size * count, experts, network, both, xz, round(1 - both / experts, 4))


def evaluate(root: Path, model: Model, folder: Path, amounts: Amounts = Amounts()) -> None:  # noqa: B008  it is frozen
    """Writes both tables, a modality at a time: what was measured stays when it is interrupted.

    Raises:
        ValueError: where `root` holds nothing to measure.
        OSError: where a table cannot be written.
    """
    shelves = held_out_files(root)
    with (folder / "held_out.csv").open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(NetworkRow._fields)
        for modality, files in shelves.items():
            table.writerow(_told(network_row(model, modality, files, amounts.piece_bytes)))
            out.flush()
    with (folder / "held_out_gain.csv").open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(GainRow._fields)
        for modality, files in shelves.items():
            table.writerows(map(_told, gain_rows(model, modality, files, amounts)))
            out.flush()


def _told(row: NetworkRow | GainRow) -> NetworkRow | GainRow:
    print(*row, file=sys.stderr, flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bytezip.train.evaluate_sources", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("held_out", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path, help="where the tables go")
    parser.add_argument(
        "--bytes", type=int, default=Amounts().piece_bytes, help="of each modality, for the network alone"
    )
    parser.add_argument("--largest", type=int, default=Amounts().largest, help="no larger beginnings than these")
    parser.add_argument("--share", type=float, default=1.0, help="of the number of files at each size")
    chosen = parser.parse_args()
    try:
        amounts = Amounts(chosen.bytes, chosen.largest, chosen.share)
        evaluate(chosen.held_out, load_model(chosen.model), chosen.folder, amounts)
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
