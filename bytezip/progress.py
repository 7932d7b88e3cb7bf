"""Counts of what is done, gathered from the threads that do it.

Knows: numbers.  Does not know: anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

Progress = Callable[[int, int], None]
"""Called with the counts of raw and of coded bytes done so far, by one thread at a time."""


class StoppedError(Exception):
    """Raised inside of work that nobody waits for any more; never seen outside."""


class Tally:
    """Raw and coded bytes of a member, as the sections that are worked on report them.

    stopped: where it is set, the next report of each section ends its work by `StoppedError`.
    """

    def __init__(self, progress: Progress | None) -> None:
        self.stopped = Event()
        self._progress = progress
        self._raw = self._coded = 0
        self._lock = Lock()

    def add(self, raw: int, coded: int) -> None:
        if self.stopped.is_set():
            raise StoppedError
        with self._lock:
            self._raw += raw
            self._coded += coded
            if self._progress:
                self._progress(self._raw, self._coded)


class SectionTally:
    """What one section, whose blocks come one after another, adds to the tally of its member."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._reported = 0  # raw bytes of the current block

    def report(self, raw_of_block: int) -> None:
        self._tally.add(raw_of_block - self._reported, 0)
        self._reported = raw_of_block

    def block_done(self, raw: int, coded: int) -> None:
        self._tally.add(raw - self._reported, coded)
        self._reported = 0
