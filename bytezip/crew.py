"""Threads that work on sections side by side, and give their results in the order in which the work was given.

Knows: tasks.  Does not know: what they do.

Threads, not processes: the native core works without Python's lock, so they get in each other's way little, and share
the model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Generic, TypeVar

Result = TypeVar("Result")

_SHARE = 1 << 25  # raw bytes in flight for each thread: two of the longest blocks


class Crew(Generic[Result]):
    """`threads` threads. Tasks of one section go to one thread, which does them in order.

    stopped: is set by `close` where there is work left; tasks look at it and end early.
    """

    def __init__(self, threads: int, stopped: Event) -> None:
        self._threads = [ThreadPoolExecutor(1) for _ in range(threads)]
        self._stopped = stopped
        self._waiting: deque[tuple[Future[Result], int]] = deque()
        self._in_flight = 0

    def __del__(self) -> None:
        self.close()

    def submit(self, section: int, size: int, task: Callable[[], Result]) -> None:
        """size: bytes of memory that the task holds, more or less, until its result is taken."""
        thread = self._threads[section % len(self._threads)]
        self._waiting.append((thread.submit(task), size))
        self._in_flight += size

    @property
    def size(self) -> int:
        """Its threads."""
        return len(self._threads)

    @property
    def idle(self) -> bool:
        """All that was submitted was taken."""
        return not self._waiting

    @property
    def full(self) -> bool:
        """More work would take more memory than is meant to be used."""
        return self._in_flight >= _SHARE * len(self._threads)

    @property
    def ready(self) -> bool:
        """Whether the next result is there, so that `take` will not wait."""
        return bool(self._waiting) and self._waiting[0][0].done()

    def take(self) -> Result:
        """The next result, or the exception of its task."""
        future, size = self._waiting.popleft()
        self._in_flight -= size
        return future.result()

    def close(self) -> None:
        """Ends all work as soon as may be; nothing can be taken afterwards. What others do goes on if all was taken."""
        if not self.idle:
            self._stopped.set()
        for thread in self._threads:
            thread.shutdown(wait=False, cancel_futures=True)
