"""Restart points: sections that are coded alone, in any number of threads, and the index that finds them."""

import io
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import all_of

import bytezip
from bytezip.codec import Compressor, Decompressor, restore
from bytezip.container import layout
from bytezip.container.index import find_index, write_index
from bytezip.container.reader import Block
from bytezip.errors import CorruptError, FormatError, TruncatedError
from bytezip.sections import SectionDecoder
from bytezip.seeking import Map, Point

chance = random.Random(3)
TEXT = bytes(chance.choices(b"abcdefgh \n", k=1500))
DATA = TEXT + chance.randbytes(300) + b"the end" * 20


def packed(model: Path, data: bytes = DATA, interval: int = 500, **options: Any) -> bytes:
    return bytezip.compress(data, 1, model=model, restart_interval=interval, **{"threads": 1, **options})


@pytest.fixture(scope="module")
def archive(text_model: Path) -> bytes:
    """DATA in four sections of two blocks each, but for the last."""
    return packed(text_model, block_size=300)


def pieces(data: bytes, step: int) -> list[bytes]:
    return [data[at : at + step] for at in range(0, len(data), step)]


class TestRoundTrip:
    @pytest.mark.parametrize("length", [0, 1, 199, 200, 201, 399, 400, 401, 450])
    @pytest.mark.parametrize("block_size", [77, 1000])
    def test_lengths_around_whole_sections(self, length: int, block_size: int, text_model: Path) -> None:
        data = DATA[1300 : 1300 + length]
        coded = packed(text_model, data, 200, block_size=block_size)
        assert bytezip.decompress(coded, model=text_model) == data
        blocks = bytezip.inspect(io.BytesIO(coded)).blocks
        points = [block.raw_offset for block in blocks if block.header.restart]
        assert points == (list(range(0, length, 200)) if len(blocks) > 1 else [])

    def test_threads_change_nothing(self, archive: bytes, text_model: Path) -> None:
        for threads in (2, 3):
            assert packed(text_model, block_size=300, threads=threads) == archive
            assert bytezip.decompress(archive, model=text_model, threads=threads) == DATA

    @pytest.mark.parametrize("threads", [1, 2])
    @pytest.mark.parametrize("step", [1, 100])
    def test_in_pieces(self, threads: int, step: int, archive: bytes, text_model: Path) -> None:
        compressor = Compressor(1, model=text_model, restart_interval=500, block_size=300, threads=threads)
        assert b"".join(map(compressor.compress, pieces(DATA, step * 9))) + compressor.flush() == archive
        assert b"".join(restore(pieces(archive, step), model=text_model, threads=threads)) == DATA
        decompressor = Decompressor(model=text_model, threads=threads)
        found = b""
        for piece in pieces(archive, step):
            found += decompressor.decompress(piece)
        assert (found, decompressor.eof, decompressor.needs_input) == (DATA, True, False)

    @pytest.mark.parametrize("threads", [1, 2])
    def test_no_more_than_asked(self, threads: int, archive: bytes, text_model: Path) -> None:
        decompressor = Decompressor(model=text_model, threads=threads)
        found = decompressor.decompress(archive + b"rest", 7)
        while not decompressor.eof:
            assert not decompressor.needs_input
            piece = decompressor.decompress(b"", 350)
            assert 0 < len(piece) <= 350
            found += piece
        assert (found, decompressor.unused_data) == (DATA, b"rest")

    def test_progress_of_many_threads_rises_to_the_whole(self, text_model: Path) -> None:
        seen: list[tuple[int, int]] = []
        coded = packed(text_model, threads=2)
        Decompressor(model=text_model, threads=2, progress=lambda *counts: seen.append(counts)).decompress(coded)
        assert seen == sorted(seen)
        assert seen[-1][0] == len(DATA)


def test_a_section_is_coded_as_if_alone(text_model: Path) -> None:
    """The same content has the same code wherever its section stands."""
    twice = packed(text_model, TEXT[:400] * 2, 400)
    first, second = bytezip.inspect(io.BytesIO(twice)).blocks
    at = [block.offset + block.size - layout.CHECK_SIZE for block in (first, second)]
    size = first.header.payload_size
    assert twice[at[0] - size : at[0]] == twice[at[1] - size : at[1]]
    assert first.check != second.check


@pytest.mark.parametrize("interval", [0, -1])
def test_an_interval_that_is_none(interval: int) -> None:
    with pytest.raises(ValueError, match="restart_interval"):
        Compressor(restart_interval=interval)


