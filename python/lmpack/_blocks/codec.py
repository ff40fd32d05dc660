"""Blocks to bytes and back, over an executor."""

from __future__ import annotations

import zlib

from lmpack._blocks.choice import (
    FILTER_USED_BELOW,
    Probed,
    codings_worth_trying,
    lanes_log2,
    mixed_lanes_log2,
    pieces_of,
    probe_of,
    stride_pieces_of,
    strides_of,
    tokens_probe_of,
    with_filter,
    with_model,
)
from lmpack._blocks.coding import (
    Coding,
    ShareDone,
    no_progress,
    part_of,
    predicted_kind,
    require_executor,
    standing_at,
)
from lmpack._blocks.copies import with_copies, without_copies
from lmpack._blocks.given import given_in, mixed_bytes
from lmpack._blocks.patches import PatchPrefix, behind, has_sources, is_version, packed_list
from lmpack._blocks.text import is_text
from lmpack._container import FINGERPRINT_SIZE, Block, BlockKind
from lmpack._executors.mixing import GivenBytes, Predictor
from lmpack._executors.protocol import BlockCoder
from lmpack.errors import DamagedError, VerifyError

LONGEST_TRIED_TWICE = 1 << 17
"""Bytes of a remainder that is coded as a patch and as none, at most."""


def encode_block(
    executor: BlockCoder | None,
    plain: bytes,
    share_done: ShareDone = no_progress,
    *,
    mixed_lanes: int | None = None,
    predictor: Predictor = Predictor.LIGHT,
    beside: Predictor | None = None,
    prefix: PatchPrefix | None = None,
    is_last: bool = False,
) -> Block:
    """A block with the given content: predicted, or raw where that is not smaller.

    Args:
        executor: of a decoder, or of a model with at least 256 symbols, which stand for bytes, or
            of two of these, which need mixing; None to do without, which needs mixing, too.
        plain: at least one byte.
        share_done: told how far it is.
        mixed_lanes: into how many lanes the block is cut at most, with model and mixing; None for
            the model without mixing.
        predictor: what mixes.
        beside: what mixes if a model takes part; None for the same.
        prefix: stands before the block, which needs mixing; the executor knows it already.
        is_last: whether no other block follows: then what names its models counts in the choice,
            as it may be the only one.
    """
    if mixed_lanes is None:
        architecture = require_executor(executor).architecture
        kind = predicted_kind(architecture, mixing=False)
        coding = Coding(kind, lanes_log2(len(plain), architecture))
        payload = coding.encode(executor, plain, share_done)
    else:
        coding, payload = encode_with_mixing(
            executor, plain, mixed_lanes, share_done, predictor, prefix, is_last, beside
        )
    checksum = zlib.crc32(plain)
    if len(payload) >= len(plain):
        return Block(BlockKind.RAW, 0, len(plain), checksum, plain)
    return Block(coding.kind, coding.lanes_log2, len(plain), checksum, payload)


def decode_block(
    executor: BlockCoder | None,
    block: Block,
    share_done: ShareDone = no_progress,
    prefix: PatchPrefix | None = None,
) -> bytes:
    """The content of a block.

    Args:
        executor: of the model that the container names; not needed for blocks without a model.
        block: as read from a container.
        share_done: told how far it is.
        prefix: stands before the block; the executor knows it already.

    Raises:
        DamagedError: the payload does not decode to bytes with the block's checksum.
        ModelError: a modelled block, but no executor.
    """
    if block.kind is BlockKind.RAW:
        plain = block.payload
    else:
        coding = Coding.of(block)
        plain = coding.decode(executor, block.payload, block.plain_length, share_done, prefix)
    if zlib.crc32(plain) != block.checksum:
        raise DamagedError("the checksum of the block's content is wrong: the file is damaged")
    return plain


def verify_block(
    executor: BlockCoder | None,
    block: Block,
    plain: bytes,
    share_done: ShareDone = no_progress,
    prefix: PatchPrefix | None = None,
) -> None:
    """Decode a block that was just made, and compare.

    Args:
        executor: as for :func:`decode_block`.
        block: the block.
        plain: what it was made of.
        share_done: told how far it is.
        prefix: as for :func:`decode_block`.

    Raises:
        VerifyError: it does not decode to that.
    """
    try:
        is_right = decode_block(executor, block, share_done, prefix) == plain
    except DamagedError:
        is_right = False
    if not is_right:
        raise VerifyError(
            "a block that was just made does not decode to its content, so nothing is kept of it: "
            "test the memory of this machine, and try again with the option device cpu"
        )


def encode_with_mixing(
    executor: BlockCoder | None,
    plain: bytes,
    most_lanes: int,
    share_done: ShareDone,
    predictor: Predictor = Predictor.LIGHT,
    prefix: PatchPrefix | None = None,
    is_last: bool = False,
    beside: Predictor | None = None,
) -> tuple[Coding, bytes]:
    """The way with mixing, by this predictor, that makes a block smallest, and the payload.

    What stood in the block or the prefix before is taken out first. With the model there are at
    most `most_lanes` lanes, without it is one; and `beside` mixes then, if it is given.
    """
    copies, remainder = without_copies(plain, prefix)
    names = _size_of_names(executor) if is_last else 0
    if prefix is None or not is_version(plain, prefix) or not has_sources(copies, prefix):
        coding, payload = _encode_remainder(
            executor, remainder, most_lanes, share_done, predictor, beside, prefix, names
        )
        return coding, with_copies(payload, copies)
    # What is short is coded in both ways: its list may be shorter as it is, and the end of a prefix
    # may say more than what is around the copies.
    ways = 2 if len(remainder) <= LONGEST_TRIED_TWICE else 1
    first, last = part_of(0, ways, share_done), part_of(ways - 1, ways, share_done)
    coder, known = behind(executor, copies, prefix)
    given = given_in(copies, prefix.data, len(remainder))
    mixed = mixed_bytes(remainder, given)
    coding, payload = _encode_remainder(
        coder, mixed, most_lanes, first, predictor, beside, known, names, given
    )
    # The head has one predictor, for the list as for the rest.
    packed = packed_list(copies, coding.predictor, len(prefix), standing_at(1.0, first))
    payload = with_copies(payload, packed, is_patch=True)
    if ways == 2:
        plainly = _encode_remainder(
            executor, remainder, most_lanes, last, predictor, beside, prefix, names
        )
        other = with_copies(plainly[1], copies)
        if len(other) <= len(payload):
            return plainly[0], other
    return coding, payload


