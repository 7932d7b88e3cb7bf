"""What is done with a file of a package before it is taken: unpacked, decoded, or turned into another common form.

`gunz` decompresses gzip (dictzip, too), bzip2 and xz; `zip` and `jar` take the members of a zip archive, `jar` only
the classes; `rdb` takes the texts out of an R database, `rda` a table's texts out of an R data file, one file for each
title; `gutenberg` takes the books out of a file of Project Gutenberg's, without its terms; `prose` takes the text out
of HTML, `rows` the columns that `columns` names out of a CSV table, packed in a zip archive or not; `pyc` compiles
Python; `wav16` decodes audio to 16-bit PCM, `mix` to PCM of 8, 16, 24 bits or float; `icon` and `photo` decode images
to raw BMP, PPM or PGM, TIFF or TGA, a photo at most as large as its source's `fmax`, by scaling it down. Where one of
several forms is taken, the file's name decides.

Knows: formats.  Does not know: packages, where files go.
"""

from __future__ import annotations

import bz2
import csv
import html.parser
import importlib.util
import io
import itertools
import lzma
import marshal
import re
import struct
import textwrap
import zipfile
import zlib
from collections.abc import Callable, Iterator

from selection import Named, matches_any, shuffled
from sources import MEGA, Source

MOST = 64 * MEGA  # bytes that a decoded file may have: more is a mistake, or an attack
ROWS_A_FILE = 40
_UNPACKED = (".gz", ".dz", ".bz2", ".xz", ".z")
_BOOK = re.compile(
    rb"^\*\*\* ?START OF TH(?:E|IS) PROJECT GUTENBERG [^\n]*\n(.*?)^\*\*\* ?END OF TH(?:E|IS) PROJECT GUTENBERG ",
    re.M | re.S,
)
_IMAGE_FORMS = {
    "icon": ((".bmp", "RGB"), (".bmp", "RGBA"), (".ppm", "RGB"), (".tga", "RGBA"), (".tif", "RGBA"), (".bmp", "P")),
    "photo": ((".bmp", "RGB"), (".ppm", "RGB"), (".tif", "RGB"), (".pgm", "L")),
}
_AUDIO_FORMS = {"wav16": ("PCM_16",), "mix": ("PCM_16", "PCM_16", "PCM_24", "PCM_U8", "FLOAT")}


class TransformError(Exception):
    """A file cannot be turned into what was asked for; the message is one line."""


def transform(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """The files that one file gives.

    Raises:
        TransformError: where it is not of the form that the transform takes, or too large.
    """
    if not source.transform:
        yield name, data
        return
    try:
        yield from _TRANSFORMS[source.transform](source, name, data)
    except (zlib.error, EOFError, lzma.LZMAError, zipfile.BadZipFile, struct.error, ValueError, OSError,
            SyntaxError, NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise TransformError(f"{name}: {error or type(error).__name__}") from error


def _gunz(source: Source, name: str, data: bytes) -> Iterator[Named]:
    plain = decompressed(data)
    yield next((name[: -len(end)] for end in _UNPACKED if name.endswith(end) and plain is not data), name), plain


def decompressed(data: bytes) -> bytes:
    """What a gzip, bzip2 or xz file holds, all its members; other data as it is.

    Raises:
        ValueError: for more than MOST bytes.
    """
    if data.startswith(b"\x1f\x8b"):
        return _inflate(data, lambda: zlib.decompressobj(wbits=31))
    if data.startswith(b"BZh"):
        return _inflate(data, bz2.BZ2Decompressor)
    if data.startswith(b"\xfd7zXZ\0"):
        return _inflate(data, lzma.LZMADecompressor)
    return data


def _inflate(data: bytes, make: Callable[[], zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor]) -> bytes:
    """Member after member, with a bound on what comes out."""
    out = b""
    magic = data[:2]
    while data.startswith(magic):
        member = make()
        out += member.decompress(data, MOST + 1 - len(out))
        if len(out) > MOST:
            raise ValueError(f"more than {MOST} bytes when decompressed")
        if not member.eof:
            raise EOFError("compressed data ends early")
        data = member.unused_data
    return out


def _zip(source: Source, name: str, data: bytes) -> Iterator[Named]:
    ending = ".class" if source.transform == "jar" else source.text("ext")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = [member for member in packed.infolist() if member.filename.endswith(ending) and not member.is_dir()]
        for member in sorted(members, key=lambda member: shuffled(member.filename)):
            if member.file_size <= MOST:
                yield member.filename, packed.read(member)


def _rdb(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """The character vectors of an R lazy-load database, one line a string, without those of attributes."""
    texts: list[bytes] = []
    while len(data) > 4:
        chunk, data = _r_chunk(data)
        texts += itertools.chain.from_iterable(_vectors(chunk))
    if not texts:
        raise ValueError("it holds no texts")
    yield name + ".txt", b"\n".join(texts) + b"\n"


def _r_chunk(data: bytes) -> tuple[bytes, bytes]:
    """(the first chunk, what follows it): the length of the chunk, then zlib, or a letter and bzip2 or bare LZMA2."""
    (size,) = struct.unpack_from(">I", data)
    if size > MOST:
        raise ValueError(f"more than {MOST} bytes when decompressed")
    member: zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor
    if data[4:5] == b"Z":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 6 | lzma.PRESET_EXTREME}]
        member, coded = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters), data[5:]
    elif data[4:5] == b"2":
        member, coded = bz2.BZ2Decompressor(), data[5:]
    else:
        member, coded = zlib.decompressobj(), data[4:]
    chunk = member.decompress(coded, size + 1)
    if len(chunk) != size:
        raise ValueError("a chunk is not of the size that it says")
    return chunk, member.unused_data