class TestIndex:
    def test_tells_where_sections_are(self, archive: bytes) -> None:
        found = find_index(io.BytesIO(b"before" + archive), 6 + len(archive))
        assert found is not None
        assert (found.offset, found.end) == (6, 6 + len(archive))
        assert [section.raw_size for section in found.sections] == [500, 500, 500, 440]
        archived = bytezip.inspect(io.BytesIO(archive))
        assert archived.size == len(archive)
        coded = sum(section.coded_size for section in found.sections)
        assert layout.HEADER_SIZE + coded + archived.members[0].index_size == len(archive)

    def test_the_first_section_counts_the_origin(self, archive: bytes, text_model: Path) -> None:
        named = packed(text_model, name="n", block_size=300)
        found, before = (find_index(io.BytesIO(each), len(each)) for each in (named, archive))
        assert found is not None
        assert before is not None
        sizes = [[section.coded_size for section in each.sections] for each in (found, before)]
        origin_size = bytezip.inspect(io.BytesIO(named)).members[0].origin_size
        assert sizes[0] == [sizes[1][0] + origin_size, *sizes[1][1:]]
        assert found.offset == 0

    def test_every_flipped_bit_makes_it_none(self, archive: bytes) -> None:
        size = bytezip.inspect(io.BytesIO(archive)).members[0].index_size
        for bit in range(8 * (len(archive) - size), 8 * len(archive)):
            damaged = bytearray(archive)
            damaged[bit // 8] ^= 1 << bit % 8
            assert find_index(io.BytesIO(damaged), len(damaged)) is None
            with pytest.raises(FormatError):
                bytezip.inspect(io.BytesIO(damaged))

    def test_no_bytes_make_it_fail(self, archive: bytes) -> None:
        for size in range(30):
            for beginning in (b"", archive[:40], chance.randbytes(40)):
                tail = chance.randbytes(4) + size.to_bytes(4, "little") + archive[-3:]
                assert find_index(io.BytesIO(beginning + tail), len(beginning) + 11) is None


class TestDamage:
    @pytest.mark.parametrize("threads", [1, 2])
    def test_what_is_before_it_is_given_out(self, threads: int, archive: bytes, text_model: Path) -> None:
        """And nothing of the damaged block, whatever else was already decoded."""
        third = bytezip.inspect(io.BytesIO(archive)).blocks[2]
        damaged = bytearray(archive)
        damaged[third.offset + third.size - 1] ^= 1
        coming = restore(pieces(bytes(damaged), 50), model=text_model, threads=threads)
        found, error = all_of(coming)
        assert (found, type(error)) == (DATA[:500], CorruptError)
        with pytest.raises(CorruptError, match="does not match its check"):
            Decompressor(model=text_model, threads=threads).decompress(bytes(damaged))

    @pytest.mark.parametrize("threads", [1, 2])
    def test_an_index_that_lies_or_is_cut(self, threads: int, archive: bytes, text_model: Path) -> None:
        size = bytezip.inspect(io.BytesIO(archive)).members[0].index_size
        lying = bytearray(archive)
        lying[-size + 1] ^= 1
        for data, error in (
            (bytes(lying), CorruptError),
            (archive[:-1], TruncatedError),
            (archive[:-size], TruncatedError),
        ):
            found, raised = all_of(restore([data], model=text_model, threads=threads))
            assert (found, type(raised)) == (DATA, error)

    def test_sections_are_bound_to_their_places(self, text_model: Path) -> None:
        """Sections that change places, and one left out, though each is sound in itself."""
        coded = packed(text_model, TEXT[:800], 400)
        first, second = (coded[block.offset :][: block.size] for block in bytezip.inspect(io.BytesIO(coded)).blocks)
        header, index = coded[:7], coded[7 + len(first) + len(second) :]
        assert header + first + second + index == coded
        for swapped in (second + first, first, second, first + first, first + second + second):
            with pytest.raises(FormatError):
                bytezip.decompress(header + swapped + index, model=text_model)


class TestSeeking:
    def test_reads_as_its_content_does(self, archive: bytes, text_model: Path, tmp_path: Path) -> None:
        """Whatever is done, and whatever members there are."""
        plain = bytezip.compress(TEXT[:300], 1, model=text_model)
        empty = bytezip.compress(b"", model=text_model)
        named = packed(text_model, DATA, name="of a file", mtime_ns=1, block_size=300)
        parts = [(archive, DATA), (plain, TEXT[:300]), (empty, b""), (named, DATA)]
        for order in ([0], [1, 0], [0, 1], [3], [0, 2, 3, 1, 2, 0], [1, 3, 0]):
            (tmp_path / "f").write_bytes(b"".join(parts[each][0] for each in order))
            content = io.BytesIO(b"".join(parts[each][1] for each in order))
            with bytezip.open(tmp_path / "f", model=text_model, threads=2) as file:
                for _ in range(6):
                    place, count = chance.randrange(len(content.getvalue()) + 9), chance.randrange(300)
                    assert file.seek(place) == content.seek(min(place, len(content.getvalue())))
                    assert file.read(count) == content.read(count)
                assert file.seek(-9, io.SEEK_END) == content.seek(-9, io.SEEK_END)
                assert file.read() == content.read()

    @pytest.mark.parametrize("tail", [b"", b"garbage"])  # by the index, and by the headers of blocks
    def test_decodes_one_section_only(
        self, tail: bytes, archive: bytes, text_model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        decoded: list[int] = []  # of this case: a thread may still be at work for a file that was closed before
        whole = SectionDecoder.decode

        def noted(section: SectionDecoder, block: Block) -> bytes:
            decoded.append(block.header.raw_size)
            return whole(section, block)

        monkeypatch.setattr(SectionDecoder, "decode", noted)
        file = bytezip.open(io.BytesIO(archive + tail), model=text_model, threads=2)
        assert file.seek(0, io.SEEK_END) == len(DATA)
        assert file.read() == b""
        decoded.clear()
        assert file.seek(1200) == 1200
        assert file.read(10) == DATA[1200:1210]
        assert set(decoded) <= {300, 200}
        assert len(decoded) <= 2
        file.close()

    def test_a_member_is_a_place_to_begin_at(self, text_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        plain = bytezip.compress(b"abc" * 50, 1, model=text_model)
        begun: list[Point] = []
        before = Map.before

        def noted(found: Map, raw_offset: int) -> Point:
            begun.append(before(found, raw_offset))
            return begun[-1]

        monkeypatch.setattr(Map, "before", noted)
        file = bytezip.open(io.BytesIO(plain * 5), model=text_model)
        file.seek(-3, io.SEEK_END)
        assert file.read() == b"abc"
        assert [(point.offset, point.raw_offset) for point in begun] == [(4 * len(plain), 600)]

    @pytest.mark.parametrize("threads", [1, 2])
    def test_damage_is_met_where_it_is(self, threads: int, archive: bytes, text_model: Path) -> None:
        third = bytezip.inspect(io.BytesIO(archive)).blocks[2]
        damaged = bytearray(archive)
        damaged[third.offset + third.size - 1] ^= 1
        for data in (bytes(damaged), bytes(damaged)[:-1]):
            file = bytezip.open(io.BytesIO(data), model=text_model, threads=threads)
            file.seek(1001)
            assert file.read(9) == DATA[1001:1010]
            file.seek(2)
            assert file.read(9) == DATA[2:11]
            with pytest.raises(CorruptError, match="does not match its check"):
                file.read(file.seek(501))

    def test_an_index_that_lies_soundly_is_found_out(self, archive: bytes, text_model: Path) -> None:
        """One that fits its own check, but not the blocks: what it leads to is checked all the same."""
        found = find_index(io.BytesIO(archive), len(archive))
        assert found is not None
        first, second, *others = found.sections
        blocks = archive[: -len(write_index(archive[:7], found.sections))]
        shifted = [replace(first, raw_size=first.raw_size + 1), replace(second, raw_size=second.raw_size - 1), *others]
        for lie in (shifted, [first, replace(second, check=second.check ^ 1), *others]):
            file = bytezip.open(io.BytesIO(blocks + write_index(archive[:7], lie)), model=text_model, threads=1)
            file.seek(600)
            with pytest.raises(CorruptError):
                file.read()


def test_a_file_is_written_with_restart_points(text_model: Path, tmp_path: Path) -> None:
    with bytezip.open(tmp_path / "f", "wb", level=1, model=text_model, restart_interval=500, block_size=300) as file:
        for piece in pieces(DATA, 333):
            file.write(piece)
    assert bytezip.decompress((tmp_path / "f").read_bytes(), model=text_model) == DATA
    with bytezip.open(tmp_path / "f", model=text_model) as file:
        assert file.seek(1501) == 1501
        assert file.read(5) == DATA[1501:1506]
