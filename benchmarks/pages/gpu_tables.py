"""The tables of docs/gpu.md."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, standing
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """The tables by the name of their markers; empty for what was not measured yet."""
    makers = {"gpu_conformance": conformance, "throughput": throughput, "gpu_counted": counted}
    found = {}
    for name, make in makers.items():
        result = read_result(name)
        found[name] = "" if result is None else make(result)
    return found


def conformance(result: dict[str, Any]) -> str:
    """A line for each executor, a column for each model."""
    rows = result["rows"]
    names = list(dict.fromkeys(name for row in rows for name in row["executors"]))
    lines = [
        [name, *(row["executors"].get(name, "").split(":")[0] for row in rows)] for name in names
    ]
    header = ["", *(row["model"] for row in rows)]
    return "\n\n".join([table(header, lines), conditions(result)])


def throughput(result: dict[str, Any]) -> str:
    """A line for each model and device."""
    cpu, gpu = result["cpu"], result["gpu"]
    lines = []
    for row in result["rows"]:
        for device, ceilings in (("native", cpu), ("cuda", gpu), ("cuda:triton", gpu)):
            measured = row.get(device, "not run")
            if isinstance(measured, str):
                lines.append([row["model"], device, *[measured] * 7])
                continue
            encode, decode = measured["encode"], measured["decode"]
            cells = [row["model"], device, f"{encode['mb_per_s']:.3f}"]
            cells += [_share(encode, row, ceilings, "products"), _split(encode)]
            cells += [f"{decode['mb_per_s']:.3f}", _share(decode, row, ceilings, "products")]
            # A pass shares keys and values among its positions, and a CPU has them in its caches.
            from_memory = device != "native"
            cells += [_share(decode, row, ceilings, "bytes") if from_memory else ""]
            lines.append([*cells, _split(decode)])
    header = ["model", "device", "encode MB/s", "of the products", "model, transfers, rest"]
    header += ["decode MB/s", "of the products", "of the memory", "model, transfers, rest"]
    ceiling = (
        f"Ceilings: {cpu['products'] / 1e9:,.0f} billion 8-bit products and "
        f"{cpu['bytes'] / 1e9:,.1f} GB a second on {cpu['threads']} CPU threads"
    )
    if isinstance(gpu, dict):
        ceiling += (
            f", {gpu['products'] / 1e12:,.0f} trillion products and {gpu['bytes'] / 1e12:.2f} TB a "
            f"second on the GPU ({gpu['hardware']})"
        )
    return "\n\n".join([table(header, lines), f"{ceiling}. {conditions(result)}"])


def counted(result: dict[str, Any]) -> str:
    """A line for each model and number of lanes: of steps, then of passes."""
    peaks = result["peaks"]
    sources = "; ".join(peaks["sources"].values())
    note = (
        f"**Computed, not measured**, for an {peaks['card']} with {peaks['memory'] / 1e12} TB/s of "
        f"memory, {peaks['cache'] / 1e12} TB/s of L2 cache, {peaks['products'] / 1e12:.0f} "
        f"trillion 8-bit products a second, {peaks['launch_seconds'] * 1e6} microseconds a launch "
        f"in a graph and {peaks['ordering_seconds'] * 1e6:.0f} one of the host. Where these come "
        f"from, in that order: {sources}. {standing(result)}".rstrip()
    )
    steps = table(["decoding", *_COUNTED, "kernels a step", *_COMPUTED], _lines(result["rows"]))
    passes = table(["encoding", *_COUNTED, "kernels a pass", *_COMPUTED], _lines(result["passes"]))
    return "\n\n".join([steps, passes, note])


_COUNTED = ("lanes", "KB of memory a byte", "KB of cache a byte", "million products a byte")
_COMPUTED = ("microseconds, computed", "MB/s, computed")


def _lines(rows: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            row["model"],
            f"{row['lanes']:,}",
            f"{row['memory'] / 1e3:.1f}",
            f"{row['cache'] / 1e3:.1f}",
            f"{row['products'] / 1e6:.1f}",
            str(row["kernels"]),
            f"{row['computed_seconds'] * 1e6:.0f}",
            f"{row['computed_bytes_per_second'] / 1e6:.0f}",
        ]
        for row in rows
    ]


_MOVED = {"products": "products", "bytes": "ring_bytes"}
"""By what a device has a ceiling of: what a byte of content takes of it."""


def _share(
    way: dict[str, Any], row: dict[str, Any], ceilings: dict[str, Any] | str, ceiling: str
) -> str:
    """Of what the device can do; of a GPU that may not be known."""
    if isinstance(ceilings, str):
        return ""
    return f"{100 * way['mb_per_s'] * 1e6 * row[_MOVED[ceiling]] / ceilings[ceiling]:.0f} %"


def _split(row: dict[str, Any]) -> str:
    """Shares of the wall time, of all threads together, and how busy a GPU was, if known."""
    parts = []
    if "model" in row:
        model, transfers = row["model"] / row["wall"], row["transfers"] / row["wall"]
        shares = (model, transfers, 1 - model - transfers)
        parts.append(", ".join(f"{100 * share:.0f} %" for share in shares))
    used = row.get("gpu_utilisation")
    if used is not None:
        parts.append(f"GPU busy {used:.0f} %")
    return "; ".join(parts)
