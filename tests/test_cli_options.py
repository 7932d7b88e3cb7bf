"""Options: where output goes, what it is called, memory, blocks, holes, the environment; what contradicts itself."""

import contextlib
import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import typer
from conftest import Command, Run
from hypothesis import given
from hypothesis import strategies as st

from bytezip.cli.environment import default_options
from bytezip.cli.sizes import parse_size
from bytezip.cli.sparse import SparseSink, chunks, has_holes, may_have_holes
from bytezip.codec import compress
from bytezip.errors import MemoryLimitError
from bytezip.memory import BASE, MIB, TABLES, MemoryLimit, Sizes

TEXT = b"once upon a midnight dreary while i pondered weak and weary\n" * 4
PAGE = 4096


def with_environment(bytezip: Command, variables: dict[str, str], *arguments: str) -> Run:
    line = ["env", *(f"{name}={value}" for name, value in variables.items()), sys.executable, "-m", "bytezip"]
    return bytezip.run([*line, *arguments])


# Names.


def test_a_folder_for_outputs_mirrors_the_folders_given(bytezip: Command) -> None:
    here = bytezip.directory
    for name in ("a/b/1", "a/2", "3"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(TEXT)
    assert bytezip("-r", "--output-dir", "out/new", "a", "3").code == 0
    made = sorted(str(path.relative_to(here / "out")) for path in here.rglob("*.bytz"))
    assert made == ["new/3.bytz", "new/a/2.bytz", "new/a/b/1.bytz"]
    assert bytezip("-dr", "--output-dir", "back", "out").code == 0
    assert (here / "back/out/new/a/b/1").read_bytes() == TEXT


def test_two_sources_never_become_one_file(bytezip: Command) -> None:
    for name in ("a", "b"):
        (bytezip.directory / name).mkdir()
        (bytezip.directory / name / "f").write_bytes(name.encode())
    run = bytezip("-f", "--rm", "--output-dir", "out", "a/f", "b/f")
    assert (run.code, run.lines) == (1, ["error: a/f and b/f would both become out/f.bytz"])
    assert [(bytezip.directory / name / "f").exists() for name in ("a", "b")] == [True, True]
    assert not (bytezip.directory / "out").exists()


def test_a_folder_for_outputs_is_not_made_for_nothing(bytezip: Command) -> None:
    run = bytezip("--output-dir", "out", "absent")
    assert (run.code, run.lines) == (1, ["error: absent: no such file or directory"])
    (bytezip.directory / "f").write_bytes(TEXT)
    run = bytezip("--output-dir", "f/x", "f")
    assert (run.code, run.lines) == (1, ["error: f: not a directory"]) or "not a directory" in run.lines[0]
    assert [path.name for path in bytezip.directory.iterdir()] == ["f"]


def test_a_suffix_of_ones_own(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    assert bytezip("-S", ".z", "f").code == 0
    run = bytezip("-S", ".z", "f.z")
    assert (run.code, run.lines) == (2, ["warning: f.z: already has the suffix .z, skipped"])
    (bytezip.directory / "f").rename(bytezip.directory / "f.bytz")
    assert bytezip("-d", "f.z").lines == ["warning: f.z: unknown suffix (not .bytz), skipped"]
    assert bytezip("-d", "--suffix=.z", "f.z").code == 0
    assert (bytezip.directory / "f").read_bytes() == TEXT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-S", "", "f"], "-S takes the end of a file's name, such as .bytz, not ''"),
        (["-S", "a/b", "f"], "-S takes the end of a file's name, such as .bytz, not 'a/b'"),
        (["--output-dir", "d", "-o", "x", "f"], "--output-dir goes together with neither -o nor -c"),
        (["--output-dir", "d", "-c", "f"], "--output-dir goes together with neither -o nor -c"),
        (["-tl", "f"], "-t and -l exclude each other"),
        (["-0", "f"], "-0 is for names from a list: give it with --files"),
        (["--files", "absent"], "absent: No such file or directory"),
        (["--files", "."], ".: Is a directory"),
        (["--no-check", "f"], "--no-check cannot be had: checks are always on, at 4 bytes a block"),
        (["--block-size", "0", "f"], "--block-size takes 1 to 16777216 bytes, not 0"),
        (["--block-size", "17M", "f"], "--block-size takes 1 to 16777216 bytes, not 17825792"),
        (["--block-size", "-1", "f"], "--block-size takes a size such as 256KiB or 4M, not '-1'"),
        (["--restart", "often", "f"], "--restart takes a size such as 256KiB or 4M, not 'often'"),
        (["-M", "much", "f"], "-M takes a size such as 256KiB or 4M, not 'much'"),
    ],
)
def test_what_is_refused_before_any_work(bytezip: Command, arguments: list[str], said: str) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    run = bytezip(*arguments)
    assert (run.code, run.out) == (1, b"")
    assert [line.lower() for line in run.lines] == [f"error: {said}".lower()]
    assert [path.name for path in bytezip.directory.iterdir()] == ["f"]


