"""Phrases: the table holds what its counter saw, it helps, it is checked, and no contents of it cost a byte."""

import itertools
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import bytezip
from bytezip import _native
from bytezip.errors import ModelError
from bytezip.predictor.phrases import LINE, open_phrases
from bytezip.predictor.weights import STANDARD, load_model, save_model
from bytezip.train.corpus import Shelf
from bytezip.train.phrases import FOLDS, byte_weights, count_phrases

# Of two letters, so that four bytes tell nothing, and longer contexts everything.
WORDS = bytes(np.random.Generator(np.random.PCG64(1)).integers(97, 99, 100, np.uint8))
TABLES = {
    "none": None,
    "zeros": np.zeros((9, 64), np.uint8),
    "ones": np.full((9, 64), 255, np.uint8),
    "random": np.random.Generator(np.random.PCG64(8)).integers(0, 256, (1000, 64), np.uint8),
    "one line": np.random.Generator(np.random.PCG64(8)).integers(0, 256, (1, 64), np.uint8),
}
BITS = 10  # a thousand contexts at a time
CELLS = 21
ORDERS = {5: 1, 6: 2, 8: 3}  # contexts of so many bytes, and the salt of their hash
MASK = (1 << 64) - 1


def array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def counted(files: list[tuple[bytes, int]], bits: int = 16) -> _native.PhraseCounter:
    counter = _native.PhraseCounter(bits)
    for kind in range(counter.kinds):
        counter.begin(kind)
        for data, source in files:
            counter.count(array(data), source)
        counter.keep()
    for data, _ in files:
        counter.credit(array(data), 1.0)
    return counter


def table_of(files: list[tuple[bytes, int]], lines: int = 100) -> NDArray[np.uint8]:
    return counted(files).table(lines)


def cost(data: bytes, lines: NDArray[np.uint8] | None, profile: int = 1) -> float:
    """Bits that a cold mixer takes."""
    mixer = _native.Mixer(1, len(data), profile, None, None if lines is None else _native.Phrases(lines))
    mixer.begin_block(len(data), 4096)
    ones = mixer.replay(None, array(data)[:, None])[:, :, 0]
    return float(-np.log2(np.where(np.unpackbits(array(data)[:, None], axis=1), ones, 1 - ones)).sum())


def context(last: bytes, salt: int) -> int:
    """As bytezip(5) has it, for contexts of up to eight bytes."""
    a, b = int.from_bytes(last, "big"), salt
    product = (a ^ 0x9E3779B97F4A7C15) * (b * 2 + 0xD6E8FEB86659FD93) & MASK
    product = (product ^ product >> 29) * 0xBF58476D1CE4E5B9 & MASK
    return (product ^ product >> 32) >> 8


def look_up(lines: NDArray[np.uint8], of: int) -> tuple[int, int] | None:
    """Byte and confidence of a context."""
    line = lines[((of >> 32) * len(lines)) >> 24]
    check = 1 + ((of & 0xFFFFFFFF) * 4095 >> 32)
    for low, mark, byte in zip(line[:CELLS], line[CELLS : 2 * CELLS], line[2 * CELLS :], strict=False):
        if int(low) | int(mark) >> 4 << 8 == check:
            return int(byte), int(mark) & 15
    return None


def confidence(hits: int, total: int) -> int:
    return 2 * sum(100 * hits >= total * percent for percent in (50, 60, 70, 80, 90, 95, 98)) + (total >= 8)


def test_the_table_holds_what_was_counted() -> None:
    random = np.random.Generator(np.random.PCG64(3))
    text = bytes(random.choice(array(b"abc"), 4000, p=[0.8, 0.15, 0.05]))
    lines = table_of([(text[:2000], 0), (text[2000:], 1)], lines=4000)
    found = 0
    for order, salt in ORDERS.items():
        followers: defaultdict[bytes, Counter[int]] = defaultdict(Counter)
        for half in (text[:2000], text[2000:]):
            for at in range(order, len(half)):
                followers[half[at - order : at]][half[at]] += 1
        for last, counts in followers.items():
            said = look_up(lines, context(last, salt))
            if said is None or len(counts) > 2:  # of three bytes, the counter may forget one
                continue
            (_, hits), *_ = counts.most_common(1)
            found += 1
            assert counts[said[0]] == hits
            assert said[1] == confidence(hits, counts.total())
    assert found > 20


@pytest.mark.parametrize("profile", [1, 2])
def test_phrases_of_others_help(profile: int) -> None:
    lines = table_of([(WORDS * 2, 0), (WORDS, 1)])
    assert cost(WORDS, lines, profile) < 0.7 * cost(WORDS, None, profile)


def test_in_a_hurry_they_are_not_asked() -> None:
    lines = table_of([(WORDS * 2, 0), (WORDS, 1)])
    assert cost(WORDS, lines, profile=0) == cost(WORDS, None, profile=0)


def test_what_one_source_says_is_no_phrase() -> None:
    assert counted([(WORDS * 5, 3), (WORDS * 5, 3)]).candidates == 0
    assert counted([(WORDS * 5, 3), (WORDS * 5, 4)]).candidates > 0


def test_what_was_said_twice_is_no_phrase() -> None:
    once = bytes(range(32, 127))
    assert counted([(once, 0), (once, 1)]).candidates == 0
    assert counted([(once, 0), (once, 1), (once, 2)]).candidates > 0


