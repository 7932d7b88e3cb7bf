"""What a model of one's own is worth: `bytezip train` on a family of small records, measured on later ones.

    python benchmarks/own_model.py [FILE...] [--cut 4096] [--minutes 10] [--records 400] [--to own_model.csv]

Without files the family is that of `telemetry.py`, JSON records of 1 to 16 KiB from a seeded generator: its structure
is realistic, its source is made up. With files, oldest first, each of them is a record, or, with `--cut`, so are its
pieces of whole lines. The split is by time: the first nine tenths are trained on (the last of them hold the training
out for itself), some of the last tenth are measured, each record compressed on its own. One thread.

The peers get the same records: `zstd -19`, and `zstd -19 -D` with the dictionary that `zstd --train` makes at its
default size of 112,640 bytes; `xz -9e`; bytezip with the standard model. bytezip at its default level.
"""

from __future__ import annotations

import argparse
import csv
import lzma
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import stamps
import torch
import zstandard
from telemetry import records

import bytezip
from bytezip.predictor.weights import STANDARD, load_model
from bytezip.train.tune import tune

HERE = Path(__file__).parent
DICTIONARY = 112_640  # bytes: what `zstd --train` makes by default
MEASURED = 40  # records, evenly over the last tenth
Squeeze = Callable[[bytes], bytes]


def split(family: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """(to train on, to measure), by time."""
    cut = len(family) * 9 // 10
    later = list(family[cut:])
    return list(family[:cut]), later[:: max(1, len(later) // MEASURED)]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Whole lines, as many as make `size` bytes or more; the last piece may be shorter."""
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin + size - 1) + 1 or len(data)
        yield data[begin:end]
        begin = end


def methods(known: Sequence[bytes], own: Path) -> dict[str, Squeeze]:
    dictionary = zstandard.train_dictionary(DICTIONARY, list(known))
    trained = zstandard.ZstdCompressor(level=19, dict_data=dictionary)
    return {
        "xz -9e": lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
        "zstd -19": zstandard.ZstdCompressor(level=19).compress,
        "zstd -19 -D": trained.compress,
        "bytezip, standard model": lambda data: bytezip.compress(data, threads=1),
        "bytezip, own model": lambda data: bytezip.compress(data, model=own, threads=1),
    }


def table(known: Sequence[bytes], later: Sequence[bytes], own: Path) -> list[tuple[str, int, int, int]]:
    """(method, records, their bytes, bytes of all codes)."""
    raw = sum(map(len, later))
    return [
        (name, len(later), raw, sum(len(squeeze(record)) for record in later))
        for name, squeeze in methods(known, own).items()
    ]


def verify(later: Sequence[bytes], own: Path) -> None:
    """Restores one record, so that no figure is that of a code that cannot be read."""
    assert bytezip.decompress(bytezip.compress(later[0], model=own, threads=1), model=own, threads=1) == later[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--cut", type=int, default=0, metavar="BYTES", help="cut files into records of whole lines")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--records", type=int, default=400, metavar="N", help="of the generated family")
    parser.add_argument("--to", type=Path, default=HERE / "own_model.csv", metavar="CSV")
    parser.add_argument("--keep", type=Path, metavar="MODEL", help="write the trained model there")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    family = [path.read_bytes() for path in chosen.files] or list(records(chosen.records))
    if chosen.cut:
        family = [piece for data in family for piece in pieces(data, chosen.cut)]
    known, later = split(family)
    with tempfile.TemporaryDirectory() as folder:
        own = chosen.keep or Path(folder, "own.model")
        began = time.process_time()
        tuned = tune(known, load_model(STANDARD), own, chosen.minutes * 60, report=_report)
        spent = time.process_time() - began
        print(f"\nnetwork alone, held out: {tuned.before:.4f} -> {tuned.after:.4f} bits per byte", file=sys.stderr)
        verify(later, own)
        rows = table(known, later, own)
    smallest = {name: size for name, _, _, size in rows}
    with chosen.to.open("w", newline="") as out:
        out.write(f"# {stamps.machine()}; {stamps.ours()}\n")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            ("method", "records", "bytes", "coded", "bits_per_byte", "own_model_is_smaller_by", "cpu_minutes")
        )
        for name, count, raw, size in rows:
            saved = 1 - smallest["bytezip, own model"] / size
            row = (name, count, raw, size, f"{8 * size / raw:.3f}", f"{saved:.1%}", f"{spent / 60:.1f}")
            writer.writerow(row)
            print(*row, file=sys.stderr)


def _report(seconds: float, loss: float, best: float) -> None:
    print(f"\r{seconds:5.0f} s, loss {loss:.3f}, best {best:.4f}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
