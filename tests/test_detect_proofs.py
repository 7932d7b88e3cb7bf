"""Formats that no byte gives away, told by reading them: the cipher of Type 1 fonts, the codes of Brotli."""

import base64
import zipfile
from io import BytesIO

import numpy as np
import pytest

from bytezip.detect import binary, detect_modality
from bytezip.detect.brotli import is_brotli
from bytezip.detect.signatures import find_signature
from bytezip.detect.type1 import is_eexec

NOISE = np.random.Generator(np.random.PCG64(7)).bytes(400_000)
GLYPHS = b"".join(
    b"/g%d %d RD %b ND\n" % (number, size, NOISE[number * 300 :][:size])
    for number, size in enumerate(np.random.default_rng(1).integers(20, 140, 200).tolist())
)
# The beginning of this package's `texts.py` as the reference encoder packs it, up to where its codes are proved.
BROTLI = base64.b85decode(
    "8)P;_RFirD6d}Xh|M&ap|35!pJCk<F$RnDjFDeqNq;=I-fuxVw6Bf!~I6?3-V;*(9{+F%PNFiVlI&_dy<jNhzn)iNpmwI+@rJ2=T"
    "Y2i+YbHbI%)!j1(Bv=8W&Cy9F&WMwgGKUT$C#jdwv^w=|90vpmv41K"
)


def encrypted(plain: bytes, state: int) -> bytes:
    """As the standard says (Adobe Type 1 Font Format, 7.1)."""
    cipher = bytearray()
    for byte in plain:
        cipher.append(byte ^ state >> 8)
        state = ((cipher[-1] + state) * 52845 + 22719) & 0xFFFF
    return bytes(cipher)


@pytest.mark.parametrize("marks", [(b" RD ", b" ND\n"), (b" -| ", b" |-\n"), (b" RD ", b" noaccess put\n")])
@pytest.mark.parametrize("start", [0, 1, 2000, 7777])
def test_a_piece_of_a_font_is_read_whatever_stood_before(start: int, marks: tuple[bytes, bytes]) -> None:
    plain = GLYPHS.replace(b" RD ", marks[0]).replace(b" ND\n", marks[1])
    for size in (512, 4096):
        piece = encrypted(plain, 55665)[start : start + size]
        assert is_eexec(piece)
        assert detect_modality(piece).format == "type1"


def test_another_cipher_and_noise_are_no_font() -> None:
    assert not is_eexec(GLYPHS[:4096])
    assert not is_eexec(bytes(byte ^ 0x55 for byte in encrypted(GLYPHS, 55665))[:4096])
    assert not any(is_eexec(NOISE[at : at + 512]) for at in range(0, len(NOISE), 512))
    assert not is_eexec(b"")


def test_brotli_is_told_by_its_codes() -> None:
    assert is_brotli(BROTLI)
    packed = BROTLI + NOISE[:9000]
    assert find_signature(packed) == ("brotli", 0, True, True)
    assert detect_modality(packed).format == "brotli"


def test_a_code_that_is_not_complete_is_no_brotli() -> None:
    """Each bit of the codes matters: with most of them changed, nothing is proved."""
    changed = [is_brotli(BROTLI[:at] + bytes([BROTLI[at] ^ 16]) + BROTLI[at + 1 :]) for at in range(8, len(BROTLI) - 8)]
    assert sum(changed) < len(changed) / 5
    assert not any(is_brotli(NOISE[at : at + 500]) for at in range(0, len(NOISE) - 500, 50))
    assert not is_brotli(BROTLI[:-8])
    assert not is_brotli(b"")


@pytest.mark.parametrize(
    "text",
    [
        "人人生而自由，在尊严和权利上一律平等。\n".encode() * 40,  # noqa: RUF001
        "人人生而自由 在尊嚴和權利上一律平等\n".encode("big5", "replace") * 40,
        "Все люди рождаются свободными и равными\n".encode("koi8-r") * 20,  # noqa: RUF001
    ],
)
def test_text_of_any_script_is_text(text: bytes) -> None:
    for start in range(3):  # wherever it was cut
        assert binary.kind_of(text[start : start + 700]) == binary.TEXT
    assert detect_modality(text).modality in ("text", "markup")


def test_samples_without_control_characters_are_no_text() -> None:
    random = np.random.default_rng(1)
    for middle, width in ((128, 12), (200, 20), (60, 5)):
        samples = np.clip(random.normal(middle, width, 4096), 33, 255).astype(np.uint8)
        assert binary.kind_of(samples.tobytes()) == (binary.BINARY if middle > 100 else binary.TEXT)


def test_a_book_without_its_type_in_front() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("META-INF/container.xml", "<container/>")
        book.writestr("OEBPS/a.xhtml", "<html/>")
    assert detect_modality(buffer.getvalue()).format == "epub"


def test_matlab_4_is_told_by_its_sizes() -> None:
    head = np.array([0, 1, 11, 0, 5], "<u4").tobytes() + b"name\0"
    assert find_signature(head + bytes(88)) == ("mat", 0, True, True)
    assert find_signature(np.array([1000, 1, 11, 0, 5], ">u4").tobytes() + b"name\0" + bytes(88)) is not None
    for wrong in (b"na\0me", b"name!", b"9ame\0"):
        assert find_signature(head[:20] + wrong + bytes(88)) is None


def test_a_volume_of_mseed_names_its_version() -> None:
    assert detect_modality(b"000001V 0080073 2.3SSPAR".ljust(600)).format == "mseed"
