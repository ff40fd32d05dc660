"""What the command is doing when a fault meets it, and what has to be there afterwards."""

from __future__ import annotations

import functools
import shutil
import signal
from pathlib import Path
from typing import NamedTuple

import inputs
from faults import Fault, FaultServer, Run

import lmpack

CONTENTS = {
    "text": inputs.TEXT * 4,
    "noise": inputs.NOISE,
    "sub/empty": b"",
    "sub/words": inputs.SENTENCES[:900],
}
ONE = "noise"
OLD = b"what was there before"
ALLOWED_STATUS = (0, 1, 2)


@functools.cache
def compressed(content: bytes) -> bytes:
    """As the command compresses it."""
    return lmpack.compress(content, level=1, threads=1)


@functools.cache
def packed(content: bytes) -> bytes:
    """Compressed in several containers, to have several blocks."""
    half = len(content) // 2
    pieces = [content[:half], content[half:]] if half else [content]
    return b"".join(map(compressed, pieces))


class Scenario(NamedTuple):
    """A call of the command.

    Attributes:
        command: compress or decompress.
        is_batch: a folder into another one; otherwise one file next to itself.
        removes: with --rm.
        replaces: with -f over outputs that exist.
    """

    command: str
    is_batch: bool = False
    removes: bool = False
    replaces: bool = False

    def __str__(self) -> str:
        marks = {"-r": self.is_batch, "--rm": self.removes, "-f": self.replaces}
        return " ".join([self.command, *(mark for mark, is_set in marks.items() if is_set)])

    @property
    def contents(self) -> dict[str, bytes]:
        """Plain content of all files by name."""
        return CONTENTS if self.is_batch else {ONE: CONTENTS[ONE]}

    def names(self, name: str) -> tuple[str, str]:
        """Where a file is read from and written to."""
        suffixes = ("", ".lmp") if self.command == "compress" else (".lmp", "")
        folders = ("in/", "out/") if self.is_batch else ("", "")
        source, output = (folder + name + s for folder, s in zip(folders, suffixes, strict=True))
        return source, output

    def prepare(self, folder: Path) -> None:
        """Lay out the files in an empty folder."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in self.contents.items():
            source, output = (folder / path for path in self.names(name))
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(content if self.command == "compress" else packed(content))
            if self.replaces:
                output.parent.mkdir(parents=True, exist_ok=True)
                output.write_bytes(OLD)

    def arguments(self, folder: Path) -> list[str]:
        """Of the command. What was done already is no error: it may run a second time."""
        source, _ = self.names(ONE)
        files = ["-r", f"{folder}/in", "-o", f"{folder}/out"] if self.is_batch else []
        return [
            self.command, "-q", "-T1", "--resume",
            *(["-1"] if self.command == "compress" else []),
            *(["--rm"] if self.removes else []),
            *(["-f"] if self.replaces else []),
            *(files or [f"{folder}/{source}"]),
        ]  # fmt: skip

    def losses(self, folder: Path, status: int) -> list[str]:
        """What is missing or not whole, after the command ended with an exit code."""
        found = []
        for name, content in self.contents.items():
            source, output = (folder / path for path in self.names(name))
            kept = content if self.command == "compress" else packed(content)
            is_done = output.exists() and self._is_output(output.read_bytes(), content)
            if source.exists() and source.read_bytes() != kept:
                found.append(f"{source.name} was changed")
            if not source.exists() and not (self.removes and is_done):
                found.append(f"{source.name} is lost")
            if output.exists() and not is_done:
                is_old = self.replaces and output.read_bytes() == OLD
                if not is_old or status == 0:
                    found.append(f"{output.name} is not whole")
            if status == 0 and not is_done:
                found.append(f"{output.name} is missing, which was called a success")
            if status == 0 and self.removes and source.exists():
                found.append(f"{source.name} was not removed, which was called a success")
        return found

    def _is_output(self, found: bytes, content: bytes) -> bool:
        if self.command == "decompress":
            return found == content
        return found == compressed(content)


def leftovers(folder: Path) -> list[str]:
    """Temporary files that are there."""
    return [f"{path.name} is left" for path in folder.rglob(".lmpack-*")]


def complaints(run: Run, most_lines: int, sent: int = 0) -> list[str]:
    """What is wrong with how the command ended and what it said.

    Args:
        run: what it did.
        most_lines: of errors.
        sent: signal that it was sent; 0 for none. Whom a signal ends need not say anything.
    """
    found = ["it hung"] if run.hung else []
    lines = run.stderr.splitlines()
    if "Traceback" in run.stderr:
        found.append(f"a traceback: {lines[-1]}")
    elif run.status not in (0, -sent) and not 1 <= len(lines) <= most_lines:
        found.append(f"{len(lines)} lines of errors: {run.stderr[:300]!r}")
    if run.status not in (*ALLOWED_STATUS, -sent):
        found.append(f"status {run.status}")
    return found


def run_with_fault(
    server: FaultServer, scenario: Scenario, folder: Path, fault: Fault, nth: int
) -> tuple[bool, list[str]]:
    """Run a scenario with a fault, then once more without.

    Returns:
        Whether the program met its n-th call, and all that is wrong.
    """
    scenario.prepare(folder)
    run = server.run(scenario.arguments(folder), folder, fault, nth)
    # What cannot be deleted stays until the next run.
    may_leave = fault.call == "unlink" or fault.signal == signal.SIGKILL
    found = what_is_wrong(server, scenario, folder, run, sent=fault.signal, may_leave=may_leave)
    return run.met >= nth, found


def run_and_kill(
    server: FaultServer, scenario: Scenario, folder: Path, seconds: float, number: int
) -> list[str]:
    """All that is wrong after a scenario is killed, and after a second run.

    Args:
        server: runs it.
        scenario: what is run.
        folder: for its files.
        seconds: after which the signal is sent.
        number: of the signal.
    """
    scenario.prepare(folder)
    run = server.run(scenario.arguments(folder), folder, kill=(seconds, number))
    if number == signal.SIGINT:
        # An interruption before the command's own first line is told by Python, as a traceback.
        run = run._replace(stderr="interrupted")
    return what_is_wrong(
        server, scenario, folder, run, sent=number, may_leave=number == signal.SIGKILL
    )


def what_is_wrong(
    server: FaultServer,
    scenario: Scenario,
    folder: Path,
    run: Run,
    *,
    sent: int = 0,
    may_leave: bool = False,
) -> list[str]:
    """All that is wrong after a run, and after a second one.

    Args:
        server: for the second run.
        scenario: what was run.
        folder: its files.
        run: what it did.
        sent: signal that it was sent; 0 for none.
        may_leave: whether temporary files may be there until the second run.
    """
    # A batch says one line for each file, and a summary.
    found = complaints(run, len(scenario.contents) + 1, sent)
    found += scenario.losses(folder, run.status)
    if not may_leave:
        found += leftovers(folder)
    return found + _second_run(server, scenario, folder)


def _second_run(server: FaultServer, scenario: Scenario, folder: Path) -> list[str]:
    """What is wrong after the same command again, without a fault."""
    if not any((folder / scenario.names(name)[0]).exists() for name in scenario.contents):
        return leftovers(folder)
    run = server.run(scenario.arguments(folder), folder)
    found = [] if run.status == 0 else [f"status {run.status}: {run.stderr[:300]}"]
    for name in scenario.contents:
        output = folder / scenario.names(name)[1]
        found += [] if output.exists() else [f"{output.name} is missing"]
    # That a source stays whose output was there already is no loss.
    found += scenario.losses(folder, max(run.status, 1)) + leftovers(folder)
    return [f"second run: {fault}" for fault in found]
