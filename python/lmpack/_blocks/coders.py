"""Which model a stream needs, and the executor that runs it."""

from __future__ import annotations

# Executors use it; at the end of the interpreter, when files may still be closed, it cannot be
# loaded any more.
import concurrent.futures.thread  # noqa: F401
import functools
import os
import threading
from typing import NamedTuple

from lmpack._blocks.codec import decode_block, encode_block
from lmpack._blocks.coding import Advance
from lmpack._blocks.levels import find_level
from lmpack._container import FINGERPRINT_SIZE, NO_MODEL, Block
from lmpack._executors import Executor, blocks_side_by_side, check_device, open_executor
from lmpack._models.bundle import Bundle, find_bundle, list_bundles, load_bundle
from lmpack.errors import DamagedError, ModelError, UsageError

Model = str | os.PathLike[str] | None

_executors: dict[tuple[str, str, int | None], Executor] = {}
"""Open executors by content of the bundle, name and threads; they live as long as the process."""

_executors_lock = threading.Lock()


_abandoned: list[Executor] = []


def _forget_executors() -> None:
    """After a fork: threads did not come along, and another thread may have held a lock.

    The executors are kept, as one that was at work cannot be ended without its threads.
    """
    global _executors_lock
    _abandoned.extend(_executors.values())
    _executors.clear()
    _executors_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_executors)


def list_models() -> list[Bundle]:
    """The models that come with lmpack, the fastest first."""
    return list_bundles()


class EncoderOptions(NamedTuple):
    """What decides the bytes of a compressed file.

    Attributes:
        level: 1 to 9.
        model: name of a built-in model or folder of a bundle; None for that of the level.
        mixing: whether blocks are learned while they are coded.
    """

    level: int
    model: Model
    mixing: bool


class Opener:
    """Opens executors as a caller wants them.

    Args:
        executor: what runs models, "auto" for the best one.
        threads: worker threads; None for the executor's own choice.

    Raises:
        UsageError: an unknown executor or a bad number of threads.
    """

    def __init__(self, executor: str, threads: int | None) -> None:
        check_device(executor, threads)
        self._executor = executor
        self._threads = threads

    def open(self, bundle: Bundle) -> Executor:
        """The executor of a model; nothing is loaded twice."""
        key = (bundle.content_digest, self._executor, self._threads)
        with _executors_lock:
            if key not in _executors:
                _executors[key] = open_executor(bundle, self._executor, self._threads)
            return _executors[key]

    @functools.cached_property
    def side_by_side(self) -> int:
        """How many blocks at a time make best use of the machine."""
        return blocks_side_by_side(self._executor, self._threads)


class Encoder:
    """Makes blocks as a caller wants them. Nothing is loaded before it is needed.

    Args:
        options: what was asked for.
        executor: what runs the model, "auto" for the best one.
        threads: worker threads; None for the executor's own choice.

    Raises:
        UsageError: an unknown level or executor, a bad number of threads, or neither a model nor
            mixing to encode with.
    """

    def __init__(self, options: EncoderOptions, executor: str, threads: int | None) -> None:
        level = find_level(options.level)
        self._opener = Opener(executor, threads)
        self._model = level.model if options.model is None else options.model
        self._mixing = options.mixing
        self.block_size = level.block_size
        self._most_lanes = level.most_lanes
        if self._model is None and not self._mixing:
            raise UsageError(
                f"level {options.level} has no model, so it cannot do without mixing: "
                "choose a model or another level"
            )

    @functools.cached_property
    def bundle(self) -> Bundle | None:
        """The model that encodes, the same one from the first block to the last; None for none.

        Raises:
            ModelError: there is no such model, or its symbols are no bytes.
        """
        if self._model is None:
            return None
        bundle = load_bundle(self._model)
        if bundle.tokenizer is not None:
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
    def side_by_side(self) -> int:
        """How many blocks at a time make best use of the machine."""
        return self._opener.side_by_side

    def encode(self, plain: bytes, advance: Advance | None = None) -> Block:
        """The block of at least one byte of content; `advance` is told how far it is."""
        executor = None if self.bundle is None else self._opener.open(self.bundle)
        return encode_block(
            executor, plain, advance, mixing=self._mixing, most_lanes=self._most_lanes
        )


class Decoder:
    """Reads blocks with the model that a caller chose, or that a file asks for.

    Nothing is loaded before it is needed: blocks without a model are decoded without any.

    Args:
        model: name of a built-in model or folder of a bundle; None for the built-in one that a
            file names.
        executor: what runs the model, "auto" for the best one.
        threads: worker threads; None for the executor's own choice.

    Raises:
        UsageError: an unknown executor or a bad number of threads.
    """

    def __init__(self, model: Model, executor: str, threads: int | None) -> None:
        self._opener = Opener(executor, threads)
        self._model = model

    @property
    def side_by_side(self) -> int:
        """How many blocks at a time make best use of the machine."""
        return self._opener.side_by_side

    def decode(
        self, block: Block, fingerprint: bytes, where: str, advance: Advance | None = None
    ) -> bytes:
        """The content of a block.

        Args:
            block: from a container.
            fingerprint: the 8 bytes in the container's header.
            where: names the block in errors.
            advance: told how far it is.

        Raises:
            ModelError: the chosen model is not the one that made the block, or none is known.
            DamagedError: the payload does not give the content it was made of.
        """
        executor = None
        if block.kind.needs_model:
            if fingerprint == NO_MODEL:
                raise DamagedError(f"{where}: it needs a model, but the file names none")
            executor = self._opener.open(self._bundle_of(fingerprint))
        try:
            return decode_block(executor, block, advance)
        except DamagedError as error:
            raise DamagedError(f"{where}: {error}") from error

    def _bundle_of(self, fingerprint: bytes) -> Bundle:
        if self._model is None:
            return find_bundle(fingerprint)
        bundle = load_bundle(self._model)
        given = bundle.fingerprint[:FINGERPRINT_SIZE]
        if given != fingerprint:
            raise ModelError(
                f"the file was made with model {fingerprint.hex()}, but the given model "
                f"{bundle.name} is {given.hex()}: give the bundle that it was made with, "
                "or none if it is a built-in one"
            )
        return bundle
