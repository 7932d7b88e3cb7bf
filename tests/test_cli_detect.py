"""bytezip detect: what it prints, what it refuses, how it ends."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Command, Run

from bytezip.cli.console import Form, _coloured

PROGRAM = Path(__file__).read_bytes()
PACKED = gzip.compress(PROGRAM)
Detect = Callable[..., Run]


@pytest.fixture
def detect(bytezip: Command, tmp_path: Path) -> Detect:
    """The command, in a directory with a program in it, a packed one, and an empty file."""
    (tmp_path / "program").write_bytes(PROGRAM)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "packed").write_bytes(PACKED)
    (tmp_path / "nothing").touch()
    line = [sys.executable, "-m", "bytezip", "detect"]
    return lambda *arguments, stdin=b"": bytezip.run([*line, *arguments], stdin)


def test_a_line_a_file(detect: Detect) -> None:
    run = detect("program", "inner/packed", "nothing")
    assert (run.code, run.err) == (0, "")
    lines = run.out.decode().splitlines()
    assert lines[0].split() == ["modality", "format", "sure", "bits/byte", "MIME", "type", "name"]
    assert [line.split()[:2] for line in lines[1:]] == [["code", "python"], ["archive", "gzip"], ["empty", "empty"]]
    assert [line.split()[-1] for line in lines[1:]] == ["program", "inner/packed", "nothing"]
    assert "\x1b" not in run.out.decode()


def test_json_is_one_array_even_where_a_file_fails(detect: Detect) -> None:
    run = detect("--json", "program", "absent", "inner/packed")
    rows = json.loads(run.out)
    assert [row["file"] for row in rows] == ["program", "inner/packed"]
    assert set(rows[0]) == {
        "file", "modality", "format", "mime", "confidence", "entropy", "size", "encoding", "segments"
    }  # fmt: skip
    assert rows[0]["size"] == len(PROGRAM)
    assert (run.code, run.lines) == (1, ["error: absent: no such file or directory"])


def test_jsonl_mime_and_brief(detect: Detect) -> None:
    names = ("program", "inner/packed")
    rows = [json.loads(line) for line in detect("--jsonl", *names).out.splitlines()]
    assert [row["format"] for row in rows] == ["python", "gzip"]
    assert detect("-b", *names).out == b"python\ngzip\n"
    assert detect("--mime", *names).out == b"program: text/x-python\ninner/packed: application/gzip\n"
    assert detect("--mime", "-b", *names).out == b"text/x-python\napplication/gzip\n"
    assert Form.of(json=True, jsonl=True, mime=True, brief=True) is Form.ARRAY


def test_stdin_and_folders(detect: Detect) -> None:
    assert detect("-b", stdin=PACKED).out == b"gzip\n"
    assert json.loads(detect("--jsonl", "-", stdin=PACKED).out)["file"] == "stdin"
    refused = detect(".")
    assert (refused.code, refused.lines) == (1, ["error: .: is a directory"])
    assert "-r" in refused.err
    assert detect("-rb", ".").out.split() == [b"gzip", b"empty", b"python"]


def test_what_cannot_be_read(detect: Detect, tmp_path: Path) -> None:
    device = detect("/dev/zero")
    assert (device.code, device.lines) == (1, ["error: /dev/zero: is a device"])
    if os.geteuid():
        (tmp_path / "program").chmod(0)
        assert detect("program").lines == ["error: program: permission denied"]


def test_witnesses_and_segments(detect: Detect, tmp_path: Path) -> None:
    (tmp_path / "mixed").write_bytes(PROGRAM + PACKED)
    row = json.loads(detect("--jsonl", "--segments", "--explain", "mixed").out)
    assert [segment["format"] for segment in row["segments"]][-1] == "gzip"
    assert row["segments"][-1]["offset"] == len(PROGRAM)
    assert {said["witness"] for said in row["witnesses"]} >= {"signature", "statistics", "classifier", "libmagic"}
    shown = detect("--full", "-v", "mixed").out.decode().splitlines()
    assert any(line.startswith("  classifier") for line in shown)
    assert shown[-1].split()[:4] == [f"{len(PROGRAM):,}", f"{len(PACKED):,}", "archive", "gzip"]


def test_without_libmagic_a_hint_says_so(detect: Detect, tmp_path: Path) -> None:
    assert detect("-b", "program").err == ""
    code = """
import sys
sys.modules["magic"] = None
sys.argv = ["bytezip", "detect", "--explain", "program", "program"]
from bytezip.cli.main import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr.decode().count("libmagic is not installed") == 1
    assert done.stdout.decode().count("python") >= 2


def test_colour_is_for_terminals_and_their_users_may_refuse_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert _coloured("word", "text") == "word"
    monkeypatch.setattr("sys.stdout", SimpleNamespace(isatty=lambda: True))
    assert _coloured("word", "text") == "\x1b[32mword\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert _coloured("word", "text") == "word"
