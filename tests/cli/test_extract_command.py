"""`lmpack extract`: members of an archive become files, and nothing else happens."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import random
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archives import Member, member, pack, snapshot, tar_bytes
from click.testing import CliRunner, Result
from trees import BLOCK, read_tree, text

import lmpack
from lmpack._blocks.coders import Decoder
from lmpack.cli.main import main

pytestmark = [
    pytest.mark.usefixtures("fake_models", "small_blocks"),
    pytest.mark.skipif(os.name == "nt", reason="needs links and permissions of POSIX"),
]

Invoke = Callable[..., Result]
LINK: dict[str, Any] = {"type": tarfile.SYMTYPE}
HARD: dict[str, Any] = {"type": tarfile.LNKTYPE}
FOLDER: dict[str, Any] = {"type": tarfile.DIRTYPE, "mode": 0o755}
TREE = {
    "a/first": text(5 * BLOCK, 1),
    "a/second": b"short",
    "a/third": text(8 * BLOCK, 2),
    "b": text(3 * BLOCK, 3),
}


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs the program in a folder of its own, above which nothing may happen."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: str, stdin: bytes = b"", code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hears of every block that is decoded."""
    places = []
    decode = Decoder.decode

    def counted(self: Decoder, block: Any, fingerprints: Any, where: str, *more: Any) -> bytes:
        places.append(where)
        return decode(self, block, fingerprints, where, *more)

    monkeypatch.setattr(Decoder, "decode", counted)
    return places


def archive(extra: tuple[Member, ...] = ()) -> Path:
    members = [member(name, content) for name, content in TREE.items()]
    return pack(Path("x.tar.lmp"), [member("a", **FOLDER), *members, *extra])