# Sizes and memory.


@pytest.mark.parametrize(
    ("text", "size"),
    [("4096", 4096), ("4k", 4096), ("4KB", 4096), ("4KiB", 4096), ("4 ki", 4096), ("2M", 1 << 21), ("1gib", 1 << 30)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size("-M", text) == size


@pytest.mark.parametrize("text", ["", "k", "1.5M", "-1", "1e9", "0x10", "50%", "1 2", "9" * 20, "\u0661"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(typer.TyperException, match="takes a size"):
        parse_size("--block-size", text)


def test_a_share_of_the_memory() -> None:
    assert 0 < parse_size("-M", "50%", of_memory=True) * 2 <= parse_size("-M", "101%", of_memory=True)


def need(level: int, sizes: Sizes) -> int:
    """The least limit, in bytes, that a level passes."""
    low, high = 0, 1 << 32
    while high - low > 1:
        middle = (low + high) // 2
        try:
            passes = MemoryLimit(middle).to_compress(level, sizes, ENGINE)[0] == level
        except MemoryLimitError:
            passes = False
        low, high = (low, middle) if passes else (middle, high)
    return high


ENGINE = {"threads": 4}


def test_a_limit_lowers_the_level_as_far_as_it_must() -> None:
    sizes = Sizes(1 << 22, 1 << 20)
    needs = [need(level, sizes) for level in range(1, 10)]
    assert needs == sorted(needs)
    assert MemoryLimit().to_compress(9, Sizes(None, 1 << 20), ENGINE) == (9, ENGINE)
    assert MemoryLimit(needs[8]).to_compress(9, sizes, ENGINE) == (9, ENGINE)
    lower, _ = MemoryLimit(needs[8] - 1).to_compress(9, sizes, ENGINE)
    assert needs[lower - 1] < needs[8]
    assert needs[lower] == needs[8]
    with pytest.raises(MemoryLimitError, match="needs about"):
        MemoryLimit(needs[0] - 1).to_compress(9, sizes, ENGINE)


def test_a_limit_lowers_the_threads_that_work_on_sections() -> None:
    sizes = Sizes(1 << 24, 1 << 20, 1 << 22)
    one = need(6, sizes)
    threads = [MemoryLimit(BASE + count * (one - BASE)).to_compress(6, sizes, ENGINE)[1] for count in (1, 2, 3, 9)]
    assert threads == [{"threads": 1}, {"threads": 2}, {"threads": 3}, {"threads": 4}]


@given(st.integers(0, 1 << 26), st.integers(1, 1 << 24), st.integers(1, 9))
def test_what_grows_needs_no_less(size: int, block_size: int, level: int) -> None:
    needs = [need(level, Sizes(content, block_size)) for content in (size, size + 1, None)]
    assert needs == sorted(needs)


def test_limits_on_the_command_line(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    run = bytezip("-M", f"{BASE}", "f")
    assert run.code == 1
    assert re.fullmatch(rf"error: f: needs about \d+ MiB of memory, and the limit is {BASE // MIB} MiB", run.lines[0])
    low, high = (need(level, Sizes(None, 1 << 20)) for level in (1, 9))
    run = bytezip("-9", "-cM", str((low + high) // 2), stdin=TEXT)
    assert run.code == 0
    assert re.fullmatch(r"stdin: level [1-8] in place of 9, to keep below the memory limit", run.lines[0])
    assert bytezip("-dM", "1G", stdin=run.out).out == TEXT
    for line in (["-d"], ["cat"], ["test"]):
        refused = bytezip(*line, "-M", "70M", stdin=run.out)
        assert (refused.code, refused.out) == (1, b"")
        assert refused.lines[0].startswith("error: stdin: needs about ")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs the figures of Linux")
def test_the_table_of_memory_is_what_is_taken() -> None:
    script = Path(__file__).parent.parent / "benchmarks" / "memory.py"
    for profile, log in ((0, 17), (2, 24)):
        line = [sys.executable, str(script), "--child", str(profile), str(log)]
        taken = int(subprocess.run(line, capture_output=True, check=True).stdout)
        assert 0.9 * taken <= TABLES[profile][log] * MIB <= 1.1 * taken + 4 * MIB


def test_blocks_of_a_size(bytezip: Command) -> None:
    packed = bytezip("--block-size", "100", "--restart", "200", stdin=TEXT).out
    (bytezip.directory / "a").write_bytes(packed)
    assert bytezip("-dM", "500M", stdin=packed).out == TEXT
    told = json.loads(bytezip.run([sys.executable, "-m", "bytezip", "list", "--json", "a"]).out)
    assert [block["raw"] for block in told["blocks"]] == [100, 100, len(TEXT) - 200]


# Holes.


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3 * PAGE)), max_size=8), st.randoms())
def test_a_file_with_holes_reads_as_what_was_written(parts: list[tuple[bool, int]], random: object) -> None:
    """However the bytes are cut in pieces."""
    content = b"".join((b"x" if filled else b"\0") * size for filled, size in parts)
    name = f"/dev/shm/bytezip-{os.getpid()}" if Path("/dev/shm").is_dir() else f"bytezip-{os.getpid()}"
    cuts = sorted(random.randint(0, len(content)) for _ in range(4))  # type: ignore[attr-defined]
    try:
        with open(name, "wb") as stream:
            sink = SparseSink(stream)
            for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
                assert sink.write(content[start:end]) == end - start
            sink.flush()
        assert Path(name).read_bytes() == content
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 300_000)), max_size=5), st.integers(0, 5000))
def test_a_file_with_holes_is_read_as_what_it_holds(parts: list[tuple[bool, int]], skipped: int) -> None:
    """From wherever reading begins, and with a hole at either end."""
    with tempfile.TemporaryFile() as stream:
        for filled, size in parts:
            if filled:
                stream.write(b"x" * size)
            else:
                stream.seek(size, os.SEEK_CUR)
        stream.truncate()
        stream.flush()
        stream.seek(0)
        content = stream.read()
        stream.seek(skipped)
        assert b"".join(chunks(stream)) == content[skipped:]
        if has_holes(stream):
            assert os.lseek(stream.fileno(), 0, os.SEEK_CUR) == max(skipped, len(content))


