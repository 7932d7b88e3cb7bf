"""Of what kind a block is: told quickly, in integers, and written into its header and nowhere else."""

import gzip
import io
import re
from pathlib import Path

import numpy as np
import pytest
from constriction import constriction as other_module
from hypothesis import given
from hypothesis import strategies as st

import bytezip
from bytezip import kinds, sections
from bytezip.container.layout import BlockHeader
from bytezip.container.scan import ScannedBlock, scan
from bytezip.detect import MODALITIES
from bytezip.kinds import BUCKETS, FULL, KINDS, features_of, hint_of, scores_of

HERE = Path(__file__).parent
PROGRAM = b"".join(path.read_bytes() for path in sorted(HERE.glob("test_c*.py")))
PROSE = HERE.joinpath("prose.txt").read_bytes()
MANUAL = HERE.parent.joinpath("man", "bytezip.5").read_text()
NOISE = np.random.Generator(np.random.PCG64(1)).bytes(60_000)
MACHINE_CODE = Path(other_module.__file__).read_bytes()  # not our own, which is another with each compiler


def headers(data: bytes) -> list[BlockHeader]:
    return [found.header for found in scan(io.BytesIO(data)) if isinstance(found, ScannedBlock)]


def test_kinds_are_the_modalities_that_a_block_can_have() -> None:
    assert KINDS[0] == "unknown"
    assert [*KINDS[1:], "empty", "unknown"] == list(MODALITIES)
    assert len(KINDS) == 16


def test_the_manual_names_them() -> None:
    table = MANUAL[MANUAL.index(".Ss Hints") : MANUAL.index(".Ss Checks")]
    rows = re.findall(r"^\.It (\d+) Ta ([a-z ]+) Ta ", table, re.MULTILINE)
    assert rows == [(str(number), name) for number, name in enumerate(("not stated", *KINDS[1:]))]


def test_what_is_clear() -> None:
    sums = "\n".join(f"{number},{number * 7 % 13},{'ab'[number % 2]}" for number in range(3000)).encode()
    assert KINDS[hint_of(PROGRAM)] == "code"
    assert KINDS[hint_of(sums)] == "structured"
    assert KINDS[hint_of(MACHINE_CODE)] == "executable"
    assert KINDS[hint_of(b"<p>" + b"</p>\n<p>".join(PROSE.split(b". ")) + b"</p>")] in ("markup", "text")


def test_what_is_not() -> None:
    assert hint_of(b"") == 0
    readable = {KINDS.index(name) for name in ("text", "code", "markup", "structured", "genome")}
    assert hint_of(NOISE) not in readable
    assert hint_of(gzip.compress(PROGRAM)) not in readable


@given(st.binary(max_size=300))
def test_any_bytes_have_a_hint(data: bytes) -> None:
    assert 0 <= hint_of(data) < 16
    assert hint_of(data) == hint_of(data)


def test_all_is_in_integers() -> None:
    rows = np.stack([features_of(data) for data in (PROGRAM, NOISE, bytes(5000), b"a")])
    assert rows.shape == (4, BUCKETS)
    assert (rows >= 0).all()
    assert (rows <= FULL).all()
    scores = scores_of(rows, kinds._weights())
    assert scores.dtype == rows.dtype == np.int32
    wide = scores_of(rows.astype(np.int64), kinds._weights())
    assert np.array_equal(scores, wide)  # nothing has overflowed


def test_a_large_block_bears_its_hint_and_a_small_one_is_spared_the_byte(text_model: Path) -> None:
    small, large = PROGRAM[: sections._WORTH_A_HINT - 1], PROGRAM[: sections._WORTH_A_HINT]
    assert [header.hint for header in headers(bytezip.compress(small, 1, model=text_model))] == [0]
    assert [header.hint for header in headers(bytezip.compress(large, 1, model=text_model))] == [KINDS.index("code")]


def test_the_code_does_not_depend_on_the_hint(text_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = PROGRAM[: sections._WORTH_A_HINT]
    found = []
    for hint in (0, 5, 15):
        monkeypatch.setattr(sections, "hint_of", lambda raw, hint=hint: hint)
        packed = bytezip.compress(data, 1, model=text_model)
        assert bytezip.decompress(packed, model=text_model) == data
        (header,) = headers(packed)
        assert header.hint == hint
        found.append(packed[-4 - (header.coded_size or 0) : -4])
    assert found[0] == found[1] == found[2]


def test_stored_blocks_bear_none(text_model: Path) -> None:
    assert [header.hint for header in headers(bytezip.compress(NOISE, 1, model=text_model))] == [0]
