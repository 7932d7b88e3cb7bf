"""Commands that look at archives: test, cat, list, info."""

import json
from pathlib import Path

import numpy as np
from conftest import Command

from bytezip.container.layout import CHECK_SIZE

TEXT = b"once upon a midnight dreary while i pondered weak and weary\n" * 4


def archive(bytezip: Command, name: str, content: bytes) -> Path:
    path = bytezip.directory / name
    path.write_bytes(bytezip(stdin=content).out)
    return path


def test_a_sound_archive_passes_in_silence(bytezip: Command) -> None:
    path = archive(bytezip, "a.bytz", TEXT)
    quiet = bytezip("test", str(path))
    assert (quiet.code, quiet.out, quiet.err) == (0, b"", "")
    told = bytezip("test", "-v", str(path))
    assert told.lines == [f"{path}: sound, {len(TEXT)} B of content"]
    assert bytezip("test", stdin=path.read_bytes()).code == 0
    assert list(bytezip.directory.iterdir()) == [path]


def test_without_a_command_as_gzip_does(bytezip: Command) -> None:
    path = archive(bytezip, "a.bytz", TEXT)
    assert bytezip("-tv", str(path)).lines == bytezip("test", "-v", str(path)).lines
    shown = bytezip("-l", str(path))
    assert (shown.code, shown.out) == (0, bytezip.run(plain(bytezip, "list", str(path))).out)
    assert bytezip("-t", stdin=b"not an archive").code == 1


def test_damage_is_told_and_does_not_stop_the_others(bytezip: Command) -> None:
    good, bad = archive(bytezip, "good.bytz", TEXT), archive(bytezip, "bad.bytz", TEXT)
    bad.write_bytes(bad.read_bytes()[:-CHECK_SIZE] + bytes(CHECK_SIZE))
    run = bytezip("test", "-v", str(bad), str(good), str(bytezip.directory / "absent"))
    assert run.code == 1
    assert [line.split(": ")[0] for line in run.lines] == ["error", str(good), "error", "3 files (1 done, 2 failed)"]


def test_garbage_behind_an_archive_is_a_warning(bytezip: Command) -> None:
    path = archive(bytezip, "a.bytz", TEXT)
    path.write_bytes(path.read_bytes() + b"garbage")
    run = bytezip("test", str(path))
    assert (run.code, run.lines) == (2, [f"warning: {path}: trailing garbage ignored"])


def test_cat_joins_contents(bytezip: Command) -> None:
    paths = [archive(bytezip, name, content) for name, content in (("a", b"first "), ("b", b"second"))]
    assert bytezip("cat", *map(str, paths)).out == b"first second"


def test_list_tells_sizes_without_decoding(bytezip: Command) -> None:
    path = archive(bytezip, "a.bytz", TEXT)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # in the payload: only decoding would see it
    path.write_bytes(content)
    run = bytezip.run(plain(bytezip, "list", "--json", str(path)))
    assert (run.code, run.err) == (0, "")
    told = json.loads(run.out)
    assert (told["compressed"], told["raw"], told["members"]) == (len(content), len(TEXT), 1)
    assert [(block["raw"], block["stored"], block["lanes"]) for block in told["blocks"]] == [(len(TEXT), False, 1)]
    assert told["bits_per_byte"] == round(8 * len(content) / len(TEXT), 4)


def test_list_sums_several_and_shows_blocks(bytezip: Command) -> None:
    random = np.random.Generator(np.random.PCG64(1)).bytes(500)
    paths = [archive(bytezip, "a", TEXT), archive(bytezip, "b", random)]
    run = bytezip.run(plain(bytezip, "list", "-v", *map(str, paths)))
    lines = run.out.decode().splitlines()
    titles = ["compressed", "raw", "ratio", "bits/byte", "blocks", "modality", "check", "model", "name"]
    assert lines[0].split() == titles
    assert "stored" in lines[4]
    assert lines[-1].split()[1] == str(len(TEXT) + 500)
    assert lines[-1].endswith("2 files")


def test_list_refuses_what_is_no_archive(bytezip: Command) -> None:
    path = bytezip.directory / "text"
    path.write_bytes(TEXT)
    run = bytezip.run(plain(bytezip, "list", str(path)))
    assert (run.code, run.out) == (1, b"")
    assert run.lines == [f"error: {path}: not a bytezip file"]


def test_info_names_engines_and_models(bytezip: Command) -> None:
    facts = json.loads(bytezip.run(plain(bytezip, "info", "--json")).out)
    assert "native" in facts["engines"]
    assert "portable" in facts["simd"]
    assert [model["name"] for model in facts["models"]] == ["standard"]
    text = bytezip.run(plain(bytezip, "info")).out.decode()
    assert facts["models"][0]["id"] in text


def test_names_from_a_list(bytezip: Command) -> None:
    names = ["with blank", "new\nline", "plain"]
    for name in names:
        archive(bytezip, name, name.encode())
    joined = "\0".join(names[1:]).encode() + b"\0"
    run = bytezip("cat", names[0], "--files", "-", "-0", stdin=joined)
    assert (run.code, run.out) == (0, "".join(names).encode())
    (bytezip.directory / "list").write_text("plain\nwith blank\n")
    assert bytezip("cat", "--files", "list").out == b"plainwith blank"
    assert bytezip("cat", "--files", "-", stdin=b"").out == b""
    assert bytezip("cat", "--files", "absent").code == 1


def test_folders(bytezip: Command) -> None:
    (bytezip.directory / "a" / "b").mkdir(parents=True)
    for name in ("a/2", "a/b/1"):
        (bytezip.directory / name).write_bytes(TEXT)
    (bytezip.directory / "a" / "link").symlink_to("2")
    assert bytezip("compress", "a").code == 1
    assert bytezip("compress", "-r", "a").code == 0
    assert sorted(path.name for path in (bytezip.directory / "a").rglob("*.bytz")) == ["1.bytz", "2.bytz"]


def plain(bytezip: Command, *arguments: str) -> list[str]:
    """The command without a model of its own."""
    line = bytezip.line(*arguments)
    return line[: line.index("--model")] + list(arguments)
