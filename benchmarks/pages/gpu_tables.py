"""The tables of docs/gpu.md."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """The tables by the name of their markers; empty for what was not measured yet."""
    makers = {"gpu_conformance": conformance, "throughput": throughput}
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
        for device, ceilings in (("native", cpu), ("cuda", gpu)):
            measured = row[device]
            if isinstance(measured, str):
                lines.append([row["model"], device, *[measured] * 6])
                continue
            cells = [row["model"], device]
            for way in ("encode", "decode"):
                speed = measured[way]["mb_per_s"]
                share = speed * 1e6 * row["products"] / ceilings["products"]
                cells += [f"{speed:.3f}", f"{100 * share:.0f} %", _split(measured[way])]
            lines.append(cells)
    header = ["model", "device", "encode MB/s", "of the products", "model, transfers, rest"]
    header += ["decode MB/s", "of the products", "model, transfers, rest"]
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


def _split(row: dict[str, Any]) -> str:
    """Shares of the wall time, of all threads together; only measured on the GPU."""
    if "model" not in row:
        return ""
    model, transfers = row["model"] / row["wall"], row["transfers"] / row["wall"]
    text = f"{100 * model:.0f} %, {100 * transfers:.0f} %, {100 * (1 - model - transfers):.0f} %"
    used = row["gpu_utilisation"]
    return text if used is None else f"{text}; GPU busy {used:.0f} %"
