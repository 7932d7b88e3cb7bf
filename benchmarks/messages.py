"""Small messages that no model was trained on, of three kinds: JSON, log lines, source.

They are cut out of the documents of a folder that has a folder for each kind (`code`, `json`, `log`), as held-out
sources are; or, without one, of what is the same wherever the same packages are installed:

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
BYTES = 1 << 17  # of messages of one kind and size at most
_MOST = 40  # messages
_LARGEST = 1 << 20  # bytes that are read of one document


def documents(kind: str, folder: Path | None) -> Documents:
    if folder is None:
        return KINDS[kind]()
    paths = sorted(path for path in (folder / kind).rglob("*") if path.is_file())
    found: Documents = {}
    for path in paths:
        with path.open("rb") as stream:
            found[str(path.relative_to(folder))] = stream.read(_LARGEST)
    return found


def halves(found: Documents) -> tuple[list[bytes], list[bytes]]:
    """(for dictionaries, to measure)."""
    names = sorted(found)
    return [found[name] for name in names[::2]], [found[name] for name in names[1::2]]


def count(size: int) -> int:
    """How many messages of a size are measured."""
    return max(1, min(_MOST, BYTES // size))


def cut(found: list[bytes], size: int, most: int) -> list[bytes]:
    """Up to `most` messages of `size` bytes, one of each document before a second of any.

    In each document they begin at another place, or all source would be licences and imports.
    """
    pieces = [
        [document[start : start + size] for start in range(0, len(document) - size + 1, size)] for document in found
    ]
    turned = [own[(7 * index) % len(own) :] + own[: (7 * index) % len(own)] for index, own in enumerate(pieces) if own]
    if len(turned) > most:
        return [turned[index * len(turned) // most][0] for index in range(most)]  # from all of them evenly
    taken = [own[turn] for turn in range(max(map(len, turned), default=0)) for own in turned if turn < len(own)]
    return taken[:most]
