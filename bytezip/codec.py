"""Compressor and Decompressor: where blocks and container meet. They are used as their namesakes of `lzma`.

Knows: the container, block coding, models, levels.  Does not know: files and names, what is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NoReturn

from bytezip.blocks import BlockCoder, OpenLanes
from bytezip.container.fields import CheckChain
from bytezip.container.layout import MAGIC, MAX_BLOCK, BlockHeader, Header
from bytezip.container.reader import Beginning, Block, MemberReader
from bytezip.container.writer import write_block_header, write_check, write_header
from bytezip.errors import CorruptError
from bytezip.lanes import Striping
from bytezip.levels import DEFAULT_LEVEL, Level, layout, profile_of
from bytezip.predictor.engine import choose, open_mixed
from bytezip.predictor.mixed import MixedPredictor
from bytezip.predictor.weights import STANDARD, Model, find_model, load_model

BLOCK_SIZE = 1 << 20

ModelPath = str | os.PathLike[str]
Progress = Callable[[int, int], None]
"""Called with the counts of raw and of coded bytes done so far."""


class Compressor:
    """Compresses one member, in pieces.

    Args:
        level: 1 (fastest) to 9 (smallest).
        model: a model file; None takes the standard model.
        engine, device, threads: see `engine.open_mixed`; they never change the output.
        block_size: raw bytes of a block, 1 to 2^24; each has a check of its own, and is given out only as a whole.
        progress: called every few KiB of raw bytes.

    Raises:
        ValueError: for a level other than 1 to 9, or a block size out of range.
        ModelError, EngineError: where model or engine cannot be had.
    """

    def __init__(
        self,
        level: int = DEFAULT_LEVEL,
        *,
        model: ModelPath | None = None,
        engine: str = "auto",
        device: str = "auto",
        threads: int = 0,
        block_size: int = BLOCK_SIZE,
        progress: Progress | None = None,
    ) -> None:
        choose(engine, device)
        if not 1 <= block_size <= MAX_BLOCK:
            raise ValueError(f"block_size must be 1 to {MAX_BLOCK}, not {block_size}")
        self._block_size = block_size
        self._level = level
        profile = profile_of(level)
        self._layout: Level | None = None
        self._model = load_model(model or STANDARD)
        self._coder = BlockCoder(_opener(self._model, profile, engine, device, threads))
        self._pending = bytearray()
        self._tally = _Tally(progress)
        self._ended = False
        header = write_header(Header(profile, self._model.id))
        self._chain = CheckChain(header, self._model.sha256)
        self._out = [header]

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a Compressor: its state cannot be carried elsewhere")

    def compress(self, data: bytes) -> bytes:
        """Takes more data; returns what of the output is ready, often nothing."""
        if self._ended:
            raise ValueError("the compressor was flushed")
        self._pending += data
        if len(self._pending) <= self._block_size:  # a full last block must be marked as the last
            return b""  # the header waits for the first block: where its engine cannot be had, nothing was written
        while len(self._pending) > self._block_size:
            self._write_block(self._block_size, last=False)
        return self._collect()

    def flush(self) -> bytes:
        """Ends the member; returns the rest of the output."""
        if self._ended:
            raise ValueError("the compressor was flushed")
        self._ended = True
        self._write_block(len(self._pending), last=True)
        return self._collect()

    def _write_block(self, size: int, last: bool) -> None:
        raw = bytes(self._pending[:size])
        del self._pending[:size]
        chosen = self._layout = layout(self._level, raw, self._layout)
        striping = Striping(size, chosen.lanes, chosen.stripe)
        capacity = _capacity(size, last)
        code = self._coder.encode(raw, striping, chosen.network, capacity, self._tally.report) if raw else b""
        if raw and len(code) < size:
            self._emit(BlockHeader(last, size, len(code), striping.lanes, striping.stripe, chosen.network), code, raw)
        else:
            self._coder.forget()
            self._emit(BlockHeader(last, size), raw, None)

    def _emit(self, header: BlockHeader, payload: bytes, raw: bytes | None) -> None:
        encoded = write_block_header(header)
        self._out += [encoded, payload, write_check(self._chain.block(encoded, payload, raw))]
        self._tally.block_done(header.raw_size, len(payload))

    def _collect(self) -> bytes:
        ready = b"".join(self._out)
        self._out.clear()
        return ready


class Decompressor:
    """Decompresses one member, in pieces, as `lzma.LZMADecompressor` does.

    Args:
        model: a model file to use in place of those that ship.
        engine, device, threads: see `engine.open_mixed`; they never change the output.
        progress: called every few KiB of raw bytes.

    eof: the end of the member was reached.
    unused_data: what was given beyond the end.
    needs_input: no output is left that could be had without more input.
    """

    def __init__(
        self,
        *,
        model: ModelPath | None = None,
        engine: str = "auto",
        device: str = "auto",
        threads: int = 0,
        progress: Progress | None = None,
    ) -> None:
        choose(engine, device)
        self._open = partial(_opener, engine=engine, device=device, threads=threads)
        self._given_model = model
        self._reader = MemberReader()
        self._coder: BlockCoder | None = None
        self._chain: CheckChain | None = None
        self._ready = bytearray()
        self._starved = True  # no whole block is left in what was fed
        self._tally = _Tally(progress)

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a Decompressor: its state cannot be carried elsewhere")

    @property
    def eof(self) -> bool:
        return self._reader.ended and not self._ready

    @property
    def unused_data(self) -> bytes:
        return self._reader.rest if self.eof else b""

    @property
    def needs_input(self) -> bool:
        return self._starved and not self._ready and not self._reader.ended

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Takes more data; returns at most `max_length` bytes of output, all there is where it is negative.

        Raises:
            EOFError: after the end of the member.
            FormatError: where the data cannot be read; nothing of a damaged block is ever returned.
            ModelMissingError, ModelError, EngineError: where model or engine cannot be had.
        """
        if self.eof:
            raise EOFError("already at the end of the member")
        self._reader.feed(data)
        self._starved = False
        for event in self._reader.events():
            if isinstance(event, Beginning):
                self._begin(event)
            else:
                self._ready += self._read_block(event)
                if 0 <= max_length <= len(self._ready):
                    break
        else:
            self._starved = True
        return self._collect(max_length)

    def close(self) -> None:
        """Says that no more input will come.

        Raises:
            TruncatedError: unless the end of the member was reached.
        """
        self._reader.close()

    def _begin(self, beginning: Beginning) -> None:
        model = find_model(beginning.header.model_id, self._given_model)
        self._coder = BlockCoder(self._open(model, beginning.header.profile))
        self._chain = CheckChain(beginning.encoded, model.sha256)

    def _read_block(self, block: Block) -> bytes:
        assert self._coder is not None
        assert self._chain is not None
        header = block.header
        if header.coded_size is None or header.lanes is None or header.stripe is None:
            self._coder.forget()
            raw, checked = block.payload, None
        else:
            striping = Striping(header.raw_size, header.lanes, header.stripe)
            capacity = _capacity(header.raw_size, header.last)
            raw = checked = self._coder.decode(block.payload, striping, header.network, capacity, self._tally.report)
        if self._chain.block(block.header_bytes, block.payload, checked) != block.check:
            raise CorruptError("corrupt: a block does not match its check")
        self._tally.block_done(header.raw_size, len(block.payload))
        return raw

    def _collect(self, max_length: int) -> bytes:
        count = len(self._ready) if max_length < 0 else max_length
        taken = bytes(self._ready[:count])
        del self._ready[:count]
        return taken


