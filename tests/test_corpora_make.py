"""The corpus builder: from packages of three registries to files, the same each time, offline."""

import bz2
import gzip
import io
import json
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import corpora_scripts  # noqa: F401  so that the scripts can be imported
import licences
import make
import numpy as np
import packages
import pytest
import selection
import sources
import transforms
from duplicates import Seen
from sources import MANIFEST, ManifestError, Package, Source

from bytezip.detect.labels import LABELS
from bytezip.train.detect_items import HELD_OUT, family, name_hash

DETECT = MANIFEST.with_name("detect.tsv")
MORE = MANIFEST.with_name("detect_more.tsv")

PROSE = b"".join(b"Sentence %d says something that no other one says.\n" % n for n in range(200))


def source(**changed: str) -> Source:
    row = {
        "split": "train", "modality": "text", "source": "words", "registry": "npm", "package": "words",
        "version": "1.0.0", "licence": "unchecked", "files": "*.txt", "cap_mb": "1", "transform": "", "options": "",
    }  # fmt: skip
    return Source(**(row | changed))


def manifest(path: Path, *rows: Source) -> Path:
    sources.write(rows, path)
    return path


def tar(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def npm(store: Path, package: str, version: str, files: dict[str, bytes]) -> Path:
    about = json.dumps({"name": package, "version": version, "license": "MIT"}).encode()
    folder = store / f"npm_{package}_{version}"
    return tar(folder / f"{package}-{version}.tgz", {"package/package.json": about} | {
        f"package/{name}": data for name, data in files.items()
    })  # fmt: skip


class TestManifest:
    def test_the_one_that_ships_is_whole_and_large_enough(self) -> None:
        read = sources.read(MANIFEST)
        held_out = [source for source in read if source.split == "held-out"]
        assert len(read) - len(held_out) > 200
        assert len(held_out) >= 25
        assert {"text", "code", "json", "log", "elf", "pe", "lang"} <= {source.modality for source in held_out}

    def test_that_of_detect_has_a_folder_a_format(self) -> None:
        read = sources.read(DETECT)
        assert len(read) > 200
        assert {source.modality for source in read} <= set(LABELS)
        assert {source.split for source in read} == {"train"}  # which are held out, the names tell
        assert all(source.version and source.licence != sources.UNCHECKED for source in read)

    def test_more_sources_are_on_the_training_side(self) -> None:
        read = sources.read(MORE)
        assert {source.modality for source in read} <= set(LABELS)
        assert all(name_hash(family(source.source)) % HELD_OUT != 0 for source in read)
        assert not {source.package for source in read} & {source.package for source in sources.read(DETECT)}
        assert all(source.version and source.licence != sources.UNCHECKED for source in read)

    @pytest.mark.parametrize("path", [MANIFEST, DETECT, MORE], ids=lambda path: path.name)
    def test_it_names_no_address(self, path: Path) -> None:
        assert "://" not in path.read_text()

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        rows = [source(), source(source="other", options="fmax=0.5 not=*.md not=*.js", transform="gunz")]
        assert sources.read(manifest(tmp_path / "m.tsv", *rows)) == rows
        assert rows[1].excluded == ["*.md", "*.js"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"split": "test"}, {"source": "../out"}, {"modality": "a/b"}, {"registry": "cargo"}, {"package": "-rf"},
            {"version": "; ls"}, {"transform": "magic"}, {"files": " "}, {"cap_mb": "0"}, {"cap_mb": "much"},
            {"options": "fmax=-1"}, {"options": "nmx=3"}, {"options": "magic=xy"}, {"transform": "rows"},
        ],
    )  # fmt: skip
    def test_bad_lines_are_refused(self, tmp_path: Path, changed: dict[str, str]) -> None:
        with pytest.raises(ManifestError):
            sources.read(manifest(tmp_path / "m.tsv", source(**changed)))

    def test_a_package_is_on_one_side_of_the_split(self, tmp_path: Path) -> None:
        path = manifest(tmp_path / "m.tsv", source(), source(split="held-out", files="*.md"))
        with pytest.raises(ManifestError, match="both trained on and held out"):
            sources.read(path)

    def test_a_source_stands_once(self, tmp_path: Path) -> None:
        with pytest.raises(ManifestError, match="twice"):
            sources.read(manifest(tmp_path / "m.tsv", source(), source(files="*.md")))

    def test_a_short_line_is_refused(self, tmp_path: Path) -> None:
        path = manifest(tmp_path / "m.tsv", source())
        path.write_text(path.read_text() + "train\ttext\n")
        with pytest.raises(ManifestError, match="2 columns"):
            sources.read(path)


