"""The trainers of detect, on a handful of files: what they write is what the classifiers read."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from bytezip import kinds
from bytezip.detect import binary as binary_features
from bytezip.detect import detect_modality
from bytezip.detect.classifier import Classifier, Network
from bytezip.detect.features import FEATURES
from bytezip.detect.signatures import find_signature
from bytezip.train import detect_binary, detect_numbers, detect_train, kinds_train
from bytezip.train.detect_items import Item, collect, split, training_only

HERE = Path(__file__).parent
PROGRAMS = [path.read_bytes() for path in sorted(HERE.glob("test_*.py"))[:15]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files of each of three sources of two formats."""
    root = tmp_path_factory.mktemp("items")
    random = np.random.default_rng(3)
    for number in range(15):
        rows = [{"key": int(key), "name": "x" * int(key % 7)} for key in random.integers(0, 99, 90)]
        for name, content in (("python", PROGRAMS[number][:6000]), ("json", json.dumps(rows).encode())):
            path = root / name / f"source{'abc'[number % 3]}" / str(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return root


def run(monkeypatch: pytest.MonkeyPatch, module: object, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["train", *map(str, arguments)])
    module.main()  # type: ignore[attr-defined]


def test_the_classifier_of_windows(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "model.npz"
    sizes = ("--steps", 60, "--windows", 200, "--batch", 32, "--hidden", 8)
    run(monkeypatch, detect_train, tmp_path / "none", folder, "--out", out, *sizes)
    classifier = Classifier(out)
    assert classifier.classes == ("json", "python")
    chances = classifier.probabilities([PROGRAMS[0][:3000], b'{"key": 5, "name": "xx"}, ' * 60])
    assert chances.argmax(1).tolist() == [1, 0]
    again = tmp_path / "again.npz"  # of one step, which is worth nothing but for what it begins with
    rest = (*sizes[2:], "--begin", out, "--steps", 1, "--rate", 1e-9)
    run(monkeypatch, detect_train, tmp_path / "none", folder, "--out", again, *rest)
    probes = [PROGRAMS[1][:3000], b'{"key": 7, "name": "xx"}, ' * 60]
    assert Classifier(again).logits(probes).argmax(1).tolist() == classifier.logits(probes).argmax(1).tolist() == [1, 0]


def test_the_classifiers_of_what_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sounds, in which n-grams tell, and noise."""
    random = np.random.default_rng(4)
    for number in range(12):
        walk = np.cumsum(random.integers(-3, 4, 5000)).astype("<i2").tobytes()
        for root, source in (("items", f"source{'abc'[number % 3]}"), ("more", f"other{'abc'[number % 3]}")):
            for name, content in (("wav", walk), ("random", random.bytes(9000)), ("png", random.bytes(9000))):
                path = tmp_path / root / name / source / str(number)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    out = tmp_path / "model.npz"
    sizes = ("--steps", 40, "--windows", 240, "--batch", 32, "--hidden", 8)
    folders = (tmp_path / "items", "--training-only", tmp_path / "more", "--out", out)
    run(monkeypatch, detect_binary, tmp_path / "none", *folders, *sizes)
    binary, packed = (Network(tmp_path / f"model_{kind}.npz") for kind in detect_binary.KINDS)
    assert "wav" in binary.classes
    assert {"random", "png"} <= set(packed.classes)
    walk = np.cumsum(random.integers(-3, 4, 1000)).astype("<i2").tobytes()
    logits = binary.logits(binary_features.features_of([walk], binary_features.BINARY))
    assert binary.classes[int(logits.argmax())] == "wav"
    rest = (*sizes[2:], "--begin", out, "--steps", 1, "--rate", 1e-9)
    again = tmp_path / "again.npz"
    run(monkeypatch, detect_binary, tmp_path / "none", *folders[:-1], again, *rest)
    begun = Network(tmp_path / "again_binary.npz").logits(binary_features.features_of([walk], binary_features.BINARY))
    assert begun.argmax() == logits.argmax()
    more = ("--hidden", 12, "--packed", 60)
    run(monkeypatch, detect_binary, tmp_path / "none", *folders[:-1], again, *rest, *more)
    wider = Network(tmp_path / "again_packed.npz")
    assert (len(packed.bias), len(wider.bias)) == (8, 12)
    rows = binary_features.features_of([random.bytes(4000)], binary_features.PACKED)
    units = rows @ np.vstack([wider.inner * wider.scale, wider.measures]) + wider.bias
    first = rows @ np.vstack([packed.inner * packed.scale, packed.measures]) + packed.bias
    assert np.allclose(units[:, :8], first, atol=0.05)


def test_folders_for_training_hold_nothing_that_is_held_out(tmp_path: Path) -> None:
    for source in ("kept-data", "out-data"):
        (tmp_path / "npy" / source).mkdir(parents=True)
        (tmp_path / "npy" / source / "0.bin").write_bytes(bytes(700))
    (tmp_path / "x").write_bytes(b"a sound")
    held = [Item(tmp_path / "x", "wav", "out-sounds")]
    assert [item.source for item in training_only([tmp_path], held)] == ["kept-data"]
    copied = Item(tmp_path / "npy" / "kept-data" / "0.bin", "npy", "another")
    assert training_only([tmp_path], [*held, copied]) == []


def test_windows_of_another_script_are_written_in_its_encodings() -> None:
    random = np.random.default_rng(1)
    text = "Всички хора се раждат свободни и равни по достойнство и права.\n" * 20  # noqa: RUF001
    coded = {detect_train.recoded(text.encode(), random) for _ in range(30)}
    assert {text.encode("koi8-r"), text.encode("cp1251")} <= coded
    assert detect_train.recoded(b"plain\n" * 100, random) == b"plain\n" * 100


def test_registers_are_the_same_again_and_kept_as_tables() -> None:
    first, second = (list(detect_numbers.registers()) for _ in range(2))
    assert len({source for source, _, _ in first}) == 6
    assert all(one.equals(other) for (_, _, one), (_, _, other) in zip(first, second, strict=True))
    assert find_signature(detect_numbers._sqlite(first[0][2], 0)) == ("sqlite", 0, True, True)


def test_arrays_are_kept_in_the_formats_that_they_are_said_to_be_in() -> None:
    array = np.arange(600, dtype="<i2").reshape(20, 30)
    assert detect_modality(detect_numbers._fits(array)).format == "fits"
    assert detect_modality(detect_numbers._nifti(array)).format == "nifti"


def test_the_classifier_of_blocks(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "kinds.npy"
    run(monkeypatch, kinds_train, tmp_path / "none", folder, "--out", out, "--steps", 60)
    weights = kinds.unpacked(np.load(out))
    rows = np.stack([kinds.features_of(data) for data in (PROGRAMS[0], b'{"key": 5, "name": "xx"}, ' * 300)])
    assert kinds.scores_of(rows, weights).argmax(1).tolist() == [kinds.KINDS.index(k) for k in ("code", "structured")]


def test_a_table_is_the_features_in_bytes() -> None:
    table = detect_train.table_of([PROGRAMS[0][:2000], b"short"], np.array([0, 1]))
    assert table.histogram.shape[1] + table.measures.shape[1] == FEATURES
    assert table.histogram.max() > 50


def test_what_was_cut_out_of_a_larger_file_is_known(tmp_path: Path) -> None:
    (tmp_path / "elf" / "tool").mkdir(parents=True)
    (tmp_path / "elf" / "tool" / "a.so").write_bytes(bytes(100_000))
    (tmp_path / "elf" / "tool" / "b.so").write_bytes(b"\x7fELF".ljust(100_001, b"\0"))
    (tmp_path / "elf" / "tool" / "c.so").write_bytes(
        bytes(100_001)
    )  # the middle of one for which there was little room
    assert {item.path.name: item.is_part for item in collect(tmp_path)} == {"a.so": True, "b.so": False, "c.so": True}


def test_sources_of_pages_are_what_their_names_say_in_front(tmp_path: Path) -> None:
    for name in ("a__b.rst.txt", "b.txt"):
        path = tmp_path / "docs" / "linux-doc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"Words.\n" * 20)
    assert {item.path.name: item.format for item in collect(tmp_path)} == {"a__b.rst.txt": "rst", "b.txt": "text"}


def test_turns_hold_out_other_files() -> None:
    items = [Item(path, "python", path.stem) for path in sorted(HERE.glob("test_*.py"))]
    held = [{item.source for item in split(items, turn)[1]} for turn in range(4)]
    for turn in (1, 2, 3):
        assert held[turn]
        assert held[turn].isdisjoint(held[0])
        assert held[0].isdisjoint({item.source for item in split(items, turn)[0]})


def test_nothing_is_on_both_sides(folder: Path) -> None:
    training, held, single = split(collect(folder / "none", folder))
    assert not single
    assert held
    assert {_key(item) for item in training}.isdisjoint({_key(item) for item in held})


def _key(item: Item) -> tuple[str, str]:
    return item.format, item.source
