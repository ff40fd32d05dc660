"""Sections of docs/benchmarks.md: the engine, lanes, mixing and the coder."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table


def engine(result: dict[str, Any]) -> str:
    """Speeds of the executors, against the processor's peak and against one another."""
    parts = []
    for model in result["models"]:
        rows = model["rows"]
        peak = max(model["peak_before"], model["peak_after"])
        slow = {
            (row["bytes"], row["threads"]): row for row in rows if row["executor"] == "onnxruntime"
        }
        cells = []
        for row in rows:
            line = [f"{row['bytes']:,}", str(row["lanes"])]
            line += [f"{row['executor']} {row['version']}", str(row["threads"])]
            reference = slow[row["bytes"], row["threads"]]
            for direction in ("encode", "decode"):
                speed = row[direction]
                share = speed["products_per_s"] / peak / row["threads"]
                times = speed["kb_per_s"] / reference[direction]["kb_per_s"]
                line += [f"{speed['kb_per_s']:.1f}", f"{100 * share:.0f} %", f"{times:.1f}"]
            cells.append(line)
        title = f"Model {model['name']}" + ("" if model["built_in"] else ", not a shipped one")
        parts.append(
            f"{title}: {model['products_per_byte']:,} products a byte; one thread can do "
            f"{peak / 1e9:.0f} billion a second, at most "
            f"{peak / model['products_per_byte'] / 1000:.0f} KB/s."
        )
        header = ["bytes", "lanes", "executor", "threads"]
        for direction in ("encode", "decode"):
            header += [f"{direction} KB/s", "of the peak", "x ONNX Runtime"]
        parts.append(table(header, cells))
    return section(
        "The engine",
        "`scripts/bench engine`: Wikipedia text as one block, "
        f"runs of each row: {result['runs']}, of which the best counts, decoded and compared. "
        "The peak is that of 8-bit products in registers; two threads can do twice as much. "
        + conditions(result),
        *parts,
    )


def lanes(result: dict[str, Any]) -> str:
    """Size and speed by number of lanes, and the coder's loss."""
    rows = [
        [
            f"{row['bytes']:,}",
            str(row["lanes"]),
            f"{row['payload']:,}",
            f"{row['bits_per_byte']:.4f}",
            f"{row['encode_kb_per_s']:.1f}",
            f"{row['decode_kb_per_s']:.1f}",
        ]
        for row in result["rows"]
    ]
    loss = result["loss"]
    program = result["executor"].split()[0]
    device = "cpu" if program == "native" else f"cpu:{program}"
    return section(
        f"Lanes and blocks: {result['executor']}, model {result['model']}",
        f"`scripts/bench lanes --device {device} "
        f"--threads {result['threads']}`: one block of Wikipedia text. " + conditions(result),
        table(["block", "lanes", "payload", "bits per byte", "encode KB/s", "decode KB/s"], rows),
        f"Loss of the coder: {loss['payload']:,} bytes against {loss['ideal']:,.1f} under the "
        f"model's own probabilities, {100 * loss['loss']:.4f} %.",
    )


def mixing(result: dict[str, Any]) -> str:
    """What lanes cost with mixing, with statistics in common and for each lane."""
    files = result["files"].values()
    rows = []
    for key in next(iter(files)):
        for i, row in enumerate(next(iter(files))[key]):
            mean = {
                field: statistics.mean(file[key][i][field] for file in files)
                for field in row
                if field != "lanes"
            }
            line = [key, str(row["lanes"])]
            line += [f"{mean['bits_per_byte']:.4f}", f"{mean['separate_bits_per_byte']:.4f}"]
            times = (mean[f"{way}_us_per_byte"] for way in ("encode", "decode"))
            rows.append([*line, *(f"{value:.2f}" for value in times)])
    header = ["model", "lanes", "bits per byte", "with statistics of its own for each lane"]
    return section(
        "Lanes with mixing",
        f"`scripts/bench mixing`: the first {result['limit']:,} bytes of each validation "
        "file as one block, means over the files; one thread. " + conditions(result),
        table([*header, "encode us a byte", "decode us a byte"], rows),
    )


def two_models(result: dict[str, Any]) -> str:
    """What a second model brings, and what it costs."""
    first, second = result["models"]
    sizes = [
        [
            row["file"],
            f"{row['bytes']:,}",
            *(f"{8 * row[key] / row['bytes']:.3f}" for key in ("one", "two")),
            f"{100 * (row['two'] / row['one'] - 1):+.2f} %",
        ]
        for row in result["rows"]
    ]
    speeds = [
        [
            str(row["threads"]),
            row["clock"],
            way,
            *(f"{row[way][key]:.1f}" for key in ("one", "two")),
            f"{row[way]['ratio']:.2f}",
        ]
        for row in result["speeds"]
        for way in ("encode", "decode")
    ]
    pair = f"{first} + {second}"
    return section(
        "Two models",
        "`scripts/bench two_models`: the start of each validation file as one block of one lane, "
        "with mixing; bits a byte. " + conditions(result),
        table(["file", "bytes", first, pair, "change"], sizes),
        f"Microseconds a byte on {result['speeds'][0]['bytes']:,} bytes, the best of "
        "several turns:",
        table(["threads", "seconds of", "", first, pair, "ratio"], speeds),
    )


def coder(result: dict[str, Any]) -> str:
    """The coder next to constriction's."""
    rows = [
        [
            name,
            f"{row['encode_msymbols_per_s']:.2f}",
            f"{row['decode_msymbols_per_s']:.2f}",
            f"{row['bytes']:,}",
        ]
        for name, row in result["coders"].items()
    ]
    return section(
        "The coder alone",
        f"`scripts/bench coder`: {result['symbols']:,} symbols with the tables that the "
        "built-in model predicts for them, from weights to bytes and back, one thread, best of "
        "five. " + conditions(result),
        table(["range coder", "encode Msymbols/s", "decode Msymbols/s", "bytes"], rows),
    )


def instructions(result: dict[str, Any]) -> str:
    """Counted instructions."""
    rows = [[name, f"{count:,}"] for name, count in result["per_symbol"].items()]
    return section(
        "Instructions",
        "`scripts/bench instructions`: to encode and decode one symbol of 16 lanes with the "
        f"shape of small, counted by valgrind; {result['compiler']}. " + conditions(result),
        table(["kernels", "instructions a symbol"], rows),
    )
