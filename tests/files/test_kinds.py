"""What paths lead to, and that streams are read and written where they are, never replaced."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from fake_models import FakeModels

import lmpack
from lmpack._files.kinds import Descriptor, Kind, descriptor_of, kind_of, kind_of_status

WORDS = b"what the model finds probable\n" * 40

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs special files of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the test, with one of each kind in it."""
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_bytes(WORDS)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("null").symlink_to(os.devnull)
    Path("out").symlink_to("/dev/stdout")
    Path("out2").symlink_to("out")
    Path("link").symlink_to("words.txt")
    Path("astray").symlink_to("nowhere")
    Path("round").symlink_to("round")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("words.txt", Kind.REGULAR),
        ("link", Kind.REGULAR),
        ("folder", Kind.FOLDER),
        ("folder/", Kind.FOLDER),
        (".", Kind.FOLDER),
        ("pipe", Kind.PIPE),
        ("null", Kind.DEVICE),
        (os.devnull, Kind.DEVICE),
        ("/dev/stdout", Kind.DESCRIPTOR),
        ("/dev/fd/0", Kind.DESCRIPTOR),
        ("/dev/fd/98765", Kind.DESCRIPTOR),
        ("out", Kind.DESCRIPTOR),
        ("out2", Kind.DESCRIPTOR),
        ("./folder/../out2", Kind.DESCRIPTOR),
        ("nowhere", None),
        ("astray", None),
        ("round", None),
        ("words.txt/x", None),
        ("", None),
        ("\0", None),
    ],
)
def test_kinds(path: str, kind: Kind | None) -> None:
    assert kind_of(path) is kind
    assert kind_of(Path(path)) is kind or path == ""


def test_a_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert kind_of("socket") is Kind.SOCKET
        assert kind_of_status(os.fstat(server.fileno())) is Kind.SOCKET


def test_descriptors_of_other_processes_are_told_apart() -> None:
    assert descriptor_of("out2") == Descriptor(os.getpid(), 1)
    assert descriptor_of("link") is None
    if os.path.isdir("/proc/self/fd"):
        parent = descriptor_of(f"/proc/{os.getppid()}/fd/1")
        assert parent == Descriptor(os.getppid(), 1)
        assert not parent.is_own
        assert descriptor_of("/proc/self/fd/7") == Descriptor(os.getpid(), 7)
        assert descriptor_of(f"/proc/self/task/{os.getpid()}/fd/7") == Descriptor(os.getpid(), 7)


def test_streams_are_errors_of_a_batch_and_skipped_in_folders(fake_models: FakeModels) -> None:
    """Nobody writes into the pipe: to open it would be to wait for ever."""
    results = list(lmpack.compress_files(["pipe", os.devnull, "words.txt"], "packed"))
    assert [type(result.error) for result in results] == [lmpack.UsageError] * 2 + [type(None)]
    assert "it is a pipe, whose name says nothing of an output" in str(results[0].error)
    assert "it is a device" in str(results[1].error)
    os.mkfifo("folder/pipe")
    (result,) = lmpack.compress_files(["folder"], recursive=True)
    assert result.skipped == "it is a pipe"


@pytest.mark.parametrize("name", ["pipe", "null", "out"])
@pytest.mark.parametrize("force", [False, True])
def test_streams_are_never_replaced(fake_models: FakeModels, name: str, force: bool) -> None:
    before = os.lstat(name)
    (result,) = lmpack.compress_files(["words.txt"], output_file=name, force=force)
    assert isinstance(result.error, lmpack.UsageError)
    assert "which is not replaced: name another output" in str(result.error)
    assert os.path.samestat(os.lstat(name), before)
    assert not list(Path().glob(".lmpack-*"))


@pytest.mark.parametrize("name", ["pipe", "null"])
def test_what_needs_a_regular_file_does_not_wait_for_a_pipe(name: str) -> None:
    with pytest.raises(lmpack.UsageError, match=f"{name} is a .*: give a regular file"):
        lmpack.describe(name)


def test_too_little_memory_is_an_error_of_the_file(
    fake_models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr("lmpack._blocks.coders.Encoder.encode", no_memory)
    (result,) = lmpack.compress_files(["words.txt"])
    assert isinstance(result.error, OSError)
    assert isinstance(result.error.__cause__, MemoryError)
    assert sorted(Path().glob("*words*")) == [Path("words.txt")]
