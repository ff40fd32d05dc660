"""The tables of docs/models.md."""

from __future__ import annotations

from typing import Any

from benchmarks.data import WIKIPEDIA, title_of
from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._models.bundle import Bundle, classical_rates, list_bundles
from lmpack.evaluation.markdown import table
from lmpack.evaluation.paper import CHUNKED, COLUMNS

PAPERS = ("Transformer 200K", "Transformer 800K", "Transformer 3.2M")
"""The paper's models next to ours, and the data that they were measured on."""
PAPERS_DATA = "enwik9"

SHARES = ("products", "attention", "optimizers")
"""What the time of training goes to, as far as it is told apart."""

SPLITS = {
    "wikipedia_en_2014.valid": "Wikipedia",
    "enwik8_prefix.valid": "enwik8",
    "novels_en.valid": "novels",
    "code.valid": "code",
    "docs.valid": "docs",
    "structured.valid": "structured",
    "multilingual.valid": "languages",
    "latex_mail.valid": "LaTeX, mail",
}


def parts() -> dict[str, str]:
    """The tables by the name of their markers."""
    bundles = list_bundles()
    return {
        "models": _models(bundles),
        "rates": _rates(bundles),
        "float": _float(bundles),
        "chunks": _chunks(),
        "experiments": _experiments(),
        "training_speed": _training_speed(),
    }


def _models(bundles: list[Bundle]) -> str:
    rows = []
    for bundle in bundles:
        a = bundle.architecture
        rows.append(
            [
                bundle.name + " (default)" * (bundle.name == DEFAULT_MODEL),
                f"{a.layers} x {a.width}",
                str(a.heads),
                str(a.hidden),
                ", ".join(map(str, a.windows)),
                f"{a.parameters:,}",
                f"{a.products_per_symbol:,}",
                f"{bundle.size:,}",
                f"{bundle.manifest['training']['symbols']:,}",
                _speed(bundle.name),
            ]
        )
    header = ["model", "layers x width", "heads", "hidden", "windows", "parameters"]
    header += ["products a byte", "bundle bytes", "trained on bytes", "KB/s in / out"]
    return table(header, rows)


def _speed(model: str) -> str:
    """Compress and decompress, on Wikipedia text."""
    result = read_result("compare")
    codecs = result["files"][title_of(WIKIPEDIA)]["codecs"] if result else {}
    row = codecs.get(f"lmpack {model}")
    return "{compress_kb_per_s:,.0f} / {decompress_kb_per_s:,.0f}".format(**row) if row else "-"


def _rates(bundles: list[Bundle]) -> str:
    classical = classical_rates()
    others = list(dict.fromkeys(name for rates in classical.values() for name in rates))
    rows = [
        [
            split,
            *(f"{bundle.manifest['evaluation'][split]:.3f}" for bundle in bundles),
            *(f"{classical[split][name]:.3f}" for name in others),
        ]
        for split in classical
    ]
    return table(["file", *(bundle.name for bundle in bundles), *others], rows)


def _float(bundles: list[Bundle]) -> str:
    rows = []
    for bundle in bundles:
        exact = bundle.manifest["evaluation"]
        unrounded = bundle.manifest.get("evaluation_without_rounding")
        if unrounded:
            shares = (100 * unrounded[split] / exact[split] for split in SPLITS)
            rows.append([bundle.name, *(f"{share:.2f}" for share in shares)])
    return table(["model", *SPLITS.values()], rows)


def _chunks() -> str:
    result = read_result("compare")
    if result is None or "chunked" not in result:
        return ""
    chunked = result["chunked"]
    title = title_of(chunked["file"])
    whole = result["files"][title]["codecs"]
    rows = [
        [
            f"lmpack {name}",
            f"{100 * row['bits_per_byte'] / 8:.1f}",
            f"{100 * whole[f'lmpack {name}']['bits_per_byte'] / 8:.1f}",
        ]
        for name, row in chunked["models"].items()
    ]
    rows += [
        [f"paper: {name}, {PAPERS_DATA}", f"{CHUNKED[name][COLUMNS.index(PAPERS_DATA)]:.1f}", ""]
        for name in PAPERS
    ]
    return table(["model", f"chunks of {chunked['chunk']:,}", "whole"], rows)


def _experiments() -> str:
    result = read_result("training_experiments")
    if result is None:
        return ""
    rows = [
        [
            row["name"],
            f"{row['products_per_byte']:,}",
            f"{row['parameters'] / 1e6:.2f}",
            f"{row['mean']:.3f}",
            *(f"{row['bits_per_byte'][split]:.3f}" for split in SPLITS),
        ]
        for row in result["rows"]
    ]
    header = ["run", "products", "million parameters", "mean", *SPLITS.values()]
    note = f"{result['symbols']:,} symbols a run, one thread. {_origins(result['rows'])}"
    return table(header, rows) + "\n\n" + note


def _origins(rows: list[dict[str, Any]]) -> str:
    """What rows were measured with, and where it was not the same for all, which of them."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(conditions(row), []).append(row["name"])
    origins = sorted(names, key=lambda origin: len(names[origin]), reverse=True)
    others = [f"{', '.join(names[origin])}: {origin}" for origin in origins[1:]]
    return " ".join([*origins[:1], *others])


def _training_speed() -> str:
    result = read_result("training_speed")
    if result is None:
        return ""
    rows = [
        [
            row["preset"],
            row["products"],
            "yes" if row["compiled"] else "no",
            f"{row['symbols_per_second']:,}",
            f"{row['gflops']:.1f}",
            *(f"{100 * row[f'share_{part}']:.0f}" for part in SHARES),
        ]
        for row in result["rows"]
    ]
    header = ["model", "products in", "compiled", "symbols a second", "billion operations a second"]
    header += [f"% {part}" for part in SHARES]
    note = (
        f"A large float32 matrix product reaches {result['peak_gflops']:.0f} billion operations a "
        f"second. torch {result['torch']} with {result['instructions']}. " + conditions(result)
    )
    return table(header, rows) + "\n\n" + note
