"""Code as users write it, which type checkers have to accept; test_typing.py checks and runs it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import mmap
import os
import pickle
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import IO, BinaryIO, TextIO

import numpy as np
import numpy.typing as npt

import lmpack


def opened_in_a_mode_of_a_variable(path: Path, mode: str) -> bool:
    with lmpack.open(path, mode) as file:
        return file.closed


def chosen_by_name(path: str) -> IO[bytes]:
    return lmpack.open(path) if path.endswith(".lmp") else open(path, "rb")


def like_gzip(path: str) -> gzip.GzipFile | lmpack.LmpackFile:
    return gzip.open(path, "rb") if path.endswith(".gz") else lmpack.open(path, "rb")


def as_a_binary_file(path: Path) -> BinaryIO:
    return lmpack.open(path)


def as_a_text_file(path: bytes) -> TextIO:
    return lmpack.open(path, "rt", encoding="utf-8")


def wrapped_in_text(path: os.PathLike[str]) -> list[str]:
    with io.TextIOWrapper(lmpack.open(path), encoding="utf-8") as text:
        return list(text)


def wrapped_in_buffers(path: Path) -> bytes:
    with lmpack.LmpackFile(path, "rb") as file, io.BufferedReader(file) as buffered:
        return buffered.peek(3)[:3]


def from_any_stream(stream: IO[bytes]) -> bytes:
    with lmpack.open(stream) as file:
        return file.read()


def from_what_reads(stream: io.RawIOBase | io.BufferedReader | io.BytesIO) -> bytes:
    sink = io.BytesIO()
    lmpack.decompress_stream(stream, sink, max_size=1 << 20)
    with lmpack.open(stream) as file:
        return sink.getvalue() + file.readline()


def of_an_array(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.frombuffer(lmpack.decompress(lmpack.compress(values)), np.float64)


def of_a_map(path: Path) -> bytes:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return lmpack.compress(mapped)


def rows_of_a_table(path: Path) -> list[list[str]]:
    with lmpack.open(path, "wt", newline="") as file:
        csv.writer(file).writerow(["a", "b"])
    with lmpack.open(path, "rt", newline="") as file:
        return list(csv.reader(file))


def json_and_back(path: Path, value: object) -> object:
    with lmpack.open(path, "wt") as file:
        json.dump(value, file)
    with lmpack.open(path, "rb") as file:
        loaded: object = json.load(file)
    return loaded


def pickled_and_back(path: Path, value: object) -> object:
    with lmpack.open(path, "wb") as file:
        pickle.dump(value, file)
    with lmpack.open(path) as file:
        loaded: object = pickle.load(file)
    return loaded


def names_in_an_archive(path: Path, member: Path) -> list[str]:
    with lmpack.open(path, "wb") as file, tarfile.open(fileobj=file, mode="w|") as archive:
        archive.add(member, "member")
    with lmpack.open(path) as file, tarfile.open(fileobj=file) as archive:
        return archive.getnames()


def members_of_a_zip(path: Path) -> list[str]:
    with lmpack.open(path, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("member", b"content")
    with lmpack.open(path) as file, zipfile.ZipFile(file) as archive:
        return archive.namelist()


def copied(path: Path, target: Path) -> int:
    with lmpack.open(path) as file, target.open("wb") as sink:
        shutil.copyfileobj(file, sink)
        return file.tell()


def lines_and_name(path: Path) -> tuple[list[bytes], str]:
    with lmpack.open(path) as file:
        name: str = file.name
        return [line.rstrip() for line in file], name


def as_text_or_bytes(path: Path, binary: bool) -> bytes | str:
    if binary:
        with lmpack.open(path, "rb") as file:
            return file.read()
    with lmpack.open(path, "rt", errors="replace") as text:
        return text.read()
