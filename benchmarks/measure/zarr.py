"""Arrays written and read by zarr, with lmpack beside Blosc and zstd: bytes and seconds.

    scripts/bench zarr

It needs zarr 3 (pip install 'lmpack[zarr]'). The arrays are those of three files of
benchmarks/kinds, one chunk each, in a store in memory. The codecs take turns, each with one thread,
and the fastest of two turns counts, in seconds of wall and of CPU. What is read is compared with
what was written. Sizes are those of the chunks; zarr's metadata come on top with any codec.
"""

from __future__ import annotations

import io
import re
import sys
from typing import Any, Literal, NamedTuple

import numcodecs
import numcodecs.blosc
import numpy as np
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.registry import register_codec
from zarr.storage import MemoryStore

from benchmarks.kinds.build import built
from benchmarks.kinds.files import FILES
from benchmarks.record import environment, timed, write_result
from lmpack.integrations.numcodecs import Lmpack
from lmpack.integrations.zarr import NAME, LmpackCodec

TURNS = 2
WAYS = ("in", "out")

AnyArray = np.ndarray[Any, np.dtype[Any]]
Form = Literal[2, 3]
FORMS: tuple[Form, ...] = (2, 3)
"""The versions of zarr's format."""


class _Source(NamedTuple):
    """An array of a file: behind a head of .npy, or else bytes of this shape."""

    name: str
    shape: tuple[int, int] | None = None


SOURCES = (
    _Source("array-disparity.npy"),
    _Source("picture16-heights.npy"),
    _Source("grey-camera.raw", (512, 512)),
)

CODECS = (
    "zstd 3",
    "zstd 19",
    "Blosc-zstd 5, shuffle",
    "Blosc-zstd 9, shuffle",
    "lmpack, level 1",
    "lmpack, level 6",
)


def codec(name: str, form: Form) -> Any:
    """A codec for zarr's format 2 or 3."""
    level = int(re.findall("[0-9]+", name)[0])
    if name.startswith("zstd"):
        return numcodecs.Zstd(level=level) if form == 2 else ZstdCodec(level=level)
    if name.startswith("Blosc"):
        if form == 2:
            return numcodecs.Blosc("zstd", level, numcodecs.Blosc.SHUFFLE)
        return BloscCodec(cname="zstd", clevel=level, shuffle="shuffle")
    return Lmpack(level) if form == 2 else LmpackCodec(level=level)


def array_of(source: _Source) -> AnyArray:
    """The array of a file. A file may be cut: whole rows of it are taken."""
    (file,) = [file for file in FILES if file.name == source.name]
    content = built(file)
    if source.shape is not None:
        return np.frombuffer(content, "u1").reshape(source.shape)
    stream = io.BytesIO(content)
    np.lib.format.read_magic(stream)
    (_, width), _, dtype = np.lib.format.read_array_header_1_0(stream)
    rest = stream.read()
    values = np.frombuffer(rest[: len(rest) // dtype.itemsize * dtype.itemsize], dtype)
    return values[: len(values) // width * width].reshape(-1, width)


def write(values: AnyArray, compressor: Any, form: Form) -> MemoryStore:
    """A store with the array."""
    store = MemoryStore()
    array = zarr.create_array(
        store,
        shape=values.shape,
        chunks=values.shape,
        dtype=values.dtype,
        compressors=compressor,
        zarr_format=form,
    )
    array[:] = values
    return store


def read(store: MemoryStore) -> AnyArray:
    """The array in a store."""
    return np.asarray(zarr.open_array(store, mode="r")[:])


def measure(values: AnyArray, name: str, form: Form) -> dict[str, Any]:
    """One turn: bytes of the chunks, and the seconds of writing and reading."""
    store, written = timed(write, values, codec(name, form), form)
    found, taken = timed(read, store)
    if found.dtype != values.dtype or not np.array_equal(found, values, equal_nan=True):
        raise RuntimeError(f"{name} gave another array")
    chunks = {
        key: len(value.to_bytes())
        for key, value in store._store_dict.items()
        if not key.rpartition("/")[2].startswith((".z", "zarr.json"))
    }
    assert len(chunks) == 1, chunks
    return {"bytes": sum(chunks.values()), "in": written, "out": taken}


def main() -> int:
    numcodecs.blosc.set_nthreads(1)
    numcodecs.register_codec(Lmpack)  # a checkout that is not installed has no entry points
    register_codec(NAME, LmpackCodec)
    for name in CODECS:
        for form in FORMS:
            measure(np.ones((64, 64), "i2"), name, form)  # loads models and libraries
    rows = []
    for source in SOURCES:
        values = array_of(source)
        about = {"file": source.name, "dtype": str(values.dtype), "shape": list(values.shape)}
        for form in FORMS:
            turns = [{name: measure(values, name, form) for name in CODECS} for _ in range(TURNS)]
            for name in CODECS:
                (size,) = {turn[name]["bytes"] for turn in turns}
                fastest = {
                    clock: [round(min(t[name][way][clock] for t in turns), 5) for way in WAYS]
                    for clock in ("wall", "cpu")
                }
                rows.append({**about, "format": form, "codec": name, "bytes": size, **fastest})
                print(rows[-1], flush=True)
    result = {"environment": environment("zarr", "numcodecs"), "turns": TURNS, "rows": rows}
    write_result("zarr", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
