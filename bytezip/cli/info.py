"""bytezip info: what this installation is and can do."""

from __future__ import annotations

import importlib.util
import os
import platform
from typing import Annotated, Any

import typer

import bytezip
from bytezip.cli.console import Console
from bytezip.container.layout import VERSION
from bytezip.errors import EngineError
from bytezip.predictor.engine import simd_paths
from bytezip.predictor.weights import load_model, shipped_models

_DEPENDENCIES = ("numpy", "constriction", "typer", "rich", "safetensors", "torch")


def info(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show versions, engines, instruction sets and models."""
    Console().facts(facts(), json)


def facts() -> dict[str, Any]:
    """The keys are those of --json, documented in bytezip-info(1)."""
    return {
        "version": bytezip.__version__,
        "format": VERSION,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "engines": _engines(),
        "simd": _simd(),
        "models": [
            {"name": model.name, "id": model.id.hex(), "sha256": model.sha256.hex(), "file": str(path)}
            for path in shipped_models()
            for model in [load_model(path)]
        ],
        "dependencies": {name: _version(name) for name in _DEPENDENCIES},
    }


def _engines() -> list[str]:
    """Those that can be had; whether torch sees a GPU is not asked, for that would load it."""
    found = ["native"] if _simd() else []
    return found + (["torch"] if importlib.util.find_spec("torch") else [])


def _simd() -> list[str]:
    """Paths of the native engine, the one that is taken first."""
    try:
        return simd_paths()
    except EngineError:
        return []


def _version(name: str) -> str | None:
    from importlib import metadata  # noqa: PLC0415  it brings the email package along, which other commands do without

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
