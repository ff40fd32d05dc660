"""What is assumed of an H100 SXM, from which times are computed. Such times are no measurements."""

from __future__ import annotations

from typing import Any

CACHE_SIZE = 50e6
"""Bytes of its L2 cache (NVIDIA's data sheet); arrays that are larger together are in memory."""

PEAKS: dict[str, Any] = {
    "card": "H100 SXM",
    "memory": 2.5e12,
    "cache": 5.5e12,
    "products": 300e12,
    "launch_seconds": 2.5e-6,
    "ordering_seconds": 20e-6,
    "sources": {
        "memory": "an assumption, 3 quarters of the 3.35 TB/s of NVIDIA's data sheet. Others have "
        "measured more where one array is streamed: 2.90 TB/s for a copy, 2.97 for the triad "
        "(Azure, AI benchmarking guide, ND H100 v5)",
        "cache": "measured by others: about 5.5 TB/s, read from the L2 cache of an H100 (Chips and "
        "Cheese, Nvidia's H100: Funny L2, and Tons of Bandwidth, 2023)",
        "products": "an assumption, 3 tenths of the 1,979 trillion 8-bit operations of the data "
        "sheet, each product two of them. We know no measurement of int8; of FP8, for which the "
        "data sheet has the same number, others have measured 1,290 trillion operations with "
        "matrices of 8,192 rows (Azure, the same page), and ours are small",
        "launch_seconds": "a launch in a graph: an assumption",
        "ordering_seconds": "a launch by the host, outside a graph: an assumption",
    },
}
"""Bytes, products and seconds: bytes and products in a second, seconds of one launch."""
