"""Encoding and decoding blocks as a caller's options say: which model, on which device."""

from __future__ import annotations

import functools

from lmpack._blocks.choice import lanes_log2, mixed_lanes_log2
from lmpack._blocks.codec import decode_block, encode_block, verify_block
from lmpack._blocks.coding import ShareDone, no_progress, part_of
from lmpack._blocks.combinations import (
    are_of_tokens,
    require_mixing_where_needed,
    require_models_for_prefix,
)
from lmpack._blocks.executor_cache import cached_executor, executors_for_auto
from lmpack._blocks.levels import find_level
from lmpack._blocks.limits import require_memory, require_size
from lmpack._blocks.memory import memory_to_decode, memory_to_encode
from lmpack._blocks.model_choice import (
    Bundles,
    architecture_of,
    bundles_to_decode,
    bundles_to_encode,
    fingerprints_of,
    possible_models,
)
from lmpack._blocks.options import Options
from lmpack._blocks.prefix import Prefix, prefix_to_decode
from lmpack._container import (
    Block,
    Fingerprints,
    Header,
    Names,
)
from lmpack._executors import AUTO, CPU, blocks_side_by_side, resolve_device
from lmpack._executors.pair import ExecutorPair
from lmpack._executors.prefixed import PrefixedExecutor
from lmpack._executors.protocol import (
    AnyArchitecture,
    ArchitecturePair,
    BlockCoder,
    available_cores,
)
from lmpack.errors import DamagedError, ModelError, UsageError


