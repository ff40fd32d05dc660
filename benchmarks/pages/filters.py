"""The table of docs/filters.md."""

from __future__ import annotations

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What each filter brings."""
    result = read_result("filters")
    if result is None:
        return {"filters": ""}
    rows = []
    for row in result["rows"]:
        change = row["filtered"] / row["plain"] - 1
        rows.append(
            [
                row["kind"],
                row["name"],
                f"{row['bytes']:,}",
                f"{row['xz']:,}",
                f"{row['plain']:,}",
                row["filter"] or "none",
                f"{row['filtered']:,}" if row["filter"] else "",
                f"{100 * change:+.1f} %" if row["filter"] else "",
                f"{row['us_per_byte']:.2f}" if row["filter"] else "",
            ]
        )
    head = ["kind", "file", "bytes", "xz -9e", "mixed", "filter", "filtered"]
    return {
        "filters": "`scripts/bench filters`: one block without a model, mixed by the light "
        "predictor, with the better of no stride and the one that is found, then as the encoder "
        "chooses, decoded and compared; and "
        "the CPU time of the filter in microseconds a byte. Programs are those of the machine that "
        "measured; the SHA-256 of all files are in `benchmarks/results/filters.json`. "
        + conditions(result)
        + "\n\n"
        + table([*head, "", "us"], rows)
    }
