"""The tables of docs/pretrained.md: what an imported language model brings and costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """The tables by the names of their markers; where nothing was measured, empty ones."""
    sections: dict[str, Callable[[dict[str, Any]], str]] = {
        "decoder_sizes": sizes,
        "decoder_speed": speed,
        "decoder_rivals": rivals,
    }
    return {
        name: "" if (result := read_result(name)) is None else section(result)
        for name, section in sections.items()
    }


def sizes(result: dict[str, Any]) -> str:
    """Bits per byte beside level -9."""
    lanes = list(result["rows"][0]["payloads_by_lanes"])
    header = ["file", "bytes", "level -9", f"-9 with {result['model']}", "smaller by"]
    header += [f"in {count}" for count in lanes]
    rows = [
        [
            row["file"],
            f"{row['bytes']:,}",
            f"{8 * row['level_9'] / row['bytes']:.3f}",
            f"{8 * row['model'] / row['bytes']:.3f}",
            f"{100 * row['saved']:.1f} %",
            *(f"{8 * row['payloads_by_lanes'][count] / row['bytes']:.3f}" for count in lanes),
        ]
        for row in result["rows"]
    ]
    note = (
        "Bits per byte: of whole files, then of one block in 1, 2, ... lanes. Each file was opened "
        "with another number of threads than it was packed with, and packed and opened in other "
        "lanes, too. The first "
        f"{result['rows'][0]['bytes_by_onnxruntime']:,} bytes were also packed by ONNX Runtime: "
        f"the same file. {conditions(result)}"
    )
    if "level_9_environment" in result:
        note += f" Level -9: commit {result['level_9_environment']['commit'][:12]}."
    return table(header, rows) + "\n\n" + note


def speed(result: dict[str, Any]) -> str:
    """Both directions, as shares of what the processor can multiply."""
    header = ["program", "lanes", "tokens", "pack KB/s", "% of peak", "open KB/s", "% of peak"]
    rows = [
        [
            f"{row['device']} {row['version']}",
            str(row["lanes"]),
            f"{row['tokens']:,}",
            *(
                cell
                for way in ("encode", "decode")
                for cell in (
                    f"{row[way]['kb_per_s']:.2f}",
                    f"{100 * row[way]['share_of_peak']:.0f}",
                )
            ),
        ]
        for row in result["rows"]
    ]
    verify, opened = (result["loading"][how] for how in ("verify", "open"))
    note = (
        f"{result['model']}, {result['products_per_token'] / 1e6:.0f} million products a token, "
        f"one thread, the start of {result['file']}, without mixing. A process that verifies the "
        f"bundle takes {verify['seconds']:.1f} s and "
        f"{verify['peak_memory'] / 2**20:.0f} MiB, mapped pages included; one that makes it ready "
        f"to run, too, {opened['seconds']:.1f} s and {opened['peak_memory'] / 2**20:.0f} MiB. "
        f"{conditions(result)}"
    )
    return table(header, rows) + "\n\n" + note


def rivals(result: dict[str, Any]) -> str:
    """Tokens a second beside llama.cpp."""
    header = ["round", "lmpack, prompt", "lmpack, steps", "llama.cpp, prompt", "llama.cpp, steps"]
    rows = [
        [str(number), *(f"{speed:.1f}" for speed in (*row["lmpack"], *row["llama_cpp"]))]
        for number, row in enumerate(result["rounds"], 1)
    ]
    ratios = result["lmpack_over_llama_cpp"]
    note = (
        f"Tokens a second, one thread each, by turns; {result['tokens']} tokens of a prompt, then "
        f"single steps. lmpack does {ratios['prefill']:.2f} times as many of the prompt and "
        f"{ratios['steps']:.2f} times as many steps (medians). llama.cpp is xllamacpp "
        f"{result['environment']['xllamacpp']} with 16-bit floats. {conditions(result)}"
    )
    return table(header, rows) + "\n\n" + note
