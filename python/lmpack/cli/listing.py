"""What `lmpack -l` prints: a line for each file, as xz -l does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmpack._container import ContainerIndex, read_indexes
from lmpack._files.description import model_name
from lmpack.cli.failures import Failures, display_name
from lmpack.cli.printing import say, say_json
from lmpack.cli.report import Record, count_of_files, percent, size_record
from lmpack.cli.standard import open_regular
from lmpack.cli.table import aligned

CHECK = "CRC-32"
"""What guards a block in every version of the format."""

_HEADER = ["blocks", "compressed", "content", "ratio", "check", "model", "name"]


def list_files(files: Sequence[str], *, as_json: bool, max_memory: int | None) -> None:
    """Print what is in each file, by its index alone, and totals if there are several.

    Args:
        files: paths.
        as_json: print one object in place of a table.
        max_memory: bytes that the index of a file may need; None for any number.
    """
    failures = Failures()
    records = []
    for name in files:
        with failures.of(name), open_regular(name) as file:
            records.append(_record(name, read_indexes(file, max_memory)))
    total = _total(records)
    if as_json:
        say_json({"total": total, "files": records + failures.records})
    elif records:
        rows = [_row(record) for record in records]
        if len(records) > 1:
            rows.append(_row(total | {"file": count_of_files(len(records))}))
        say(*aligned([_HEADER, *rows], left=("check", "model", "name")))
    failures.exit_if_any()


def _record(name: str, indexes: Sequence[ContainerIndex]) -> Record:
    models: dict[str, None] = {}
    prefixes: dict[str, None] = {}
    for index in indexes:
        named = [model_name(one) or one.hex() for one in index.header.fingerprints]
        models[" + ".join(named) or "none"] = None
        if index.header.prefix is not None:
            prefixes[index.header.prefix.hex()] = None
    return {
        "file": name,
        "containers": len(indexes),
        "blocks": sum(len(index.blocks) for index in indexes),
        **size_record(
            sum(index.content_length for index in indexes), sum(index.size for index in indexes)
        ),
        "check": CHECK,
        "models": list(models),
        "prefixes": list(prefixes),
    }


def _total(records: Sequence[Record]) -> dict[str, Any]:
    return {
        "blocks": sum(record["blocks"] for record in records),
        **size_record(
            sum(record["plain_bytes"] for record in records),
            sum(record["compressed_bytes"] for record in records),
        ),
    }


def _row(record: Record) -> list[str]:
    plain, compressed = record["plain_bytes"], record["compressed_bytes"]
    return [
        f"{record['blocks']:,}",
        f"{compressed:,}",
        f"{plain:,}",
        percent(plain, compressed) or "-",
        record.get("check", ""),
        ", ".join(record.get("models", [])) + (" + prefix" if record.get("prefixes") else ""),
        display_name(record["file"]),
    ]
