"""The figures and pictures in the README are those of the committed tables."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import pictures
import readme
from table import Table, read

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"


def test_the_readme_is_as_the_tables_are() -> None:
    """If this fails: python benchmarks/readme.py --write."""
    text = (ROOT / "README.md").read_text()
    assert text == readme.fill(text, readme.Tables(BENCHMARKS))
    assert {name for _, name, _ in readme.SECTION.findall(text)} == set(readme.SECTIONS)


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_of_its_table(name: str) -> None:
    """If this fails: python benchmarks/run.py CORPORA --only pictures."""
    if (BENCHMARKS / f"{name}.svg").exists():
        assert pictures.source(BENCHMARKS / f"{name}.csv") in (BENCHMARKS / f"{name}.svg").read_text()


@pytest.mark.parametrize("path", sorted(BENCHMARKS.glob("*.csv")), ids=lambda path: path.name)
def test_each_table_tells_its_machine_and_has_rows(path: Path) -> None:
    assert path.read_text().startswith("# ")
    assert read(path)


SIZES = ("raw", "coded", "bits_per_byte")
OWN = ("bits_per_byte", "own_model_is_smaller_by", "cpu_minutes")
COSTS = (*SIZES, "compress_s", "decompress_s", "compress_kb_s", "decompress_kb_s", "compress_mib", "decompress_mib")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tables of two files, one of which a peer packs tighter."""
    ours = Table(tmp_path / "results.csv", ("file", "level"), SIZES)
    theirs = Table(tmp_path / "peers.csv", ("file", "method"), SIZES)
    front = Table(tmp_path / "front.csv", ("file", "method", "threads"), COSTS)
    for file, size in (("canterbury/a", 100), ("canterbury/b", 300)):
        for level in (1, 6, 9):
            ours.add((file, level), (1000, size - level, 1), "bytezip 1")
        theirs.add((file, "xz -9e"), (1000, 200, 1), "xz 5")
        front.add((file, "bytezip -6", 2), (1000, size, 1, 2.0, 4.0, 0, 0, 50, 60), "bytezip 1")
        front.add((file, "xz -9e", 1), (1000, 200, 1, 0.5, 0.1, 0, 0, 5, 6), "xz 5")
    theirs.add(("canterbury/a", "half"), (1000, 500, 1), "half 1")
    return tmp_path


def section(name: str, folder: Path) -> str:
    return readme.fill(
        f"<!-- figures: {name} -->old<!-- /figures -->".replace("-->old", "-->\nold"), readme.Tables(folder)
    )


def test_sizes_are_told_by_file_and_by_set(folder: Path) -> None:
    assert "| a | 1,000 | 99 | 94 | 91 | 200 |" in section("files", folder)
    assert "| all eleven | 2,000 | 398 | 388 | 382 | 400 |" in section("files", folder)
    text = section("sets", folder)
    assert "| bytezip -9 | 382 |" in text
    assert "| half |  |" in text
    assert "Not measured, or not restored: half (canterbury/b)." in text
    assert "old" not in text


def test_what_is_lost_is_told(folder: Path) -> None:
    text = section("losses", folder)
    assert "`bytezip -6` was smaller than each of the 2 others on 1 of 2 files; not on canterbury/b (294 B; " in text
    assert "canterbury/b (294 B; xz -9e: 200 B)." in text
    assert (
        "`xz -9e` compresses 4 times as fast as `bytezip -6` does with two threads, and restores 40 times as fast."
        in text
    )


def test_who_is_ahead_in_both_is_told(folder: Path) -> None:
    assert "ahead in size and in speed at once: `xz -9e` of `bytezip -6`." in section("losses", folder)


def test_rates_are_of_all_files_together(folder: Path) -> None:
    lines = section("rates", folder).splitlines()
    assert "| bytezip -6 | 2 | 5.000 | 0 | 0 | 50 | 60 |" in lines
    assert "| xz -9e | 1 | 5.000 | 2 | 10 | 5 | 6 |" in lines
    assert section("growth", folder).count("Not measured yet.") == 1


def test_messages_tell_how_much_smaller_they_are(folder: Path) -> None:
    made = Table(folder / "messages.csv", ("kind", "size", "method"), ("messages", "coded", "bits_per_byte"))
    for method, bits in (("bytezip -6", 2.0), ("brotli -11", 4.0), ("zstd -19 -D", 2.5)):
        made.add(("json", 1024, method), (1, 1, bits), "x")
    assert "| json | 1,024 | 2.000 | 4.000 | 2.500 |  |  |  | 50 % | 20 % |" in section("messages", folder)


def test_levels_tell_both_threads_in_a_row(folder: Path) -> None:
    made = Table(folder / "levels.csv", ("file", "level", "threads"), ("lanes", *COSTS))
    for threads, rate in ((1, 40), (2, 70)):
        made.add(("a", 6, threads), (8, 1000, 100, 0.8, 1, 2, rate, rate - 10, 50, 50 + threads), "x")
    made.add(("b", 6, 1), (8, 1000, 100, 0.8, 1, 2, 3, 4, 5, 6), "x")
    text = section("levels", folder)
    assert "| a | -6 | 8 | 0.800 | 40 | 70 | 30 | 60 | 52 |" in text
    assert "| b |" not in text  # half a row is none


def test_the_network_alone_is_told_beside_xz(folder: Path) -> None:
    made = Table(folder / "held_out.csv", ("modality",), ("sources", "pieces", "bytes", "network", "xz", "xz_solid"))
    made.add(("code",), (16, 23, 24576, 1.71281, 4.3594, 4.1), "x")
    assert "| code | 16 | 24,576 | 1.713 | 4.359 | 4.100 |" in section("network", folder)


def test_a_model_of_ones_own_is_told_beside_the_others(folder: Path) -> None:
    made = Table(folder / "own_model.csv", ("method",), ("records", "bytes", "coded", *OWN))
    made.add(("zstd -19 -D",), (40, 232366, 24599, 0.847, "53.5%", 5.1), "x")
    made.add(("bytezip, own model",), (40, 232366, 11447, 0.394, "0.0%", 5.1), "x")
    text = section("own", folder)
    assert "|  | 232,366 bytes coded |" in text
    assert "| zstd -19 -D | 24,599 | 0.847 | 53.5 % |" in text
    assert "| bytezip, own model | 11,447 | 0.394 |  |" in text
    assert "Training took 5.1 minutes of a processor." in text


def test_the_script_writes_and_checks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = folder / "README.md"
    target.write_text("<!-- figures: model -->\n<!-- /figures -->\n")
    monkeypatch.setattr(sys, "argv", ["readme.py", str(target)])
    with pytest.raises(SystemExit, match="--write mends it"):
        readme.main()
    monkeypatch.setattr(sys, "argv", ["readme.py", str(target), "--write"])
    readme.main()
    assert f"{readme.MODEL.stat().st_size:,} bytes" in target.read_text()
    monkeypatch.setattr(sys, "argv", ["readme.py", str(target)])
    readme.main()
