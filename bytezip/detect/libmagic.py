"""The witness from outside: libmagic, where it is installed. All works without it.

Knows: python-magic.  Does not know: anything else of ours but labels.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from bytezip.detect.labels import LABELS

_SYNONYMS = {
    "application/x-tar": "tar", "application/x-pie-executable": "elf", "application/x-sharedlib": "elf",
    "application/x-object": "elf", "application/x-executable": "elf", "application/x-coredump": "core",
    "application/x-dosexec": "pe", "application/x-java-applet": "java-class", "application/x-bzip2": "bzip2",
    "application/x-sqlite3": "sqlite", "application/x-hdf": "hdf5", "application/x-hdf5": "hdf5",
    "application/vnd.ms-opentype": "otf", "application/x-tex-tfm": "unknown", "application/x-ndjson": "jsonl",
    "application/x-rar": "rar", "application/x-ms-dos-executable": "pe", "application/x-lz4": "lz4",
    "application/x-zstd": "zstd", "application/x-snappy-framed": "snappy", "application/x-nintendo-rom": "unknown",
    "application/CDFV2": "ole", "application/x-ole-storage": "ole", "application/javascript": "javascript",
    "application/x-javascript": "javascript", "application/x-wine-extension-ini": "ini", "text/xml": "xml",
    "application/xml": "xml", "audio/x-m4a": "m4a", "audio/x-hx-aac-adts": "aac", "audio/x-mp4a-latm": "aac",
    "audio/sp-midi": "midi", "application/pgp-keys": "pgp-armor", "application/x-mswinurl": "ini",
    "application/vnd.debian.binary-package": "deb", "application/x-matlab-data": "mat", "image/x-ms-bmp": "bmp",
    "image/x-portable-pixmap": "netpbm", "image/x-portable-greymap": "netpbm", "image/x-portable-bitmap": "netpbm",
    "image/vnd.adobe.photoshop": "psd", "image/heif": "heic", "video/MP2T": "mpeg-ts", "video/x-ms-asf": "asf",
    "video/mpeg4-generic": "mp4", "video/3gpp2": "3gp", "font/sfnt": "ttf", "font/collection": "ttf",
    "message/rfc822": "email", "text/x-script.python": "python", "text/x-mail": "email",
}  # fmt: skip


@cache
def _library() -> Any:
    """An object that names the MIME type of a buffer, or None where libmagic is not there."""
    try:
        import magic  # noqa: PLC0415  optional at run time

        return magic.Magic(mime=True)
    except Exception:  # without the library, python-magic raises whatever its loader meets
        return None


def is_available() -> bool:
    return _library() is not None


def ask(head: bytes) -> tuple[str | None, str]:
    """A label or None, and the MIME type that libmagic names."""
    library = _library()
    if library is None:
        return None, "not installed"
    try:
        mime = str(library.from_buffer(head))
    except Exception as error:  # its own kind of error; what it cannot read is no reason to fail
        return None, str(error)
    name = _SYNONYMS.get(mime) or _BY_MIME.get(mime)
    return (name if name and name != "unknown" else None), mime


_BY_MIME = {label.mime: label.format for label in reversed(LABELS.values()) if label.mime != "application/octet-stream"}
