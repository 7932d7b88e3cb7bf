"""Every word that the command line prints.

Rules: data goes to stdout and nothing else does; messages go to stderr, as `bytezip: error: ...` in lower case without
a full stop, with `bytezip: hint: ...` after it where there is something to do. `--quiet` silences all but errors.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from bytezip.errors import BytezipError
from bytezip.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Task
    from rich.table import Table

    from bytezip.bench.figures import Figures
    from bytezip.bench.measure import Measurement

OK, ERROR, WARNING = 0, 1, 2
_PAGE = 160  # columns of a table that goes into a file, and of what is shown of an unusual place
_COLOURS = {
    "text": 32, "code": 36, "markup": 36, "structured": 36, "image": 35, "audio": 35, "video": 35, "executable": 31,
    "archive": 33, "encrypted": 31, "document": 34, "database": 34, "font": 34, "array": 34, "genome": 34,
    "unknown": 90,
}  # fmt: skip
_MIX, _MIX_SHOWN = 27, 2  # columns of the modalities of an archive, and how many are named
_LATEST = 8  # files in the table that a terminal shows meanwhile


class Form(Enum):
    """How `detect` prints what it found."""

    TABLE = "table"
    ARRAY = "json"
    OBJECTS = "jsonl"
    MIME = "mime"
    BRIEF = "brief"
    BRIEF_MIME = "brief mime"

    @staticmethod
    def of(*, json: bool, jsonl: bool, mime: bool, brief: bool) -> Form:
        """JSON wins over the others: it holds what they say."""
        if json or jsonl:
            return Form.ARRAY if json else Form.OBJECTS
        if mime:
            return Form.BRIEF_MIME if brief else Form.MIME
        return Form.BRIEF if brief else Form.TABLE


class Console:
    """Prints, counts what went wrong, and owns the exit code."""

    def __init__(self, quiet: bool = False, verbose: bool = False, bar: bool = True) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.exit_code = OK
        self._bar = bar and not quiet
        self._results: list[Result] = []
        self._ends = {"failed": 0, "skipped": 0}
        self._all = Batch()
        self._noted = False

    def error(self, message: str, hint: str | None = None) -> None:
        self.exit_code = ERROR
        _say(f"error: {message}")
        if hint:
            _say(f"hint: {hint}")

    def failure(self, name: str, error: Exception) -> None:
        """An exception that ended the work on one file."""
        self._ends["failed"] += 1
        where = error.filename if isinstance(error, OSError) and error.filename else name
        self.error(f"{where}: {sentence(error)}", error.hint if isinstance(error, BytezipError) else None)

    def warning(self, message: str) -> None:
        if self.exit_code == OK:
            self.exit_code = WARNING
        if not self.quiet:
            _say(f"warning: {message}")

    def skipped(self, name: str, why: Exception) -> None:
        self._ends["skipped"] += 1
        self.warning(f"{name}: {why}")

    def note(self, message: str) -> None:
        """What a user should know, and need not heed."""
        if not self.quiet:
            _say(message)

    def done(self, result: Result) -> None:
        self._results.append(result)
        if self.verbose and not self.quiet:
            _say(result.sentence())

    def expect(self, sizes: Sequence[int | None]) -> None:
        """The sizes of the sources to come in bytes, None where one is not known: progress then has a total."""
        self._all = Batch(len(sizes), None if None in sizes else sum(size for size in sizes if size is not None))

    def report(self) -> None:
        """The last line of a run over several files, where someone looks on or asked for more."""
        if self.quiet or self._all.count < 2 or not (self.verbose or _is_terminal()):
            return
        ends = [f"{len(self._results)} done"] + [f"{count} {name}" for name, count in self._ends.items() if count]
        raw, coded = (sum(getattr(result, side) for result in self._results) for side in ("raw", "coded"))
        seconds = sum(result.seconds for result in self._results)
        _say(Result(f"{self._all.count} files ({', '.join(ends)})", raw, coded, seconds).sentence())

    def data(self, text: str) -> None:
        """What was asked for."""
        sys.stdout.write(text)

    def content(self, data: bytes) -> None:
        """Bytes that were asked for; a terminal gets no control characters but ends of lines and tabs."""
        if sys.stdout.isatty():
            lines = data.decode("utf-8", "backslashreplace").split("\n")
            data = "\n".join("\t".join(map(_printable, line.split("\t"))) for line in lines).encode()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def sound(self, result: Result) -> None:
        self._results.append(result)
        if self.verbose and not self.quiet:
            _say(f"{result.name}: sound, {result.raw:,} B of content")

    def record(self, record: dict[str, Any]) -> None:
        """A line of JSON."""
        self.data(json.dumps(record) + "\n")

    def heading(self) -> None:
        """Above the lines of `archive`."""
        sizes = f"{'compressed':>12} {'raw':>12} {'ratio':>7} {'bits/byte':>9}"
        self.data(f"{sizes} {'blocks':>6} {'modality':<{_MIX}} {'check':<8} {'model':<6} name\n")

    def archive(self, row: dict[str, Any], as_json: bool) -> None:
        """A row of `listing.summary`, as a line, and with --verbose a line a block below it; or as JSON."""
        if as_json:
            self.record(row)
            return
        mix = f"{len(row['blocks']):>6} {_mix(row['modalities']):<{_MIX}}"
        about = f"{mix} {row.get('check', '-'):<8} {','.join(row['models']) or '-':<6}"
        stored = "" if row["name"] is None else f" (was {_printable(row['name'])})"
        changed = f", changed {row['mtime']}" if self.verbose and row["mtime"] else ""
        self.data(f"{_sizes(row)} {about} {_printable(row['file'])}{stored}{changed}\n")
        for block in row["blocks"] if self.verbose and "members" in row else []:
            how = "stored" if block["stored"] else "one byte repeated" if block["run"] else ""
            how = how or f"{block['lanes']} lanes, stripe {block['stripe']}"
            about = f"{'':>6} {block['modality'] or '-':<{_MIX}} {block['check']:<8}"
            self.data(f"{_sizes(block)} {about} block at {block['offset']:,}: {how}\n")

    def detected_heading(self) -> None:
        """Above the lines of `detected`."""
        self.data(f"{'modality':<10} {'format':<14} {'sure':>4} {'bits/byte':>9} {'MIME type':<30} name\n")

    def detected(self, row: dict[str, Any], form: Form) -> None:
        """A row of `detect.summary`, with its segments and its witnesses below it, where it has any."""
        name = _printable(row["file"])
        if form is Form.OBJECTS:
            self.data(json.dumps(row) + "\n")
        elif form is Form.TABLE:
            kind = _coloured(f"{row['modality']:<10} {row['format']:<14}", row["modality"])
            self.data(f"{kind} {row['confidence']:>4.0%} {row['entropy']:>9.3f} {row['mime']:<30} {name}\n")
        else:
            what = row["format"] if form is Form.BRIEF else row["mime"]
            self.data(f"{name}: {what}\n" if form is Form.MIME else f"{what}\n")
        if form is not Form.OBJECTS:
            self._witnesses(row.get("witnesses", []))
            self._segments(row["segments"])

    def array(self, rows: Sequence[dict[str, Any]]) -> None:
        """Rows as one JSON array, a line each."""
        self.data("[" + ",\n ".join(map(json.dumps, rows)) + "]\n")

    def note_missing_witnesses(self, witnesses: Sequence[dict[str, Any]]) -> None:
        """Tells once where libmagic would have been asked, had it been there."""
        missing = any(row["witness"] == "libmagic" and row["note"] == "not installed" for row in witnesses)
        if missing and not self._noted and not self.quiet:
            self._noted = True
            _say("hint: libmagic is not installed, so that it was not asked; all else works without it")

    def _segments(self, segments: Sequence[dict[str, Any]]) -> None:
        for row in segments:
            kind = _coloured(f"{row['modality']:<10} {row['format']:<14}", row["modality"])
            name = f" {_printable(row['name'])}" if row["name"] else ""
            self.data(f"  {row['offset']:>14,} {row['size']:>14,} {kind} {row['confidence']:>4.0%}{name}\n")

    def _witnesses(self, witnesses: Sequence[dict[str, Any]]) -> None:
        for row in witnesses:
            what = f"{row['format']}, {row['confidence']:.0%}: " if row["format"] else ""
            self.data(f"  {row['witness']:<10} {what}{_printable(row['note'])}\n")

    def anomalies_heading(self, name: str | None) -> None:
        """Above the lines of `anomaly`. name: of the file, where there are several."""
        if name is not None:
            self.data(f"==> {_printable(name)} <==\n")
        self.data(f"{'line':>9} {'offset':>14} {'size':>6} {'bits/byte':>9} {'score':>6} content\n")

    def anomaly(self, row: dict[str, Any], as_json: bool) -> None:
        """A row of `scan.summary`, as a line or as JSON."""
        if as_json:
            self.record(row)
            return
        line = "-" if row["line"] is None else f"{row['line']:,}"
        place = f"{line:>9} {row['offset']:>14,} {row['size']:>6,}"
        content = _printable(row["content"].rstrip("\r\n"))[:_PAGE]
        self.data(f"{place} {row['bits_per_byte']:>9.3f} {row['score']:>6.1f} {content}\n")

    def facts(self, facts: dict[str, Any], as_json: bool) -> None:
        """Those of `info.facts`."""
        if as_json:
            self.record(facts)
            return
        for name, value in facts.items():
            if name == "models":
                lines = [f"{model['name']} ({model['id']}), {model['file']}" for model in value]
            elif isinstance(value, dict):
                lines = [f"{key} {version or 'not installed'}" for key, version in value.items()]
            else:
                lines = [", ".join(value) if isinstance(value, list) else str(value)]
            self.data("".join(f"{name if i == 0 else '':<13} {line}\n" for i, line in enumerate(lines or ["none"])))

    def figures(self, lines: Sequence[Figures]) -> None:
        """Figures as a table."""
        from rich.console import Console as RichConsole  # noqa: PLC0415

        width = None if sys.stdout.isatty() else _PAGE
        RichConsole(file=sys.stdout, width=width).print(_table(lines))

    @contextmanager
    def live_figures(self) -> Iterator[Callable[[Sequence[Measurement], str], None]]:
        """A table on a terminal that grows with what was measured, else nothing.

        Yields what is to be called with all that was measured, and with what is being measured now.
        """
        if self.quiet or not _is_terminal():
            yield lambda *_: None
            return
        from rich.console import Console as RichConsole  # noqa: PLC0415  only a terminal needs rich
        from rich.live import Live  # noqa: PLC0415

        from bytezip.bench.figures import by_file, in_total  # noqa: PLC0415  only bench needs it

        with Live(console=RichConsole(stderr=True), transient=True) as live:
            yield lambda rows, now: live.update(_table(by_file(rows)[-_LATEST:] + in_total(rows), now), refresh=True)

    @contextmanager
    def progress(
        self, name: str, total: int | None, decompress: bool, content: Callable[[], int | None] = lambda: None
    ) -> Iterator[Progress | None]:
        """A bar for one file on a terminal, and one for all of several; else nothing. Yields what the codec reports to.

        total: bytes of the source, or None where they are not known. content: tells the raw bytes of an archive, or
            None; it is asked only where there is a bar.
        """
        self._all.number += 1
        if self._bar and _is_terminal():
            with _bar(name, total, content() if decompress else total, self._all) as report:
                yield report
        else:
            yield None
        self._all.done += total or 0

    @contextmanager
    def training(self, seconds: float) -> Iterator[Callable[[float, float, float], None]]:
        """A bar for a training run on a terminal, else nothing; yields what the run is to report to."""
        if not self._bar or not _is_terminal():
            yield lambda *_: None
            return
        with _training_bar(seconds) as report:
            yield report

    def trained(self, name: str, before: float, after: float, held_out: int) -> None:
        if not self.quiet:
            _say(
                f"{name}: the network takes {after:.3f} bits per byte on the newest {held_out:,} B, which it was not "
                f"trained on; before, {before:.3f}"
            )
            if after >= before:
                _say("hint: it gained nothing: give it more data, or data that is more alike")


@dataclass
class Batch:
    """All sources of a run: their count and size in bytes, None where it is not known, and how far it is."""

    count: int = 1
    total: int | None = None
    number: int = 0
    done: int = 0


@dataclass(frozen=True)
class Result:
    """One file done: sizes in bytes, time in seconds."""

    name: str
    raw: int
    coded: int
    seconds: float

    def sentence(self) -> str:
        rate = self.raw / 1024 / max(self.seconds, 1e-9)
        return (
            f"{self.name}: {self.raw:,} B raw, {self.coded:,} B coded, {_ratio(self.raw, self.coded)}, "
            f"{8 * self.coded / max(self.raw, 1):.3f} bits per byte, {self.seconds:.2f} s, {rate:,.0f} KB/s"
        )


def sentence(error: Exception) -> str:
    """What is wrong, without where."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)


