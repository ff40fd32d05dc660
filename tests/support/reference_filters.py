"""The inverses of the filters, written from docs/filters.md alone: slow and plain."""

from __future__ import annotations

from collections.abc import Sequence

from reference_learning import clip

SAMPLES, X86, ARM64, DELTA = 1, 2, 3, 4
SIZES = {SAMPLES: 5, X86: 1, ARM64: 0, DELTA: 2}
"""Bytes of parameters."""


def are_allowed(filter_id: int, parameters: bytes) -> bool:
    """Whether the filter can have these parameters."""
    if filter_id == X86:
        return parameters[0] in (32, 64)
    if filter_id == DELTA:
        width, stride = parameters
        return width in (2, 4, 8) and stride > 0 and stride % width == 0
    if filter_id == SAMPLES:
        width, kind, channels, *_ = parameters
        row = int.from_bytes(parameters[3:], "little")
        if width not in (1, 2, 3) or kind > 3 or channels not in range(1, 9):
            return False
        return row == 0 or (row % channels == 0 and row >= 3 * channels and width < 3)
    return True


def unfilter(filter_id: int, parameters: bytes, filtered: bytes) -> bytes:
    """The bytes that a filter made these of."""
    if filter_id == X86:
        return x86(filtered, parameters[0])
    if filter_id == ARM64:
        return arm64(filtered)
    if filter_id == DELTA:
        return delta(filtered, *parameters)
    width, kind, channels, *_ = parameters
    row = int.from_bytes(parameters[3:], "little")
    return samples(filtered, width, kind, channels, row)


CONSTANTS = {
    **dict.fromkeys(bytes.fromhex("0103090b2123292b313338393a3b6384858788898a8b8dff"), 0),
    **dict.fromkeys(bytes.fromhex("6b8083c6"), 1),
    **dict.fromkeys(bytes.fromhex("81c7"), 4),
}
"""Bytes after the displacement, by opcode."""


def x86(filtered: bytes, bits: int) -> bytes:
    data = bytearray(filtered)
    for i in range(len(data) - 4):
        opcode, constant = 0, 0
        if data[i] in (0xE8, 0xE9):
            opcode = 1
        elif data[i] == 0x0F and data[i + 1] // 16 == 8:
            opcode = 2
        elif bits == 64 and data[i] in CONSTANTS and data[i + 1] in range(5, 64, 8):
            opcode, constant = 2, CONSTANTS[data[i]]
        field = data[i + opcode : i + opcode + 4]
        if opcode and len(field) == 4 and field[3] in (0, 255):
            place = int.from_bytes(field[:3], "big") - 2**24 * (field[3] == 255)
            displacement = (place - (i + opcode + 4 + constant) + 2**24) % 2**25 - 2**24
            data[i + opcode : i + opcode + 4] = displacement.to_bytes(4, "little", signed=True)
    return bytes(data)


