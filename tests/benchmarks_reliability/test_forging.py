"""Forged containers are lmpack's own where nothing is forged; the specimens are whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_models import ARCHITECTURES, random_bundle

import lmpack
from benchmarks.reliability import forging
from benchmarks.reliability.forging import Forged
from benchmarks.reliability.specimens import Specimen, specimens, tag_of
from lmpack._container import BlockKind


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> list[Specimen]:
    model = tmp_path_factory.mktemp("model")
    random_bundle(model, ARCHITECTURES["plain"])
    return specimens(Path(model))


def test_specimens_are_right_and_of_every_kind_of_models_of_bytes(chosen: list[Specimen]) -> None:
    for specimen in chosen:
        assert all(case.check() for case in specimen.cases("as it is", specimen.data))
        cut = specimen.cases("cut", specimen.data[:-1])
        for case in cut:
            with pytest.raises(lmpack.TruncatedError):
                case.check()
    kinds = {block.kind for specimen in chosen for _, block in specimen.blocks}
    assert kinds == {kind for kind in BlockKind if not kind.has_tokens_model}


def test_unchanged_fields_give_the_same_bytes(chosen: list[Specimen]) -> None:
    for specimen in chosen:
        if specimen.is_large:
            continue
        blocks = [
            Forged(tag_of(block), block.plain_length, block.payload, block.checksum)
            for _, block in specimen.blocks
        ]
        start = specimen.header
        assert forging.header(start[6:-4], flags=start[5]) == start
        assert forging.container(blocks, start) == specimen.data
