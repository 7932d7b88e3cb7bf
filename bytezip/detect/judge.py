"""Weighs what the witnesses say, and says how sure the verdict is.

In order of weight: a sound signature, a grammar that a reader would accept, the classifier over several windows among
the formats that the bytes can be at all, libmagic for what nobody knew. A pattern whose fields are wrong is a forgery
or damage, and counts only where nothing else speaks.

Knows: labels, what witnesses said.  Does not know: how they found it, files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.hints import MOST
from bytezip.detect.labels import LABELS, READABLE, UNKNOWN, modality_of
from bytezip.detect.result import Segment, Testimony
from bytezip.detect.signatures import Signature
from bytezip.detect.statistics import Statistics
from bytezip.detect.texts import Reading

SOUND, WEAK, SURE, LIKELY, LIBRARY = 0.99, 0.75, 0.97, 0.7, 0.85
_TO_NAME_A_FORMAT = 0.25  # below it, only the modality is named
_TO_NAME_A_MODALITY = 0.25
_NOISE_TELLS = 1 << 14  # bytes from which on data that is uniform is noise rather than packed
_NOISE_FACTOR = 500.0  # by how much that raises the odds
_LIKELY_FACTOR = 30.0  # by how much a likely reading raises the odds of its format
_HINT_FACTOR = 2.2  # by how much a turn of phrase raises them
_UNSEEN = 2.0  # of a language that the classifier does not know, where there are hits enough
_PLAIN_INSIDE = frozenset(
    {"bmp", "tga", "tiff", "ico", "dicom", "wav", "aiff", "au", "gus-patch", "npy", "nifti", "mat", "sqlite", "tar",
     "rar", "avro"}
)  # fmt: skip
"""Formats whose content may be any bytes, and so by chance those of characters."""
_CHARACTERS = frozenset({"fasta", "fastq", "sam", "vcf", "pdf", "type1", "age", "pgp", "netpbm", "fits", "xml",
                         "mseed"})  # fmt: skip

_NO_LINES = frozenset({"fits"})  # whose characters stand in cards of 80


@dataclass(frozen=True)
class Evidence:
    """What is known of the data; probabilities: float32 [C] over classes, summed from windows, or None.

    hints: hits of turns of phrase by kind, see `hints.hints_of`.
    """

    statistics: Statistics
    signature: Signature | None = None
    reading: Reading | None = None
    probabilities: NDArray[np.float32] | None = None
    classes: tuple[str, ...] = ()
    library: str | None = None
    hints: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    modality: str
    format: str
    confidence: float


def judge(evidence: Evidence) -> Verdict:
    clear = outright(evidence)
    if clear:
        return clear
    if evidence.probabilities is None:
        return _without_classifier(evidence)
    learnt = _learnt(evidence)
    if evidence.signature and evidence.signature.format != learnt.format:  # forged or not, it leaves a doubt
        learnt = replace(learnt, confidence=min(learnt.confidence, SURE))
    library = evidence.library if evidence.library != "text" else None  # white is plain text to it
    if library and not evidence.statistics.encoding and learnt.confidence < LIBRARY:
        return _of(library, LIBRARY)
    if learnt.modality == UNKNOWN and evidence.signature:
        return _of(evidence.signature.format, 0.5)
    return learnt


def judge_whole(verdict: Verdict, segments: Sequence[Segment]) -> Verdict:
    """The verdict on data of which every stretch is known: what no header or grammar tells, the most bytes tell."""
    size = sum(segment.size for segment in segments)
    if verdict.confidence >= SURE or size == 0:
        return verdict
    sizes: dict[tuple[str, str], float] = {}
    for segment in segments:
        kind = segment.modality, segment.format
        sizes[kind] = sizes.get(kind, 0.0) + segment.size * segment.confidence
    by_modality: dict[str, float] = {}
    for (modality, _), weight in sizes.items():
        by_modality[modality] = by_modality.get(modality, 0.0) + weight
    modality = max(by_modality, key=lambda name: by_modality[name])
    if modality == UNKNOWN or by_modality[modality] < _TO_NAME_A_MODALITY * size:
        return verdict
    name = max((kind for kind in sizes if kind[0] == modality), key=lambda kind: sizes[kind])[1]
    if name != UNKNOWN and sizes[modality, name] >= _TO_NAME_A_FORMAT * size:
        return Verdict(modality, name, sizes[modality, name] / size)
    return Verdict(modality, UNKNOWN, by_modality[modality] / size)


def outright(evidence: Evidence) -> Verdict | None:
    """What needs no weighing, and so no classifier."""
    signature, reading = evidence.signature, evidence.reading
    if signature and signature.sound and signature.strong and not _is_contradicted(signature, evidence.statistics):
        return _of(signature.format, SOUND)
    if signature and signature.sound and (not evidence.statistics.encoding or signature.format in _PLAIN_INSIDE):
        return _of(signature.format, WEAK)
    return _of(reading.format, SURE) if reading and reading.sure else None


def possible(statistics: Statistics, classes: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which classes the bytes can be: characters are no machine code, and bytes that are none are no text."""
    characters, others, structured = _groups(classes)
    noise = statistics.is_uniform
    if statistics.encoding:
        if b"\n" in statistics.data:
            characters = characters & _with_lines(classes)
        return characters if noise else characters & structured
    if statistics.zeros > 0.02 or statistics.printable < 0.5:
        return others if noise else others & structured
    return characters | others if noise else structured


