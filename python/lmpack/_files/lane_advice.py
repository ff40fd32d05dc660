"""What is said where a GPU was asked for by name and has too few lanes to be worth it.

The bytes of a file never depend on the device, so blocks are not made smaller for it unasked.
"""

from __future__ import annotations

import warnings

from lmpack._executors.devices import GPU_DEVICES, LANES_WORTH_A_GPU

SMALL_BLOCK = 1 << 18
"""Bytes of blocks that are advised: smaller ones hardly have more lanes, and cost more room."""


def advise_to_encode(device: str, lanes: int, lanes_of_small_blocks: int) -> None:
    """Warn if the blocks will be too few lanes to be decoded on a GPU, and smaller ones were not.

    Few lanes are enough to encode.

    Args:
        device: that was asked for.
        lanes: that are encoded at the same time, and later decoded.
        lanes_of_small_blocks: the same with blocks of SMALL_BLOCK bytes.
    """
    if device in GPU_DEVICES and lanes < LANES_WORTH_A_GPU <= lanes_of_small_blocks:
        warnings.warn(
            f"blocks of this size give a GPU that decodes them about {lanes:,} lanes at the same "
            f"time, and it is faster than a CPU with {LANES_WORTH_A_GPU} or more: a block size of "
            f"{SMALL_BLOCK >> 10} KiB gives {lanes_of_small_blocks:,}",
            stacklevel=2,
        )


def advise_to_decode(device: str, lanes: int) -> None:
    """Warn if a CPU is faster.

    Args:
        device: that was asked for.
        lanes: that are decoded at the same time.
    """
    if device in GPU_DEVICES and 0 < lanes < LANES_WORTH_A_GPU:
        warnings.warn(
            f"a GPU is faster than a CPU with {LANES_WORTH_A_GPU} lanes at the same time or more, "
            f"and these files have about {lanes:,}: choose the device cpu, or give more files",
            stacklevel=2,
        )