def _is_terminal() -> bool:
    """Whether someone may be reading the messages."""
    return sys.stderr is not None and sys.stderr.isatty()


def _coloured(text: str, modality: str) -> str:
    """For a terminal, unless its user says NO_COLOR (no-color.org)."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_COLOURS.get(modality, 0)}m{text}\x1b[0m"


def _ratio(raw: int, coded: int) -> str:
    return f"ratio {raw / coded:.3f}" if coded else "ratio -"


def _sizes(row: dict[str, Any]) -> str:
    """Compressed and raw size, ratio, bits per byte; "-" where there is nothing to divide by."""
    ratio, bits = (("-" if row[key] is None else f"{row[key]:.3f}") for key in ("ratio", "bits_per_byte"))
    return f"{row['compressed']:>12,} {row['raw']:>12,} {ratio:>7} {bits:>9}"


def _mix(modalities: Mapping[str, int]) -> str:
    """The modalities with the most bytes, in per cent where there are several; "-" is what is not stated."""
    total = sum(modalities.values())
    if len(modalities) < 2:
        return next(iter(modalities), "") or "-"
    shown = [f"{name or '-'} {100 * size / total:.0f}%" for name, size in list(modalities.items())[:_MIX_SHOWN]]
    return " ".join(shown) + ("+" if len(modalities) > _MIX_SHOWN else "")


def _say(message: str) -> None:
    """One line, whatever a file is called."""
    if sys.stderr is not None:
        print(f"bytezip: {_printable(message)}", file=sys.stderr, flush=True)


def _printable(message: str) -> str:
    """Control characters, which a name may hold, must not reach a terminal."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in message)


