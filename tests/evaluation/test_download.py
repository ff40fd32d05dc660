"""Downloads against a server of this machine: resumed, checked, refused."""

from __future__ import annotations

import hashlib
import http.server
import io
import random
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lmpack.cli.main import main
from lmpack.errors import EvaluationError, UsageError
from lmpack.evaluation import download as module
from lmpack.evaluation.download import SOURCES, Source, download

CONTENT = random.Random(1).randbytes(300_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves one archive, maybe not to its end."""

    archive = b""
    ranges = True
    cut_after: int | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requested: list[str | None] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requested.append(wanted)
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        body = self.server.archive[start:]
        if start and not body:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut_after])

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("enwik8", CONTENT)
    with Server() as running:
        running.archive = buffer.getvalue()
        url = f"http://127.0.0.1:{running.server_port}/enwik8.zip"
        source = Source(url, len(CONTENT), hashlib.sha1(CONTENT).hexdigest())
        monkeypatch.setattr(module, "SOURCES", {"enwik8": source})
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetch(folder: Path) -> Path:
    return download("enwik8", folder, lambda done, total: None)


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = download("enwik8", tmp_path / "new", lambda *figures: seen.append(figures))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(server.archive), len(server.archive))
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["enwik8"]
    assert fetch(tmp_path / "new") == path
    assert server.requested == [None]


def test_an_interrupted_download_goes_on(server: Server, tmp_path: Path) -> None:
    server.cut_after = 100_000
    with pytest.raises(EvaluationError, match="try again to go on"):
        fetch(tmp_path)
    assert (tmp_path / "enwik8.zip.part").stat().st_size == 100_000
    assert not (tmp_path / "enwik8").exists()
    server.cut_after = None
    assert fetch(tmp_path).read_bytes() == CONTENT
    assert server.requested == [None, "bytes=100000-"]


def test_a_server_that_knows_no_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "enwik8.zip.part").write_bytes(b"x" * 5000)
    server.ranges = False
    assert fetch(tmp_path).read_bytes() == CONTENT


def test_a_complete_archive_is_only_unpacked(server: Server, tmp_path: Path) -> None:
    (tmp_path / "enwik8.zip.part").write_bytes(server.archive)
    assert fetch(tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"other", CONTENT[::-1]])
def test_another_content_is_refused(server: Server, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "enwik8").write_bytes(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("enwik8", content)
    server.archive = buffer.getvalue()
    with pytest.raises(EvaluationError, match="is not enwik8"):
        fetch(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["enwik8"]


def test_no_archive_is_refused(server: Server, tmp_path: Path) -> None:
    server.archive = b"<html>not here</html>"
    with pytest.raises(EvaluationError, match="no archive of enwik8"):
        fetch(tmp_path)
    assert not (tmp_path / "enwik8.zip.part").exists()


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Source("http://127.0.0.1:9/enwik8.zip", 1, "")
    monkeypatch.setattr(module, "SOURCES", {"enwik8": nowhere})
    with pytest.raises(EvaluationError, match=r"cannot be fetched.*enwik8=PATH"):
        fetch(tmp_path)
    with pytest.raises(UsageError, match="choose from enwik8"):
        download("enwik5", tmp_path, lambda done, total: None)


def test_the_command(server: Server, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["eval", "download", "enwik8", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(tmp_path / "enwik8")
    assert (tmp_path / "enwik8").read_bytes() == CONTENT


def test_both_files_are_known() -> None:
    assert [source.size for source in SOURCES.values()] == [10**8, 10**9]
    assert all(len(source.sha1) == 40 for source in SOURCES.values())


def test_a_damaged_archive_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("enwik8", b"some text that is compressed " * 1000)
    damaged = bytearray(packed.getvalue())
    damaged[40:80] = b"\xff" * 40
    (tmp_path / "enwik8.zip.part").write_bytes(damaged)
    monkeypatch.setattr(module, "_fetch", lambda url, target, progress: None)
    with pytest.raises(EvaluationError, match="it was deleted, try again"):
        download("enwik8", tmp_path, lambda done, total: None)
    assert not list(tmp_path.iterdir())
