"""bytezip inside of other libraries, each tested with the real one."""

import random
import shutil
import tarfile
from collections.abc import Iterator
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import bytezip
from bytezip.errors import NotBytezipError
from bytezip.hooks import archives

TABLE = "name,count\n" + "".join(f"n{number},{number * number}\n" for number in range(40))


# shutil.


@pytest.fixture
def formats(text_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The format, registered for one test, with the text model."""
    monkeypatch.setattr(archives, "BytezipFile", partial(bytezip.BytezipFile, level=1, model=text_model))
    archives.register()
    archives.register()
    yield
    shutil.unregister_archive_format(archives.FORMAT)
    shutil.unregister_unpack_format(archives.FORMAT)


@pytest.mark.usefixtures("formats")
class TestShutil:
    def test_folders_go_in_and_come_out(self, tmp_path: Path) -> None:
        (tmp_path / "from" / "deep").mkdir(parents=True)
        (tmp_path / "from" / "deep" / "a").write_text(TABLE)
        made = shutil.make_archive(str(tmp_path / "new" / "out"), "bytztar", tmp_path / "from", owner="root")
        assert made == str(tmp_path / "new" / "out.tar.bytz")
        shutil.unpack_archive(made, tmp_path / "to")
        assert (tmp_path / "to" / "deep" / "a").read_text() == TABLE
        shutil.unpack_archive(made, tmp_path / "again", "bytztar", filter="tar")
        assert (tmp_path / "again" / "deep" / "a").read_text() == TABLE

    def test_what_is_no_archive(self, text_model: Path, tmp_path: Path) -> None:
        (tmp_path / "x.tar.bytz").write_bytes(bytezip.compress(b"no tar", 1, model=text_model))
        with pytest.raises(shutil.ReadError, match="holds no tar file"):
            shutil.unpack_archive(tmp_path / "x.tar.bytz", tmp_path / "to")
        (tmp_path / "y.tar.bytz").write_bytes(b"PK\3\4")
        with pytest.raises(NotBytezipError):
            shutil.unpack_archive(tmp_path / "y.tar.bytz", tmp_path / "to")

    def test_nothing_leaves_the_folder(self, text_model: Path, tmp_path: Path) -> None:
        path = tmp_path / "evil.tar.bytz"
        with bytezip.open(path, "wb", level=1, model=text_model) as file, tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("../evil"))
        with pytest.raises(tarfile.OutsideDestinationError):
            shutil.unpack_archive(path, tmp_path / "to")
        assert not (tmp_path / "evil").exists()


# fsspec, and pandas through it.


@pytest.fixture
def fsspec() -> Any:
    found = pytest.importorskip("fsspec", reason="fsspec is not installed: the extra hooks brings it")
    from bytezip.hooks import filesystems  # noqa: PLC0415

    filesystems.register()
    filesystems.register()
    return found


def test_fsspec_opens_archives(fsspec: Any, text_model: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "table.csv.bytz")
    compression = fsspec.compression.compr["bytezip"]
    with fsspec.open(path, "wb") as plain, compression(plain, "wb", level=1, model=text_model) as file:
        file.write(TABLE.encode())
    with fsspec.open(path, "rb") as plain, compression(plain, "rb", model=text_model) as file:
        assert file.read() == TABLE.encode()
        assert file.seek(3) == 3
    with fsspec.open("memory://table.bytz", "wt", compression="infer") as file:
        file.write("short")
    with fsspec.open("memory://table.bytz", "rt", compression="infer") as file:
        assert file.read() == "short"


def test_pandas_reads_and_writes_by_open_and_by_fsspec(fsspec: Any, text_model: Path, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    with bytezip.open(tmp_path / "table.csv.bytz", "wt", level=1, model=text_model) as file:
        file.write(TABLE)
    with bytezip.open(tmp_path / "table.csv.bytz", "rt", model=text_model) as file:
        table = pandas.read_csv(file)
    assert list(table["count"]) == [number * number for number in range(40)]
    with fsspec.open("memory://few.csv.bytz", "wb", compression="infer") as file:
        table[:3].to_csv(file, index=False)
    with fsspec.open("memory://few.csv.bytz", "rb", compression="infer") as file:
        assert pandas.read_csv(file).equals(table[:3])


# numcodecs, and zarr through it.


@pytest.fixture
def numcodecs() -> Any:
    return pytest.importorskip("numcodecs", reason="numcodecs is not installed: the extra hooks brings it")


@pytest.fixture
def arrays(numcodecs: Any) -> Any:
    from bytezip.hooks.arrays import Bytezip  # noqa: PLC0415

    numcodecs.register_codec(Bytezip)  # what the entry point does where the package is installed
    return SimpleNamespace(Bytezip=Bytezip, get=numcodecs.get_codec)


def test_numcodecs_codec(arrays: Any, text_model: Path) -> None:
    codec = arrays.get({"id": "bytezip", "level": 1, "model": str(text_model)})
    assert codec.get_config() == {"id": "bytezip", "level": 1, "model": str(text_model)}
    assert codec == arrays.Bytezip(1, str(text_model))
    array = np.array(random.Random(1).choices(range(5), k=60), np.int16).reshape(6, 10)
    for given in (array, array.tobytes(), bytearray(array.tobytes())):
        coded = codec.encode(given)
        assert bytes(codec.decode(coded)) == array.tobytes()
    out = np.empty_like(array)
    codec.decode(coded, out=out)
    assert np.array_equal(out, array)
    with pytest.raises(ValueError, match="level"):
        arrays.Bytezip(level=0)


@pytest.mark.parametrize(
    ("group", "value"),
    [("numcodecs.codecs", "bytezip.hooks.arrays:Bytezip"), ("zarr.codecs", "bytezip.hooks.chunks:BytezipCodec")],
)
def test_libraries_find_the_codec(group: str, value: str) -> None:
    named = [point.value for point in entry_points(group=group) if point.name == "bytezip"]
    if not named:
        pytest.skip("the package is not installed, so it has no entry points")
    assert set(named) == {value}


def test_zarr_arrays_of_format_2(arrays: Any, text_model: Path, tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="zarr is not installed")
    codec = arrays.Bytezip(1, str(text_model))
    written = zarr.create_array(
        tmp_path / "a.zarr", shape=(20, 30), chunks=(10, 30), dtype="i4", compressors=codec, zarr_format=2
    )
    content = np.arange(600, dtype=np.int32).reshape(20, 30) // 7
    written[:] = content
    assert np.array_equal(zarr.open_array(tmp_path / "a.zarr", mode="r")[:], content)


@pytest.fixture
def zarr() -> Any:
    found = pytest.importorskip("zarr", minversion="3", reason="zarr 3 is not installed")
    from bytezip.hooks.chunks import BytezipCodec  # noqa: PLC0415

    found.registry.register_codec("bytezip", BytezipCodec)  # what the entry point does where the package is installed
    return found


def test_zarr_arrays(zarr: Any, text_model: Path, tmp_path: Path) -> None:
    """Of format 3, which has its own chain of codecs; read again by what its metadata say."""
    from bytezip.hooks.chunks import BytezipCodec  # noqa: PLC0415

    codec = BytezipCodec(level=1, model=str(text_model))
    written = zarr.create_array(tmp_path / "a", shape=(20, 30), chunks=(10, 30), dtype="i4", compressors=codec)
    content = np.arange(600, dtype=np.int32).reshape(20, 30) // 7
    written[:] = content
    read = zarr.open_array(tmp_path / "a", mode="r")
    assert read.compressors == (codec,)
    assert np.array_equal(read[:], content)
    chunk = tmp_path / "a" / "c" / "1" / "0"
    assert bytezip.decompress(chunk.read_bytes(), model=text_model) == content[10:].tobytes()
    chunk.write_bytes(chunk.read_bytes()[:-1])
    with pytest.raises(bytezip.BytezipError, match="truncated"):
        read[:]
    with pytest.raises(ValueError, match="level"):
        BytezipCodec(level=10)


@pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr version 3 specification")
def test_zarr_takes_the_codec_of_numcodecs_in_format_3_too(zarr: Any, arrays: Any, tmp_path: Path) -> None:
    """By the bridge that zarr has for codecs of numcodecs."""
    bridges = pytest.importorskip("zarr.codecs.numcodecs", reason="this zarr has no bridge to numcodecs")

    class Bridge(bridges._NumcodecsBytesBytesCodec, codec_name="bytezip"):  # type: ignore[misc, name-defined, call-arg]
        pass

    assert arrays.get({"id": "bytezip", "level": 1}) == arrays.Bytezip(1)
    zarr.registry.register_codec("numcodecs.bytezip", Bridge)
    written = zarr.create_array(tmp_path / "a", shape=(50,), chunks=(50,), dtype="u1", compressors=Bridge(level=1))
    written[:] = np.arange(50)
    assert np.array_equal(zarr.open_array(tmp_path / "a", mode="r")[:], np.arange(50))
