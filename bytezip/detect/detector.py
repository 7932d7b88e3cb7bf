"""`ModalityDetector` and `detect_modality`: from bytes, a path or a stream to a `Detection`.

Knows: all witnesses and the judge.  Does not know: what is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from bytezip.detect import hints, libmagic
from bytezip.detect.classifier import Classifier, shipped, softmax
from bytezip.detect.families import refine
from bytezip.detect.features import SMALLEST, WINDOW
from bytezip.detect.judge import Evidence, judge, judge_whole, outright, possible, testimonies
from bytezip.detect.labels import EMPTY
from bytezip.detect.result import Detection, Segment
from bytezip.detect.segments import Segmenter
from bytezip.detect.signatures import find_signature, signature_within
from bytezip.detect.source import HEAD, File, Memory, Source, from_stream
from bytezip.detect.statistics import entropy_of, measure
from bytezip.detect.texts import read
from bytezip.kinds import KINDS, hint_of

Report = Callable[[int], None]
"""Called with the count of bytes scanned so far."""

_WINDOWS = 4  # that the classifier reads of a large file
_MEASURED = 1 << 15  # bytes of the beginning that are counted, beside those of the windows
_PIECE = 1 << 22  # bytes counted at once in a full scan
_CLEAR = 0.9  # from which on libmagic is not asked: loading it takes longer than all else
_WORTH_A_HINT = 0.02  # chance from which on turns of phrase are looked for
_FOREIGN = {"utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be"}


class ModalityDetector:
    """Tells what bytes are; keeps its model between calls. Safe to share between threads.

    segments: look for the stretches of mixed content, too. full: read all of a file instead of samples.
    ask_libmagic: True always, False never, None where the others are not sure.
    """

    def __init__(
        self,
        *,
        segments: bool = False,
        full: bool = False,
        ask_libmagic: bool | None = None,
        classifier: Classifier | None = None,
    ) -> None:
        self._segments = segments
        self._full = full
        self._ask_libmagic = ask_libmagic
        self._classifier = classifier or shipped()

    def detect(self, source: bytes | str | os.PathLike[str] | BinaryIO, report: Report | None = None) -> Detection:
        """What data, the file at a path, or what comes from a stream is.

        A regular file is read in a few places only, unless `full`; a stream up to a MiB, or whole with `full`.

        Raises:
            OSError: where a file cannot be read.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            return self._detect(Memory(bytes(source)), report)
        if not isinstance(source, str | os.PathLike):
            return self._detect(from_stream(source, None if self._full else 1 << 20), report)
        if not Path(source).is_file():  # a pipe or a device has no places to read in
            with Path(source).open("rb") as stream:
                return self._detect(from_stream(stream, None if self._full else 1 << 20), report)
        with File(source) as file:
            return self._detect(file, report)

    def _detect(self, source: Source, report: Report | None) -> Detection:
        head = source.read(0, HEAD)
        if not head:
            return Detection(EMPTY, EMPTY, 1.0, 0.0, 0)
        windows = [window for _, window in source.windows(WINDOW, _WINDOWS)]
        statistics = measure(b"".join([head[:_MEASURED], *windows[1:]]))
        signature = find_signature(head) or signature_within(head)
        if signature and signature.format == "zip" and source.reach > HEAD:  # what its directory says, at the end
            signature = signature._replace(format=refine("zip", head + source.read(source.reach - HEAD, HEAD)))
        text = _text_of(head, statistics.encoding)
        reading = read(text, len(head) == source.size) if text is not None else None
        evidence = Evidence(statistics, signature, reading)
        verdict = outright(evidence)
        if self._ask_libmagic or verdict is None or verdict.confidence < _CLEAR:
            evidence = self._with_classifier(evidence, windows, text)
            verdict = judge(evidence)
        said = None
        unsure = verdict.confidence < _CLEAR and not statistics.encoding
        if self._ask_libmagic or (self._ask_libmagic is None and unsure):
            library, said = libmagic.ask(head)
            evidence = replace(evidence, library=library)
            verdict = judge(evidence)
        segments: tuple[Segment, ...] = ()
        if self._segments or self._full:
            segments = Segmenter(self._classifier, self._identify, self._full).segments_of(
                source, verdict.format, report
            )
        if self._full:
            verdict = judge_whole(verdict, segments)
            statistics = replace(statistics, entropy=_entropy_of_all(source))
        return Detection(
            modality=verdict.modality,
            format=verdict.format,
            confidence=round(verdict.confidence, 4),
            entropy=round(statistics.entropy, 4),
            size=source.size,
            segments=segments,
            encoding=statistics.encoding,
            path=source.path if isinstance(source, File) else None,
            _data=source.read(0, source.reach) if isinstance(source, Memory) else b"",
            _told=partial(testimonies, evidence, said),
        )

    def _identify(self, data: bytes) -> Segment:
        """A stretch as a whole, by the same witnesses but libmagic."""
        if not data:
            return Segment(0, 0, EMPTY, EMPTY, 1.0)
        told = ModalityDetector(ask_libmagic=False, classifier=self._classifier).detect(data)
        return Segment(0, len(data), told.modality, told.format, told.confidence)

    def _with_classifier(self, evidence: Evidence, windows: list[bytes], text: str | None) -> Evidence:
        """Windows are independent witnesses only in part: their logits are averaged, and count for up to two."""
        if evidence.statistics.encoding in _FOREIGN and text is not None:
            plain = text.encode()
            windows = [plain[start : start + WINDOW] for start in range(0, len(plain), WINDOW)][:_WINDOWS]
        long = [window for window in windows if len(window) >= min(SMALLEST, len(windows[0]))]
        logits = self._classifier.logits(long)
        logits = logits - 100.0 * ~possible(evidence.statistics, self._classifier.classes)
        classes = self._classifier.classes
        joined = softmax(logits.mean(0) * min(2.0, len(long) ** 0.5))
        likely = {name for name, share in zip(classes, joined.tolist(), strict=True) if share > _WORTH_A_HINT}
        found = hints.hints_of(text, likely | (hints.KINDS - set(classes))) if text is not None else {}
        return replace(evidence, probabilities=joined, classes=classes, hints=found)


def detect_modality(
    data_or_path: bytes | str | os.PathLike[str] | BinaryIO, *, segments: bool = False, full: bool = False
) -> Detection:
    """What data is: bytes, the file at a path, or a binary stream.

    segments: look for the stretches of mixed content, too. full: read all of a file instead of samples.

    Raises:
        OSError: where a file cannot be read.
    """
    return ModalityDetector(segments=segments, full=full).detect(data_or_path)


def block_modality(data: bytes) -> str:
    """The modality of a block of a larger file, in less than a millisecond, by its bytes alone.

    The same as the hint that `bytezip.compress` writes into the header of a block: see `bytezip.kinds`. "unknown" where
    it is not clear.
    """
    return KINDS[hint_of(data)] if data else EMPTY


def _entropy_of_all(source: Source) -> float:
    counts = np.zeros(256, np.int64)
    for start in range(0, source.reach, _PIECE):
        counts += np.bincount(np.frombuffer(source.read(start, _PIECE), np.uint8), minlength=256)
    return entropy_of(counts)


def _text_of(head: bytes, encoding: str | None) -> str | None:
    if encoding is None:
        return None
    name = {"ascii": "ascii", "utf-8": "utf-8", "8-bit": "latin-1"}.get(encoding, encoding)
    return head.decode(name, "replace")
