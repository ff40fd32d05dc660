"""Small records, each by itself, under a prefix that both sides have."""

from __future__ import annotations

import functools
import hashlib
import zlib
from typing import TYPE_CHECKING, Any

from lmpack._blocks.combinations import require_models_for_prefix
from lmpack._blocks.executor_cache import cached_executor
from lmpack._blocks.levels import find_level
from lmpack._blocks.limits import require_size
from lmpack._blocks.model_choice import Bundles, bundles_to_encode, fingerprints_of
from lmpack._blocks.options import Model, Options
from lmpack._blocks.prefix import Prefix
from lmpack._buffers import Array, flat
from lmpack._container import MAXIMUM_PLAIN_LENGTH
from lmpack._container.lean_record import RAW, LeanRecord
from lmpack._executors import CPU
from lmpack._executors.mixing import Mixing, Predictor
from lmpack._executors.prefixed import PrefixedExecutor
from lmpack._executors.protocol import no_progress
from lmpack._native import decode_adaptive, encode_adaptive
from lmpack.errors import DamagedError, ModelError, PrefixError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_WHAT = "the record"


class RecordCodec:
    """Compresses small records, such as messages, rows of a table or lines of a log, one by one.

    A record is no file: it has no magic, and does not name all that it needs. Of up to 16 KB of
    content it has at most 4 bytes next to what is coded, with a checksum 8, and one to three more
    if the prefix looks like rows of numbers (docs/format.md, section 9). So keep with your records
    how their codec was made. For more than 16 MiB, and for files, use :func:`lmpack.compress` with
    the option prefix.

    Make one object and use it for all records, from any number of threads. The first record takes
    longer, as the prefix is learned then. All it does happens on the CPU, in the calling thread.
    It can be pickled, with its prefix in it.

    Args:
        prefix: examples of records, or what they have in common. Decompressing takes the same.
        level: 1 (fastest) to 9 (smallest).
        model: in place of the level's, as in :class:`Options`: models of bytes only.
        checksum: whether records get 4 bytes more, by which any damage is found, with a chance of
            one in 2**32 to be missed. Without, what keeps the records must have a checksum: a part
            of the damage then gives other content without an error.

    Raises:
        UsageError: the prefix is no :class:`Prefix`, or another argument is out of range.
        ModelError: the model cannot be used.
    """

    def __init__(
        self, prefix: Prefix, level: int = 1, *, model: Model = None, checksum: bool = False
    ) -> None:
        options = Options(level=level, model=model, prefix=prefix)
        if options.prefix is None:
            raise UsageError("records need a prefix: give an lmpack.Prefix(data)")
        if not isinstance(checksum, bool):
            raise UsageError(f"checksum must be True or False, not {checksum!r}")
        chosen = find_level(level)
        self._arguments = functools.partial(
            type(self), prefix, level, model=model, checksum=checksum
        )
        self._prefix = prefix
        self._checksum = checksum
        self._predictor = chosen.predictor
        self._stride = prefix.native.likely_stride
        self._bundles = bundles_to_encode(options.models or chosen.models)
        require_models_for_prefix(options, self._bundles)
        self._names = {has: _name_of(prefix, self._bundles if has else ()) for has in (False, True)}

    def compress(self, record: Buffer | Array) -> bytes:
        """The record in fewer bytes, or in at most 9 more: 4 of them for its length, 4 a checksum.

        Args:
            record: bytes, or anything with the buffer protocol, at most 16 MiB; it may be empty.

        Raises:
            UsageError: it is longer, or no buffer.
        """
        plain = _bytes_of(record)
        length = len(plain)
        if length > MAXIMUM_PLAIN_LENGTH:
            raise UsageError(
                f"a record has at most {MAXIMUM_PLAIN_LENGTH:,} bytes, and this one has "
                f"{length:,}: use lmpack.compress"
            )
        if length == 0:
            return LeanRecord(0).to_bytes()
        checksum = zlib.crc32(plain) if self._checksum else None
        mixing = Mixing(self._stride, self._predictor)
        has_models = bool(self._bundles)
        if has_models:
            stream = self._executor().encode(plain, length, mixing, no_progress)
        else:
            stream = encode_adaptive(plain, length, mixing, no_progress, self._prefix.native)
        raw = LeanRecord(length, body=plain, checksum=checksum)
        if len(stream) >= length:
            return raw.to_bytes()
        name = self._names[has_models]
        coded = raw._replace(
            predictor=self._predictor,
            has_models=has_models,
            name=name,
            stride=self._stride,
            body=stream,
        )
        return min(raw.to_bytes(), coded.to_bytes(), key=len)

    def decompress(self, packed: Buffer | Array, *, max_size: int | None = None) -> bytes:
        """What a record of :meth:`compress` was made of. The level may be another one.

        Args:
            packed: one record, all of it.
            max_size: bytes that it may come to, at least 1; None for 16 MiB, which no record
                exceeds. Set it for bytes that you do not trust: a few of them may stand for 16 MiB,
                and minutes.

        Raises:
            TruncatedError: the record ends too early.
            DamagedError: it is damaged. Without a checksum this is not always found.
            PrefixError: it was made with another prefix, or other models; or it is damaged. With a
                chance of one in 256 this is not found, but by a checksum.
            ModelError: it was made with a model, and this codec has none.
            LimitError: it is longer than `max_size`.
            UsageError: no buffer was given, or `max_size` is no such number.
        """
        if max_size is not None and (type(max_size) is not int or max_size < 1):
            raise UsageError(f"max_size must be an integer of at least 1, or None, not {max_size}")
        record = LeanRecord.parse(_bytes_of(packed))
        require_size(record.length, max_size, _WHAT)
        plain = record.body if record.predictor == RAW else self._decoded(record)
        if record.checksum is not None and zlib.crc32(plain) != record.checksum:
            raise DamagedError(
                "the checksum of the record's content is wrong: it is damaged, or was made with "
                "another prefix or model"
            )
        return plain

    def _decoded(self, record: LeanRecord) -> bytes:
        if record.has_models and not self._bundles:
            raise ModelError(
                "the record was made with a model, and this codec has none: make the codec with "
                "the level or the model that the record was made with"
            )
        if (name := self._names[record.has_models]) != record.name:
            raise PrefixError(
                f"the record was made with the prefix and models {record.name:02x}, and those of "
                f"this codec are {name:02x}: make the codec with what it was made with; if it was, "
                "the record is damaged"
            )
        mixing, length = Mixing(record.stride, Predictor(record.predictor)), record.length
        try:
            if record.has_models:
                return self._executor().decode(record.body, length, length, mixing, no_progress)
            before = self._prefix.native
            return decode_adaptive(record.body, length, length, mixing, no_progress, before)
        except DamagedError as error:
            raise DamagedError(f"{_WHAT}: {error}") from error

    def _executor(self) -> PrefixedExecutor:
        """Of this process: one that was forked has its own."""
        return PrefixedExecutor(
            self._prefix.native, *(cached_executor(bundle, CPU, 1) for bundle in self._bundles)
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return self._arguments, ()


def _bytes_of(data: Any) -> bytes:
    return data if type(data) is bytes else bytes(flat(data))


def _name_of(prefix: Prefix, bundles: Bundles) -> int:
    """The byte by which a record tells what it needs (docs/format.md, section 9)."""
    return hashlib.sha256(b"".join((prefix.digest, *fingerprints_of(bundles)))).digest()[0]