def test_a_file_system_that_tells_nothing_of_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of the kernel's own files, whose sizes are no sizes, too."""
    (tmp_path / "f").write_bytes(TEXT)
    os.truncate(tmp_path / "f", 200_000)
    seek = os.lseek

    def ignorant(number: int, position: int, whence: int) -> int:
        if whence == os.SEEK_DATA:
            raise OSError(errno.EINVAL, "invalid argument")
        return seek(number, position, whence)

    monkeypatch.setattr(os, "lseek", ignorant)
    with (tmp_path / "f").open("rb") as stream:
        assert b"".join(chunks(stream)) == TEXT.ljust(200_000, b"\0")
    system = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    monkeypatch.undo()
    if system.exists():
        with system.open("rb") as stream:
            assert b"".join(chunks(stream)) == system.read_bytes()


def test_what_has_holes(tmp_path: Path) -> None:
    with (tmp_path / "f").open("w+b") as stream:
        assert not has_holes(stream)
        stream.write(TEXT)
        stream.flush()
        os.fsync(stream.fileno())
        assert not has_holes(stream)
        stream.truncate(1 << 20)
        assert has_holes(stream)
        assert [len(piece) for piece in chunks(stream)][-1] <= 1 << 20
    ours, theirs = os.pipe()
    os.close(theirs)
    with os.fdopen(ours, "rb") as stream:
        assert not has_holes(stream)


