"""Real programs around the command: what users of gzip, xz and zstd do every day. And file systems that fail."""

import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Command, Run

from bytezip.codec import compress

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 20
MIB = 1 << 20


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@pytest.fixture
def installed(bytezip: Command) -> Command:
    """With `bytezip` as a program in a folder of its own, and TEXT in "f"."""
    program = bytezip.directory / "bin" / "bytezip"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(bytezip.line())} "$@"\n')
    program.chmod(0o755)
    (bytezip.directory / "f").write_bytes(TEXT)
    return bytezip


def shell(command: Command, script: str, program: str = "sh") -> Run:
    """A script that finds `bytezip` by its name, and stops at its first failure."""
    return command.run(["env", f"PATH={command.directory / 'bin'}:{os.environ['PATH']}", program, "-ec", script])


# Programs.


@needs("find", "xargs")
def test_find_and_xargs_hand_over_any_name(installed: Command) -> None:
    here = installed.directory
    names = ["with blank", "new\nline", "-dash", "*", "'quote", "\udcff"]
    (here / "d").mkdir()
    for name in names:
        (here / "d" / name).write_bytes(os.fsencode(name))
    run = shell(installed, "find d -type f -print0 | bytezip --rm --files -0 -")
    assert (run.code, run.out, run.err) == (0, b"", "")
    assert sorted(path.name for path in (here / "d").iterdir()) == sorted(f"{name}.bytz" for name in names)
    run = shell(installed, "find d -name '*.bytz' -print0 | xargs -0 -n 2 -P 3 bytezip -d --rm --")
    assert (run.code, run.out, run.err) == (0, b"", "")
    assert {path.name: path.read_bytes() for path in (here / "d").iterdir()} == {
        name: os.fsencode(name) for name in names
    }


@needs("dd", "cat")
def test_partial_reads_of_any_size(installed: Command) -> None:
    """`dd` with blocks of a few bytes, on both sides."""
    run = shell(installed, "dd if=f bs=7 status=none | bytezip | dd obs=3 ibs=5 status=none | bytezip -d | dd bs=11")
    assert (run.code, run.out) == (0, TEXT)


@needs("mkfifo", "bash", "cmp")
def test_named_pipes_and_process_substitution(installed: Command) -> None:
    run = shell(
        installed,
        """
        mkfifo in out
        cat f > in &
        bytezip -c in > out &
        cat out | bytezip -d | cmp - f
        cmp f <(bytezip -dc <(bytezip -c f))
        bytezip -c <(printf one) > >(bytezip -d > last)
        wait $!
        """,
        "bash",
    )
    assert (run.code, run.out, run.err) == (0, b"", "")
    assert (installed.directory / "last").read_bytes() == b"one"


@needs("tar")
def test_tar_by_the_suffix_of_an_archive(installed: Command) -> None:
    run = shell(installed, "tar --use-compress-program='bytezip -1' -cf - f | bytezip -dc | tar -tf -")
    assert (run.code, run.out, run.err) == (0, b"f\n", "")


@needs("rsync", "cmp")
def test_an_archive_that_was_copied_in_parts(installed: Command) -> None:
    """rsync goes on where a transfer broke off; until then, the archive is told to be truncated."""
    here = installed.directory
    (here / "f").write_bytes(os.urandom(50_000))
    assert installed("-1", "f").code == 0
    (here / "far").mkdir()
    (here / "far" / "f.bytz").write_bytes((here / "f.bytz").read_bytes()[:20_000])
    run = shell(installed, "bytezip test far/f.bytz")
    assert (run.code, run.lines) == (1, ["error: far/f.bytz: truncated: no end found"])
    run = shell(installed, "rsync --append-verify -t f.bytz far/ && bytezip -d far/f.bytz && cmp f far/f")
    assert (run.code, run.out, run.err) == (0, b"", "")
    assert (here / "far" / "f").stat().st_mtime_ns == (here / "f").stat().st_mtime_ns


@needs("less")
def test_less_reads_archives_by_its_preprocessor(installed: Command) -> None:
    assert installed("f").code == 0
    run = shell(installed, "LESSOPEN='|bytezip cat -q %s' less f.bytz | cat")
    assert (run.code, run.out, run.err) == (0, TEXT, "")