@contextlib.contextmanager
def piped(path: Path) -> Iterator[str]:
    """A pipe with the content of a file, which can be read only forward."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(path.read_bytes()))
    writer.start()
    yield "pipe"
    writer.join()
    Path("pipe").unlink()


def blocks(*ranges: tuple[int, int]) -> set[int]:
    """Numbers of the blocks that hold bytes of the content."""
    return {byte // BLOCK for start, end in ranges for byte in range(start, end)}


def places() -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(lmpack.decompress(Path("x.tar.lmp").read_bytes()))) as tar:
        return {one.name: one for one in tar.getmembers()}


def test_everything(invoke: Invoke) -> None:
    archive()
    invoke("extract", "x.tar.lmp", "-C", "new/out")
    assert read_tree(Path("new/out")) == TREE
    with piped(Path("x.tar.lmp")) as pipe:
        invoke("extract", pipe, "-o", "piped")
    assert read_tree(Path("piped")) == TREE


def test_only_the_blocks_of_a_member_and_of_headers_are_decoded(
    invoke: Invoke, decoded: list[str]
) -> None:
    archive()
    there = places()
    decoded.clear()
    invoke("extract", "x.tar.lmp", "a/third", "-o", "out")
    assert read_tree(Path("out")) == {"a/third": TREE["a/third"]}
    # One byte before each header is looked at, too; the end is a header.
    end = -(-(there["b"].offset_data + there["b"].size) // 512) * 512
    starts = [*(one.offset for one in there.values()), end]
    headers = blocks(*((max(start - 1, 0), start + 512) for start in starts))
    third = there["a/third"]
    needed = headers | blocks((third.offset_data, third.offset_data + third.size))
    numbers = {int(place.split()[1]) for place in decoded}
    assert numbers == needed
    assert len(numbers) < (end + 10240) // BLOCK - 5
    decoded.clear()
    lines = invoke("extract", "--list", "x.tar.lmp").stdout.splitlines()
    assert {int(place.split()[1]) for place in decoded} == headers
    assert len(decoded) == len(headers)
    assert [line.split()[-1] for line in lines] == list(there)


def test_members_and_folders_by_name(invoke: Invoke) -> None:
    archive()
    invoke("extract", "x.tar.lmp", "./a/", "-o", "folder")
    assert read_tree(Path("folder")).keys() == {"a/first", "a/second", "a/third"}
    result = invoke("extract", "x.tar.lmp", "b", "nothing", "-o", "some", code=1)
    assert "lmpack: nothing: it is not in x.tar.lmp" in result.stderr
    assert read_tree(Path("some")) == {"b": TREE["b"]}
    with piped(Path("x.tar.lmp")) as pipe:
        invoke("extract", pipe, "b", "-o", "piped")
    assert read_tree(Path("piped")) == {"b": TREE["b"]}


def test_a_list(invoke: Invoke) -> None:
    times = {"mtime": 86400 * 365, "uname": "me", "gname": "us"}
    archive(
        (
            member("program", b"#!", mode=0o4755, **times),
            member("link", linkname="a\n/b", **LINK),
            member("hard", linkname="b", **HARD),
            member("odd\x1b[31m", mtime=10**12),
        )
    )
    lines = invoke("extract", "-l", "x.tar.lmp").stdout.splitlines()
    assert lines[0].split()[0] == "drwxr-xr-x"
    assert lines[-4].startswith("-rwsr-xr-x me/us") and " 1971-01-01 " in lines[-4]
    assert lines[-3].endswith(r"link -> a\n/b")
    assert lines[-2].startswith("h") and lines[-2].endswith("hard link to b")
    assert r"odd\x1b[31m" in lines[-1]
    records = json.loads(invoke("extract", "-l", "--json", "x.tar.lmp", "hard", "a").stdout)
    assert [record["name"] for record in records] == ["a", "a/first", "a/second", "a/third", "hard"]
    assert records[-1]["kind"] == "hard link" and records[-1]["link"] == "b"
    assert os.listdir() == ["x.tar.lmp"]


def test_existing_files_stay(invoke: Invoke) -> None:
    archive((member("link", linkname="b", **LINK), member("hard", linkname="b", **HARD)))
    for name in ("b", "link", "hard"):
        Path(name).write_bytes(b"mine")
    result = invoke("extract", "x.tar.lmp", code=1)
    assert result.stderr.count("exists already") == 2
    assert "hard: it is another name of b, which was not unpacked" in result.stderr
    assert [Path(name).read_bytes() for name in ("b", "link", "hard")] == [b"mine"] * 3
    assert Path("a/third").read_bytes() == TREE["a/third"]
    invoke("extract", "-f", "x.tar.lmp")
    assert Path("b").read_bytes() == TREE["b"]
    assert os.readlink("link") == "b" and Path("hard").samefile("b")
    assert not [name for name in os.listdir() if name.endswith(".tmp")]
    Path("file").write_bytes(b"")
    assert "file" in invoke("extract", "x.tar.lmp", "-o", "file", code=1).stderr


def test_the_last_of_a_name_counts(invoke: Invoke) -> None:
    hard, link = member("hard", linkname="a/first", **HARD), member("link", linkname="b", **LINK)
    archive((member("b", b"new"), member("a/first", b"newer"), hard, hard, link, link))
    invoke("extract", "x.tar.lmp", "-o", "out")
    new = {"b": b"new", "a/first": b"newer", "hard": b"newer", "link": b"new"}
    assert read_tree(Path("out")) == TREE | new


def test_a_hard_link_to_what_was_not_asked_for_is_a_copy(invoke: Invoke) -> None:
    archive((member("hard", linkname="b", **HARD),))
    invoke("extract", "x.tar.lmp", "hard", "-o", "out")
    assert read_tree(Path("out")) == {"hard": TREE["b"]}
    with piped(Path("x.tar.lmp")) as pipe:
        result = invoke("extract", pipe, "hard", "-o", "piped", code=1)
    assert "another name of b, which was not unpacked" in result.stderr


HOSTILE: dict[str, list[Member]] = {
    "up": [member("../x", b"x")],
    "up inside": [member("a/../../x", b"x")],
    "absolute link": [member("l", linkname="/etc/passwd", **LINK)],
    "link up": [member("l", linkname="../x", **LINK)],
    "hard link up": [member("l", linkname="../outside", **HARD)],
    "hard link absolute": [member("l", linkname="/etc/passwd", **HARD)],
    "pipe": [member("p", type=tarfile.FIFOTYPE)],
    "device": [member("d", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "through a link": [
        member("l", linkname=".", **LINK),
        member("l/x", b"x"),
    ],
    "through two links": [
        member("a/up", linkname="q/../../outside", **LINK),
        member("a/q", linkname=".", **LINK),
        member("l", linkname="a/up", **HARD),
        member("l", b"x"),
    ],
    "over the top": [member(".", b"x")],
    "a link over the top": [member("./", linkname="a", **LINK)],
    "no name": [member("x", pax_headers={"path": "a\0b"})],
    "no link": [member("x", pax_headers={"linkpath": "a\0b"}, **LINK)],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_members_are_left_out(invoke: Invoke, case: str) -> None:
    Path("../outside").write_bytes(b"mine")
    archive(tuple(HOSTILE[case]))
    before = {name: value for name, value in snapshot(Path("..")).items() if name != "here"}
    result = invoke("extract", "x.tar.lmp", "-o", "out", code=1)
    assert "Traceback" not in result.output
    after = snapshot(Path(".."))
    for name in after.keys() - before.keys() - {"here"}:
        assert name.startswith("here/out"), name
        assert Path("..", name).resolve().is_relative_to(Path().resolve()), name
    assert {name: after[name] for name in before} == before
    assert Path("out/b").read_bytes() == TREE["b"]


def test_a_link_is_known_as_one_after_a_member_of_its_name_has_failed(invoke: Invoke) -> None:
    archive(
        (
            member("a/link", linkname="../b", **LINK),
            member("a/link", text(3 * BLOCK, 4)),
            member("link", linkname="a/link", **HARD),
        )
    )
    packed = bytearray(Path("x.tar.lmp").read_bytes())
    with Path("x.tar.lmp").open("rb") as file:
        (container,) = lmpack.describe(file)
    hurt = container.blocks[places()["a/link"].offset_data // BLOCK + 2]
    packed[hurt.offset + hurt.payload_length // 2 + 8] ^= 1
    Path("x.tar.lmp").write_bytes(packed)
    result = invoke("extract", "x.tar.lmp", "a", "b", "link", "-o", "out", code=1)
    assert "a/link: block" in result.stderr and "link: it is a link to ../b" in result.stderr
    assert os.readlink("out/a/link") == "../b"
    assert not os.path.lexists("out/link")


def test_absolute_names_lead_below(invoke: Invoke) -> None:
    archive((member("/etc/lmpack-test", b"x", mode=0o4777),))
    invoke("extract", "x.tar.lmp", "-o", "out")
    assert Path("out/etc/lmpack-test").stat().st_mode & 0o7777 == 0o755


def test_links_that_were_there_are_not_followed(invoke: Invoke) -> None:
    archive()
    Path("../elsewhere").mkdir()
    Path("out").mkdir()
    Path("out/a").symlink_to("../../elsewhere")
    Path("out/b").symlink_to("../../elsewhere/b")
    invoke("extract", "x.tar.lmp", "-o", "out", "-f", code=1)
    assert os.listdir("../elsewhere") == []
    assert Path("out/b").is_symlink() and sorted(os.listdir("out")) == ["a", "b"]


@pytest.mark.parametrize("more", [(), ("a/first", "b")])
def test_a_cut_archive(invoke: Invoke, more: tuple[str, ...]) -> None:
    packed = archive().read_bytes()
    Path("cut").write_bytes(packed[: len(packed) * 2 // 3])
    result = invoke("extract", "cut", "-o", "out", *more, code=1)
    assert "up to a/first; what comes behind is missing" in result.stderr.replace(
        "a/second", "a/first"
    )
    found = read_tree(Path("out"))
    assert "a/first" in found and "b" not in found
    assert all(TREE[name] == content for name, content in found.items())


def test_a_damaged_archive(invoke: Invoke) -> None:
    packed = bytearray(archive().read_bytes())
    third = places()["a/third"]
    with Path("x.tar.lmp").open("rb") as file:
        (container,) = lmpack.describe(file)
    hurt = container.blocks[third.offset_data // BLOCK + 3]
    packed[hurt.offset + hurt.payload_length // 2 + 8] ^= 1
    Path("hurt").write_bytes(packed)
    result = invoke("extract", "hurt", "-o", "out", code=1)
    assert "complete is 3 members, up to a/second; what comes behind is missing" in result.stderr
    assert read_tree(Path("out")).keys() == {"a/first", "a/second"}
    result = invoke("extract", "hurt", "a", "b", "-o", "some", code=1)
    assert result.stderr.startswith("lmpack: a/third: block")
    assert read_tree(Path("some")).keys() == {"a/first", "a/second", "b"}


@pytest.mark.parametrize("how", ["no end", "cut header", "cut content", "bad header", "backwards"])
@pytest.mark.parametrize("listing", [False, True])
def test_a_bad_archive_in_a_whole_file(invoke: Invoke, how: str, listing: bool) -> None:
    tar = bytearray(tar_bytes([member("one", b"1" * 700), member("two", b"2" * 700)]))
    second = 512 * 3
    if how == "bad header":
        tar[second + 3] ^= 1
    elif how == "backwards":
        tar[second + 124 : second + 136] = b"\xff" * 10 + b"\xf0\x00"
        total = sum(tar[second : second + 148]) + sum(tar[second + 156 : second + 512]) + 8 * 32
        tar[second + 148 : second + 156] = b"%06o\0 " % total
    else:
        end = {"no end": second, "cut header": second + 99, "cut content": second + 700}
        del tar[end[how] :]
    Path("x").write_bytes(lmpack.compress(bytes(tar), level=1))
    options = ("-l",) if listing else ("-o", "out")
    result = invoke("extract", "x", *options, code=1)
    assert result.stderr.startswith("lmpack: x: ") and len(result.stderr.splitlines()) == 1
    if not listing:
        assert read_tree(Path("out")) == {"one": b"1" * 700}


@pytest.mark.parametrize("content", [b"", b"no archive", b"x" * 600, bytes(512)])
@pytest.mark.parametrize("more", [(), ("-l",)])
def test_no_archive(invoke: Invoke, content: bytes, more: tuple[str, ...]) -> None:
    Path("x").write_bytes(lmpack.compress(content, level=1))
    is_empty = content == bytes(512)
    result = invoke("extract", "x", *more, code=0 if is_empty else 1)
    assert is_empty or "x: it holds no tar archive: use lmpack decompress" in result.stderr
    Path("x").write_bytes(content)
    assert "lmpack" in invoke("extract", "x", *more, code=1).stderr
    assert os.listdir() == ["x"]


def test_limits(invoke: Invoke) -> None:
    archive()
    result = invoke("extract", "x.tar.lmp", "--max-size", "5000", code=1)
    assert "max" in result.stderr and read_tree(Path()).keys() <= {"x.tar.lmp", "a/first"}
    assert "max" in invoke("extract", "-l", "x.tar.lmp", "--max-size", "5000", code=1).stderr
    sparse = tarfile.TarInfo("sparse")
    sparse.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": str(1 << 50),
    }
    sparse.size = 512
    pack(Path("x"), [(sparse, b"0\n".ljust(512, b"\0"))])
    result = invoke("extract", "x", "-o", "out", "--max-size", "1M", code=1)
    assert f"{1 << 50:,} bytes, more than the option --max-size allows" in result.stderr
    assert os.listdir("out") == []


def test_something_behind_the_end(invoke: Invoke) -> None:
    first, second = tar_bytes([member("one", b"1")]), tar_bytes([member("two", b"2")])
    Path("x").write_bytes(lmpack.compress(first, level=1) + lmpack.compress(second, level=1))
    result = invoke("extract", "x", "-o", "out", code=2)
    assert "warning: something comes behind the end" in result.stderr
    assert read_tree(Path("out")) == {"one": b"1"}


def mutants(tar: bytes) -> Iterator[bytes]:
    chance = random.Random(7)
    headers = [
        start for start in range(0, len(tar), 512) if tar[start + 257 : start + 262] == b"ustar"
    ]
    for _ in range(25):
        mutant = bytearray(tar)
        start = chance.choice(headers)
        for _ in range(chance.randrange(1, 4)):
            place = start + chance.choice((0, 100, 124, 136, 156, 157, 345)) + chance.randrange(8)
            mutant[place] = chance.choice(b"0712345xgLKS/.\xff\x80\0")
        total = sum(mutant[start : start + 148]) + sum(mutant[start + 156 : start + 512]) + 256
        mutant[start + 148 : start + 156] = b"%06o\0 " % total
        yield bytes(mutant)


def test_mutated_headers_end_in_an_error_or_in_files(invoke: Invoke) -> None:
    tar = tar_bytes(
        [member("d", **FOLDER), member("d/" + "n" * 120, b"1" * 700), member("l", **LINK)]
    )
    for number, mutant in enumerate(mutants(tar)):
        packed = lmpack.compress(mutant, level=1)
        result = CliRunner().invoke(
            main, ["extract", "-", "-o", f"out{number}", "--max-size", "1M"], input=packed
        )
        assert result.exit_code in (0, 1, 2)
        assert "bug in lmpack" not in result.output, (number, result.output)
    assert os.listdir("..") == ["here"]


def test_a_python_without_filters_unpacks_nothing(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive()
    monkeypatch.delattr(tarfile, "data_filter")
    assert "3.11.4" in invoke("extract", "x.tar.lmp", "-o", "out", code=1).stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE]
)
@pytest.mark.parametrize("option", [["-l"], []])
def test_a_name_of_megabytes_is_not_read(invoke: Invoke, kind: bytes, option: list[str]) -> None:
    info = tarfile.TarInfo("long")
    info.type, info.size = kind, 1 << 30
    Path("x.tar.lmp").write_bytes(lmpack.compress(info.tobuf() + bytes(1024), level=1))
    result = invoke("extract", *option, "x.tar.lmp", code=1)
    assert "name or attributes take 1,073,741,824 bytes" in result.stderr


@pytest.mark.parametrize("size", [(1 << 63) - 512, 1 << 63, 10**20])
def test_a_member_longer_than_any_file(invoke: Invoke, size: int) -> None:
    info = tarfile.TarInfo("long")
    info.size = size
    Path("x.tar.lmp").write_bytes(
        lmpack.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024), level=1)
    )
    result = invoke("extract", "-l", "x.tar.lmp", code=1)
    assert "leads backwards, or behind any end" in result.stderr


def test_a_deep_path_is_no_end_of_the_archive(invoke: Invoke) -> None:
    deep = "a/" * 400 + "f"
    members = (member("first", b"1"), member(deep, b"2"), member("last", b"3"))
    archive = str(pack(Path("x.tar.lmp"), members))
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 250)  # what removes the folders is recursive, too
    try:
        invoke("extract", archive)
    finally:
        sys.setrecursionlimit(before)
    assert Path("last").read_bytes() == b"3"
    assert Path(deep).read_bytes() == b"2"


@pytest.mark.parametrize(
    ("recorded", "restored"), [(0o700, 0o700), (0o755, 0o755), (0o777, 0o755), (0o555, 0o755)]
)
def test_private_folders_stay_private(invoke: Invoke, recorded: int, restored: int) -> None:
    members = (member("d", type=tarfile.DIRTYPE, mode=recorded), member("d/key", b"secret"))
    invoke("extract", str(pack(Path("x.tar.lmp"), members)))
    assert Path("d").stat().st_mode & 0o777 == restored
    assert Path("d/key").read_bytes() == b"secret"
