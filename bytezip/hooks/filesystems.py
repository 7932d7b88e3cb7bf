"""`fsspec.open(..., compression="bytezip")`, or "infer" for names in .bytz: call `register` once.

Needs the extra `hooks`. So everything that opens files by fsspec (pandas, dask, xarray) reads and writes archives, on
any of its file systems.
"""

from __future__ import annotations

from typing import IO, Any

import fsspec.compression

from bytezip.file import BytezipFile

NAME = "bytezip"


def register() -> None:
    """Makes fsspec know the compression "bytezip"; may be called again."""
    fsspec.compression.register_compression(NAME, _opened, ["bytz"], force=True)


def _opened(infile: IO[bytes], mode: str = "rb", **options: Any) -> BytezipFile:
    return BytezipFile(infile, mode, **options)
