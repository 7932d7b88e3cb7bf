"""Small messages that are the same wherever the same packages are installed, and that no model was trained on.

- code: Python sources of hypothesis and pytest, which the training set does not have.
- json: the metadata of installed packages, as `importlib.metadata` gives them.
- log: what `python -X importtime` reports while it loads packages; its times differ from run to run.

Half of the documents, every second by name, is for training dictionaries; messages to measure come from the others.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Documents = dict[str, bytes]
_LOADED = (
    "bytezip", "typer", "rich.table", "hypothesis", "pytest", "matplotlib.figure", "email.mime.text", "asyncio",
    "xml.dom.minidom", "multiprocessing.pool", "unittest.mock", "urllib.request", "numpy.testing", "sqlite3",
)  # fmt: skip


def code() -> Documents:
    found: Documents = {}
    for package in ("hypothesis", "_pytest"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        found |= {str(path.relative_to(folder.parent)): path.read_bytes() for path in folder.rglob("*.py")}
    return found


def json_metadata() -> Documents:
    return {each.name: json.dumps(each.metadata.json, indent=1).encode() for each in importlib.metadata.distributions()}


def log() -> Documents:
    return {
        name: subprocess.run([sys.executable, "-X", "importtime", "-c", f"import {name}"], capture_output=True,
                             check=False).stderr
        for name in _LOADED
    }  # fmt: skip


KINDS: dict[str, Callable[[], Documents]] = {"code": code, "json": json_metadata, "log": log}


def halves(documents: Documents) -> tuple[list[bytes], list[bytes]]:
    """(for dictionaries, to measure)."""
    names = sorted(documents)
    return [documents[name] for name in names[::2]], [documents[name] for name in names[1::2]]


def cut(documents: list[bytes], size: int, most: int) -> list[bytes]:
    """Up to `most` messages of `size` bytes: taken in turn from all documents, so that they are of many sources."""
    rounds = max((len(document) // size for document in documents), default=0)
    found = [
        document[turn * size : (turn + 1) * size]
        for turn in range(rounds)
        for document in documents
        if len(document) >= (turn + 1) * size
    ]
    return found[:most]
