"""Archives as Python files and streams: one suite, run on `lzma` and on `bytezip`, which must behave alike."""

import io
import lzma
import multiprocessing
import os
import pickle
import random
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bytezip
from bytezip.errors import CorruptError, NotBytezipError, TruncatedError

LINES = [b"the quick brown fox\n", b"jumps over\n", b"\n", b"the lazy dog, without an end"]
TEXT = b"".join(LINES)
LONG = bytes(random.Random(1).choices(b"abcdefgh \n", k=5000))


@pytest.fixture(params=["lzma", "bytezip"])
def library(request: pytest.FixtureRequest, text_model: Path) -> Any:
    """The names that both have, with the text model where it is bytezip."""
    if request.param == "lzma":
        return SimpleNamespace(
            compress=lzma.compress, decompress=lzma.decompress, open=lzma.open, File=lzma.LZMAFile,
            Compressor=lzma.LZMACompressor, Decompressor=lzma.LZMADecompressor, Error=lzma.LZMAError,
        )  # fmt: skip
    names: dict[str, Callable[..., Any]] = {
        "compress": bytezip.compress, "decompress": bytezip.decompress, "open": bytezip.open,
        "File": bytezip.BytezipFile, "Compressor": bytezip.BytezipCompressor,
        "Decompressor": bytezip.BytezipDecompressor,
    }  # fmt: skip
    given = {name: partial(made, model=text_model) for name, made in names.items()}
    return SimpleNamespace(**given, Error=bytezip.BytezipError)


@pytest.fixture
def path(library: Any, tmp_path: Path) -> Path:
    """An archive of TEXT."""
    (tmp_path / "archive").write_bytes(library.compress(TEXT))
    return tmp_path / "archive"


# One-shot and incremental.


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_anything_like_bytes_is_taken(library: Any, kind: Callable[[bytes], Any]) -> None:
    packed = library.compress(kind(TEXT))
    assert library.decompress(kind(packed)) == TEXT
    compressor = library.Compressor()
    assert library.decompress(compressor.compress(kind(TEXT)) + compressor.flush()) == TEXT
    assert library.Decompressor().decompress(kind(packed)) == TEXT


def test_text_is_not_taken(library: Any) -> None:
    for call in (library.compress, library.decompress, library.Compressor().compress):
        with pytest.raises(TypeError):
            call("text")


def test_members_follow_one_another(library: Any) -> None:
    assert library.decompress(library.compress(b"one") + library.compress(b"") + library.compress(b"two")) == b"onetwo"


def test_trailing_garbage_is_ignored(library: Any) -> None:
    assert library.decompress(library.compress(TEXT) + b"garbage") == TEXT


