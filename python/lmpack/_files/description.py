"""What a compressed file is made of, without decoding it."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, BinaryIO

from lmpack._blocks.coders import Decoder
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._blocks.way import way_of
from lmpack._container import VERSION, ContainerIndex, read_block, read_indexes
from lmpack._files.kinds import require_regular
from lmpack._files.names import usable_path
from lmpack._files.remote.source import open_url
from lmpack._files.remote.url import is_url
from lmpack._models.bundle import find_bundle
from lmpack.errors import ModelError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclasses.dataclass(frozen=True)
class BlockInfo:
    """A block of a container.

    Attributes:
        offset: of its first byte in the file.
        kind: "raw", "model", "mixed", "adaptive", "tokens" or "mixed tokens".
        lanes: number of lanes.
        plain_length: bytes of content.
        payload_length: bytes of the coded content.
        memory: bytes that decoding it needs, content and payload included; None if it needs a model
            that is not there.
        predictor: "light", "full" or "strong"; None without mixing, or if the start of the payload
            is damaged, and what follows is 0 or None then.
        stride: bytes at which the block resembles itself; 0 if it does not, or is not known to.
        filter: what the block went through before it was mixed, in words; None for no filter.
        copied: bytes that are copies of what stood in the block before; None if they may be of the
            prefix, which is not asked for here, or if their list is damaged.
    """

    offset: int
    kind: str
    lanes: int
    plain_length: int
    payload_length: int
    memory: int | None
    predictor: str | None
    stride: int
    filter: str | None
    copied: int | None


@dataclasses.dataclass(frozen=True)
class ContainerInfo:
    """A container of a file.

    Attributes:
        offset: of its first byte in the file.
        version: format version.
        fingerprints: the first 8 bytes of the fingerprint of each model, none to two.
        models: what these models call themselves; None for one that is neither built in nor in the
            folder of models.
        prefix: the first 8 bytes of the SHA-256 of the prefix; None if there is none.
        content_length: bytes of content.
        compressed_length: bytes of the container.
        memory: bytes that decoding needs at least, for one block at a time: those of the block that
            needs most. None if a model is needed that is not there.
        blocks: its blocks, in order.
    """

    offset: int
    version: int
    fingerprints: tuple[bytes, ...]
    models: tuple[str | None, ...]
    prefix: bytes | None
    content_length: int
    compressed_length: int
    memory: int | None
    blocks: tuple[BlockInfo, ...]


def describe(
    file: str | os.PathLike[str] | BinaryIO,
    *,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> list[ContainerInfo]:
    """What the containers of a file hold, in file order. No content is decoded or checked.

    Args:
        file: a path, a URL (docs/cluster.md), or a seekable binary file object, which is taken
            as a whole.
        options: see :class:`Options`. The memory is what decoding needs with them, with a `model`
            given as a folder too; the index alone may not need more than `max_memory`.
        keywords: fields of :class:`Options`.

    Raises:
        UsageError: it is neither a path nor a file object, or one that cannot seek, such as a pipe.
        OSError: the file cannot be opened.
        FormatError: it is no lmpack file, of a newer version, truncated or damaged.
        LimitError: the index needs more memory than allowed.
    """
    chosen = given_options(options, keywords)
    if is_url(file):
        with open_url(str(file)) as remote:
            return describe(remote, options=chosen)
    if isinstance(file, str | os.PathLike):
        require_regular(usable_path(os.fspath(file)))
        with open(file, "rb") as opened:
            return describe(opened, options=chosen)
    if not hasattr(file, "seekable"):
        raise UsageError(
            f"a {type(file).__name__} is neither a path nor a file: give one of them; io.BytesIO "
            "makes a file of bytes"
        )
    if not file.seekable():
        raise UsageError("the index of a pipe cannot be read: give a file")
    decoder = Decoder(chosen)
    indexes = read_indexes(file, chosen.max_memory)
    return [_describe_container(file, index, decoder) for index in indexes]


def _describe_container(file: BinaryIO, index: ContainerIndex, decoder: Decoder) -> ContainerInfo:
    blocks = []
    for entry in index.blocks:
        block = read_block(file, entry)
        blocks.append(
            BlockInfo(
                offset=entry.offset,
                kind=block.kind.label,
                lanes=block.lanes,
                plain_length=entry.plain_length,
                payload_length=entry.payload_length,
                memory=decoder.memory(block, index.header.names),
                **way_of(block)._asdict(),
            )
        )
    memories = [block.memory for block in blocks if block.memory is not None]
    return ContainerInfo(
        offset=index.start,
        version=VERSION,
        fingerprints=index.header.fingerprints,
        models=tuple(model_name(fingerprint) for fingerprint in index.header.fingerprints),
        prefix=index.header.prefix,
        content_length=index.content_length,
        compressed_length=index.size,
        memory=max(memories, default=0) if len(memories) == len(blocks) else None,
        blocks=tuple(blocks),
    )


def model_name(fingerprint: bytes) -> str | None:
    """What a model calls itself; None for one that is neither built in nor in the folder of models.

    Args:
        fingerprint: its first 8 bytes.
    """
    try:
        return find_bundle(fingerprint).name
    except ModelError:
        return None