def _encode_remainder(
    executor: BlockCoder | None,
    remainder: bytes,
    most_lanes: int,
    share_done: ShareDone,
    predictor: Predictor,
    beside: Predictor | None,
    prefix: PatchPrefix | None,
    names: int,
    given: GivenBytes | None = None,
) -> tuple[Coding, bytes]:
    """The way that makes what is left of a block smallest, and the payload.

    A way with models has to save as many bytes as name them.
    """
    trial = _Trial(executor, remainder, standing_at(0.0, share_done), prefix, given)
    adaptive = trial.without_model(predictor)
    codings = [adaptive]
    if executor is not None and adaptive.filter is None:
        architecture = executor.architecture
        lanes = mixed_lanes_log2(len(remainder), most_lanes, architecture)
        mixed = with_model(adaptive, lanes, architecture, beside)
        probe = tokens_probe_of(remainder) if mixed.kind.has_tokens_model else probe_of(remainder)
        # A probe that is the whole remainder need not be coded again.
        probed = mixed._replace(lanes_log2=mixed.lanes_log2 if probe is remainder else 0)
        size = trial.size(probed, probe)
        if probe is remainder:
            size += names
        sizes = Probed(len(probe), trial.size(adaptive, probe), size)
        codings = codings_worth_trying(adaptive, mixed, len(remainder), sizes)
    coded = [
        (coding, trial.encode_all(coding, part_of(number, len(codings), share_done)))
        for number, coding in enumerate(codings)
    ]
    return min(coded, key=lambda pair: len(pair[1]) + names * pair[0].kind.needs_model)


def _size_of_names(executor: BlockCoder | None) -> int:
    """Bytes of a header that name the models."""
    if executor is None:
        return 0
    models = executor.architecture
    return FINGERPRINT_SIZE * (len(models) if isinstance(models, tuple) else 1)


class _Trial:
    """Codes pieces of a block, and remembers what came out.

    Args:
        executor: of a decoder, of a model of bytes or of two; None to do without.
        plain: the block, or what is left of it.
        probed: told now and then while pieces are coded; may raise to end it.
        prefix: stands before each piece, and before the block.
        given: which bytes of the block its reader is given; of pieces none are.
    """

    def __init__(
        self,
        executor: BlockCoder | None,
        plain: bytes,
        probed: ShareDone,
        prefix: PatchPrefix | None = None,
        given: GivenBytes | None = None,
    ) -> None:
        self._executor = executor
        self._plain = plain
        self._probed = probed
        self._prefix = prefix
        self._given = given
        self._payloads: dict[tuple[Coding, bytes], bytes] = {}

    def size(self, coding: Coding, pieces: bytes) -> int:
        """Bytes of the payload of pieces of the block."""
        key = coding, pieces
        if key not in self._payloads:
            given = self._given if pieces == self._plain else None
            self._payloads[key] = coding.encode(
                self._executor, pieces, self._probed, self._prefix, given
            )
        return len(self._payloads[key])

    def without_model(self, predictor: Predictor) -> Coding:
        """The way to code the block by mixing alone, with this predictor.

        Strides and filters are tried with the light one, which judges them in less time. Behind a
        prefix there is no filter, and the stride is that of the prefix, so that all blocks go on
        from what was learned of it once.
        """
        if self._prefix is not None:
            stride = self._prefix.likely_stride
            return Coding(BlockKind.ADAPTIVE, 0, stride=stride, predictor=predictor)
        pieces = pieces_of(self._plain)
        best = Coding(BlockKind.ADAPTIVE, 0)
        if not is_text(pieces):
            strides = strides_of(self._plain)
            if len(strides) > 1:
                codings = [best._replace(stride=stride) for stride in strides]
                short = stride_pieces_of(self._plain)
                best = min(codings, key=lambda coding: self.size(coding, short))
            best = self._filtered(best, pieces)
        return best._replace(predictor=predictor)

    def _filtered(self, adaptive: Coding, pieces: bytes) -> Coding:
        """The way with the likeliest filter, if it makes pieces of the block smaller."""
        # Text needs none of these.
        from lmpack._blocks.filter_choice import best_filters
        from lmpack._blocks.likely_filters import likely_filters

        filters = likely_filters(self._plain, pieces, adaptive.stride)
        filters = best_filters(filters, pieces, standing_at(0.0, self._probed))
        if not filters:
            return adaptive
        ways = [with_filter(adaptive, filter_) for filter_ in filters]
        way = min(ways, key=lambda coding: self.size(coding, pieces))
        is_better = self.size(way, pieces) < FILTER_USED_BELOW * self.size(adaptive, pieces)
        return way if is_better else adaptive

    def encode_all(self, coding: Coding, share_done: ShareDone) -> bytes:
        """The payload of the whole block, which may be that of the probe."""
        if (coding, self._plain) in self._payloads:
            return self._payloads[coding, self._plain]
        return coding.encode(self._executor, self._plain, share_done, self._prefix, self._given)
