"""What pages say of parts of predictors, of what repeats and of the choice, from made-up rows."""

from __future__ import annotations

from typing import Any

from benchmarks.pages import command, copies, kinds_reasons, mixing_parts, patches
from benchmarks.record import environment


def test_parts_have_their_times_and_those_below_zero_are_left_out_together() -> None:
    one = {
        "whole": {"a.txt": 1000, "b.txt": 500},
        "without": {"word": {"a.txt": 1010, "b.txt": 500}, "field": {"a.txt": 990}},
        "negative": ["field"],
        "together": {"a.txt": 980, "b.txt": 500},
        "whole_s": {"a.txt": [0.010, 0.012, 0.010], "b.txt": [0.010, 0.010, 0.010]},
        "without_s": {"word": {"a.txt": 0.009, "b.txt": 0.007}, "field": {"a.txt": 0.010}},
    }
    result = {"limit": 1000, "environment": environment(), "predictors": {"strong": one}}
    page = mixing_parts.changes(result)
    assert "| part | strong | us |" in page
    assert "| word | +0.50; a +1.0 | 2.00 |" in page
    assert "Without the 1 part of strong" in page
    assert "by -1.00 % on average, b.txt by +0.00 and a.txt by -2.00 %" in page
    del one["without_s"]
    assert "| word | +0.50; a +1.0 |\n" in mixing_parts.changes(result)


def test_times_have_both_ways_where_they_were_measured() -> None:
    speeds = [
        {"predictor": name, "kernels": "avx2", "microseconds": 2.0}
        for name in ("light", "full", "strong")
    ]
    result = {"environment": environment(), "speeds": speeds}
    assert "| full | 2.00 |\n" in mixing_parts.times(result)
    assert "light, which has 0.50" in mixing_parts.times(result)
    ways = [{"predictor": row["predictor"], "encode": 2.0, "decode": 2.5} for row in speeds]
    assert "| full | 2.00 | 2.00 | 2.50 | 1.25 |" in mixing_parts.times(
        result | {"both_ways": ways}
    )


def test_what_repeats_is_told_from_what_is_mixed() -> None:
    one = {"bytes": 1_000_000, "size": 9, "encode_s": 2.0, "decode_s": 1.0}
    ten = {"bytes": 10_000_000, "size": 9, "encode_s": 4.1, "decode_s": 2.05}
    rows = {"zeros": one, "one folder": one, "10 folders": ten}
    page = copies.repeats({"environment": environment(), "level": 2, "repeats": rows})
    assert "| 10 folders | 10,000,000 | 9 | 4.10 | 2.4 | 2.05 | 4.9 |" in page
    assert "10 folders (2 mixed): 80 MB/s in, 160 MB/s out" in page
    assert copies.repeats({"environment": environment()}) == ""


def test_the_choice_is_named_for_the_longest_pieces() -> None:
    rows = [
        {"level": level, "content": "prose", "bytes": size, "whole": 2.0, "coding": coding}
        for level, size, coding in ((1, 2000, 1.0), (1, 9000, 1.9), (2, 9000, 1.98))
    ]
    page = command.choice({"environment": environment(), "rows": rows})
    assert "at the levels -1, -2: prose (9,000 bytes) 5, 1." in page


def test_reasons_are_given_where_they_are_needed_only() -> None:
    assert kinds_reasons.odd_files([], {}) == []
    assert kinds_reasons.where_the_anchor_wins("p", {}) == ""
    packed, larger = kinds_reasons.odd_files([kinds_reasons.PACKED], {kinds_reasons.FAX: 0.36})
    assert "ZIP" in packed
    assert "fax-pic.raw by 0.4 %. Of such a picture" in larger
    assert "a (+1.5 %)" in kinds_reasons.where_the_anchor_wins("p", {"a": 1.5})
    assert kinds_reasons.failures({"p": ["a", "b"]}).startswith("p failed on a, b: ")


def test_a_reason_stands_only_where_a_patch_is_lost() -> None:
    def rows(other: int) -> list[dict[str, Any]]:
        programs = {"lmpack -6": {"size": 10, "payload": 1}, "bsdiff": {"size": other}}
        return [{"title": "click.tar 8.1.6 - 8.1.7", "programs": programs}]

    assert patches._is_lost(rows(9), "click.tar")
    assert not patches._is_lost(rows(11), "click.tar")
    assert not patches._is_lost(rows(9), "flask.tar")
