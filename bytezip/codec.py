"""Compressor and Decompressor: where sections and container meet. They are used as their namesakes of `lzma`.

Knows: the container, sections, models, levels.  Does not know: files and names, what is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Self

from bytezip.blocks import OpenLanes
from bytezip.container.fields import CheckChain
from bytezip.container.index import Index, Section
from bytezip.container.layout import MAGIC, MAX_BLOCK, BlockHeader, Header, Origin
from bytezip.container.reader import Beginning, Block, MemberReader, OriginSeen, read_header
from bytezip.container.writer import write_check, write_header, write_origin
from bytezip.crew import Crew
from bytezip.errors import BytezipError, CorruptError, FormatError
from bytezip.levels import DEFAULT_LEVEL, profile_of
from bytezip.memory import Guard
from bytezip.predictor.engine import choose, open_mixed
from bytezip.predictor.mixed import MixedPredictor
from bytezip.predictor.weights import STANDARD, Model, find_model, load_model
from bytezip.progress import Progress, SectionTally, Tally
from bytezip.sections import Encoded, SectionDecoder, SectionEncoder

BLOCK_SIZE = 1 << 20

ModelPath = str | os.PathLike[str]


class Compressor:
    """Compresses one member, in pieces.

    Args:
        level: 1 (fastest) to 9 (smallest).
        model: a model file; None takes the standard model.
        engine, device, threads: see `engine.open_mixed`; they never change the output.
        block_size: raw bytes of a block, 1 to 2^24; each has a check of its own, and is given out only as a whole.
        restart_interval: raw bytes from one restart point to the next, 1 or more, or None for no restart points. At a
            restart point all that was learnt is forgotten, so that what follows can be decoded alone: files can be
            sought in, and sections are coded side by side, one a thread. Each of them costs ratio, and each thread
            memory of its own.
        progress: called every few KiB of raw bytes.
        name, mtime_ns: what the file was called and when it was changed, to be stored with it; see `Origin`.

    Raises:
        ValueError: for a level other than 1 to 9, a size out of range, or a name that is none.
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
        restart_interval: int | None = None,
        progress: Progress | None = None,
        name: str | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        self._machine = _Machine(engine, device, threads)
        _check_sizes(block_size, restart_interval)
        self._block_size = block_size
        self._interval = restart_interval
        self._level = level
        self._profile = profile_of(level)  # until the first block is known
        self._model = load_model(model or STANDARD)
        self._crew: Crew[Encoded] | None = None
        self._tally = Tally(progress)
        self._pending = bytearray()
        self._taken = 0  # raw bytes of all blocks so far
        self._section: SectionEncoder | None = None
        self._ended = False
        self._origin = b"" if name is None and mtime_ns is None else write_origin(Origin(name, mtime_ns))
        self._unwritten = b""
        self._index = Index()
        self._out: list[bytes] = []

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a Compressor: its state cannot be carried elsewhere")

    def compress(self, data: bytes) -> bytes:
        """Takes more data; returns what of the output is ready, often nothing."""
        if self._ended:
            raise ValueError("the compressor was flushed")
        self._pending += data
        with _stopping_on_error(self._tally):
            while len(self._pending) > (size := self._next_size()):  # a full last block must be marked as the last
                self._put_block(size, last=False)
            while self._crew and self._crew.ready:
                self._emit(self._crew.take())
        return self._collect()

    def flush(self) -> bytes:
        """Ends the member; returns the rest of the output."""
        if self._ended:
            raise ValueError("the compressor was flushed")
        self._ended = True
        with _stopping_on_error(self._tally):
            self._put_block(len(self._pending), last=not self._index_follows)
            while self._crew and not self._crew.idle:
                self._emit(self._crew.take())
        self._out.append(self._index.write(self._header))
        return self._collect()

    def _begin_member(self, whole: int | None) -> None:
        """whole: bytes of the content, where it is all in one block."""
        self._profile = profile_of(self._level, whole)
        self._header = write_header(Header(self._profile, self._model.id))
        self._chain = CheckChain(self._header, self._model.sha256)
        if self._origin:
            self._origin += write_check(self._chain.origin(self._origin))
        self._unwritten = self._header + self._origin

    @property
    def _index_follows(self) -> bool:
        """Whether there are restart points. Where all is one block there are none: they would serve nobody."""
        return self._interval is not None and self._taken > 0

    def _next_size(self) -> int:
        left = self._block_size if self._interval is None else self._interval - self._taken % self._interval
        return min(self._block_size, left)

    def _put_block(self, size: int, last: bool) -> None:
        if self._section is None:
            self._begin_member(size if last else None)
        raw = bytes(self._pending[:size])
        del self._pending[:size]
        number, place = divmod(self._taken, self._interval or MAX_BLOCK)
        if self._section is None or (self._interval and place == 0):
            self._section = self._begin_section(alone=last)
        task = partial(self._section.encode, raw, last)
        self._taken += size
        if last or self._interval is None or self._machine.workers == 1:
            return self._emit(task())
        self._crew = self._crew or Crew(self._machine.workers, self._tally.stopped)
        self._crew.submit(number, size, task)
        while self._crew.full:
            self._emit(self._crew.take())
        return None

    def _begin_section(self, alone: bool) -> SectionEncoder:
        """alone: its only block is the last one of the member."""
        tally = SectionTally(self._tally)
        if self._interval is None or alone:
            return SectionEncoder(self._level, self._machine.opener(self._model, self._profile), self._chain, tally)
        opener = self._machine.opener(self._model, self._profile, beside_others=True)
        return SectionEncoder(self._level, opener, self._chain.section(self._taken), tally, self._interval)

    def _emit(self, block: Encoded) -> None:
        with_origin = len(self._origin) if self._unwritten else 0
        self._index.note(block.header, with_origin + len(block.data), block.check)
        self._out += [self._unwritten, block.data]
        self._unwritten = b""  # not before the first block: where its engine cannot be had, nothing was written

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
        memlimit: bytes of memory that the process may take, as estimated from above before each block; None for any
            number. Fewer sections are then worked on side by side, where that is enough.
        on_origin: called with the origin, where one is stored, once it was checked.

    eof: the end of the member was reached.
    unused_data: what was given beyond the end.
    needs_input: no output is left that could be had without more input.
    wants_input: more input would be worked on side by side with what was given, or is needed. Only a member with
        restart points, and more than one thread, make this another thing than needs_input.
    """

    def __init__(
        self,
        *,
        model: ModelPath | None = None,
        engine: str = "auto",
        device: str = "auto",
        threads: int = 0,
        progress: Progress | None = None,
        memlimit: int | None = None,
        on_origin: Callable[[Origin], None] | None = None,
    ) -> None:
        self._machine = _Machine(engine, device, threads)
        self._given_model = model
        self._guard = Guard(memlimit)
        self._on_origin = on_origin
        self._reader = MemberReader(self._admit)
        self._crew: Crew[bytes] | None = None
        self._workers: int | None = None  # sections that may be worked on at once
        self._model: Model | None = None
        self._profile = 0
        self._chain: CheckChain | None = None
        self._section: SectionDecoder | None = None
        self._sections = 0
        self._raw_offset = 0  # of the next block
        self._error: BytezipError | None = None  # to be raised once all that came before was given out
        self._ready = bytearray()
        self._starved = True  # no whole block is left in what was fed
        self._tally = Tally(progress)

    @classmethod
    def behind(cls, encoded_header: bytes, sections: Sequence[Section], **options: Any) -> Self:
        """One that begins at a restart point: it is to be fed what follows.

        Args:
            encoded_header: that of the member.
            sections: those before the restart point, as the index of the member has them.
            options: those of the class.
        """
        made = cls(**options)
        made._reader = MemberReader.behind(encoded_header, sections, made._admit)
        made._begin(read_header(encoded_header))
        made._raw_offset = sum(section.raw_size for section in sections)
        return made

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle a Decompressor: its state cannot be carried elsewhere")

    @property
    def eof(self) -> bool:
        return self._reader.ended and self._given_out

    @property
    def unused_data(self) -> bytes:
        return self._reader.rest if self.eof else b""

    @property
    def needs_input(self) -> bool:
        return self._lacks_input and self._given_out

    @property
    def wants_input(self) -> bool:
        if self._crew is None or self._crew.idle:
            return self.needs_input
        return self._lacks_input and not self._ready and not self._crew.full and not self._crew.ready

    @property
    def _lacks_input(self) -> bool:
        return self._starved and not self._reader.ended and self._error is None

    @property
    def _is_idle(self) -> bool:
        return self._crew is None or self._crew.idle

    @property
    def _given_out(self) -> bool:
        return not self._ready and self._error is None and self._is_idle

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Takes more data; returns at most `max_length` bytes of output, all there is where it is negative.

        Raises:
            EOFError: after the end of the member.
            FormatError: where the data cannot be read; nothing of a damaged block is ever returned.
            MemoryLimitError: where the next block takes more memory than it may.
            ModelMissingError, ModelError, EngineError: where model or engine cannot be had.
        """
        if self.eof:
            raise EOFError("already at the end of the member")
        self._reader.feed(data)
        self._starved = False
        with _stopping_on_error(self._tally):
            self._work(max_length)
            while self._must_wait(max_length, bool(data)):
                self._take()
                self._work(max_length)
            if self._error and self._is_idle and (max_length < 0 or not self._ready):
                raise self._error
        return self._collect(max_length)

    def close(self) -> None:
        """Says that no more input will come.

        Raises:
            TruncatedError: unless the end of the member was reached.
        """
        self._reader.close()

    def _work(self, max_length: int) -> None:
        """Does what can be done without waiting."""
        while self._crew and self._crew.ready and not self._has_enough(max_length):
            self._take()
        try:
            if not self._error:
                self._read(max_length)
        except BytezipError as error:
            self._error = error

    def _read(self, max_length: int) -> None:
        while not self._error and not (self._crew.full if self._crew else self._has_enough(max_length)):
            event = next(self._reader.events(), None)
            if isinstance(event, Beginning):
                self._begin(event)
            elif isinstance(event, OriginSeen):
                self._note_origin(event)
            elif isinstance(event, Block):
                self._put_block(event)
            elif event is None:
                self._starved = True
                return

    def _take(self) -> None:
        """The next result of the crew; behind a bad one, there are no others."""
        assert self._crew is not None
        try:
            self._ready += self._crew.take()
        except FormatError as error:
            self._error = error
            self._crew.close()
            self._crew = None

    def _must_wait(self, max_length: int, was_fed: bool) -> bool:
        """Whether the caller has a right to more than there is without waiting for the crew."""
        if self._is_idle or self._has_enough(max_length):
            return False
        return max_length < 0 or (not self._ready and (not was_fed or not self.wants_input))

    def _has_enough(self, max_length: int) -> bool:
        return 0 <= max_length <= len(self._ready)

    def _begin(self, beginning: Beginning) -> None:
        self._model = find_model(beginning.header.model_id, self._given_model)
        self._profile = beginning.header.profile
        self._chain = CheckChain(beginning.encoded, self._model.sha256)
        self._guard.admit(beginning.header)

    def _note_origin(self, event: OriginSeen) -> None:
        assert self._chain is not None
        if self._chain.origin(event.encoded) != event.check:
            raise CorruptError("corrupt: the stored name and time do not match their check")
        if self._on_origin:
            self._on_origin(event.origin)

    def _admit(self, header: BlockHeader) -> None:
        """Asked by the reader before it keeps the payload."""
        workers = self._guard.admit(header)
        if workers is not None and header.lanes is not None:
            self._workers = min(workers, self._workers or workers)

    def _put_block(self, block: Block) -> None:
        if block.header.restart or self._section is None:
            self._section = self._begin_section(block.header.restart)
        self._raw_offset += block.header.raw_size
        self._arrange_crew(block.header.restart)
        if self._error:
            return
        if self._crew:
            self._crew.submit(self._sections, block.header.raw_size, partial(self._section.decode, block))
        else:
            self._ready += self._section.decode(block)

    def _arrange_crew(self, restart: bool) -> None:
        """One of as many as may work at once, from the first restart point on; none where that is one alone."""
        workers = min(self._machine.workers, self._workers or self._machine.workers)
        if self._crew and self._crew.size > workers:
            while self._crew and not self._crew.idle:
                self._take()
            self._crew = None
        if workers > 1 and not self._crew and not self._error and (restart or self._sections > 1):
            self._crew = Crew(workers, self._tally.stopped)

    def _begin_section(self, restart: bool) -> SectionDecoder:
        assert self._model is not None
        assert self._chain is not None
        self._sections += 1
        opener = self._machine.opener(self._model, self._profile, beside_others=restart)
        chain = self._chain.section(self._raw_offset) if restart else self._chain
        return SectionDecoder(opener, chain, SectionTally(self._tally))

    def _collect(self, max_length: int) -> bytes:
        count = len(self._ready) if max_length < 0 else max_length
        taken = bytes(self._ready[:count])
        del self._ready[:count]
        return taken


