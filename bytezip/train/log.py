"""The log of a training run: a line a measurement, kept for the curves and written as JSON lines.

Knows: files, JSON.  Does not know: torch, what is measured.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self


class Log:
    """Called with each line (see `loop.Note`); what was told of so far is on disk at every moment.

    Args:
        path: of the file, which is made with its first line, so that a run that never began leaves none; None keeps
            the lines in memory alone.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lines: list[str] = []
        self._path = path
        self._file: IO[str] | None = None

    def __call__(self, line: dict[str, Any]) -> None:
        """Raises OSError where it cannot be written."""
        self.lines.append(json.dumps(line))
        if self._path is not None and self._file is None:
            self._file = self._path.open("w", buffering=1)
        if self._file is not None:
            self._file.write(self.lines[-1] + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
