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
from bytezip.cli.paths import RefusedError
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
    threads: Annotated[int, typer.Option("-T", "--threads", metavar="N", min=0, help="Threads; 0 is all.")] = 0
    force: Annotated[bool, typer.Option("-f", "--force", help="Replace the output.")] = False


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
    try:
        import torch  # noqa: PLC0415  takes seconds to load

        from bytezip.train.tune import tune  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise MissingExtraError("training", "torch") from error
    if output.exists() and not training.force:
        raise RefusedError("already exists", "use -f to replace it")
    if training.threads:
        torch.set_num_threads(training.threads)
    contents = [path.read_bytes() for path in _all_files(files)]
    base = load_model(STANDARD if training.start == "standard" else training.start)
    with console.training(seconds) as report:
        tuned = tune(contents, base, output, seconds, report)
    console.trained(str(output), tuned.before, tuned.after, tuned.held_out_bytes)


def _all_files(paths: list[Path]) -> Iterator[Path]:
    """The files in the order given; those of a folder by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
        else:
            yield path