def arm64(filtered: bytes) -> bytes:
    data = bytearray(filtered)
    for i in range(0, len(data) - 3, 4):
        word = int.from_bytes(data[i : i + 4], "little")
        if word >> 26 == 0b100101:
            word = (word >> 26 << 26) + (word - i // 4) % 2**26
        elif word >> 31 == 1 and word >> 24 & 31 == 16:
            page = (word >> 29) % 4 + 4 * (word >> 5 & 2**19 - 1)
            page = (page - i // 4096) % 2**21
            word = (1 << 31) + (page % 4 << 29) + (16 << 24) + (page // 4 << 5) + word % 32
        data[i : i + 4] = word.to_bytes(4, "little")
    return bytes(data)


def delta(filtered: bytes, width: int, stride: int) -> bytes:
    out = bytearray()
    for i in range(0, len(filtered) - width + 1, width):
        before = (
            int.from_bytes(out[i - stride : i - stride + width], "little") if i >= stride else 0
        )
        number = int.from_bytes(filtered[i : i + width], "big") + before
        out += (number % 256**width).to_bytes(width, "little")
    return bytes(out) + filtered[len(out) :]


class Stage:
    """A filter over some signals."""

    def __init__(self, orders: Sequence[int], largest: int) -> None:
        self.largest = largest
        self.values = [[0] * order for order in orders]
        self.weights = [[0] * order for order in orders]

    def predict(self) -> int:
        total = sum(
            w * x
            for weights, values in zip(self.weights, self.values, strict=True)
            for w, x in zip(weights, values, strict=True)
        )
        return clip(total + 2**15 >> 16, -self.largest, self.largest)

    def adapt(self, lack: int) -> None:
        norm = 1 + sum(1 + x * x for values in self.values for x in values)
        size = abs(lack) * 2**31 // norm
        gain = size if lack >= 0 else -size
        for weights, values in zip(self.weights, self.values, strict=True):
            weights[:] = [
                clip(w + (gain * x >> 18), 1 - 2**22, 2**22 - 1)
                for w, x in zip(weights, values, strict=True)
            ]

    def push(self, signal: int, value: int) -> None:
        self.values[signal] = [value, *self.values[signal][:-1]]


def sign(x: int) -> int:
    return (x > 0) - (x < 0)


class Channel:
    """The three stages of a channel, and their shares."""

    def __init__(self, first: Sequence[int], second: int, third: int, largest: int) -> None:
        self.largest = largest
        self.stages = [Stage(orders, largest) for orders in (first, [second], [third])]
        self.shares = [65536] * 3
        self.parts = [0] * 3

    def predict(self) -> int:
        self.parts = [stage.predict() for stage in self.stages]
        return sum(u * y for u, y in zip(self.shares, self.parts, strict=True)) + 2**15 >> 16

    def update(self, value: int, direction: int, first_takes_it: bool) -> None:
        target = value
        for k, (stage, part) in enumerate(zip(self.stages, self.parts, strict=True)):
            stage.adapt(target - part)
            if k or first_takes_it:
                stage.push(0, target)
            self.shares[k] = clip(self.shares[k] + 64 * direction * sign(part), -(2**20), 2**20)
            target = clip(target - part, -self.largest, self.largest)


class Recording:
    def __init__(self, bits: int, channels: int) -> None:
        self.unit = 256 if bits == 8 else 1
        self.half = 2 ** (bits - 1)
        first = [128, 32] if channels > 1 else [128]
        largest = 2 ** (bits + 1) * self.unit - 1
        self.channels = [Channel(first, 32, 16, largest) for _ in range(channels)]
        self.turn = 0
        self.fine = 0

    def predict(self) -> int:
        lowest, highest = -self.half * self.unit, (self.half - 1) * self.unit
        self.fine = clip(self.channels[self.turn].predict(), lowest, highest)
        return (self.fine + self.unit // 2) // self.unit

    def update(self, sample: int) -> None:
        value = sample * self.unit
        self.channels[self.turn].update(value, sign(value - self.fine), True)
        self.turn = (self.turn + 1) % len(self.channels)
        if len(self.channels) > 1:
            self.channels[self.turn].stages[0].push(1, value)


class Picture:
    def __init__(self, bits: int, channels: int, row: int) -> None:
        self.half = 2 ** (bits - 1)
        self.row = row
        largest = 2 ** (bits + 5) - 1
        sizes = [12, 18, *[21] * 6][:channels]
        self.channels = [Channel([size], 16, 8, largest) for size in sizes]
        self.samples: list[int] = []

    def back(self, distance: int) -> int:
        return self.samples[-distance] if distance <= len(self.samples) else 0

    def predict(self) -> int:
        b, c, r = self.back, len(self.channels), self.row
        k = len(self.samples) % c
        before = 1 if k else 0
        w, n, nw = (b(d) - (b(d + 1) if before else 0) for d in (c, r, r + c))
        self.reference = sorted([w, n, w + n - nw])[1]
        if before:
            self.reference = clip(b(1) + self.reference, -self.half, self.half - 1)
        own = [c, 2 * c, 3 * c, r, r + c, r - c, r + 2 * c, r - 2 * c, 2 * r, 2 * r + c, 2 * r - c]
        around = [b(d) - self.reference for d in [*own, 3 * r]]
        if k > 0:
            around += [b(1) - self.reference]
            around += [b(d + 1) - b(1) for d in (c, r, r + c, r - c, 2 * r)]
        if k > 1:
            around += [b(1) - b(2), b(c + 2) - b(2), b(r + 2) - b(2)]
        self.channel = self.channels[k]
        self.channel.stages[0].values[0] = [16 * x for x in around]
        fine = 16 * self.reference + self.channel.predict()
        self.fine = clip(fine, -16 * self.half, 16 * (self.half - 1))
        return (self.fine + 8) // 16

    def update(self, sample: int) -> None:
        direction = sign(16 * sample - self.fine)
        self.channel.update(16 * (sample - self.reference), direction, False)
        self.samples.append(sample)


def samples(filtered: bytes, width: int, kind: int, channels: int, row: int) -> bytes:
    bits = 8 * width
    predictor = Picture(bits, channels, row) if row else Recording(bits, channels)
    out = bytearray()
    for i in range(0, len(filtered) - width + 1, width):
        value = int.from_bytes(filtered[i : i + width], "big")
        r = -(value + 1) // 2 if value % 2 else value // 2
        sample = (r + predictor.predict() + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
        predictor.update(sample)
        number = sample if kind & 2 else sample + 2 ** (bits - 1)
        out += (number % 2**bits).to_bytes(width, "big" if kind & 1 else "little")
    return bytes(out) + filtered[len(out) :]
