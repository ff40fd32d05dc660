"""Each kernel, by Triton's interpreter, against numpy: random shapes and extreme values."""

from __future__ import annotations

import numpy as np
import pytest
import reference_model
import torch
import triton_parts

from lmpack._executors.coding_constants import FREQUENCY_TOTAL
from lmpack._executors.triton.attention import attention_kernel
from lmpack._executors.triton.embedding import embedding_kernel
from lmpack._executors.triton.layer import last_layer_kernel, layer_kernel
from lmpack._executors.triton.model import _intervals, _paths
from lmpack._executors.triton.tiles import tiles_for
from lmpack._models.architecture import WORD, Architecture
from lmpack._models.symbols import _hash, _word_hash

FLOATS = np.float32
SCALE_RANGE = FLOATS(2.0**-60), FLOATS(2.0**40)
"""Of the multipliers of a bundle."""


def on_device(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]


def empty(shape: tuple[int, ...], dtype: type) -> torch.Tensor:
    return torch.from_numpy(np.zeros(shape, dtype))


def test_roundings() -> None:
    random = np.random.default_rng(0)
    halves = np.arange(-64, 64, dtype=FLOATS) / 2
    top = 2.0**22
    edges = np.array([top, -top, top - 0.5, 0.5 - top, top / 2 + 0.5, -0.0, 0.49999997], FLOATS)
    values = np.concatenate([halves, edges, random.normal(0, 1e4, 512)]).astype(FLOATS)
    values = np.resize(values, 1024)
    x, nearest, weight = *on_device(values), empty((1024,), FLOATS), empty((1024,), FLOATS)
    triton_parts.rounding_kernel[(1,)](x, nearest, weight, COUNT=1024)
    np.testing.assert_array_equal(nearest.numpy(), np.rint(values))
    above = np.concatenate(
        [np.abs(halves), FLOATS(2.0**22) + np.abs(halves), FLOATS(2.0**23) + halves]
    )
    above = np.resize(np.append(above, FLOATS(1.22 * 2**23)), 1024).astype(FLOATS)
    (x,) = on_device(above)
    triton_parts.rounding_kernel[(1,)](x, nearest, weight, COUNT=1024)
    np.testing.assert_array_equal(weight.numpy(), np.rint(above))


@pytest.mark.parametrize("width", [32, 96, 192, 320])
def test_normalisation(width: int) -> None:
    random = np.random.default_rng(width)
    x = random.integers(-32767, 32768, (16, width)).astype(np.int16)
    x[0], x[1], x[2] = 32767, -32767, 0
    x[3] = random.integers(-3, 4, width)
    x[4], x[4, 0] = 0, 32767
    x[5:12] = random.integers(-400, 401, (7, width))
    values, normed = *on_device(x), empty(x.shape, np.int8)
    columns = 1 << (width - 1).bit_length()
    triton_parts.norm_kernel[(1,)](values, normed, ROWS=16, COLUMNS=columns, WIDTH=width)
    expected = reference_model._normalized(x.astype(FLOATS))
    np.testing.assert_array_equal(normed.numpy(), expected)


@pytest.mark.parametrize("width", [32, 96, 1024])
def test_products(width: int) -> None:
    random = np.random.default_rng(width)
    x = random.integers(-128, 128, (16, width)).astype(np.int8)
    weight = random.integers(-64, 65, (32, width)).astype(np.int8)
    x[0], weight[0], weight[1] = 127, 64, -64
    scale = random.uniform(1e-6, 1e-2, 32).astype(FLOATS)
    scale[:2] = SCALE_RANGE
    y = empty((16, 32), FLOATS)
    columns = 1 << (width - 1).bit_length()
    triton_parts.product_kernel[(1,)](
        *on_device(x, weight, scale), y, ROWS=16, COLUMNS=columns, WIDTH=width, OUTPUTS=32
    )
    tensors: dict[str, np.ndarray] = {"m.weight": weight.T, "m.multiplier": scale}
    np.testing.assert_array_equal(y.numpy(), reference_model._linear(tensors, "m", x))