class TestSelection:
    def test_the_order_hangs_on_names_alone(self, tmp_path: Path) -> None:
        for name in ("c.txt", "a.txt", "b.txt", "d.md", "empty.txt"):
            (tmp_path / name).write_bytes(b"" if name == "empty.txt" else name.encode())
        found = selection.candidates(source(), tmp_path)
        assert sorted(found) == ["a.txt", "b.txt", "c.txt"]
        assert found == sorted(found, key=selection.shuffled)

    def test_options_choose(self, tmp_path: Path) -> None:
        (tmp_path / "binary").write_bytes(b"\x7fELF" + bytes(100))
        (tmp_path / "small").write_bytes(b"\x7fELF")
        (tmp_path / "script").write_bytes(b"#!" + bytes(100))
        (tmp_path / "link").symlink_to(tmp_path / "binary")
        chosen = source(files="*", options="magic=7f454c46 min=50")
        assert selection.candidates(chosen, tmp_path) == ["binary"]
        assert selection.candidates(source(files="*", options="not=s* not=link big=1"), tmp_path) == ["binary"]

    def test_caps(self) -> None:
        files = [("a", bytes(6000)), ("b", bytes(range(256)) * 40), ("c", b"c" * 9000), ("d", b"d" * 100)]
        kept = list(selection.capped(source(cap_mb="0.02", options="fmax=0.008"), files))
        assert [(name, len(data)) for name, data in kept] == [("a", 6000), ("b", 8000), ("c", 6000)]
        assert kept[1][1] == (bytes(range(256)) * 40)[1120:9120]
        assert len(list(selection.capped(source(options="nmax=2"), files))) == 2

    def test_paragraphs_that_stood_before_are_left_out_where_a_source_asks(self) -> None:
        files = [("a", b"menu\n\nfirst\npage\n\nmenu\n"), ("b", b"menu\n\nsecond\n"), ("c", b"\n\nmenu")]
        assert list(selection.once(source(), files)) == files
        kept = list(selection.once(source(options="once=1"), files))
        assert kept == [("a", b"menu\n\nfirst\npage\n"), ("b", b"second\n"), ("c", b"")]
        assert [name for name, _ in selection.capped(source(), kept)] == ["a", "b"]

    def test_what_is_cut_keeps_its_middle_or_its_head(self) -> None:
        assert selection.cut(b"0123456789", 4, head=False) == b"3456"
        assert selection.cut(b"0123456789", 4, head=True) == b"0123"

    def test_long_names_stay_different_and_short_enough(self) -> None:
        names = [selection.flat("folder/" * 50 + end) for end in ("a.txt", "b.txt")]
        assert names[0] != names[1]
        assert all(len(name.encode()) <= 200 and "/" not in name for name in names)


