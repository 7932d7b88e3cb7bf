"""What goes in comes out, through every engine, lane count, block size and piece size; damage is refused."""

import io
import os
import struct
import subprocess
import sys
import tarfile
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bytezip
from bytezip import _native, coder, sections
from bytezip.blocks import BlockCoder, Plan
from bytezip.codec import BLOCK_SIZE, Compressor, Decompressor, restore
from bytezip.container.layout import BlockHeader
from bytezip.errors import (
    BytezipError,
    CorruptError,
    ModelMissingError,
    NotBytezipError,
    TruncatedError,
    UnsupportedError,
)
from bytezip.lanes import Striping
from bytezip.levels import LEVELS, Level, is_text, layout, text_share
from bytezip.predictor.engine import native_network, open_mixed
from bytezip.predictor.weights import STANDARD, load_model

TEXT = Path(__file__).read_bytes()


def random_bytes(size: int, seed: int = 1) -> bytes:
    return np.random.Generator(np.random.PCG64(seed)).bytes(size)


def png(side: int) -> bytes:
    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(side)) for y in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in (("a.txt", TEXT[:3000]), ("b.png", png(20)), ("empty", b"")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


KINDS = {
    "empty": b"",
    "one byte": b"x",
    "a zero": b"\0",
    "every byte": bytes(range(256)),
    "zeros": bytes(20_000),
    "text": TEXT[:9000],
    "program": Path(os.path.realpath("/proc/self/exe")).read_bytes()[:9000],
    "image": png(40),
    "tar": tar(),
    "random": random_bytes(5000),
}


class TestRoundTrip:
    @pytest.mark.parametrize("kind", KINDS)
    def test_kinds(self, kind: str) -> None:
        data = KINDS[kind]
        packed = bytezip.compress(data)
        assert bytezip.decompress(packed) == data
        assert len(packed) <= len(data) * 1.001 + 16

    @pytest.mark.parametrize("level", LEVELS)
    def test_levels(self, level: int) -> None:
        data = TEXT * 2
        assert bytezip.decompress(bytezip.compress(data, level)) == data

    @pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16, 32])
    @pytest.mark.parametrize("size", [1, 31, 32, 33, 255, 256, 257, 8191, 8193])
    def test_lanes_and_sizes(self, lanes: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sections, "layout", lambda *_: Level(lanes, 256, 1))
        data = (TEXT * 2)[:size]
        assert bytezip.decompress(bytezip.compress(data)) == data

    @pytest.mark.parametrize("block", [1, 7, 100, 2048])
    def test_blocks(self, block: int, text_model: Path) -> None:
        """Lengths around whole blocks; the state runs on from block to block, over those not worth coding, too."""
        for length in (0, 1, block - 1, block, block + 1, 2 * block + 3):
            for data in (TEXT[:length], random_bytes(length), TEXT[: length // 2] + random_bytes(length)):
                packed = bytezip.compress(data, 1, model=text_model, block_size=block)
                assert bytezip.decompress(packed, model=text_model) == data

    @settings(max_examples=30, deadline=None)
    @given(st.binary(max_size=600), st.lists(st.integers(1, 200), min_size=1, max_size=5), st.integers(1, 9))
    def test_any_bytes_in_any_pieces(self, data: bytes, pieces: list[int], level: int) -> None:
        compressor = Compressor(level)
        packed = b"".join(compressor.compress(piece) for piece in cut(data, pieces)) + compressor.flush()
        assert packed == bytezip.compress(data, level)
        decompressor = Decompressor()
        assert b"".join(decompressor.decompress(piece) for piece in cut(packed, pieces)) == data
        assert decompressor.eof

    @pytest.mark.slow
    @pytest.mark.parametrize("data", [bytes(10 << 20), random_bytes(1 << 20)], ids=["zeros", "random"])
    def test_large(self, data: bytes) -> None:
        packed = bytezip.compress(data, 1)
        assert bytezip.decompress(packed) == data
        assert len(packed) <= len(data) * 1.001 + 16

    def test_a_file_of_more_than_one_block(self) -> None:
        data = (TEXT * (BLOCK_SIZE // len(TEXT) + 1))[: BLOCK_SIZE + 4321]
        assert bytezip.decompress(bytezip.compress(data, 1)) == data


def cut(data: bytes, pieces: list[int]) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(data):
        size = pieces[len(found) % len(pieces)]
        found.append(data[at : at + size])
        at += size
    return found


class TestExactness:
    """The same archive, whatever computed it."""

    data = TEXT[:300] + random_bytes(100)

    def test_engines_agree(self) -> None:
        pytest.importorskip("torch", reason="the torch extra is not installed")
        native, by_torch = (bytezip.compress(self.data, 1, engine=engine) for engine in ("native", "torch"))
        assert native == by_torch
        assert bytezip.decompress(native, engine="torch") == self.data

    def test_engines_agree_over_lanes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("torch", reason="the torch extra is not installed")
        monkeypatch.setattr(sections, "layout", lambda *_: Level(4, 256, 1))
        data = TEXT[:2000]
        assert bytezip.compress(data, engine="native") == bytezip.compress(data, engine="torch")

    def test_threads_agree(self) -> None:
        data = TEXT * 3
        packed = [bytezip.compress(data, 2, threads=threads) for threads in (1, 2, 3)]
        assert packed[0] == packed[1] == packed[2]
        assert bytezip.decompress(packed[0], threads=2) == data

    def test_simd_paths_agree(self) -> None:
        model = load_model(STANDARD)
        data = np.frombuffer(self.data, np.uint8).reshape(-1, 8)
        found: list[np.ndarray] = []
        for path in _native.simd_paths():
            found.append(_native.NetworkLanes(native_network(model, path), 8, 1).replay(data))
        assert all(np.array_equal(found[0], other) for other in found)

    @pytest.mark.parametrize("path", _native.simd_paths())
    def test_archives_of_each_simd_path_agree(self, path: str) -> None:
        """Network and experts, forced by the environment variable."""
        code = "import sys, bytezip; sys.stdout.buffer.write(bytezip.compress(sys.stdin.buffer.read()))"
        run = subprocess.run(
            [sys.executable, "-c", code], input=self.data, env={**os.environ, "BYTEZIP_SIMD": path}, check=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert run.stdout == bytezip.compress(self.data)


class TestOverhead:
    def test_of_a_small_file(self) -> None:
        """At most 16 bytes that are not code: 7 of header, 1 + 2 + 2 of block header, 4 of check."""
        data = TEXT[:16_000]
        packed = bytezip.compress(data)
        assert packed[7] >> 2 & 7 != 7  # coded
        assert len(packed) - coded_size(packed) == 16

    @pytest.mark.parametrize("size", [0, 1, 100, 4000])
    def test_of_random_data(self, size: int) -> None:
        assert len(bytezip.compress(random_bytes(size))) <= size + 16


def coded_size(packed: bytes) -> int:
    """The coded size in the block header of a file of 128 to 16,383 bytes whose code is of such a size, too."""
    return (packed[10] & 127) | packed[11] << 7


class TestDamage:
    packed = bytezip.compress(TEXT[:90])

    def test_every_truncation(self) -> None:
        for length in range(len(self.packed)):
            with pytest.raises(TruncatedError):
                bytezip.decompress(self.packed[:length])

    def test_every_flipped_bit(self) -> None:
        for place in range(8 * len(self.packed)):
            damaged = bytearray(self.packed)
            damaged[place // 8] ^= 1 << place % 8
            with pytest.raises(BytezipError):
                bytezip.decompress(bytes(damaged))

    def test_whose_fault_it_is(self) -> None:
        with pytest.raises(NotBytezipError):
            bytezip.decompress(b"PK\3\4 and so on")
        with pytest.raises(UnsupportedError, match="version 9"):
            bytezip.decompress(self.packed[:3] + b"\x09" + self.packed[4:])
        with pytest.raises(ModelMissingError, match="model 00ff00 is missing"):
            bytezip.decompress(self.packed[:4] + b"\x00\xff\x00" + self.packed[7:])
        with pytest.raises(CorruptError, match="check"):
            bytezip.decompress(self.packed[:-1] + bytes([self.packed[-1] ^ 1]))

    def test_a_header_that_promises_too_much(self) -> None:
        for size in (b"\xff" * 9, b"\x80\x80\x80\x80\x10", b"\x81\x80\x80\x08"):
            with pytest.raises(CorruptError, match="beyond all bounds"):
                bytezip.decompress(self.packed[:8] + size + bytes(100))

    def test_a_size_that_lies_costs_no_decode_of_it_all(self) -> None:
        """Behind the end of its code nothing but zeros can come, and an encoder leaves out only so many."""
        model = load_model(STANDARD)
        blocks = BlockCoder(partial(open_mixed, model, profile=0, engine="native", device="cpu", threads=1))
        plan = Plan(Striping(2000, 1, 4096), network=False, capacity=2000)
        code = blocks.encode(TEXT[:2000], plan, lambda done: None)
        assert code is not None
        told: list[int] = []
        with pytest.raises(CorruptError, match="cannot be decoded"):
            blocks.decode(code, replace(plan, striping=Striping(1 << 24, 1, 4096)), told.append)
        assert max(told, default=0) < 1 << 18

    def test_what_leaves_out_too_much_is_not_coded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(coder, "MOST_LEFT_OUT", -1)
        packed = bytezip.compress(TEXT[:300])
        assert TEXT[:300] in packed
        assert bytezip.decompress(packed) == TEXT[:300]

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=200), st.booleans())
    def test_any_bytes_give_a_result_or_a_bytezip_error(self, data: bytes, with_header: bool) -> None:
        message = "fine"
        try:
            bytezip.decompress(self.packed[:7] + data if with_header else data)
        except BytezipError as error:
            message = str(error)
        assert message[0].islower()
        assert message[-1] != "."


class TestMembers:
    first, second = bytezip.compress(b"first " * 50), bytezip.compress(b"second " * 50)
    content = b"first " * 50 + b"second " * 50

    @pytest.mark.parametrize("step", [1, 2, 3, 50, 1000])
    def test_concatenated(self, step: int) -> None:
        stream = self.first + self.second
        assert b"".join(restore(cut(stream, [step]))) == self.content

    @pytest.mark.parametrize("garbage", [b"\0", b"\xbf", b"\xbfb", b"garbage " * 20])
    @pytest.mark.parametrize("step", [1, 1000])
    def test_trailing_garbage_is_told(self, garbage: bytes, step: int) -> None:
        told: list[bool] = []
        found = restore(cut(self.first + garbage, [step]), on_garbage=lambda: told.append(True))
        assert b"".join(found) == b"first " * 50
        assert told == [True]

    def test_a_damaged_second_member_is_an_error(self) -> None:
        with pytest.raises(TruncatedError):
            bytezip.decompress(self.first + self.second[:-3])

    def test_empty_input(self) -> None:
        with pytest.raises(TruncatedError, match="empty"):
            bytezip.decompress(b"")


class TestLikeLzma:
    def test_unused_data_and_needs_input(self) -> None:
        packed = bytezip.compress(b"content" * 10)
        decompressor = Decompressor()
        assert decompressor.decompress(packed[:9]) == b""
        assert decompressor.needs_input
        assert decompressor.decompress(packed[9:] + b"more") == b"content" * 10
        assert decompressor.eof
        assert decompressor.unused_data == b"more"
        with pytest.raises(EOFError):
            decompressor.decompress(b"")

    def test_max_length(self) -> None:
        decompressor = Decompressor()
        assert decompressor.decompress(bytezip.compress(b"0123456789" * 30), 7) == b"0123456"
        assert not decompressor.needs_input
        assert not decompressor.eof
        assert decompressor.decompress(b"", 0) == b""
        rest = decompressor.decompress(b"")
        assert rest == (b"0123456789" * 30)[7:]
        assert decompressor.eof

    def test_a_flushed_compressor_is_done(self) -> None:
        compressor = Compressor()
        compressor.flush()
        with pytest.raises(ValueError, match="flushed"):
            compressor.compress(b"")
        with pytest.raises(ValueError, match="flushed"):
            compressor.flush()

    @pytest.mark.parametrize("level", [0, 10, -1])
    def test_levels_that_are_none(self, level: int) -> None:
        with pytest.raises(ValueError, match="level"):
            bytezip.compress(b"", level)


def test_progress_ends_at_the_size() -> None:
    seen: list[tuple[int, int]] = []
    data = TEXT * 5
    compressor = Compressor(1, progress=lambda raw, coded: seen.append((raw, coded)))
    packed = compressor.compress(data) + compressor.flush()
    assert seen == sorted(seen)
    assert seen[-1][0] == len(data)
    seen.clear()
    Decompressor(progress=lambda raw, coded: seen.append((raw, coded))).decompress(packed)
    assert seen[-1][0] == len(data)


def test_small_files_have_one_lane() -> None:
    assert layout(6, b"text" * 250) == Level(1, 4096, 1)
    assert layout(6, b"text" * 250_000).lanes == 8
    assert layout(9, b"text" * 250_000).lanes == 1


def test_each_level_for_text_has_fewer_lanes_longer_stripes_or_more_experts_than_the_one_before() -> None:
    """Which is what makes it smaller, from 128 KB on. (7 has the lanes of 6, and all experts.)"""
    text = b"text" * 32768
    plans = [layout(level, text) for level in range(3, 10)]
    assert [plan.lanes for plan in plans] == [32, 16, 16, 4, 4, 2, 1]
    assert [plan.stripe for plan in plans[:3]] == [2048, 2048, 4096]


@pytest.mark.parametrize("size", [0, 1, 3000, 65535])
def test_short_contents_have_all_experts_from_the_default_level_on(size: int, text_model: Path) -> None:
    packed = [bytezip.compress(bytes(size), level, model=text_model) for level in range(6, 10)]
    assert packed == packed[:1] * 4
    assert [data[3] >> 4 for data in packed] == [2] * 4
    assert bytezip.compress(bytes(size), 5, model=text_model)[3] >> 4 == 1


def test_others_have_those_of_their_level(text_model: Path) -> None:
    assert bytezip.compress(bytes(65536), 6, model=text_model)[3] >> 4 == 1
    assert bytezip.compress(bytes(200), 6, model=text_model, block_size=100)[3] >> 4 == 1
    assert bytezip.compress(bytes(200), 6, model=text_model, restart_interval=100)[3] >> 4 == 1


def test_data_other_than_text_is_left_to_the_experts() -> None:
    assert layout(6, bytes(range(256)) * 4000) == Level(1, 4096, 1, network=False)
    assert layout(9, bytes(range(256)) * 4000) == Level(1, 4096, 2)


def test_each_block_is_looked_at_anew() -> None:
    text, other = b"text " * 100_000, bytes(range(256)) * 2000
    as_text, as_other = layout(6, text), layout(6, other)
    assert layout(6, other, as_text) == as_other
    assert layout(6, text, as_other) == as_text
    assert layout(6, other[:100_000], as_text) == as_text  # too short for a change to pay
    assert layout(6, text + other, as_text) == as_text  # of both kinds
    assert layout(6, text + other, as_other) == as_other


def test_lanes_may_change_from_block_to_block(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = iter([Level(2, 256, 1), Level(1, 4096, 1, network=False), Level(2, 256, 1)])
    monkeypatch.setattr("bytezip.sections.layout", lambda *_: next(plans))
    compressor = Compressor(6, block_size=1000)
    assert bytezip.decompress(compressor.compress(TEXT[:3000]) + compressor.flush()) == TEXT[:3000]


def test_text_that_begins_other_data_does_not_speak_for_it() -> None:
    assert not layout(6, b"header " * 10_000 + bytes(range(256)) * 3000).network
    assert layout(6, bytes(70_000) + b"text " * 150_000).network


def test_text_of_two_bytes_a_character_is_text_wherever_it_is_cut() -> None:
    assert text_share("\u00e4\u00f6".encode() * 200_001) == 1
    assert text_share(b"") == 1


@pytest.mark.parametrize("text", ["plain\n", "\u00fcber", "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3001 "])
def test_text_in_any_script_is_text(text: str) -> None:
    assert is_text(text.encode() * 1000)


def test_other_engines_leave_the_network_out_too() -> None:
    """A block without the network is the same from every engine."""
    raw = bytes(range(256)) * 300
    pytest.importorskip("torch", reason="the torch extra is not installed")
    packed = bytezip.compress(raw)
    assert packed == bytezip.compress(raw, engine="torch")
    assert bytezip.decompress(packed) == raw


def test_an_engine_that_cannot_be_had_leaves_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bytezip.predictor.torch_engine", None)
    compressor = bytezip.BytezipCompressor(engine="torch")
    assert compressor.compress(b"text") == b""
    with pytest.raises(bytezip.MissingExtraError):
        compressor.flush()


class TestNoise:
    """Blocks that are not worth coding."""

    noise = random_bytes(1 << 16)

    def blocks(self, packed: bytes) -> list[BlockHeader]:
        return [block.header for block in bytezip.inspect(io.BytesIO(packed)).blocks]

    def test_it_is_told_where_something_follows(self, text_model: Path) -> None:
        """So what was learnt before it still holds, and what comes again is known."""
        noise = self.noise[:3000]
        data = TEXT[:3000] + noise + TEXT[:3000] + noise + noise
        packed = bytezip.compress(data, 1, model=text_model, block_size=3000)
        plain = [header.is_plain for header in self.blocks(packed)]
        assert plain == [False, True, False, False, False]
        assert len(packed) < 3000 + 1500 + 500
        assert bytezip.decompress(packed, model=text_model) == data

    def test_it_is_not_told_where_nothing_follows(self, text_model: Path) -> None:
        packed = bytezip.compress(self.noise[:900], 1, model=text_model, block_size=300, restart_interval=600)
        assert [header.coded_size for header in self.blocks(packed)] == [300, None, 300]
        assert bytezip.decompress(packed, model=text_model) == self.noise[:900]

    def test_much_of_it_is_not_even_tried(self, text_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sections, "_IN_VAIN", 1)
        data = self.noise + random_bytes(1 << 16, 2) + TEXT[:500]
        packed = bytezip.compress(data, 1, model=text_model, block_size=1 << 16)
        assert [header.coded_size for header in self.blocks(packed)][:2] == [1 << 16, None]
        assert bytezip.decompress(packed, model=text_model) == data

    def test_what_it_looks_like(self) -> None:
        assert sections.is_noise(self.noise)
        assert not sections.is_noise(self.noise[:60_000])
        assert not sections.is_noise(self.noise[: 1 << 15] + bytes(range(128)) * 256)
        assert not sections.is_noise(zlib.compress(self.noise)[: 1 << 15] + TEXT * 5)


class TestRuns:
    """Blocks of one value, as the holes of a disk image: told in a byte, whatever their length."""

    def test_between_other_blocks(self, text_model: Path) -> None:
        """What was learnt before them holds behind them, with restart points and without."""
        size = 1 << 16
        text = (TEXT * 9)[: size // 8].ljust(size)
        data = text + bytes(2 * size) + text + b"\xff" * (size + 5) + b"end"
        for interval in (None, 2 * size):
            packed = bytezip.compress(data, 1, model=text_model, block_size=size, restart_interval=interval)
            blocks = bytezip.inspect(io.BytesIO(packed)).blocks
            runs = [block for block in blocks if block.header.run]
            assert [block.raw_offset // size for block in runs] == [1, 2, 4]
            assert {(block.header.payload_size, block.header.lanes) for block in runs} == {(1, None)}
            assert bytezip.decompress(packed, model=text_model) == data
            if interval is None:
                assert blocks[3].size < blocks[0].size / 4

    def test_alone(self, text_model: Path) -> None:
        packed = bytezip.compress(b"a" * (1 << 16), 1, model=text_model)
        assert len(packed) == 7 + 1 + 3 + 1 + 4
        assert bytezip.decompress(packed, model=text_model) == b"a" * (1 << 16)
        for bit in range(8 * len(packed)):
            damaged = bytearray(packed)
            damaged[bit // 8] ^= 1 << bit % 8
            with pytest.raises(BytezipError):
                bytezip.decompress(bytes(damaged), model=text_model)

    def test_what_is_one(self) -> None:
        assert sections.is_run(bytes(1 << 16))
        assert not sections.is_run(bytes((1 << 16) - 1))
        assert not sections.is_run(bytes(1 << 16) + b"\1")
        assert not sections.is_run(b"\1" + bytes(1 << 16))
        assert not sections.is_run(b"")
