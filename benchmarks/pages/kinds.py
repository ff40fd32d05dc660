"""Tables of benchmarks/results/kinds.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.kinds.build import digests
from benchmarks.kinds.files import FILES
from benchmarks.measure.kinds import RIVALS
from benchmarks.pages import kinds_reasons
from benchmarks.pages.tables import conditions, row_origins, section
from lmpack._blocks.levels import DEFAULT_LEVEL, LEVELS
from lmpack.evaluation.markdown import table

ANCHOR = "paq8px -8"
"""It knows many formats, takes far longer than all others, and has a table of its own."""

IN_README = (
    "lmpack -1", "lmpack -2", "lmpack -6", "lmpack -9",
    "xz -9e", "zstd -19", "brotli -11", "bzip3", "zpaq -m5",
)  # fmt: skip
"""What the README's table of kinds shows, in its order."""

OTHERS = tuple(name for name in RIVALS if name != ANCHOR)
DEFAULT = f"lmpack -{DEFAULT_LEVEL}"
ADAPTIVE = "lmpack -2"
STRONGEST = f"lmpack -{max(LEVELS)}"

Row = Mapping[str, Any]


class Loss(NamedTuple):
    """A file that another program makes smaller.

    Attributes:
        file: its name.
        rival: which program makes it smallest.
        percent: how much larger it is with lmpack.
    """

    file: str
    rival: str
    percent: float


