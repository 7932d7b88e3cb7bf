"""A look at the headers of an archive before it is decoded, which takes nothing out of the stream.

Knows: the container.  Does not know: what the headers are wanted for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from itertools import islice
from typing import BinaryIO

from bytezip.container.layout import BlockHeader, Header, Origin
from bytezip.container.reader import Beginning, OriginSeen
from bytezip.container.scan import Garbage, Scanned, ScannedBlock, scan
from bytezip.errors import FormatError


def content_ahead(stream: BinaryIO) -> int | None:
    """Bytes of content that the headers tell of; None for a stream that cannot seek."""
    if not stream.seekable():
        return None
    return sum(header.raw_size for header in headers_ahead(stream) if isinstance(header, BlockHeader))


def headers_ahead(stream: BinaryIO) -> Generator[Header | BlockHeader]:
    """All headers; none of a stream that cannot seek."""
    with _ahead(stream) as found:
        for each in found:
            if isinstance(each, ScannedBlock | Beginning):
                yield each.header


def origin_ahead(stream: BinaryIO) -> Origin | None:
    """That of the first member, where it is stored and the stream can seek. Its check is not compared."""
    with _ahead(stream) as found:
        return next((each.origin for each in islice(found, 2) if isinstance(each, OriginSeen)), None)


@contextlib.contextmanager
def _ahead(stream: BinaryIO) -> Iterator[Iterator[Scanned | Garbage]]:
    """What is wrong with the headers is left to be told by who decodes them."""
    if not stream.seekable():
        yield iter(())
        return
    start = stream.tell()
    try:
        with contextlib.suppress(FormatError):
            yield scan(stream)
    finally:
        stream.seek(start)
