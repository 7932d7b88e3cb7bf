"""Pipes, terminals and signals."""

import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Command

from bytezip.codec import compress

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 20


def test_a_pipe_through_both_filters(bytezip: Command) -> None:
    line = " ".join(map(shlex.quote, bytezip.line()))
    run = bytezip.run(["sh", "-c", f"(printf 'pieces '; sleep 0.2; printf 'of it') | {line} | {line} -d - | cat"])
    assert (run.code, run.out, run.err) == (0, b"pieces of it", "")
    members = bytezip("-9", stdin=b"one ").out + bytezip("--fast", stdin=b"").out + bytezip("-", stdin=b"two").out
    assert bytezip("d", stdin=members).out == b"one two"
    run = bytezip("-d", stdin=members + b"!")
    assert (run.code, run.out, run.lines) == (2, b"one two", ["warning: stdin: trailing garbage ignored"])


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        (b"", "truncated: the input is empty"),
        (b"plain text", "not a bytezip file"),
        (b"\xbfbz\0", "truncated: no end found"),
    ],
)
def test_bad_streams(bytezip: Command, stdin: bytes, said: str) -> None:
    run = bytezip("-d", stdin=stdin)
    assert (run.code, run.out, run.lines) == (1, b"", [f"error: stdin: {said}"])


@pytest.mark.skipif(not shutil.which("tar"), reason="needs tar")
def test_tar_uses_it_both_ways(bytezip: Command) -> None:
    here = bytezip.directory
    folder = here / "folder"
    folder.mkdir()
    (folder / "f").write_bytes(TEXT)
    command = here / "bytezip"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(bytezip.line())} "$@"\n')
    command.chmod(0o755)
    for arguments in (["-I", str(command), "-cf", "a.tar.bytz", "folder"], ["-I", str(command), "-tf", "a.tar.bytz"]):
        run = bytezip.run(["tar", *arguments])
        assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [b"folder/", b"folder/f"]
    (folder / "f").unlink()
    assert bytezip.run(["tar", "-I", str(command), "-xf", "a.tar.bytz"]).code == 0
    assert (folder / "f").read_bytes() == TEXT
    assert (here / "a.tar.bytz").read_bytes()[:3] == b"\xbfbz"


# Terminals.


def on_terminal(command: Command, *arguments: str, stream: str) -> tuple[int, str, bytes]:
    """Runs with one stream on a terminal; returns the exit code, what the terminal showed, and what stderr held."""
    ours, theirs = pty.openpty()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, stream: theirs}
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command.line(*arguments), cwd=command.directory, env=environment, **streams) as process:  # type: ignore[call-overload]
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # how Linux says that the other side has gone
            pass
        err = process.stderr.read() if process.stderr else b""
        os.close(ours)
        return process.wait(), shown.decode(errors="replace"), err


def test_no_compressed_data_to_or_from_a_terminal(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    for arguments, stream, said in [
        (["-c", "f"], "stdout", "compressed data is not written to a terminal"),
        ([], "stdout", "compressed data is not written to a terminal"),
        (["-d"], "stdin", "compressed data is not read from a terminal"),
    ]:
        code, shown, err = on_terminal(bytezip, *arguments, stream=stream)
        assert (code, shown) == (1, "")
        error, hint = err.decode().splitlines()
        assert error.endswith(said)
        assert hint.startswith("bytezip: hint: ")


def test_plain_text_may_go_to_a_terminal(bytezip: Command) -> None:
    (bytezip.directory / "f.bytz").write_bytes(compress(b"hello", model=bytezip.model))
    assert on_terminal(bytezip, "-dc", "f.bytz", stream="stdout") == (0, "hello", b"")


def test_progress_is_shown_on_a_terminal_and_not_with_quiet(bytezip: Command) -> None:
    (bytezip.directory / "[f]").write_bytes(TEXT * 100)
    for arguments in (["[f]"], ["-d", "-o", "back", "[f].bytz"]):
        code, shown, _ = on_terminal(bytezip, *arguments, stream="stderr")
        assert code == 0
        assert all(part in shown for part in ("[f]", "%", " B ", "KB/s", "ratio ")), shown
    assert on_terminal(bytezip, "-qf", "[f]", stream="stderr")[:2] == (0, "")


def test_several_files_show_a_total(bytezip: Command) -> None:
    for name in ("a", "b"):
        (bytezip.directory / name).write_bytes(TEXT * 50)
    code, shown, _ = on_terminal(bytezip, "a", "b", stream="stderr")
    assert code == 0
    assert "1 of 2 files" in shown
    assert "2 of 2 files" in shown
    assert "2 files (2 done): " in shown  # one report at the end


# Ends that come too early.


def test_a_broken_pipe_is_no_news(bytezip: Command) -> None:
    """Ends as gzip does, killed by SIGPIPE and without a word."""
    process = bytezip.start()
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.write(os.urandom(1 << 16))
    process.stdin.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == -signal.SIGPIPE


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_and_closed_streams_are_told_once(bytezip: Command) -> None:
    line = shlex.join(bytezip.line())
    for redirection, said in {
        ">/dev/full": "stdin: no space left on device",
        ">&-": "stdin: stdout is closed",
        "<&-": "stdin: stdin is closed",
    }.items():
        run = bytezip.run(["sh", "-c", f"{line} {redirection}"], stdin=b"x")
        assert (run.code, run.lines) == (1, [f"error: {said}"])


def wait_for_output(directory: Path) -> None:
    """Until the unfinished file of a command is there."""
    deadline = time.monotonic() + 30
    while not list(directory.glob(".bytezip-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_leaves_nothing_behind(bytezip: Command, number: signal.Signals) -> None:
    before = signal.signal(number, lambda *_: None)  # a signal that is ignored here would be ignored there, too
    process = bytezip.start("-o", "out")
    signal.signal(number, before)
    wait_for_output(bytezip.directory)
    process.send_signal(number)
    assert process.communicate() == (b"", b"")
    assert process.returncode == 128 + number
    assert list(bytezip.directory.iterdir()) == []


def test_nohup_is_heeded(bytezip: Command) -> None:
    code = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    line = [sys.executable, "-c", code, *bytezip.line("-o", "out")]
    with subprocess.Popen(line, stdin=subprocess.PIPE, cwd=bytezip.directory) as process:
        wait_for_output(bytezip.directory)
        process.send_signal(signal.SIGHUP)
        process.communicate(TEXT)
    assert process.returncode == 0
    assert bytezip("-dc", "out").out == TEXT
