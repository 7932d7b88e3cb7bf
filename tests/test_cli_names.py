"""Names and times that archives store: kept and restored on demand, and never a way out of the folder."""

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Run

from bytezip.cli import compress as command
from bytezip.cli import transfer
from bytezip.cli.console import Console
from bytezip.cli.listing import moment
from bytezip.cli.transfer import Options
from bytezip.codec import compress
from bytezip.container import layout
from bytezip.container.fields import CheckChain, write_varint
from bytezip.container.layout import HINTS, BlockHeader, Header
from bytezip.container.writer import write_block_header, write_check, write_header
from bytezip.errors import CorruptError, FormatError
from bytezip.predictor.weights import load_model

TEXT = b"once upon a midnight dreary while i pondered weak and weary\n" * 4
TIME = 10**18 + 123_456_789


def plain(bytezip: Command, *arguments: str) -> Run:
    """Of a command that takes no model."""
    return bytezip.run([sys.executable, "-m", "bytezip", *arguments])


def in_process(model: Path, name: str, **given: Any) -> Console:
    """A transfer without a process of its own, by names of options."""
    options: dict[str, Any] = {
        "decompress": True, "level": 1, "output": None, "to_stdout": False, "remove": False, "force": False,
        "names": True,
    }  # fmt: skip
    console = Console()
    transfer.transfer(name, Options(**options | given, engine={"model": model, "threads": 1}), console)
    return console


def forged(model: Path, name: bytes, content: bytes = TEXT) -> bytes:
    """An archive as a hostile writer would make it: sound in all its checks, but for what the name is."""
    good = compress(content, 1, model=model)
    record = bytes([layout.KIND_ORIGIN, layout.ORIGIN_NAME]) + write_varint(len(name)) + name
    chain = CheckChain(good[: layout.HEADER_SIZE], load_model(model).sha256)
    return good[: layout.HEADER_SIZE] + record + write_check(chain.origin(record)) + good[layout.HEADER_SIZE :]


def test_name_and_time_come_back_where_that_is_asked_for(bytezip: Command) -> None:
    here = bytezip.directory
    (here / "re\udcffport").write_bytes(TEXT)
    os.utime(here / "re\udcffport", ns=(TIME, TIME))
    assert bytezip("compress", "-N", "re\udcffport").code == 0
    (here / "re\udcffport").unlink()
    (here / "re\udcffport.bytz").rename(here / "mail.bytz")
    os.utime(here / "mail.bytz", ns=(5, 5))
    assert bytezip("-dN", "--output-dir", "out", "mail.bytz").code == 0
    assert bytezip("decompress", "-Nn", "mail.bytz").code == 0
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*") if path.is_file()) == [
        "mail", "mail.bytz", "out/re\udcffport",
    ]  # fmt: skip
    restored = here / "out/re\udcffport"
    assert (restored.read_bytes(), restored.stat().st_mtime_ns) == (TEXT, TIME)
    assert ((here / "mail").read_bytes(), (here / "mail").stat().st_mtime_ns) == (TEXT, 5)


