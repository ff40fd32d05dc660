"""Who owns a folder that is gone through may change it meanwhile, but lead nobody out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from interrupting import background
from trees import errors, read_tree, text, write_tree

import lmpack
from lmpack import FileResult
from lmpack._blocks.coders import Encoder
from lmpack._container import Block
from lmpack._files.disk import system
from lmpack._files.lanes import lanes_of_containers
from lmpack._files.names import plain_name
from lmpack._files.plan import plan_files

pytestmark = [
    pytest.mark.usefixtures("fake_models", "small_blocks"),
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names"),
]

LEFTOVER = ".lmpack-0011223344556677.tmp"
SECRET = text(300, 1)


@pytest.fixture(params=["descriptors", "paths"])
def system_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a system that has no descriptors of folders."""
    if request.param == "paths":
        monkeypatch.setattr(system, "HAS_FOLDER_DESCRIPTORS", False)


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A folder of somebody else, which nobody named."""
    secret = lmpack.compress(SECRET)
    return write_tree(
        tmp_path / "etc",
        {"passwd": SECRET, "packed.lmp": secret, LEFTOVER: b"of a process that is gone"},
    )


@pytest.fixture
def user(tmp_path: Path) -> Path:
    mine = lmpack.compress(b"mine")
    names = {"first": b"1", "first.lmp": mine, "sub/passwd": b"mine", "sub/packed.lmp": mine}
    return write_tree(tmp_path / "user", names)


def put_link(place: Path, target: Path) -> None:
    if place.exists():
        place.rename(place.with_name("aside"))
    place.symlink_to(target)


Call = Callable[..., Iterator[FileResult]]
CALLS = [pytest.param(lmpack.compress_files, "passwd", id="compress")]
CALLS += [pytest.param(lmpack.decompress_files, "packed.lmp", id="decompress")]
AS_TREE = [pytest.param(False, id="beside"), pytest.param(True, id="tree")]


def run(call: Call, user: Path, as_tree: bool, **options: Any) -> Iterator[FileResult]:
    out = user.parent / "out" if as_tree else None
    return call([user], out, recursive=True, memory=1, threads=1, **options)


@pytest.mark.usefixtures("system_kind")
@pytest.mark.parametrize(("call", "name"), CALLS)
@pytest.mark.parametrize("as_tree", AS_TREE)
@pytest.mark.parametrize("remove", [False, True])
def test_a_link_in_the_place_of_a_folder_is_not_followed(
    user: Path, etc: Path, call: Call, name: str, as_tree: bool, remove: bool
) -> None:
    before = read_tree(etc)
    results = run(call, user, as_tree, remove=remove, force=remove)
    put_link(user / "sub", etc)
    failed = errors(list(results))
    assert "no link is followed" in failed[name]
    assert read_tree(etc) == before
    out = user.parent / "out" / "sub"
    assert not out.exists() or not read_tree(out)
    assert (user / "aside" / name).exists()


@pytest.mark.usefixtures("system_kind")
@pytest.mark.parametrize(("call", "name"), CALLS)
@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("make_other", [os.mkfifo, lambda place: os.symlink("../../etc", place)])
def test_what_is_in_the_place_of_a_file_is_left_alone(
    user: Path,
    etc: Path,
    call: Call,
    name: str,
    remove: bool,
    make_other: Callable[[Path], None],
) -> None:
    results = run(call, user, False, remove=remove)
    (user / "sub" / name).unlink()
    make_other(user / "sub" / name)
    failed = errors(background(lambda: list(results)).result(timeout=30))
    assert failed[name] == "it was replaced while the batch ran: it is left alone"
    assert os.path.lexists(user / "sub" / name)


@pytest.mark.parametrize("as_tree", AS_TREE)
@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("coded", [1, 2, 3])
def test_a_swap_while_a_block_is_coded(
    user: Path,
    etc: Path,
    monkeypatch: pytest.MonkeyPatch,
    as_tree: bool,
    remove: bool,
    coded: int,
) -> None:
    (user / "first.lmp").unlink()
    (user / "sub" / "then").write_bytes(b"after it")
    (etc / "then").write_bytes(b"also there")
    before = read_tree(etc)
    encode = Encoder.encode
    count = 0

    def swapping(encoder: Encoder, plain: bytes, share_done: Any = None) -> Block:
        nonlocal count
        count += 1
        if count == coded:
            put_link(user / "sub", etc)
        return encode(encoder, plain, share_done)

    monkeypatch.setattr(Encoder, "encode", swapping)
    results = list(run(lmpack.compress_files, user, as_tree, remove=remove, verify=False))
    assert (user / "sub").is_symlink()
    # One that was read before may have its output open, too, and needs the folder no more.
    assert errors(results) or (coded > 1 and not remove)
    assert read_tree(etc) == before
    assert (user / "aside" / "then").exists()


@pytest.mark.usefixtures("system_kind")
@pytest.mark.parametrize(("call", "name"), CALLS)
@pytest.mark.parametrize("force", [False, True])
def test_a_link_in_the_tree_of_outputs_is_not_followed(
    user: Path, etc: Path, call: Call, name: str, force: bool
) -> None:
    out = user.parent / "out"
    out.mkdir()
    put_link(out / "sub", etc)
    before = read_tree(etc)
    failed = errors(list(run(call, user, True, remove=True, force=force)))
    assert "no link is followed" in failed[name]
    assert read_tree(etc) == before
    assert (user / "sub" / name).exists()


@pytest.mark.usefixtures("system_kind")
@pytest.mark.parametrize("side", ["user", "out"])
@pytest.mark.parametrize(("call", "name"), CALLS)
def test_a_batch_that_goes_on_compares_nothing_behind_a_link(
    user: Path, etc: Path, side: str, call: Call, name: str
) -> None:
    out = user.parent / "out"
    secret = {"passwd": SECRET, "passwd.lmp": (etc / "packed.lmp").read_bytes()}
    secret |= {"packed": SECRET}
    mine = {"passwd": b"mine", "passwd.lmp": lmpack.compress(b"mine"), "packed": b"mine"}
    write_tree(etc, mine if side == "out" else secret)
    write_tree(out / "sub", {n: secret[n] for n in ("passwd.lmp", "packed")})
    results = run(call, user, True, resume=True)
    put_link(user.parent / side / "sub", etc)
    assert name in errors(list(results))


def test_how_many_lanes_there_are_waits_for_no_pipe(user: Path) -> None:
    for name in ("first.lmp", "sub/packed.lmp"):
        planned = plan_files([(user / name).parent], None, True, plain_name)
        (user / name).unlink()
        os.mkfifo(user / name)
        assert background(lambda p=planned: lanes_of_containers(p, 1)).result(timeout=30) >= 0  # type: ignore[misc]


@pytest.mark.usefixtures("system_kind")
def test_links_to_what_is_named_are_followed(user: Path, tmp_path: Path) -> None:
    (user / "first.lmp").unlink()
    (tmp_path / "link").symlink_to(user)
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    for output in (None, tmp_path / "out", tmp_path / "out" / "deep" / "er"):
        named = lmpack.compress_files([tmp_path / "link"], output, recursive=True)
        assert not errors(list(named))
    assert (user / "sub" / "passwd.lmp").exists()
    assert (tmp_path / "real" / "sub" / "passwd.lmp").exists()
    assert (tmp_path / "real" / "deep" / "er" / "sub" / "passwd.lmp").exists()
    (result,) = lmpack.compress_files([tmp_path / "link" / "first"], force=True)
    assert result.error is None
