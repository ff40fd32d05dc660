"""The prediction of samples, written from docs/mixing.md, section 7, alone: slow and plain."""

from __future__ import annotations

from collections.abc import Sequence

from reference_learning import clip

LARGEST_VALUE = 131071


class Stage:
    def __init__(self, orders: Sequence[int]) -> None:
        self.values = [[0] * order for order in orders]
        self.weights = [[0] * order for order in orders]

    def predict(self) -> int:
        total = sum(
            w * x
            for weights, values in zip(self.weights, self.values, strict=True)
            for w, x in zip(weights, values, strict=True)
        )
        return clip(total + 2**15 >> 16, -LARGEST_VALUE, LARGEST_VALUE)

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


class Samples:
    """Predictions of the samples of interleaved channels."""

    def __init__(self, channels: int) -> None:
        first = [128, 32] if channels > 1 else [128]
        self.stages = [[Stage(first), Stage([32]), Stage([16])] for _ in range(channels)]
        self.shares = [[65536] * 3 for _ in range(channels)]
        self.turn = 0

    def predict(self) -> int:
        self.parts = [stage.predict() for stage in self.stages[self.turn]]
        total = sum(u * y for u, y in zip(self.shares[self.turn], self.parts, strict=True))
        self.prediction = clip(total + 2**15 >> 16, -32768, 32767)
        return self.prediction

    def update(self, sample: int) -> None:
        target = sample
        direction = sign(sample - self.prediction)
        shares = self.shares[self.turn]
        for k, (stage, part) in enumerate(zip(self.stages[self.turn], self.parts, strict=True)):
            stage.adapt(target - part)
            stage.push(0, target)
            shares[k] = clip(shares[k] + 64 * direction * sign(part), -(2**20), 2**20)
            target = clip(target - part, -LARGEST_VALUE, LARGEST_VALUE)
        self.turn = (self.turn + 1) % len(self.stages)
        if len(self.stages) > 1:
            self.stages[self.turn][0].push(1, sample)


def signed(value: int) -> int:
    return (value + 2**15) % 2**16 - 2**15


def samples_of(residuals: bytes, channels: int) -> bytes:
    predictor, out = Samples(channels), bytearray()
    for i in range(0, len(residuals) - 1, 2):
        value = int.from_bytes(residuals[i : i + 2], "big")
        r = -(value + 1) // 2 if value % 2 else value // 2
        sample = signed(r + predictor.predict())
        predictor.update(sample)
        out += (sample % 2**16).to_bytes(2, "little")
    return bytes(out) + residuals[len(out) :]
