"""Imports run downward only, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bytezip

PACKAGE = Path(bytezip.__file__).parent

# A module may import from what its own row names, and from modules of its own package; rows run from leaf to root.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "levels": set(),
    "lanes": set(),
    "coder": {"errors"},
    "container": {"errors"},
    "predictor": {"errors", "_native"},
    "progress": set(),
    "kinds": {"container"},
    "crew": set(),
    "memory": {"container", "errors", "levels"},
    "blocks": {"_native", "coder", "errors", "lanes", "predictor"},
    "sections": {"blocks", "container", "errors", "kinds", "lanes", "levels", "progress"},
    "codec": {"blocks", "container", "crew", "errors", "levels", "memory", "predictor", "progress", "sections"},
    "surprise": {"levels", "predictor", "progress"},
    "scan": {"levels", "surprise"},
    "generate": {"predictor"},
    "seeking": {"container", "errors"},
    "file": {"codec", "container", "levels", "seeking"},
    "hooks": {"codec", "file", "levels"},
    "inspect": {"container"},
    "detect": {"errors", "kinds"},
    "train": {"predictor", "errors", "_native", "detect", "kinds", "surprise"},
    "bench": {"detect", "errors"},
    "cli": {
        "",
        "bench",
        "codec",
        "container",
        "detect",
        "errors",
        "generate",
        "inspect",
        "levels",
        "memory",
        "predictor",
        "progress",
        "scan",
        "surprise",
        "train",
    },
    "": {
        "codec",
        "container",
        "detect",
        "errors",
        "file",
        "generate",
        "inspect",
        "predictor",
        "scan",
        "surprise",
    },
    "__main__": {"cli"},
}


def room(module: str) -> str:
    """The part of the package that a module belongs to: "codec" for bytezip.codec, "" for bytezip itself."""
    return module.split(".")[1] if "." in module else ""


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module if node.module != "bytezip" else f"bytezip.{node.names[0].name}")
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.split(".")[0] == "bytezip"}


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downward(path: Path) -> None:
    here = path.relative_to(PACKAGE).parts[0].removesuffix(".py").removeprefix("__init__")
    assert {room(name) for name in imported(path)} <= ALLOWED[here] | {here}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import bytezip", {"torch", "typer", "rich", "safetensors.torch"}),
        ("import bytezip; bytezip.decompress(bytezip.compress(b'abc'))", {"torch", "typer", "rich"}),
        ("import bytezip; bytezip.compress(b'abc' * 11000, 1)", {"torch", "typer", "rich", "bytezip.detect"}),
        ("import bytezip.cli.main", {"torch", "rich", "magic", "bytezip.detect", "email"}),
        ("import bytezip; bytezip.detect_modality(b'%PDF-1.4' + bytes(99))", {"torch", "typer", "rich"}),
    ],
)
def test_what_is_not_loaded(code: str, absent: set[str]) -> None:
    script = f"{code}\nimport sys\nprint(*sorted(set(sys.modules) & {absent!r}))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_every_public_name_is_there() -> None:
    for name in bytezip.__all__:
        if name != "BytePredictor":
            assert hasattr(bytezip, name)


def test_byte_predictor_needs_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("bytezip.predictor.transformer")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(bytezip.MissingExtraError, match="torch") as caught:
        _ = bytezip.BytePredictor
    assert caught.value.hint == "pip install 'bytezip[torch]'"
