"""The tables of docs/models.md."""

from __future__ import annotations

from benchmarks.data import WIKIPEDIA, title_of
from benchmarks.pages import training
from benchmarks.pages.tables import standing
from benchmarks.record import read_result
from lmpack._blocks.levels import DEFAULT_MODEL
from lmpack._models.bundle import Bundle, classical_rates, list_models
from lmpack.evaluation.markdown import table
from lmpack.evaluation.paper import CHUNKED, COLUMNS

PAPERS = ("Transformer 200K", "Transformer 800K", "Transformer 3.2M")
"""The paper's models next to ours, and the data that they were measured on."""
PAPERS_DATA = "enwik9"

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
    bundles = list_models()
    return {
        "models": _models(bundles),
        "rates": _rates(bundles),
        "float": _float(bundles),
        "chunks": _chunks(),
        **training.parts(SPLITS),
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
    words = standing(read_result("compare") or {})
    return f"{table(header, rows)}\n\n{f'KB/s: {words}' if words else ''}".rstrip()


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
    header = ["model", f"chunks of {chunked['chunk']:,}", "whole"]
    return f"{table(header, rows)}\n\n{standing(result)}".rstrip()