def test_updates_of_the_residual_stream() -> None:
    random = np.random.default_rng(0)
    x = random.integers(-32767, 32768, (16, 64)).astype(FLOATS)
    sums = random.integers(-(2**24) + 1, 2**24, (16, 64)).astype(np.int32)
    sums[:4] //= 2**12
    scale = (2.0 ** random.uniform(-16, -4, 64)).astype(FLOATS)
    scale[:2] = SCALE_RANGE
    scale[2:10] = 0.5  # updates that end in a half
    y = empty((16, 64), FLOATS)
    triton_parts.added_kernel[(1,)](*on_device(x, sums, scale), y, ROWS=16, COLUMNS=64)
    expected = reference_model._added(x, sums.astype(FLOATS) * scale)
    np.testing.assert_array_equal(y.numpy(), expected)


# Attention


def attention_reference(
    q: np.ndarray, keys: np.ndarray, values: np.ndarray, bias: np.ndarray, scale: np.float32,
    position: int, window: int,
) -> np.ndarray:  # fmt: skip
    """Means int8 [T, H, h] of the queries q [T, H, h] of one lane whose rings are keys, values."""
    found = []
    for t, query in enumerate(q):
        last = position + t
        seen = np.arange(max(0, last - window + 1), last + 1)
        k, v = (ring[seen % len(ring)].astype(np.int64) for ring in (keys, values))
        s = (query.astype(np.int64) @ k.T).astype(FLOATS) * scale + bias[:, last - seen]
        shift = s.max(axis=-1, keepdims=True) - reference_model.ATTENTION_BASE
        w = reference_model._power(s - shift, FLOATS(0.7), 4)
        mean = (w.astype(np.int64) @ v).astype(FLOATS) / w.sum(axis=-1, keepdims=True)
        found.append(np.clip(np.rint(FLOATS(2) * mean), -127, 127))
    return np.array(found)


