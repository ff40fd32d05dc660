"""The fuzz targets over their corpora and a fixed number of mutations of them."""

from __future__ import annotations

import os
import re
import tracemalloc
from pathlib import Path

import archive_target
import bundle_target
import container_target
import pytest
from containers import container, raw_block
from mutations import mutations
from targets import CORPORA, CPP_CORPORA, TARGETS, corpus

LARGEST_FILE = 4096
LARGEST_CORPUS = 200_000
MUTATIONS = {"archive": 120, "container": 400, "bundle": 150}
MEMORY = 32 * 2**20
"""Bytes that a run takes at most: the inputs are small, whatever they claim."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_corpus_and_mutations_of_it_pass(name: str) -> None:
    run = TARGETS[name].run
    inputs = corpus(name)
    assert inputs
    for data in (b"", *inputs, *mutations(inputs, MUTATIONS[name], seed=1)):
        try:
            run(data)
        except Exception as error:
            raise AssertionError(f"the target {name} fails for {data.hex()}") from error


@pytest.mark.parametrize("name", TARGETS)
def test_memory_is_bounded(name: str) -> None:
    tracemalloc.start()
    try:
        for data in mutations(corpus(name), 40, seed=2):
            TARGETS[name].run(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY


@pytest.mark.parametrize(
    "corpus", [*CORPORA.iterdir(), *CPP_CORPORA.iterdir()], ids=os.path.basename
)
def test_corpora_stay_small(corpus: Path) -> None:
    sizes = [path.stat().st_size for path in corpus.iterdir()]
    assert max(sizes) < LARGEST_FILE
    assert sum(sizes) < LARGEST_CORPUS


def test_every_target_has_a_corpus() -> None:
    cpp = re.search(r"IN ITEMS (.*)\)", (CPP_CORPORA.parent / "CMakeLists.txt").read_text())
    assert cpp is not None
    assert {path.name for path in CPP_CORPORA.iterdir()} == set(cpp[1].split())
    assert {path.name for path in CORPORA.iterdir()} == TARGETS.keys()


def test_the_corpora_reach_what_they_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some containers are read and decoded, some bundles come as far as their conformance, and
    some archives have members.
    """
    files = [container([raw_block(archive_target.archive(data))]) for data in corpus("archive")]
    assert any(archive_target.members(file, whole=True) for file in files)
    read = [container_target.read_forward(data[1:]) for data in corpus("container")]
    assert any(blocks for blocks in read)
    loaded = []
    monkeypatch.setattr(bundle_target, "open_executor", lambda *given: loaded.append(given))
    for data in corpus("bundle"):
        bundle_target.run(data)
    assert loaded


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_the_container_target_notices(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that loses or changes blocks is found."""
    read = container_target.read_forward

    def wrong(file: bytes) -> container_target.Blocks | None:
        blocks = read(file)
        if damage == "lost" or not blocks:
            return blocks[:-1] if blocks else blocks
        return [blocks[0], *blocks]

    monkeypatch.setattr(container_target, "read_forward", wrong)
    with pytest.raises(AssertionError, match="the same blocks"):
        for data in corpus("container"):
            container_target.run(data)


def test_mutations_depend_on_the_seed_alone() -> None:
    def some(seed: int) -> list[bytes]:
        return list(mutations([b"abc", b"", bytes(99)], 20, seed))

    assert some(1) == some(1) != some(2)
