"""Content in the form that Python works with: text, pixels, samples, arrays; all else as the bytes that it is.

Pixels and samples of the plain formats (PNG, BMP, netpbm, WAV, AIFF, AU, NPY) need nothing but numpy; those of other
pictures need Pillow, the extra "detect". All else is given as bytes.

Knows: layouts of plain formats.  Does not know: how formats are told.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bytezip.detect.labels import READABLE, modality_of
from bytezip.errors import MissingExtraError

if TYPE_CHECKING:
    from bytezip.detect.result import Detection

Array = NDArray[np.generic]
_LARGEST = 1 << 28  # pixels, samples or bytes of a picture or a sound that are decoded


def decode(found: Detection) -> str | bytes | Array:
    """The content of what was detected.

    Text of any kind gives str. Pictures in PNG, BMP, netpbm, JPEG, GIF (the first one), WebP, AVIF, TIFF, TGA, ICO and
    JPEG 2000 give uint8 or uint16 [height, width] or [height, width, channels]. WAV, AIFF and AU give samples [frames,
    channels], in the integer or float type of the file (24 bits in int32). NPY gives its array. Everything else gives
    bytes.

    Raises:
        ValueError: where the content is damaged or larger than 256 Mi elements, or only the beginning of a stream is
            at hand.
        MissingExtraError: for pictures other than PNG, BMP and netpbm, where Pillow is not installed.
        OSError: where the file cannot be read again.
    """
    content = found.content()
    if found.modality in READABLE or (found.encoding and modality_of(found.format) == "genome"):
        return content.decode(_codec(content, found.encoding), "replace" if found.encoding is None else "strict")
    decoder = _DECODERS.get(found.format)
    if decoder is None:
        return content
    try:
        return decoder(content)
    except (struct.error, zlib.error, IndexError, EOFError, KeyError) as error:
        raise ValueError(f"damaged {found.format}: {error}") from error


def _codec(content: bytes, encoding: str | None) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and encoding and encoding.startswith("utf-16"):
        return "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        content.decode()
    except UnicodeDecodeError:
        return encoding if encoding and encoding.startswith("utf-16") else "latin-1"
    return encoding if encoding and encoding.startswith("utf-16") else "utf-8"


def _png(content: bytes) -> Array:
    """1 to 16 bits a channel, any colour type; palettes are looked up; interlaced or not."""
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    _bound(width, height, channels)
    packed, palette = _png_chunks(content)
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    sizes = [(-(-(height - top) // down), -(-(width - left) // across)) for top, left, down, across in passes]
    rows = [1 + (wide * channels * depth + 7) // 8 if wide else 0 for _, wide in sizes]
    wanted = sum(high * row for (high, _), row in zip(sizes, rows, strict=True))
    raw = np.frombuffer(zlib.decompressobj().decompress(packed, wanted), np.uint8)
    if len(raw) != wanted:
        raise ValueError("truncated png")
    pixels = np.empty((height, width, channels), np.uint16 if depth == 16 else np.uint8)
    for (top, left, down, across), (high, wide), row in zip(passes, sizes, rows, strict=True):
        if high * wide <= 0:
            continue
        lines = _unfiltered(raw[: high * row].reshape(high, row), max(1, channels * depth // 8))
        raw = raw[high * row :]
        pixels[top::down, left::across] = _values(lines, wide, channels, depth)
    if colour == 3:
        return np.frombuffer(palette.ljust(768, b"\0")[:768], np.uint8).reshape(256, 3)[pixels[:, :, 0]]
    if colour == 0 and depth < 8:
        pixels *= np.uint8(255 // (2**depth - 1))
    return pixels[:, :, 0] if channels == 1 else pixels


_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""Of each pass: the first row and column, and the steps down and across. PNG specification, 8.2."""


def _png_chunks(content: bytes) -> tuple[bytes, bytes]:
    """The packed pixels and the palette."""
    packed, palette, at = [], b"", 8
    while at + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + size]
        if kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed.append(body)
        at += 12 + size
    return b"".join(packed), palette


def _values(lines: NDArray[np.uint8], width: int, channels: int, depth: int) -> Array:
    """[H, W, channels] of rows of bytes [H, N]."""
    height = len(lines)
    if depth == 16:
        return lines.copy().view(">u2").astype(np.uint16).reshape(height, width, channels)
    if depth == 8:
        return lines.reshape(height, width, channels)
    bits = np.unpackbits(lines, axis=1)[:, : width * depth].reshape(height, width, depth)
    return np.asarray((bits << np.arange(depth - 1, -1, -1, dtype=np.uint8)).sum(-1, dtype=np.uint8)[:, :, None])


