"""Files that were written once: the good ones open for ever, the others are refused as they were.

`tests/golden/files/README.md` says what each is; `python tests/make_golden.py files` has made them.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from frozen_table import FOLDER, Frozen, digest_of, frozen, listed, models, stored

import lmpack
from lmpack._blocks.filters import FilterId
from lmpack._blocks.levels import LEVELS
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import BlockKind, read_block, read_indexes
from lmpack._container.lean_record import LeanRecord
from lmpack._executors.mixing import Predictor
from lmpack._models.bundle import find_bundle, list_models
from lmpack.cli.main import main

GOOD = frozen("good")
REFUSED = [*frozen("bad"), *frozen("unsupported")]
MOST_BYTES = 150 << 10
SEVERAL = ("blocks", "flushed", "joined", "joined-empty", "padded", "padded-1", "tokens-4")


def name_of(entry: Frozen) -> str:
    return entry.name


each_good = pytest.mark.parametrize("entry", GOOD, ids=name_of)
each_refused = pytest.mark.parametrize("entry", REFUSED, ids=name_of)


def decoded(entry: Frozen, data: bytes) -> bytes:
    """The content of a file, or of a record."""
    options = entry.options
    if entry.is_record:
        return lmpack.RecordCodec(options.pop("prefix"), **options).decompress(data)
    return lmpack.decompress(data, **options)


def test_no_file_has_changed_and_none_is_missing() -> None:
    assert {name: digest_of(name) for name in stored()} == listed()
    assert {entry.name for entry in [*GOOD, *REFUSED]} == {
        name for name in listed() if name.split("/")[0] in ("good", "bad", "unsupported")
    }
    sizes = (path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    assert sum(sizes) <= MOST_BYTES


@each_good
def test_a_good_file_gives_its_content(entry: Frozen) -> None:
    assert decoded(entry, entry.path.read_bytes()) == entry.content


@pytest.mark.parametrize("name", SEVERAL)
def test_a_file_of_several_blocks_can_be_read_from_its_middle(name: str) -> None:
    (entry,) = (entry for entry in GOOD if entry.name == f"good/{name}.lmp")
    middle = len(entry.content) // 2
    with lmpack.open(entry.path, "rb", **entry.options) as file:
        file.seek(middle)
        assert file.read() == entry.content[middle:]


@each_refused
def test_another_file_raises_the_error_that_it_always_raised(entry: Frozen, tmp_path: Path) -> None:
    data = entry.path.read_bytes()
    error = getattr(lmpack, entry.fact)
    with pytest.raises(error) as raised:
        decoded(entry, data)
    assert raised.type is error
    if entry.is_record:
        return
    with pytest.raises(error) as raised, lmpack.open(io.BytesIO(data), **entry.options) as file:
        file.read()
    assert raised.type is error
    output = tmp_path / "output"
    command = ["decompress", str(entry.path), "-o", str(output), *entry.arguments]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 1
    assert result.stderr.startswith("lmpack: ")
    assert not output.exists()


def test_every_kind_of_block_and_record_is_there() -> None:
    kinds, predictors, filters, lanes, flags = set(), set(), set(), set(), set()
    for entry in GOOD:
        if entry.is_record:
            continue
        file = io.BytesIO(entry.path.read_bytes())
        for index in read_indexes(file):
            header = index.header
            flags.add((len(header.fingerprints), header.of_tokens, header.prefix is not None))
            for place in index.blocks:
                block = read_block(file, place)
                kinds.add(block.kind)
                lanes.add(block.lanes_log2)
                if block.kind.is_mixed:
                    head, _ = PayloadHead.parse(block.payload)
                    predictors.add((block.kind, head.predictor, head.is_patch))
                    filters.add(FilterId(head.filter[0]) if head.filter else None)
    assert kinds == set(BlockKind)
    assert predictors >= {
        (kind, way, False) for kind in BlockKind if kind.is_mixed for way in Predictor
    }
    patches = {kind for kind, _, is_patch in predictors if is_patch}
    assert patches == {BlockKind.MIXED, BlockKind.ADAPTIVE}
    assert filters == {None, *FilterId}
    assert lanes >= {0, 1, 2, 4, 9}
    assert flags == {
        *((models, False, prefix) for models in range(3) for prefix in (False, True)),
        (1, True, False),
    }
    names = {entry.name for entry in GOOD}
    assert names >= {f"good/level-{level}.lmp" for level in LEVELS}


def test_every_kind_of_record_is_there() -> None:
    records = [LeanRecord.parse(entry.path.read_bytes()) for entry in GOOD if entry.is_record]
    assert {record.predictor for record in records} == {0, *Predictor}
    seen = {(record.has_models, record.checksum is not None) for record in records}
    assert seen == {(a, b) for a in (False, True) for b in (False, True)}
    assert any(record.stride for record in records)
    assert any(record.length == 0 for record in records)


def test_a_model_that_was_shipped_once_stays_loadable() -> None:
    for fingerprint, name in models().items():
        bundle = find_bundle(bytes.fromhex(fingerprint)[:8])
        assert bundle.fingerprint.hex() == fingerprint, f"{name} is another one"


def test_every_model_that_is_shipped_is_on_the_list() -> None:
    assert {bundle.fingerprint.hex() for bundle in list_models()} <= models().keys()
