"""Small records, each by itself, behind a prefix: bytes and CPU time of lmpack, zstd and brotli.

    scripts/bench records

Of each data set 1,000 lines in a row are the records; the prefix is the end of what stands before
them. zstd has the same bytes as a raw dictionary, and a dictionary of the same size that it has
trained on all lines before. Its frames are as small as it can make them: without magic, name of
the dictionary and checksum. What lmpack.train_prefix chooses of the same lines is tried with all
programs, and the content of zstd's dictionary with lmpack. Programs take turns, and the best of
several counts. What a codec of lmpack costs that codes nearly nothing, and its memory, are in a
part of their own.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import zstandard

import lmpack
from benchmarks.data import require_shared, start_of
from benchmarks.kinds.files import FILES
from benchmarks.measure.brotli_dictionary import BrotliCodec
from benchmarks.measure.record_costs import costs
from benchmarks.record import environment, timed, write_result

RECORDS = 1000
TURNS = 3
PREFIXES = (4, 32, 128)
"""KiB."""
LEVELS = (1, 2, 6)
ZSTD_LEVELS = (3, 19)
BROTLI_QUALITIES = (5, 11)
HEAD_END = struct.pack("<3I", 1, 4, 8)
"""The last fields of the head of a dictionary that zstd has trained: its three offsets."""

CITIES = "data-cities.jsonl"
FIRST_CITY = 2000
LOG = "text/Zookeeper_2k.log.xz"


class Data(NamedTuple):
    """Records, and the lines before them."""

    title: str
    before: list[bytes]
    records: list[bytes]


class Program(NamedTuple):
    """What codes one record, both ways."""

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


def data_sets() -> list[Data]:
    """Rows of a table as JSON, and lines of a log."""
    (cities,) = (file for file in FILES if file.name == CITIES)
    rows = cities.make().splitlines(keepends=True)
    lines = start_of(LOG).splitlines(keepends=True)
    return [
        Data(CITIES, rows[:FIRST_CITY], rows[FIRST_CITY:][:RECORDS]),
        Data("Zookeeper_2k.log", lines[:-RECORDS], lines[-RECORDS:]),
    ]


def programs(data: Data, size: int) -> Iterator[Program]:
    """All that code behind a prefix or a dictionary of this size."""
    last = b"".join(data.before)[-size:]
    trained = zstandard.train_dictionary(size, [*data.before], level=ZSTD_LEVELS[-1]).as_bytes()
    content = trained[trained.index(HEAD_END) + len(HEAD_END) :]
    own = lmpack.train_prefix(data.before, size)
    for words, prefix in (("", last), (", trained", own), (", zstd's content", content)):
        for level in LEVELS:
            codec = lmpack.RecordCodec(lmpack.Prefix(prefix), level)
            yield Program(f"lmpack -{level}{words}", codec.compress, codec.decompress)
    for kind, dictionary, type_ in (
        ("prefix", last, zstandard.DICT_TYPE_RAWCONTENT),
        ("trained", trained, zstandard.DICT_TYPE_FULLDICT),
        ("lmpack's choice", own, zstandard.DICT_TYPE_RAWCONTENT),
    ):
        for level in ZSTD_LEVELS:
            # One for each level: a compressor uses what its dictionary has computed.
            made = zstandard.ZstdCompressionDict(dictionary, dict_type=type_)
            yield zstd(f"zstd -{level}, {kind}", level, made)
    largest = max(map(len, data.records))
    for kind, prefix in (("prefix", last), ("lmpack's choice", own)):
        for quality in BROTLI_QUALITIES:
            brotli = BrotliCodec(prefix, quality, largest)
            yield Program(f"brotli -{quality}, {kind}", brotli.compress, brotli.decompress)


def zstd(name: str, level: int, dictionary: zstandard.ZstdCompressionDict) -> Program:
    """zstd with a dictionary that it has looked through before."""
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level,
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        write_content_size=True,
        write_dict_id=False,
        write_checksum=False,
    )
    dictionary.precompute_compress(compression_params=parameters)
    compressor = zstandard.ZstdCompressor(dict_data=dictionary, compression_params=parameters)
    decompressor = zstandard.ZstdDecompressor(
        dict_data=dictionary, format=zstandard.FORMAT_ZSTD1_MAGICLESS
    )
    return Program(name, compressor.compress, decompressor.decompress)


def each(code: Callable[[bytes], bytes], records: list[bytes]) -> list[bytes]:
    """What becomes of each record."""
    return [code(record) for record in records]


def rows_of(data: Data, kib: int) -> list[dict[str, Any]]:
    """What all programs make of the records behind one prefix; all must come back."""
    found: dict[str, dict[str, Any]] = {}
    tried = list(programs(data, kib * 1024))
    for turn in range(TURNS + 1):
        for program in tried:
            if turn == 0:  # what is learned of the prefix
                _, first = timed(program.compress, data.records[0])
                found[program.name] = {
                    "program": program.name,
                    "prefix_kib": kib,
                    "first_s": first["cpu"],
                    "compress_s": float("inf"),
                    "decompress_s": float("inf"),
                }
                continue
            row = found[program.name]
            packed, there = timed(each, program.compress, data.records)
            plain, back = timed(each, program.decompress, packed)
            if plain != data.records:
                raise RuntimeError(f"{program.name}: the round trip failed")
            row["bytes"] = sum(map(len, packed))
            row["compress_s"] = min(row["compress_s"], there["cpu"])
            row["decompress_s"] = min(row["decompress_s"], back["cpu"])
    return list(found.values())


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    require_shared()
    result: dict[str, Any] = {"environment": environment(), "turns": TURNS, "data": {}}
    for data in data_sets():
        rows: list[dict[str, Any]] = []
        result["data"][data.title] = {
            "records": len(data.records),
            "bytes": sum(map(len, data.records)),
            "rows": rows,
        }
        for kib in PREFIXES:
            rows += rows_of(data, kib)
            write_result("records", result)
    cities = data_sets()[0]
    prefix = b"".join(cities.before)[-1024 * PREFIXES[-1] :]
    result["costs"] = [costs(level, prefix, cities.records) for level in LEVELS]
    write_result("records", result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
