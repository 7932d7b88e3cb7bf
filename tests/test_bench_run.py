"""benchmarks/run.py: an interrupted table goes on, and rows of unequal origin never meet."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import messages
import pictures
import table


def test_a_table_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    first = table.Table(path, ("size", "method"), ("coded",))
    first.add(256, "xz -9e", 10)
    again = table.Table(path, ("size", "method"), ("coded",))
    assert again.has(256, "xz -9e")
    assert not again.has(512, "xz -9e")
    again.add(512, "xz -9e", 20)
    assert [row["coded"] for row in table.read(path)] == ["10", "20"]


def test_a_table_of_another_machine_or_model_is_not_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    table.Table(path, ("size",), ("coded",)).add(1, 2)
    monkeypatch.setattr(table, "stamp", lambda: "# something else")
    with pytest.raises(table.StampError, match="use --again"):
        table.Table(path, ("size",), ("coded",))


def test_messages_are_taken_in_turn_and_halves_share_nothing() -> None:
    documents = {"a": b"1122", "b": b"334", "c": b"5566", "d": b"7"}
    trained_on, measured = messages.halves(documents)
    assert (trained_on, measured) == ([b"1122", b"5566"], [b"334", b"7"])
    assert messages.cut(trained_on, 2, 3) == [b"11", b"55", b"22"]
    assert messages.cut(measured, 8, 3) == []


def test_a_picture_has_no_date_in_it(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    made = table.Table(path, ("size", "method"), ("files", "raw", "coded", "bits_per_byte"))
    made.add(256, "bytezip -6", 1, 256, 32, 1.0)
    made.add(512, "bytezip -6", 1, 512, 48, 0.75)
    (picture,) = pictures.draw(tmp_path)
    assert picture.read_text().startswith("<?xml")
    assert "dc:date" not in picture.read_text()