def lanes_of_block(
    options: Options, length: int, architecture: AnyArchitecture | ArchitecturePair | None = None
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

    Attributes:
        device: where models run: not "auto". A GPU that was chosen for "auto" and cannot run a
            model becomes the CPU.

    Raises:
        UsageError: the device takes no prefix, and there is one.
    """

    def __init__(self, options: Options, lanes: int = 0) -> None:
        self._options = options
        self.device = resolve_device(options.device, lanes)
        if options.prefix is not None:
            # What is learned of a prefix is kept for the native engine alone.
            if options.device not in ("auto", CPU):
                raise UsageError(
                    f"a prefix works on the device {CPU} only, not on {options.device}: leave out "
                    "the option device"
                )
            self.device = CPU

    @property
    def side_by_side(self) -> int:
        """How many blocks at the same time make best use of the machine."""
        return blocks_side_by_side(self.device, self._options.threads)

    @property
    def max_memory(self) -> int | None:
        """Bytes that all blocks together may need while they are coded; None for any number."""
        return self._options.max_memory

    @property
    def _threads(self) -> int:
        return self._options.threads or available_cores()

    def _executor(
        self,
        bundles: Bundles,
        prefix: Prefix | None,
        device: str | None = None,
        *,
        for_checks: bool = False,
    ) -> BlockCoder | None:
        """What codes with the models, on the device of the options if no other is given."""
        threads = self._options.threads
        if device is None and self._options.device == AUTO and self.device != CPU:
            self.device, executors = executors_for_auto(bundles, threads)
        else:
            executors = [
                cached_executor(bundle, device or self.device, threads, for_checks=for_checks)
                for bundle in bundles
            ]
        if prefix is not None and executors:
            return PrefixedExecutor(prefix.native, *executors)
        return ExecutorPair(*executors) if len(executors) > 1 else next(iter(executors), None)


class Encoder(Coder):
    """Makes blocks, and decodes them again if the options say so.

    Arguments are those of :class:`Coder`.

    Raises:
        UsageError: there is neither a model nor mixing to encode with, or two models or a prefix
            without it.
    """

    def __init__(self, options: Options, lanes: int = 0) -> None:
        super().__init__(options, lanes)
        level = find_level(options.level)
        self._models = options.models or level.models
        self._mixed_lanes = level.most_lanes if options.mixing else None
        self._predictor = level.predictor
        self._beside = level.beside
        self.block_size = options.bytes_of_block
        # A cached_property would hold a lock that all encoders share, and that a process which is
        # forked meanwhile could never get.
        self._bundles = functools.cache(self._find_bundles)
        require_mixing_where_needed(options, self._models)

    @property
    def bundles(self) -> Bundles:
        """The models that encode, the same from the first block to the last; none to two.

        Raises:
            ModelError: there is no such model, or its symbols are no bytes.
            UsageError: two models are the same, or one of them is none of bytes; or the model is
                one of tokens, and there is a prefix.
        """
        return self._bundles()

    def _find_bundles(self) -> Bundles:
        bundles = bundles_to_encode(self._models)
        require_models_for_prefix(self._options, bundles)
        return bundles

    @property
    def header(self) -> Header:
        """That of containers of its blocks."""
        prefix = self._options.prefix
        return Header(
            fingerprints_of(self.bundles),
            are_of_tokens(self.bundles),
            None if prefix is None else prefix.digest,
        )

    def required_memory(self, length: int) -> int:
        """Bytes of memory that the block of so many bytes of content needs.

        Raises:
            LimitError: they are more than allowed.
        """
        architecture = architecture_of(self.bundles)
        memory = memory_to_encode(
            length,
            lanes_of_block(self._options, length, architecture),
            predictor=self._predictor if self._options.mixing else None,
            architecture=architecture,
            threads=self._threads,
            has_prefix=self._options.prefix is not None,
        )
        require_memory(memory, self.max_memory, f"a block of {length:,} bytes")
        return memory

    def encode(self, plain: bytes, share_done: ShareDone = no_progress) -> Block:
        """The block of at least one byte of content.

        Raises:
            VerifyError: it does not decode to that content.
        """
        verify, prefix = self._options.verify, self._options.prefix
        native_prefix = None if prefix is None else prefix.native
        block = encode_block(
            self._executor(self.bundles, prefix),
            plain,
            part_of(0, 2, share_done) if verify else share_done,
            mixed_lanes=self._mixed_lanes,
            predictor=self._predictor,
            beside=self._beside,
            prefix=native_prefix,
            is_last=len(plain) < self.block_size,
        )
        if verify:
            checking = self._checking_executor(prefix)
            verify_block(checking, block, plain, part_of(1, 2, share_done), native_prefix)
        return block

    def _checking_executor(self, prefix: Prefix | None) -> BlockCoder | None:
        """As unlike the one that encodes as can be had everywhere: native, with its own weights.

        A bit that has changed in the weights of the other one, or a GPU that computes otherwise
        today, is noticed so.
        """
        return self._executor(self.bundles, prefix, CPU, for_checks=True)


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

    def require_prefix(self, header: Header) -> None:
        """Refuse a container that was made with a prefix which is not the given one.

        Raises:
            PrefixError: there is none, or another one.
        """
        prefix_to_decode(header.names, self._options.prefix)

    def required_memory(self, block: Block, names: Names, where: str) -> int:
        """Bytes of memory that decoding a block needs; nothing is decoded for it.

        Arguments are those of :meth:`decode`, which says if the model is not there.

        Raises:
            LimitError: they are more than allowed.
        """
        memory = self.memory(block, names) or 0
        require_memory(memory, self.max_memory, where)
        return memory

    def memory(self, block: Block, names: Names) -> int | None:
        """Bytes that decoding a block needs; None if it needs a model that is not there."""
        architecture = None
        if block.kind.needs_model:
            architecture = self._architecture_of(names.fingerprints)
            if architecture is None:
                return None
        return memory_to_decode(
            block, architecture, self._threads, has_prefix=names.prefix is not None
        )

    def decode(
        self,
        block: Block,
        names: Names,
        where: str,
        share_done: ShareDone = no_progress,
    ) -> bytes:
        """The content of a block.

        Args:
            block: from a container.
            names: those in the container's header.
            where: names the block in errors.
            share_done: told how far it is.

        Raises:
            ModelError: the chosen model is not the one that made the block, or none is known.
            PrefixError: the same of the prefix.
            DamagedError: the payload does not give the content it was made of.
        """
        try:
            prefix = None
            if block.kind.takes_prefix:
                prefix = prefix_to_decode(names, self._options.prefix)
            executor = None
            if block.kind.needs_model:
                if not names.fingerprints:
                    raise DamagedError("it needs a model, but the file names none")
                bundles = bundles_to_decode(names.fingerprints, self._options.models)
                executor = self._executor(bundles, prefix)
            native_prefix = None if prefix is None else prefix.native
            return decode_block(executor, block, share_done, native_prefix)
        except DamagedError as error:
            raise DamagedError(f"{where}: {error}") from error

    def possible_fingerprints(self, named: tuple[bytes | None, ...]) -> list[Fingerprints]:
        """What a damaged header may have held: of the chosen models, or of all built-in ones.

        Args:
            named: what is left of it; None for each model that is not.

        Raises:
            ModelError: a chosen model cannot be used.
        """
        return possible_models(named, self._options.models)

    @property
    def possible_prefixes(self) -> list[bytes | None]:
        """Digests that a damaged header may have held, the likeliest first; None for no prefix."""
        prefix = self._options.prefix
        return [None] if prefix is None else [prefix.digest, None]

    def _find_architecture(
        self, fingerprints: Fingerprints
    ) -> AnyArchitecture | ArchitecturePair | None:
        try:
            return architecture_of(bundles_to_decode(fingerprints, self._options.models))
        except (ModelError, DamagedError):
            return None  # decoding it will say what is wrong
