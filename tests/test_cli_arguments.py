"""How a command line is understood, what it says about itself, and that the manual says the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from conftest import Command
from typer.testing import CliRunner

from bytezip.cli.arguments import FILTER, expand
from bytezip.cli.main import app

COMMANDS = {"compress", "decompress", "d", "x"}
WITH_VALUE = {"-o", "-T", "--model", "--files"}
MAN = Path(__file__).parent.parent / "man"


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("", [FILTER]),
        ("-d", [FILTER, "-d"]),
        ("FILE", [FILTER, "FILE"]),
        ("-", [FILTER, "-"]),
        ("compress FILE", ["compress", "FILE"]),
        ("-v compress FILE", ["compress", "-v", "FILE"]),
        ("-o compress FILE", [FILTER, "-o", "compress", "FILE"]),
        ("-ocompress d", ["d", "-ocompress"]),
        ("--model d FILE", [FILTER, "--model", "d", "FILE"]),
        ("./d", [FILTER, "./d"]),
        ("FILE d", [FILTER, "FILE", "d"]),
        ("-- d -9", [FILTER, "--", "d", "-9"]),
        ("compress -- -9", ["compress", "--", "-9"]),
        ("-9 FILE", [FILTER, "--level=9", "FILE"]),
        ("-dc9 FILE", [FILTER, "-dc", "--level=9", "FILE"]),
        ("x -T4 FILE -19", ["x", "-T4", "FILE", "--level=1", "--level=9"]),
        ("-o -9 FILE", [FILTER, "-o", "-9", "FILE"]),
        ("--files -0 -", [FILTER, "-0", "--files", "-"]),
        ("d --files --null list", ["d", "--null", "--files", "list"]),
        ("-- --files -0 -", [FILTER, "--", "--files", "-0", "-"]),
        ("--fast --best", [FILTER, "--level=1", "--level=9"]),
        ("-h", ["-h"]),
        ("-d -h", [FILTER, "-d", "-h"]),
        ("-q --version", ["-q", "--version"]),
        ("-- --version", [FILTER, "--", "--version"]),
    ],
)
def test_a_command_line_is_understood_as_gzip_does(given: str, understood: list[str]) -> None:
    assert expand(given.split(), COMMANDS, WITH_VALUE) == understood


def commands() -> dict[str, typer.core.TyperCommand]:
    """All commands by name, the one without a name and the hidden ones among them."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {"": group, **group.commands}  # type: ignore[dict-item]


def visible() -> list[str]:
    return [name for name, command in commands().items() if name and not command.hidden]


def options(name: str) -> set[str]:
    """All options of a command, in the form that users write."""
    parameters = commands()[name].params
    return {name for option in parameters for name in (*option.opts, *option.secondary_opts) if name.startswith("-")}


def named_in(page: str) -> set[str]:
    """The options that have an entry of their own in a manual page."""
    text = (MAN / page).read_text()
    entries = re.findall(r"^\.It (Fl .*)", text, re.MULTILINE)
    return {f"-{flag}" for entry in entries for flag in re.findall(r"Fl (-?[\w-]+)", entry)}


@pytest.mark.parametrize("name", visible())
def test_the_manual_page_of_a_command_has_its_options_and_no_other(name: str) -> None:
    expected = options(name) | {"-h", "--help"}
    levels = {f"-{level}" for level in range(1, 10)} | {"--fast", "--best"} if "--level" in expected else set()
    assert named_in(f"bytezip-{name}.1") == expected | levels


def test_the_first_manual_page_has_the_options_without_a_command_and_names_the_commands() -> None:
    levels = {f"-{level}" for level in range(1, 10)} | {"--fast", "--best"}
    assert named_in("bytezip.1") == options("") | options(FILTER) | {"-h", "--help"} | levels
    text = (MAN / "bytezip.1").read_text()
    assert all(f".Xr bytezip-{name} 1" in text for name in visible())


SCREEN = (24, 80)  # lines, columns


@pytest.mark.parametrize("name", ["", FILTER, *visible()])
def test_help_fits_a_screen_and_has_examples(name: str) -> None:
    run = CliRunner().invoke(app, [name, "--help"] if name else ["-h"], prog_name="bytezip")
    lines = run.output.splitlines()
    assert run.exit_code == 0
    assert len(lines) <= SCREEN[0]
    assert max(map(len, lines)) <= SCREEN[1]
    assert lines[0].startswith(f"Usage: bytezip {name}".rstrip())
    assert len(lines) > lines.index("Examples:") + 1
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", run.output))
    assert {option for option in options(name) if option.startswith("--")} - told <= {
        "--level",
        "--no-name",
        "--no-sparse",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "no such option: --nonsense"),
        (["compress", "-T", "many"], "invalid value for"),
        (["compress", "--level=10"], "invalid value for"),
        (["-c", "-o", "x"], "-o names the output of one file"),
        (["-o", "x", "a", "b"], "-o names the output of one file"),
        (["--rm", "-c", "a"], "--rm needs an output file"),
        (["--rm", "-o", "-", "a"], "--rm needs an output file"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(bytezip: Command, arguments: list[str], said: str) -> None:
    run = bytezip(*arguments)
    assert (run.code, run.out) == (1, b"")
    assert len(run.lines) == 1
    assert run.lines[0].startswith(f"error: {said}")


def test_version_and_completion(bytezip: Command) -> None:
    line = [sys.executable, "-m", "bytezip"]
    assert re.fullmatch(rb"bytezip \d+\.\d+\.\S+\n", bytezip.run([*line, "-V"]).out)
    request = {"_BYTEZIP_COMPLETE": "complete_bash", "COMP_WORDS": "bytezip comp", "COMP_CWORD": "1"}
    completed = subprocess.run(line, env={**os.environ, **request}, capture_output=True, check=False)
    assert completed.stdout.split() == [b"compress"]


def test_compressing_on_a_cpu_loads_no_torch(bytezip: Command) -> None:
    (bytezip.directory / "f").write_bytes(b"a few words")
    code = """
import sys
from bytezip.cli.main import main
sys.argv = ["bytezip", "--model", sys.argv[1], "f"]
try:
    main()
finally:
    print(sorted({"torch", "rich"} & sys.modules.keys()))
"""
    run = bytezip.run([sys.executable, "-c", code, str(bytezip.model)])
    assert (run.code, run.out, run.err) == (0, b"[]\n", "")
