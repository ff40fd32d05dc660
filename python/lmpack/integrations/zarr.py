"""The codec `lmpack` of zarr's format 3."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zarr.abc.codec import BytesBytesCodec

from lmpack._blocks.levels import DEFAULT_LEVEL
from lmpack._blocks.options import Options
from lmpack._files.streams import compress, decompress
from lmpack.errors import UsageError
from lmpack.integrations.chunk_options import chunk_options, stored_configuration

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer

NAME = "lmpack"
"""Not registered with zarr-extensions."""


@dataclass(frozen=True, init=False)
class LmpackCodec(BytesBytesCodec):
    """Each chunk is one container. Decoding takes the model that the container names.

    Chunks are coded in threads, as many side by side as zarr's `async.concurrency` and
    `threading.max_workers` say.

    Args:
        level: 1 (fastest) to 9 (smallest).
        mixing: as in :class:`lmpack.Options`.
        model: name or folder of a model, or two of them; None for those of the level.

    Raises:
        UsageError: an option is out of range.
    """

    is_fixed_size = False

    options: Options

    def __init__(
        self, *, level: int = DEFAULT_LEVEL, mixing: bool = True, model: Any = None
    ) -> None:
        options = chunk_options({"level": level, "mixing": mixing, "model": model})
        object.__setattr__(self, "options", options)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> LmpackCodec:
        """The codec of an array's metadata.

        Raises:
            UsageError: they are those of another codec, or an option is out of range or unknown.
        """
        if data.get("name") != NAME:
            raise UsageError(f"the metadata are of the codec {data.get('name')!r}, not of {NAME!r}")
        return cls(**stored_configuration(chunk_options(data.get("configuration", {}))))

    def to_dict(self) -> dict[str, Any]:
        """What an array's metadata say of the codec."""
        return {"name": NAME, "configuration": stored_configuration(self.options)}

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        """Not known before a chunk is packed."""
        raise NotImplementedError

    async def _encode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._encode_sync, chunk_data, chunk_spec)

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        return await asyncio.to_thread(self._decode_sync, chunk_data, chunk_spec)

    def _encode_sync(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        packed = compress(chunk_data.as_numpy_array(), options=self.options)
        return chunk_spec.prototype.buffer.from_bytes(packed)

    def _decode_sync(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> Buffer:
        content = decompress(chunk_data.as_numpy_array(), threads=1)
        return chunk_spec.prototype.buffer.from_bytes(content)
