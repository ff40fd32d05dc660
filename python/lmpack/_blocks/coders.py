"""Encoding and decoding blocks as a caller's options say: which model, on which device."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from lmpack._blocks.choice import lanes_log2, mixed_lanes_log2
from lmpack._blocks.codec import decode_block, encode_block, part_of, verify_block
from lmpack._blocks.coding import ShareDone, no_progress
from lmpack._blocks.executor_cache import cached_executor
from lmpack._blocks.levels import find_level
from lmpack._blocks.limits import require_memory, require_size
from lmpack._blocks.memory import memory_to_decode, memory_to_encode
from lmpack._blocks.options import Options
from lmpack._container import BYTES_VERSION, FINGERPRINT_SIZE, NO_MODEL, TOKENS_VERSION, Block
from lmpack._executors import CPU, Executor, blocks_side_by_side, resolve_device
from lmpack._executors.protocol import AnyArchitecture, available_cores
from lmpack._models.bundle import AnyBundle, Bundle, find_bundle, list_models, load_bundle
from lmpack._models.decoder.bundle import DecoderBundle
from lmpack.errors import DamagedError, ModelError, UsageError


def lanes_of_block(
    options: Options, length: int, architecture: AnyArchitecture | None = None
) -> int:
    """Into how many lanes a block of this length is cut, at most; by a model if it is known."""
    if options.mixing:
        return 1 << mixed_lanes_log2(length, find_level(options.level).most_lanes, architecture)
    return 1 << lanes_log2(length, architecture)


def most_blocks_side_by_side() -> int:
    """How many blocks at the same time make best use of a GPU."""
    return blocks_side_by_side("cuda", None)


class Coder:
    """What both directions have in common. Nothing is loaded before it is needed.

    Args:
        options: what was asked for.
        lanes: about how many lanes are at hand at the same time; 0 for a single stream.
    """

    def __init__(self, options: Options, lanes: int = 0) -> None:
        self._options = options
        self._device = resolve_device(options.device, lanes)

    @property
    def side_by_side(self) -> int:
        """How many blocks at the same time make best use of the machine."""
        return blocks_side_by_side(self._device, self._options.threads)

    @property
    def max_memory(self) -> int | None:
        """Bytes that all blocks together may need while they are coded; None for any number."""
        return self._options.max_memory

    @property
    def _threads(self) -> int:
        return self._options.threads or available_cores()

    def _executor(self, bundle: AnyBundle) -> Executor:
        return cached_executor(bundle, self._device, self._options.threads)


class Encoder(Coder):
    """Makes blocks, and decodes them again if the options say so.

    Arguments are those of :class:`Coder`.

    Raises:
        UsageError: there is neither a model nor mixing to encode with.
    """

    def __init__(self, options: Options, lanes: int = 0) -> None:
        super().__init__(options, lanes)
        level = find_level(options.level)
        self._model = level.model if options.model is None else options.model
        self._mixed_lanes = level.most_lanes if options.mixing else None
        self.block_size = level.block_size
        # A cached_property would hold a lock that all encoders share, and that a process which is
        # forked meanwhile could never get.
        self._bundle = functools.cache(self._find_bundle)
        if self._model is None and not options.mixing:
            raise UsageError(
                f"level {options.level} has no model, so it cannot do without mixing: "
                "choose a model or another level"
            )

    @property
    def bundle(self) -> AnyBundle | None:
        """The model that encodes, the same one from the first block to the last; None for none.

        Raises:
            ModelError: there is no such model, or its symbols are no bytes.
        """
        return self._bundle()

    def _find_bundle(self) -> AnyBundle | None:
        if self._model is None:
            return None
        bundle = load_bundle(self._model)
        if isinstance(bundle, Bundle) and bundle.tokenizer is not None:
            raise ModelError(
                f"the model {bundle.name} is one of tokens ({bundle.tokenizer}), which files do "
                "not have: choose a model of bytes"
            )
        return bundle

    @property
    def fingerprint(self) -> bytes:
        """First 8 bytes of the fingerprint of the model that encodes, zeros if there is none."""
        return NO_MODEL if self.bundle is None else self.bundle.fingerprint[:FINGERPRINT_SIZE]

    @property
    def version(self) -> int:
        """Format version of containers of its blocks."""
        return TOKENS_VERSION if isinstance(self.bundle, DecoderBundle) else BYTES_VERSION

    def required_memory(self, length: int) -> int:
        """Bytes of memory that the block of so many bytes of content needs.

        Raises:
            LimitError: they are more than allowed.
        """
        architecture = None if self.bundle is None else self.bundle.architecture
        memory = memory_to_encode(
            length,
            lanes_of_block(self._options, length, architecture),
            mixing=self._options.mixing,
            architecture=architecture,
            threads=self._threads,
        )
        require_memory(memory, self.max_memory, f"a block of {length:,} bytes")
        return memory

    def encode(self, plain: bytes, share_done: ShareDone = no_progress) -> Block:
        """The block of at least one byte of content.

        Raises:
            VerifyError: it does not decode to that content.
        """
        executor = None if self.bundle is None else self._executor(self.bundle)
        if not self._options.verify:
            return encode_block(executor, plain, share_done, mixed_lanes=self._mixed_lanes)
        block = encode_block(
            executor, plain, part_of(0, 2, share_done), mixed_lanes=self._mixed_lanes
        )
        verify_block(self._checking_executor(), block, plain, part_of(1, 2, share_done))
        return block

    def _checking_executor(self) -> Executor | None:
        """As unlike the one that encodes as can be had everywhere: native, with its own weights.

        A bit that has changed in the weights of the other one, or a GPU that computes otherwise
        today, is noticed so.
        """
        if self.bundle is None:
            return None
        return cached_executor(self.bundle, CPU, self._options.threads, for_checks=True)


class Decoder(Coder):
    """Reads blocks with the model that a caller chose, or that a file asks for.

    Blocks without a model are decoded without any. Arguments are those of :class:`Coder`.
    """

    def __init__(self, options: Options, lanes: int = 0) -> None:
        super().__init__(options, lanes)
        self._architecture_of = functools.cache(self._find_architecture)

    def require_size(self, size: int, where: str) -> None:
        """Refuse content of more bytes than allowed; `where` names what has so many.

        Raises:
            LimitError: there are more.
        """
        require_size(size, self._options.max_size, where)

    def required_memory(self, block: Block, fingerprint: bytes, where: str) -> int:
        """Bytes of memory that decoding a block needs; nothing is decoded for it.

        Arguments are those of :meth:`decode`, which says if the model is not there.

        Raises:
            LimitError: they are more than allowed.
        """
        memory = self.memory(block, fingerprint) or 0
        require_memory(memory, self.max_memory, where)
        return memory

    def memory(self, block: Block, fingerprint: bytes) -> int | None:
        """Bytes that decoding a block needs; None if it needs a model that is not there."""
        architecture = None
        if block.kind.needs_model:
            architecture = self._architecture_of(fingerprint)
            if architecture is None:
                return None
        return memory_to_decode(block, architecture, self._threads)

    def decode(
        self, block: Block, fingerprint: bytes, where: str, share_done: ShareDone = no_progress
    ) -> bytes:
        """The content of a block.

        Args:
            block: from a container.
            fingerprint: the 8 bytes in the container's header.
            where: names the block in errors.
            share_done: told how far it is.

        Raises:
            ModelError: the chosen model is not the one that made the block, or none is known.
            DamagedError: the payload does not give the content it was made of.
        """
        executor = None
        if block.kind.needs_model:
            if fingerprint == NO_MODEL:
                raise DamagedError(f"{where}: it needs a model, but the file names none")
            executor = self._executor(self._bundle_of(fingerprint))
        try:
            return decode_block(executor, block, share_done)
        except DamagedError as error:
            raise DamagedError(f"{where}: {error}") from error

    def possible_fingerprints(self) -> list[bytes]:
        """What a damaged header may have held: of the chosen model, or of all built-in ones.

        Raises:
            ModelError: the chosen model cannot be used.
        """
        chosen = self._options.model
        bundles: Sequence[AnyBundle] = list_models() if chosen is None else [load_bundle(chosen)]
        return [bundle.fingerprint[:FINGERPRINT_SIZE] for bundle in bundles]

    def _find_architecture(self, fingerprint: bytes) -> AnyArchitecture | None:
        try:
            return self._bundle_of(fingerprint).architecture
        except ModelError:
            return None

    def _bundle_of(self, fingerprint: bytes) -> AnyBundle:
        if self._options.model is None:
            return find_bundle(fingerprint)
        bundle = load_bundle(self._options.model)
        given = bundle.fingerprint[:FINGERPRINT_SIZE]
        if given != fingerprint:
            raise ModelError(
                f"the file was made with model {fingerprint.hex()}, but the given model "
                f"{bundle.name} is {given.hex()}: give the bundle that it was made with, "
                "or none if it is built in or in the folder of models"
            )
        return bundle
