"""The benchmark files: what is fetched is whole and right, or refused."""

import functools
import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import corpora_scripts  # noqa: F401  so that the scripts can be imported
import fetch
import pytest

DATA = bytes(range(256)) * 20


class Ranges(http.server.SimpleHTTPRequestHandler):
    """A server that can send the rest of a file."""

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        begin = self.headers.get("Range")
        start = int(begin.removeprefix("bytes=").rstrip("-")) if begin else 0
        self.server.asked.append(start)  # type: ignore[attr-defined]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[http.server.HTTPServer]:
    (tmp_path / "served").mkdir()
    handler = functools.partial(Ranges, directory=str(tmp_path / "served"))
    running = http.server.HTTPServer(("127.0.0.1", 0), handler)
    running.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def tables(monkeypatch: pytest.MonkeyPatch, url: str, archive: bytes, digest: str = "") -> None:
    digest = digest or hashlib.sha256(archive).hexdigest()
    item = fetch.Download("little", url, str(len(archive)), digest, "none")
    monkeypatch.setattr(fetch, "downloads", lambda: [item])
    files = [fetch.Wanted("little", "data", str(len(DATA)), hashlib.sha256(DATA).hexdigest())]
    monkeypatch.setattr(fetch, "wanted", lambda: files)


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in ("folder/data", "folder/other"):
            member = tarfile.TarInfo(name)
            member.size = len(DATA)
            archive.addfile(member, io.BytesIO(DATA))
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data", DATA)
    return out.getvalue()


@pytest.mark.parametrize(("name", "archive"), [("x.tar.gz", tar()), ("x.zip", zipped()), ("data", DATA)])
def test_a_set_is_downloaded_unpacked_and_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: http.server.HTTPServer, name: str, archive: bytes
) -> None:
    (tmp_path / "served" / name).write_bytes(archive)
    tables(monkeypatch, f"http://127.0.0.1:{server.server_port}/{name}", archive)
    assert fetch.run(tmp_path / "target", [], None, only_check=False) == 0
    assert (tmp_path / "target" / "little" / "data").read_bytes() == DATA
    assert [path.name for path in (tmp_path / "target" / "little").iterdir()] == ["data"]
    assert fetch.run(tmp_path / "target", ["little"], None, only_check=True) == 0


def test_a_download_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: http.server.HTTPServer
) -> None:
    (tmp_path / "served" / "data").write_bytes(DATA)
    (tmp_path / "data.part").write_bytes(DATA[:1000])
    tables(monkeypatch, f"http://127.0.0.1:{server.server_port}/data", DATA)
    fetch.download(fetch.downloads()[0], tmp_path / "data")
    assert (tmp_path / "data").read_bytes() == DATA
    assert server.asked == [1000]  # type: ignore[attr-defined]


def test_what_is_not_as_listed_is_refused_and_thrown_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: http.server.HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "served" / "data").write_bytes(DATA[::-1])
    tables(monkeypatch, f"http://127.0.0.1:{server.server_port}/data", DATA)
    assert fetch.run(tmp_path / "target", [], None, only_check=False) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert not list((tmp_path / "target").rglob("data*"))


@pytest.mark.parametrize(("name", "content"), [("deep/down/data", DATA), ("x.tar.gz", tar())])
def test_a_folder_can_take_the_place_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes
) -> None:
    (tmp_path / "from" / name).parent.mkdir(parents=True)
    (tmp_path / "from" / name).write_bytes(content)
    tables(monkeypatch, "http://no.such.host.invalid/x.tar.gz", tar())
    assert fetch.run(tmp_path / "target", ["little"], tmp_path / "from", only_check=False) == 0
    assert (tmp_path / "target" / "little" / "data").read_bytes() == DATA


@pytest.mark.parametrize(
    ("name", "archive"), [("x.tar.gz", tar()[: len(tar()) // 3]), ("x.zip", zipped()[:-40] + bytes(40))]
)
def test_a_broken_archive_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, archive: bytes
) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / name).write_bytes(archive)
    tables(monkeypatch, f"http://no.such.host.invalid/{name}", archive)
    assert fetch.run(tmp_path / "target", ["little"], tmp_path / "from", only_check=False) == 1
    assert capsys.readouterr().err.startswith("error: little: ")
    assert not (tmp_path / "target" / "little" / "data").exists()


def test_what_is_missing_or_unknown_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "from").mkdir()
    tables(monkeypatch, "http://no.such.host.invalid/x.tar.gz", tar())
    assert fetch.run(tmp_path / "target", ["little", "nonsense"], tmp_path / "from", only_check=False) == 1
    told = capsys.readouterr().err
    assert "missing: data" in told
    assert "no set is called nonsense" in told


def test_the_manifest_is_well_formed() -> None:
    sets = {item.set for item in fetch.downloads()}
    assert {"canterbury", "calgary", "large", "silesia", "enwik8", "enwik9", "snappy", "kodak"} <= sets
    assert {item.set for item in fetch.wanted()} == sets
    sizes = [item.size for item in fetch.downloads()] + [item.size for item in fetch.wanted()]
    hashes = [item.sha256 for item in fetch.downloads()] + [item.sha256 for item in fetch.wanted()]
    assert all(int(size) > 0 for size in sizes if size)
    unlisted = {item.set for item in fetch.wanted() if not item.sha256}
    verified = {item.set for item in fetch.downloads() if item.sha256}
    assert unlisted - verified == {"kodak"}  # of all others, the files or their archive can be verified
    assert all(item.licence for item in fetch.downloads())
    assert all(len(bytes.fromhex(digest)) == 32 for digest in hashes if digest)
    assert sum(int(item.size) for item in fetch.wanted() if item.set == "canterbury") == 2_810_784
