"""The named shapes: those of the built-in models, and those of the paper."""

from __future__ import annotations

from collections.abc import Mapping

from lmpack._models.architecture import WORD, Architecture, ContextTable

PRESETS: Mapping[str, Architecture] = {
    "tiny": Architecture(
        vocabulary=256, width=128, heads=2, head_width=32, hidden=256, windows=(128, 512),
        tables=(
            ContextTable(2, 8192, 0, 64), ContextTable(3, 8192, 64, 64),
            ContextTable(4, 8192, 0, 64), ContextTable(6, 8192, 64, 64),
            ContextTable(WORD, 8192, 64, 64),
        ),
    ),
    "small": Architecture(
        vocabulary=256, width=192, heads=3, head_width=32, hidden=512, windows=(64, 512, 512),
        tables=(
            ContextTable(2, 8192, 0, 64), ContextTable(3, 16384, 64, 64),
            ContextTable(4, 16384, 128, 64), ContextTable(6, 8192, 0, 64),
            ContextTable(WORD, 8192, 64, 64),
        ),
    ),
    "base": Architecture(
        vocabulary=256, width=256, heads=4, head_width=32, hidden=768, windows=(64, 512) * 2,
        tables=(
            ContextTable(2, 8192, 0, 64), ContextTable(3, 16384, 64, 64),
            ContextTable(4, 32768, 128, 64), ContextTable(6, 16384, 192, 64),
            ContextTable(WORD, 16384, 0, 64),
        ),
    ),
    "large": Architecture(
        vocabulary=256, width=384, heads=6, head_width=32, hidden=1152, windows=(64, 512) * 3,
        tables=(
            ContextTable(2, 8192, 0, 64), ContextTable(3, 16384, 64, 64),
            ContextTable(4, 32768, 128, 64), ContextTable(6, 32768, 192, 64),
            ContextTable(WORD, 16384, 256, 64),
        ),
    ),
}  # fmt: skip
"""Shapes by name, at most 0.3, 1, 4 and 8 million products for one byte (docs/models.md).

No bundle of `large` is shipped: it is for training on a GPU.
"""

PAPER_PRESETS: Mapping[str, Architecture] = {
    "200k": Architecture(
        vocabulary=256, width=64, heads=4, head_width=32, hidden=224, windows=(512,) * 4
    ),
    "800k": Architecture(
        vocabulary=256, width=128, heads=4, head_width=32, hidden=608, windows=(512,) * 4
    ),
    "3200k": Architecture(
        vocabulary=256, width=256, heads=8, head_width=32, hidden=1248, windows=(512,) * 4
    ),
}
"""The paper's three sizes: 4 layers with 12 * width**2 weights each, and its numbers of heads.

Keys and values have one head here, so that the hidden layer is what is left of those weights. Four
windows of 512 make 2048 positions, the paper's context.
"""


def find_shape(name: str) -> Architecture:
    """The shape of a name.

    Raises:
        KeyError: there is none.
    """
    return {**PRESETS, **PAPER_PRESETS}[name]


def shape_names() -> list[str]:
    """The names that :func:`find_shape` knows."""
    return [*PRESETS, *PAPER_PRESETS]