def compress(
    data: bytes, level: int = DEFAULT_LEVEL, *, model: ModelPath | None = None, engine: str = "auto",
    device: str = "auto", threads: int = 0,
) -> bytes:  # fmt: skip
    """Compresses `data` into one member; see `Compressor`."""
    compressor = Compressor(level, model=model, engine=engine, device=device, threads=threads)
    return compressor.compress(data) + compressor.flush()


def decompress(
    data: bytes, *, model: ModelPath | None = None, engine: str = "auto", device: str = "auto", threads: int = 0
) -> bytes:
    """The content of all members in `data`, one after another; see `Decompressor`.

    Bytes after a member that do not begin another one are ignored, as `lzma.decompress` ignores them.

    Raises:
        FormatError: where the data cannot be read, or ends too early.
    """
    return b"".join(restore([data], model=model, engine=engine, device=device, threads=threads))


def restore(
    chunks: Iterable[bytes],
    *,
    model: ModelPath | None = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int = 0,
    progress: Progress | None = None,
    on_garbage: Callable[[], None] = lambda: None,
) -> Iterator[bytes]:
    """The content of all members in a stream of bytes, in pieces.

    Args:
        chunks: the stream, cut anywhere.
        on_garbage: called where the last member is followed by bytes that begin no other one; they are not read.

    Raises:
        FormatError: where the data cannot be read, or ends too early.
    """
    member: Decompressor | None = None
    pending = b""
    report = _OverMembers(progress)
    for chunk in chunks:
        pending += chunk
        while pending and (member is None or not member.eof or len(pending) >= len(MAGIC)):
            if member is not None and member.eof and not pending.startswith(MAGIC):
                on_garbage()
                return
            if member is None or member.eof:
                report.next_member()
                member = Decompressor(model=model, engine=engine, device=device, threads=threads, progress=report)
            yield member.decompress(pending, BLOCK_SIZE)
            while not member.needs_input and not member.eof:  # block by block: a small input can hold a great deal
                yield member.decompress(b"", BLOCK_SIZE)
            pending = member.unused_data
    (member or MemberReader()).close()
    if pending:
        on_garbage()


class _Tally:
    """Counts raw and coded bytes for a progress report."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._raw = self._coded = 0

    def report(self, raw_of_block: int) -> None:
        if self._progress:
            self._progress(self._raw + raw_of_block, self._coded)

    def block_done(self, raw: int, coded: int) -> None:
        self._raw += raw
        self._coded += coded
        self.report(0)


class _OverMembers:
    """Hands on the progress of members, each of which counts from nothing, as that of all of them."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._before = self._now = (0, 0)

    def next_member(self) -> None:
        self._before = self._now

    def __call__(self, raw: int, coded: int) -> None:
        self._now = (self._before[0] + raw, self._before[1] + coded)
        if self._progress:
            self._progress(*self._now)


def _capacity(size: int, last: bool) -> int:
    """Bytes that the tables of a stream are sized for, as its first coded block tells: all of it, or very many."""
    return size if last else MAX_BLOCK


def _opener(model: Model, profile: int, engine: str, device: str, threads: int) -> OpenLanes:
    def open_lanes(lanes: int, capacity: int) -> MixedPredictor:
        return open_mixed(model, lanes, capacity, profile, engine=engine, device=device, threads=threads)

    return open_lanes
