"""Items of arrays and tables, made from what the training set has and from simulations: real ones are rare.

    python -m bytezip.train.detect_numbers TRAINING_SET OUT

Of tables, sounds and pictures, each of a source on the training side of the split alone, and of simulated fields,
walks, meshes, sparse matrices and registers. Nothing of it is to be held out: a simulation is no source, so OUT goes to
`bytezip.train.detect_binary --training-only`. Needs pandas, pyarrow, h5py, scipy and Pillow.
"""

from __future__ import annotations

import argparse
import io
import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bytezip.train.detect_items import HELD_OUT, family, name_hash

_TABLES = 14  # files of a source
_PICTURES = 5
_SOUNDS = 5
_SIMULATED = 10  # of a kind
_REGISTERS = 60  # simulated tables
_LARGEST = 300_000  # bytes of an item
_ROWS = 4000

Array = NDArray[Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("training_set", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    for source, number, array in arrays(arguments.training_set):
        keep_array(arguments.out, source, number, array)
    for source, number, table in chain(tables(arguments.training_set), registers()):
        keep_table(arguments.out, source, number, table)


def is_trained_on(source: str) -> bool:
    """Whether no format holds the source out for its name."""
    return name_hash(source) % HELD_OUT != 0 and name_hash(family(source)) % HELD_OUT != 0


def _files(root: Path, kinds: str, pattern: str, most: int) -> Iterator[tuple[str, int, Path]]:
    for source in sorted(path for kind in kinds.split() for path in root.glob(f"{kind}/*")):
        if is_trained_on(source.name):
            paths = sorted(source.rglob(pattern), key=lambda path: name_hash(path.name))
            for number, path in enumerate(paths[:most]):
                yield source.name, number, path


def tables(root: Path) -> Iterator[tuple[str, int, pd.DataFrame]]:
    for source, number, path in _files(root, "csv", "*.csv", _TABLES):
        try:
            table = pd.read_csv(path, nrows=_ROWS, encoding="latin-1")
        except (ValueError, OSError):
            continue
        if table.shape[1] > 1 and len(table) > 20:
            table.columns = pd.Index([f"{name}"[:30] or f"c{at}" for at, name in enumerate(table.columns)])
            yield source, number, table.loc[:, ~table.columns.duplicated()]


def registers() -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Tables as of shops, sensors and offices: columns of several kinds, in sources of ten alike."""
    for number in range(_REGISTERS):
        random = np.random.default_rng([name_hash("register"), number])
        size = int(40 * 100 ** random.random())
        names = list(random.choice(sorted(_COLUMNS), int(random.integers(3, 12))))
        columns = {f"{name}{at}" if at else name: _COLUMNS[name](random, size) for at, name in enumerate(names)}
        yield f"simregister{'abcdef'[number // 10 % 6]}", number, pd.DataFrame(columns)


def _words(random: np.random.Generator, size: int, count: int) -> list[str]:
    """Names of syllables, some more often than others."""
    parts = ["ka", "lo", "mi", "ber", "sten", "ra", "ton", "el", "vi", "da", "no", "grün", "fel", "ski", "o", "mar"]
    known = [" ".join("".join(random.choice(parts, 2)).title() for _ in range(count)) for _ in range(60)]
    return [known[int(at)] for at in 60 * random.random(size) ** 2]


_COLUMNS: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "id": lambda random, size: np.arange(size) + int(random.integers(1, 100_000)),
    "count": lambda random, size: random.poisson(4, size),
    "flag": lambda random, size: random.random(size) < 0.3,
    "price": lambda random, size: np.round(random.gamma(2, 20, size), 2),
    "reading": lambda random, size: random.normal(20, 5, size),
    "missing": lambda random, size: np.where(random.random(size) < 0.4, np.nan, random.normal(size=size)),
    "date": lambda random, size: pd.date_range("2019-01-01", periods=size, freq="h").astype(str),
    "stamp": lambda random, size: 1_600_000_000 + np.cumsum(random.integers(1, 900, size)),
    "name": lambda random, size: _words(random, size, 2),
    "remark": lambda random, size: _words(random, size, 5),
    "code": lambda random, size: [f"{value:08x}" for value in random.integers(0, 1 << 32, size)],
    "city": lambda random, size: _words(random, size, 1),
    "big": lambda random, size: random.integers(0, 1 << 40, size),
}


def arrays(root: Path) -> Iterator[tuple[str, int, Array]]:
    """Of numbers as they are first measured: samples, pixels, columns, and what is simulated."""
    import wave  # noqa: PLC0415

    from PIL import Image  # noqa: PLC0415

    for source, number, table in tables(root):
        numbers = table.select_dtypes("number").to_numpy()
        if numbers.size > 200:
            yield source, number, numbers if number % 2 else np.ascontiguousarray(numbers.T)
    for source, number, path in _files(root, "audio", "*.wav", _SOUNDS):
        try:
            with wave.open(str(path)) as sound:
                if sound.getsampwidth() == 2:
                    yield source, number, np.frombuffer(sound.readframes(60_000), "<i2")
        except (wave.Error, EOFError):
            continue
    for source, number, path in _files(root, "image png jpeg", "*", _PICTURES):
        try:
            picture = Image.open(path).convert(("RGB", "L", "RGBA")[number % 3])
        except (OSError, ValueError):
            continue
        picture.thumbnail((300, 300))
        yield source, number, np.asarray(picture)
    for name, simulate in _SIMULATIONS.items():
        for number in range(_SIMULATED):
            yield f"sim{name}", number, simulate(np.random.default_rng([name_hash(name), number]), number)


def _field(random: np.random.Generator, number: int) -> Array:
    """A smooth field, as of temperatures: sums of waves."""
    y, x = np.mgrid[0:150, 0:200] / 200
    waves = [
        random.normal() * np.sin(random.normal(0, 3 + number) * x + random.normal(0, 3 + number) * y + random.normal())
        for _ in range(12)
    ]
    return np.asarray(sum(waves) * random.choice([0.1, 1, 20]) + random.choice([0, 15, 280]))


def _walk(random: np.random.Generator, number: int) -> Array:
    return np.cumsum(random.normal(size=(8000, 1 + number % 4)), 0) * 0.1 + 100.0 * (number % 3)


def _weights(random: np.random.Generator, number: int) -> Array:
    return random.normal(size=(160, 200)) * (0.02, 0.1, 1.0)[number % 3]


def _measured(random: np.random.Generator, number: int) -> Array:
    """Small readings of a few digits, with outliers."""
    return np.round(random.gamma(2, 10, (6000, 3)), number % 3)


def _times(random: np.random.Generator, number: int) -> Array:
    start = (1_600_000_000, 1_600_000_000_000, 0)[number % 3]
    return start + np.cumsum(random.integers(1, (2, 60, 1000)[number // 3 % 3], 12_000))


def _sparse(random: np.random.Generator, number: int) -> Array:
    """Columns of a matrix in compressed rows: rising within each, and small."""
    size = 200 * (number + 1)
    rows = [np.sort(random.choice(size, random.integers(2, 9), replace=False)) for _ in range(2500)]
    return np.concatenate(rows)


def _mesh(random: np.random.Generator, number: int) -> Array:
    side = 40 + 10 * number
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    cells = np.stack([corner, corner + 1, corner + side], 1)
    if number % 2:
        return cells
    grid = np.stack(np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side)), -1).reshape(-1, 2)
    return np.asarray(grid + random.normal(size=grid.shape) * 0.001)


def _labels(random: np.random.Generator, number: int) -> Array:
    return random.choice(2 + 5 * number, 15_000, p=None)


def _few(random: np.random.Generator, number: int) -> Array:
    """Mostly zeros: masks, counts, one-hot rows."""
    return (random.random((120, 200)) < 0.02 * (number + 1)) * random.integers(1, 2 + number, (120, 200))


_SIMULATIONS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "field": _field, "walk": _walk, "weights": _weights, "measured": _measured, "times": _times, "sparse": _sparse,
    "mesh": _mesh, "labels": _labels, "few": _few,
}  # fmt: skip
_TYPES_OF_INTEGERS = ("<i8", "<i4", "<i2", ">i4", "<u2", ">i2", "<f8", "<f4")
_TYPES_OF_FLOATS = ("<f8", "<f4", ">f4", ">f8", "<f8", "<f4")


def keep_array(out: Path, source: str, number: int, array: Array) -> None:
    """In each format, in one or two types of number each."""
    import scipy.io  # noqa: PLC0415

    types = _TYPES_OF_FLOATS if array.dtype.kind == "f" else _TYPES_OF_INTEGERS
    for turn in range(2):
        typed = _typed(array, types[(number + 3 * turn + name_hash(source)) % len(types)])
        if array.dtype == np.uint8 and turn == 0:
            typed = array
        cut = typed.reshape(-1)[: _LARGEST // typed.itemsize]
        shaped = typed if typed.nbytes <= _LARGEST else cut
        _save(out, "npy", source, partial(np.save, arr=shaped))
        packs = np.savez_compressed if (number + turn) % 3 == 0 else np.savez
        _save(out, "npz", source, partial(packs, a=shaped, b=shaped[:50]))
        native = shaped.astype(shaped.dtype.newbyteorder("="))
        content = {"a": native, "b": native[:20]}
        kind = {
            "do_compression": (number + turn) % 3 == 0,
            "format": "4" if number % 5 == 4 and native.ndim < 3 else "5",
        }
        _save(out, "mat", source, partial(scipy.io.savemat, mdict=content, **kind))
        _put(out, "fits", source, _fits(shaped))
        _put(out, "nifti", source, _nifti(shaped))
        _put(out, "hdf5", source, _hdf5(shaped, (number + turn) % 3))
        if shaped.dtype.itemsize < 8 or shaped.dtype.kind == "f":
            _put(out, "netcdf", source, _netcdf(shaped))
        if number % 3 == 0:
            _put(out, "pickle", source, pickle.dumps(native))


def _typed(array: Array, name: str) -> Array:
    """As that type, scaled where it would not fit."""
    kind = np.dtype(name)
    if kind.kind == "f":
        return array.astype(kind)
    limits = np.iinfo(kind)
    return np.asarray(np.clip(np.nan_to_num(array), limits.min, limits.max).astype(kind))


def _fits(array: Array) -> bytes:
    """One image, its header in cards of 80 characters, its numbers the highest byte first."""
    bits = {"u1": 8, "i2": 16, "i4": 32, "f4": -32, "f8": -64}
    key = array.dtype.str[1:]
    key = key if key in bits else "i4" if array.dtype.kind in "iu" else "f8"
    sizes = array.shape[::-1]
    cards = ["SIMPLE  =                    T", f"BITPIX  = {bits[key]:20d}", f"NAXIS   = {len(sizes):20d}"]
    cards += [f"NAXIS{at}  = {size:20d}" for at, size in enumerate(sizes, 1)]
    cards += ["BSCALE  =                  1.0", "BZERO   =                  0.0", "ORIGIN  = 'MADE    '", "END"]
    header = "".join(card.ljust(80) for card in cards).encode()
    body = array.astype(f">{key}").tobytes()
    return header + b" " * (-len(header) % 2880) + body + bytes(-len(body) % 2880)


def _nifti(array: Array) -> bytes:
    """NIfTI-1: a header of 348 bytes, four more, then numbers the lowest byte first."""
    codes = {"u1": (2, 8), "i2": (4, 16), "i4": (8, 32), "f4": (16, 32), "f8": (64, 64)}
    key = array.dtype.str[1:]
    key = key if key in codes else "i4" if array.dtype.kind in "iu" else "f8"
    header = bytearray(352)
    header[0:4] = (348).to_bytes(4, "little")
    sizes = [min(size, 32767) for size in array.shape[::-1]]  # what its fields hold
    header[40:56] = np.array([len(sizes), *sizes, *[1] * (7 - len(sizes))], "<i2").tobytes()
    header[70:74] = np.array(codes[key], "<i2").tobytes()
    header[108:112] = np.float32(352).tobytes()
    header[344:348] = b"n+1\0"
    return bytes(header) + array.astype(f"<{key}").tobytes()


def _hdf5(array: Array, way: int) -> bytes:
    import h5py  # noqa: PLC0415

    options: dict[str, Any] = ({}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True})[way]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("measured", data=array, **options)
        file.create_dataset("few", data=array[:10])
        file["measured"].attrs["units"] = "m s-1"
    return buffer.getvalue()


def _netcdf(array: Array) -> bytes:
    from scipy.io import netcdf_file  # noqa: PLC0415

    buffer = io.BytesIO()
    file = netcdf_file(buffer, "w")
    names = []
    for at, size in enumerate(array.shape):
        file.createDimension(f"d{at}", size)
        names.append(f"d{at}")
    known = array if array.dtype.str[1:] in ("i2", "i4", "f4", "f8") else array.astype("f4")
    variable = file.createVariable("measured", known.dtype.str[1:], names)
    variable[:] = known
    file.flush()
    return buffer.getvalue()


def keep_table(out: Path, source: str, number: int, table: pd.DataFrame) -> None:
    packs = ("uncompressed", "lz4", "zstd")[number % 3]
    _save(out, "arrow", source, lambda file: table.to_feather(file, compression="uncompressed"))
    if packs != "uncompressed":
        _save(out, "arrow", source, lambda file: table.to_feather(file, compression=packs))
    for way in ("snappy", None, "gzip")[number % 3 :][:2]:
        _save(out, "parquet", source, partial(table.to_parquet, compression=way))
    _put(out, "sqlite", source, _sqlite(table, number))
    _put(out, "sqlite", source, _sqlite(table.astype(str) if number % 2 else table.iloc[::-1], number + 1))
    _save(out, "dta", source, table.to_stata)
    _put(out, "pickle", source, pickle.dumps(table))


def _sqlite(table: pd.DataFrame, number: int) -> bytes:
    """One table or several, with an index or none, in pages of several sizes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.db"
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA page_size = {(4096, 1024, 4096, 8192)[number % 4]}")
        parts = 1 + number % 3
        for part in range(parts):
            piece = table.iloc[part::parts]
            piece.to_sql(f"t{part}", connection, index=number % 2 == 0)
            if number % 2:
                connection.execute(f'CREATE INDEX i{part} ON t{part} ("{table.columns[0]}")')
        connection.commit()
        connection.close()
        return path.read_bytes()


def _save(out: Path, name: str, source: str, write: Callable[[io.BytesIO], object]) -> None:
    """What a library refuses to keep is left out: a name of a column, a type."""
    buffer = io.BytesIO()
    try:
        write(buffer)
    except (ValueError, TypeError, NotImplementedError, OverflowError, OSError):
        return
    _put(out, name, source, buffer.getvalue())


def _put(out: Path, name: str, source: str, content: bytes) -> None:
    if len(content) < 600:
        return
    folder = out / name / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.bin").write_bytes(content[: 2 * _LARGEST])


if __name__ == "__main__":
    main()
