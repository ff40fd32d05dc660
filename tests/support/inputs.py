"""Fixed inputs for tests with the built-in models."""

from __future__ import annotations

import numpy as np

TEXT = (
    b"A lossless compressor has to return every byte as it was. The better its model predicts the "
    b"next byte, the fewer bits that byte costs: minus the logarithm of its probability. "
)
NOISE = np.random.default_rng(1).integers(0, 256, 3000, np.uint8).tobytes()
SENTENCES = b"".join(
    b"Sentence number %d says: %s\n" % (i * 7919 % 997, TEXT[:61]) for i in range(400)
)

CONTAINER_INPUTS = {
    "empty": b"",
    "one byte": b"x",
    "all bytes": bytes(range(256)),
    "text": TEXT,
    "utf-8": "Größe, élève, 日本語, emoji 🙂. ".encode() * 20,
    "long run": b"\0" * 20_000,
    "noise": NOISE,
    "lanes": SENTENCES,
}