class TestTransforms:
    def made(self, transform: str, name: str, data: bytes, options: str = "") -> dict[str, bytes]:
        return dict(transforms.transform(source(transform=transform, options=options), name, data))

    def test_gunz_takes_all_members_and_other_data_as_it_is(self) -> None:
        assert self.made("gunz", "a.txt.gz", gzip.compress(b"one ") + gzip.compress(b"two")) == {"a.txt": b"one two"}
        assert self.made("gunz", "a.txt", b"plain") == {"a.txt": b"plain"}

    def test_a_bomb_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transforms, "MOST", 1000)
        with pytest.raises(transforms.TransformError, match="more than 1000 bytes"):
            self.made("gunz", "a.gz", gzip.compress(bytes(5000)))

    @pytest.mark.parametrize(
        ("transform", "data"),
        [
            ("gunz", gzip.compress(b"text")[:-6]), ("zip", b"not a zip"), ("rdb", b"\0\0\0\5xxxxx"), ("pyc", b"1 ="),
            ("wav16", b"RIFF"), ("icon", b"\x89PNG"), ("photo", b""), ("prose", b"<p> </p>"), ("prose", b"a<![x[y]]>b"),
            ("rows", b"a,b\n1,2\n"), ("rows", b"PK\3\4"), ("rda", b"RDX2\nX\n"), ("gutenberg", b"It rained.\n"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_an_error(self, transform: str, data: bytes) -> None:
        if transform == "wav16":
            pytest.importorskip("soundfile")
        with pytest.raises(transforms.TransformError):
            self.made(transform, "name", data)

    def test_members_of_archives(self) -> None:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as packed:
            packed.writestr("a/B.class", b"cafe")
            packed.writestr("a/B.java", b"class B {}")
        assert self.made("jar", "b.jar", out.getvalue()) == {"a/B.class": b"cafe"}
        assert self.made("zip", "b.zip", out.getvalue(), "ext=.java") == {"a/B.java": b"class B {}"}

    def test_python_is_compiled_the_same_each_time(self) -> None:
        first = self.made("pyc", "lib/a.py", b"def f(x):\n    return x + 1\n")
        assert first == self.made("pyc", "lib/a.py", b"def f(x):\n    return x + 1\n")
        assert list(first) == ["lib/a.pyc"]

    def test_texts_of_an_r_database(self) -> None:
        lines = [b"line %d" % n for n in range(150)]
        vector = b"\0\0\0\x10" + struct.pack(">I", 150)
        vector += b"".join(b"\0\4\0\x09" + struct.pack(">I", len(line)) + line for line in lines)
        chunk = b"X\n" + vector
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 6}]
        coded = (zlib.compress(chunk), b"2" + bz2.compress(b"no text"), b"Z" + lzma.compress(b"", 3, -1, None, filters))
        sizes = (len(chunk), len(b"no text"), 0)
        data = b"".join(struct.pack(">I", size) + code for size, code in zip(sizes, coded, strict=True))
        assert self.made("rdb", "d.rdb", data) == {"d.rdb.txt": b"\n".join(lines) + b"\n"}

    def test_texts_of_an_r_data_file_by_title(self) -> None:
        lines = [b"line %d of the book" % n for n in range(300)]
        titles = [b"An Island", b"The Sea", b"An Island"]
        columns = (lines, [titles[n // 100] for n in range(300)], [b"x"] * 101)
        data = b"RDX2\nX\n"
        for column in columns:
            data += b"\0\0\0\x10" + struct.pack(">I", len(column))
            data += b"".join(b"\0\4\0\x09" + struct.pack(">I", len(text)) + text for text in column)
        island, sea = b"\n".join(lines[:100] + lines[200:]) + b"\n", b"\n".join(lines[100:200]) + b"\n"
        packed = gzip.compress(data)
        assert self.made("rda", "b.rda", packed) == {"b.rda.An-Island.txt": island, "b.rda.The-Sea.txt": sea}
        assert self.made("rda", "b.rda", packed, "not=*The-Sea*") == {"b.rda.An-Island.txt": island}

    def test_titles_that_are_none(self) -> None:
        column = b"\0\0\0\x10" + struct.pack(">I", 150) + b"".join(b"\0\4\0\x09\0\0\0\3%03d" % n for n in range(150))
        with pytest.raises(transforms.TransformError, match="differ too much"):
            self.made("rda", "b.rda", column * 2)

    def test_books_without_the_terms_around_them(self) -> None:
        text = (
            b"Terms\n*** START OF THE PROJECT GUTENBERG EBOOK, ONE ***\n\n\nChapter I\n\nIt rained.\n\n"
            b"*** END OF THE PROJECT GUTENBERG EBOOK, ONE ***\nTerms\n***START**THE SMALL PRINT!**\nTerms\n"
            b"***START OF THIS PROJECT GUTENBERG EBOOK TWO***\nIt snowed.\n"
            b"***END OF THIS PROJECT GUTENBERG EBOOK TWO***\n"
        )
        books = {"b.txt.0.txt": b"Chapter I\n\nIt rained.\n", "b.txt.1.txt": b"It snowed.\n"}
        assert self.made("gutenberg", "b.txt", text) == books

    def test_the_text_of_a_page(self) -> None:
        page = (
            "<html><head><title>Of sirens</title><style>p {color: red}</style></head><body><script>f('<p>')</script>"
            f"<h1>I</h1><p>No&nbsp;<b>voice</b> \n divine &mdash; {'word ' * 30}<br>was <i>he</i>ard</p>"
            "<pre>\n  a  =\n    1\n</pre><ul><li>one<li>two</ul><p>an end"
        )
        (text,) = self.made("prose", "a.html", page.encode()).values()
        lines = text.decode().split("\n\n")
        assert lines[:2] == ["Of sirens", "I"]
        assert lines[2].startswith("No voice divine \u2014 word")
        assert max(map(len, lines[2].split("\n"))) in range(60, 73)
        assert lines[3:] == ["was heard", "  a  =\n    1", "one", "two", "an end\n"]

    def test_a_page_in_latin_1_packed(self) -> None:
        assert self.made("prose", "a.gz", gzip.compress(b"<p>caf\xe9")) == {"a.gz.txt": "café\n".encode()}

    @pytest.mark.parametrize("packed", [False, True])
    def test_cells_of_a_table(self, packed: bool) -> None:
        rows = [f'{n},Title {n},"Said ""{n}"",\nand {"more " * 20}"' for n in range(transforms.ROWS_A_FILE + 1)]
        data = ("id,title,text\n" + "\n".join(rows)).encode()
        if packed:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:
                archive.writestr("t.csv", data)
            data = out.getvalue()
        made = self.made("rows", "t", data, "columns=title,text")
        assert list(made) == ["t.0000.txt", "t.0001.txt"]
        first, last = (text.decode() for text in made.values())
        assert first.startswith('Title 0\n\nSaid "0", and more more')
        assert first.count("\n\n") == 2 * transforms.ROWS_A_FILE - 1
        assert max(map(len, first.split("\n"))) > 72
        assert max(map(len, last.split("\n"))) <= 72

    def test_images_become_raw(self) -> None:
        image = pytest.importorskip("PIL.Image")
        out = io.BytesIO()
        image.new("RGB", (400, 300), (10, 20, 30)).save(out, "PNG")
        ((name, data),) = self.made("photo", "p.png", out.getvalue(), "fmax=0.05").items()
        assert name.startswith("p.png.")
        assert 20_000 < len(data) < 52_000

    def test_audio_becomes_pcm(self) -> None:
        soundfile = pytest.importorskip("soundfile")
        out = io.BytesIO()
        soundfile.write(out, np.sin(np.arange(8000) / 9), 8000, format="FLAC")
        ((name, data),) = self.made("wav16", "s.flac", out.getvalue()).items()
        assert name == "s.flac.wav"
        assert len(data) == 16_044


class TestDuplicates:
    def test_the_same_and_nearly_the_same(self) -> None:
        seen = Seen()
        assert seen.duplicate(PROSE) == ""
        assert seen.duplicate(PROSE) == "the same bytes"
        assert "of its windows" in seen.duplicate(PROSE[100:] + b"and a new end of it")
        other = PROSE.replace(b"something", b"other things").replace(b"other one", b"neighbour")
        assert seen.duplicate(other) == ""

    def test_short_files_are_compared_as_a_whole(self) -> None:
        seen = Seen()
        assert [seen.duplicate(data) for data in (b"a", b"b", b"a")] == ["", "", "the same bytes"]


class TestPackages:
    @pytest.mark.parametrize(
        ("package", "ending"),
        [
            (Package("debian", "bash", "5.2-1"), ["apt-get", "download", "bash=5.2-1"]),
            (Package("npm", "@a/b", "1.0"), ["npm", "pack", "--ignore-scripts", "@a/b@1.0"]),
            (Package("pypi-sdist", "a", ""), ["--no-deps", "--no-binary=a", "a"]),
            (Package("pypi-wheel:win32", "a", "1"), ["--only-binary=:all:", "--platform", "win32", "a==1"]),
        ],
    )
    def test_each_registry_is_asked_by_its_own_client(self, package: Package, ending: list[str]) -> None:
        assert packages.command(package)[-len(ending) :] == ending

    def client(self, folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
        """Puts an `npm` of our own in front."""
        folder.mkdir()
        (folder / "npm").write_text(f"#!/bin/sh\n{body}\n")
        (folder / "npm").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def test_a_client_that_fails_at_first_is_asked_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = npm(tmp_path / "made", "words", "1.0.0", {"a.txt": b"text"})
        again = tmp_path / "again"
        self.client(tmp_path / "bin", monkeypatch, f"[ -e {again} ] || {{ touch {again}; exit 1; }}; cp {made} .")
        waited: list[float] = []
        archive = packages.bring(source().wanted, tmp_path / "store", retries=2, wait=waited.append)
        assert archive.name == made.name
        assert waited == [1.0]
        shutil.rmtree(tmp_path / "bin")
        assert packages.bring(source().wanted, tmp_path / "store") == archive  # asks nobody

    def test_what_a_client_says_is_told_without_addresses(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.client(tmp_path / "bin", monkeypatch, "echo 'npm error 404 https://somewhere/words' >&2; exit 1")
        with pytest.raises(packages.PackageError, match=r"npm words 1.0.0: npm error 404 \(address\)$"):
            packages.bring(source().wanted, tmp_path / "store", retries=0)
        assert not list((tmp_path / "store").iterdir())

    @pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="there is no dpkg-deb")
    def test_a_debian_package(self, tmp_path: Path) -> None:
        tree = tmp_path / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: words\nVersion: 2-1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: x\n"
        )
        doc = tree / "usr/share/doc/words"
        doc.mkdir(parents=True)
        (doc / "copyright").write_text("Format: 1.0\n\nFiles: *\nLicense: GPL-2+\n text\n\nLicense: MIT\n")
        deb = tmp_path / "words.deb"
        subprocess.run(["dpkg-deb", "--build", "-Znone", str(tree), str(deb)], check=True, capture_output=True)
        packages.unpack(deb, tmp_path / "out")
        told = packages.facts(Package("debian", "words", ""), deb, tmp_path / "out")
        assert (told.version, told.licence) == ("2-1", "GPL-2+, MIT")
        copyright_file = tmp_path / "out/usr/share/doc/words/copyright"
        copyright_file.write_text("License: Redistribution and use in source and binary forms, with or without\n")
        told = packages.facts(Package("debian", "words", ""), deb, tmp_path / "out")
        assert told.licence == "text naming BSD-2-Clause"

    @pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="there is no dpkg-deb")
    def test_papers_of_another_debian_package(self, tmp_path: Path) -> None:
        (tmp_path / "tree/DEBIAN").mkdir(parents=True)
        (tmp_path / "tree/DEBIAN/control").write_text(
            "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"
        )
        links = {"a": "a-base", "a-base": "a-common"}
        for name, target in links.items():
            (tmp_path / name / "usr/share/doc").mkdir(parents=True)
            (tmp_path / name / "usr/share/doc" / name).symlink_to(target)
        (tmp_path / "a-common/usr/share/doc/a-common").mkdir(parents=True)
        (tmp_path / "a-common/usr/share/doc/a-common/copyright").write_text(
            "It is on Debian in /usr/share/common-licenses/GPL-2.\n"
        )
        deb = tmp_path / "a.deb"
        subprocess.run(["dpkg-deb", "--build", "-Znone", tmp_path / "tree", deb], check=True, capture_output=True)
        told = packages.facts(Package("debian", "a", ""), deb, tmp_path / "a", lambda name: tmp_path / name)
        assert told.licence == "text naming GPL-2"
        assert packages.facts(Package("debian", "a", ""), deb, tmp_path / "a").licence == "unknown"

    @pytest.mark.parametrize(
        ("about", "licence"),
        [
            ({"license": {"type": "MIT"}}, "MIT"),
            ({"licenses": [{"type": "MIT"}, {"type": "ISC"}]}, "MIT, ISC"),
            ({}, "text naming Apache-2.0"),
        ],
    )
    def test_older_forms_of_npm(self, tmp_path: Path, about: dict[str, Any], licence: str) -> None:
        folder = tmp_path / "package"
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps(about))
        (folder / "LICENSE.md").write_text("Licensed under the\nApache License,\nVersion 2.0.")
        assert packages.facts(Package("npm", "a", "1"), folder / "package.json", tmp_path).licence == licence

    @pytest.mark.parametrize("head", ["", "License: UNKNOWN\n", "License: LICENSE\n"])
    def test_a_wheel_that_only_has_the_text(self, tmp_path: Path, head: str) -> None:
        folder = tmp_path / "a-1.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: a\nVersion: 1\n{head}")
        (folder / "LICENSE").write_text("Permission is hereby granted, free of charge, to any person obtaining a copy")
        assert packages.facts(Package("pypi-wheel", "a", "1"), folder / "METADATA", tmp_path).licence == (
            "text naming Expat"
        )

    def test_long_licences_end_with_a_whole_name(self) -> None:
        names = ", ".join(f"LICENCE-{number}" for number in range(30))
        short = packages.shortened(names)
        assert len(short) <= packages.LICENCE_LENGTH
        assert short.endswith(packages.MORE)
        assert names.startswith(short.removesuffix(packages.MORE) + ",")
        assert packages.shortened("MIT") == "MIT"

    def test_a_wheel_for_a_newer_python(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
        script = 'case "$*" in *--python-version*) echo x > a.whl ;; *) echo ERROR: none >&2; exit 1 ;; esac'
        (tmp_path / "python").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "python").chmod(0o755)
        assert packages.bring(Package("pypi-wheel", "a", "1"), tmp_path / "store", retries=0).name == "a.whl"
        with pytest.raises(packages.PackageError, match="ERROR: none"):
            packages.bring(Package("pypi-sdist", "a", "1"), tmp_path / "store", retries=0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("see /usr/share/common-licenses/GPL-2. The GNU General Public License", ["GPL-2"]),
        ("the GNU Lesser General\n * Public License", ["LGPL"]),
        ("GNU Library General Public License; not the GNU General Public License", ["LGPL", "GPL"]),
        ("https://creativecommons.org/licenses/by-sa/3.0/ creativecommons.org/publicdomain/zero/1.0/",
         ["CC-BY-SA-3.0", "CC0-1.0"]),
        ("Redistribution and use in source and binary forms ... Neither the name of", ["BSD-3-Clause"]),
        ("Redistribution and use in source and binary forms, with or without", ["BSD-2-Clause"]),
        ("Redistribution and use in source ... All advertising materials mentioning ... neither the name",
         ["BSD-4-Clause"]),
        ("placed in the public domain", ["public-domain"]),
        ("all rights reserved", []),
    ],
)  # fmt: skip
def test_licences_that_a_text_names(text: str, names: list[str]) -> None:
    assert licences.named(text) == names


