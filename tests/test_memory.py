"""A limit of memory when restoring: what keeps within it is given out, and the first block that does not is refused."""

import io
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, all_of

import bytezip
from bytezip import codec
from bytezip.codec import restore
from bytezip.container.layout import CAPACITIES, BlockHeader, Header
from bytezip.crew import Crew
from bytezip.errors import MemoryLimitError
from bytezip.memory import BASE, MIB, PER_BLOCK_BYTE, TABLES, Guard

TEXT = b"once upon a midnight dreary while i pondered weak and weary\n" * 4
LIMIT = 300 * MIB  # between what the two members below take


@pytest.fixture(scope="module")
def two_members(text_model: Path) -> bytes:
    """TEXT in tables of a few bytes, and again in tables of 16 MiB, as its first block is not the last one."""
    return bytezip.compress(TEXT, 1, model=text_model) + bytezip.compress(TEXT, 9, model=text_model, block_size=100)


@pytest.mark.parametrize("step", [1, 40, 1 << 20])
def test_the_first_block_that_takes_more_is_refused(step: int, two_members: bytes, text_model: Path) -> None:
    pieces = [two_members[at : at + step] for at in range(0, len(two_members), step)]
    found, error = all_of(restore(pieces, model=text_model, memlimit=LIMIT))
    assert found == TEXT
    assert isinstance(error, MemoryLimitError)
    assert (error.limit, error.needed > LIMIT) == (LIMIT, True)
    assert all_of(restore(pieces, model=text_model, memlimit=1 << 40)) == (TEXT + TEXT, None)


def test_by_every_way_in(two_members: bytes, text_model: Path) -> None:
    second = two_members[len(bytezip.compress(TEXT, 1, model=text_model)) :]
    machine: dict[str, Any] = {"model": text_model, "memlimit": LIMIT}
    said = set()
    for way_in in (
        lambda: bytezip.decompress(second, **machine),
        lambda: bytezip.open(io.BytesIO(second), **machine).read(),
        lambda: bytezip.open(io.BytesIO(second), **machine).seek(5),
        lambda: bytezip.BytezipDecompressor(**machine).decompress(second),
    ):
        with pytest.raises(MemoryLimitError) as caught:
            way_in()
        said.add(str(caught.value))
    assert len(said) == 1


def test_a_block_is_refused_before_its_payload_is_there(two_members: bytes, text_model: Path) -> None:
    second = two_members[len(bytezip.compress(TEXT, 1, model=text_model)) :]
    decompressor = bytezip.BytezipDecompressor(model=text_model, memlimit=LIMIT)
    header_size = bytezip.inspect(io.BytesIO(second)).blocks[0].size - 4
    header_size -= bytezip.inspect(io.BytesIO(second)).blocks[0].header.payload_size
    with pytest.raises(MemoryLimitError):
        decompressor.decompress(second[: 7 + header_size])
    with pytest.raises(MemoryLimitError):
        decompressor.decompress(b"")  # and stays refused


def test_on_the_command_line(bytezip: Command, two_members: bytes) -> None:
    """Of a file, before any work; of a pipe, where it comes to it. To a file, nothing at all is written."""
    (bytezip.directory / "a.bytz").write_bytes(two_members)
    limit = f"-M{LIMIT}"
    refused = bytezip("-dc", limit, "a.bytz")
    assert (refused.code, refused.out) == (1, b"")
    assert refused.lines[0].startswith("error: a.bytz: needs about ")
    piped = bytezip("-d", limit, stdin=two_members)
    assert (piped.code, piped.out) == (1, TEXT)
    assert piped.lines[0].startswith("error: stdin: needs about ")
    assert bytezip("-d", limit, "-o", "out", stdin=two_members).code == 1
    assert bytezip("test", limit, stdin=two_members).code == 1
    assert [path.name for path in bytezip.directory.iterdir()] == ["a.bytz"]


def test_compressing_a_pipe_is_refused_in_one_line(bytezip: Command) -> None:
    run = bytezip("-M", "70M", stdin=TEXT)
    assert (run.code, run.out, len(run.lines)) == (1, b"", 1)
    assert run.lines[0].startswith("error: stdin: needs about ")


def test_fewer_sections_at_once_are_worked_on_where_that_is_enough(
    text_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = TEXT * 8
    packed = bytezip.compress(data, 1, model=text_model, restart_interval=200, threads=1)
    hired: list[int] = []

    class Noted(Crew[bytes]):
        def __init__(self, threads: int, stopped: Any) -> None:
            hired.append(threads)
            super().__init__(threads, stopped)

    monkeypatch.setattr(codec, "Crew", Noted)
    one = TABLES[0][17] * MIB + 200 * PER_BLOCK_BYTE
    for limit, crews in ((BASE + 9 * one, [4]), (BASE + 2 * one, [2]), (BASE + one, [])):
        hired.clear()
        assert bytezip.decompress(packed, model=text_model, threads=4, memlimit=limit) == data
        assert hired == crews
    with pytest.raises(MemoryLimitError):
        bytezip.decompress(packed, model=text_model, threads=4, memlimit=BASE + one - 1)
    allowed = iter([None, 9, 9, 3, 3, 2, 2, 2, 1])
    monkeypatch.setattr(Guard, "admit", lambda *_: next(allowed, 1))
    hired.clear()
    assert bytezip.decompress(packed, model=text_model, threads=4) == data
    assert hired == [4, 3, 2]


def test_what_a_block_takes() -> None:
    """By the capacity of its section, or of all of the member; without tables where it is stored."""
    coded: dict[str, Any] = {"coded_size": 5, "lanes": 1, "stripe": 256}

    def least(*headers: BlockHeader) -> int:
        """The least limit that all of them pass, in MiB."""
        for limit in range(1000):
            guard = Guard(BASE + limit * MIB)
            guard.admit(Header(0, b"abc"))
            try:
                for header in headers:
                    guard.admit(header)
            except MemoryLimitError:
                continue
            return limit
        raise AssertionError

    row = TABLES[0]
    assert least(BlockHeader(True, 256, **coded)) == row[8] + 1
    assert least(BlockHeader(False, 256, **coded)) == row[24] + 1
    section = BlockHeader(False, 256, restart=True, capacity=CAPACITIES[1], **coded)
    assert least(section) == row[17] + 1
    assert least(section, BlockHeader(False, 256, **coded)) == row[17] + 1
    assert least(BlockHeader(False, 1 << 24)) == 128
