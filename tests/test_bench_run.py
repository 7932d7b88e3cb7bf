"""benchmarks/run.py: an interrupted table goes on, rows of unequal origin are told apart, the budget is kept."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import messages
import parts
import pictures
import run as runner
import stamps
import table
import work

from bytezip.bench.methods import Method

COLUMNS = (("size", "method"), ("coded",))


def test_a_table_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    first = table.Table(path, *COLUMNS)
    first.add((256, "xz -9e"), (10,), "xz 5")
    again = table.Table(path, *COLUMNS)
    assert again.has((256, "xz -9e"), "xz 5")
    assert not again.has((512, "xz -9e"), "xz 5")
    again.add((512, "xz -9e"), (20,), "xz 5")
    assert [row["coded"] for row in table.read(path)] == ["10", "20"]


def test_a_row_of_another_release_gives_way_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    made = table.Table(path, *COLUMNS)
    for size in (1, 2):
        made.add((size, "bytezip -6"), (10,), "bytezip 1 model aa code 11")
    assert not made.has((1, "bytezip -6"), "bytezip 1 model aa code 22")
    assert made.has((1, "bytezip -6"), "bytezip 1 model aa code 22", any_code=True)
    assert not made.has((1, "bytezip -6"), "bytezip 1 model bb code 11", any_code=True)
    made.add((1, "bytezip -6"), (9,), "bytezip 1 model aa code 22")
    assert [(row["size"], row["coded"]) for row in table.read(path)] == [("1", "9"), ("2", "10")]


def test_a_table_of_another_machine_or_of_other_columns_is_not_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    table.Table(path, *COLUMNS).add((1, 2), (3,), "x")
    with pytest.raises(table.StampError, match="use --again"):
        table.Table(path, ("size", "method"), ("raw", "coded"))
    monkeypatch.setattr(table, "machine", lambda: "something else")
    with pytest.raises(table.StampError, match="use --again"):
        table.Table(path, *COLUMNS)


def test_a_release_is_of_the_version_the_model_and_the_sources() -> None:
    stamp = stamps.release(Method("bytezip", "6"))
    assert stamp == stamps.ours()
    assert stamps.without_code(stamp) + stamp[-14:] == stamp
    assert stamps.release(Method("gzip", "9")).startswith("Python 3.")


def filled(
    path: Path, jobs: list[tuple[int, float, Callable[[], parts.Values]]], minutes: float
) -> tuple[int, list[str]]:
    """(rows missing, sizes that are there) after a run of these (size, expected seconds, work)."""
    made = table.Table(path, *COLUMNS)
    todo = [parts.Job((size, "x"), "x 1", seconds, work) for size, seconds, work in jobs]
    missing = runner.fill(made, todo, runner.Clock(minutes), 1)
    return missing, [row["size"] for row in table.read(path)] if path.exists() else []


def test_the_budget_is_kept_and_shorter_rows_still_fit(tmp_path: Path) -> None:
    work = partial(tuple, (1,))
    assert filled(tmp_path / "t.csv", [(1, 1e6, work), (2, 10, work), (3, 1e6, work), (4, 5, work)], 60) == (
        2,
        ["2", "4"],
    )
    assert filled(tmp_path / "none.csv", [(1, 1, work)], 0) == (1, [])


def broken() -> parts.Values:
    raise work.FailedError("it broke")


def test_a_compressor_that_fails_leaves_no_row(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert filled(tmp_path / "t.csv", [(1, 1, broken), (2, 1, partial(tuple, (1,)))], 60) == (1, ["2"])
    assert capfd.readouterr().err == "not measured: it broke\n"


def test_every_part_lists_its_rows_once(tmp_path: Path) -> None:
    for name in ("canterbury", "calgary", "enwik"):
        (tmp_path / name).mkdir()
    names = ("canterbury/fields.c", "canterbury/grammar.lsp", "canterbury/cp.html", "canterbury/alice29.txt",
             "calgary/progl", "calgary/obj2", "enwik/enwik6")  # fmt: skip
    for name in names:
        (tmp_path / name).write_bytes(b"words " * 20_000)
    for name, part in parts.PARTS.items():
        jobs = list(part.jobs(parts.Setting(tmp_path)))
        keys = [job.key for job in jobs]
        assert keys, name
        assert len(set(keys)) == len(keys), name
        assert {len(key) for key in keys} == {len(part.keys)}, name


def test_sizes_and_costs_have_as_many_values_as_columns(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_bytes(b"to be or not to be " * 50)
    gzip = Method("gzip", "9")
    assert work.sizes(path, gzip)[0] == 950
    assert len(work.costs(path, gzip, 1, 1)) == len(work.COSTS)
    assert work.pieces([path, path], 256, gzip)[:2] == (2, 512)
    assert work.costs_of_excerpt([path, path], 1000, gzip)[0] == 1000
    with pytest.raises(work.FailedError, match="not installed"):
        work.sizes(path, Method("ghost", "1", missing=True))


def test_messages_of_a_folder_and_a_dictionary_of_their_kind(tmp_path: Path) -> None:
    (tmp_path / "json").mkdir()
    for number in range(60):
        record = "".join(f'{{"name": "user{number * line}", "age": {line % 90}}}\n' for line in range(60))
        (tmp_path / "json" / f"{number:02}").write_text(record)
    zstd = Method("zstd", "19")
    with_dictionary, without = (work.message_sizes("json", 256, zstd, tmp_path, each) for each in (True, False))
    assert with_dictionary[0] == without[0] == 40
    assert int(str(with_dictionary[1])) < int(str(without[1]))
    with pytest.raises(work.FailedError, match="no message of 256 bytes"):
        work.message_sizes("log", 256, zstd, tmp_path, False)
    (tmp_path / "code").mkdir()
    for name in ("a", "b"):
        (tmp_path / "code" / name).write_bytes(bytes(range(256)))
    with pytest.raises(work.FailedError, match="too few messages"):
        work.message_sizes("code", 256, zstd, tmp_path, True)


def test_messages_are_of_all_documents_and_halves_share_nothing() -> None:
    documents = {"a": b"1122", "b": b"334", "c": b"5566", "d": b"7"}
    trained_on, measured = messages.halves(documents)
    assert (trained_on, measured) == ([b"1122", b"5566"], [b"334", b"7"])
    assert messages.cut(trained_on, 2, 3) == [b"11", b"66", b"22"]  # each begins at another place
    assert messages.cut([b"a", b"b", b"c", b"d"], 1, 2) == [b"a", b"c"]
    assert messages.cut(measured, 8, 3) == []
    assert [messages.count(size) for size in (256, 4096, 1 << 20)] == [40, 32, 1]


def test_a_picture_has_no_date_in_it(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    made = table.Table(path, ("size", "method"), ("files", "raw", "coded", "bits_per_byte"))
    made.add((256, "bytezip -6"), (1, 256, 32, 1.0), "x")
    made.add((512, "bytezip -6"), (1, 512, 48, 0.75), "x")
    (picture,) = pictures.draw(tmp_path)
    assert picture.read_text().startswith("<?xml")
    assert "dc:date" not in picture.read_text()


def test_the_front_leaves_out_what_was_not_measured_on_all_files(tmp_path: Path) -> None:
    made = table.Table(tmp_path / "front.csv", ("file", "method", "threads"), work.COSTS)
    for file, method in (("a", "xz -9e"), ("b", "xz -9e"), ("a", "bytezip -6")):
        made.add((file, method, 1), (1000, 250, 2, 2.0, 1.0, 1, 1, 9, 9), "x")
    rows = table.read(tmp_path / "front.csv")
    found = {label: pictures.total(rows, *label) for label in pictures.labels(rows)}
    assert found == {("xz -9e", "1"): (0.5, 4.0), ("bytezip -6", "1"): None}
    assert pictures.draw(tmp_path) == [tmp_path / "front.svg"]
    first = (tmp_path / "front.svg").read_bytes()
    pictures.draw(tmp_path)
    assert (tmp_path / "front.svg").read_bytes() == first
    assert pictures.source(tmp_path / "front.csv").encode() in first
