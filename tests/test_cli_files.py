"""Files on the command line: what is made, what is kept, what is refused; never half a file, never a lost source."""

import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Command

from bytezip.cli import paths, sparse, transfer
from bytezip.cli.console import Console
from bytezip.cli.transfer import Options
from bytezip.codec import compress
from bytezip.container.layout import HEADER_SIZE
from bytezip.errors import BytezipError, CorruptError

TEXT = b"the quick brown fox jumps over the lazy dog\n" * 20
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def listing(directory: Path) -> dict[str, Any]:
    """Everything below a directory that could be damaged: names, kinds, contents, modes, times."""
    return {
        str(path.relative_to(directory)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.lstat().st_ino,
            path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None,
        )
        for path in directory.rglob("*")
    }  # fmt: skip


@contextmanager
def nothing_changes(directory: Path) -> Iterator[None]:
    before = listing(directory)
    yield
    assert {name: seen for name, seen in listing(directory).items() if name in before} == before
    assert listing(directory).keys() == before.keys()


@pytest.fixture
def archive(text_model: Path) -> bytes:
    return compress(TEXT, model=text_model)


# What is made.


def test_files_come_back_with_content_mode_and_time(bytezip: Command) -> None:
    contents = {"empty": b"", "one": b"a", "text": TEXT, "all bytes": bytes(range(256)), "-odd\nname": b"x" * 300}
    for name, content in contents.items():
        path = bytezip.directory / name
        path.write_bytes(content)
        path.chmod(0o640)
        os.utime(path, ns=(10**18, 10**18 + 123_456_700))
    before = listing(bytezip.directory)
    assert bytezip("--", *contents).code == 0
    made = listing(bytezip.directory)
    assert {name: made[name] for name in before} == before
    assert made.keys() == before.keys() | {f"{name}.bytz" for name in contents}
    for name in contents:
        (bytezip.directory / name).unlink()
    assert bytezip("decompress", "--", *(f"{name}.bytz" for name in contents)).code == 0
    for name, content in contents.items():
        path = bytezip.directory / name
        assert path.read_bytes() == content
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert path.stat().st_mtime_ns == 10**18 + 123_456_700


def test_every_way_of_naming_the_output(bytezip: Command) -> None:
    source = bytezip.directory / "f"
    source.write_bytes(TEXT)
    first = bytezip("compress", "-c", "f")
    assert bytezip("-9", "-o", "named", "f").code == 0
    (bytezip.directory / "both").write_bytes(first.out + (bytezip.directory / "named").read_bytes())
    for arguments in (["d", "-o", "-", "both"], ["x", "-c", "both"], ["-dc", "both"]):
        assert bytezip(*arguments).out == TEXT + TEXT
    assert bytezip("-d", "-o", "back", "named").code == 0
    assert (bytezip.directory / "back").read_bytes() == TEXT
    assert source.read_bytes() == TEXT


