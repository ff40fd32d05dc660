"""The codec `lmpack` of numcodecs, with which zarr packs chunks in its format 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numcodecs.abc import Codec
from numcodecs.compat import ensure_contiguous_ndarray, ndarray_copy

from lmpack._blocks.levels import DEFAULT_LEVEL
from lmpack._files.streams import compress, decompress
from lmpack.errors import UsageError
from lmpack.integrations.chunk_options import chunk_options, stored_configuration


class Lmpack(Codec):
    """Each chunk is one container. Decoding takes the model that the container names.

    Args:
        level: 1 (fastest) to 9 (smallest).
        mixing: as in :class:`lmpack.Options`.
        model: name or folder of a model, or two of them; None for those of the level.

    Raises:
        UsageError: an option is out of range.
    """

    codec_id = "lmpack"

    def __init__(
        self, level: int = DEFAULT_LEVEL, *, mixing: bool = True, model: Any = None
    ) -> None:
        self._options = chunk_options({"level": level, "mixing": mixing, "model": model})

    def __repr__(self) -> str:
        fields = stored_configuration(self._options).items()
        return f"Lmpack({', '.join(f'{name}={value!r}' for name, value in fields)})"

    def encode(self, buf: Any) -> bytes:
        """A container with the bytes of an array, in the order in which they lie in memory.

        Raises:
            ModelError: the model cannot be used.
            LimitError: it needs more memory than coding may take.
        """
        return compress(ensure_contiguous_ndarray(buf), options=self._options)

    def decode(self, buf: Any, out: Any = None) -> Any:
        """The bytes of a container; they are put into `out`, if it is given.

        Raises:
            FormatError: the chunk is no container, or damaged.
            ModelError: the model that made it is not there.
            LimitError: `out` is shorter than the content.
            UsageError: `out` is longer than the content.
        """
        data = ensure_contiguous_ndarray(buf)
        if out is None:
            return decompress(data, threads=1)
        room = ensure_contiguous_ndarray(out).nbytes
        content = decompress(data, threads=1, max_size=max(room, 1))
        if len(content) != room:
            raise UsageError(
                f"the chunk has {len(content)} bytes, but out takes {room}: give one of its size"
            )
        return ndarray_copy(content, out)

    def get_config(self) -> dict[str, Any]:
        """What an array's metadata say of the codec."""
        return {"id": self.codec_id, **stored_configuration(self._options)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Lmpack:
        """The codec of an array's metadata, with or without its id.

        Raises:
            UsageError: an option is out of range or unknown.
        """
        fields = {name: value for name, value in config.items() if name != "id"}
        return cls(**stored_configuration(chunk_options(fields)))