def compress(
    data: bytes, level: int = DEFAULT_LEVEL, *, model: ModelPath | None = None, engine: str = "auto",
    device: str = "auto", threads: int = 0, block_size: int = BLOCK_SIZE, restart_interval: int | None = None,
    name: str | None = None, mtime_ns: int | None = None,
) -> bytes:  # fmt: skip
    """Compresses `data` into one member; see `Compressor`."""
    compressor = Compressor(
        level, model=model, engine=engine, device=device, threads=threads, block_size=block_size,
        restart_interval=restart_interval, name=name, mtime_ns=mtime_ns,
    )  # fmt: skip
    return compressor.compress(data) + compressor.flush()


def decompress(
    data: bytes, *, model: ModelPath | None = None, engine: str = "auto", device: str = "auto", threads: int = 0,
    memlimit: int | None = None,
) -> bytes:  # fmt: skip
    """The content of all members in `data`, one after another; see `Decompressor`.

    Bytes after a member that do not begin another one are ignored, as `lzma.decompress` ignores them.

    Raises:
        FormatError: where the data cannot be read, or ends too early.
        MemoryLimitError: where it takes more memory than `memlimit` bytes.
    """
    machine: dict[str, Any] = {"model": model, "engine": engine, "device": device, "threads": threads}
    return b"".join(restore([data], memlimit=memlimit, **machine))


