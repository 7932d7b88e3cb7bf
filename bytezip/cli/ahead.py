"""A look at the headers of an archive before it is decoded, which takes nothing out of the stream.

Knows: the container.  Does not know: what the headers are wanted for.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from bytezip.container.layout import BlockHeader, Header
from bytezip.container.reader import Beginning
from bytezip.container.scan import ScannedBlock, scan
from bytezip.errors import FormatError


def content_ahead(stream: BinaryIO) -> int | None:
    """Bytes of content that the headers tell of; None for a stream that cannot seek."""
    if not stream.seekable():
        return None
    return sum(header.raw_size for header in headers_ahead(stream) if isinstance(header, BlockHeader))


def headers_ahead(stream: BinaryIO) -> Iterator[Header | BlockHeader]:
    """The headers that can be seen without taking anything out of the stream.

    What is wrong with them is left to be told by who decodes them.
    """
    start = stream.tell() if stream.seekable() else None
    seen = stream if start is not None else io.BytesIO(_peek(stream))
    try:
        with contextlib.suppress(FormatError):
            for found in scan(seen):
                if isinstance(found, ScannedBlock | Beginning):
                    yield found.header
    finally:
        if start is not None:
            stream.seek(start)


def _peek(stream: BinaryIO) -> bytes:
    return stream.peek() if isinstance(stream, io.BufferedReader) else b""
