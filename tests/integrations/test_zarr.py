"""Arrays of zarr whose chunks lmpack packs."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lmpack

zarr = pytest.importorskip("zarr", "3", reason="zarr 3 is missing: lmpack[zarr] has it")
import lmpack.integrations.zarr as integration  # noqa: E402
from lmpack.integrations.numcodecs import Lmpack  # noqa: E402
from lmpack.integrations.zarr import LmpackCodec  # noqa: E402

pytestmark = pytest.mark.libraries

VALUES = (np.arange(64 * 48) // 5 % 90).astype(np.int16).reshape(64, 48)


@pytest.fixture(autouse=True)
def registered() -> None:
    """Where lmpack is installed, its entry points do that."""
    import numcodecs

    numcodecs.register_codec(Lmpack)
    zarr.registry.register_codec("lmpack", LmpackCodec)


def create(path: Path, **keywords: Any) -> Any:
    """An array with VALUES in chunks of 2 KiB."""
    codec = Lmpack(1) if keywords.get("zarr_format") == 2 else LmpackCodec(level=1)
    array = zarr.create_array(
        path,
        shape=VALUES.shape,
        chunks=(32, 24),
        dtype=VALUES.dtype,
        compressors=[codec],
        **keywords,
    )
    array[:] = VALUES
    return array


@pytest.mark.parametrize(
    "keywords",
    [
        {"zarr_format": 2},
        {"zarr_format": 2, "order": "F"},
        {"zarr_format": 3},
        {"zarr_format": 3, "shards": (64, 48)},
    ],
    ids=["2", "2 by columns", "3", "3 in a shard"],
)
def test_arrays_come_back(tmp_path: Path, keywords: dict[str, Any]) -> None:
    create(tmp_path / "array", **keywords)
    array = zarr.open_array(tmp_path / "array", mode="r")
    np.testing.assert_array_equal(array[:], VALUES)
    np.testing.assert_array_equal(array[30:40, 20:30], VALUES[30:40, 20:30])


def test_chunks_are_containers(tmp_path: Path) -> None:
    create(tmp_path / "2", zarr_format=2)
    create(tmp_path / "3", zarr_format=3)
    first = VALUES[:32, :24].tobytes()
    assert lmpack.decompress((tmp_path / "2" / "0.0").read_bytes()) == first
    assert lmpack.decompress((tmp_path / "3" / "c" / "0" / "0").read_bytes()) == first


def test_the_configuration_is_that_of_the_array(tmp_path: Path) -> None:
    create(tmp_path / "2", zarr_format=2)
    create(tmp_path / "3", zarr_format=3)
    assert zarr.open_array(tmp_path / "2").compressors == (Lmpack(1),)
    assert zarr.open_array(tmp_path / "3").compressors == (LmpackCodec(level=1),)
    metadata = json.loads((tmp_path / "3" / "zarr.json").read_text())
    named = {"name": "lmpack", "configuration": {"level": 1, "mixing": True}}
    assert named in metadata["codecs"]


def test_an_array_can_be_written_on_after_it_was_opened_again(tmp_path: Path) -> None:
    create(tmp_path / "array")
    array = zarr.open_array(tmp_path / "array", mode="r+")
    array[3, 5] = -7
    assert zarr.open_array(tmp_path / "array")[3, 5] == -7
    assert zarr.open_array(tmp_path / "array")[3, 6] == VALUES[3, 6]


@pytest.mark.parametrize(
    "codec",
    [LmpackCodec(), LmpackCodec(level=3, mixing=False), LmpackCodec(model=("base", "small"))],
)
def test_metadata_make_the_same_codec(codec: LmpackCodec) -> None:
    again = LmpackCodec.from_dict(json.loads(json.dumps(codec.to_dict())))
    assert again == codec and hash(again) == hash(codec)
    assert codec != LmpackCodec(level=5)


def test_wrong_metadata_say_what_is_right() -> None:
    assert LmpackCodec.from_dict({"name": "lmpack"}) == LmpackCodec()
    with pytest.raises(lmpack.UsageError, match="'zstd', not of 'lmpack'"):
        LmpackCodec.from_dict({"name": "zstd"})
    with pytest.raises(lmpack.UsageError, match="no option lanes"):
        LmpackCodec.from_dict({"name": "lmpack", "configuration": {"lanes": 1}})


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_damaged_chunk_is_an_error(tmp_path: Path, zarr_format: int) -> None:
    create(tmp_path / "array", zarr_format=zarr_format)
    chunk = tmp_path / "array" / ("0.1" if zarr_format == 2 else "c/0/1")
    content = bytearray(chunk.read_bytes())
    content[40] ^= 4
    chunk.write_bytes(content)
    array = zarr.open_array(tmp_path / "array")
    np.testing.assert_array_equal(array[:, :24], VALUES[:, :24])
    with pytest.raises(lmpack.DamagedError, match="block"):
        array[:]
    chunk.write_bytes(content[:50])
    with pytest.raises(lmpack.TruncatedError):
        array[:]


def test_chunks_are_coded_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create(tmp_path / "array")
    together = threading.Barrier(2)

    def decompress(data: Any, **keywords: Any) -> bytes:
        together.wait(timeout=20)  # two are here, or it fails
        assert threading.current_thread() is not threading.main_thread()
        return lmpack.decompress(data, **keywords)

    monkeypatch.setattr(integration, "decompress", decompress)
    with zarr.config.set({"threading.max_workers": 4, "async.concurrency": 4}):
        np.testing.assert_array_equal(zarr.open_array(tmp_path / "array")[:], VALUES)
