"""bytezip generate: bytes that the network makes up."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from bytezip.cli.console import Console
from bytezip.cli.options import Engine, grouped
from bytezip.cli.paths import read_whole
from bytezip.cli.run import each
from bytezip.cli.sizes import parse_size
from bytezip.generate import continuation
from bytezip.predictor.engine import open_network
from bytezip.predictor.weights import STANDARD, load_model

_PIECE = 1024  # bytes that are written at once


@grouped
def generate(
    prompt: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="What comes before; - is stdin.", show_default=False)
    ] = None,
    length: Annotated[str, typer.Option("-n", "--length", metavar="SIZE", help="Bytes to make; default 256.")] = "256",
    temperature: Annotated[
        float, typer.Option("-t", "--temperature", metavar="X", help="0 is sure, 1 (the default) varied.")
    ] = 1.0,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", min=0, help="Make the same bytes again.")] = None,
    *,
    engine: Engine,
) -> None:
    """Write bytes that the network makes up, behind those of FILE if any."""
    if not temperature >= 0:
        raise typer.TyperException(f"-t takes a number of 0 or more, not {temperature}")
    left, console = parse_size("-n", length), Console()

    def work(name: str) -> None:
        network = open_network(load_model(engine.model or STANDARD), 1, engine=engine.engine, device=engine.device)
        new = continuation(network, read_whole(name) if name else b"", temperature, seed)
        for start in range(0, left, _PIECE):
            console.content(bytes(islice(new, min(_PIECE, left - start))))

    each([prompt or ""], work, console)