@cache
def _groups(classes: tuple[str, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which classes may be of characters, which of other bytes, and which are anything but noise."""
    readable = np.array([modality_of(name) in READABLE for name in classes])
    characters = readable | np.array([name in _CHARACTERS for name in classes])
    return characters, ~readable, np.array([name != "random" for name in classes])


@cache
def _with_lines(classes: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([name not in _NO_LINES for name in classes])


def _learnt(evidence: Evidence) -> Verdict:
    """The likeliest modality, and its likeliest format where that is likely enough."""
    assert evidence.probabilities is not None
    chances = _chances(evidence)
    if evidence.reading and evidence.reading.format not in chances:
        return _of(evidence.reading.format, LIKELY)
    total = sum(chances.values())
    if total <= 0:
        return _without_classifier(evidence)
    by_modality: dict[str, float] = {}
    for name, chance in chances.items():
        by_modality[modality_of(name)] = by_modality.get(modality_of(name), 0.0) + chance / total
    modality = max(by_modality, key=lambda name: by_modality[name])
    inside = {name: chance / total for name, chance in chances.items() if modality_of(name) == modality}
    best = max(inside, key=lambda name: inside[name])
    if inside[best] >= _TO_NAME_A_FORMAT:
        return Verdict(modality, best, inside[best])
    if by_modality[modality] >= _TO_NAME_A_MODALITY:
        return Verdict(modality, UNKNOWN, by_modality[modality])
    return _without_classifier(evidence)


def _chances(evidence: Evidence) -> dict[str, float]:
    """By format, not summing to 1: the classifier's word, times what grammar and turns of phrase add to the odds."""
    assert evidence.probabilities is not None
    weights = evidence.probabilities * possible(evidence.statistics, evidence.classes)
    chances = dict(zip(evidence.classes, weights.tolist(), strict=True))
    for name, hits in evidence.hints.items():
        if name in chances:
            chances[name] *= _HINT_FACTOR**hits
        elif hits == MOST:
            chances[name] = _UNSEEN
    if "random" in chances and _is_noise(evidence.statistics):
        chances["random"] *= _NOISE_FACTOR
    if evidence.reading and evidence.reading.format in chances:
        chances[evidence.reading.format] = (chances[evidence.reading.format] + 1e-3) * _LIKELY_FACTOR
    return chances


def _without_classifier(evidence: Evidence) -> Verdict:
    """What is left where no format can be named."""
    if evidence.reading:
        return _of(evidence.reading.format, LIKELY)
    if evidence.signature:
        return _of(evidence.signature.format, 0.5)
    if evidence.library:
        return _of(evidence.library, LIBRARY)
    if evidence.statistics.encoding:
        return Verdict("text", "text", 0.5)
    if evidence.statistics.packed:
        return _of("random" if _is_noise(evidence.statistics) else "compressed", 0.5)
    return Verdict(UNKNOWN, UNKNOWN, 0.5)


def _is_noise(statistics: Statistics) -> bool:
    """Codes of every kind betray themselves in time; in short pieces, packed data is far more frequent than noise."""
    return statistics.is_uniform and statistics.size >= _NOISE_TELLS


def _is_contradicted(signature: Signature, statistics: Statistics) -> bool:
    """Plain text behind a header that plain text never follows."""
    if signature.format in _PLAIN_INSIDE:
        return False
    dense = modality_of(signature.format) not in READABLE and signature.format not in _CHARACTERS
    return dense and statistics.printable > 0.95 and statistics.size > 256


def _of(name: str, confidence: float) -> Verdict:
    return Verdict(LABELS[name].modality, name, confidence)


def testimonies(evidence: Evidence, library_said: str | None) -> tuple[Testimony, ...]:
    """What each witness said, for people; library_said: a MIME type or why there is none, or None if not asked."""
    told = [Testimony("statistics", None, 1.0, evidence.statistics.sentence())]
    if evidence.signature:
        weight = (SOUND if evidence.signature.strong else WEAK) if evidence.signature.sound else 0.3
        told.insert(0, Testimony("signature", evidence.signature.format, weight, evidence.signature.sentence()))
    else:
        told.insert(0, Testimony("signature", None, 0.0, "none known at the beginning"))
    if evidence.reading:
        note = "its grammar is kept" if evidence.reading.sure else "it looks like it"
        told.append(Testimony("grammar", evidence.reading.format, SURE if evidence.reading.sure else LIKELY, note))
    if evidence.probabilities is not None:
        order = np.argsort(-evidence.probabilities)[:3]
        best = [f"{evidence.classes[at]} {evidence.probabilities[at]:.0%}" for at in order]
        top = int(order[0])
        told.append(Testimony("classifier", evidence.classes[top], float(evidence.probabilities[top]), ", ".join(best)))
    if library_said is not None:
        told.append(Testimony("libmagic", evidence.library, LIBRARY if evidence.library else 0.0, library_said))
    return tuple(told)
