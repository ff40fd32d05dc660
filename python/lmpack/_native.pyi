"""The coder and the engine of lmpack in C++ (cpp/bindings). Not public: use lmpack.compress."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

MixingNumbers = tuple[int, int]
"""The stride and the number of the predictor, as in lmpack._executors.mixing.Mixing."""

def odds_to_frequencies(odds: npt.NDArray[np.int32]) -> npt.NDArray[np.uint32]: ...

class BlockEncoder:
    def __init__(self, length: int, lane_length: int, vocabulary: int) -> None: ...
    def encode(self, odds: npt.NDArray[np.int32], symbols: npt.NDArray[np.int32]) -> None: ...
    def encode_intervals(self, intervals: npt.NDArray[np.int32]) -> None: ...
    def finish(self) -> bytes: ...

class BlockDecoder:
    def __init__(self, payload: Buffer, length: int, lane_length: int, vocabulary: int) -> None: ...
    def decode(self, odds: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]: ...
    def finish(self) -> None: ...

class MixedEncoder:
    def __init__(
        self, plain: Buffer, lane_length: int, mixing: MixingNumbers, models: int = 1
    ) -> None: ...
    def encode(self, *odds: npt.NDArray[np.int32]) -> None: ...
    def encode_paths(self, paths: npt.NDArray[np.uint16]) -> None: ...
    def finish(self) -> bytes: ...

class MixedDecoder:
    def __init__(
        self, payload: Buffer, length: int, lane_length: int, mixing: MixingNumbers, models: int = 1
    ) -> None: ...
    def decode(self, *odds: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]: ...
    def finish(self) -> bytes: ...

class LaneDecoders:
    def __init__(self, team: ThreadTeam, lanes: int) -> None: ...
    def add(self, first: int, decoder: BlockDecoder | MixedDecoder) -> None: ...
    def remove(self, first: int) -> None: ...
    def decode(
        self, odds: npt.NDArray[np.int32], symbols: npt.NDArray[np.int32]
    ) -> list[tuple[int, Exception]]: ...

class TokenTable:
    def __init__(self, token_bytes: Buffer, lengths: Buffer) -> None: ...
    def __len__(self) -> int: ...

class TokenEncoder:
    def __init__(
        self,
        table: TokenTable,
        plain: Buffer,
        lane_length: int,
        mixing: MixingNumbers | None,
        tokens: npt.NDArray[np.int32],
        counts: npt.NDArray[np.int32],
    ) -> None: ...
    def encode(self, weights: npt.NDArray[np.int32]) -> None: ...
    def finish(self) -> bytes: ...

class TokenDecoder:
    def __init__(
        self,
        table: TokenTable,
        payload: Buffer,
        length: int,
        lane_length: int,
        mixing: MixingNumbers | None,
    ) -> None: ...
    @property
    def done(self) -> bool: ...
    @property
    def coded(self) -> int: ...
    def decode(self, weights: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]: ...
    def finish(self) -> bytes: ...

SHORTEST_COPY: int

def take_copies(
    plain: bytes, shortest: int, prefix: Prefix | None = None
) -> tuple[bytes, bytes]: ...
def remainder_length(copies: bytes, length: int, prefix: Prefix | None = None) -> int: ...
def put_copies(
    copies: bytes, remainder: bytes, length: int, prefix: Prefix | None = None
) -> bytes: ...

MOST_KEPT_KINDS: int
MOST_LEARNED: int

class Prefix:
    def __init__(self, data: Buffer) -> None: ...
    def __len__(self) -> int: ...
    @property
    def stride(self) -> int: ...

def encode_adaptive(
    plain: bytes,
    lane_length: int,
    mixing: MixingNumbers,
    steps_done: Callable[[int], None],
    prefix: Prefix | None = None,
    given: tuple[bytes, bytes] | None = None,
) -> bytes: ...
def decode_adaptive(
    payload: Buffer,
    length: int,
    lane_length: int,
    mixing: MixingNumbers,
    steps_done: Callable[[int], None],
    prefix: Prefix | None = None,
    given: tuple[bytes, bytes] | None = None,
) -> bytes: ...
def filter_bytes(
    plain: bytes, filter_id: int, parameters: bytes, steps_done: Callable[[int], None]
) -> bytes: ...
def unfilter_bytes(
    filtered: bytes, filter_id: int, parameters: bytes, steps_done: Callable[[int], None]
) -> bytes: ...
def likely_stride(plain: Buffer) -> int: ...
def likely_row(plain: Buffer, pixel: int) -> int: ...

BIT_UNITS: int

def number_bits(
    plain: Buffer, width: int, is_signed: bool, is_big_endian: bool, distance: int
) -> int: ...
def frequency_bits(plain: Buffer, width: int, more: int) -> int: ...
def build_info() -> dict[str, str]: ...
def kernel_names() -> list[str]: ...
def has_kernel(name: str) -> bool: ...
def peak_products(kernel: str, seconds: float) -> float: ...

class ThreadTeam:
    def __init__(self, threads: int) -> None: ...

class EngineState: ...

class Engine:
    def __init__(
        self,
        shape: dict[str, Any],
        tensors: Mapping[str, npt.NDArray[Any]] | Mapping[str, memoryview[Any]],
        kernel: str,
    ) -> None: ...
    def start(self, lanes: int) -> EngineState: ...
    def feed(
        self, state: EngineState, symbols: npt.NDArray[np.int32], team: ThreadTeam
    ) -> npt.NDArray[np.int32]: ...
    def encode(
        self,
        team: ThreadTeam,
        plain: bytes,
        lane_length: int,
        steps_done: Callable[[int], None],
    ) -> bytes: ...
    def decode(
        self,
        team: ThreadTeam,
        payload: Buffer,
        length: int,
        lane_length: int,
        steps_done: Callable[[int], None],
    ) -> bytes: ...
    def encode_mixed(
        self,
        team: ThreadTeam,
        plain: bytes,
        lane_length: int,
        mixing: MixingNumbers,
        steps_done: Callable[[int], None],
        second: Engine | None = None,
        prefix: Prefix | None = None,
        given: tuple[bytes, bytes] | None = None,
    ) -> bytes: ...
    def decode_mixed(
        self,
        team: ThreadTeam,
        payload: Buffer,
        length: int,
        lane_length: int,
        mixing: MixingNumbers,
        steps_done: Callable[[int], None],
        second: Engine | None = None,
        prefix: Prefix | None = None,
        given: tuple[bytes, bytes] | None = None,
    ) -> bytes: ...

class DecoderState: ...

class DecoderEngine:
    def __init__(
        self, shape: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]], kernel: str
    ) -> None: ...
    def start(self, lanes: int) -> DecoderState: ...
    def feed(
        self, state: DecoderState, symbols: npt.NDArray[np.int32], team: ThreadTeam
    ) -> npt.NDArray[np.int32]: ...
    def encode(
        self,
        table: TokenTable,
        team: ThreadTeam,
        plain: bytes,
        lane_length: int,
        mixing: MixingNumbers | None,
        tokens: npt.NDArray[np.int32],
        counts: npt.NDArray[np.int32],
        steps_done: Callable[[int], None],
    ) -> bytes: ...
    def decode(
        self,
        table: TokenTable,
        team: ThreadTeam,
        payload: Buffer,
        length: int,
        lane_length: int,
        mixing: MixingNumbers | None,
        steps_done: Callable[[int], None],
    ) -> bytes: ...

def mixing_parts(mixing: tuple[int, int]) -> list[str]: ...
def mixing_kernels() -> list[str]: ...
def size_without_parts(
    plain: Buffer, mixing: tuple[int, int], without: list[str], kernels: str
) -> int: ...
