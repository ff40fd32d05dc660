"""Contents of many kinds, by all ways in and out, with options at random: the same bytes come back.

Nothing is damaged here. What is looked for are contents on which an encoder writes something that a
decoder refuses, or takes for something else.
"""

from __future__ import annotations

import dataclasses
import io
import math
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inputs

import lmpack
from benchmarks.reliability.tally import Setting, Tally

LONGEST = 12_000
"""Bytes of a content: a case takes a fraction of a second."""

_BLOCK_SIZES = (None, None, 4096, 5000, 8192)


@dataclasses.dataclass(frozen=True)
class Case:
    """What is packed, and how.

    Attributes:
        name: tells it from the others: the same name is the same case.
        content: is packed.
        options: for both directions.
        draw: decides in which pieces it is packed and unpacked.
    """

    name: str
    content: bytes
    options: lmpack.Options
    draw: random.Random


def attack(setting: Setting) -> Tally:
    """Pack and unpack for as long as there is time."""
    tally = Tally(is_complete=True)
    end = time.monotonic() + setting.seconds
    number = 0
    while time.monotonic() < end:
        case = case_of(number, setting.model)
        tally.judge(case.name, faults_of(case))
        number += 1
    return tally


def case_of(number: int, model: Path) -> Case:
    """The case of a number, always the same one."""
    draw = random.Random(number)
    content = content_of(draw)
    prefix = lmpack.Prefix(earlier_version(draw, content)) if draw.random() < 0.6 else None
    level = draw.choice([1, 1, 1, 2, 2, 2, 3, 4, 6, 7])
    options: dict[str, Any] = {
        "level": level,
        "threads": draw.choice([1, 2]),
        "block_size": draw.choice(_BLOCK_SIZES),
        "prefix": prefix,
    }
    if level > 2:
        options["model"] = model
        if prefix is None and draw.random() < 0.3:
            options["mixing"] = False
    length = 0 if prefix is None else len(prefix)
    name = f"case {number}: {len(content)} bytes at level {level} behind {length}"
    return Case(name, content, lmpack.Options(**options), draw)


def faults_of(case: Case) -> list[str]:
    """What is wrong with what came back."""
    pack, unpack = case.draw.choice(PACKERS), case.draw.choice(UNPACKERS)
    if case.options.prefix is not None and case.draw.random() < 0.15:
        pack, unpack = _record, _from_record
    ways = f"{pack.__name__.strip('_')}, {unpack.__name__.strip('_')}"
    try:
        back = unpack(case, pack(case))
    except Exception as error:
        return [f"{ways}: {type(error).__name__}: {error}"]
    return [] if back == case.content else [f"{ways}: other bytes came back"]


def content_of(draw: random.Random) -> bytes:
    """Stretches of several kinds, some of which come again, also with changes."""
    parts: list[bytes] = []
    for _ in range(draw.randint(1, 6)):
        if parts and draw.random() < 0.4:
            parts.append(edited(draw, draw.choice(parts)))
        else:
            parts.append(draw.choice(KINDS)(draw))
    content = b"".join(parts)
    start = draw.randrange(len(content) + 1) if draw.random() < 0.3 else 0
    return content[start : start + draw.choice([1, 100, 4096, LONGEST, LONGEST])]


def earlier_version(draw: random.Random, content: bytes) -> bytes:
    """A prefix that has something of a content: all, parts, changed parts, what is near its end."""
    version = edited(draw, content) if draw.random() < 0.8 else draw.choice(KINDS)(draw)
    if draw.random() < 0.3:
        version += draw.choice(KINDS)(draw)
    start = draw.randrange(len(version) + 1) if draw.random() < 0.3 else 0
    return version[start:] or b"x"


def edited(draw: random.Random, data: bytes) -> bytes:
    """Some bytes changed, put in, taken out, or moved; now and then none."""
    changed = bytearray(data)
    for _ in range(draw.choice([0, 1, 1, 2, 5, 30])):
        place = draw.randrange(len(changed) + 1)
        if draw.random() < 0.4:  # the ends matter as much as all the rest
            place = draw.choice([place % 200, max(0, len(changed) - place % 200)])
        length = draw.choice([0, 1, 1, 3, 64, 300])
        new = draw.choice([b"", draw.randbytes(length), bytes(changed[:length])])
        changed[place : place + length] = new
    return bytes(changed)


def _text(draw: random.Random) -> bytes:
    start = draw.randrange(3000)
    return inputs.SENTENCES[start : start + draw.randint(1, 4000)]


def _noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randint(1, 3000))


def _run(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randint(1, 4)) * draw.randint(1, 2000)