def _unfiltered(lines: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Rows [H, 1 + W] with the kind of their filter in front, as the plain bytes [H, W]: PNG specification, 9.2."""
    height, width = lines.shape[0], lines.shape[1] - 1
    out = np.zeros((height, width), np.uint8)
    above = np.zeros(width, np.uint8)
    for number in range(height):
        kind, line = lines[number, 0], lines[number, 1:].copy()
        if kind == 1:
            for start in range(step):
                line[start::step] = np.cumsum(line[start::step], dtype=np.uint8)
        elif kind == 2:
            line += above
        elif kind in (3, 4):
            _slowly(line, above, step, int(kind))
        elif kind:
            raise ValueError("damaged png: no such filter")
        out[number] = above = line
    return out


def _slowly(line: NDArray[np.uint8], above: NDArray[np.uint8], step: int, kind: int) -> None:
    """The two filters in which each byte hangs on the one before it."""
    row, up = line.tolist(), above.tolist()
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        if kind == 3:
            guess = (left + up[at]) >> 1
        else:
            corner = up[at - step] if at >= step else 0
            guess = _paeth(left, up[at], corner)
        row[at] = (row[at] + guess) & 255
    line[:] = row


def _paeth(left: int, above: int, corner: int) -> int:
    """The neighbour that is nearest to left + above - corner, the earlier one where two are as near."""
    by_left, by_above, by_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if by_left <= by_above and by_left <= by_corner:
        return left
    return above if by_above <= by_corner else corner


def _bmp(content: bytes) -> Array:
    """24 and 32 bits, and 8 with a palette, not packed; channels in the order red, green, blue, (alpha)."""
    start, header, width, height, _, bits, packing = _bmp_header(content)
    rows = abs(height)
    _bound(width, rows, max(1, bits // 8))
    if bits not in (8, 24, 32) or packing not in (0, 3):
        raise ValueError("a packed bmp is not decoded")
    row = (width * bits + 31) // 32 * 4
    if start + row * rows > len(content):
        raise ValueError("truncated bmp")
    lines = np.frombuffer(content, np.uint8, row * rows, start).reshape(rows, row)[:, : width * bits // 8]
    lines = lines if height < 0 else lines[::-1]
    if bits == 8:
        palette = np.frombuffer(content[14 + header : 14 + header + 1024].ljust(1024, b"\0"), np.uint8).reshape(256, 4)
        return palette[lines][:, :, 2::-1]
    pixels = lines.reshape(rows, width, bits // 8)
    return pixels[:, :, [2, 1, 0, *range(3, bits // 8)]]


def _bmp_header(content: bytes) -> tuple[int, int, int, int, int, int, int]:
    start, header, width, height, planes, bits, packing = struct.unpack_from("<IIiiHHI", content, 10)
    if width <= 0 or height == 0:
        raise ValueError("damaged bmp: no pixels")
    return start, header, width, height, planes, bits, packing


def _netpbm(content: bytes) -> Array:
    """P1 to P6; 16 bits where the largest value needs it."""
    kind = content[1] - 48
    wanted = 3 if kind in (1, 4) else 4
    fields, at = _numbers(content, 2, wanted - 1)
    width, height = fields[0], fields[1]
    channels = 3 if kind in (3, 6) else 1
    _bound(width, height, channels)
    shape = (height, width, 3) if channels == 3 else (height, width)
    count = width * height * channels
    if kind in (1, 2, 3):
        text = content[at:].replace(b" ", b"") if kind == 1 else content[at:]
        values = [byte - 48 for byte in text if byte in b"01"] if kind == 1 else [int(word) for word in text.split()]
        if len(values) < count:
            raise ValueError("truncated netpbm")
        return np.array(values[:count], np.uint16 if max(values, default=0) > 255 else np.uint8).reshape(shape)
    if kind == 4:
        row = (width + 7) // 8
        return np.unpackbits(_exactly(content, at, row * height).reshape(height, row), axis=1)[:, :width]
    if fields[2] > 255:
        return _exactly(content, at, 2 * count).view(">u2").astype(np.uint16).reshape(shape)
    return _exactly(content, at, count).reshape(shape)


def _numbers(content: bytes, at: int, count: int) -> tuple[list[int], int]:
    """Numbers between blanks and comments, and the place behind the one blank that ends the last one."""
    found: list[int] = []
    while len(found) < count:
        while content[at : at + 1].isspace() or content[at : at + 1] == b"#":
            at = content.index(b"\n", at) + 1 if content[at : at + 1] == b"#" else at + 1
        end = at
        while content[end : end + 1].isdigit():
            end += 1
        if end == at:
            raise ValueError("damaged netpbm: no number")
        found.append(int(content[at:end]))
        at = end
    return found, at + 1


def _exactly(content: bytes, at: int, size: int) -> NDArray[np.uint8]:
    if at + size > len(content):
        raise ValueError("truncated")
    return np.frombuffer(content, np.uint8, size, at)


def _wav(content: bytes) -> Array:
    kind, channels, bits = _wav_format(content)
    at = content.find(b"data", 12)
    if at < 0:
        raise ValueError("truncated wav")
    size = min(struct.unpack_from("<I", content, at + 4)[0], len(content) - at - 8)
    return _samples(content[at + 8 : at + 8 + size], bits, channels, "<", is_float=kind == 3, is_signed=bits > 8)


def _wav_format(content: bytes) -> tuple[int, int, int]:
    at = content.find(b"fmt ", 12)
    kind, channels, _, _, _, bits = struct.unpack_from("<HHIIHH", content, at + 8)
    if kind == 0xFFFE:
        kind = struct.unpack_from("<H", content, at + 32)[0]
    if at < 0 or kind not in (1, 3) or bits not in (8, 16, 24, 32, 64) or not channels:
        raise ValueError("a packed wav is not decoded")
    return kind, channels, bits


def _au(content: bytes) -> Array:
    start, _, kind, _, channels = struct.unpack_from(">IIIII", content, 4)
    bits = {2: 8, 3: 16, 4: 24, 5: 32, 6: 32, 7: 64}.get(kind)
    if bits is None or not channels:
        raise ValueError("a packed au is not decoded")
    return _samples(content[start:], bits, channels, ">", is_float=kind in (6, 7), is_signed=True)


def _aiff(content: bytes) -> Array:
    """Big-endian integers, and of AIFF-C those of either order and floats."""
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(content):
        kind, size = struct.unpack_from(">4sI", content, at)
        chunks.setdefault(kind, content[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    channels, _, bits = struct.unpack_from(">HIH", chunks[b"COMM"])
    packing = chunks[b"COMM"][18:22] or b"NONE"
    coded = {b"NONE": (">", False), b"twos": (">", False), b"sowt": ("<", False)}
    coded |= dict.fromkeys((b"fl32", b"FL32", b"fl64", b"FL64"), (">", True))
    if packing not in coded or bits not in (8, 16, 24, 32, 64) or not channels:
        raise ValueError("a packed aiff is not decoded")
    order, is_float = coded[packing]
    start = 8 + int(struct.unpack_from(">I", chunks[b"SSND"])[0])
    return _samples(chunks[b"SSND"][start:], bits, channels, order, is_float=is_float, is_signed=True)


def _samples(raw: bytes, bits: int, channels: int, order: str, *, is_float: bool, is_signed: bool) -> Array:
    """[frames, channels]; what is left of a cut frame is dropped."""
    frame = bits // 8 * channels
    raw = raw[: len(raw) // frame * frame]
    if bits == 24:
        parts = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts if order == "<" else parts[:, ::-1]
        return (wide.view("<i4")[:, 0] >> 8).reshape(-1, channels)
    kind = "f" if is_float else "i" if is_signed else "u"
    return np.frombuffer(raw, f"{order}{kind}{bits // 8}").reshape(-1, channels)


def _npy(content: bytes) -> Array:
    return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))


def _by_pillow(content: bytes) -> Array:
    """The first picture of a file, palettes looked up."""
    try:
        from PIL import Image  # noqa: PLC0415  an extra
    except ModuleNotFoundError as error:
        raise MissingExtraError("decoding this picture", "detect") from error
    try:
        with Image.open(io.BytesIO(content)) as picture:
            _bound(*picture.size, len(picture.getbands()))
            picture.load()
            plain = picture if picture.mode in _MODES else picture.convert(_PLAIN_MODE.get(picture.mode, "RGB"))
            return np.asarray(plain)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"damaged or truncated picture: {error}") from error


_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "F")  # whose arrays are what they show
_PLAIN_MODE = {"1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA", "I;16B": "I;16"}


def _bound(*sizes: int) -> None:
    product = 1
    for size in sizes:
        product *= size
    if not 0 < product <= _LARGEST:
        raise ValueError("no sizes of a picture that can be decoded")


_DECODERS: dict[str, Callable[[bytes], Array]] = {
    "png": _png, "bmp": _bmp, "netpbm": _netpbm, "wav": _wav, "aiff": _aiff, "au": _au, "npy": _npy,
    **dict.fromkeys(("jpeg", "gif", "webp", "avif", "tiff", "tga", "ico", "jpeg2000"), _by_pillow),
}  # fmt: skip