def test_pairs_of_filters_with_a_slow_link(installed: Command) -> None:
    """As over ssh: the far side gets a few bytes at a time, with pauses, and its end is not known in advance."""
    with subprocess.Popen(installed.line("-d"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as far:
        assert far.stdin
        assert far.stdout
        packed = compress(TEXT, model=installed.model)
        for start in range(0, len(packed), 40):
            far.stdin.write(packed[start : start + 40])
            far.stdin.flush()
            time.sleep(0.001)
        far.stdin.close()
        assert far.stdout.read() == TEXT
    assert far.returncode == 0


def zeros(installed: Command, size: int, *options: str) -> None:
    """There and back, as holes on both ends."""
    here = installed.directory
    with (here / "zeros").open("wb") as stream:
        stream.truncate(size)
    for arguments in (["-1", *options, "zeros"], ["-df", "zeros.bytz"]):
        line = ["timeout", "600", *installed.line(*arguments)]
        assert subprocess.run(line, cwd=here, check=False).returncode == 0
    assert (here / "zeros.bytz").stat().st_size < 100 + size // 10_000
    status = (here / "zeros").stat()
    assert status.st_size == size
    assert status.st_blocks * 512 <= size // 2


def test_a_sparse_file_of_zeros(installed: Command) -> None:
    """Blocks that are coded, for they are short, and not a whole count of them."""
    zeros(installed, MIB // 16 + 3, "--block-size", "30KiB")


@pytest.mark.slow
def test_five_gigabytes_of_zeros(installed: Command) -> None:
    """Beyond every 32-bit count, also of a sum of block sizes. Whole blocks of zeros are not coded, but told."""
    zeros(installed, (5 << 30) + 1)


# File systems that fail.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=64k", "bytezip-test", str(place)]
    if os.geteuid() != 0 or not shutil.which("mount") or subprocess.run(line, capture_output=True).returncode != 0:  # noqa: PLW1510
        pytest.skip("nothing can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_in_the_middle(installed: Command, small_disk: Path) -> None:
    here = installed.directory
    content = os.urandom(200_000)
    (here / "g").write_bytes(content)
    (here / "g.bytz").write_bytes(installed("-1c", "g").out)
    for arguments in (["--rm", "--output-dir", str(small_disk), "g"], ["-d", "-o", str(small_disk / "out"), "g.bytz"]):
        run = installed(*arguments)
        assert run.code == 1
        assert len(run.lines) == 1
        assert run.lines[0].endswith("no space left on device")
        assert list(small_disk.iterdir()) == []
    assert (here / "g").read_bytes() == content
    run = shell(installed, f"bytezip -dc g.bytz > {small_disk}/out")
    assert (run.code, run.lines) == (1, ["error: g.bytz: no space left on device"])


def test_a_read_only_place(installed: Command, small_disk: Path) -> None:
    (small_disk / "f").write_bytes(TEXT)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    run = installed(str(small_disk / "f"))
    assert (run.code, run.lines) == (1, [f"error: {small_disk}: read-only file system"])
    assert installed("--output-dir", "out", str(small_disk / "f")).code == 0


@pytest.mark.parametrize("grows", [True, False])
def test_a_file_that_grows_or_shrinks_while_it_is_read(installed: Command, grows: bool) -> None:
    """What was read is what is stored, the user is told, and the source stays. The file changes behind a full pipe."""
    here = installed.directory
    (here / "g").write_bytes(b"a" * 300_000)
    os.mkfifo(here / "gate")
    line = [*installed.line("-1", "--rm", "--block-size", "4096", "g")]
    code = (
        "import os, runpy, sys; from bytezip.cli import transfer; chunks = transfer.chunks\n"
        "def slow(stream):\n"
        "    for piece in chunks(stream):\n"
        "        yield piece\n"
        "        if not slow.waited: slow.waited = open('gate').read()\n"
        "slow.waited = ''; transfer.chunks = slow; sys.argv[0] = 'bytezip'\n"
        "runpy.run_module('bytezip', run_name='__main__', alter_sys=False)"
    )

    def change() -> None:
        with (here / "gate").open("w") as gate:  # opens when the first piece was read
            if grows:
                with (here / "g").open("ab") as more:
                    more.write(b"b" * 1000)
            else:
                os.truncate(here / "g", 100_000)
            gate.write("go")

    changer = threading.Thread(target=change)
    changer.start()
    run = installed.run([line[0], "-c", code, *line[3:]])
    changer.join()
    assert (run.code, run.lines) == (2, ["warning: g: changed while it was read; what was read is what is stored"])
    assert (here / "g").stat().st_size == (301_000 if grows else 100_000)
    back = installed("-dc", "g.bytz").out
    assert back == b"a" * 300_000 + b"b" * 1000 if grows else back == b"a" * len(back)
