"""What is measured: the files that a user names, or tiny samples of each kind made by rule, the same in every run.

The samples show that everything works and roughly what to expect; being made by rule, they are more regular than real
data, and no claim rests on them.

Knows: files, `bytezip.detect`.  Does not know: compressors.
"""

from __future__ import annotations

import errno
import json
import math
import os
import random
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bytezip.bench.measure import Sample
from bytezip.errors import BytezipError

_TEXT = (
    "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all "
    "were when we there can an your which their said if do will each about how up out them then she many some so these "
    "would other into has more her two like him see time could no make than first been its who now people my made over "
    "did down only way find use may water long little very after words called just where most know"
)
_WORDS = _TEXT.split()


class NoFilesError(BytezipError):
    """There is nothing to measure."""


def collect(paths: Sequence[Path], problem: Callable[[Path, OSError], None]) -> Iterator[Sample]:
    """The files, and those in folders, in order; `problem` is told what cannot be read.

    Raises:
        NoFilesError: for a folder without a file.
    """
    found = [(path, file) for path in paths for file in _files(path, problem)]
    names = [_name(root, file) for root, file in found]
    for (_, file), name in zip(found, names, strict=True):
        try:
            _check_regular(file)
            label = modality(file)
        except OSError as error:
            problem(file, error)
        else:
            yield Sample(file, name if names.count(name) == 1 else _printable(str(file)), label, file.stat().st_size)


def _files(path: Path, problem: Callable[[Path, OSError], None]) -> list[Path]:
    if not path.is_dir():
        return [path]
    failed: list[OSError] = []
    walk = os.walk(path, onerror=failed.append)
    found = sorted(file for folder, _, names in walk for name in names if (file := Path(folder, name)).is_file())
    for error in failed:
        problem(Path(error.filename), error)
    if not found and not failed:
        raise NoFilesError(f"{path}: a folder without files")
    return found


def _name(root: Path, file: Path) -> str:
    return _printable(str(file.relative_to(root)) if file != root else file.name)


def _printable(name: str) -> str:
    """Names are bytes; those that are no text must not break a table."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _check_regular(file: Path) -> None:
    """A pipe would wait for ever.

    Raises:
        OSError: where it is something else, or not there.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(file))


def modality(file: Path) -> str:
    """What a file holds, as `bytezip detect` tells it.

    Raises:
        OSError: where it cannot be read.
    """
    from bytezip.detect import detect_modality  # noqa: PLC0415  loads a classifier

    return detect_modality(file).modality


def synthetic(folder: Path) -> list[Sample]:
    """Writes the samples into `folder`."""
    made = []
    for modality in MODALITIES:
        data = make(modality)
        path = folder / modality
        path.write_bytes(data)
        made.append(Sample(path, modality, modality, len(data)))
    return made


def make(modality: str) -> bytes:
    """The sample of one of MODALITIES."""
    return _MAKERS[modality](random.Random(modality))


def _text(chance: random.Random) -> bytes:
    ranks = [1 / (rank + 3) for rank in range(len(_WORDS))]  # words of a language come as Zipf says
    sentences = (chance.choices(_WORDS, ranks, k=chance.randint(5, 20)) for _ in range(120))
    return " ".join(" ".join(words).capitalize() + "." for words in sentences).encode()


def _json(chance: random.Random) -> bytes:
    people = [
        {"id": number, "name": chance.choice(_WORDS).title(), "score": chance.randint(0, 999) / 10,
         "active": chance.random() < 0.8, "tags": chance.sample(_WORDS, 2)}
        for number in range(90)
    ]  # fmt: skip
    return json.dumps({"people": people}, indent=2).encode()


def _log(chance: random.Random) -> bytes:
    lines, seconds = [], 0
    for _ in range(110):
        seconds += chance.randint(0, 9)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        level = chance.choices(("INFO", "DEBUG", "WARN"), (6, 3, 1))[0]
        lines.append(f"2026-01-01T{clock}Z {level} worker-{chance.randint(1, 4)} took {chance.randint(1, 400)} ms\n")
    return "".join(lines).encode()


def _code(chance: random.Random) -> bytes:
    parts = ["import math\n\n"]
    for _ in range(40):
        name, first, second = chance.sample(_WORDS, 3)
        parts.append(
            f"\ndef {name}_{first}({first}: int, {second}: float = {chance.randint(0, 9)}.0) -> float:\n"
            f'    """Return {name} of {first} and {second}."""\n'
            f"    if {first} > {chance.randint(1, 99)}:\n        return math.sqrt({second} + {first})\n"
            f"    return {first} * {second}\n"
        )
    return "".join(parts).encode()


def _table(chance: random.Random) -> bytes:
    level = 200.0
    lines = ["day,station,temperature,rain\n"]
    for day in range(300):
        level += chance.gauss(0, 3)
        lines.append(f"{day},{chance.choice(('north', 'south', 'west'))},{level / 10:.1f},{chance.randint(0, 20)}\n")
    return "".join(lines).encode()


def _image(chance: random.Random) -> bytes:
    """A BMP of 64 x 48 pixels: a gradient with noise and a disc."""
    width, height = 64, 48
    pixels = bytearray()
    for row in range(height):
        for column in range(width):
            disc = 80 if (row - 24) ** 2 + (column - 30) ** 2 < 200 else 0
            pixels += bytes((column * 2 + disc + chance.randint(0, 3), row * 3 + chance.randint(0, 3), 90 + disc))
    header = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54 + len(pixels), 0, 0, 54, 40, width, height, 1, 24, 0,
                         len(pixels), 2835, 2835, 0, 0)  # fmt: skip
    return header + bytes(pixels)


def _audio(chance: random.Random) -> bytes:
    """A WAV file: half a second of two decaying tones, 16 bits, 8 kHz, with noise."""
    samples = [
        round(math.exp(-t / 2500) * (9000 * math.sin(t * 0.172) + 4000 * math.sin(t * 0.259)) + chance.gauss(0, 30))
        for t in range(4000)
    ]
    data = struct.pack(f"<{len(samples)}h", *samples)
    form = struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", len(data))
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


def _executable(chance: random.Random) -> bytes:
    """Functions of x86-64 machine code as compilers write them, with calls of each other."""
    starts, out = [0], bytearray()
    for _ in range(120):
        starts.append(len(out))
        out += b"\x55\x48\x89\xe5\x48\x83\xec" + bytes([chance.choice((16, 32, 48))])
        for _ in range(chance.randint(2, 9)):
            slot = 256 - 4 * chance.randint(1, 8)
            out += chance.choice((b"\x8b\x45", b"\x89\x45", b"\x8b\x55", b"\x03\x45")) + bytes([slot])
        out += b"\xe8" + struct.pack("<i", chance.choice(starts) - len(out) - 5) + b"\xc9\xc3"
        out += b"\x90" * (-len(out) % 16)
    return bytes(out)


_MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "text": _text,
    "json": _json,
    "log": _log,
    "code": _code,
    "table": _table,
    "image": _image,
    "audio": _audio,
    "executable": _executable,
    "noise": lambda chance: chance.randbytes(4096),
}
MODALITIES = tuple(_MAKERS)