def _table(lines: Sequence[Figures], caption: str | None = None) -> Table:
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from bytezip.bench.figures import COLUMNS, cells  # noqa: PLC0415  only bench needs it

    below = Text(_printable(caption)) if caption else None
    table = Table(box=box.SIMPLE_HEAD, caption=below, caption_justify="left")
    for number, title in enumerate(COLUMNS):
        table.add_column(title, justify="left" if number < 2 else "right", overflow="fold")
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None and (before.scope, before.name) != (line.scope, line.name):
            table.add_section()
        table.add_row(*(Text(_printable(cell)) for cell in cells(line)))
    return table


@contextmanager
def _training_bar(seconds: float) -> Iterator[Callable[[float, float, float], None]]:
    from rich.console import Console as RichConsole  # noqa: PLC0415  only a terminal needs rich
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("training"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=RichConsole(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=seconds)

        def report(done: float, loss: float, best: float) -> None:
            text = f"{loss:.3f} bits per byte on this batch, {best:.3f} at best on held-out data"
            progress.update(task, completed=done, description=text)

        yield report


@contextmanager
def _bar(name: str, total: int | None, content: int | None, batch: Batch) -> Iterator[Progress]:
    """total: bytes of the source. content: raw ones, None where they will be known only in the end."""
    from rich.console import Console as RichConsole  # noqa: PLC0415  only a terminal needs rich
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Percent(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else f"{task.percentage:>3.0f}%")

    class Figures(ProgressColumn):
        """Raw bytes, their rate over all the time so far, and the ratio of the blocks that are done."""

        def render(self, task: Task) -> Text:
            if "raw" not in task.fields:
                return Text("")
            raw = task.fields["raw"]
            rate = raw / 1024 / max(time.monotonic() - began, 1e-9)
            return Text(f"{raw:,} B  {rate:,.0f} KB/s  {_ratio(*task.fields['done'])}", no_wrap=True)

    began = time.monotonic()
    title = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    columns = (TextColumn("{task.description}", markup=False, table_column=title), BarColumn(16), Percent(), Figures())
    with Progress(
        *columns, TimeRemainingColumn(compact=True), console=RichConsole(stderr=True), transient=True, expand=True
    ) as progress:
        task = progress.add_task(_printable(name), total=total, raw=0, done=(0, 0))
        whole = None
        if batch.count > 1:
            title_of_all = f"{batch.number} of {batch.count} files"
            whole = progress.add_task(title_of_all, total=batch.total, completed=batch.done)
        done = (0, 0)

        def report(raw: int, coded: int) -> None:
            nonlocal done
            done = (raw, coded) if coded != done[1] else done  # coded bytes are told only when a block is done
            completed = coded if content is None else raw * (total or content) // max(content, 1)
            progress.update(task, completed=completed, raw=raw, done=done)
            if whole is not None:
                progress.update(whole, completed=batch.done + completed)

        yield report
