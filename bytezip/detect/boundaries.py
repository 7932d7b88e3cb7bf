"""Where one kind of content ends and another begins, in bytes without signatures.

Windows are classified; the likeliest sequence of modalities with few changes is found (Viterbi), and each change is
then placed by the bytes around it: two order-1 models, one of what stands before and one of what stands behind, and
the place where the evidence turns.

Knows: the classifier, bytes.  Does not know: signatures, files.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.binary import kind_of
from bytezip.detect.classifier import Classifier, softmax
from bytezip.detect.judge import possible
from bytezip.detect.labels import UNKNOWN, modality_of
from bytezip.detect.statistics import measure

STEP = 1024  # bytes by which windows follow each other
_AROUND = 512  # bytes on each side of a step that its window holds, too
_ALIKE, _OTHER = 6.0, 3.0  # nats that a change of modality must gain: between pieces of one kind, and of two
_TRUST = 0.7  # of a window's word: neighbours share bytes, and habits
_UNSEEN = 12.0  # counts of each byte before any is seen: a side may hold something of its own beyond what is counted
_LEAN, _LEAN_IF_EVEN = 120.0, 400.0  # counts that single bytes weigh beside pairs; those of packed data are chance
_PULL = 0.1  # nats a byte that a place farther from where the windows differ must gain
_CONTEXT = 6144  # bytes on each side that a model is made of
_EVEN = 7.0  # bits per byte
_CONTROLS = np.array([byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in range(256)])
_OFTEN, _SELDOM = 0.02, 8.0  # share of them in what is no text, and how many shares it may be without any
_FLOOR = 1e-4  # no window excludes a modality: it may hold the end of something
_TO_NAME_A_FORMAT = 0.45
_TO_NAME_A_MODALITY = 0.4


class Run(NamedTuple):
    """A stretch of one kind, in bytes from the beginning of the data."""

    start: int
    end: int
    modality: str
    format: str
    confidence: float


def runs_of(data: bytes, classifier: Classifier) -> list[Run]:
    """Runs without gaps over all of the data, which must not be empty."""
    count = max(1, round(len(data) / STEP))
    windows = [data[max(0, STEP * i - _AROUND) : STEP * (i + 1) + _AROUND] for i in range(count)]
    if len(data) < 2 * STEP:
        windows = [data]
    shares = probabilities(windows, classifier)
    kinds, members = _kinds(classifier.classes)
    costs = _costs_of_changes([data[STEP * i : STEP * (i + 1)] for i in range(count)])
    states = likeliest_path(_TRUST * np.log(np.maximum(shares @ members, _FLOOR)), costs)
    changes = np.flatnonzero(np.diff(states)) + 1
    edges = [0, *(int(change) for change in changes), len(windows)]
    places = [0]
    for before, change, after in zip(edges, edges[1:-1], edges[2:], strict=False):
        end = min(after * STEP, len(data)) if after < len(windows) else len(data)
        place = turning_point(data, max(before * STEP, places[-1]), change * STEP, end)
        places.append(max(place, places[-1] + 1))
    places.append(len(data))
    return [
        _named(places[i], places[i + 1], kinds[states[edges[i]]], shares[edges[i] : edges[i + 1]], classifier.classes)
        for i in range(len(places) - 1)
        if places[i + 1] > places[i]
    ]


def probabilities(windows: list[bytes], classifier: Classifier) -> NDArray[np.float32]:
    """float32 [T, C]; rows sum to 1."""
    rows = []
    for start in range(0, len(windows), 256):
        some = windows[start : start + 256]
        masks = np.stack([possible(measure(window), classifier.classes) for window in some])
        rows.append(softmax(classifier.logits(some) - 100.0 * ~masks))
    return np.concatenate(rows)


def _kinds(classes: tuple[str, ...]) -> tuple[list[str], NDArray[np.float32]]:
    """The modalities, and which class is of which: float32 [C, M] of ones and zeros."""
    kinds = sorted({modality_of(name) for name in classes})
    members = np.array([[modality_of(name) == kind for kind in kinds] for name in classes], np.float32)
    return kinds, members


def _costs_of_changes(pieces: list[bytes]) -> list[float]:
    """Nats that a change must gain, by the piece that it comes before; of the first one nothing is asked."""
    kinds = [kind_of(piece) for piece in pieces]
    return [0.0, *(_ALIKE if before == after else _OTHER for before, after in pairwise(kinds))]


def likeliest_path(logs: NDArray[np.float32], costs: list[float]) -> NDArray[np.int64]:
    """int64 [T], the state of each window, where a change to that of window t costs `costs[t]`."""
    steps, states = logs.shape
    score = logs[0].astype(np.float64)
    came_from = np.empty((steps, states), np.int64)
    for step in range(1, steps):
        best = int(score.argmax())
        stays = score >= score[best] - costs[step]
        came_from[step] = np.where(stays, np.arange(states), best)
        score = np.where(stays, score, score[best] - costs[step]) + logs[step]
    path = np.empty(steps, np.int64)
    path[-1] = int(score.argmax())
    for step in range(steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def turning_point(data: bytes, start: int, near: int, end: int, *, whole: bool = False) -> int:
    """The place in data[start:end], not far from `near`, where what stands before turns into what stands behind.

    Of all places the one at which the order-1 model of the left side, up to it, and that of the right, from it on,
    explain the bytes best, less what the way there costs. whole: it may be anywhere but within a sixth of the ends, at
    no cost.
    """
    reach = (end - start) // 3 if whole else min(STEP + STEP // 2, (end - start) // 2)
    low, high = max(start, near - reach), min(end, near + reach)
    return _turn(data, (start, low, high, end), near, 0.0 if whole else _PULL)


def turning_point_between(data: bytes, start: int, low: int, high: int, end: int) -> int:
    """The place in data[low:high] where what stands before, from `start` on, turns into what stands behind."""
    return _turn(data, (start, low, high, end), high, 0.0)


def _turn(data: bytes, places: tuple[int, int, int, int], near: int, pull: float) -> int:
    start, low, high, end = places
    before = np.frombuffer(data[max(start, low - _CONTEXT) : max(low, start + 64)], np.uint8)
    behind = np.frombuffer(data[min(high, end - 64) : min(end, high + _CONTEXT)], np.uint8)
    middle = np.frombuffer(data[low:high], np.uint8)
    if len(before) < 64 or len(behind) < 64 or len(middle) < 2:
        return near
    gain = np.concatenate([[0.0, 0.0], np.cumsum(_costs(behind, middle) - _costs(before, middle))])
    gain -= pull * np.abs(np.arange(low, low + len(gain)) - near)
    first, last = _edge_of_text(before, middle, behind)
    return low + first + int(gain[first : last + 1].argmax())


def _edge_of_text(before: NDArray[np.uint8], middle: NDArray[np.uint8], behind: NDArray[np.uint8]) -> tuple[int, int]:
    """Between which places in the middle text ends or begins, where one side is text: it has no control characters."""
    left, right = _CONTROLS[before].mean(), _CONTROLS[behind].mean()
    at = np.flatnonzero(_CONTROLS[middle])
    if left == 0 and right > _OFTEN and len(at):
        return max(0, int(at[0] - _SELDOM / right)), int(at[0])
    if right == 0 and left > _OFTEN and len(at):
        return int(at[-1]) + 1, min(len(middle), int(at[-1] + 1 + _SELDOM / left))
    return 0, len(middle)


def _costs(model: NDArray[np.uint8], text: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Nats of each byte of the text but the first, by the pairs of the model, leaning on its single bytes."""
    single = np.bincount(model, minlength=256) + _UNSEEN
    single /= single.sum()
    pairs = np.bincount(model[:-1].astype(np.int64) << 8 | model[1:], minlength=65536)
    totals = np.bincount(model[:-1], minlength=256)
    previous, current = text[:-1].astype(np.int64), text[1:].astype(np.int64)
    lean = _LEAN if -(single * np.log2(single)).sum() < _EVEN else _LEAN_IF_EVEN
    share = (pairs[previous << 8 | current] + lean * single[current]) / (totals[previous] + lean)
    return np.asarray(-np.log(share), np.float64)


def _named(start: int, end: int, kind: str, shares: NDArray[np.float32], classes: tuple[str, ...]) -> Run:
    weights = shares.mean(0)
    inside = np.where([modality_of(name) == kind for name in classes], weights, 0.0)
    best = int(inside.argmax())
    if inside[best] >= _TO_NAME_A_FORMAT:
        return Run(start, end, kind, classes[best], float(inside[best]))
    if inside.sum() >= _TO_NAME_A_MODALITY:
        return Run(start, end, kind, UNKNOWN, float(inside.sum()))
    return Run(start, end, UNKNOWN, UNKNOWN, 0.5)
