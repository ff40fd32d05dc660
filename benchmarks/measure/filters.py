"""What each filter brings on files of its kind, and whether it is the one that is chosen.

    scripts/bench filters

Programs and libraries are those of this machine; pictures and numbers are made of what the
packages on it have. Files that are not there are left out. Sizes are those of payloads of one
block, mixed by the light predictor without a model.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import require_shared, start_of
from benchmarks.record import environment, timed, write_result
from lmpack._blocks.codec import encode_with_mixing
from lmpack._blocks.coding import Coding, no_progress
from lmpack._container import BlockKind
from lmpack._extras import import_extra
from lmpack._native import likely_stride

LIMIT = 1 << 18

LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")
ARM64 = Path("/usr/aarch64-linux-gnu/lib")

PROGRAMS = {
    "bash, 64 bits": Path("/usr/bin/bash"),
    "git, 64 bits": Path("/usr/bin/git"),
    "libcrypto.so.3, 64 bits": LIBRARIES / "libcrypto.so.3",
    "libstdc++.so.6, 64 bits": LIBRARIES / "libstdc++.so.6",
    "libm.so.6, ARM64": ARM64 / "libm.so.6",
    "libc.so.6, ARM64": ARM64 / "libc.so.6",
}
"""A file, of which the middle is taken."""


def middle_of(path: Path) -> bytes:
    data = path.read_bytes()
    # From a page on, as position-dependent code expects it.
    start = max(0, (len(data) - LIMIT) // 2) // 4096 * 4096
    return data[start : start + LIMIT]


def programs() -> Iterator[tuple[str, bytes]]:
    """Machine code."""
    for name, path in PROGRAMS.items():
        if path.exists():
            yield name, middle_of(path)
    for name in ("w32.exe", "w64.exe", "w64-arm.exe"):
        vendored = import_extra("pip._vendor.distlib", "pip").__path__[0]
        yield f"{name} of pip", (Path(vendored) / name).read_bytes()[:LIMIT]


def recordings() -> Iterator[tuple[str, bytes]]:
    """Sound of several kinds, all made of one recording."""
    flac = min((require_shared() / "audio" / "flac").glob("*.flac"))
    sound, _ = import_extra("soundfile", "soundfile").read(flac, dtype="int16")
    yield "sound, 16 bits", sound.astype("<i2").tobytes()[:LIMIT]
    yield "sound, 16 bits, big-endian", sound.astype(">i2").tobytes()[:LIMIT]
    yield "sound, 8 bits", ((sound >> 8) + 128).astype(np.uint8).tobytes()[:LIMIT]
    # Twice the rate, with the noise of a microphone below the 16 bits.
    fine = np.interp(np.arange(2 * len(sound)) / 2, np.arange(len(sound)), 256.0 * sound)
    fine += np.random.default_rng(1).normal(0, 300, len(fine))
    words = np.clip(fine, -(2**23), 2**23 - 1).astype("<i4").view(np.uint8).reshape(-1, 4)
    yield "sound, 24 bits", words[:, :3].tobytes()[:LIMIT]


def pictures() -> Iterator[tuple[str, bytes]]:
    """Raw pixels, and heights of mountains."""
    pyplot_data = Path(import_extra("matplotlib", "matplotlib").get_data_path()) / "sample_data"
    photo = import_extra("PIL.Image", "pillow").open(pyplot_data / "grace_hopper.jpg")
    yield "photo, RGB", photo.convert("RGB").tobytes()[:LIMIT]
    yield "photo, grey", photo.convert("L").tobytes()[:LIMIT]
    yield "patches of photos, grey", start_of("image/imagenet_patches_shared.bin.xz", LIMIT)
    heights = np.load(pyplot_data / "jacksboro_fault_dem.npz")["elevation"]
    yield "heights, 16 bits", heights.astype("<i2").tobytes()[:LIMIT]


def numbers() -> Iterator[tuple[str, bytes]]:
    """Arrays, and the files of the corpora that hold records."""
    random = np.random.default_rng(1)
    yield "counters, int32", np.cumsum(random.poisson(50, 60_000)).astype("<i4").tobytes()
    start = np.array([48.0, 11.0, 500.0])
    track = start + np.cumsum(random.normal(0, 0.001, (10_000, 3)), axis=0)
    yield "a track, three float64", track.astype("<f8").tobytes()
    for name in ("calgary/geo", "calgary/obj2", "calgary/pic", "canterbury/kennedy.xls"):
        yield name.split("/")[1], start_of(name, LIMIT)
    yield "prose", start_of("text/novels_en.valid.xz", LIMIT)


KINDS: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "code": programs,
    "sound": recordings,
    "pictures": pictures,
    "numbers and others": numbers,
}


def measure(data: bytes) -> dict[str, Any]:
    """Sizes without a filter and as the encoder chooses, and the time of the filter."""
    chosen, payload = encode_with_mixing(None, data, 1, no_progress)
    if chosen.decode(None, payload, len(data), no_progress) != data:
        raise RuntimeError("the round trip failed")
    strides = {0, likely_stride(data)}
    plain = min(_size(Coding(BlockKind.ADAPTIVE, 0, stride), data) for stride in strides)
    row = {
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "xz": len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
        "plain": plain,
        "filter": "" if chosen.filter is None else str(chosen.filter),
        "filtered": _size(chosen, data),
    }
    if chosen.filter is not None:
        _, seconds = timed(chosen.filter.apply, data, lambda done: None)
        row["us_per_byte"] = 1e6 * seconds["cpu"] / len(data)
    return row


def _size(way: Coding, data: bytes) -> int:
    """Bytes of a payload without copies."""
    return len(way.encode(None, data, no_progress))


def main() -> int:
    result: dict[str, Any] = {"environment": environment(), "limit": LIMIT, "rows": []}
    for kind, files in KINDS.items():
        for name, data in files():
            result["rows"].append({"kind": kind, "name": name, **measure(data)})
            write_result("filters", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