def restore(
    chunks: Iterable[bytes],
    *,
    model: ModelPath | None = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int = 0,
    memlimit: int | None = None,
    progress: Progress | None = None,
    on_garbage: Callable[[], None] = lambda: None,
    on_origin: Callable[[Origin], None] | None = None,
) -> Iterator[bytes]:
    """The content of all members in a stream of bytes, in pieces.

    Args:
        chunks: the stream, cut anywhere.
        model, engine, device, threads, memlimit: see `Decompressor`.
        on_garbage: called where the last member is followed by bytes that begin no other one; they are not read.
        on_origin: called with the origin of the first member, where it is stored, before any content.

    Raises:
        FormatError: where the data cannot be read, or ends too early.
        MemoryLimitError: where it takes more memory than it may; what came before is given out.
    """
    machine: dict[str, Any] = {"model": model, "engine": engine, "device": device, "threads": threads}
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
                told = on_origin if member is None else None
                member = Decompressor(memlimit=memlimit, progress=report, on_origin=told, **machine)
            yield member.decompress(pending, BLOCK_SIZE)
            while not member.wants_input and not member.eof:  # block by block: a small input can hold a great deal
                yield member.decompress(b"", BLOCK_SIZE)
            pending = member.unused_data
    while member is not None and not member.needs_input and not member.eof:
        yield member.decompress(b"", BLOCK_SIZE)
    (member or MemberReader()).close()
    if pending:
        on_garbage()


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