def test_verbose_tells_sizes_and_quiet_tells_nothing(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    line = bytezip("-v", "f").lines[0]
    size = (bytezip.directory / "f.bytz").stat().st_size
    assert line.startswith(f"f: {len(TEXT):,} B raw, {size:,} B coded, ratio {len(TEXT) / size:.3f}, ")
    assert f" {8 * size / len(TEXT):.3f} bits per byte, " in line
    quiet = bytezip("-q", "f.bytz")
    assert (quiet.code, quiet.err) == (2, "")


def test_force_replaces_and_follows(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    (bytezip.directory / "link").symlink_to("f")
    (bytezip.directory / "f.bytz").write_bytes(b"old")
    assert bytezip("-f", "f", "link").code == 0
    assert bytezip("-dc", "f.bytz", "link.bytz").out == TEXT + TEXT


# What is refused.


def test_bad_sources_are_told_one_by_one_and_do_not_stop_the_others(bytezip: Command) -> None:
    here = bytezip.directory
    (here / "good").write_bytes(TEXT)
    (here / "folder").mkdir()
    (here / "link").symlink_to("good")
    (here / "taken").write_bytes(TEXT)
    (here / "taken.bytz").write_bytes(b"precious")
    os.mkfifo(here / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(here / "socket"))
    long_name = "n" * 253
    (here / long_name).write_bytes(b"x")
    before = listing(here)
    run = bytezip("missing", "folder", "/dev/null", "fifo", "socket", "link", "taken", long_name, "good")
    assert run.code == 1
    assert run.lines == [
        "error: missing: no such file or directory",
        "error: folder: is a directory",
        "error: /dev/null: is a device",
        "error: fifo: is not a regular file",
        "error: socket: is not a regular file",
        "error: link: is a symbolic link",
        "error: taken: taken.bytz exists",
        f"error: {long_name}.bytz: file name too long",
    ]
    assert bytezip("-dc", "good.bytz").out == TEXT
    (here / "good.bytz").unlink()
    assert listing(here) == before


def test_bad_outputs_are_refused_before_any_work(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    (bytezip.directory / "folder").mkdir()
    (bytezip.directory / "link").symlink_to("f")
    for output, said in {
        "nowhere/x": "nowhere: no such file or directory",
        "folder": "folder is not a regular file",
        "/dev/null": "/dev/null is not a regular file",
        "f": "f is both source and output",
        "link": "link is both source and output",
        "f/x": "f/x: not a directory",
    }.items():
        with nothing_changes(bytezip.directory):
            run = bytezip("-f", "-o", output, "f")
        assert run.code == 1
        assert len(run.lines) == 1
        assert run.lines[0].endswith(said)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
def test_what_may_not_be_read_or_written_is_refused(bytezip: Command) -> None:
    here = bytezip.directory
    (here / "secret").write_bytes(TEXT)
    (here / "secret").chmod(0)
    (here / "closed").mkdir()
    (here / "closed" / "f").write_bytes(TEXT)
    (here / "closed").chmod(0o500)
    humble = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    run = bytezip.run([*humble, *bytezip.line("secret", "closed/f")])
    assert run.code == 1
    assert run.lines == ["error: secret: permission denied", "error: closed: permission denied"]
    (here / "closed").chmod(0o700)
    assert [path.name for path in (here / "closed").iterdir()] == ["f"]


def test_damaged_archives_leave_no_file(bytezip: Command, archive: bytes) -> None:
    """Cut at every byte, and every bit flipped, in one small archive: one line each, and no output."""
    here = bytezip.directory
    small = compress(b"hello, hello", model=bytezip.model)
    cut = [small[:size] for size in range(len(small))]
    flipped = [
        small[: bit // 8] + bytes([small[bit // 8] ^ 1 << bit % 8]) + small[bit // 8 + 1 :]
        for bit in range(8 * len(small))
    ]
    names = []
    for number, data in enumerate([*cut, *flipped]):
        names.append(f"{number}.bytz")
        (here / names[-1]).write_bytes(data)
    with nothing_changes(here):
        run = bytezip("-d", *names)
    assert run.code == 1
    assert [line.split(":")[1].strip() for line in run.lines] == names
    assert all(line.startswith("error: ") for line in run.lines)
    assert all("truncated" in line for line in run.lines[: len(cut)])

    variants = {
        "other.bytz": (b"GIF89a" + archive, "not a bytezip file"),
        "newer.bytz": (archive[:3] + b"\x0f" + archive[4:], "format version 15 is not known to this bytezip"),
        "model.bytz": (archive[:4] + b"\xaa\xbb\xcc" + archive[HEADER_SIZE:], "model aabbcc is missing"),
        "large.bytz": (
            archive[:HEADER_SIZE] + b"\1" + b"\x80" * 8 + b"\1",
            "corrupt: a block size is beyond all bounds",
        ),
    }
    for name, (data, _) in variants.items():
        (here / name).write_bytes(data)
    with nothing_changes(here):
        run = bytezip("-d", *variants)
    assert run.code == 1
    assert run.lines == [f"error: {name}: {said}" for name, (_, said) in variants.items()]


def test_warnings_are_exit_code_two(bytezip: Command, archive: bytes) -> None:
    here = bytezip.directory
    (here / "a.bytz").write_bytes(archive + b"garbage")
    (here / "b.txt").write_bytes(archive)
    assert bytezip("a.bytz").lines == ["warning: a.bytz: already has the suffix .bytz, skipped"]
    run = bytezip("-d", "--rm", "b.txt", "a.bytz")
    assert run.code == 2
    assert run.lines == [
        "warning: b.txt: unknown suffix (not .bytz), skipped",
        "warning: a.bytz: trailing garbage ignored",
    ]
    assert (here / "a").read_bytes() == TEXT
    assert (here / "a.bytz").exists()  # what is not understood is not thrown away


def test_a_model_or_engine_that_cannot_be_had(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(TEXT)
    with nothing_changes(bytezip.directory):
        for arguments, said in {
            ("--model", "nowhere"): "cannot read model nowhere: No such file or directory",
            ("--model", "f"): "f is not a bytezip model",
            ("--engine", "magic"): "unknown engine 'magic': choose from auto, native, torch",
            ("--device", "tpu"): "unknown device 'tpu': choose from auto, cpu, cuda, mps",
        }.items():
            run = bytezip(*arguments, "f")
            assert run.code == 1
            assert [line.lower() for line in run.lines] == [f"error: f: {said}".lower()]


# What happens to the source, seen from inside: these need a moment that a command line cannot wait for.


@pytest.fixture
def inside(text_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Console]:
    """Runs a transfer in this process, in `tmp_path`, with options by name."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *, model: Path, **given: Any) -> Console:
        options: dict[str, Any] = {
            "decompress": False, "level": 6, "output": None, "to_stdout": False, "remove": False, "force": False,
        }  # fmt: skip
        console = Console()
        transfer.transfer(name, Options(**options | given, engine={"model": model}), console)
        return console

    return partial(run, model=text_model)


def test_a_source_goes_only_after_its_output_was_read_back(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "f"
    source.write_bytes(TEXT)
    inside("f", remove=True)
    assert not source.exists()
    inside("f.bytz", remove=True, decompress=True)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert source.read_bytes() == TEXT

    monkeypatch.setattr(transfer, "restore", lambda *_, **__: iter([TEXT[:-1], b"?"]))
    with pytest.raises(transfer.TransferError):
        inside("f", remove=True)
    assert source.read_bytes() == TEXT


def test_of_several_sources_only_those_go_whose_output_is_right(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both directions, each source is judged by its own output, as it stands on disk."""
    names = ["a", "b", "c"]
    for name in names:
        (tmp_path / name).write_bytes(TEXT + name.encode())
    put_in_place = paths.Output._put_in_place

    def damaging(output: paths.Output, temporary: Path) -> None:
        if output.target.name in ("b.bytz", "b"):  # as a bad disk would
            content = temporary.read_bytes()
            temporary.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        put_in_place(output, temporary)

    monkeypatch.setattr(paths.Output, "_put_in_place", damaging)

    def all_with(suffix: str, **options: Any) -> dict[str, type[BytezipError]]:
        errors = {}
        for name in names:
            try:
                inside(name + suffix, remove=True, **options)
            except BytezipError as error:
                errors[name] = type(error)
        return errors

    assert all_with("") == {"b": CorruptError}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bytz", "b", "b.bytz", "c.bytz"]
    assert (tmp_path / "b").read_bytes() == TEXT + b"b"
    (tmp_path / "b").unlink()
    (tmp_path / "b.bytz").write_bytes(compress(TEXT + b"b", 6, model=inside.keywords["model"]))  # type: ignore[attr-defined]
    assert all_with(".bytz", decompress=True) == {"b": transfer.TransferError}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "b.bytz", "c"]


def test_a_source_that_changes_is_kept(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "f"
    source.write_bytes(TEXT)
    chunks = sparse.chunks

    def growing(stream: Any) -> Iterator[bytes]:
        yield from chunks(stream)
        with source.open("ab") as more:
            more.write(b"more")

    monkeypatch.setattr(transfer, "chunks", growing)
    assert inside("f", remove=True).exit_code == 2
    assert "warning: f: changed while it was read" in capsys.readouterr().err
    assert source.read_bytes() == TEXT + b"more"
    monkeypatch.undo()

    # ... and where it changes after that, while the output is read back
    source.write_bytes(TEXT)
    removal = transfer._remove

    def late(*arguments: Any) -> None:
        source.write_bytes(b"new content")
        removal(*arguments)

    monkeypatch.setattr(transfer, "_remove", late)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(transfer.TransferError):
        inside("f", remove=True, force=True)
    assert source.read_bytes() == b"new content"


def test_unfinished_output_is_private_and_goes_with_any_failure(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(TEXT)
    (tmp_path / "f").chmod(0o666)
    modes: list[int] = []

    def failing(_: Any) -> Iterator[bytes]:
        yield TEXT
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(".bytezip-*"))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer, "chunks", failing)
    with nothing_changes(tmp_path), pytest.raises(OSError, match="No space"):
        inside("f")
    assert modes == [0o600]


def test_output_is_on_disk_before_it_has_its_name_and_its_source_goes(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(TEXT)
    done: list[str] = []

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **options: Any) -> Any:
            done.append(name)
            return function(*arguments, **options)

        return noted

    for module, name in ((os, "fsync"), (os, "link"), (paths, "_sync_directory"), (transfer, "restore")):
        monkeypatch.setattr(module, name, noting(name, getattr(module, name)))
    monkeypatch.setattr(Path, "unlink", noting("unlink", Path.unlink))
    inside("f", remove=True)
    # the file, its name, without the temporary one, the folder and its own fsync; then the look back, and the source
    assert done == ["fsync", "link", "unlink", "_sync_directory", "fsync", "restore", "unlink"]
    assert [path.name for path in tmp_path.iterdir()] == ["f.bytz"]


def test_a_file_that_appears_meanwhile_is_not_replaced(
    inside: Callable[..., Console], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(TEXT)
    chunks = sparse.chunks

    def racing(stream: Any) -> Iterator[bytes]:
        yield from chunks(stream)
        (tmp_path / "f.bytz").write_bytes(b"precious")

    monkeypatch.setattr(transfer, "chunks", racing)
    for link in (os.link, lambda *_: (_ for _ in ()).throw(PermissionError)):  # with hard links, and without
        monkeypatch.setattr(os, "link", link)
        with pytest.raises(paths.RefusedError):
            inside("f")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "f.bytz"]
        assert (tmp_path / "f.bytz").read_bytes() == b"precious"
        (tmp_path / "f.bytz").unlink()


@needs_root
def test_owner_is_kept_and_setuid_is_not(inside: Callable[..., Console], tmp_path: Path) -> None:
    source = tmp_path / "f"
    source.write_bytes(TEXT)
    os.chown(source, 12345, 23456)
    source.chmod(0o4750)
    with pytest.raises(paths.RefusedError, match="setuid"):
        inside("f")
    inside("f", force=True)
    made = (tmp_path / "f.bytz").stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (12345, 23456, 0o750)


def test_who_may_not_give_files_away_widens_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The group of the new file is another one, so it may do no more than everybody could."""

    def refuse(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    for before, after in {0o664: 0o644, 0o640: 0o600, 0o670: 0o600, 0o777: 0o777, 0o604: 0o604}.items():
        output = paths.Output(tmp_path / oct(before), force=False)
        output.open()
        foreign = SimpleNamespace(st_mode=0o100000 | before, st_uid=1, st_gid=2**20, st_atime_ns=0, st_mtime_ns=0)
        output.commit(like=foreign)  # type: ignore[arg-type]
        assert stat.S_IMODE((tmp_path / oct(before)).stat().st_mode) == after


def test_a_disk_that_is_full_leaves_nothing(bytezip: Command) -> None:
    if not shutil.which("prlimit"):
        pytest.skip("needs prlimit")
    (bytezip.directory / "f").write_bytes(os.urandom(200_000))
    with nothing_changes(bytezip.directory):
        run = bytezip.run(["prlimit", "--fsize=100000", *bytezip.line("f")])
    assert run.code == 1
    assert run.lines == ["error: f: file too large"]
