"""Choosing a prefix out of samples."""

from __future__ import annotations

from typing import Any

import pytest
from trees import text

import lmpack
from lmpack._blocks import prefix_training

KINDS = (
    b'{"event": "login", "user": %d, "at": "2026-05-01T12:%02d"}\n',
    b'{"event": "logout", "user": %d, "after": %d}\n',
    b"WARN disk %d of the store is nearly full: %d %% are taken\n",
)


def samples(number: int) -> list[bytes]:
    """Lines of three kinds, each kind in a part of its own."""
    return [KINDS[3 * n // number] % (7 * n, n % 60) for n in range(number)]


def test_records_of_all_kinds_are_smaller_than_behind_the_last_lines() -> None:
    lines = samples(300)
    trained = lmpack.train_prefix(lines, 512)
    assert len(trained) == 512
    sizes = [
        sum(len(lmpack.RecordCodec(lmpack.Prefix(prefix)).compress(line)) for line in lines[::9])
        for prefix in (trained, b"".join(lines)[-512:])
    ]
    assert sizes[0] < 0.8 * sizes[1]


def test_what_most_have_comes_last_and_what_one_has_alone_first() -> None:
    often = [b"the same words, and the number %d" % n for n in range(20)]
    alone = bytes(range(128, 190))
    trained = lmpack.train_prefix([alone, *often], 2000)
    assert trained.startswith(alone)
    assert len(trained) == sum(map(len, [alone, *often]))


def test_the_same_samples_give_the_same_bytes_whatever_holds_them() -> None:
    lines = samples(60)
    assert lmpack.train_prefix(map(bytearray, lines), 300) == lmpack.train_prefix(lines, 300)


@pytest.mark.parametrize("size", [1, 5, 1024, 1500])
def test_long_samples_are_taken_in_pieces(size: int) -> None:
    whole = text(5000)
    assert len(lmpack.train_prefix([whole, whole[:3000]], size)) == size


def test_samples_without_anything_in_common_are_taken_all_the_same() -> None:
    assert sorted(lmpack.train_prefix([b"a", b"", b"b"])) == sorted(b"ab")


def test_of_many_samples_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefix_training, "_MOST", 1000)
    trained = lmpack.train_prefix([b"%09d\n" % n for n in range(300)])
    numbers = sorted(map(int, trained.split()))
    assert numbers == list(range(2, 300, 3))


@pytest.mark.parametrize(
    ("given", "size", "said"),
    [
        ([], 100, "no byte in the samples"),
        ([b""], 100, "no byte in the samples"),
        (b"all in one", 100, "in a list"),
        (["words"], 100, "must be bytes or a buffer, not str"),
        (5, 100, "must be several, in a list"),
        ([b"x"], 0, "at least 1, not 0"),
        ([b"x"], True, "at least 1, not True"),
    ],
)
def test_bad_arguments(given: Any, size: Any, said: str) -> None:
    with pytest.raises(lmpack.UsageError, match=said):
        lmpack.train_prefix(given, size)
