"""bytezip bench: every figure is of a file that came back whole, and whatever goes wrong is a row."""

import csv
import errno
import io
import json
import os
import pty
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Command

from bytezip.bench import figures, methods, plot, samples
from bytezip.bench.child import run_command
from bytezip.bench.measure import Effort, Measurement, Sample, measure

ONCE = Effort(limit=60)


def script(folder: Path, name: str, body: str) -> str:
    """An executable Python script; returns its path."""
    file = folder / name
    file.write_text(
        f"#!{sys.executable}\nimport sys, time\nread, write = sys.stdin.buffer.read, sys.stdout.buffer.write\n{body}\n"
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(file)


def sample(folder: Path, data: bytes) -> Sample:
    (folder / "sample").write_bytes(data)
    return Sample(folder / "sample", "sample", "text", len(data))


def installed() -> list[methods.Method]:
    """Each command template whose tool is here, at its usual levels."""
    return [
        methods.Method(name, level, entry)
        for name, entry in methods.commands().items()
        for level in entry.levels
        if entry.installed()
    ]


def is_gone(process: int) -> bool:
    """Within five seconds: killed, and then collected by init."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def command(compress: str, decompress: str) -> methods.Method:
    return methods.Method("peer", "", methods.Command((compress,), (decompress,), ("",)))


@pytest.mark.parametrize("data", [b"", b"a", b"to be or not to be " * 500])
@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz", "zstd", "brotli", "ppmd"])
def test_each_library_restores_and_is_measured(tmp_path: Path, name: str, data: bytes) -> None:
    method = methods.Method(name, methods.LIBRARY_LEVELS[name][0])
    row = measure(sample(tmp_path, data), method, ONCE)
    assert row.problem == ""
    assert (row.raw, row.compress_peak > 1000, row.decompress_peak > 1000) == (len(data), True, True)
    assert row.coded < len(data) / 10 or len(data) < 2


@pytest.mark.parametrize("method", installed(), ids=lambda method: method.label)
def test_each_command_that_is_here_restores_and_tells_its_version(tmp_path: Path, method: methods.Method) -> None:
    row = measure(sample(tmp_path, b"to be or not to be " * 500), method, ONCE)
    assert (row.problem, row.method, 0 < row.coded < 2000) == ("", method.label, True)
    assert re.fullmatch(r"\S+ \d+\.\d[\d.]*", methods.version(method))


def test_versions_of_libraries_and_of_what_tells_none() -> None:
    assert methods.version(methods.Method("xz", "9")).startswith("Python 3.")
    assert methods.version(methods.Method("zstd", "3")).startswith("zstandard ")
    for entry in (methods.Command(("x",), ("x",), ("",)), methods.Command(("x",), ("x",), ("",), "", ("/no/such",))):
        assert methods.version(methods.Method("x", "", entry)) == "x"


def test_bytezip_is_measured_with_its_own_options(tmp_path: Path, text_model: Path) -> None:
    method = methods.Method("bytezip", "1", options={"model": str(text_model)})
    row = measure(sample(tmp_path, b"to be or not to be"), method, Effort(repeats=2, limit=60))
    assert (row.problem, row.method) == ("", "bytezip -1")
    assert 0 < row.coded < 60


def test_a_command_through_pipes_and_through_files(tmp_path: Path) -> None:
    copy = script(tmp_path, "copy", "write(read())")
    turn = script(tmp_path, "turn", "open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read()[::-1])")
    one = sample(tmp_path, b"some bytes")
    assert (measure(one, command(copy, copy), ONCE).coded, measure(one, command(copy, copy), ONCE).problem) == (10, "")
    files = methods.Command((turn, "{source}", "{target}"), (turn, "{source}", "{target}"), ("",))
    row = measure(one, methods.Method("peer", "", files), ONCE)
    assert (row.coded, row.problem) == (10, "")


def test_a_suffix_that_the_tool_adds(tmp_path: Path) -> None:
    add = script(tmp_path, "add", "open(sys.argv[2] + '.x', 'wb').write(open(sys.argv[1], 'rb').read())")
    copy = script(tmp_path, "copy", "write(read())")
    table = methods.Command((add, "{source}", "{target}"), (copy,), ("",), ".x")
    assert measure(sample(tmp_path, b"abc"), methods.Method("peer", "", table), ONCE).problem == ""


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("pass", "not restored: what came back differs"),
        ("open('/dev/full', 'wb', 0).write(read())", "exit code 1: OSError: [Errno 28] No space left on device"),
        ("import os, shutil; shutil.rmtree(os.getcwd())", "ended with exit code 1"),
        ("write(read()[:-1])", "not restored: what came back differs"),
        ("write(read() + b'x')", "not restored: what came back differs"),
        ("write(b'garbage')", "not restored: what came back differs"),
        ("sys.exit('it broke')", "exit code 1: it broke"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
    ],
)
def test_a_peer_that_fails_is_a_row(tmp_path: Path, body: str, problem: str) -> None:
    copy, bad = script(tmp_path, "copy", "write(read())"), script(tmp_path, "bad", body)
    row = measure(sample(tmp_path, b"bytes"), command(copy, bad), ONCE)
    assert (row.problem, row.coded) == (problem, 0)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("write(b'garbage')", "not restored: what came back differs"),
        ("sys.exit(3)", "exit code 3"),
        ("import os; os.abort()", "signal 6"),
        ("import os; os.unlink('packed'); os.mkdir('packed')", "compressed nothing"),
    ],
)
def test_a_peer_that_cannot_compress_is_a_row(tmp_path: Path, body: str, problem: str) -> None:
    copy, bad = script(tmp_path, "copy", "write(read())"), script(tmp_path, "bad", body)
    assert measure(sample(tmp_path, b"bytes"), command(bad, copy), ONCE).problem == problem


def test_a_disk_without_room_for_the_copy_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfile", full)
    assert measure(sample(tmp_path, b"bytes"), methods.Method("gzip", "9"), ONCE).problem == "no space left on device"


def test_a_report_that_is_cut_off_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text("import sys, pathlib\npathlib.Path(sys.argv[1]).with_suffix('.report').write_text('{')\n")
    monkeypatch.setattr("bytezip.bench.measure.CHILD", child)
    assert measure(sample(tmp_path, b"bytes"), methods.Method("gzip", "9"), ONCE).problem == "left no report"


def test_a_peer_that_hangs_is_a_row_and_leaves_no_process(tmp_path: Path) -> None:
    hang = tmp_path / "hang"
    hang.write_text('#!/bin/sh\necho $$ > "$0.mark"\nsleep 100\n')
    hang.chmod(0o755)
    row = measure(sample(tmp_path, b"bytes"), command(str(hang), str(hang)), Effort(limit=3))
    assert row.problem == "more than 3 s"
    assert is_gone(int((tmp_path / "hang.mark").read_text()))


def test_a_peer_that_is_not_there_and_a_library_that_is_not_installed(tmp_path: Path) -> None:
    one = sample(tmp_path, b"bytes")
    assert measure(one, command("/no/such/tool", "x"), ONCE).problem == "no such file or directory"
    assert measure(one, methods.Method("zstd", "3", missing=True), ONCE).problem == "not installed"


def test_each_run_is_timed_and_braces_are_filled_in(tmp_path: Path) -> None:
    say = script(tmp_path, "say", "write(' '.join(sys.argv[1:]).encode())")
    (tmp_path / "in").write_bytes(b"")
    task = {"command": [say, "-{level}", "-p{threads}"], "source": str(tmp_path / "in"), "level": "7", "threads": 2,
            "target": str(tmp_path / "out"), "repeats": 3}  # fmt: skip
    assert len(run_command(task)) == 3
    assert (tmp_path / "out").read_bytes() == b"-7 -p2"


def test_the_table_of_commands_can_be_extended_and_says_what_is_wrong(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text('[mine]\ncompress = "mine -{level}"\ndecompress = "mine -d"\nlevels = [1, 2]\n')
    known = methods.commands(table)
    assert {"mine", "zpaq", "cmix"} <= known.keys()
    assert [method.label for method in methods.choose(["mine", "mine:5"], known)] == ["mine -1", "mine -2", "mine -5"]
    assert all(method.missing for method in methods.choose(["mine"], known))
    for wrong in (
        "[a]\ncompress = 'x'\n",
        "[a]\ncompress = 'x {y}'\ndecompress = 'x'\n",
        "a = 1\n",
        "[",
        "[a]\ncompress = ''\ndecompress='x'\n",
    ):
        table.write_text(wrong)
        with pytest.raises(methods.MethodError):
            methods.commands(table)
    with pytest.raises(methods.MethodError, match="no compressor is called nonsense"):
        methods.choose(["nonsense"], methods.commands())


ROW = Measurement("f", "text", "xz -9e", 1000, 250, 0.5, 0.1, 2048, 1024)


def test_totals_are_sums_and_leave_failed_files_out() -> None:
    rows = [
        ROW,
        replace(ROW, file="g", raw=3000, coded=250, compress_seconds=1.5),
        replace(ROW, file="h", problem="lost"),
    ]
    (total,) = figures.in_total(rows)
    assert (total.files, total.raw, total.coded, total.ratio, total.bits_per_byte) == (2, 4000, 500, 8.0, 1.0)
    assert (total.compress_rate, total.compress_peak, total.problem) == (2.0, 2.0, "1 of 3 files failed")
    assert [line.name for line in figures.by_modality([*rows, replace(ROW, modality="log")])] == ["all text"]
    assert figures.in_total([replace(ROW, raw=0, coded=0, compress_seconds=0)])[0].ratio == 0


def test_the_formats_hold_the_same_figures() -> None:
    lines = figures.all_figures([ROW, replace(ROW, file="a|b", problem="it broke")])
    assert [entry["coded"] for entry in json.loads(figures.as_json(lines))] == [250, 0, 250, 250]
    read = list(csv.DictReader(io.StringIO(figures.as_csv(lines))))
    assert [line["coded"] for line in read] == ["250", "0", "250", "250"]
    markdown = figures.as_markdown(lines).splitlines()
    assert len({line.count("|") for line in markdown}) == 1
    assert "it broke" in markdown[3]


def test_synthetic_samples_are_the_same_in_every_run(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = samples.synthetic(tmp_path / "a"), samples.synthetic(tmp_path / "b")
    assert [each.path.read_bytes() for each in one] == [each.path.read_bytes() for each in other]
    assert len({each.modality for each in one}) == len(one) == 9
    kinds = {each.name: samples.modality(each.path) for each in one}
    assert (kinds["image"], kinds["audio"], kinds["code"]) == ("image", "audio", "code")


@pytest.mark.parametrize(
    ("points", "best"),
    [([], []), ([(1, 5), (2, 4), (3, 6), (0.5, 7)], [(0.5, 7), (3, 6)]), ([(1, 1), (1, 2), (1, 1)], [(1, 2)])],
)
def test_the_front_keeps_what_nothing_beats(points: list[tuple[float, float]], best: list[tuple[float, float]]) -> None:
    assert plot.front(points) == best


@pytest.mark.parametrize(("suffix", "begins"), [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_a_picture_is_drawn(tmp_path: Path, suffix: str, begins: bytes) -> None:
    target = tmp_path / f"front{suffix}"
    plot.draw(
        figures.all_figures([ROW, replace(ROW, method="bytezip -6", coded=100), replace(ROW, problem="x")]), target
    )
    assert target.read_bytes().startswith(begins)


def test_the_command_prints_a_table_of_files_and_folders(bytezip: Command) -> None:
    (bytezip.directory / "d").mkdir()
    (bytezip.directory / "d" / "empty").write_bytes(b"")
    (bytezip.directory / "words").write_bytes(b"to be or not to be " * 9)
    run = bytezip("bench", "--levels", "1", "--against", "gzip,xz:0", "words", "d")
    assert (run.code, run.err) == (0, "")
    for word in ("words", "empty", "bytezip -1", "gzip -9", "xz -0", "total"):
        assert word in run.out.decode()


def test_the_command_names_what_failed_and_goes_on(bytezip: Command) -> None:
    (bytezip.directory / "peers.toml").write_text("[false]\ncompress = 'false'\ndecompress = 'false'\n")
    (bytezip.directory / "words").write_bytes(b"to be")
    run = bytezip("bench", "--csv", "--levels=1", "--peers=peers.toml", "--against=false,gzip", "words", "nothere")
    rows = list(csv.DictReader(io.StringIO(run.out.decode())))
    assert [row["problem"] for row in rows if row["scope"] == "file"] == ["", "exit code 1", ""]
    assert run.lines == ["error: nothere: no such file or directory", "warning: words: false: exit code 1"]
    assert run.code == 1


def test_peers_that_are_not_installed_are_rows(bytezip: Command) -> None:
    (bytezip.directory / "peers.toml").write_text("[ghost]\ncompress = '/no/such/tool'\ndecompress = 'x'\n")
    (bytezip.directory / "words").write_bytes(b"to be")
    run = bytezip("bench", "--json", "--levels=1", "--peers=peers.toml", "--against=ghost", "words")
    assert run.lines == ["warning: words: ghost: not installed"]
    assert run.code == 2
    assert [(row["method"], row["files"]) for row in json.loads(run.out)][-2:] == [("bytezip -1", 1), ("ghost", 0)]
    alone = bytezip("bench", "--json", "--levels=1", "--against=", "words")
    assert (alone.code, alone.err, len(json.loads(alone.out))) == (0, "", 2)


def test_what_is_no_file_is_told_and_the_others_are_measured(bytezip: Command) -> None:
    os.mkfifo(bytezip.directory / "pipe")
    (bytezip.directory / "words").write_bytes(b"to be")
    run = bytezip("bench", "--markdown", "--levels=1", "--against=", "pipe", "words", "/dev/null")
    assert run.lines == ["error: pipe: not a regular file", "error: /dev/null: not a regular file"]
    assert run.code == 1
    assert "| words | bytezip -1 |" in run.out.decode()


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str | Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("os.scandir", denied)  # root, who may run this, could read any
    told: list[tuple[Path, str | None]] = []
    found = list(samples.collect([tmp_path], lambda path, error: told.append((path, error.strerror))))
    assert (found, told) == ([], [(tmp_path, "Permission denied")])


def test_names_tell_files_apart_and_are_text(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same").write_bytes(b"x")
    (tmp_path / "b" / os.fsdecode(b"\xff")).write_bytes(b"x")
    found = samples.collect([tmp_path / "a", tmp_path / "b"], lambda *_: pytest.fail("nothing is wrong here"))
    assert [each.name for each in found] == [str(tmp_path / "a/same"), str(tmp_path / "b/same"), "\\xff"]


def test_a_full_disk_is_told(bytezip: Command) -> None:
    (bytezip.directory / "words").write_bytes(b"to be")
    arguments = bytezip.line("bench", "--csv", "--levels=1", "--against=", "words")
    if os.path.exists("/dev/full"):
        run = bytezip.run(["sh", "-c", f"{shlex.join(arguments)} > /dev/full"])
        assert (run.code, run.lines) == (1, ["error: bench: no space left on device"])
    if shutil.which("prlimit"):
        (bytezip.directory / "words").write_bytes(os.urandom(200_000))
        run = bytezip.run(["prlimit", "--fsize=100000", *arguments])
        assert (run.code, run.lines) == (1, ["error: words: bytezip -1: file too large"])


def test_a_terminal_shows_what_is_measured_meanwhile(bytezip: Command) -> None:
    (bytezip.directory / "words").write_bytes(b"to be")
    ours, theirs = pty.openpty()
    line = bytezip.line("bench", "--csv", "--levels=1", "--against=gzip", "words")
    process = subprocess.Popen(line, stderr=theirs, stdout=subprocess.PIPE, cwd=bytezip.directory,
                               env={**os.environ, "TERM": "xterm", "COLUMNS": "150"})  # fmt: skip
    os.close(theirs)
    shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert b"words: gzip -9 ..." in shown
    assert b"bits/byte" in shown
    assert out.count(b"\n") == 5  # the heading, two of the file, two in total


def _read(terminal: int) -> bytes:
    """The end of a terminal is an error on Linux."""
    try:
        return os.read(terminal, 1 << 12)
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "--plot", "no/such/x.svg"], "bench: no/such/x.svg: its folder is not there"),
        (["--synthetic", "x"], "name files or folders"),
        ([], "name files or folders"),
        (["x", "--json", "--csv"], "--json, --csv and --markdown exclude"),
        (["x", "--levels", "0"], "--levels takes numbers"),
        (["x", "--levels", ""], "--levels takes numbers"),
        (["x", "--against", "nonsense"], "bench: no compressor is called nonsense"),
        (["x", "--plot", "x.gif"], "bench: x.gif: a picture is called"),
        (["void"], "bench: void: a folder without files"),
    ],
)
def test_a_wrong_request_is_told_before_anything_is_measured(bytezip: Command, arguments: list[str], said: str) -> None:
    (bytezip.directory / "void").mkdir()
    run = bytezip("bench", *arguments)
    assert (run.code, run.out) == (1, b"")
    assert run.lines[0].startswith(f"error: {said}")


def test_an_interrupt_prints_what_was_measured(bytezip: Command) -> None:
    (bytezip.directory / "words").write_bytes(b"to be")
    mark = bytezip.directory / "mark"
    slow = script(bytezip.directory, "slow", f"open({str(mark)!r}, 'w').close(); time.sleep(100)")
    (bytezip.directory / "peers.toml").write_text(f"[slow]\ncompress = '{slow}'\ndecompress = '{slow}'\n")
    process = bytezip.start("bench", "--csv", "--levels=1", "--peers=peers.toml", "--against=gzip,slow", "words")
    while not mark.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""
    assert [row["method"] for row in csv.DictReader(io.StringIO(out.decode()))][:2] == ["bytezip -1", "gzip -9"]
