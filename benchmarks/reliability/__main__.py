"""Attack lmpack in many ways, and count what held.

    python -m benchmarks.reliability [--minutes N] [--only NAME...] [--result FILE]

One line for each attack. All of them go into benchmarks/results/reliability.json, of which
docs/reliability.md makes its table; with --only nothing is written without --result. Ends with 1
if a case failed. Needs what the tests need.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.places import RESULTS, ROOT
from benchmarks.record import environment
from benchmarks.reliability import (
    bit_flips,
    blocks,
    bombs,
    bundles,
    concurrency,
    cuts,
    failing_calls,
    fields,
    fuzzing,
    kills,
    leak,
    round_trips,
)
from benchmarks.reliability.tally import Setting, Tally


@dataclasses.dataclass(frozen=True)
class Attack:
    """An attack and its place in the plan.

    Attributes:
        title: in the table.
        run: makes it.
        share: of the time of all attacks, that it may take at most.
    """

    title: str
    run: Callable[[Setting], Tally]
    share: float


ATTACKS = {
    "round_trips": Attack("contents of many kinds, undamaged", round_trips.attack, 0.1),
    "bit_flips": Attack("bit flips", bit_flips.attack, 0.12),
    "cuts": Attack("cuts, deletions, insertions, exchanges", cuts.attack, 0.14),
    "blocks": Attack("blocks swapped, repeated, missing", blocks.attack, 0.04),
    "fields": Attack("hostile fields with right checksums", fields.attack, 0.14),
    "bundles": Attack("hostile bundles", bundles.attack, 0.12),
    "bombs": Attack("bombs", bombs.attack, 0.04),
    "kills": Attack("kills", kills.attack, 0.1),
    "failing_calls": Attack("failing calls", failing_calls.attack, 0.12),
    "concurrency": Attack("concurrency", concurrency.attack, 0.02),
    "leak": Attack("leak over 10,000 calls", leak.attack, 0.06),
    "fuzzing": Attack("fuzz runs", fuzzing.attack, 0.0),
}
DEFAULT_MINUTES = 40.0
"""An upper bound, for a busy machine: on two free cores it takes less."""


def run(attacks: Mapping[str, Attack], seconds: float, folder: Path) -> list[dict[str, Any]]:
    """Make attacks; one that fails does not stop the others.

    Args:
        attacks: by name.
        seconds: for all of ATTACKS; each gets its share.
        folder: for their files.
    """
    model = folder / "model"
    write_small_model(model)
    records = []
    for name, attack in attacks.items():
        (folder / name).mkdir()
        started = time.monotonic()
        try:
            tally = attack.run(Setting(folder / name, seconds * attack.share, model))
        except Exception:
            tally = Tally()
            tally.fail(f"the attack itself failed: {traceback.format_exc()[-300:]}")
        record = {"name": name, "title": attack.title, **tally.record()}
        record["seconds"] = round(time.monotonic() - started, 1)
        records.append(record)
        print(line(record), flush=True)
    return records


def write_small_model(folder: Path) -> None:
    """Write a random model, by another process."""
    command = [sys.executable, "-m", "benchmarks.reliability.small_model", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)


def line(record: dict[str, Any]) -> str:
    """What is printed of an attack."""
    if record["left_out"]:
        return f"{record['title']}: left out: {record['left_out']}"
    good = record["cases"] - record["failed"]
    text = f"{record['title']}: {record['cases']:,} cases, {good:,} detected or held, "
    text += f"{record['failed']:,} failed ({record['seconds']:.0f} s)"
    if not record["is_complete"]:
        text += ", not all for lack of time"
    return "\n    ".join([text, *record["examples"][:3]])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reliability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--minutes", type=float, default=DEFAULT_MINUTES, help="at most (default: %(default)s)")
    add("--only", nargs="+", choices=ATTACKS, help="only these attacks")
    add("--result", type=Path, help="file that is written")
    options = parser.parse_args(arguments)
    result: dict[str, Any] = {"environment": environment()}
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # Proofs that hostile models conform are not for the user's own memory.
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        chosen = {name: ATTACKS[name] for name in options.only or ATTACKS}
        result["attacks"] = run(chosen, 60 * options.minutes, Path(folder))
    result["seconds"] = round(time.monotonic() - started)
    # The page's table is of all attacks: some of them must not take its place.
    place = options.result or (None if options.only else RESULTS / "reliability.json")
    if place:
        place.write_text(json.dumps(result, indent=1) + "\n")
    failed = sum(record["failed"] for record in result["attacks"])
    print(f"{failed:,} cases failed" if failed else "all held")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