def test_each_licence_of_the_manifest_was_looked_for() -> None:
    assert [row.source for row in sources.read() if row.licence == sources.UNCHECKED] == ["moinmoin"]


class TestManifestLicence:
    def test_an_empty_one_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(sources.ManifestError, match="no licence is stated"):
            sources.read(manifest(tmp_path / "m.tsv", source(licence=" ")))

    def test_a_wheel_and_its_licence(self, tmp_path: Path) -> None:
        wheel = tmp_path / "a-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as packed:
            packed.writestr("a-1.dist-info/METADATA", "Name: a\nVersion: 1\nLicense-Expression: BSD-3-Clause\n")
        packages.unpack(wheel, tmp_path / "out")
        told = packages.facts(Package("pypi-wheel", "a", "1"), wheel, tmp_path / "out")
        assert (told.version, told.licence) == ("1", "BSD-3-Clause")

    def test_damaged_archives_and_members_outside_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "bad.tgz").write_bytes(b"\x1f\x8bnothing")
        outside = tar(tmp_path / "outside.tgz", {"../escaped.txt": b"x"})
        for archive in (tmp_path / "bad.tgz", outside):
            with pytest.raises(packages.PackageError, match="cannot be unpacked"):
                packages.unpack(archive, tmp_path / "inner/out")
        assert not (tmp_path / "inner/escaped.txt").exists()