def _table(draw: random.Random) -> bytes:
    columns = draw.randint(1, 6)
    rows = [
        draw.choice([",", ";", "\t"]).join(
            str(draw.randrange(10**i)) for i in range(1, columns + 1)
        )
        for _ in range(draw.randint(1, 200))
    ]
    return "\n".join(rows).encode()


def _records(draw: random.Random) -> bytes:
    form = "<" + "".join(draw.choice("bhiqfd") for _ in range(draw.randint(1, 5)))
    values = [
        [draw.gauss(100 * i, 5) if code in "fd" else i % 100 for code in form[1:]]
        for i in range(draw.randint(1, 200))
    ]
    return b"".join(struct.pack(form, *row) for row in values)


def _samples(draw: random.Random) -> bytes:
    channels, size = draw.randint(1, 3), draw.choice([1, 2, 3])
    step, height = draw.uniform(0.01, 0.5), (1 << 8 * size - 1) * draw.uniform(0.1, 1)
    values = (
        int((height - 1) * math.sin(step * i + channel)) + draw.randrange(-3, 4) * (size > 1)
        for i in range(draw.randint(1, 1500))
        for channel in range(channels)
    )
    most = (1 << 8 * size - 1) - 1
    return b"".join(
        max(-most, min(most, value)).to_bytes(size, "little", signed=True) for value in values
    )


def _picture(draw: random.Random) -> bytes:
    width, channels = draw.randint(2, 60), draw.choice([1, 3, 4])
    rows = draw.randint(2, 60)
    return bytes(
        (x * draw.choice([2, 2, 3]) + y + channel * 40) & 255
        for y in range(rows)
        for x in range(width)
        for channel in range(channels)
    )


def _code(draw: random.Random) -> bytes:
    target = draw.randrange(1 << 20)
    return b"".join(
        draw.choice([b"\xe8", b"\xe9", b"\x0f\x84"])
        + ((target - 5 * i) & 0xFFFFFFFF).to_bytes(4, "little")
        + draw.choice([b"\x48\x89\xc3", b"\x90", b"\x55\x48\x89\xe5"])
        for i in range(draw.randint(1, 300))
    )


KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    _text, _text, _noise, _run, _table, _records, _samples, _picture, _code
)  # fmt: skip


def _pieces(case: Case, data: bytes) -> list[bytes]:
    pieces = []
    while data:
        size = case.draw.choice([1, 10, 1000, 5000])
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def _whole(case: Case) -> bytes:
    return lmpack.compress(case.content, options=case.options)


def _stream(case: Case) -> bytes:
    sink = io.BytesIO()
    lmpack.compress_stream(io.BytesIO(case.content), sink, options=case.options)
    return sink.getvalue()


def _written_file(case: Case) -> bytes:
    sink = io.BytesIO()
    with lmpack.open(sink, "wb", options=case.options) as file:
        for piece in _pieces(case, case.content):
            file.write(piece)
            if case.draw.random() < 0.1:
                file.flush()
    return sink.getvalue()


def _joined(case: Case) -> bytes:
    middle = case.draw.randrange(len(case.content) + 1)
    parts = (case.content[:middle], case.content[middle:])
    return b"".join(lmpack.compress(part, options=case.options) for part in parts)


def _record(case: Case) -> bytes:
    return _codec(case).compress(case.content)


def _from_record(case: Case, packed: bytes) -> bytes:
    return _codec(case).decompress(packed)


def _codec(case: Case) -> lmpack.RecordCodec:
    o = case.options
    assert o.prefix is not None
    return lmpack.RecordCodec(o.prefix, o.level or 1, model=o.model, checksum=True)


def _at_once(case: Case, packed: bytes) -> bytes:
    return lmpack.decompress(packed, options=case.options)


def _fed(case: Case, packed: bytes) -> bytes:
    """One object for each container."""
    content = b""
    decompressor = lmpack.LmpackDecompressor(options=case.options)
    for piece in _pieces(case, packed):
        while piece:
            if decompressor.eof:
                decompressor = lmpack.LmpackDecompressor(options=case.options)
            content += decompressor.decompress(piece)
            piece = decompressor.unused_data if decompressor.eof else b""
    return content if decompressor.eof else b""


def _read_file(case: Case, packed: bytes) -> bytes:
    with lmpack.open(io.BytesIO(packed), options=case.options) as file:
        file.seek(case.draw.randrange(len(case.content) + 1))
        tail_start = file.tell()
        tail = file.read()
        file.seek(0)
        return file.read(tail_start) + tail


PACKERS = (_whole, _whole, _stream, _written_file, _joined)
UNPACKERS = (_at_once, _at_once, _fed, _read_file)
