"""The folder of frozen files: what its tables say of each, and the list of digests."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import lmpack

FOLDER = Path(__file__).parents[1] / "golden" / "files"
README = FOLDER / "README.md"
DIGESTS = FOLDER / "SHA256SUMS"
MODELS = FOLDER / "MODELS"

_LINE = re.compile(
    r"\| `(?P<name>[a-z]+/[^`]+)` \| (?P<fact>.*) \| (?P<needs>.*) \| (?P<reason>.+) \|"
)


class Frozen(NamedTuple):
    """A line of a table.

    Attributes:
        name: folder and name of the file.
        fact: the file with its content, or how many zeros it holds; or the class of its error.
        needs: what it is decoded with: nothing, "prefix NAME", "model NAME" or both.
        reason: why it is there.
    """

    name: str
    fact: str
    needs: str
    reason: str

    def __str__(self) -> str:
        return f"| `{self.name}` | {self.fact} | {self.needs} | {self.reason} |"

    @property
    def path(self) -> Path:
        """The file."""
        return FOLDER / self.name

    @property
    def content(self) -> bytes:
        """What a good one holds."""
        if self.fact.endswith(" zeros"):
            return bytes(int(self.fact.split()[0]))
        return (FOLDER / self.fact).read_bytes()

    @property
    def is_record(self) -> bool:
        """Whether it is a lean record, and no file of containers."""
        return self.name.endswith(".record")

    @property
    def options(self) -> dict[str, Any]:
        """The arguments `prefix` and `model` of what decodes it."""
        found: dict[str, Any] = {}
        for need in filter(None, self.needs.split(", ")):
            option, name = need.split()
            if option == "prefix":
                found[option] = lmpack.Prefix((FOLDER / name).read_bytes())
            elif (FOLDER / name).is_dir():
                found[option] = FOLDER / name
            else:
                found[option] = tuple(name.split("+"))
        return found

    @property
    def arguments(self) -> list[str]:
        """The same for the command."""
        found = []
        for need in filter(None, self.needs.split(", ")):
            option, name = need.split()
            found += [f"--{option}", str(FOLDER / name) if (FOLDER / name).exists() else name]
        return found


def frozen(folder: str) -> list[Frozen]:
    """What the README says of the files of a folder: good, bad or unsupported."""
    lines = map(_LINE.fullmatch, README.read_text(encoding="utf-8").splitlines())
    found = [Frozen(**line.groupdict()) for line in lines if line]
    return [entry for entry in found if entry.name.startswith(f"{folder}/")]


def stored() -> set[str]:
    """All files that are there, but those that tell of the others."""
    paths = (path for path in FOLDER.rglob("*") if path.is_file())
    return {str(path.relative_to(FOLDER)) for path in paths} - {
        path.name for path in (README, DIGESTS, MODELS)
    }


def digest_of(name: str) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()


def listed() -> dict[str, str]:
    """The digest of each file, as the list has it."""
    return {name: digest for digest, name in _pairs(DIGESTS)}


def models() -> dict[str, str]:
    """By fingerprint (hex): the names of all models that were ever shipped."""
    return dict(_pairs(MODELS)) if MODELS.exists() else {}


def _pairs(path: Path) -> list[list[str]]:
    return [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
