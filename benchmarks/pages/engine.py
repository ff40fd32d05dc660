"""Sections of docs/benchmarks.md: the engine, lanes, mixing and the coder."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.pages.rivals import sample_points
from benchmarks.pages.tables import conditions, section
from benchmarks.record import read_result
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
            reference = slow.get((row["bytes"], row["threads"]))
            for direction in ("encode", "decode"):
                speed = row[direction]
                share = speed["products_per_s"] / peak / row["threads"]
                line += [f"{speed['kb_per_s']:.1f}", f"{100 * share:.0f} %"]
                times = reference and speed["kb_per_s"] / reference[direction]["kb_per_s"]
                line.append(f"{times:.1f}" if times else "")
            cells.append(line)
        title = f"Model {model['name']}" + ("" if model["built_in"] else ", not a shipped one")
        title += f", kernels {model['kernel']}" if "kernel" in model else ""
        parts.append(
            f"{title}: {model['products_per_byte']:,} products a byte; one thread can do "
            f"{peak / 1e9:.0f} billion a second, at most "
            f"{peak / model['products_per_byte'] / 1000:.0f} KB/s."
        )
        header = ["bytes", "lanes", "executor", "threads"]
        for direction in ("encode", "decode"):
            header += [f"{direction} KB/s", "of the peak", "x ONNX Runtime"]
        parts.append(table(header, cells))
        parts += _by_part(model, peak)
    parts.append(_peak_aims(result["models"]))
    return section(
        "The engine",
        "`scripts/bench engine`: Wikipedia text as one block, "
        f"runs of each row: {result['runs']}, of which the best counts, decoded and compared. "
        "The peak is that of 8-bit products in registers; two threads can do twice as much. "
        + conditions(result),
        *parts,
    )


def _by_part(model: dict[str, Any], peak: float) -> list[str]:
    """What encoding spends in which part; older results have none."""
    if "parts" not in model:
        return []
    facts = model["parts"]
    whole = sum(facts["seconds"].values())
    rows = [
        [
            part,
            f"{1e6 * seconds / facts['bytes']:.2f}",
            f"{100 * seconds / whole:.0f}",
            f"{100 * facts['products'][part] / model['products_per_byte']:.0f}",
            f"{100 * facts['products'][part] * facts['bytes'] / peak / seconds:.0f}",
        ]
        for part, seconds in facts["seconds"].items()
    ]
    return [
        f"Where one thread encodes {facts['bytes']:,} bytes in {facts['lanes']} lanes, found by "
        "leaving parts out; the rest is the other matrices, norms, the embedding, the head and the "
        "coder. Parts far below the peak, and with much of the time, are what is missing:",
        table(["part", "us a byte", "% of the time", "% of the products", "% of the peak"], rows),
    ]


def _peak_aims(models: list[dict[str, Any]]) -> str:
    """What share of the peak was wanted with one thread and full lanes, and what was reached."""
    said = []
    for model in models:
        peak = max(model["peak_before"], model["peak_after"])
        rows = [row for row in model["rows"] if row["executor"] == "native"]
        full = max(rows, key=lambda row: (row["bytes"], -row["threads"]))
        kernel = full["version"]
        shares = (100 * full[way]["products_per_s"] / peak for way in ("encode", "decode"))
        encode, decode = (f"{share:.0f} %" for share in shares)
        said.append(f"{model['name']} with {kernel} {encode} and {decode}")
    missing = [name for name in ("small", "base") if name not in {m["name"] for m in models}]
    unmeasured = f" {' and '.join(missing)} was not measured here." if missing else ""
    return (
        f"The aim is 80 % of the peak encoding and 75 % decoding, one thread and full lanes: "
        f"{'; '.join(said)}.{unmeasured} What limits it is counted in engine.md, "
        '"Roofline"; `amx` has a peak that the steps between products cannot follow.'
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


def _why_little(result: dict[str, Any]) -> str:
    """Why a second model brings less than a first trial had shown."""
    ratios = [100 * (row["two"] / row["one"] - 1) for row in result["rows"]]
    text = (
        f"That is {-max(ratios):.1f} to {-min(ratios):.1f} %. A first trial had shown 1.0 to "
        "2.1 %. Its two models were nearly equals: on Wikipedia the larger one was 0.6 % better, "
        "and both mixed with 12 contexts of bytes."
    )
    points = sample_points((read_result("rivals") or {"rows": []})["rows"])
    seven, eight = points.get("lmpack -7"), points.get("lmpack -8")
    if seven is None or eight is None:
        return text
    better = 100 * (1 - eight["bits_per_byte"] / seven["bits_per_byte"])
    return (
        f"{text} Today base makes the sample of the first table {better:.1f} % smaller than small "
        "does (levels -8 and -7), so the weaker one has less to add; and the strong predictor "
        "knows by itself some of what it would."
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
        _why_little(result),
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
    """Counted instructions, and those that were recorded earlier."""
    recordings = [*result.get("earlier", []), {**result, "commit": result["environment"]["commit"]}]
    header = ["kernels", *(f"commit {one['commit'][:10]}" for one in recordings)]
    rows = [
        [name, *(f"{one['per_symbol'][name]:,}" for one in recordings)]
        for name in result["per_symbol"]
    ]
    notes = " ".join(one["note"] for one in recordings if "note" in one)
    return section(
        "Instructions",
        "`scripts/bench instructions`: to encode and decode one symbol of 16 lanes with the "
        f"shape of small, counted by valgrind; {result['compiler']}. " + conditions(result),
        table(header, rows),
        notes,
    )
