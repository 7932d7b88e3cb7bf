"""bytezip bench: what bytezip and other compressors give on the user's own files, and what they cost."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bytezip.cli.console import Console
from bytezip.cli.options import Machine, grouped
from bytezip.cli.paths import display_name
from bytezip.errors import BytezipError

if TYPE_CHECKING:  # of no use to other commands, so they are loaded when bench runs
    from bytezip.bench.measure import Effort, Measurement, Sample
    from bytezip.bench.methods import Method


@dataclass(frozen=True)
class Choice:
    """What is compared."""

    levels: Annotated[str, typer.Option("--levels", metavar="N,...", help="Levels of bytezip.")] = "1,6,9"
    against: Annotated[
        str | None, typer.Option("--against", metavar="NAME,...", help="Others; NAME:LEVEL for one level.")
    ] = None
    peers: Annotated[Path | None, typer.Option("--peers", metavar="TOML", help="More commands to compare.")] = None
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Use small samples that are made up.")] = False
    repeats: Annotated[int, typer.Option("--repeats", metavar="N", min=1, help="Runs; the median counts.")] = 1
    limit: Annotated[float, typer.Option("--limit", metavar="SECONDS", min=0.1, help="Time that each may take.")] = 600


@dataclass(frozen=True)
class Form:
    """How it is told."""

    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw FILE.svg or FILE.png.")] = None
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No table while it runs, no warnings.")] = False


@grouped
def bench(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Files and folders.", show_default=False)
    ] = None,
    *,
    choice: Choice,
    form: Form,
    machine: Machine,
) -> None:
    """Compare with other compressors on each FILE."""
    if form.json + form.csv + form.markdown > 1:
        raise typer.TyperException("--json, --csv and --markdown exclude each other")
    if bool(files) == choice.synthetic:
        raise typer.TyperException("name files or folders, or use --synthetic")
    console = Console(form.quiet)
    try:
        _bench(files or [], choice, form, machine, console)
    except (BytezipError, OSError) as error:
        console.failure("bench", error)
    raise typer.Exit(console.exit_code)


def _bench(files: Sequence[Path], choice: Choice, form: Form, machine: Machine, console: Console) -> None:
    from bytezip.bench import plot, samples  # noqa: PLC0415
    from bytezip.bench.measure import Effort  # noqa: PLC0415

    if form.plot is not None:
        plot.check(form.plot)
    methods = _methods(choice, machine)
    with tempfile.TemporaryDirectory(prefix="bytezip-bench-") as folder:
        found = samples.synthetic(Path(folder)) if choice.synthetic else list(samples.collect(files, _tell(console)))
        threads = machine.threads or len(os.sched_getaffinity(0))
        _compare(found, methods, Effort(choice.repeats, choice.limit, threads), form, console)


def _tell(console: Console) -> Callable[[Path, OSError], None]:
    return lambda file, error: console.failure(display_name(str(file)), error)


def _methods(choice: Choice, machine: Machine) -> list[Method]:
    from bytezip.bench.methods import Method, choose, commands  # noqa: PLC0415

    levels = choice.levels.split(",")
    if not all(level in "123456789" and len(level) == 1 for level in levels):
        raise typer.TyperException("--levels takes numbers from 1 to 9, as 1,6,9")
    model = str(machine.model.absolute()) if machine.model else None
    ours = [Method("bytezip", level, options={**machine.arguments(), "model": model}) for level in levels]
    wanted = choice.against.split(",") if choice.against is not None else None
    return ours + choose(filter(None, wanted) if wanted is not None else None, commands(choice.peers))


def _compare(
    samples: Sequence[Sample], methods: Sequence[Method], effort: Effort, form: Form, console: Console
) -> None:
    """Whatever ends this early, an interrupt above all, what was measured until then is printed."""
    from bytezip.bench.measure import measure  # noqa: PLC0415

    rows: list[Measurement] = []
    try:
        with console.live_figures() as show:
            for sample, method in itertools.product(samples, methods):
                show(rows, f"{sample.name}: {method.label} ...")
                rows.append(measure(sample, method, effort))
    finally:
        if rows:
            _report(rows, form, console)


def _report(rows: Sequence[Measurement], form: Form, console: Console) -> None:
    from bytezip.bench import figures, plot  # noqa: PLC0415

    lines = figures.all_figures(rows)
    formats = ((form.json, figures.as_json), (form.csv, figures.as_csv), (form.markdown, figures.as_markdown))
    chosen = [write for wanted, write in formats if wanted]
    if chosen:
        console.data(chosen[0](lines))
    else:
        console.figures(lines)
    for row in rows:
        if row.problem:
            tell = console.error if row.method.startswith("bytezip ") else console.warning
            tell(f"{row.file}: {row.method}: {row.problem}")
    if form.plot is not None:
        plot.draw(lines, form.plot)