class Rows:
    """The rows of a result, found by file and program."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self._rows = {(row["file"], row["codec"]): row for row in result["rows"]}

    def find(self, file: str, codec: str) -> Row | None:
        """What was measured; None if it was not."""
        return self._rows.get((file, codec))

    def of(self, codec: str) -> list[Row]:
        """All of a program, in the order of the list of files."""
        found = (self.find(file.name, codec) for file in FILES)
        return [row for row in found if row is not None]

    def measured(self, codecs: Iterable[str]) -> list[str]:
        """Those of these programs that have at least one row."""
        return [codec for codec in codecs if self.of(codec)]

    def smallest(self, file: str, codecs: Iterable[str]) -> Row | None:
        """The row with the smallest size of a file; None if none of them was measured on it."""
        found = (self.find(file, codec) for codec in codecs)
        return min((row for row in found if row is not None), key=_size, default=None)


def _size(row: Row) -> int:
    return int(row["size"])


def losses(rows: Rows, ours: str, rivals: Iterable[str] = OTHERS) -> list[Loss]:
    """The files that are larger with one of our levels than with the best of the rivals."""
    found = []
    for row in rows.of(ours):
        best = rows.smallest(row["file"], rivals)
        if best is not None and row["size"] > best["size"]:
            found.append(Loss(row["file"], best["codec"], _percent(row, best)))
    return found


def claim(rows: Rows, ours: str, rivals: Iterable[str] = OTHERS) -> str:
    """On how many files a level is smallest, and on which ones it is not, as one sentence."""
    count, lost = len(rows.of(ours)), losses(rows, ours, rivals)
    text = f"{ours} is smaller than these on {count - len(lost)} of {count} measured files"
    named = (f"{loss.file} ({loss.rival} by {loss.percent:.1f} %)" for loss in lost)
    return text + (f"; not on {', '.join(named)}." if lost else ".")


def _percent(row: Row, other: Row) -> float:
    """How much larger a file is than with another program, in per cent."""
    return 100 * (_size(row) / _size(other) - 1)


def _larger(rows: Rows, ours: str, other: str) -> dict[str, float]:
    """By how many per cent files are larger with a level than with another program, if they are."""
    found = {}
    for row in rows.of(ours):
        theirs = rows.find(row["file"], other)
        if theirs is not None and _percent(row, theirs) > 0:
            found[row["file"]] = _percent(row, theirs)
    return found


def _missing(rows: Rows) -> dict[str, list[str]]:
    """The files of which a program has no row that others have, by program."""
    all_files = [row["file"] for row in rows.of(DEFAULT)]
    missing = {
        name: [file for file in all_files if rows.find(file, name) is None]
        for name in rows.measured(OTHERS)
    }
    return {name: files for name, files in missing.items() if files}


def kinds(result: dict[str, Any]) -> str:
    """Sizes of all files with all programs, and what a byte costs."""
    rows = Rows(result)
    levels = rows.measured(f"lmpack -{level}" for level in LEVELS)
    return section(
        "Files of every kind",
        "`scripts/bench kinds`: each file as a whole, one thread, every row decoded and compared "
        f"but those of {ANCHOR}. Models and programs are not counted in the sizes. "
        + _machines(result)
        + f"{conditions(result)} {row_origins(result['rows'])}",
        "Bits per byte by level, beside the smallest of the other programs "
        f"({_versions(rows, OTHERS)}); per cent: how much larger (+) or smaller (-) "
        f"{DEFAULT} is than that one.",
        _levels(rows, levels),
        "\n".join(claim(rows, level) for level in (DEFAULT, STRONGEST) if level in levels),
        *kinds_reasons.odd_files(
            [loss.file for loss in losses(rows, DEFAULT)], _larger(rows, STRONGEST, ADAPTIVE)
        ),
        _anchored(rows),
        kinds_reasons.where_the_anchor_wins(ANCHOR, _larger(rows, STRONGEST, ANCHOR)),
        f"Bits per byte of the other programs. {kinds_reasons.failures(_missing(rows))}".rstrip(),
        _others(rows),
        "Microseconds of CPU time a byte, start included, all files together:",
        _times(rows, levels),
        "The files; `python -m benchmarks.kinds.build` makes them, and checks the digests that "
        "benchmarks/kinds/digests.json holds in full:",
        _files(),
    )


def readme_kinds(result: Mapping[str, Any]) -> str:
    """One line for each kind: the mean of the bits per byte of its files.

    A cell is empty if a program was not measured on all files of the kind. The best is bold.
    """
    lines = []
    for kind, means in mean_rates(result, IN_README):
        count = sum(file.kind == kind for file in FILES)
        cells = ["" if mean is None else f"{mean:.3f}" for mean in means.values()]
        best = min(filter(None, cells), default="")
        lines.append([kind, str(count), *(f"**{c}**" if c and c == best else c for c in cells)])
    return table(["", "files", *IN_README], lines)


def mean_rates(
    result: Mapping[str, Any], codecs: Iterable[str]
) -> Iterator[tuple[str, dict[str, float | None]]]:
    """Each kind with the bits per byte of programs, the mean over its files.

    None for a program that was not measured on all of them.
    """
    rows, codecs = Rows(result), list(codecs)
    for kind in dict.fromkeys(file.kind for file in FILES):
        names = [file.name for file in FILES if file.kind == kind]
        yield kind, {codec: _mean_rate(rows, codec, names) for codec in codecs}


def _mean_rate(rows: Rows, codec: str, files: Sequence[str]) -> float | None:
    """Bits per byte, the mean over the files; None if one was not measured."""
    found = [rows.find(name, codec) for name in files]
    measured = [8 * row["size"] / row["bytes"] for row in found if row is not None]
    return sum(measured) / len(files) if len(measured) == len(files) else None


def _machines(result: Mapping[str, Any]) -> str:
    """A warning if the rows are of several machines, on which times differ."""
    names = dict.fromkeys(row["cpu"] for row in result["rows"])
    return f"Rows are from several machines: {', '.join(names)}. " if len(names) > 1 else ""


def _versions(rows: Rows, codecs: Iterable[str]) -> str:
    """Programs with their versions."""
    return ", ".join(f"{name}: {rows.of(name)[0]['version']}" for name in rows.measured(codecs))


def _rate(row: Row | None) -> str:
    return "" if row is None else f"{8 * row['size'] / row['bytes']:.3f}"


def _signed(row: Row | None, other: Row | None) -> str:
    return "" if row is None or other is None else f"{_percent(row, other):+.1f}"


def _by_kind(rows: Rows, codecs: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """Kinds, each with its files that any of these programs was measured on."""
    measured = {row["file"] for codec in codecs for row in rows.of(codec)}
    for kind in dict.fromkeys(file.kind for file in FILES):
        names = [file.name for file in FILES if file.kind == kind and file.name in measured]
        if names:
            yield kind, names


def _levels(rows: Rows, levels: list[str]) -> str:
    lines = []
    for kind, names in _by_kind(rows, levels):
        lines.append([f"**{kind}**", *[""] * (len(levels) + 3)])
        for name in names:
            best = rows.smallest(name, OTHERS)
            line = [name, *(_rate(rows.find(name, level)) for level in levels)]
            line += ["" if best is None else best["codec"], _rate(best)]
            lines.append([*line, _signed(rows.find(name, DEFAULT), best)])
    return table(["", *levels, "best other", "its rate", "%"], lines)


def _anchored(rows: Rows) -> str:
    """The strongest level beside PAQ's strongest relative, where both were measured."""
    lines = []
    for kind, names in _by_kind(rows, [ANCHOR]):
        pairs = [(rows.find(name, STRONGEST), rows.find(name, ANCHOR)) for name in names]
        both = [(ours, theirs) for ours, theirs in pairs if ours and theirs]
        if both:
            lines.append([f"**{kind}**", "", "", "", ""])
        for ours, theirs in both:
            share = 100 * ours["compress"]["cpu"] / theirs["compress"]["cpu"]
            rates = [_rate(ours), _rate(theirs), _signed(ours, theirs)]
            lines.append([ours["file"], *rates, f"{share:.0f} %"])
    if not lines:
        return ""
    header = ["", STRONGEST, ANCHOR, "%", "compress, share of its time"]
    text = (
        f"{STRONGEST} beside {ANCHOR} ({_versions(rows, [ANCHOR])}), in bits per byte. It has "
        "models of the formats WAV, AIFF, BMP, PGM and PPM and of executables, and undoes the "
        "packing of PNG and ZIP; of files of pixels alone it does not know the rows:"
    )
    return f"{text}\n\n{table(header, lines)}"


def _others(rows: Rows) -> str:
    names = rows.measured(RIVALS)
    lines = []
    for _, files in _by_kind(rows, names):
        lines += [[file, *(_rate(rows.find(file, name)) for name in names)] for file in files]
    return table(["", *names], lines)


def _times(rows: Rows, levels: list[str]) -> str:
    lines = []
    for name in [*levels, *rows.measured(RIVALS)]:
        line = [name, str(len(rows.of(name)))]
        for way in ("compress", "decompress"):
            mine = [row for row in rows.of(name) if row[way] is not None]
            seconds, size = sum(row[way]["cpu"] for row in mine), sum(row["bytes"] for row in mine)
            line.append(f"{1e6 * seconds / size:.2f}" if mine else "")
        lines.append(line)
    return table(["", "files", "compress", "decompress"], lines)


def _files() -> str:
    facts = digests()
    lines = []
    for file in FILES:
        mine = facts[file.name]
        digest = str(mine["sha256"])[:16]
        lines.append([file.name, f"{mine['bytes']:,}", f"`{digest}`", file.about])
    return table(["", "bytes", "SHA-256 begins", "from"], lines)
