"""How bytes of one kind are made of those of another; each gives the same on every machine."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import struct
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lmpack._extras import import_extra

Row = Mapping[str, Any]

SQLITE_VERSION = slice(96, 100)
"""Where a SQLite file holds the version of the library that wrote it last: the only bytes in which
those of two versions differ here. They are set to zero."""


def pixels(picture: bytes, mode: str) -> bytes:
    """The samples of a picture of a format without loss, rows from top to bottom.

    Args:
        picture: a file that Pillow reads, of a lossless format: decoders of others round.
        mode: Pillow's name of the kind of pixels, such as "L" or "RGB".
    """
    with import_extra("PIL.Image", "pillow").open(io.BytesIO(picture)) as image:
        return bytes(image.convert(mode).tobytes())


def pixmap(picture: bytes, mode: str) -> bytes:
    """The same as a file of the format PPM (RGB) or PGM, whose head holds width and height."""
    with import_extra("PIL.Image", "pillow").open(io.BytesIO(picture)) as image:
        width, height = image.size
    head = f"{'P6' if mode == 'RGB' else 'P5'}\n{width} {height}\n255\n"
    return head.encode() + pixels(picture, mode)


def array(archive: bytes, name: str, dtype: str) -> bytes:
    """An array of a NumPy archive as a file of its own, in the format .npy.

    Args:
        archive: a file of the format .npz.
        name: of the array in it.
        dtype: that its values are converted to.
    """
    values = np.load(io.BytesIO(archive))[name].astype(dtype)
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def wave(recordings: Sequence[bytes], bits: int = 16) -> bytes:
    """Recordings one after another as a WAV file of one channel; `bits` a sample, 8, 16 or 24."""
    soundfile = import_extra("soundfile", "soundfile")
    parts = [soundfile.read(io.BytesIO(recording), dtype="int32") for recording in recordings]
    rate = parts[0][1]
    samples = np.concatenate([samples for samples, _ in parts]) >> (32 - bits)
    if bits == 8:
        data = (samples + 128).astype(np.uint8).tobytes()
    else:
        data = samples.astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes()
    return _wave_head(len(data), rate, bits) + data


def _wave_head(size: int, rate: int, bits: int) -> bytes:
    width = bits // 8
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * width, width, bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + size) + b"WAVE" + chunks


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar archive in the order given, with the same owner, rights and time for all."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def comma_separated(rows: Sequence[Row]) -> bytes:
    """A table as CSV with a head line."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def json_lines(rows: Sequence[Row]) -> bytes:
    """A table as one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def sql_dump(rows: Sequence[Row], name: str) -> bytes:
    """A table as the statements that make it."""
    with _database(rows, name) as connection:
        lines = [line + "\n" for line in connection.iterdump() if "sqlite_" not in line]
    connection.close()
    return "".join(lines).encode()


def sqlite_file(rows: Sequence[Row], name: str, indices: Sequence[str]) -> bytes:
    """A table as a SQLite file with pages of 4096 bytes, and an index on each of some columns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "database"
        with _database(rows, name, path) as connection:
            for column in indices:
                connection.execute(f"CREATE INDEX {name}_{column} ON {name} ({column})")
        connection.close()
        content = bytearray(path.read_bytes())
    content[SQLITE_VERSION] = bytes(4)
    return bytes(content)


def _database(rows: Sequence[Row], name: str, path: Path | None = None) -> sqlite3.Connection:
    types = {int: "INTEGER", float: "REAL", str: "TEXT"}
    columns = ", ".join(f"{column} {types[type(value)]}" for column, value in rows[0].items())
    marks = ", ".join("?" * len(rows[0]))
    connection = sqlite3.connect(":memory:" if path is None else path)
    connection.execute("PRAGMA page_size = 4096")
    # Unused space holds zeros; without this what it holds depends on how the library was built.
    connection.execute("PRAGMA secure_delete = ON")
    with connection:
        connection.execute(f"CREATE TABLE {name} ({columns})")
        values = (tuple(row.values()) for row in rows)
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
    return connection