class TestBuild:
    @pytest.fixture
    def made(self, tmp_path: Path) -> tuple[Path, list[str]]:
        """A target, and the arguments of a build of two sources from a filled store."""
        store = tmp_path / "store"
        npm(store, "words", "1.0.0", {"a.txt": PROSE, "b.txt": PROSE + b"!", "c.md": b"# " + PROSE[::-1]})
        npm(store, "unseen", "2.0.0", {"d.txt": PROSE.upper()})
        table = manifest(
            tmp_path / "m.tsv",
            source(),
            source(source="marks", modality="docs", files="*.md"),
            source(source="unseen", package="unseen", version="2.0.0", split="held-out"),
        )
        return tmp_path / "target", [str(tmp_path / "target"), "--manifest", str(table), "--store", str(store)]

    def files(self, target: Path) -> list[str]:
        return [path.relative_to(target).as_posix() for path in make.built_files(target)]

    def test_all_of_it(self, made: tuple[Path, list[str]], tmp_path: Path) -> None:
        target, arguments = made
        assert make.main([*arguments, "--pin"]) == 0
        assert self.files(target) == [
            "held-out/text/unseen/package__d.txt", "train/docs/marks/package__c.md", "train/text/words/package__a.txt",
        ]  # fmt: skip
        record = json.loads((target / "records/train/text/words.json").read_text())
        assert (record["version"], record["licence"]) == ("1.0.0", "MIT")
        assert [file["bytes"] for file in record["files"]].count(len(PROSE)) == 1
        assert "package__b.txt,duplicate" in (target / "dropped.csv").read_text()
        assert len((target / "files.csv").read_text().splitlines()) == 4
        assert {row.licence for row in sources.read(tmp_path / "m.tsv")} == {"MIT"}
        assert not list(target.glob(".work-*"))

    def test_facts_without_files(self, made: tuple[Path, list[str]], tmp_path: Path) -> None:
        target, arguments = made
        (tmp_path / "store/npm_bad_1.0.0").mkdir()
        (tmp_path / "store/npm_bad_1.0.0/bad.tgz").write_bytes(b"nothing")
        rows = [source(source=name, package=name) for name in ("bad", "absent")]
        rows[1] = replace(rows[1], licence="ISC")  # known: not asked for
        manifest(tmp_path / "m.tsv", *sources.read(tmp_path / "m.tsv"), *rows)
        assert make.main([*arguments, "--read-facts", "--retries", "0"]) == 1
        assert {row.source: (row.version, row.licence) for row in sources.read(tmp_path / "m.tsv")} == {
            "words": ("1.0.0", "MIT"), "marks": ("1.0.0", "MIT"), "unseen": ("2.0.0", "MIT"),
            "bad": ("1.0.0", "unchecked"), "absent": ("1.0.0", "ISC"),
        }  # fmt: skip
        assert not list(target.iterdir())

    def test_a_second_run_makes_nothing_anew(
        self, made: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        target, arguments = made
        make.main(arguments)
        before = (target / "files.csv").read_text(), (target / "dropped.csv").read_text()
        shutil.rmtree(arguments[-1])  # the store
        assert make.main(arguments) == 0
        assert "0 sources made" in capsys.readouterr().err
        assert before == ((target / "files.csv").read_text(), (target / "dropped.csv").read_text())

    def test_a_source_that_was_interrupted_is_made_again(self, made: tuple[Path, list[str]]) -> None:
        target, arguments = made
        make.main(arguments)
        (target / "records/train/docs/marks.json").unlink()
        (target / "train/docs/marks/half").write_bytes(b"half")
        assert make.main(arguments) == 0
        assert not (target / "train/docs/marks/half").exists()

    def test_parts_and_dry_runs(self, made: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
        target, arguments = made
        assert make.main([*arguments, "--dry-run"]) == 0
        assert not target.exists()
        assert capsys.readouterr().out.count("missing\t") == 3
        assert make.main([*arguments, "--only", "docs"]) == 0
        assert self.files(target) == ["train/docs/marks/package__c.md"]
        assert make.main([*arguments, "--limit", "1"]) == 0
        assert len(self.files(target)) == 2
        assert make.main([*arguments, "--only", "nothing"]) == 1

    def test_a_failure_is_told_and_the_rest_is_made(
        self, made: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        target, arguments = made
        archive = next(Path(arguments[-1]).glob("npm_unseen*/*"))
        archive.write_bytes(b"damaged")
        assert make.main(arguments) == 1
        assert "unseen-2.0.0.tgz cannot be unpacked" in capsys.readouterr().err
        assert len(self.files(target)) == 2
        assert not (target / "held-out").exists()

    def test_what_benchmark_files_hold_is_dropped(self, made: tuple[Path, list[str]], tmp_path: Path) -> None:
        target, arguments = made
        benchmark = tmp_path / "benchmarks"
        benchmark.mkdir()
        (benchmark / "book").write_bytes(PROSE.upper()[:5000])
        assert make.main([*arguments, "--benchmarks", str(benchmark)]) == 0
        assert "held-out/text/unseen/package__d.txt" not in self.files(target)
        assert "contaminated" in (target / "dropped.csv").read_text()

    def test_what_is_not_in_the_manifest_is_told(
        self, made: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        target, arguments = made
        (target / "train/text/gone").mkdir(parents=True)
        assert make.main(arguments) == 0
        assert "note: train/text/gone is not in the manifest" in capsys.readouterr().err

    def test_it_runs_as_a_script(self, made: tuple[Path, list[str]]) -> None:
        script = Path(make.__file__)
        done = subprocess.run(
            [sys.executable, str(script), *made[1], "--dry-run"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "3 sources of 2 packages, at most 3 MB" in done.stderr

    def test_an_identity_is_all_but_what_a_build_finds_out(self) -> None:
        assert make.identity(source()) == make.identity(source(version="3", licence="MIT"))
        others = {make.identity(source(**{name: "x"})) for name in ("files", "cap_mb", "transform", "options")}
        assert len(others | {make.identity(source())}) == 5
        assert len(astuple(source())) == len(sources.HEADING)