def test_the_best_stay_where_there_is_little_room() -> None:
    """Five phrases that were said a thousand times, and 75 that were said ten times."""
    random = np.random.Generator(np.random.PCG64(5))
    phrases = [bytes(random.integers(97, 99, 40, np.uint8)) for _ in range(80)]
    texts = [(b"".join(phrase + b"\n" for phrase in phrases[:5]) * 500 + b"\n".join(phrases) * 5, i) for i in range(2)]
    small, large = (counted(texts).table(lines) for lines in (60, 2000))
    frequent, rare = phrases[3], phrases[63]
    assert cost(frequent, small) < 1.2 * cost(frequent, large)
    assert cost(rare, small) > 1.2 * cost(rare, large)


def test_few_cells_forget_what_is_rare() -> None:
    """A hundred times more contexts than cells, and still what comes again and again is kept."""
    random = np.random.Generator(np.random.PCG64(6))
    noise = [bytes(random.integers(0, 256, 20000, np.uint8)) for _ in range(2)]
    files = [(b"".join(noise[i][at : at + 100] + WORDS for at in range(0, 20000, 100)), i) for i in range(2)]
    assert cost(WORDS, counted(files, BITS).table(100)) < 0.7 * cost(WORDS, None)


def test_counting_has_an_order() -> None:
    counter = _native.PhraseCounter(BITS)
    with pytest.raises(ValueError, match="count must follow begin"):
        counter.count(array(WORDS), 0)
    with pytest.raises(ValueError, match="no such kind"):
        counter.begin(counter.kinds)
    counter.credit(array(WORDS), 1.0)
    with pytest.raises(ValueError, match="counting is over"):
        counter.begin(0)
    with pytest.raises(ValueError, match="lines must be"):
        counter.table(0)
    with pytest.raises(ValueError, match="table_bits"):
        _native.PhraseCounter(33)


def shelf_of(contents: list[bytes], modality: str = "text") -> Shelf:
    """One source a file."""
    starts = np.cumsum([0, *map(len, contents)]).astype(np.int64)
    return Shelf(modality, array(b"".join(contents)), starts, np.arange(len(contents)))


def test_a_table_can_do_without_some_sources() -> None:
    """Of each fold's words the table of the other folds says nothing."""
    random = np.random.Generator(np.random.PCG64(9))
    words = [bytes(random.integers(97, 99, 100, np.uint8)) for _ in range(FOLDS)]
    shelf = shelf_of([words[source % FOLDS] * 3 for source in range(3 * FOLDS)])
    for fold in range(FOLDS):
        table = count_phrases([shelf], left_out=fold, lines=100, table_bits=BITS)
        costs = [cost(word, table) / cost(word, None) for word in words]
        assert costs.pop(fold) > 0.95
        assert max(costs) < 0.7
    table = count_phrases([shelf], lines=100, table_bits=BITS)
    assert all(cost(word, table) < 0.7 * cost(word, None) for word in words)


def test_sources_count_by_the_roots_of_their_sizes() -> None:
    shelf = shelf_of([bytes(100), bytes(400)])
    small, large = byte_weights(shelf).values()
    assert small == pytest.approx(2 * large)
    assert 100 * small + 400 * large == pytest.approx(shelf.weight)


def test_pictures_have_no_phrases() -> None:
    assert not count_phrases([shelf_of([WORDS * 3] * 3, "image")], lines=3, table_bits=BITS).any()
    assert count_phrases([shelf_of([WORDS * 3] * 3)], lines=3, table_bits=BITS).any()


@pytest.mark.parametrize("shape", [(0, LINE), (1, LINE - 1), (1, 0)])
def test_a_table_of_another_shape_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="1 to 2\\^22 lines of 64 bytes"):
        _native.Phrases(np.zeros(shape, np.uint8))


def save_with(path: Path, phrases: NDArray[np.generic] | None) -> Path:
    model = load_model(STANDARD)
    others = {name: tensor for name, tensor in model.tensors.items() if name != "phrases"}
    save_model(path, model.config, others | ({} if phrases is None else {"phrases": phrases}), "test")
    return path


@pytest.mark.parametrize(("level", "contents"), list(itertools.product((2, 6), TABLES)))
def test_whatever_the_table_says_the_bytes_come_back(tmp_path: Path, level: int, contents: str) -> None:
    model = save_with(tmp_path / "model.safetensors", TABLES[contents])
    data = WORDS * 2 + bytes(2000) + bytes(range(256))
    packed = bytezip.compress(data, level=level, model=model, threads=1)
    assert bytezip.decompress(packed, model=model, threads=1) == data


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((2, LINE), np.int8), np.zeros((2, 63), np.uint8), np.zeros((0, LINE), np.uint8), np.zeros(64, np.uint8)],
)
def test_malformed_phrases_are_refused(tmp_path: Path, wrong: NDArray[np.generic]) -> None:
    with pytest.raises(ModelError, match="phrases are misshapen"):
        save_with(tmp_path / "model.safetensors", wrong)


def test_mixers_of_a_model_share_its_phrases() -> None:
    model = load_model(STANDARD)
    assert model.phrases is not None
    assert model.phrases is model.phrases


def test_the_standard_model_has_phrases_that_help() -> None:
    assert open_phrases({}) is None
    tensors = load_model(STANDARD).tensors
    text = (Path(__file__).parent / "prose.txt").read_bytes()[:4000]
    assert cost(text, np.asarray(tensors["phrases"], np.uint8)) < 0.95 * cost(text, None)