def test_where_holes_may_be(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old content")
    with path.open("r+b") as stream:
        assert not may_have_holes(stream)  # a hole would leave what is there
        stream.seek(0, os.SEEK_END)
        assert may_have_holes(stream)
    with path.open("ab") as stream:
        assert not may_have_holes(stream)
    with open(os.devnull, "wb") as stream:
        assert not may_have_holes(stream)


def room_of(path: Path) -> int:
    """Bytes on disk; what was not yet given a place there does not count."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
        return os.fstat(stream.fileno()).st_blocks * 512


def test_zeros_become_holes_in_files_and_on_demand_in_stdout(bytezip: Command, text_model: Path) -> None:
    here = bytezip.directory
    content = b"begin" + bytes(6 * PAGE) + b"end" + bytes(6 * PAGE)
    (here / "f.bytz").write_bytes(compress(content, 1, model=text_model))
    assert bytezip("-d", "f.bytz").code == 0
    assert bytezip("-d", "--no-sparse", "-o", "full", "f.bytz").code == 0
    line = " ".join(bytezip.line("-dc", "f.bytz"))
    script = f"{line} > plain; {line} --sparse > holes; (printf at; {line} --sparse) > after; {line} --sparse >> full"
    assert bytezip.run(["sh", "-c", script]).code == 0
    expected = {"f": content, "plain": content, "holes": content, "after": b"at" + content, "full": content + content}
    for name, bytes_there in expected.items():
        assert (here / name).read_bytes() == bytes_there, name
    room = {name: room_of(here / name) for name in expected}
    if room["f"] >= len(content):
        pytest.skip("this file system makes no holes")
    assert room["plain"] >= len(content)
    assert room["full"] >= 2 * len(content)
    assert max(room["holes"], room["after"]) < len(content) // 2


# The environment.

WITH_VALUE = {"-T", "--threads", "--level", "-S", "--suffix"}
KNOWN = {*WITH_VALUE, "-q", "-v", "--quiet", "-d"}


@pytest.mark.parametrize(
    ("text", "mine", "taken"),
    [
        ("", KNOWN, []),
        ("-9 -qvT4", KNOWN, ["--level=9", "-q", "-v", "-T4"]),
        ("-T 4 --quiet", KNOWN, ["-T", "4", "--quiet"]),
        ("--fast -S '.a b'", KNOWN, ["--level=1", "-S", ".a b"]),
        ("-9 -T 4 -q", {"-q"}, ["-q"]),
        ("--threads=4 -v", {"--threads"}, ["--threads=4"]),
    ],
)
def test_default_options(text: str, mine: set[str], taken: list[str]) -> None:
    assert default_options(text, WITH_VALUE, KNOWN, mine) == taken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file", "takes options only, not 'file'"),
        ("--", "takes options only, not '--'"),
        ("-q -T", "option -T requires an argument"),
        ("--nonsense", "no such option: --nonsense"),
        ("-x", "no such option: -x"),
        ("'open", "no closing quotation"),
    ],
)
def test_wrong_default_options(text: str, said: str) -> None:
    with pytest.raises(typer.TyperException, match=f"BYTEZIP_OPT.*{re.escape(said)}"):
        default_options(text, WITH_VALUE, KNOWN, KNOWN)


def test_the_environment_stands_before_the_command_line(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    variables = {"BYTEZIP_OPT": "-9v -S .z", "BYTEZIP_MODEL": str(bytezip.model)}
    told = with_environment(bytezip, variables, "-4", "f")
    assert (told.code, len(told.lines)) == (0, 1)
    assert (bytezip.directory / "f.z").read_bytes() == compress(TEXT, 4, model=bytezip.model)
    assert with_environment(bytezip, variables, "list", "f.z").code == 0  # it has no -9 and no -S
    wrong = with_environment(bytezip, {"BYTEZIP_OPT": "f"}, "list", "f.z")
    assert (wrong.code, wrong.lines) == (1, ["error: BYTEZIP_OPT takes options only, not 'f'"])


# What is told.


def test_verdicts_as_json(bytezip: Command, text_model: Path) -> None:
    packed = compress(TEXT, model=text_model)
    contents = {"good": packed, "tail": packed + b"tail", "cut": packed[:-1], "other": TEXT}
    for name, content in contents.items():
        (bytezip.directory / name).write_bytes(content)
    run = bytezip("test", "--json", *contents, "absent")
    assert run.code == 1
    told = {verdict["file"]: verdict for verdict in map(json.loads, run.out.splitlines())}
    keys = ["file", "sound", "compressed", "raw", "trailing_garbage", "error", "message"]
    assert all(list(verdict) == keys for verdict in told.values())
    good = {"compressed": len(packed), "raw": len(TEXT), "trailing_garbage": False, "error": None, "message": None}
    assert told["good"] == {"file": "good", "sound": True, **good}
    assert (told["tail"]["sound"], told["tail"]["trailing_garbage"]) == (True, True)
    errors = {name: verdict["error"] for name, verdict in told.items() if not verdict["sound"]}
    assert errors == {"cut": "truncated", "other": "not_bytezip", "absent": "system"}


def test_one_report_at_the_end(bytezip: Command) -> None:
    for name in ("a", "b", "c.bytz"):
        (bytezip.directory / name).write_bytes(TEXT)
    run = bytezip("-v", "a", "b", "c.bytz", "absent")
    assert run.code == 1
    last = run.lines[-1]
    assert last.startswith(f"4 files (2 done, 1 failed, 1 skipped): {2 * len(TEXT):,} B raw, ")
    assert len(bytezip("-fv", "a").lines) == 1


def test_what_other_names_or_rights_hang_on_is_refused(bytezip: Command) -> None:
    here = bytezip.directory
    for name in ("a", "b", "c"):
        (here / name).write_bytes(TEXT)
    os.link(here / "a", here / "other")
    (here / "b").chmod(0o4755)
    (here / "c").chmod(0o1644)
    run = bytezip("a", "b", "c")
    assert run.code == 1
    assert run.lines == [
        "error: a: has other hard links",
        "error: b: has the setuid, setgid or sticky bit",
        "error: c: has the setuid, setgid or sticky bit",
    ]
    assert list(here.glob("*.bytz")) == []
    assert bytezip("-c", "a").code == 0
    assert bytezip("-f", "a", "b").code == 0
    assert (here / "b.bytz").stat().st_mode & 0o7777 == 0o755