@pytest.mark.parametrize(
    ("heads", "head", "window", "length", "extreme"),
    [
        (1, 32, 1, 1, False), (4, 32, 64, 1, True), (3, 96, 70, 1, False),
        (2, 64, 40, 9, False), (3, 32, 130, 45, True), (20, 32, 5, 3, False),
    ],
)  # fmt: skip
def test_attention(heads: int, head: int, window: int, length: int, extreme: bool) -> None:
    random = np.random.default_rng(heads * window)
    positions = np.array([0, 3, 10 * window + 7], np.int64)
    lanes, capacity = len(positions), window + length + 2
    q = random.integers(-127, 128, (lanes, length, heads, head)).astype(np.int8)
    rings = random.integers(-64, 65, (2, lanes, capacity, head)).astype(np.int8)
    if extreme:
        q[0], rings[:, 0] = 127, np.where(random.random((2, capacity, head)) < 0.5, 64, -64)
        rings[:, 1] = 64
    bias = random.normal(0, 2, (heads, window + 1)).astype(FLOATS)
    bias[:, window] = -1024
    scale = FLOATS(0.3 / (256 * np.sqrt(head)))
    a = architecture_with(heads, head)
    tiles = tiles_for(a, lanes, length)
    means = empty(q.shape, np.int8)
    attention_kernel[(lanes, -(-length // tiles.block))](
        *on_device(q, rings[0], rings[1], bias, np.array([scale]), positions), means,
        length, capacity, HEADS=heads, HEAD=head, WINDOW=window, BLOCK=tiles.block,
        PADDED_HEADS=tiles.heads, COLUMNS=tiles.head, KEYS=tiles.keys,
    )  # fmt: skip
    for lane, position in enumerate(positions):
        expected = attention_reference(
            q[lane], rings[0, lane], rings[1, lane], bias, scale, int(position), window
        )
        np.testing.assert_array_equal(means[lane].numpy(), expected)


def architecture_with(heads: int, head: int) -> Architecture:
    return Architecture(
        vocabulary=32, width=32, heads=heads, head_width=head, hidden=32, windows=(1,)
    )


# Layers


def random_matrix(
    random: np.random.Generator, inputs: int, outputs: int, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights int8 [inputs, outputs] and multipliers; outputs of random inputs are about `size`."""
    weight = random.integers(-64, 65, (inputs, outputs)).astype(np.int8)
    scale = size * random.uniform(0.2, 2, outputs) / (64 * 64 * np.sqrt(inputs))
    return weight, scale.astype(FLOATS)


@pytest.mark.parametrize("activation", ["relu", "relu2"])
@pytest.mark.parametrize("last", [False, True])
def test_layers(activation: str, last: bool) -> None:
    random = np.random.default_rng(last)
    lanes, length, rows, capacity = 5, 4, 20, 9
    a = Architecture(
        vocabulary=96, width=96, heads=2, head_width=32, hidden=160, windows=(3,),
        activation=activation,
    )  # fmt: skip
    x = random.integers(-32767, 32768, (rows, a.width)).astype(np.int16)
    x[2:] //= 64
    means = random.integers(-127, 128, (rows, 64)).astype(np.int8)
    sizes = {"out": (64, 96, 9e4), "up": (96, 160, 20.0), "down": (160, 96, 4e4)}
    sizes |= {"qkv": (96, 128, 100.0), "head": (96, 96, 3.0)}
    tensors: dict[str, np.ndarray] = {}
    placed = {}
    for name, (inputs, outputs, size) in sizes.items():
        weight, scale = random_matrix(random, inputs, outputs, size)
        tensors |= {f"{name}.weight": weight, f"{name}.multiplier": scale}
        placed[name] = on_device(weight.T, scale)
    positions = np.arange(lanes, dtype=np.int64) * 7
    stream, place = on_device(x, positions.copy())
    down_sums = on_device(tensors["down.weight"].sum(axis=0, dtype=np.int32))
    given = [stream, *on_device(means), *placed["out"], *placed["up"]]
    given += [placed["down"][0], *down_sums, placed["down"][1]]
    sizes_of_kernel = {
        "WIDTH": 96, "QUERIES": 64, "HIDDEN": 160, "SQUARED": activation == "relu2",
        "ROWS": 16, "COLUMNS": 128, "CHUNK": 32,
    }  # fmt: skip

    expected = reference_model._added(
        x.astype(FLOATS), reference_model._linear(tensors, "out", means)
    )
    named = {f"l.{name}": value for name, value in tensors.items()}
    expected = reference_model._feed_forward(a, named, "l", expected)
    normed = reference_model._normalized(expected)
    assert (np.abs(expected) == 32767).any() and (np.abs(expected) < 3000).any()
    if last:
        odds = empty((rows, 96), np.int32)
        last_layer_kernel[(2,)](
            *given, *placed["head"], odds, place, rows, length, VOCABULARY=96, **sizes_of_kernel
        )
        scores = reference_model._linear(tensors, "head", normed)
        shift = scores.max(axis=-1, keepdims=True) - reference_model.OUTPUT_BASE
        power = reference_model._power(scores - shift, FLOATS(0.9), 6)
        np.testing.assert_array_equal(odds.numpy(), power)
        np.testing.assert_array_equal(place.numpy(), positions + length)
        return
    queries = empty((rows, 64), np.int8)
    rings = [empty((lanes, capacity, 32), np.int8) for _ in range(2)]
    layer_kernel[(2,)](
        *given, place, queries, *rings, *placed["qkv"], rows, length, capacity, HEAD=32,
        **sizes_of_kernel,
    )  # fmt: skip
    np.testing.assert_array_equal(stream.numpy(), expected)
    qkv = np.rint(reference_model._linear(tensors, "qkv", normed))
    np.testing.assert_array_equal(queries.numpy(), np.clip(qkv[:, :64], -127, 127))
    assert (np.abs(qkv) > 127).any()
    slots = (positions[:, None] + np.arange(length)) % capacity
    for ring, columns in zip(rings, (slice(64, 96), slice(96, 128)), strict=True):
        stored = ring.numpy()[np.arange(lanes)[:, None], slots].reshape(rows, 32)
        np.testing.assert_array_equal(stored, np.clip(qkv[:, columns], -64, 64))
        assert np.count_nonzero(ring.numpy().any(axis=-1)) <= rows


# Contexts


@pytest.mark.parametrize("order", [2, 6, WORD])
def test_context_hashes(order: int) -> None:
    """By the rows of a table of one channel group whose entries name their row."""
    random = np.random.default_rng(order)
    text = np.frombuffer(b"The cat, THE Cat and th\xc3\xa9 caf\xe9. It's 1 z{@[`", np.uint8)
    lanes, length, reach, rows = 2, 11, order or 16, 251
    before = 23
    line = np.concatenate([np.full((lanes, reach - 1), 256), np.resize(text, (lanes, 34))], axis=1)
    hashed = (
        _word_hash(line.astype(np.uint32))
        if order == WORD
        else _hash(line.astype(np.uint32), order)
    )
    entries = random.integers(-64, 65, (rows, 32)).astype(np.int8)
    history = np.zeros((lanes, 32), np.int32)
    history[:, np.arange(before) % 32] = line[:, reach - 1 : reach - 1 + before]
    fed = line[:, reach - 1 + before :].astype(np.int32)
    stream = empty((lanes * length, 32), np.int16)
    nothing = [empty((lanes * length, 32), np.int8) for _ in range(3)]
    weight, scale = np.zeros((96, 32), np.int8), np.ones(96, FLOATS)
    positions = np.full(lanes, before, np.int64)
    remembered = on_device(history)[0]
    embedding_kernel[(-(-lanes * length // 16),)](
        *on_device(fed, positions), remembered, *on_device(np.zeros((257, 32), np.int8), entries),
        stream, *nothing, *on_device(weight, scale), lanes * length, length, length,
        TABLES=((order, rows, 0, 32, 0),), START=256, HISTORY=32, WIDTH=32, QUERIES=32, HEAD=32,
        ROWS=16, COLUMNS=32,
    )  # fmt: skip
    expected = 8 * entries.astype(np.int16)[hashed[:, before:] % rows]
    np.testing.assert_array_equal(stream.numpy().reshape(expected.shape), expected)
    np.testing.assert_array_equal(remembered[:, 23:32].numpy(), fed[:, :9])
    np.testing.assert_array_equal(remembered[:, :2].numpy(), fed[:, 9:])


# Places of symbols


def places(odds: list[int], symbol: int) -> tuple[int, int]:
    """Of docs/format.md, section 5.2, in Python's integers."""
    quotient = ((FREQUENCY_TOTAL - len(odds)) << 31) // sum(odds)
    found = [1 + (weight * quotient >> 31) for weight in odds]
    found[odds.index(max(odds))] += FREQUENCY_TOTAL - sum(found)
    return sum(found[:symbol]), found[symbol]


@pytest.mark.parametrize("vocabulary", [32, 256, 288])
def test_places_of_symbols(vocabulary: int) -> None:
    random = np.random.default_rng(vocabulary)
    odds = random.integers(0, 1 << 23, (3, 4, vocabulary)).astype(np.int32)
    odds[1] = np.minimum(odds[1], 500)  # many are the largest
    odds[2, 0], odds[2, 0, 5] = 0, 1
    odds[2, 1] = (1 << 24) - 1
    symbols = random.integers(0, vocabulary, (3, 4))
    symbols[2, :2] = 5, vocabulary - 1
    found = _intervals(*on_device(odds, symbols.astype(np.int32)))
    for cell in np.ndindex(3, 4):
        assert tuple(found[cell].tolist()) == places(odds[cell].tolist(), int(symbols[cell]))


@pytest.mark.parametrize("vocabulary", [256, 288])
def test_paths_of_bytes(vocabulary: int) -> None:
    """What docs/mixing.md, section 5, says of a model, for extreme odds, too."""
    random = np.random.default_rng(0)
    odds = np.minimum(2.0 ** random.uniform(0, 24, (2, 5, vocabulary)), 2**24 - 1).astype(np.int32)
    symbols = random.integers(0, 256, (2, 5))
    odds[0, 0] = 0
    odds[0, 1] = 2**24 - 1
    odds[0, 2], odds[0, 2, symbols[0, 2]] = 0, 1
    odds[0, 3], odds[0, 3, symbols[0, 3]] = 2**24 - 1, 0
    expected = np.zeros((2, 5, 8), np.int64)
    for place in np.ndindex(2, 5):
        row, symbol = odds[place].tolist(), int(symbols[place])
        for bit in range(8):
            shift = 7 - bit
            one = symbol >> shift | 1
            ones = sum(row[x] for x in range(256) if x >> shift == one)
            zeros = sum(row[x] for x in range(256) if x >> shift == one - 1)
            share = 65536 * ones // (zeros + ones) if zeros + ones else 32768
            expected[(*place, bit)] = min(max(share, 1), 65535)
    found = _paths(*on_device(odds, symbols.astype(np.int32)))
    np.testing.assert_array_equal(found.numpy().view(np.uint16), expected)
