"""bytezip detect: what files are, by their content alone."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bytezip.cli.console import Console, Form
from bytezip.cli.options import Sources, Voice, grouped
from bytezip.cli.paths import STANDARD_STREAM, check_content, display_name
from bytezip.cli.run import each

if TYPE_CHECKING:
    from bytezip.detect import Detection, ModalityDetector, Segment


@dataclass(frozen=True)
class Printing:
    json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False
    mime: Annotated[bool, typer.Option("--mime", help="Print MIME types.")] = False
    brief: Annotated[bool, typer.Option("-b", "--brief", help="Print formats alone, without names.")] = False

    def form(self) -> Form:
        return Form.of(json=self.json, jsonl=self.jsonl, mime=self.mime, brief=self.brief)


@dataclass(frozen=True)
class Thoroughness:
    segments: Annotated[bool, typer.Option("--segments", help="Show what is where in mixed files.")] = False
    explain: Annotated[bool, typer.Option("--explain", help="Show what each witness said.")] = False
    full: Annotated[bool, typer.Option("--full", help="Read whole files, not samples.")] = False


@grouped
def detect(printing: Printing, thoroughness: Thoroughness, sources: Sources, voice: Voice) -> None:
    """Tell what each FILE is: modality, format, MIME type, and how sure that is."""
    from bytezip.detect import ModalityDetector  # noqa: PLC0415  the model is read when it is made

    console = voice.console()
    form = printing.form()
    detector = ModalityDetector(
        segments=thoroughness.segments, full=thoroughness.full, ask_libmagic=True if thoroughness.explain else None
    )
    rows: list[dict[str, Any]] = []

    def show(name: str) -> None:
        found = _detect(name, detector, console, thoroughness.full)
        row = summary(display_name(name), found, thoroughness.explain or voice.verbose)
        if form is Form.ARRAY:
            rows.append(row)
        else:
            console.detected(row, form)
        console.note_missing_witnesses(row_of_witnesses(found))

    try:
        if form is Form.TABLE:
            console.detected_heading()
        each(sources.names(), show, console)
    finally:
        if form is Form.ARRAY:
            console.array(rows)


def summary(name: str, found: Detection, explain: bool) -> dict[str, Any]:
    """What is told of one file; the keys are those of --json, documented in bytezip-detect(1)."""
    row = {
        "file": name,
        "modality": found.modality,
        "format": found.format,
        "mime": found.mime,
        "confidence": found.confidence,
        "entropy": found.entropy,
        "size": found.size,
        "encoding": found.encoding,
        "segments": [_segment(segment) for segment in found.segments],
    }
    return {**row, "witnesses": row_of_witnesses(found)} if explain else row


def row_of_witnesses(found: Detection) -> list[dict[str, Any]]:
    return [
        {
            "witness": said.witness,
            "format": said.format,
            "confidence": round(said.confidence, 4),
            "note": said.note,
        }
        for said in found.testimony
    ]


def _segment(segment: Segment) -> dict[str, Any]:
    from bytezip.detect import LABELS  # noqa: PLC0415  loaded by now; other commands do without it

    return {
        "offset": segment.offset,
        "size": segment.size,
        "modality": segment.modality,
        "format": segment.format,
        "mime": LABELS[segment.format].mime,
        "confidence": round(segment.confidence, 4),
        "name": segment.name or None,
    }


def _detect(name: str, detector: ModalityDetector, console: Console, full: bool) -> Detection:
    """Raises what cannot be read."""
    if name == STANDARD_STREAM:
        return detector.detect(sys.stdin.buffer)
    of_device = "to read from it all the same: bytezip detect < DEVICE"
    check_content(Path(name), "use -r to look at the files in it", of_device)
    if not full:
        return detector.detect(name)
    with console.progress(display_name(name), os.path.getsize(name), decompress=False) as report:
        return detector.detect(name, (lambda done: report(done, 0)) if report else None)