def test_nothing_cut_short_passes(library: Any) -> None:
    packed = library.compress(TEXT)
    for size in (0, 1, 5, len(packed) // 2, len(packed) - 1):
        if size or library.Error is not lzma.LZMAError:  # lzma takes nothing for an archive of nothing
            with pytest.raises(library.Error):
                library.decompress(packed[:size])


def test_a_decompressor_byte_by_byte(library: Any) -> None:
    packed = library.compress(TEXT)
    decompressor = library.Decompressor()
    restored = b""
    for at in range(len(packed)):
        assert not decompressor.eof
        assert decompressor.needs_input
        restored += decompressor.decompress(packed[at : at + 1])
    assert (restored, decompressor.eof, decompressor.unused_data) == (TEXT, True, b"")
    assert not decompressor.needs_input
    with pytest.raises(EOFError):
        decompressor.decompress(b"")


def test_a_decompressor_gives_no_more_than_asked(library: Any) -> None:
    decompressor = library.Decompressor()
    restored = decompressor.decompress(library.compress(LONG) + b"rest", max_length=7)
    assert len(restored) == 7
    while not decompressor.eof:
        assert not decompressor.needs_input
        piece = decompressor.decompress(b"", max_length=1000)
        assert len(piece) <= 1000
        restored += piece
    assert (restored, decompressor.unused_data) == (LONG, b"rest")


def test_a_flushed_compressor_takes_no_more(library: Any) -> None:
    compressor = library.Compressor()
    compressor.flush()
    for call in (compressor.flush, lambda: compressor.compress(b"more")):
        with pytest.raises(ValueError):  # noqa: PT011
            call()


def test_what_cannot_be_pickled_says_so(library: Any, path: Path) -> None:
    with library.open(path) as file:
        for made in (library.Compressor(), library.Decompressor(), file):
            with pytest.raises(TypeError, match="cannot pickle"):
                pickle.dumps(made)


# Reading files.


def test_reading_in_every_way(library: Any, path: Path) -> None:
    with library.open(path) as file:
        assert file.read() == TEXT
        assert file.read() == file.read(5) == file.read1() == file.peek() == file.readline() == b""
    with library.open(path, "rb") as file:
        assert (file.read(0), file.read(4), file.tell()) == (b"", TEXT[:4], 4)
        assert file.peek(1)[:1] == TEXT[4:5]
        assert file.tell() == 4
        assert file.read1(3) == TEXT[4:7]
        buffer = bytearray(10)
        assert file.readinto(buffer) == 10
        assert bytes(buffer) == TEXT[7:17]
        assert file.readline() == TEXT[17:20]
        assert file.readlines() == LINES[1:]
    with library.open(path) as file:
        assert file.readline(5) == TEXT[:5]
        assert file.read(-1) == TEXT[5:]
    with library.open(path) as file:
        assert list(file) == LINES


def test_seeking_there_and_back(library: Any, path: Path) -> None:
    with library.open(path) as file:
        assert file.seekable()
        for offset, whence, place in [
            (10, io.SEEK_SET, 10),
            (5, io.SEEK_CUR, 18),
            (-10, io.SEEK_CUR, 11),
            (0, io.SEEK_SET, 0),
            (-3, io.SEEK_END, len(TEXT) - 3),
            (2, io.SEEK_SET, 2),
        ]:
            assert file.seek(offset, whence) == place == file.tell()
            assert file.read(3) == TEXT[place : place + 3]
        assert file.seek(1000) == len(TEXT)
        assert file.read() == b""
        with pytest.raises(ValueError, match="whence"):
            file.seek(0, 9)


def test_random_seeks_agree_with_a_plain_file(library: Any, tmp_path: Path) -> None:
    """Whatever is done, an archive reads as its content does."""
    (tmp_path / "long").write_bytes(library.compress(LONG[:3000]) + library.compress(LONG[3000:]))
    chance = random.Random(7)
    with library.open(tmp_path / "long") as file:
        plain = io.BytesIO(LONG)
        for _ in range(12):
            place, count = chance.randrange(len(LONG)), chance.randrange(2000)
            assert file.seek(place) == plain.seek(place)
            assert file.read(count) == plain.read(count)
            assert file.readline() == plain.readline()
            assert file.tell() == plain.tell()


def test_text_mode(library: Any, tmp_path: Path) -> None:
    path = tmp_path / "text"
    with library.open(path, "wt", encoding="latin-1", newline="\r\n") as file:
        assert isinstance(file, io.TextIOWrapper)
        file.write("smörgås\nbord")
    assert library.decompress(path.read_bytes()) == b"sm\xf6rg\xe5s\r\nbord"
    with library.open(path, "rt", encoding="ascii", errors="ignore") as file:
        assert list(file) == ["smrgs\n", "bord"]
    with library.open(path, "rt", encoding="latin-1") as file:
        file.readline()
        place = file.tell()
        assert file.readline() == "bord"
        file.seek(place)
        assert file.read() == "bord"


def test_a_file_cut_short_is_an_eof_error(library: Any, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    with library.open(path) as file, pytest.raises(EOFError):
        file.read()


def test_members_and_garbage_in_a_file(library: Any, path: Path) -> None:
    path.write_bytes(path.read_bytes() + library.compress(b"") + library.compress(b"more") + b"garbage")
    with library.open(path) as file:
        assert file.read() == TEXT + b"more"
        assert file.seek(len(TEXT) - 1) == len(TEXT) - 1
        assert file.read() == TEXT[-1:] + b"more"


# Writing files.


def test_writing_appending_and_refusing_to_overwrite(library: Any, tmp_path: Path) -> None:
    path = tmp_path / "out"
    with library.open(path, "xb") as file:
        assert file.writable()
        assert not file.readable()
        assert not file.seekable()
        assert file.write(TEXT) == len(TEXT)
        assert file.write(memoryview(b"abc")) == 3
        file.writelines([b"x", bytearray(b"y")])
        assert file.tell() == len(TEXT) + 5
        with pytest.raises(TypeError):
            file.write("text")
    with library.open(path, "a") as file:
        file.write(b"more")
    assert library.decompress(path.read_bytes()) == TEXT + b"abcxymore"
    with pytest.raises(FileExistsError):
        library.open(path, "x")
    with library.open(path, "w"):
        pass
    assert library.decompress(path.read_bytes()) == b""


def test_what_the_mode_does_not_allow(library: Any, path: Path) -> None:
    with library.open(path) as file:
        assert file.readable()
        assert not file.writable()
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"x")
    with library.open(path, "a") as file:
        for call in (file.read, file.peek, file.readline, lambda: file.seek(0)):
            with pytest.raises(io.UnsupportedOperation):
                call()


def test_a_closed_file_is_closed(library: Any, path: Path) -> None:
    file = library.open(path)
    assert not file.closed
    file.close()
    file.close()
    assert file.closed
    for call in (file.read, file.tell, file.fileno, file.readable, file.seekable, file.writable, file.peek):
        with pytest.raises(ValueError, match="closed"):
            call()
    with pytest.raises(ValueError, match="closed"), file:
        pass


@pytest.mark.parametrize("mode", ["", "rw", "rbt", "bt", "z", "rbb", "r+", "wb+"])
def test_modes_there_are_not(library: Any, path: Path, mode: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each says it in its own words
        library.open(path, mode)


def test_text_arguments_need_text_mode(library: Any, path: Path) -> None:
    for argument in ({"encoding": "utf-8"}, {"errors": "strict"}, {"newline": "\n"}):
        with pytest.raises(ValueError):  # noqa: PT011
            library.open(path, "rb", **argument)


def test_every_kind_of_path_and_files(library: Any, path: Path) -> None:
    for given in (path, str(path), os.fsencode(path)):
        with library.open(given) as file:
            assert file.read() == TEXT
    with path.open("rb") as plain, library.open(plain) as file:
        assert file.fileno() == plain.fileno()
        assert file.read() == TEXT
    stream = io.BytesIO()
    with library.File(stream, "w") as file:
        file.write(TEXT)
    assert not stream.closed
    assert library.decompress(stream.getvalue()) == TEXT
    with pytest.raises(TypeError):
        library.open(7.5)
    with pytest.raises(FileNotFoundError):
        library.open(path / "missing" if path.is_dir() else path.with_name("missing"))


def test_a_stream_that_cannot_seek(library: Any) -> None:
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as sink:
        sink.write(library.compress(TEXT))
    with os.fdopen(ours, "rb") as plain, library.open(plain) as file:
        assert not file.seekable()
        with pytest.raises(io.UnsupportedOperation):
            file.seek(0)
        assert file.read() == TEXT


def test_tarfile_writes_and_reads_through_it(library: Any, tmp_path: Path) -> None:
    (tmp_path / "member").write_bytes(TEXT)
    with library.open(tmp_path / "a.tar", "w") as file, tarfile.open(fileobj=file, mode="w") as tar:
        tar.add(tmp_path / "member", "member")
    with library.open(tmp_path / "a.tar") as file, tarfile.open(fileobj=file) as tar:
        assert tar.getnames() == ["member"]
        extracted = tar.extractfile("member")
        assert extracted is not None
        assert extracted.read() == TEXT


# Threads and processes.


def test_many_threads_each_with_its_own(library: Any) -> None:
    contents = [LONG[at : at + 300] for at in range(0, 3000, 300)]
    alone = [library.compress(content) for content in contents]
    with ThreadPoolExecutor(4) as pool:
        packed = list(pool.map(library.compress, contents))
        assert packed == alone
        assert list(pool.map(library.decompress, packed)) == contents


def _child(library: Any, compressor: Any, channel: Any) -> None:
    channel.send(library.decompress(compressor.compress(b"and child") + compressor.flush()))


def test_a_fork_in_the_middle_of_a_stream(library: Any) -> None:
    """Parent and child both go on with what was begun before."""
    library.decompress(library.compress(LONG))
    compressor = library.Compressor()
    packed = compressor.compress(b"parent ")
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    begun = SimpleNamespace(compress=compressor.compress, flush=compressor.flush)
    whole = SimpleNamespace(decompress=lambda rest: library.decompress(packed + rest))
    process = fork.Process(target=_child, args=(whole, begun, theirs))
    process.start()
    assert ours.poll(60)
    assert ours.recv() == b"parent and child"
    process.join()
    assert library.decompress(packed + compressor.flush()) == b"parent "


# What only bytezip has.


def test_options_of_a_file_are_those_of_the_codec(text_model: Path, tmp_path: Path) -> None:
    with bytezip.open(tmp_path / "f", "w", level=1, block_size=100, model=text_model, threads=1) as file:
        file.write(LONG[:1000])
    assert [block.header.raw_size for block in bytezip.inspect(tmp_path / "f").blocks] == [100] * 10
    with bytezip.open(tmp_path / "f", model=text_model) as file:
        assert file.read() == LONG[:1000]
    for name, value in (("level", 0), ("level", 10), ("block_size", 0), ("block_size", 1 << 25)):
        wrong: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=name):
            bytezip.open(tmp_path / "new", "w", model=text_model, **wrong)
        assert not (tmp_path / "new").exists()


def test_bad_input_is_the_same_error_through_every_way_in(text_model: Path, tmp_path: Path) -> None:
    packed = bytezip.compress(TEXT, model=text_model)
    for data, error in [
        (b"", TruncatedError),
        (packed[:-1], TruncatedError),
        (packed[:5], TruncatedError),
        (packed[:-1] + bytes([packed[-1] ^ 1]), CorruptError),
        (b"PK" + packed, NotBytezipError),
    ]:
        (tmp_path / "bad").write_bytes(data)
        said = set()
        for way_in in (
            lambda data: bytezip.decompress(data, model=text_model),
            lambda _: bytezip.open(tmp_path / "bad", model=text_model).read(),
            lambda _: bytezip.open(tmp_path / "bad", model=text_model).seek(5),
            lambda _: bytezip.open(tmp_path / "bad", model=text_model).seek(0, io.SEEK_END),
            lambda data: _feed(data, text_model),
            lambda data: _in_sections(data, text_model),
        ):
            with pytest.raises(error) as caught:
                way_in(data)
            said.add(str(caught.value))
        assert len(said) == 1


def _in_sections(data: bytes, model: Path) -> None:
    """With the bad data in place of the last of several members, which is sought for."""
    good = bytezip.compress(TEXT, model=model)
    file = bytezip.open(io.BytesIO((good if data[:2] != b"PK" else b"") + data), model=model)
    if data:
        file.seek(len(TEXT) + 5)
        file.read()
    else:
        bytezip.open(io.BytesIO(), model=model).seek(3)


def _feed(data: bytes, model: Path) -> None:
    decompressor = bytezip.BytezipDecompressor(model=model)
    for at in range(len(data)):
        decompressor.decompress(data[at : at + 1])
    decompressor.close()


class TestOrigin:
    """Name and time of what a member was made from."""

    def test_of_each_member_as_it_is_read(self, text_model: Path, tmp_path: Path) -> None:
        path = tmp_path / "f"
        with bytezip.open(path, "wb", level=1, model=text_model, name="one", mtime_ns=5) as file:
            assert file.origin is None
            file.write(TEXT)
        assert path.read_bytes() == bytezip.compress(TEXT, 1, model=text_model, name="one", mtime_ns=5)
        with bytezip.open(path, "ab", level=1, model=text_model) as file:
            file.write(b"more")
        with bytezip.open(path, model=text_model) as file:
            assert file.origin is None
            assert file.peek()
            assert file.origin == bytezip.Origin("one", 5)
            assert file.read() == TEXT + b"more"
            assert file.origin is None  # that of the second one
            file.seek(0)
            assert file.read(3) == TEXT[:3]
            assert file.origin == bytezip.Origin("one", 5)
        members = bytezip.inspect(path).members
        assert [member.origin for member in members] == [bytezip.Origin("one", 5), None]
        assert bytezip.inspect(path).size == path.stat().st_size

    def test_is_told_once_it_was_checked(self, text_model: Path) -> None:
        packed = bytezip.compress(TEXT, 1, model=text_model, name="name")
        told: list[bytezip.Origin] = []
        decompressor = bytezip.BytezipDecompressor(model=text_model, on_origin=told.append)
        size = bytezip.inspect(io.BytesIO(packed)).members[0].origin_size
        for at in range(7 + size - 1):
            decompressor.decompress(packed[at : at + 1])
        assert told == []
        decompressor.decompress(packed[7 + size - 1 :])
        assert told == [bytezip.Origin("name")]
        bad = packed[: 7 + size - 1] + bytes([packed[7 + size - 1] ^ 1]) + packed[7 + size :]
        with pytest.raises(CorruptError, match="name and time"):
            bytezip.BytezipDecompressor(model=text_model, on_origin=told.append).decompress(bad)
        assert len(told) == 1

    def test_it_cannot_be_left_out_or_changed_for_another(self, text_model: Path) -> None:
        """The blocks are bound to it, in members of both kinds."""
        for interval in (None, 100):
            packed = [
                bytezip.compress(LONG[:300], 1, model=text_model, restart_interval=interval, name=name)
                for name in ("a", "b", None)
            ]
            record = [packed[number][7 : -len(packed[2]) + 7] for number in range(2)]
            assert packed[0].startswith(packed[2][:7] + record[0])
            rest = packed[0][7 + len(record[0]) :]
            for forged in (packed[2][:7] + record[1] + rest, packed[2][:7] + rest):
                with pytest.raises(CorruptError):
                    bytezip.decompress(forged, model=text_model)
            assert bytezip.decompress(packed[0], model=text_model) == LONG[:300]

    def test_what_is_no_name(self, text_model: Path, tmp_path: Path) -> None:
        for name in ("a/b", "..", "", "\n"):
            with pytest.raises(ValueError, match="is not the name of a file"):
                bytezip.open(tmp_path / "f", "wb", model=text_model, name=name)
        assert not (tmp_path / "f").exists()
