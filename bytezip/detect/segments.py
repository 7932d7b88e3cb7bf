"""The stretches of mixed content: members of containers by their headers, files inside by their signatures, and all
else by the classifier.

Knows: containers, embedded files, boundaries, sources.  Does not know: what is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from bytezip.detect.boundaries import STEP, Run, runs_of, turning_point, turning_point_between
from bytezip.detect.breaks import break_in
from bytezip.detect.classifier import Classifier
from bytezip.detect.containers import Part, parts_of
from bytezip.detect.embedded import PLAIN, begins_earlier, end_of_first, find_embedded
from bytezip.detect.labels import UNKNOWN, modality_of
from bytezip.detect.result import Segment
from bytezip.detect.source import Source
from bytezip.detect.statistics import measure

Identify = Callable[[bytes], Segment]
"""What a stretch of bytes is as a whole; its offset is 0."""

EXACT = 0.99
WHOLE = 8 << 20  # bytes up to which all is looked at; larger ones are sampled
_PIECE = 4 << 20  # bytes taken at once in a full scan
_SAMPLES = 128  # windows of a large file
_SAMPLE = 4096
_DEPTH = 3  # containers in containers
_HEAD = 1 << 16  # bytes by which a member is told
_TAIL = 1024  # bytes behind the end of a container that may be its own: padding, a signature
_PACKED = frozenset({"archive", "encrypted", "image", "audio", "video", "font"})
_END = 4096  # bytes of its end by which a packed file that goes on is told
_DENSE = 7.5  # bits per byte of packed data, in kilobytes of it
_ASIDE = 5120  # bytes of another kind inside of a file that then goes on
_SCRAP = 512  # bytes of a stretch that no signature proves: fewer are a part of what stands before them
_CUT = {"mpeg-ts": 188}  # bytes of a packet: what stands before the first whole one is the end of another one
_COMPRESSED = "compressed"
_FONT, _PAGES = "type1", {"document", "postscript"}  # whose beginning is a program in PostScript
_SLACK = 64  # bytes beside an exact end that belong to it: padding


class Segmenter:
    def __init__(self, classifier: Classifier, identify: Identify, full: bool) -> None:
        self._classifier = classifier
        self._identify = identify
        self._full = full

    def segments_of(self, source: Source, kind: str, report: Callable[[int], None] | None) -> tuple[Segment, ...]:
        """Of data that is of format `kind` as a whole."""
        parts = parts_of(kind, source, 0, source.reach)
        if parts and not _ends_early(source):
            return tuple(self._members(source, parts, depth=1))
        if source.reach <= WHOLE:
            return tuple(self._scanned(source, 0, source.reach, depth=0))
        if not self._full:
            return tuple(self._sampled(source))
        found: list[Segment] = []
        for start in range(0, source.reach, _PIECE):
            found += self._scanned(source, start, min(source.reach, start + _PIECE), depth=0)
            if report:
                report(min(source.reach, start + _PIECE))
        return tuple(_joined(found))

    def _members(self, source: Source, parts: list[Part], depth: int) -> list[Segment]:
        return [self._member(source, part, depth) for part in parts]

    def _member(self, source: Source, part: Part, depth: int) -> Segment:
        if part.format:
            return Segment(part.offset, part.size, modality_of(part.format), part.format, EXACT, part.name)
        told = self._identify(source.read(part.offset, min(part.size, _HEAD)))
        whole = replace(told, offset=part.offset, size=part.size, name=part.name)
        return self._opened(source, whole, depth)

    def _opened(self, source: Source, whole: Segment, depth: int) -> Segment:
        """With its parts, where it is a container."""
        if depth >= _DEPTH:
            return whole
        parts = parts_of(whole.format, source, whole.offset, whole.end)
        return replace(whole, parts=tuple(self._members(source, parts, depth + 1))) if parts else whole

    def _scanned(self, source: Source, start: int, end: int, depth: int) -> list[Segment]:
        data = source.read(start, end - start)
        end = start + len(data)
        found: list[Segment] = []
        embedded = find_embedded(data)
        at = 0
        for number, item in enumerate(embedded):
            following = embedded[number + 1].offset if number + 1 < len(embedded) else len(data)
            if item.offset - at >= _CUT.get(item.format, 1):
                found += self._between(data, at, item.offset, start)
                at = item.offset
            if found and _may_be_packed(found[-1]) and begins_earlier(data, item):
                at = found.pop().offset - start
            if item.end is None:
                broken = break_in(item.format, data[at:following]) if at == item.offset else None
                following = _place_of(broken, data, at, following) if broken else following
                found += self._begun(data, at, following, item.format, start, is_one=broken is not None)
                at = following
            else:
                whole = Segment(start + at, item.end - at, modality_of(item.format), item.format, EXACT)
                found.append(self._opened(source, whole, depth + 1))
                at = item.end
        if at < len(data):
            found += self._between(data, at, len(data), start)
        return _joined(found)

    def _between(self, data: bytes, start: int, end: int, base: int) -> list[Segment]:
        """What stands between files that were found."""
        if end - start < _SLACK and start > 0:
            return [Segment(base + start, end - start, UNKNOWN, UNKNOWN, 0.5)]
        piece = data[start:end]
        runs = runs_of(piece, self._classifier)
        if len(runs) == 1:
            told = self._identify(piece)
            return [replace(told, offset=base + start, size=end - start)]
        return [_shifted(run, base + start) for run in runs]

    def _begun(self, data: bytes, start: int, end: int, kind: str, base: int, *, is_one: bool) -> list[Segment]:
        """A file whose end is not known: as far as the content goes on as it began; all of it where it `is_one`."""
        if is_one:
            return [Segment(base + start, end - start, modality_of(kind), kind, EXACT)]
        runs = runs_of(data[start:end], self._classifier)
        first = Segment(base + start, runs[0].end, modality_of(kind), kind, EXACT)
        rest = [_shifted(run, base + start) for run in runs[1:]]
        dense = _is_packed_inside(first) and _is_dense(data[start : start + first.size][-_END:])
        while rest and (
            _goes_on(first, rest[0])
            or (len(rest) > 1 and rest[0].size <= _ASIDE and rest[1].modality == first.modality)
            or (dense and _is_dense(data[rest[0].offset - base : rest[0].end - base]))
        ):
            first = replace(first, size=first.size + rest.pop(0).size)
        return [first, *rest]

    def _sampled(self, source: Source) -> list[Segment]:
        """A large file by windows from all over; between two that differ, the place is found by halving."""
        windows = source.windows(_SAMPLE, _SAMPLES)
        kinds = [self._kind(window) for _, window in windows]
        found = [(0, kinds[0])]
        for (left, _), (right, _), before, after in zip(windows, windows[1:], kinds, kinds[1:], strict=False):
            if (before.modality, before.format) != (after.modality, after.format):
                found.append((self._halved(source, left, right, before, after), after))
        edges = [*(place for place, _ in found), source.reach]
        return _joined(
            [
                Segment(place, end - place, kind.modality, kind.format, kind.confidence)
                for (place, end), (_, kind) in zip(pairwise(edges), found, strict=True)
                if end > place
            ]
        )

    def _kind(self, window: bytes) -> Segment:
        return self._identify(window)

    def _halved(self, source: Source, left: int, right: int, before: Segment, after: Segment) -> int:
        """The end of the kind on the left, to within a few bytes where the contents differ enough."""
        while right - left > 4 * _SAMPLE:
            middle = (left + right) // 2
            kind = self._kind(source.read(middle, _SAMPLE))
            if (kind.modality == before.modality and kind.modality != after.modality) or kind.format == before.format:
                left = middle
            else:
                right = middle
        base = max(0, left - 2 * _SAMPLE)
        data = source.read(base, right + 2 * _SAMPLE - base)
        return base + turning_point(data, 0, (left + right + _SAMPLE) // 2 - base, len(data), whole=True)


def _ends_early(source: Source) -> bool:
    """Whether something else follows the container that begins the data."""
    if source.reach > WHOLE:
        return False
    end = end_of_first(source.read(0, source.reach))
    return end is not None and end + _TAIL < source.reach


def _place_of(broken: tuple[int, int], data: bytes, start: int, end: int) -> int:
    """Of a break, where the bytes turn into others, if it is not known."""
    least, most = start + broken[0], start + broken[1]
    return most if least == most else turning_point_between(data, start, least, most, end)


def _shifted(run: Run, base: int) -> Segment:
    return Segment(base + run.start, run.end - run.start, run.modality, run.format, run.confidence)


def _goes_on(first: Segment, following: Segment) -> bool:
    return following.modality in (first.modality, UNKNOWN)


def _may_be_packed(before: Segment) -> bool:
    return before.confidence < EXACT and before.modality == modality_of(_COMPRESSED)


def _is_packed_inside(first: Segment) -> bool:
    return first.modality in _PACKED and first.format not in PLAIN


def _is_dense(piece: bytes) -> bool:
    """Whether a run may be more of a packed file before it: packed data looks like any other packed data."""
    return measure(piece).entropy > _DENSE


def _joined(segments: list[Segment]) -> list[Segment]:
    """Neighbours of one kind as one; scraps of a few bytes go to what stands before them."""
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last and segment.size < (_SLACK if segment.format == UNKNOWN else _SCRAP) and segment.confidence < EXACT:
            joined[-1] = replace(last, size=last.size + segment.size)
        elif last and segment.format == _FONT and last.confidence < EXACT and {last.modality, last.format} & _PAGES:
            joined[-1] = replace(segment, offset=last.offset, size=last.size + segment.size)
        elif last and _alike(last, segment):
            joined[-1] = replace(
                last, size=last.size + segment.size, confidence=min(last.confidence, segment.confidence)
            )
        else:
            joined.append(segment)
    return joined


def _alike(one: Segment, other: Segment) -> bool:
    """Whether two neighbours are one stretch; files that were found by their signatures stand for themselves."""
    exact = EXACT in (one.confidence, other.confidence)
    return (
        not exact and not one.parts and not other.parts and (one.modality, one.format) == (other.modality, other.format)
    )


assert STEP < _SAMPLE