def test_without_it_nothing_is_stored(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    archives = [bytezip("-1c", *options, "f").out for options in ([], ["-Nn"], ["-N"])]
    assert archives[0] == archives[1] == compress(TEXT, 1, model=bytezip.model)
    assert len(archives[2]) == len(archives[0]) + 1 + 1 + 1 + len("f") + 8 + 4


def test_streams_have_a_time_where_they_are_files(bytezip: Command, text_model: Path) -> None:
    here = bytezip.directory
    (here / "f").write_bytes(TEXT)
    os.utime(here / "f", ns=(TIME, TIME))
    line = " ".join(bytezip.line("-1N"))
    assert bytezip.run(["sh", "-c", f"{line} < f > file.bytz; cat f | {line} > pipe.bytz"]).code == 0
    assert (here / "pipe.bytz").read_bytes() == compress(TEXT, 1, model=text_model)
    assert bytezip.run(["sh", "-c", f"cat file.bytz | {line} -d -o back"]).code == 0
    assert (here / "back").stat().st_mtime_ns == TIME


def test_the_name_of_the_output_wins_over_the_stored_one(text_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bytz").write_bytes(compress(TEXT, 1, model=text_model, name="stored", mtime_ns=TIME))
    in_process(text_model, str(tmp_path / "a.bytz"), output=tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mtime_ns == TIME
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bytz", "mine"]


def test_an_archive_without_a_name_goes_by_its_own(text_model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.bytz").write_bytes(compress(TEXT, 1, model=text_model, mtime_ns=TIME))
    in_process(text_model, str(tmp_path / "a.bytz"))
    assert (tmp_path / "a").stat().st_mtime_ns == TIME


HOSTILE = [b"../evil", b"/tmp/evil", b"a/b", b"..", b".", b"", b"a\0b", b"\x1b[31m", b"a\nb", b"\x7f", b"e" * 256]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("names", [False, True])
def test_a_hostile_name_is_refused(name: bytes, names: bool, text_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.bytz").write_bytes(forged(text_model, name))
    with pytest.raises(CorruptError, match="name"):
        in_process(text_model, str(folder / "a.bytz"), names=names)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [folder / "a.bytz"]


def test_what_is_said_of_a_hostile_name(bytezip: Command) -> None:
    (bytezip.directory / "a.bytz").write_bytes(forged(bytezip.model, b"../evil"))
    for run in (bytezip("-dN", "a.bytz"), bytezip("test", "a.bytz"), plain(bytezip, "list", "a.bytz")):
        assert (run.code, run.out) == (1, b"")
        assert run.lines == ["error: a.bytz: corrupt: the stored name is not the name of a file"]


def test_a_damaged_name_is_found_out_before_a_file_has_it(text_model: Path, tmp_path: Path) -> None:
    """Every bit of the record flipped: never another name, never another time."""
    good = compress(b"a", 1, model=text_model, name="n", mtime_ns=TIME)
    size = len(good) - len(compress(b"a", 1, model=text_model))
    for bit in range(8 * layout.HEADER_SIZE, 8 * (layout.HEADER_SIZE + size)):
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        (tmp_path / "a.bytz").write_bytes(damaged)
        with pytest.raises(FormatError):  # truncated where the size of the name is damaged
            in_process(text_model, str(tmp_path / "a.bytz"))
        assert [path.name for path in tmp_path.iterdir()] == ["a.bytz"]


def test_a_file_that_is_there_is_not_replaced(bytezip: Command) -> None:
    here = bytezip.directory
    for name in ("a.bytz", "b.bytz"):
        (here / name).write_bytes(compress(TEXT, 1, model=bytezip.model, name="same"))
    (here / "self.bytz").write_bytes(compress(TEXT, 1, model=bytezip.model, name="self.bytz"))
    run = bytezip("-dNf", "--rm", "a.bytz", "b.bytz")
    assert (run.code, run.lines) == (1, ["error: a.bytz and b.bytz would both become same"])
    (here / "same").write_bytes(b"precious")
    run = bytezip("-dN", "a.bytz", "self.bytz")
    assert run.lines == ["error: a.bytz: same exists", "error: self.bytz: self.bytz is both source and output"]
    assert (here / "same").read_bytes() == b"precious"
    assert sorted(path.name for path in here.iterdir()) == ["a.bytz", "b.bytz", "same", "self.bytz"]


def test_two_suffixes_never_become_one_file(text_model: Path, tmp_path: Path) -> None:
    options = Options(
        decompress=True, level=1, output=None, to_stdout=False, remove=True, force=True, engine={}, suffix=".z"
    )
    with pytest.raises(Exception, match=r"would both become"):
        command._check_targets([f"{tmp_path}/a.z", f"{tmp_path}/a.bytz"], options)
    command._check_targets([f"{tmp_path}/a.z", f"{tmp_path}/b.bytz", f"{tmp_path}/a.z"], options)


def test_a_name_that_cannot_be_stored_is_told(bytezip: Command) -> None:
    (bytezip.directory / "new\nline").write_bytes(TEXT)
    run = bytezip("-N", "new\nline")
    assert (run.code, run.lines) == (2, ["warning: new\\nline: a name with control characters is not stored"])
    told = json.loads(plain(bytezip, "list", "--json", "new\nline.bytz").out)
    assert told["name"] is None
    assert told["mtime"] == moment((bytezip.directory / "new\nline").stat().st_mtime_ns)


# What list tells: names, times, and the modalities that headers state.


def by_hand(blocks: Sequence[tuple[int, int]], name: bool = False) -> bytes:
    """An archive of coded blocks with these hints and sizes of content; nothing of it can be decoded."""
    parts = [write_header(Header(1, b"abc"))]
    if name:
        parts.append(bytes([layout.KIND_ORIGIN, 3, 2]) + "\u202e!".encode()[:2] + TIME.to_bytes(8, "little") + bytes(4))
    for place, (hint, size) in enumerate(blocks):
        header = BlockHeader(place == len(blocks) - 1, size, 1, 1, 256, hint=hint)
        parts.append(write_block_header(header) + b"x" + write_check(0))
    return b"".join(parts)


def test_the_mix_of_modalities(bytezip: Command) -> None:
    archives = {
        "mixed": by_hand([(1, 600), (5, 300), (0, 100)]),
        "one": by_hand([(2, 10), (2, 20)]),
        "none": by_hand([(0, 10)]),
        "two": by_hand([(8, 10), (15, 10)]),
    }
    for name, content in archives.items():
        (bytezip.directory / name).write_bytes(content)
    run = plain(bytezip, "list", *archives)
    lines = run.out.decode().splitlines()
    assert lines[0].split()[4:] == ["blocks", "modality", "check", "model", "name"]
    shown = [line[lines[0].index("modality") : lines[0].index("check")].strip() for line in lines[1:]]
    assert shown == ["text 60% image 30%+", "code", "-", "encrypted 50% executable 50%", "text 57% image 28%+"]
    told = [json.loads(line) for line in plain(bytezip, "list", "--json", *archives).out.splitlines()]
    assert [row["modalities"] for row in told] == [
        {"text": 600, "image": 300, "": 100}, {"code": 30}, {"": 10}, {"encrypted": 10, "executable": 10},
    ]  # fmt: skip
    assert [block["modality"] for block in told[0]["blocks"]] == ["text", "image", ""]


def test_every_hint_has_a_name(tmp_path: Path) -> None:
    from bytezip.cli.listing import summary  # noqa: PLC0415
    from bytezip.inspect import inspect  # noqa: PLC0415

    archive = by_hand([(hint, 1 + hint + 1) for hint in range(16)])
    row = summary("f", inspect(io.BytesIO(archive)))
    assert row["modalities"] == {HINTS[hint]: hint + 2 for hint in reversed(range(16))}


def test_the_stored_name_and_time(bytezip: Command) -> None:
    here = bytezip.directory
    (here / "a.bytz").write_bytes(compress(TEXT, 1, model=bytezip.model, name="re\u202eport", mtime_ns=-1))
    (here / "b.bytz").write_bytes(compress(TEXT, 1, model=bytezip.model))
    shown = plain(bytezip, "list", "a.bytz", "b.bytz").out.decode().splitlines()
    assert shown[1].endswith(r" a.bytz (was re\u202eport)")  # what would turn the line around is not printed
    assert shown[2].endswith(" b.bytz")
    changed = plain(bytezip, "list", "-v", "a.bytz").out.decode().splitlines()
    assert changed[1].endswith(r" a.bytz (was re\u202eport), changed 1969-12-31T23:59:59.999999999Z")
    told = [json.loads(line) for line in plain(bytezip, "list", "--json", "a.bytz", "b.bytz").out.splitlines()]
    assert [(row["name"], row["mtime"]) for row in told] == [
        ("re\u202eport", "1969-12-31T23:59:59.999999999Z"), (None, None),
    ]  # fmt: skip
    assert told[0]["compressed"] == (here / "a.bytz").stat().st_size


@pytest.mark.parametrize("time", [-(1 << 63), 0, (1 << 63) - 1])
def test_every_time_can_be_told(time: int) -> None:
    assert (moment(time) or "").endswith("Z")
