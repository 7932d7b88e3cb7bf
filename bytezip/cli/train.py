"""bytezip train: a model of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bytezip.cli.console import Console
from bytezip.cli.options import BusyVoice, grouped
from bytezip.cli.paths import RefusedError, display_name
from bytezip.cli.run import each
from bytezip.errors import MissingExtraError
from bytezip.predictor.weights import STANDARD, load_model

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Training:
    start: Annotated[str, typer.Option("--from", metavar="MODEL", help="A model file to start from, or standard.")] = (
        "standard"
    )
    time: Annotated[str, typer.Option("--time", metavar="TIME", help="Training time, as 90s, 30m or 2h.")] = "30m"
    log: Annotated[Path | None, typer.Option("--log", metavar="FILE", help="Write the log: JSON lines.")] = None
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the curves: FILE.svg or FILE.png.")
    ] = None
    threads: Annotated[int, typer.Option("-T", "--threads", metavar="N", min=0, help="Threads; 0 is all.")] = 0
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace the output, log and picture.")] = False


@grouped
def train(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Data, oldest first; a folder is all in it.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The new model file.")],
    *,
    training: Training,
    voice: BusyVoice,
) -> None:
    """Fine-tune a model on your own data, for compress --model."""
    seconds = parse_time(training.time)
    console = voice.console()
    each([str(output)], lambda _: _train(files, output, training, seconds, console), console)


def parse_time(text: str) -> float:
    """Seconds of "90", "90s", "30m" or "1.5h".

    Raises:
        typer.TyperException: for anything else.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not found or float(found[1]) <= 0:
        raise typer.TyperException(f"--time takes a time such as 90s, 30m or 2h, not {text!r}")
    return float(found[1]) * _SECONDS[found[2]]


def _train(files: list[Path], output: Path, training: Training, seconds: float, console: Console) -> None:
    _check_outputs([output, training.log, training.plot], training)
    try:
        import torch  # noqa: PLC0415  takes seconds to load

        from bytezip.train import plot as curves  # noqa: PLC0415
        from bytezip.train.log import Log  # noqa: PLC0415
        from bytezip.train.tune import tune  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("training", "torch") from error
    if training.threads:
        torch.set_num_threads(training.threads)
    contents = [path.read_bytes() for path in _all_files(files)]
    base = load_model(STANDARD if training.start == "standard" else training.start)
    with Log(training.log) as log, console.training(seconds) as report:
        tuned = tune(contents, base, output, seconds, report=report, note=log)
    if training.plot is not None:
        curves.draw(curves.read_log(log.lines), training.plot)
    console.trained(str(output), tuned.before, tuned.after, tuned.held_out_bytes)


def _check_outputs(outputs: list[Path | None], training: Training) -> None:
    """Before half an hour of training: what cannot be written in the end, or would replace something.

    Raises:
        RefusedError: where a file is there, and without -f.
        BytezipError: where the curves cannot be drawn.
    """
    for path in filter(None, outputs):
        if path.exists() and not training.force:
            raise RefusedError(f"{display_name(str(path))} already exists", "use -f to replace it")
    if training.plot is not None:
        from bytezip.bench.plot import check as check_plot  # noqa: PLC0415  of no use to other commands

        check_plot(training.plot)


def _all_files(paths: list[Path]) -> Iterator[Path]:
    """The files in the order given; those of a folder by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
        else:
            yield path
