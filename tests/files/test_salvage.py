"""Salvaging: whole blocks in their places, never a wrong byte, and all that is lost is named."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from block_sizes import set_block_size
from salvaging import BLOCK, Sample, check_in_place, mixed_content, salvage, sample

import lmpack
from lmpack import Damage, Options
from lmpack._blocks.coders import Decoder
from lmpack._container import Block, BlockKind, Names
from lmpack._container.remnant import Remnant
from lmpack._files.salvage import _Guess

pytestmark = pytest.mark.usefixtures("fake_models")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    set_block_size(monkeypatch, BLOCK)


ADAPTIVE, MODEL = Options(level=1), Options(level=6, mixing=False)


PAIR = Options(level=6, model=("base", "small"))


@pytest.fixture(params=[ADAPTIVE, MODEL, PAIR], ids=["adaptive", "model", "two models"])
def one(request: pytest.FixtureRequest) -> Sample:
    return sample(mixed_content(1), options=request.param)


@pytest.fixture
def two() -> Sample:
    return sample(mixed_content(1), mixed_content(7), options=MODEL)


def second_container(two: Sample) -> int:
    return lmpack.describe(io.BytesIO(two.packed))[1].offset


def flipped(data: bytes, place: int, mask: int = 0xFF) -> bytes:
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


def touched(sample_: Sample, place: int) -> set[int]:
    """Numbers of the blocks that hold a byte of the file."""
    return {number for number, (where, _) in enumerate(sample_.blocks) if place in where}


def test_a_whole_file_loses_nothing(two: Sample) -> None:
    content, found = salvage(two.packed + bytes(100))
    assert content == two.plain
    assert found.damage == ()
    assert found.is_complete
    assert salvage(lmpack.compress(b""))[1].is_complete


@pytest.mark.parametrize(
    "mask",
    [0xFF, pytest.param(0x01, marks=pytest.mark.slow), pytest.param(0x80, marks=pytest.mark.slow)],
)
def test_a_changed_byte_costs_at_most_its_block(one: Sample, mask: int) -> None:
    for place in range(len(one.packed)):
        content, found = salvage(flipped(one.packed, place, mask))
        check_in_place(one, content, touched(one, place))
        assert found.damage
        assert found.is_complete == (content == one.plain)


def test_a_changed_byte_of_one_of_several_containers_costs_at_most_its_block(two: Sample) -> None:
    for place in range(len(two.packed)):
        content, found = salvage(flipped(two.packed, place))
        check_in_place(two, content, touched(two, place))
        assert found.damage


def test_a_changed_byte_and_no_index(one: Sample) -> None:
    """A block behind the damaged one is found if the damaged head still leads to it."""
    end = one.blocks[-1][0].stop
    damaged_head = {where.start + place for where, _ in one.blocks for place in range(3)}
    for place in sorted(set(range(end)) - damaged_head):
        content, found = salvage(flipped(one.packed, place)[:end])
        assert not found.is_complete
        assert found.damage[-1].length is None
        last = touched(one, place) == {len(one.blocks) - 1}
        check_in_place(one, content + bytes(len(one.plain) - len(content)), touched(one, place))
        assert len(content) == one.blocks[-1 - last][1].stop
    for number, (where, place_) in enumerate(one.blocks[1:], start=1):
        content, found = salvage(flipped(one.packed, where.start)[:end])
        assert content == one.plain[: place_.start]
        assert [(damage.block, damage.length) for damage in found.damage] == [(number, None)]


def test_every_cut_leaves_the_blocks_before_it(one: Sample) -> None:
    for size in range(len(one.packed)):
        whole = [place.stop for where, place in one.blocks if where.stop <= size]
        if not whole:
            with pytest.raises(lmpack.TruncatedError):
                salvage(one.packed[:size])
            continue
        content, found = salvage(one.packed[:size])
        assert content == one.plain[: whole[-1]]
        assert found.damage
        if size < one.blocks[-1][0].stop:
            assert found.damage[-1].length is None


def test_missing_bytes_cost_the_blocks_that_they_were_of(one: Sample) -> None:
    first, last = one.blocks[0][0], one.blocks[-1][0]
    for start in range(first.start, last.start):
        damaged = one.packed[:start] + one.packed[start + 5 :]
        content, _ = salvage(damaged)
        check_in_place(one, content, touched(one, start) | touched(one, start + 4))


def test_zeros_over_the_start_of_a_file(two: Sample) -> None:
    """The header and the first block are gone, but the index leads to the others."""
    content, found = salvage(bytes(30) + two.packed[30:])
    check_in_place(two, content, {0})
    assert [damage.length for damage in found.damage] == [0, BLOCK]


def test_damaged_header_and_index_together(one: Sample) -> None:
    damaged = flipped(flipped(one.packed, 7), len(one.packed) - 1)
    content, found = salvage(damaged)
    assert content == one.plain
    assert found.is_complete
    assert ["header" in str(d) or "index" in str(d) for d in found.damage] == [True, True]


def test_after_a_head_that_leads_nowhere_it_goes_on_at_the_next_container(two: Sample) -> None:
    """The index of the first container and the head of its second block are damaged."""
    second = second_container(two)
    damaged = flipped(flipped(two.packed, second - 1), two.blocks[1][0].start, 0x07)
    content, found = salvage(damaged)
    assert content == two.plain[:BLOCK] + two.plain[len(two.plain) // 2 :]
    (damage,) = found.damage
    assert (damage.block, damage.start, damage.length) == (1, BLOCK, None)
    assert "more may be lost" in str(damage)


def test_a_missing_index_in_the_middle(two: Sample) -> None:
    end, second = two.blocks[2][0].stop, second_container(two)
    content, found = salvage(two.packed[:end] + two.packed[second:])
    assert content == two.plain
    assert [(damage.block, damage.length) for damage in found.damage] == [(3, None)]


def test_lost_blocks_can_be_left_out(one: Sample) -> None:
    where, place = one.blocks[1]
    damaged = flipped(one.packed, where.stop - 3)
    content, found = salvage(damaged, holes=False)
    assert content == one.plain[: place.start] + one.plain[place.stop :]
    (damage,) = found.damage
    assert damage == Damage(where.start, 1, place.start, BLOCK, damage.reason)
    assert str(damage).endswith(f"bytes {BLOCK} to {2 * BLOCK} of the content are lost")


def test_what_was_appended_is_named(one: Sample) -> None:
    content, found = salvage(one.packed + b"something else")
    assert content == one.plain
    assert "belong to no container" in found.damage[0].reason
    assert not found.is_complete


def test_without_a_whole_block_nothing_is_written(one: Sample) -> None:
    damaged = one.packed
    for where, _ in one.blocks:
        damaged = flipped(damaged, where.stop - 1)
    sink = io.BytesIO()
    with pytest.raises(lmpack.DamagedError, match="no block of the file is whole"):
        lmpack.salvage_stream(io.BytesIO(damaged), sink)
    for other in (b"some other file" * 9, b"", bytes(100)):
        with pytest.raises(lmpack.FormatError):
            lmpack.salvage_stream(io.BytesIO(other), sink)
    assert sink.getvalue() == b""


def test_a_damaged_header_needs_no_model_to_be_named() -> None:
    packed = lmpack.compress(mixed_content(2), model="tiny")
    for model in (None, "tiny"):
        content, found = salvage(flipped(packed, 6), model=model)
        assert content == mixed_content(2)
        assert found.is_complete
    with pytest.raises(lmpack.ModelError, match="was made with model"):
        salvage(packed, model="base")


def test_only_a_file_that_can_seek_is_salvaged() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(lmpack.UsageError, match="save the pipe to a file"):
        lmpack.salvage_stream(Pipe(b"x"), io.BytesIO())


def test_find_damage_is_the_list_alone(one: Sample) -> None:
    assert lmpack.find_damage(io.BytesIO(one.packed)) == ()
    damaged = flipped(one.packed, one.blocks[1][0].stop - 1)
    assert lmpack.find_damage(io.BytesIO(damaged)) == salvage(damaged)[1].damage


def test_guesses_are_read_where_no_other_thread_changes_them(one: Sample) -> None:
    class Watched(list):  # type: ignore[type-arg]
        def __iter__(self) -> Iterator[Names]:
            assert guess._lock.locked()
            return super().__iter__()

    guess = _Guess(Decoder(Options()))
    block = Block(BlockKind.MIXED, 0, 2, 0, b"x")
    remnant = Remnant(0, 10, 0, 0, 2, candidates=(block,))
    known = guess.of(remnant, block)
    assert known
    guess._possible[remnant.fingerprints, None] = Watched(known)
    assert guess.of(remnant, block) == known
