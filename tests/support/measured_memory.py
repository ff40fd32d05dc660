"""A program that codes one block and prints what memory it took, and between what it may be.

The least is without what threads have ready that run ahead: they do if the system lets them.

Arguments: "encode" or "decode", kind of the block, log2 of its lanes, its length, the model's name,
threads, and the number of the predictor. A process that has done nothing else is the only one whose
peak can be measured.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import zlib
from pathlib import Path

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.memory import memory_ahead, memory_to_decode, memory_to_encode
from lmpack._blocks.payload_head import PayloadHead
from lmpack._container import Block, BlockKind
from lmpack._executors import Executor, open_executor
from lmpack._executors.mixing import Predictor
from lmpack._models.bundle import load_byte_model
from lmpack.errors import LmpackError

SENTENCES = b"some words to code, and a few more; " * 4


class Enough(Exception):
    """All memory is there at the first report of progress."""


def stop(share: float) -> None:
    if share > 0:  # before that, ways to code it are tried on pieces
        raise Enough


def forget_peak() -> None:
    """What the process has in memory now is the most it ever had."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Bytes that the process had in memory at most; getrusage would count its parent's, too."""
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def damaged(kind: BlockKind, lanes_log2: int, length: int, predictor: Predictor) -> Block:
    """A block that decodes to something else, but needs as much memory as a true one."""
    if kind is BlockKind.RAW:
        plain = os.urandom(length)
        return Block(kind, 0, length, zlib.crc32(plain), plain)
    head = PayloadHead(predictor).to_bytes() if kind.is_mixed else b""
    return Block(kind, lanes_log2, length, 0, head + os.urandom(60))


def decode(executor: Executor | None, block: Block) -> None:
    with contextlib.suppress(Enough, LmpackError):
        decode_block(executor, block, stop)


def encode(
    executor: Executor | None, kind: BlockKind, lanes_log2: int, length: int, predictor: Predictor
) -> None:
    # With random numbers in between, so that nothing long is repeated.
    draw = random.Random(1)
    pieces = (b"%s%d" % (SENTENCES, draw.randrange(10**6)) for _ in range(length // len(SENTENCES)))
    plain = b"".join(pieces).ljust(length)[:length]
    mixed_lanes = None if kind is BlockKind.MODEL else 1 << lanes_log2
    with contextlib.suppress(Enough):
        encode_block(executor, plain, stop, mixed_lanes=mixed_lanes, predictor=predictor)


def main(
    direction: str,
    kind_name: str,
    lanes_log2: int,
    length: int,
    model: str,
    threads: int,
    predictor: Predictor,
) -> None:
    kind = BlockKind[kind_name]
    bundle = load_byte_model(model) if kind.needs_model else None
    architecture = None if bundle is None else bundle.architecture
    executor = None if bundle is None else open_executor(bundle, "cpu", threads)
    decode(executor, damaged(kind, 0, 300, predictor))  # loads what is loaded at first use
    forget_peak()
    before = peak()
    if direction == "decode":
        block = damaged(kind, lanes_log2, length, predictor)
        decode(executor, block)
        most = memory_to_decode(block, architecture, threads)
        ahead = 0
    else:
        encode(executor, kind, lanes_log2, length, predictor)
        lanes = 1 << lanes_log2
        most = memory_to_encode(
            length,
            lanes,
            predictor=predictor if kind.is_mixed else None,
            architecture=architecture,
            threads=threads,
        )
        ahead = memory_ahead(lanes, length, architecture, threads)
    print(peak() - before, most - ahead, most)


if __name__ == "__main__":
    _, direction, kind, lanes, length, model, threads, number = sys.argv
    predictor = Predictor(int(number))
    main(direction, kind, int(lanes), int(length), model, int(threads), predictor)
