"""The paper's way from bytes to a language model: as characters of 7 bits, lost bits beside them.

Of text the highest bit of each byte is taken away, of all other data the lowest one (Delétang et
al., section 3.1). The paper counts one bit for each byte of text above 127 and for each byte of
other data. Here they are stored so that everything comes back: of text, which bytes they were.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from lmpack.errors import DamagedError
from lmpack.evaluation.model_compressors import ModelAlone

_TEXT, _OTHER = 0, 1
"""The first byte of what is stored of a chunk."""

_TOP = 128
_LENGTH = struct.Struct("<I")
"""Before a whole: the bytes of its lost bits."""

_CONTROL = frozenset([*range(32), 127]) - frozenset(b"\t\n\f\r")
_LONGEST_TAIL = 3
"""Bytes of a character whose beginning is in the chunk before."""


class Characters:
    """A model that sees only bytes below 128.

    Args:
        model: codes these.
        name: as in tables.
    """

    header_bytes = 0

    def __init__(self, model: ModelAlone, name: str) -> None:
        self._model = model
        self.name = name
        self.parameters = model.parameters
        self.model_bytes = model.model_bytes
        self.fingerprint = model.fingerprint

    def compress(self, data: bytes) -> bytes:
        """See :class:`~lmpack.evaluation.protocol.Compressor`."""
        characters, lost = split(data)
        return _LENGTH.pack(len(lost)) + lost + self._model.compress(characters)

    def decompress(self, packed: bytes) -> bytes:
        """Inverse of :meth:`compress`.

        Raises:
            DamagedError: it is not that of any bytes.
        """
        if len(packed) < _LENGTH.size:
            raise DamagedError("it is shorter than its head")
        start = _LENGTH.size + _LENGTH.unpack_from(packed)[0]
        characters = self._model.decompress(packed[start:])
        return joined(characters, iter(packed[_LENGTH.size : start]))

    def compress_chunks(self, chunks: Sequence[bytes]) -> list[bytes]:
        """The payloads of the model, and the lost bits of all chunks behind them."""
        pairs = [split(chunk) for chunk in chunks]
        payloads = self._model.compress_chunks([characters for characters, _ in pairs])
        return [*payloads, b"".join(lost for _, lost in pairs)]

    def decompress_chunks(self, packed: Sequence[bytes], lengths: Sequence[int]) -> list[bytes]:
        """Inverse of :meth:`compress_chunks`."""
        *payloads, lost = packed
        stored = iter(lost)
        chunks = self._model.decompress_chunks(payloads, lengths)
        return [joined(characters, stored) for characters in chunks]


def split(data: bytes) -> tuple[bytes, bytes]:
    """The characters of some bytes, all below 128, and what restores the bytes from them."""
    values = np.frombuffer(data, np.uint8)
    if is_text(data):
        characters, lost = values & (_TOP - 1), bytes([_TEXT, *_runs(values >= _TOP)])
    else:
        characters, lost = values >> 1, bytes([_OTHER]) + np.packbits(values & 1).tobytes()
    return characters.tobytes(), lost


def joined(characters: bytes, stored: Iterator[int]) -> bytes:
    """Inverse of :func:`split`.

    Args:
        characters: all below 128.
        stored: bytes that begin with the second result of :func:`split`, of which these are taken.

    Raises:
        DamagedError: they end too early, or are not of so many characters.
    """
    values = np.frombuffer(characters, np.uint8)
    try:
        if next(stored) == _TEXT:
            return (values + _TOP * _flags(stored, len(values))).astype(np.uint8).tobytes()
        packed = bytes(next(stored) for _ in range(-(-len(values) // 8)))
    except (StopIteration, RuntimeError) as error:
        raise DamagedError("the lost bits end too early") from error
    low = np.unpackbits(np.frombuffer(packed, np.uint8), count=len(values))
    return (values * 2 + low).astype(np.uint8).tobytes()


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 without control characters; a character may be cut at each end."""
    if not _CONTROL.isdisjoint(data):
        return False
    start = 0
    while start < min(_LONGEST_TAIL, len(data)) and data[start] & 0xC0 == _TOP:
        start += 1
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[start:])
    except UnicodeDecodeError:
        return False
    return True


def _runs(flags: npt.NDArray[np.bool_]) -> bytes:
    """Lengths of runs of equal flags, the first of False, without the last, behind their number.

    Each is a number of 7 bits a byte, the lowest first; all bytes but its last have the bit 128.
    """
    ends = np.flatnonzero(np.diff(flags, prepend=False)).tolist()
    runs = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return b"".join(map(_number, [len(runs), *runs]))


def _number(value: int) -> bytes:
    groups = [value & 127]
    while value := value >> 7:
        groups.append(value & 127)
    return bytes([*(group | 128 for group in groups[:-1]), groups[-1]])


def _flags(stored: Iterator[int], count: int) -> npt.NDArray[np.int64]:
    """Inverse of :func:`_runs`: 0 or 1 for each of `count` bytes."""
    ends = np.cumsum([_read_number(stored) for _ in range(_read_number(stored))], dtype=np.int64)
    if len(ends) and ends[-1] >= count:
        raise DamagedError("the lost bits are of more bytes than there are")
    changes = np.zeros(count, np.int64)
    np.add.at(changes, ends, 1)
    return np.cumsum(changes) % 2


def _read_number(stored: Iterator[int]) -> int:
    value = shift = 0
    while (group := next(stored)) & 128:
        value |= (group & 127) << shift
        shift += 7
    return value | group << shift
