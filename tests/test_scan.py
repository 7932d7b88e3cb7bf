"""What bytes cost, which places are unusual, and the command that tells."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import Command

from bytezip import find_anomalies, surprise
from bytezip.blocks import BlockCoder, Plan
from bytezip.cli.paths import RefusedError, read_whole
from bytezip.lanes import Striping
from bytezip.levels import DEFAULT_LEVEL, profile_of
from bytezip.predictor.engine import open_mixed
from bytezip.predictor.weights import load_model
from bytezip.scan import LONGEST_LINE, WINDOW, most_unusual, unusual

LINE = b"the server took a request from the queue and gave an answer to it\n"
ODD = b"PANIC 0xdeadbeef: ~~ %%% ~~\n"
LOG = LINE * 150 + ODD + LINE * 150
RANDOM = np.random.Generator(np.random.PCG64(1))


class TestSurprise:
    @pytest.mark.parametrize("size", [1, 4096, 4097, 9000])
    def test_it_sums_up_to_the_length_of_the_code(self, text_model: Path, size: int) -> None:
        data = LOG[:size]
        model = load_model(text_model)

        def lanes(count: int, capacity: int, network: bool):  # type: ignore[no-untyped-def]
            machine = {"engine": "auto", "device": "auto", "threads": 1, "profile": profile_of(DEFAULT_LEVEL)}
            return open_mixed(model, count, capacity, network, **machine)  # type: ignore[arg-type]

        code = BlockCoder(lanes).encode(data, Plan(Striping(size, 1, 4096), True, size), lambda done: None)
        costs = surprise(data, model=text_model, threads=1)
        assert costs.shape == (size,)
        assert costs.dtype == np.float32
        assert (costs > 0).all()
        assert code is not None
        assert abs(costs.sum(dtype=float) / 8 - len(code)) < 4

    def test_the_torch_engine_says_the_same(self, text_model: Path) -> None:
        pytest.importorskip("torch", reason="the torch extra is not installed")
        data = LOG[9000:11000]
        native, torch = (surprise(data, model=text_model, engine=engine) for engine in ("native", "torch"))
        assert np.array_equal(native, torch)

    def test_what_is_known_costs_less(self, text_model: Path) -> None:
        data = RANDOM.bytes(2000)
        reports: list[tuple[int, int]] = []
        new = surprise(data, model=text_model)
        again = surprise(data, known=data, model=text_model, progress=lambda *counts: reports.append(counts))
        assert len(again) == len(data)
        assert again.sum() < new.sum() / 4
        assert reports[-1][0] == 2 * len(data)
        assert reports[-1][1] == pytest.approx((new.sum() + again.sum()) / 8, rel=0.05)

    def test_nothing_costs_nothing(self, text_model: Path) -> None:
        assert surprise(b"", known=LOG, model=text_model).shape == (0,)


class TestPlaces:
    def test_the_odd_line_is_found(self, text_model: Path) -> None:
        (found,) = find_anomalies(LOG, top=1, model=text_model)
        assert (found.offset, found.size, found.line) == (150 * len(LINE), len(ODD), 151)
        assert found.bits_per_byte > 4
        assert found.score > 8

    def test_an_old_file_makes_it_usual(self, text_model: Path) -> None:
        odder = b"~~ {{ something else ]]] ~~\n"
        data = LINE * 20 + odder + LINE * 20 + ODD + LINE * 20
        assert {place.line for place in find_anomalies(data, top=2, known=LINE, model=text_model)} == {21, 42}
        best = max(find_anomalies(data, top=2, known=LOG, model=text_model), key=lambda place: place.score)
        assert best.line == 21

    def test_windows_of_what_is_no_text(self, text_model: Path) -> None:
        record = bytes(range(128, 192)) * 4
        data = record * 40 + RANDOM.bytes(WINDOW) + record * 40
        (found,) = find_anomalies(data, top=1, model=text_model)
        assert (found.offset, found.size, found.line) == (40 * WINDOW, WINDOW, None)
        assert find_anomalies(data, top=1, window=64, model=text_model)[0].size == 64

    def test_places_cover_all_of_it_once_in_order(self) -> None:
        data = b"a\n\n" + b"b" * (LONGEST_LINE + 5) + b"\nlast"
        found = most_unusual(data, np.ones(len(data), np.float32), top=100)
        assert [place.offset for place in found] == [0, 2, 3, 3 + LONGEST_LINE, len(data) - 4]
        assert [place.line for place in found] == [1, 2, 3, 3, 4]
        assert [place.size for place in found] == [2, 1, LONGEST_LINE, 6, 4]

    def test_a_short_line_says_little(self) -> None:
        bits, sizes = np.full(101, 50.0), np.full(101, 50)
        bits[3:5], sizes[3:5] = (8 * 2, 8 * 60), (2, 60)  # both at eight bits a byte, one in two bytes and one in sixty
        scores = unusual(bits, sizes)
        assert scores[4] > 2 * scores[3] > 10
        assert abs(scores[0]) < 1

    @pytest.mark.parametrize("wrong", [{"top": 0}, {"window": 0}, {"top": -1}])
    def test_numbers_below_one(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="1 or more"):
            most_unusual(b"x", np.ones(1, np.float32), **{"top": 1, **wrong})

    def test_no_data_has_no_places(self, text_model: Path) -> None:
        assert find_anomalies(b"", model=text_model) == []


class TestCommand:
    def test_a_table_and_objects(self, bytezip: Command) -> None:
        path = bytezip.directory / "server.log"
        path.write_bytes(LOG)
        run = bytezip("scan", "-n", "1", str(path))
        assert (run.code, run.err) == (0, "")
        heading, line = run.out.decode().splitlines()
        assert heading.split() == ["line", "offset", "size", "bits/byte", "score", "content"]
        assert line.split()[:3] == ["151", "9,900", str(len(ODD))]
        assert line.endswith(ODD.decode().rstrip())
        told = json.loads(bytezip("scan", "-n1", "--jsonl", str(path)).out)
        assert (told["file"], told["offset"], told["size"], told["line"]) == (str(path), 9900, len(ODD), 151)
        assert told["content"] == ODD.decode()
        assert told["score"] > 8

    def test_stdin_several_files_and_what_cannot_be_read(self, bytezip: Command) -> None:
        known = bytezip.directory / "known"
        known.write_bytes(LOG)
        run = bytezip("scan", "--known", str(known), "-v", "-n2", "-", str(bytezip.directory), stdin=ODD + LINE)
        assert run.code == 1
        assert run.out.decode().splitlines()[0] == "==> stdin <=="
        assert [line.split(": ")[0] for line in run.lines] == ["stdin", "error", "2 files (1 done, 1 failed)"]
        assert bytezip("scan", "--known", "absent", stdin=ODD).lines == ["error: absent: no such file or directory"]

    def test_a_device_has_no_end(self, bytezip: Command) -> None:
        for name in ("scan", "generate"):
            assert bytezip(name, "/dev/zero").lines == ["error: /dev/zero: is a device"]

    def test_what_memory_does_not_hold_is_refused_from_pipes_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> bytes:
            raise MemoryError

        (tmp_path / "large").write_bytes(b"large")
        monkeypatch.setattr(Path, "read_bytes", full)
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=SimpleNamespace(read=full)))
        for name in ("-", str(tmp_path / "large")):
            with pytest.raises(RefusedError, match="does not fit into memory"):
                read_whole(name)

    def test_control_characters_stay_off_the_terminal(self, bytezip: Command) -> None:
        run = bytezip("scan", "-n1", stdin=LINE * 40 + b"\x1b[2J\x07\xff\xfe odd\n" + LINE * 40)
        assert b"\\x1b[2J\\x07\\xff\\xfe odd" in run.out
        assert b"\x1b" not in run.out

    @pytest.mark.parametrize("wrong", [("--window", "0"), ("--window", "x"), ("-n", "0")])
    def test_wrong_numbers(self, bytezip: Command, wrong: tuple[str, str]) -> None:
        run = bytezip("scan", *wrong, stdin=b"x")
        assert (run.code, run.out, len(run.lines)) == (1, b"", 1)

    def test_an_empty_file(self, bytezip: Command) -> None:
        run = bytezip("scan")
        assert (run.code, len(run.out.splitlines()), run.err) == (0, 1, "")
