"""URLs of a web server as inputs: whole, in parts, and from a server that fails in the middle."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from trees import CONTENTS

import lmpack
from lmpack import FileResult
from lmpack.cli.main import main

fsspec = pytest.importorskip("fsspec", reason="fsspec is missing: pip install 'lmpack[remote]'")
pytest.importorskip("aiohttp", reason="aiohttp is missing: pip install 'lmpack[remote]'")

pytestmark = pytest.mark.usefixtures("fake_models", "small_blocks")


class Server(http.server.ThreadingHTTPServer):
    """Serves contents; `breaks_at` is the byte at which it hangs up."""

    contents: dict[str, bytes]
    breaks_at: int | None = None
    knows_ranges = True
    status_without_content = 404
    says_lengths = True


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        content = self.server.contents.get(self.path)
        if content is None:
            self.send_error(self.server.status_without_content)
            return
        start, end = 0, len(content)
        wanted = self.headers.get("Range")
        if wanted and self.server.knows_ranges:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1 if last else end, end)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        else:
            self.send_response(200)
        if self.server.knows_ranges:
            self.send_header("Accept-Ranges", "bytes")
        if self.server.says_lengths:
            self.send_header("Content-Length", str(end - start))
        self.end_headers()
        if with_body:
            stop = self.server.breaks_at
            self.wfile.write(content[start : end if stop is None else min(end, stop)])
            self.close_connection = stop is not None or not self.server.says_lengths

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    storage: Any = fsspec.filesystem("http")
    storage.clear_instance_cache()
    with Server(("127.0.0.1", 0), Handler) as server:
        server.contents = {}
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_files_of_a_server(server: Server, tmp_path: Path, knows_ranges: bool) -> None:
    server.knows_ranges = knows_ranges
    packed = lmpack.compress(CONTENTS["long"])
    server.contents = {"/a%20b.lmp?key=1": packed, "/plain": CONTENTS["block"]}
    results = list(lmpack.decompress_files([url(server, "/a%20b.lmp?key=1")], tmp_path / "out"))
    assert results[0].error is None
    assert (tmp_path / "out" / "a b").read_bytes() == CONTENTS["long"]
    list(lmpack.compress_files([url(server, "/plain")], tmp_path / "out"))
    assert (tmp_path / "out" / "plain.lmp").read_bytes() == lmpack.compress(CONTENTS["block"])


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "No such file"), (410, "No such file"), (403, "403"), (500, "500")],
)
def test_what_a_server_answers_instead_of_a_file(
    server: Server, tmp_path: Path, status: int, said: str
) -> None:
    server.status_without_content = status
    calls = {"/none": lmpack.compress_files, "/none.lmp": lmpack.decompress_files}
    for path, call in calls.items():
        (result,) = call([url(server, path)], tmp_path)
        assert said in str(result.error)
        assert ("No such file" in str(result.error)) == (status in (404, 410))
    assert not list(tmp_path.iterdir())


def test_a_server_that_fails_in_the_middle(server: Server, tmp_path: Path) -> None:
    server.contents = {"/plain": CONTENTS["long"], "/packed.lmp": lmpack.compress(CONTENTS["long"])}
    out = tmp_path / "out"
    calls: list[Callable[[], list[FileResult]]] = [
        lambda: list(lmpack.compress_files([url(server, "/plain")], out)),
        lambda: list(lmpack.decompress_files([url(server, "/packed.lmp")], out)),
    ]
    server.breaks_at = 60
    for call in calls:
        (result,) = call()
        assert isinstance(result.error, OSError)
    assert not list(out.rglob("*"))
    server.breaks_at = None
    for call in calls:
        (result,) = call()
        assert result.error is None
    assert (out / "packed").read_bytes() == CONTENTS["long"]


def test_commands_take_urls(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server.contents = {"/a.lmp": lmpack.compress(CONTENTS["long"]), "/bad.lmp": b"no"}
    address = url(server, "/a.lmp")

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    invoke("test", address)
    assert "blocks" in invoke("info", address)
    invoke("-l", address)
    assert CliRunner().invoke(main, ["-dc", address]).stdout_bytes == CONTENTS["long"]
    invoke("decompress", address, "-o", "a")
    assert Path("a").read_bytes() == CONTENTS["long"]
    result = CliRunner().invoke(main, ["test", url(server, "/bad.lmp")])
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    result = CliRunner().invoke(main, ["compress", "a", "-o", address])
    assert result.exit_code == 1
    assert "a web server takes no files" in result.stderr
    result = CliRunner().invoke(main, ["-c", "a"], catch_exceptions=False)
    memory = CliRunner().invoke(main, ["compress", "-", "-o", "memory://x/a.lmp"], input=b"piped")
    assert memory.exit_code == 0
    assert lmpack.decompress(fsspec.filesystem("memory").cat_file("x/a.lmp")) == b"piped"


def test_a_server_without_parts_is_read_forward(server: Server) -> None:
    server.knows_ranges = server.says_lengths = False
    server.contents = {"/a.lmp": lmpack.compress(CONTENTS["long"])}
    with lmpack.open(url(server, "/a.lmp")) as file:
        assert not file.seekable()
        assert file.read() == CONTENTS["long"]
    result = CliRunner().invoke(main, ["info", url(server, "/a.lmp")])
    assert result.exit_code == 1
    assert "this is a bug" not in result.stderr
