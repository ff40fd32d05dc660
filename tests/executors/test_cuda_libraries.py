"""How the CUDA libraries are found, and how an update of one of them is noticed."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

from lmpack._executors import cuda_libraries, hardware
from lmpack._executors.cuda import CudaExecutor
from lmpack._executors.cuda_libraries import PROVIDER, cuda_provider, load_cuda_libraries
from lmpack._executors.intervals import INTERVALS
from lmpack._executors.proofs import proof_key
from lmpack._executors.provider import Provider
from lmpack._models.bundle import Graph, load_byte_model
from lmpack.errors import UsageError


class Preloaded:
    """Stands in for ONNX Runtime's preload_dlls: the libraries are in one folder."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.tried: list[str | None] = []

    def __call__(self, directory: str | None) -> None:
        self.tried.append(directory)
        if directory is None or directory != str(self.folder):
            print("Failed to load libcublasLt.so.13")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the module search path with NVIDIA's packages, and no other such folder."""
    for name in ("cudnn", "cu13"):
        (tmp_path / "nvidia" / name / "lib").mkdir(parents=True)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    return tmp_path / "nvidia"


def test_folders_of_the_search_path_are_tried(
    site: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    preloaded = Preloaded(site / "cudnn" / "lib")
    monkeypatch.setattr(onnxruntime, "preload_dlls", preloaded)
    assert load_cuda_libraries() == ""
    assert preloaded.tried == [None, str(site / "cu13" / "lib"), str(site / "cudnn" / "lib")]
    assert capfd.readouterr().out == ""  # where compressed data may go


def test_missing_libraries_are_said(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "preload_dlls", Preloaded(None))
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [PROVIDER])
    with pytest.raises(UsageError, match=r"no CUDA libraries \(Failed to load libcublasLt"):
        cuda_provider()


def test_a_session_that_fell_back_to_the_cpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime only warns where a provider cannot be started."""
    monkeypatch.setattr(onnxruntime.InferenceSession, "get_providers", lambda session: ["another"])
    graph = Graph(INTERVALS, INTERVALS.read_bytes(), {})
    with pytest.raises(UsageError, match="would use the CPU"):
        Provider("CPUExecutionProvider", "cpu").session(graph)


def test_an_update_of_a_library_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "libcublas.so.13"
    library.write_bytes(b"one")
    memory_map = tmp_path / "maps"
    memory_map.write_text(f"7f00-7f01 r-xp 00000000 00:00 1  {library}\n7f02-7f03 rw-p 0 0 0\n")
    monkeypatch.setattr(hardware, "_MEMORY_MAP", memory_map)
    bundle = load_byte_model("tiny")
    provider = Provider("CPUExecutionProvider", "cpu", hardware=cuda_libraries._hardware)
    executor = CudaExecutor(bundle, provider, lanes=1, batches=1)
    before = executor.version, proof_key(bundle, executor)
    assert "libcublas.so.13:3:" in executor.version
    library.write_bytes(b"another")
    executor = CudaExecutor(bundle, provider, lanes=1, batches=1)
    assert executor.version != before[0]
    assert proof_key(bundle, executor) != before[1]