@dataclass(frozen=True)
class _Machine:
    """What computes. workers: sections that are worked on at once."""

    engine: str
    device: str
    threads: int

    @property
    def workers(self) -> int:
        if choose(self.engine, self.device)[0] != "native":
            return 1  # the device is busy with one
        return self.threads or len(os.sched_getaffinity(0))

    def opener(self, model: Model, profile: int, beside_others: bool = False) -> OpenLanes:
        threads = 1 if beside_others and self.workers > 1 else self.threads

        def open_lanes(lanes: int, capacity: int, network: bool) -> MixedPredictor:
            machine = {"engine": self.engine, "device": self.device}
            return open_mixed(model, lanes, capacity, network, profile=profile, threads=threads, **machine)

        return open_lanes


@contextmanager
def _stopping_on_error(tally: Tally) -> Iterator[None]:
    """Nobody will ask for what other threads still work on."""
    try:
        yield
    except BaseException:
        tally.stopped.set()
        raise


def _check_sizes(block_size: int, restart_interval: int | None) -> None:
    if not 1 <= block_size <= MAX_BLOCK:
        raise ValueError(f"block_size must be 1 to {MAX_BLOCK}, not {block_size}")
    if restart_interval is not None and restart_interval < 1:
        raise ValueError(f"restart_interval must be 1 or more, not {restart_interval}")
