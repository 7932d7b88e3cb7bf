"""Sizes as users write them: 4096, 256KiB, 4M, 50%."""

from __future__ import annotations

import os
import re

import typer

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def parse_size(option: str, text: str, of_memory: bool = False) -> int:
    """Bytes. Units are powers of 1024, as for xz: 4k, 4K, 4KB, 4Ki and 4KiB are the same.

    of_memory: whether a percentage of the memory of this machine may be given.

    Raises:
        typer.TyperException: for anything else, naming the option.
    """
    if of_memory and (share := re.fullmatch(r"(\d{1,3})%", text)):
        return _memory() * int(share[1]) // 100
    found = re.fullmatch(r"(\d{1,15})\s*(?:([KMGT])(?:i?B?)|B?)", text, re.IGNORECASE | re.ASCII)
    if not found:
        raise typer.TyperException(f"{option} takes a size such as 256KiB or 4M, not {text!r}")
    return int(found[1]) * _UNITS[(found[2] or "").lower()]


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
