"""What the paper reports, to compare with what is measured.

Delétang et al., "Language Modeling Is Compression", ICLR 2024 (arXiv 2309.10668v2), Table 1.
"""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS = ("enwik9", "imagenet", "librispeech", "random")

PAPER_BYTES = 10**9
"""Size of each kind of its data."""

CHUNK = 2048
"""Bytes of the chunks that it cuts the data into."""

Rates = tuple[float, float, float, float]

WHOLE: Mapping[str, Rates] = {
    "gzip": (32.3, 70.7, 36.4, 100.0),
    "LZMA2": (23.0, 57.9, 29.9, 100.0),
    "PNG": (42.9, 58.5, 32.2, 100.0),
    "FLAC": (89.5, 61.9, 30.9, 107.8),
}
"""Raw rates in per cent, by the columns above, of all data as one piece."""

CHUNKED: Mapping[str, Rates] = {
    "gzip": (48.1, 68.6, 38.5, 100.1),
    "LZMA2": (50.0, 62.4, 38.2, 100.0),
    "PNG": (80.6, 61.7, 37.6, 103.2),
    "FLAC": (88.9, 60.9, 30.3, 107.2),
    "Transformer 200K": (30.9, 194.0, 146.6, 195.5),
    "Transformer 800K": (21.7, 185.1, 131.1, 200.1),
    "Transformer 3.2M": (17.0, 215.8, 228.2, 224.0),
    "Llama 2 7B": (8.9, 53.4, 23.1, 103.2),
    "Chinchilla 1B": (11.3, 62.2, 24.9, 108.8),
    "Chinchilla 7B": (10.2, 54.7, 23.6, 101.6),
    "Chinchilla 70B": (8.3, 48.0, 21.0, 100.8),
}
"""The same in chunks of 2048 bytes."""

ADJUSTED: Mapping[str, Rates] = {
    "Transformer 200K": (30.9, 194.0, 146.6, 195.5),
    "Transformer 800K": (21.9, 185.3, 131.3, 200.3),
    "Transformer 3.2M": (17.7, 216.5, 228.9, 224.7),
    "Llama 2 7B": (1408.9, 1453.4, 1423.1, 1503.2),
    "Chinchilla 1B": (211.3, 262.2, 224.9, 308.8),
    "Chinchilla 7B": (1410.2, 1454.7, 1423.6, 1501.6),
    "Chinchilla 70B": (14008.3, 14048.0, 14021.0, 14100.8),
}
"""Adjusted rates of the models in per cent, in chunks of 2048 bytes."""


def paper_column(data_set: str) -> str:
    """The column for a data set. Any enwik is compared with the paper's enwik9."""
    return "enwik9" if data_set.startswith("enwik") else data_set


def paper_rate(table: Mapping[str, Rates], compressor: str, data_set: str) -> float | None:
    """A figure of the paper, by the column of :func:`paper_column`; None where it has none."""
    column = paper_column(data_set)
    if compressor not in table or column not in COLUMNS:
        return None
    return table[compressor][COLUMNS.index(column)]
