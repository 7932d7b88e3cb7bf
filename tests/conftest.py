"""Shared by all tests: Hypothesis profiles, a model so small that making it costs nothing, the command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from bytezip.errors import BytezipError
from bytezip.predictor.config import ModelConfig
from bytezip.predictor.tables import build_tables
from bytezip.predictor.weights import expected_tensors, save_model

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # So a shell begins what it runs in the background, and commands begun here would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

TEXT_MODEL = ModelConfig(
    hidden_size=64,
    num_layers=1,
    num_key_value_heads=1,
    num_query_heads=1,
    max_sequence_length=64,
    attention_window=4,
    mlp_size=64,
)


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows one thing: that bytes are lower-case letters and blanks. It shrinks text by a third."""
    tensors: dict[str, NDArray[np.generic]] = {
        name: np.zeros(shape, dtype) for name, dtype, shape in expected_tensors(TEXT_MODEL)
    }
    tensors["embedding"][:] = 100
    tensors["head.norm"][:] = np.float32(8 * 32 * 2.0**-40)  # every value of the normed row is 32
    tensors["head.weight"][:] = -16
    tensors["head.weight"][[*b"abcdefghijklmnopqrstuvwxyz \n"]] = 16
    tensors["head.scale"][:] = np.float32(2.0**-8)  # +-32768 to +-128, which is +-2 nats
    path = tmp_path_factory.mktemp("model") / "text.safetensors"
    save_model(path, TEXT_MODEL, {**tensors, **build_tables(TEXT_MODEL)}, "text")
    return path


@dataclass(frozen=True)
class Run:
    """What became of a command. code: negative for the signal that ended it."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """What it said, without the hints; nothing else than messages and hints may be said."""
        lines = self.err.splitlines()
        assert all(re.match(r"bytezip: [^A-Z]", line) for line in lines), self.err
        assert not any(line.endswith(".") for line in lines), self.err
        return [line.removeprefix("bytezip: ") for line in lines if not line.startswith("bytezip: hint: ")]


@dataclass(frozen=True)
class Command:
    """`bytezip` with the text model, in a directory."""

    model: Path
    directory: Path

    def line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "bytezip", "--model", str(self.model), *arguments]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Run:
        return self.run(self.line(*arguments), stdin)

    def run(self, line: Sequence[str], stdin: bytes = b"") -> Run:
        done = subprocess.run(line, input=stdin, capture_output=True, cwd=self.directory, timeout=60, check=False)
        return Run(done.returncode, done.stdout, done.stderr.decode())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """With pipes on all three streams."""
        pipe = subprocess.PIPE
        return subprocess.Popen(self.line(*arguments), stdin=pipe, stdout=pipe, stderr=pipe, cwd=self.directory)


@pytest.fixture
def bytezip(text_model: Path, tmp_path: Path) -> Command:
    return Command(text_model, tmp_path)


def all_of(coming: Iterator[bytes]) -> tuple[bytes, BytezipError | None]:
    """What comes until an error does, and the error."""
    found = b""
    try:
        for piece in coming:
            found += piece
    except BytezipError as error:
        return found, error
    return found, None
