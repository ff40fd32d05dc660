"""Fields of header, block and index take boundary and random values, under right checksums."""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.reliability import forging
from benchmarks.reliability.children import Case, run_cases
from benchmarks.reliability.forging import Forged
from benchmarks.reliability.specimens import Specimen, specimens, tag_of
from benchmarks.reliability.tally import Setting, Tally
from lmpack._container import encode_varint
from lmpack._models.bundle import list_models

LENGTHS = (
    0, 1, 2, 3, 4, 7, 8, 63, 119, 120, 121, 127, 128, 255, 256, 300, 1023, 1024, 1025, 16383, 16384,
    65535, 2**24 + 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1, 2**63, 2**64,
)  # fmt: skip
"""Round what a length may be. Those up to 2**24 that take seconds are left to the bombs."""
STRIDES = (0, 1, 2, 3, 4, 6, 16, 17, 18, 255, 719, 720, 799, 800, 32768, 65535, 65536)
RANDOM_BLOCKS = 2000


def attack(setting: Setting) -> Tally:
    """Give wrong values that no checksum notices."""
    chosen = [specimen for specimen in specimens(setting.model) if not specimen.is_large]

    def cases() -> Iterator[Case]:
        for specimen in chosen:
            for name, data in _hostile(specimen):
                yield from specimen.cases(name, data)
        yield from _random_blocks([s for s in chosen if s.blocks])

    return run_cases(cases, setting.seconds)


def _hostile(specimen: Specimen) -> Iterator[tuple[str, bytes]]:
    found = specimen.blocks
    start = specimen.header
    body = specimen.data[len(start) :]
    blocks = [
        Forged(tag_of(block), block.plain_length, block.payload, block.checksum)
        for _, block in found
    ]
    names = start[6:-4]
    for version in (0, 2, 3, 127, 255):
        yield f"version {version}", forging.header(names, version=version, flags=start[5]) + body
    for flags in range(256):
        if flags != start[5]:
            yield f"flags {flags}", forging.header(names, flags=flags) + body
            padded = (names + bytes(range(32)))[: 8 * (flags % 4 + flags // 8 % 2)]
            yield f"flags {flags} and names", forging.header(padded, flags=flags) + body
    for fingerprint in _other_fingerprints(names[:8]):
        yield f"model {fingerprint.hex()}", forging.header(fingerprint) + body
        for pair in ((fingerprint, names[:8]), (names[:8], fingerprint)):
            yield f"models {pair[0].hex()} and {pair[1].hex()}", forging.header(*pair) + body
    for length in LENGTHS:
        yield f"index size {length}", forging.container(blocks, start, size=length)
    for place, forged in enumerate(blocks):
        for name, other in _hostile_blocks(forged):
            changed = [*blocks[:place], other, *blocks[place + 1 :]]
            yield f"block {place}, {name}", forging.container(changed, start)


def _other_fingerprints(own: bytes) -> list[bytes]:
    known = [bundle.fingerprint[:8] for bundle in list_models()]
    return [f for f in (*known, bytes(8), b"\xff" * 8) if f != own]


def _hostile_blocks(forged: Forged) -> Iterator[tuple[str, Forged]]:
    """The block with one field that is another one."""
    true = (forged.plain_length, len(forged.payload))
    for tag in range(256):
        yield f"tag {tag}", forged._replace(tag=tag)
    for length in LENGTHS:
        yield f"plain length {length}", forged._replace(plain_length=length)
        yield f"payload length {length}", forged._replace(payload_length=length)
        yield f"entry's plain length {length}", forged._replace(entry=(length, true[1]))
        yield f"entry's payload length {length}", forged._replace(entry=(true[0], length))
    for number in (1, 2, 2**31, 2**32 - 1):
        yield f"number {number}", forged._replace(number=number)
    for checksum in (0, 1, 2**32 - 1, forged.checksum ^ 1):
        yield f"checksum {checksum}", forged._replace(checksum=checksum)
    for parts in (0, 1, 2, 3, 5, 9, 13, 255):
        for stride in STRIDES:
            payload = bytes([parts]) + encode_varint(stride) + forged.payload[3:]
            yield f"parts {parts}, stride {stride}", forged._replace(payload=payload)
    for length in (0, 1, 2, 3, 4, 5):
        yield f"payload of {length} bytes", forged._replace(payload=forged.payload[:length])


def _random_blocks(chosen: list[Specimen]) -> Iterator[Case]:
    """Payloads of noise under right heads: nothing but the content's checksum can tell."""
    noise = random.Random(1)
    for number in range(RANDOM_BLOCKS):
        specimen = noise.choice(chosen)
        length = noise.randrange(300, 900)
        payload = noise.randbytes(noise.randrange(200))
        kind = noise.choice((2, 3, 4))
        if kind > 2:
            stride = noise.choice((0, 2, 4, 12, 300, 65535))
            payload = bytes([noise.choice((1, 1, 5, 9))]) + encode_varint(stride) + payload
        tag = noise.randrange(9) << 3 | kind
        forged = Forged(tag, length, payload, noise.getrandbits(32))
        data = forging.container([forged], specimen.header)
        yield from specimen.cases(f"random block {number}", data)
