"""Items of formats that the training set lacks, made from what it has: packed, encrypted, pictures, sound, video.

    python -m bytezip.train.detect_made TRAINING_SET OUT --ffmpeg FFMPEG

Each is made from one source and bears its name, so that the split by source holds for it, too. Needs Pillow, py7zr,
brotli and zstandard, and an ffmpeg with the usual encoders; none of them is needed to use what was trained.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import html
import io
import json
import lzma
import pickle
import re
import shutil
import subprocess
import tarfile
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bytezip.train.detect_items import name_hash

_SOURCES = 64  # that are packed
_FILES = 6  # of a source, taken together
_PICTURES = 12  # of a source
_SOUNDS = 5
_VIDEOS = 30
_WIDTHS = (240, 480, 800)  # pixels, of pictures
_TEXTS = 12  # pages of a source
_PART = 40_000  # bytes taken of a file


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("training_set", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--ffmpeg", default=shutil.which("ffmpeg"))
    parser.add_argument("--unpacked", action="store_true", help="leave packed formats out")
    arguments = parser.parse_args()
    if not arguments.unpacked:
        make_packed(arguments.training_set, arguments.out)
    make_records(arguments.training_set, arguments.out)
    make_prose(arguments.training_set, arguments.out)
    make_pictures(arguments.training_set, arguments.out)
    if arguments.ffmpeg:
        make_sounds(arguments.training_set, arguments.out, arguments.ffmpeg)
        make_videos(arguments.training_set, arguments.out, arguments.ffmpeg)


def make_packed(root: Path, out: Path) -> None:
    sources = sorted((path for path in root.glob("*/*") if path.is_dir()), key=lambda path: name_hash(path.name))
    for source in sources[:_SOURCES]:
        paths = _some(source, "*", _FILES)
        content = b"".join(path.read_bytes()[:_PART] for path in paths)
        if len(content) < 5000:
            continue
        for name, pack in _packers(name_hash(source.name)).items():
            _put(out, name, source.name, pack(content))
        for name, bundle in (("zip", _zip), ("tar", _tar), ("7z", _seven)):
            _put(out, name, source.name, bundle(paths))
        noise = np.random.Generator(np.random.PCG64(name_hash(source.name))).bytes(100_000)
        _put(out, "random", source.name, noise)


def _packers(dice: int) -> dict[str, Callable[[bytes], bytes]]:
    """By format; levels differ from source to source."""
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415
    import zstandard  # noqa: PLC0415

    level = (1, 6, 9)[dice % 3]
    return {
        "gzip": lambda content: gzip.compress(content, level),
        "bzip2": lambda content: bz2.compress(content, level),
        "xz": lambda content: lzma.compress(content, preset=level),
        "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE, preset=level),
        "zlib": lambda content: zlib.compress(content, level),
        "zstd": zstandard.ZstdCompressor(level=2 * level).compress,
        "brotli": lambda content: bytes(brotli.compress(content, quality=level)),
        "lz4": lambda content: subprocess.run(["lz4", "-c"], input=content, capture_output=True, check=True).stdout,
    }


def _zip(paths: list[Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for path in paths:
            file.writestr(path.name.rsplit("__", 1)[-1], path.read_bytes()[:_PART])
    return buffer.getvalue()


def _tar(paths: list[Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for path in paths:
            content = path.read_bytes()[:_PART]
            member = tarfile.TarInfo(path.name.rsplit("__", 1)[-1][:90])
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _seven(paths: list[Path]) -> bytes:
    import py7zr  # noqa: PLC0415

    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as file:
        for path in paths:
            file.writestr(path.read_bytes()[:_PART], path.name.rsplit("__", 1)[-1])
    return buffer.getvalue()


def make_records(root: Path, out: Path) -> None:
    """JSON again, as its relatives."""
    for source in sorted(root.glob("json/*")):
        for path in _some(source, "*.json", 8):
            try:
                content = json.loads(path.read_bytes())
            except ValueError:
                continue
            rows = content if isinstance(content, list) else list(content.values())
            if len(rows) > 3 and all(isinstance(row, dict | list) for row in rows):
                lines = [json.dumps(row, ensure_ascii=False) for row in rows]
                _put(out, "jsonl", source.name, "\n".join(lines).encode())
            _put(out, "pickle", source.name, pickle.dumps(content))


def make_prose(root: Path, out: Path) -> None:
    """Web pages without their tags, in lines of several lengths or a line a paragraph: plain texts are rare."""
    for source in sorted(root.glob("*/*")):
        for number, path in enumerate(_some(source, "*.html", _TEXTS)):
            page = path.read_bytes()[:_PAGE].decode("utf-8", "replace")
            plain = html.unescape(_TAG.sub("", _END_OF_PARAGRAPH.sub("\n\n", _UNSEEN.sub("", page))))
            paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", plain)]
            told = [part for part in paragraphs if part.count(" ") > 8]
            width = (72, 79, 65, 0)[number % 4]
            lines = [textwrap.fill(part, width) if width else part for part in told]
            indent = ("", "", "    ")[number % 3]
            text = ("\r\n\r\n" if number % 5 == 4 else "\n\n").join(indent + line for line in lines)
            if len(text) > 2000:
                _put(out, "text", source.name, text.encode())


_PAGE = 200_000  # bytes
_UNSEEN = re.compile(r"(?is)<(script|style|pre|head|table)\b.*?</\1\s*>|<!--.*?-->")
_END_OF_PARAGRAPH = re.compile(r"(?i)</?(?:p|div|li|dt|dd|h[1-6]|br|blockquote|tr)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")


def make_pictures(root: Path, out: Path) -> None:
    """Sizes, qualities and kinds of coding differ from picture to picture."""
    from PIL import Image  # noqa: PLC0415

    for source in sorted(path for kind in ("image", "png", "jpeg") for path in root.glob(f"{kind}/*")):
        for number, path in enumerate(_some(source, "*", _PICTURES)):
            try:
                picture = Image.open(path).convert("RGB")
            except (OSError, ValueError):
                continue
            width = _WIDTHS[number % len(_WIDTHS)]
            picture.thumbnail((width, width))
            for name, ways in _PICTURE_FORMATS.items():
                buffer = io.BytesIO()
                options = dict(ways[number // 2 % len(ways)])
                shown = picture.convert(options.pop("mode", "RGB"))
                shown.save(buffer, name, **options)
                _put(out, name, source.name, buffer.getvalue())


_PICTURE_FORMATS: dict[str, tuple[dict[str, Any], ...]] = {
    "png": ({}, {"mode": "P"}, {"compress_level": 1}, {"mode": "L"}, {"mode": "RGBA"}),
    "jpeg": (
        {},
        {"quality": 92, "subsampling": 0},
        {"quality": 40},
        {"progressive": True},
        {"optimize": True, "quality": 85},
    ),
    "gif": ({},),
    "webp": ({"method": 2}, {"lossless": True, "method": 1}, {"quality": 40, "method": 2}),
    "avif": ({"speed": 10}, {"speed": 10, "quality": 50}),
    "tiff": ({}, {"compression": "tiff_lzw"}, {}, {"compression": "tiff_adobe_deflate"}, {"mode": "L"}),
    "bmp": ({}, {"mode": "P"}, {"mode": "L"}),
    "tga": ({}, {"mode": "L"}, {"rle": True}),
    "ico": ({},),
    "jpeg2000": ({}, {"irreversible": True, "quality_mode": "rates", "quality_layers": [12]}),
}

_BIT_RATES = ("64k", "128k", "192k", "96k", "256k")

_SOUND_FORMATS: dict[str, tuple[str, ...]] = {
    "mp3": ("-c:a", "libmp3lame", "-f", "mp3"),
    "aac": ("-c:a", "aac", "-f", "adts"),
    "m4a": ("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "ipod"),
    "ogg": ("-c:a", "libvorbis", "-f", "ogg"),
    "opus": ("-c:a", "libopus", "-f", "opus"),
    "flac": ("-c:a", "flac", "-f", "flac"),
    "au": ("-c:a", "pcm_s16be", "-f", "au"),
    "aiff": ("-c:a", "pcm_s16be", "-f", "aiff"),
    "wav": ("-c:a", "pcm_s24le", "-f", "wav"),
    "wavpack": ("-c:a", "wavpack", "-f", "wv"),
}
_LOSSY = frozenset({"mp3", "aac", "m4a", "opus"})
_VIDEO_FORMATS: dict[str, tuple[str, ...]] = {
    "mp4": ("-c:v", "libx264", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4"),
    "mov": ("-c:v", "libx264", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-f", "mov"),
    "mkv": ("-c:v", "libx264", "-c:a", "libvorbis", "-f", "matroska"),
    "webm": ("-c:v", "libvpx", "-b:v", "1M", "-c:a", "libopus", "-f", "webm"),
    "avi": ("-c:v", "mpeg4", "-q:v", "4", "-c:a", "libmp3lame", "-f", "avi"),
    "mpeg": ("-c:v", "mpeg2video", "-q:v", "4", "-r", "25", "-c:a", "mp2", "-f", "mpeg"),
    "mpeg-ts": ("-c:v", "libx264", "-c:a", "aac", "-f", "mpegts"),
    "flv": ("-c:v", "flv", "-q:v", "4", "-an", "-f", "flv"),
}


def make_sounds(root: Path, out: Path, ffmpeg: str) -> None:
    for source in sorted(root.glob("audio/*")):
        for number, path in enumerate(_some(source, "*.wav", _SOUNDS)):
            rate = ("-b:a", _BIT_RATES[number % len(_BIT_RATES)])
            for name, options in _SOUND_FORMATS.items():
                lossy = rate if name in _LOSSY else ()
                _put(out, name, source.name, _run(ffmpeg, "-t", "5", "-i", str(path), *lossy, *options, "-"))


def make_videos(root: Path, out: Path, ffmpeg: str) -> None:
    """A slow zoom into each picture, with noise of its own, beside a sound."""
    sounds = [path for source in sorted(root.glob("audio/*")) for path in _some(source, "*.wav", 1)]
    for number, (source, path) in enumerate(islice(_pictures(root), _VIDEOS)):
        noise = (6, 2, 12)[number % 3]
        picture = ("-loop", "1", "-t", "2", "-i", str(path))
        sound = ("-t", "2", "-i", str(sounds[number % len(sounds)]))
        zoom = f"scale=300:226,zoompan=z='1+0.004*on':d=1:s=240x180:fps=24,noise=alls={noise}:allf=t,format=yuv420p"
        for name, options in _VIDEO_FORMATS.items():
            _put(out, name, source, _run(ffmpeg, *picture, *sound, "-vf", zoom, "-ar", "44100", *options, "-"))


def _pictures(root: Path) -> Iterator[tuple[str, Path]]:
    for source in sorted(path for kind in ("image", "png", "jpeg") for path in root.glob(f"{kind}/*")):
        for path in _some(source, "*", 3):
            if path.suffix in (".bmp", ".ppm", ".png", ".jpg", ".tif", ".tga", ".pgm"):
                yield source.name, path


def _run(ffmpeg: str, *arguments: str) -> bytes:
    line = [ffmpeg, "-v", "error", "-threads", "1", "-y", *arguments]
    return subprocess.run(line, capture_output=True, check=False, timeout=120).stdout


def _some(source: Path, pattern: str, count: int) -> list[Path]:
    paths = [path for path in source.rglob(pattern) if path.is_file()]
    return sorted(paths, key=lambda path: name_hash(path.name))[:count]


def _put(out: Path, name: str, source: str, content: bytes) -> None:
    if len(content) < 600:
        return
    folder = out / name / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.bin").write_bytes(content[:600_000])


if __name__ == "__main__":
    main()
