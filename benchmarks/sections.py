"""One section of docs/benchmarks.md for each kind of result."""

from __future__ import annotations

import statistics
from typing import Any

from tables import conditions, section

from lmpack.evaluation.markdown import table


def compare(result: dict[str, Any]) -> str:
    """Sizes and speeds beside classical compressors."""
    files = result["files"]
    names = list(next(iter(files.values()))["codecs"])
    sizes = [
        [
            title,
            f"{entry['bytes']:,}",
            *(f"{entry['codecs'][n]['bits_per_byte']:.3f}" for n in names),
        ]
        for title, entry in files.items()
    ]
    speeds = [
        [
            title,
            *(
                "{compress_kb_per_s:,.0f} / {decompress_kb_per_s:,.0f}".format(**entry["codecs"][n])
                for n in names
            ),
        ]
        for title, entry in files.items()
    ]
    return section(
        "The models alone beside classical compressors",
        f"`python benchmarks/compare.py`: the first {result['limit']:,} bytes of each file, "
        "without mixing; every row decoded and compared. The model is not counted in the size. "
        + conditions(result),
        "Bits per byte:",
        table(["file", "bytes", *names], sizes),
        "Compress / decompress, KB/s of wall time, one process:",
        table(["file", *names], speeds),
    )


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
        "`python benchmarks/engine.py`: Wikipedia text as one block, "
        "best of two runs, decoded and compared. The peak is that of 8-bit products in registers; "
        "two threads can do twice as much. " + conditions(result),
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
    return section(
        f"Lanes and blocks: {result['executor']}, model {result['model']}",
        f"`python benchmarks/lanes.py --executor {result['executor'].split()[0]} "
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
        f"`python benchmarks/mixing.py`: the first {result['limit']:,} bytes of each validation "
        "file as one block, means over the files; one thread. " + conditions(result),
        table([*header, "encode us a byte", "decode us a byte"], rows),
    )


def scaling(result: dict[str, Any]) -> str:
    """Cost per byte and peak memory by input size."""
    rows = []
    for row in result["rows"]:
        line = [f"{row['bytes']:,}"]
        for direction in ("compress", "decompress"):
            run = row[direction]
            line += [
                f"{row['bytes'] / 1000 / run['wall']:.1f}",
                f"{1e6 * run['cpu'] / row['bytes']:.2f}",
                f"{run['peak_memory'] / 2**20:.0f}",
            ]
        rows.append(line)
    header = ["input bytes"]
    for direction in ("compress", "decompress"):
        header += [f"{direction} KB/s", "CPU us a byte", "peak MiB"]
    return section(
        "Long inputs",
        "`python benchmarks/scaling.py`: the command with its defaults, start included. "
        + conditions(result),
        table(header, rows),
    )


def small_files(result: dict[str, Any]) -> str:
    """Wall time of the command for small files, and what it loads."""
    rows = [
        [
            f"{row['bytes']:,}",
            *(
                f"{1000 * row[direction][key]:.0f}"
                for direction in ("compress", "decompress")
                for key in ("median", "longest")
            ),
        ]
        for row in result["rows"]
    ]
    imports = [[part["module"], f"{1000 * part['seconds']:.0f}"] for part in result["imports"]]
    header = ["input bytes", "compress ms", "longest", "decompress ms", "longest"]
    return section(
        "Small files",
        f"`python benchmarks/small_files.py`: wall time of the command, median and longest of "
        f"{result['runs']}. A Python that does nothing takes {1000 * result['nothing']:.0f} ms. "
        f"The first run on a machine, which proves the model's conformance, took "
        f"{1000 * result['first']:.0f} ms. " + conditions(result),
        table(header, rows),
        "What it spends loading (`python -X importtime`, each with what it imports):",
        table(["module", "ms"], imports),
    )


def coder(result: dict[str, Any]) -> str:
    """The coder beside constriction's."""
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
        f"`python benchmarks/coder.py`: {result['symbols']:,} symbols with the tables that the "
        "built-in model predicts for them, from weights to bytes and back, one thread, best of "
        "five. " + conditions(result),
        table(["range coder", "encode Msymbols/s", "decode Msymbols/s", "bytes"], rows),
    )


def batch(result: dict[str, Any]) -> str:
    """Thousands of small files against a large one."""
    size = result["bytes"]
    rows = []
    for title, name in ((f"{result['files']:,} files", "many"), ("one file", "one")):
        times = result[name]
        speeds = [f"{size / 1000 / times[way]:,.0f}" for way in ("compress", "decompress")]
        rows.append([title, f"{8 * times['packed_bytes'] / size:.3f}", *speeds])
    shares = [
        f"{100 * result['one'][way] / result['many'][way]:.0f} %"
        for way in ("compress", "decompress")
    ]
    rows.append(["share of the speed", "", *shares])
    return section(
        "Batches",
        f"`python benchmarks/batch.py`: {size:,} bytes of validation texts as files of 2 KB with "
        "`lmpack compress -r`, and as one file; wall time of the command with its defaults. "
        f"`--resume` looks through what is there in {result['many']['resume']:.1f} s. Each file by "
        f"a command of its own takes {1000 * result['single_command']:.0f} ms. "
        + conditions(result),
        table(["", "bits per byte", "compress KB/s", "decompress KB/s"], rows),
    )


def reference_repository(result: dict[str, Any]) -> str:
    """Speed beside the paper's published code."""
    rows = []
    for row in result["rows"]:
        line = [row["mode"], f"{row['bytes']:,}", str(row.get("lanes", 1))]
        for direction in ("encode", "decode"):
            ours = row["bytes"] / row["ours"][direction]
            seconds = row["theirs"].get(direction)
            theirs = None if seconds is None else row["bytes"] / seconds
            line.append(f"{ours:,.0f}")
            line.append("cannot" if theirs is None else f"{theirs:,.1f}")
            line.append("" if theirs is None else f"{ours / theirs:,.0f}")
        rows.append(line)
    parameters = result["parameters"]
    header = ["their mode", "bytes", "lanes"]
    for direction in ("encode", "decode"):
        header += [f"{direction} bytes/s", "theirs", "ratio"]
    return section(
        "The paper's published code",
        "`python benchmarks/reference_repository.py`: google-deepmind/"
        "language_modeling_is_compression, compiled for the length, and ours on one thread, both "
        f"with random weights: {parameters['theirs']:,} and {parameters['ours']:,} parameters. The "
        "cost of its lossless mode grows with the square of the length; longer texts were not run "
        "in it. Its default mode was run on three chunks of 2,048 bytes, and what it makes cannot "
        "be decoded. Lanes are chunks that ours codes together. " + conditions(result),
        table(header, rows),
    )


def instructions(result: dict[str, Any]) -> str:
    """Counted instructions."""
    rows = [[name, f"{count:,}"] for name, count in result["per_symbol"].items()]
    return section(
        "Instructions",
        "`python benchmarks/instructions.py`: to encode and decode one symbol of 16 lanes with the "
        f"shape of small, counted by valgrind; {result['compiler']}. " + conditions(result),
        table(["kernels", "instructions a symbol"], rows),
    )
