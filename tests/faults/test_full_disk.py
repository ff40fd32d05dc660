"""A disk, a quota or a device that takes no more: one line, and nothing half is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_kinds import SCENARIOS
from fault_scenarios import Scenario, complaints, leftovers
from faults import FaultServer

DISK_BYTES = 32 << 10
"""Of the small disk: the smallest that holds what the scenarios read, and not all they write."""
LARGEST_FILE = 1500
"""Bytes: below the largest file of the scenarios, whichever way it is converted."""

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory of DISK_BYTES."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"a small disk cannot be mounted: {error}")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@each_scenario
def test_a_full_disk(server: FaultServer, small_disk: Path, scenario: Scenario) -> None:
    files = small_disk / "files"
    scenario.prepare(files)
    filling = small_disk / "filling"
    with filling.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(512))
    run = server.run(scenario.arguments(files), files)
    assert run.status == 1
    assert "No space left on device" in run.stderr
    assert complaints(run, len(scenario.contents) + 1) == []
    assert scenario.losses(files, run.status) + leftovers(files) == []
    filling.unlink()
    assert server.run(scenario.arguments(files), files).status == 0
    assert scenario.losses(files, 1) + leftovers(files) == []


@each_scenario
def test_a_limit_on_the_size_of_files(
    server: FaultServer, tmp_path: Path, scenario: Scenario
) -> None:
    scenario.prepare(tmp_path)
    run = server.run(scenario.arguments(tmp_path), tmp_path, file_size=LARGEST_FILE)
    assert run.status == 1
    assert "File too large" in run.stderr
    assert complaints(run, len(scenario.contents) + 1) == []
    assert scenario.losses(tmp_path, run.status) + leftovers(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [["compress", "-1", "-c", "noise"], ["decompress", "-c", "noise.lmp"], ["info", "noise.lmp"]],
    ids=lambda arguments: arguments[0],
)
def test_standard_output_that_is_full(
    server: FaultServer, tmp_path: Path, arguments: list[str]
) -> None:
    for command in ("compress", "decompress"):
        Scenario(command).prepare(tmp_path / command)
    *options, name = arguments
    folder = tmp_path / ("compress" if name == "noise" else "decompress")
    run = server.run([*options, str(folder / name)], folder, stdout="/dev/full")
    assert run.status == 1
    assert "No space left on device" in run.stderr
    assert complaints(run, 1) == []
    assert (folder / name).exists()
