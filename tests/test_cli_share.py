"""What is installed beside the command: completions of shells, the entry for file(1), the MIME type."""

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import make_completions
import pytest

from bytezip.container.layout import MAGIC

TESTS = Path(__file__).parent
SHARE = TESTS.parent / "bytezip" / "share"
COMPLETIONS = SHARE / "completions"


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(program), reason=f"needs {program}")


def output(*line: str, **more: object) -> str:
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True, **more)  # type: ignore[call-overload]
    assert done.stderr == ""
    return str(done.stdout)


def test_completions_are_those_of_the_commands() -> None:
    """Else run tests/make_completions.py."""
    assert {path.name: path.read_text() for path in COMPLETIONS.iterdir()} == make_completions.scripts()


ASKED = [
    ("bytezip comp", {"compress"}),
    ("bytezip compress --output", {"--output", "--output-dir"}),
    ("bytezip decompress --mem", {"--memlimit"}),
    ("bytezip -d --no-spa", {"--no-sparse"}),
    ("bytezip --engine n", {"native"}),
    ("bytezip list --lev", set()),
    ("bytezip -T ", set()),
    ("bytezip d f", {"f.bytz", "folder"}),
    ("bytezip compress fi", {"file one"}),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "file one").touch()
    (tmp_path / "f.bytz").touch()
    (tmp_path / "folder").mkdir()
    return tmp_path


@needs("bash")
def test_bash_completes(place: Path) -> None:
    script = """
source "$0"
while IFS= read -r line; do
    read -ra COMP_WORDS <<< "$line"
    [[ $line == *' ' ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    _bytezip
    (IFS='|'; echo "${COMPREPLY[*]}")
done
"""
    lines = "".join(f"{line}\n" for line, _ in ASKED)
    found = output("bash", "-c", script, str(COMPLETIONS / "bytezip.bash"), cwd=place, input=lines).splitlines()
    assert [set(filter(None, line.split("|"))) for line in found] == [expected for _, expected in ASKED]


@needs("fish")
def test_fish_completes(place: Path) -> None:
    for line, expected in ASKED[:5]:
        script = f"source '{COMPLETIONS / 'bytezip.fish'}'; complete -C '{line}'"
        assert {found.split("\t")[0] for found in output("fish", "-c", script, cwd=place).splitlines()} == expected


@needs("zsh")
def test_zsh_can_read_its_script() -> None:
    assert output("zsh", "-n", str(COMPLETIONS / "_bytezip")) == ""


@needs("file")
def test_file_knows_the_format() -> None:
    line = ("file", "-b", "-m", str(SHARE / "bytezip.magic"))
    archive = TESTS / "vectors" / "good-text.bytz"
    model = archive.read_bytes()[len(MAGIC) + 1 :][:3].hex()
    assert output(*line, str(archive)) == f"bytezip compressed data, format version 0, model {model}\n"
    assert output(*line, "--mime-type", str(archive)) == "application/x-bytezip\n"
    assert output(*line, "--mime-type", str(TESTS.parent / "LICENSE")) == "text/plain\n"


def test_the_mime_type_has_the_magic_and_the_suffix() -> None:
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    root = ElementTree.parse(SHARE / "bytezip.xml").getroot()
    types = {entry.get("type"): entry for entry in root.iter(f"{space}mime-type")}
    match = types["application/x-bytezip"].find(f"{space}magic/{space}match")
    assert match is not None
    assert match.get("value", "").encode().decode("unicode_escape").encode("latin-1") == MAGIC
    globs = [glob.get("pattern") for entry in types.values() for glob in entry.iter(f"{space}glob")]
    assert globs == ["*.bytz", "*.tar.bytz"]


@needs("update-mime-database")
def test_the_database_of_mime_types_takes_it(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    shutil.copy(SHARE / "bytezip.xml", tmp_path / "packages")
    subprocess.run(["update-mime-database", tmp_path], capture_output=True, check=True)
    assert "application/x-bytezip:*.bytz" in (tmp_path / "globs2").read_text()
