"""Makes frozen files that are decoded with a prefix or an own model, and lean records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from containers import container
from frozen_good import Good, GoodFiles

import lmpack
from lmpack._blocks.coding import Coding
from lmpack._container import BlockKind, Header
from lmpack._executors.mixing import Predictor
from lmpack._models.bundle import load_bundle


def files_with_needs(files: GoodFiles, model: Path) -> Iterator[Good]:
    """All of them, of the contents of others.

    Args:
        files: the others.
        model: the folder of the model of tokens.
    """
    yield from _prefixes(files)
    yield from _tokens(files, model)
    yield from _records(files)


def _prefixes(files: GoodFiles) -> Iterator[Good]:
    words, old = (lmpack.Prefix(files.contents[name]) for name in ("words", "old"))
    for level in (1, 2, 4, 7, 9):
        data = files.packed("note", level=level, prefix=words)
        needs = "prefix contents/words"
        yield Good(f"prefix-{level}", data, "note", f"behind a dictionary, level {level}", needs)
        data = files.packed("new", level=level, prefix=old)
        needs = "prefix contents/old"
        yield Good(
            f"patch-{level}",
            data,
            "new",
            f"a patch of an earlier version, level {level}",
            needs,
        )
    data = files.packed("noise", level=1, prefix=words)
    yield Good(
        "prefix-raw",
        data,
        "noise",
        "raw in a container that names a prefix",
        "prefix contents/words",
    )


def _tokens(files: GoodFiles, model: Path) -> Iterator[Good]:
    header = Header((load_bundle(model).fingerprint[:8],), of_tokens=True)
    for lanes_log2 in (0, 2):
        lanes = f"{1 << lanes_log2} lanes"
        codings = {"tokens": Coding(BlockKind.TOKENS, lanes_log2)}
        for predictor in Predictor:
            name = f"tokens-mixed-{predictor.name.lower()}"
            codings[name] = Coding(BlockKind.MIXED_TOKENS, lanes_log2, predictor=predictor)
        for name, coding in codings.items():
            data = container([files.block("tokens", coding)], header)
            reason = f"{coding.kind.label}, {lanes}"
            yield Good(f"{name}-{1 << lanes_log2}", data, "tokens", reason, "model model")


def _records(files: GoodFiles) -> Iterator[Good]:
    words, rows = (lmpack.Prefix(files.contents[name]) for name in ("words", "rows"))
    ways: dict[str, dict[str, Any]] = {
        "1": {},
        "2": {"level": 2},
        "7": {"level": 7, "model": "tiny"},
        "models": {"model": ("tiny", "small")},
    }
    for name, options in ways.items():
        models = options.get("model")
        needs = "prefix contents/words"
        if models is not None:
            needs += ", model " + (models if isinstance(models, str) else "+".join(models))
        for checksum in (False, True):
            codec = lmpack.RecordCodec(words, checksum=checksum, **options)
            data = codec.compress(files.contents["record"])
            with_or_without = "with" if checksum else "without"
            yield Good(
                f"{name}-checked.record" if checksum else f"{name}.record",
                *(data, "record", f"a lean record, {with_or_without} a checksum", needs),
            )
    light = lmpack.RecordCodec(words)
    checked = lmpack.RecordCodec(words, checksum=True)
    for name, codec, content, reason in (
        ("raw.record", light, "noise", "a raw record"),
        ("raw-checked.record", checked, "noise", "a raw record with a checksum"),
        ("empty.record", light, "empty", "a record of no bytes"),
    ):
        data = codec.compress(files.contents[content])
        yield Good(name, data, content, reason, "prefix contents/words")
    data = lmpack.RecordCodec(rows).compress(files.contents["row"])
    yield Good("stride.record", data, "row", "a record with a stride", "prefix contents/rows")