def _vectors(chunk: bytes) -> Iterator[list[bytes]]:
    """The STRSXP vectors of more than 100 strings in XDR form.

    A vector is 0x10 and its count, then for each string 0x9, its length and its bytes.
    """
    place = chunk.find(b"\0\0\0\x10")
    while 0 <= place <= len(chunk) - 8:
        (count,) = struct.unpack_from(">I", chunk, place + 4)
        strings = _strings(chunk, place + 8, count) if 100 < count < len(chunk) // 8 else []
        if strings:
            yield strings
        place = chunk.find(b"\0\0\0\x10", place + 4 + sum(map(len, strings)))


def _rda(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """The lines of the largest column of texts, by what a column of as many texts, few of them different, says of each.

    A title that the source's `not` matches is left out.
    """
    columns = sorted(_vectors(decompressed(data)), key=lambda column: sum(map(len, column)))
    if len(columns) < 2 or len(columns[-1]) != len(columns[-2]):
        raise ValueError("it holds no texts with titles")
    lines, titles = columns[-1], columns[-2]
    if len(set(titles)) > len(titles) // 100:
        raise ValueError("its titles differ too much")
    books: dict[bytes, list[bytes]] = {title: [] for title in titles}
    for title, line in zip(titles, lines, strict=True):
        books[title].append(line)
    for title, book in books.items():
        called = f"{name}.{title.decode(errors='replace')}.txt".replace(" ", "-")
        if not matches_any(called, source.excluded):
            yield called, b"\n".join(book) + b"\n"


def _strings(chunk: bytes, place: int, count: int) -> list[bytes]:
    """`count` strings that begin at `place`, or none where it is no vector of strings."""
    found = []
    for _ in range(count):
        if place + 8 > len(chunk) or chunk[place + 3] != 9 or chunk[place] != 0:
            return []
        (size,) = struct.unpack_from(">i", chunk, place + 4)
        size = max(size, 0)  # -1 is NA
        found.append(chunk[place + 8 : place + 8 + size])
        place += 8 + size
    return found


def _gutenberg(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """Each book of a file that may hold several: what stands between the lines that begin and end it."""
    books = list(_BOOK.finditer(decompressed(data)))
    if not books:
        raise ValueError("no book begins and ends in it")
    for number, book in enumerate(books):
        yield f"{name}.{number}.txt", book[1].strip(b"\r\n") + b"\n"


class _Prose(html.parser.HTMLParser):
    """Collects the paragraphs of a page, without what is no text."""

    _BREAKS = frozenset(
        ("p", "div", "br", "li", "dt", "dd", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table",
         "blockquote", "hr", "title", "section")
    )  # fmt: skip
    _SILENT = frozenset(("script", "style"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._running: list[str] = []
        self._silent = self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self._SILENT
        if tag == "pre":
            self.end()
            self._kept += 1
        elif tag in self._BREAKS:
            self.end()

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" or tag in self._BREAKS:
            self.end()
        self._silent = max(self._silent - (tag in self._SILENT), 0)
        self._kept = max(self._kept - (tag == "pre"), 0)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._running.append(data)

    def end(self) -> None:
        """Ends a paragraph: wrapped as in a mail or a book of Gutenberg, except what the page laid out itself."""
        text = "".join(self._running)
        self._running.clear()
        if self._kept:
            text = text.strip("\n").rstrip()
        else:
            text = textwrap.fill(" ".join(text.split()), 72, break_long_words=False, break_on_hyphens=False)
        if text.strip():
            self.paragraphs.append(text)


def _prose(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """UTF-8 paragraphs with blank lines between them, of a page in UTF-8, or in Latin-1 where it is not UTF-8."""
    data = decompressed(data)
    try:
        page = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        page = data.decode("latin-1")
    reader = _Prose()
    try:
        reader.feed(page)
        reader.close()
    except AssertionError as error:  # so the parser tells of a declaration that it cannot read
        raise ValueError(error) from error
    reader.end()
    if not reader.paragraphs:
        raise ValueError("it holds no text")
    yield name + ".txt", ("\n\n".join(reader.paragraphs) + "\n").encode()


def _rows(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """Texts of ROWS_A_FILE rows a file, a paragraph a cell; of every second file, lines of at most 72 characters."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            member = next((member for member in packed.infolist() if member.filename.endswith(".csv")), None)
            if member is None or member.file_size > MOST:
                raise ValueError("it holds no table, or one that is too large")
            data = packed.read(member)
    wanted = source.text("columns").split(",")
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    if not set(wanted) <= set(rows.fieldnames or ()):
        raise ValueError(f"it lacks a column of {', '.join(wanted)}")
    for number in itertools.count():
        some = list(itertools.islice(rows, ROWS_A_FILE))
        if not some:
            return
        cells = [" ".join((row[column] or "").split()) for row in some for column in wanted]
        if number % 2:
            cells = [textwrap.fill(cell, 72, break_long_words=False, break_on_hyphens=False) for cell in cells]
        yield f"{name}.{number:04}.txt", ("\n\n".join(filter(None, cells)) + "\n").encode()


def _pyc(source: Source, name: str, data: bytes) -> Iterator[Named]:
    """As the running Python compiles it, with the hash of the source in place of its time."""
    code = compile(data, name, "exec", dont_inherit=True)
    header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(data)
    yield name + "c", header + marshal.dumps(code)


def _audio(source: Source, name: str, data: bytes) -> Iterator[Named]:
    import soundfile  # noqa: PLC0415  only sources of audio need it

    forms = _AUDIO_FORMS[source.transform]
    form = forms[shuffled(name)[0] % len(forms)]
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16" if form == "PCM_16" else "float64")
    if samples.nbytes > MOST:
        raise ValueError("too many samples")
    out = io.BytesIO()
    soundfile.write(out, samples, rate, subtype=form, format="WAV")
    yield name + ".wav", out.getvalue()


def _image(source: Source, name: str, data: bytes) -> Iterator[Named]:
    from PIL import Image  # noqa: PLC0415  only sources of images need it

    forms = _IMAGE_FORMS[source.transform]
    ending, mode = forms[shuffled(name)[0] % len(forms)]
    with Image.open(io.BytesIO(data)) as opened:
        if opened.width * opened.height * 4 > MOST:
            raise ValueError("too many pixels")
        picture = opened.convert("RGBA").convert(mode)
    if source.transform == "photo":
        most = source.number("fmax", 2.4) * MEGA / len(picture.getbands())
        scale = min(1.0, (most / (picture.width * picture.height)) ** 0.5)
        # Smaller in any case: a decoded JPEG shows its blocks, and averages of its pixels do not.
        scale = min(scale, 0.7)
        picture = picture.resize((max(1, int(picture.width * scale)), max(1, int(picture.height * scale))))
    out = io.BytesIO()
    picture.save(out, {".pgm": "PPM", ".ppm": "PPM", ".tif": "TIFF"}.get(ending, ending[1:].upper()))
    yield name + ending, out.getvalue()


_TRANSFORMS: dict[str, Callable[[Source, str, bytes], Iterator[Named]]] = {
    "gunz": _gunz, "zip": _zip, "jar": _zip, "rdb": _rdb, "rda": _rda, "gutenberg": _gutenberg,
    "prose": _prose, "rows": _rows, "pyc": _pyc, "wav16": _audio, "mix": _audio, "icon": _image, "photo": _image,
}  # fmt: skip
