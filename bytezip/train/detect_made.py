"""Items of formats that the training set lacks, made from what it has: packed, encrypted, pictures, sound, video.

    python -m bytezip.train.detect_made TRAINING_SET OUT --ffmpeg FFMPEG

Each is made from one source and bears its name, so that the split by source holds for it, too. Needs Pillow, py7zr,
brotli and zstandard, and an ffmpeg with the usual encoders; none of them is needed to use what was trained.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import io
import json
import lzma
import pickle
import shutil
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from bytezip.train.detect_items import name_hash

_SOURCES = 24  # that are packed
_FILES = 6  # of a source, taken together
_PICTURES = 2  # of a source
_SOUNDS = 1
_VIDEOS = 8
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
        for name, pack in _packers().items():
            _put(out, name, source.name, pack(content))
        for name, bundle in (("zip", _zip), ("tar", _tar), ("7z", _seven)):
            _put(out, name, source.name, bundle(paths))
        noise = np.random.Generator(np.random.PCG64(name_hash(source.name))).bytes(100_000)
        _put(out, "random", source.name, noise)


def _packers() -> dict[str, Callable[[bytes], bytes]]:
    import brotli  # type: ignore[import-untyped]  # noqa: PLC0415
    import zstandard  # noqa: PLC0415

    return {
        "gzip": gzip.compress,
        "bzip2": bz2.compress,
        "xz": lzma.compress,
        "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
        "zlib": lambda content: zlib.compress(content, 6),
        "zstd": zstandard.ZstdCompressor(level=9).compress,
        "brotli": lambda content: bytes(brotli.compress(content, quality=9)),
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


def make_pictures(root: Path, out: Path) -> None:
    from PIL import Image  # noqa: PLC0415

    for source in sorted(path for kind in ("image", "png", "jpeg") for path in root.glob(f"{kind}/*")):
        for path in _some(source, "*", _PICTURES):
            try:
                picture = Image.open(path).convert("RGB")
            except (OSError, ValueError):
                continue
            picture.thumbnail((320, 320))
            for name in ("png", "jpeg", "gif", "webp", "avif", "tiff", "bmp", "tga", "ico", "jpeg2000"):
                buffer = io.BytesIO()
                picture.save(buffer, name, **_FAST.get(name, {}))
                _put(out, name, source.name, buffer.getvalue())


_FAST = {"avif": {"speed": 10}, "webp": {"method": 2}}

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
        for path in _some(source, "*.wav", _SOUNDS):
            for name, options in _SOUND_FORMATS.items():
                _put(out, name, source.name, _run(ffmpeg, "-t", "5", "-i", str(path), *options, "-"))


def make_videos(root: Path, out: Path, ffmpeg: str) -> None:
    """A slow zoom into each picture, with noise of its own, beside a sound."""
    sounds = [path for source in sorted(root.glob("audio/*")) for path in _some(source, "*.wav", 1)]
    for number, (source, path) in enumerate(islice(_pictures(root), _VIDEOS)):
        picture = ("-loop", "1", "-t", "2", "-i", str(path))
        sound = ("-t", "2", "-i", str(sounds[number % len(sounds)]))
        zoom = "scale=300:226,zoompan=z='1+0.004*on':d=1:s=240x180:fps=24,noise=alls=6:allf=t,format=yuv420p"
        for name, options in _VIDEO_FORMATS.items():
            _put(out, name, source, _run(ffmpeg, *picture, *sound, "-vf", zoom, "-ar", "44100", *options, "-"))


def _pictures(root: Path) -> Iterator[tuple[str, Path]]:
    for source in sorted(path for kind in ("image", "png", "jpeg") for path in root.glob(f"{kind}/*")):
        for path in _some(source, "*", 2)[:1]:
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
