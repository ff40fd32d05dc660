"""Adaptive mixing through the bindings: every executor gives the same bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import inputs
import numpy as np
import pytest
import reference_decoder
import reference_mixing
from random_models import ARCHITECTURES, random_bundle

from lmpack._executors.mixing import GivenBytes, Mixing, Predictor
from lmpack._executors.native import NativeExecutor
from lmpack._executors.onnxruntime import OnnxRuntimeExecutor
from lmpack._models.bundle import Bundle
from lmpack._native import (
    MOST_LEARNED,
    Engine,
    MixedDecoder,
    MixedEncoder,
    Prefix,
    ThreadTeam,
    decode_adaptive,
    encode_adaptive,
    likely_stride,
)
from lmpack.errors import DamagedError, UsageError

PLAIN = (inputs.TEXT * 4)[:700]
LANE = 240


def ignore(step: int) -> None:
    pass


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return random_bundle(tmp_path_factory.mktemp("model"), ARCHITECTURES["tables"])


@pytest.mark.parametrize("predictor", list(Predictor))
@pytest.mark.parametrize("stride", [0, 24])
def test_executors_give_the_same_payload_and_read_each_others(
    bundle: Bundle, stride: int, predictor: Predictor
) -> None:
    native, reference = NativeExecutor(bundle, threads=2), OnnxRuntimeExecutor(bundle, threads=1)
    mixing = Mixing(stride, predictor)
    payload = native.encode(PLAIN, LANE, mixing, ignore)
    assert reference.encode(PLAIN, LANE, mixing, ignore) == payload
    for executor in (native, reference):
        assert executor.decode(payload, len(PLAIN), LANE, mixing, ignore) == PLAIN
    assert payload != native.encode(PLAIN, LANE, Mixing(2, predictor), ignore)


def drawn_code() -> bytes:
    """Instructions of x86-64: usual ones with drawn operands, and each opcode."""
    random = np.random.default_rng(7)
    starts = ["55", "4889e5", "488b45", "c745", "e8", "0f84", "ff15", "8d0485", "0f1044"]
    starts += ["66b8", "48b8", "f7c1", "f6d0", "803d", "6641f7c5", "a1", "c8", "2e0fb6"]
    usual = [bytes.fromhex(text) + random.bytes(4) for text in random.choice(starts, 10)]
    opcodes = [
        bytes([*prefix, opcode]) + random.bytes(int(random.integers(0, 3)))
        for prefix in (b"", b"\x0f")
        for opcode in random.permutation(256)[:50].tolist()
    ]
    return b"".join([*usual, *opcodes])[:240]


def drawn_rows() -> bytes:
    """Rows of SQLite, with a key and without, some with a fault, and decimal numbers."""
    random = np.random.default_rng(8)
    rows = []
    for i in range(19):
        name = b"Kyoto Osaka Kobe".split()[i % 3] * (i % 4)
        numbers = [3502.5 - i, int(random.integers(2**20)) / 10 ** (3 + i % 3), float(np.pi) / 7]
        types = [13 + 2 * len(name), 7, *([1, 0, 9] if i % 7 < 4 else [7])]
        body = name + struct.pack(">d", numbers[i % 3])
        body += bytes([i]) if i % 7 < 4 else struct.pack(">d", numbers[(i + 1) % 3])
        key = bytes([129, i]) if i < 14 else b""
        size = len(body) + len(types) + 1 + (i == 5)
        rows.append(bytes([size, *key, len(types) + 1, *types]) + body)
    return bytes(9) + b"".join(rows)


SENTENCES = "Größe, Äpfel und ÄPFEL; 東京は日本の首都です。\xff"
TABLE = "".join(
    f'{i},"na;me {i * i % 7}",[a({i % 3})],{{"k": <b>{i * 37}</b>}}|x\t-=&/\n' for i in range(6)
)
NOISE = np.random.default_rng(3).bytes(200)
CASES = {
    "text": (PLAIN[:210], 80, 0),
    "one lane": (inputs.TEXT, len(inputs.TEXT), 0),
    "records": (bytes((i % 24) * 37 % 256 + i // 96 for i in range(200)), 100, 24),
    "records of unknown length": (b"".join(b"%7d,%d" % (i**3, i % 3) for i in range(25)), 220, 0),
    "code": (drawn_code(), 240, 0),
    "rows of tables": (drawn_rows(), 350, 0),
    "rows of tables and a stride": (drawn_rows()[:200], 200, 25),
    "noise": (NOISE[:120], 40, 0),
    "high bytes": ((SENTENCES * 4).encode(), 90, 0),
    "zeros": (bytes(150), 75, 0),
    "a stride of 1": (bytes(i * i // 50 % 256 for i in range(150)), 60, 1),
    "long matches": (NOISE[:50] * 3 + NOISE[:9] + NOISE[:50], 209, 0),
    "fields": (TABLE.encode(), len(TABLE), 0),
}
PREDICTORS = pytest.mark.parametrize("predictor", list(Predictor))


@pytest.mark.slow
@PREDICTORS
@pytest.mark.parametrize("case", CASES)
def test_payloads_are_those_of_the_specification(case: str, predictor: Predictor) -> None:
    plain, lane_length, stride = CASES[case]
    expected = reference_mixing.encode(plain, lane_length, stride, predictor)
    assert encode_adaptive(plain, lane_length, (stride, predictor), ignore) == expected


@PREDICTORS
@pytest.mark.parametrize(("lane_length", "stride"), [(60, 0), (25, 0), (60, 12)])
def test_payloads_behind_a_prefix_are_those_of_the_specification(
    lane_length: int, stride: int, predictor: Predictor
) -> None:
    before, plain = TABLE.encode()[:150], TABLE.encode()[90:150]
    expected = reference_mixing.encode(plain, lane_length, stride, predictor, learned=before)
    prefix = Prefix(before)
    for _ in range(2):
        payload = encode_adaptive(plain, lane_length, (stride, predictor), ignore, prefix)
        assert payload == expected


@PREDICTORS
@pytest.mark.parametrize(("models", "stride"), [(1, 0), (2, 0), (1, 5)])
def test_payloads_with_models_are_those_of_the_specification(
    models: int, stride: int, predictor: Predictor
) -> None:
    plain, lane_length = PLAIN[:90], 40
    random = np.random.default_rng(5)
    weights = [random.integers(0, 2**24, (3, lane_length, 256), np.int32) for _ in range(models)]
    weights[0][:, ::7] //= 1 << 20
    weights[0][:, ::11] = 0

    def model_of(odds: np.ndarray) -> reference_mixing.Weights:
        return lambda lane, past: odds[lane, len(past)].tolist()

    expected = reference_mixing.encode(
        plain, lane_length, stride, predictor, *map(model_of, weights)
    )
    coder = MixedEncoder(plain, lane_length, (stride, predictor), models)
    coder.encode(*weights)
    assert coder.finish() == expected


def test_a_prefix_has_bytes_and_their_stride() -> None:
    numbers = np.arange(3000, dtype=np.uint32).tobytes()
    prefix = Prefix(memoryview(PLAIN * 200 + numbers * 11))
    assert len(prefix) == len(PLAIN) * 200 + len(numbers) * 11
    assert prefix.stride == likely_stride((numbers * 11)[-MOST_LEARNED:]) == 4
    with pytest.raises(UsageError, match="at least one byte"):
        Prefix(b"")


def test_models_go_on_from_a_prefix_as_the_specification_says(bundle: Bundle) -> None:
    native = NativeExecutor(bundle, threads=1)
    start = bundle.architecture.vocabulary
    before, plain, lane_length = PLAIN[:60], PLAIN[60:110], 25

    def predict(lanes: Sequence[bytes]) -> list[list[int]]:
        fed = [np.array([[start, *lane]], np.int32) for lane in lanes]
        return [native.prefill(native.start(1), symbols)[0, -1].tolist() for symbols in fed]

    engine = Engine(bundle.architecture.to_json(), bundle.tensor_views(), native.version)
    prefix = Prefix(before)
    for _ in range(2):
        stream = engine.encode_mixed(
            ThreadTeam(1), plain, lane_length, Mixing(), ignore, prefix=prefix
        )
        head = reference_decoder.Head(1, 0, b"", (), stream)
        none = [None] * 50
        assert reference_decoder.decode_mixed_bytes(head, none, 1, [predict], before) == plain


def test_given_bytes_are_mixed_and_not_coded(bundle: Bundle) -> None:
    native = NativeExecutor(bundle, threads=1)
    before, plain, lane_length = Prefix(PLAIN[:60]), PLAIN[60:110], 25
    given = GivenBytes(plain[:20] + bytes(30), b"\1" * 20 + bytes(30))
    for executor in (None, native):
        ways = []
        for some in (None, given):
            how = Mixing(), ignore, before, some
            if executor is None:
                stream = encode_adaptive(plain, lane_length, *how)
                back = decode_adaptive(stream, 50, lane_length, *how)
            else:
                stream = executor.encode_with(None, plain, lane_length, *how)
                back = executor.decode_with(None, stream, 50, lane_length, *how)
            assert back == plain
            ways.append(len(stream))
        assert ways[1] < ways[0] - 5
    with pytest.raises(UsageError, match="another length"):
        encode_adaptive(plain, 25, Mixing(), ignore, before, GivenBytes(plain, bytes(49)))
    with pytest.raises(UsageError, match="another length"):
        decode_adaptive(stream, 50, 25, Mixing(), ignore, before, (plain[1:], bytes(50)))


def test_progress_is_told_and_may_end_the_call() -> None:
    steps: list[int] = []
    payload = encode_adaptive(PLAIN, len(PLAIN), Mixing(), steps.append)
    assert steps[-1] == len(PLAIN)
    steps.clear()
    assert decode_adaptive(payload, len(PLAIN), len(PLAIN), Mixing(), steps.append) == PLAIN
    assert len(steps) > 5

    def stop(step: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_adaptive(PLAIN, LANE, Mixing(), stop)
    with pytest.raises(KeyboardInterrupt):
        decode_adaptive(payload, len(PLAIN), len(PLAIN), Mixing(), stop)


def test_strides_are_found() -> None:
    random = np.random.default_rng(1)
    rows = np.cumsum(random.integers(-2, 3, (300, 36)), axis=0).astype(np.uint8)
    assert likely_stride(rows.tobytes()) == 36
    rows[1::2] += 2  # rows are more like those two before them than like their neighbours
    assert likely_stride(rows.tobytes()) == 36
    assert likely_stride(b"") == likely_stride(bytes(5000)) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((b"", 1, (0, 1)), "1 to 2147483647 symbols"),
        ((PLAIN, 0, (0, 1)), "a lane of this block"),
        ((PLAIN, LANE, (-1, 1)), "stride must be 0 to 65535"),
        ((PLAIN, LANE, (65536, 1)), "stride must be 0 to 65535"),
        ((PLAIN, LANE, (0, 0)), "predictor must be 1 to 3, not 0"),
        ((PLAIN, LANE, (0, 4)), "predictor must be 1 to 3, not 4"),
    ],
)
def test_bad_arguments_are_refused(
    arguments: tuple[bytes, int, tuple[int, int]], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        encode_adaptive(*arguments, ignore)
    with pytest.raises(UsageError, match=message):
        MixedEncoder(*arguments)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((3, 2, 224), np.int32), "at least 256"),
        (np.ones((2, 2, 256), np.int32), "odds"),
        (np.ones((3, 2, 256), np.int64), "int32"),
        (np.full((3, 2, 256), -1, np.int32), "0 to 16777215, not -1"),
        (np.full((3, 2, 256), 1 << 24, np.int32), "0 to 16777215, not 16777216"),
        (np.ones((3, LANE + 1, 256), np.int32), "240 steps left"),
    ],
)
def test_bad_weights_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MixedEncoder(PLAIN, LANE, Mixing()).encode(weights)
    if weights.shape[1] == 2:
        with pytest.raises(UsageError, match=message):
            MixedDecoder(b"abc", len(PLAIN), LANE, Mixing()).decode(
                np.ascontiguousarray(weights[:, 0])
            )


def test_calls_out_of_turn_are_refused() -> None:
    with pytest.raises(UsageError, match="can be finished after 240 steps, not after 0"):
        MixedEncoder(PLAIN, LANE, Mixing()).finish()
    decoder = MixedDecoder(bytes(1), 1, 1, Mixing())
    with pytest.raises(UsageError, match="can be finished after 1 steps, not after 0"):
        decoder.finish()
    decoder.decode(np.ones((1, 256), np.int32))
    with pytest.raises(UsageError, match="the block has 0 steps left, not 1"):
        decoder.decode(np.ones((1, 256), np.int32))


def test_payloads_that_no_encoder_writes_are_damaged() -> None:
    payload = encode_adaptive(PLAIN, LANE, Mixing(), ignore)
    with pytest.raises(DamagedError):
        decode_adaptive(payload + b"x", len(PLAIN), LANE, Mixing(), ignore)
