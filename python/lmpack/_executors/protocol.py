"""What every executor offers, and how many cores it has."""

from __future__ import annotations

import abc
import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from lmpack._executors.mixing import Mixing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from typing_extensions import TypeIs

    from lmpack._models.architecture import Architecture
    from lmpack._models.decoder.shape import DecoderShape

AnyArchitecture: TypeAlias = "Architecture | DecoderShape"
"""Shape of a model of any family: of lmpack's own models of bytes, or of decoders of tokens."""

ArchitecturePair: TypeAlias = "tuple[Architecture, Architecture]"
"""Of two models of bytes that predict together."""


def is_decoder(
    architecture: AnyArchitecture | ArchitecturePair | None,
) -> TypeIs[DecoderShape]:
    """Whether a shape is that of a decoder of tokens, whose modules are not loaded for it."""
    found: bool = getattr(architecture, "predicts_tokens", False)
    return found


StepsDone = Callable[[int], None]
"""Called now and then with the number of steps of a block that are done; may raise to end it."""


def no_progress(steps: int) -> None:
    """The :data:`StepsDone` of callers that do not want to know."""


def available_cores() -> int:
    """Number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LanguageModel(Protocol):
    """Runs a model over any number of lanes that advance together.

    Symbols are integers below the vocabulary size, or `architecture.start_symbol`, which precedes
    the first symbol of a lane. Odds are unnormalised probabilities in 0 .. 2**24 - 1; those of a
    decoder, in 0 .. 2**30, are called weights. A decoder takes `architecture.context` symbols at
    most, then a lane starts afresh.

    Attributes:
        name: name of the executor.
        version: version of what computes, for reports and remembered checks.
        architecture: shape of the model.
    """

    name: str
    version: str

    if TYPE_CHECKING:
        # Read-only for type checkers, so that an executor may know one family; set like any other.
        @property
        def architecture(self) -> AnyArchitecture: ...

    @abc.abstractmethod
    def start(self, lanes: int) -> Any:
        """A state with nothing fed yet."""

    @abc.abstractmethod
    def prefill(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed T symbols to each lane.

        Args:
            state: from :meth:`start`; it is advanced.
            symbols: integers [L, T].

        Returns:
            int32 [L, T, V]: the odds of the symbol after each one fed.
        """

    @abc.abstractmethod
    def step(self, state: Any, symbols: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Feed one symbol to each lane: [L] -> int32 [L, V]. Same integers as :meth:`prefill`."""


@runtime_checkable
class Deferring(Protocol):
    """A language model whose steps others take part in, so that one can be asked for in advance."""

    def begin_step(
        self, state: Any, symbols: npt.NDArray[np.integer]
    ) -> Callable[[], npt.NDArray[np.int32]]:
        """Feed one symbol to each lane; what it gives waits for the odds, as of a step."""


class BlockCoder(Protocol):
    """Codes whole blocks, called by several threads if need be.

    Attributes:
        architecture: shape of the model, or of both.
    """

    if TYPE_CHECKING:

        @property
        def architecture(self) -> AnyArchitecture | ArchitecturePair: ...

    def encode(
        self, plain: bytes, lane_length: int, mixing: Mixing | None, steps_done: StepsDone
    ) -> bytes:
        """The payload of a block; the same bytes from every executor.

        Args:
            plain: at least one byte; a model of bytes must have at least 256 symbols.
            lane_length: bytes in a lane; the last lane may be shorter.
            mixing: how the statistics of the block take part; None without them.
            steps_done: told how many of the `lane_length` steps are done.
        """

    def decode(
        self,
        payload: bytes,
        length: int,
        lane_length: int,
        mixing: Mixing | None,
        steps_done: StepsDone,
    ) -> bytes:
        """The `length` bytes of a block of :meth:`encode` with the same lanes and mixing.

        Raises:
            DamagedError: the payload is not that of any bytes.
        """


class Executor(LanguageModel, BlockCoder, Protocol):
    """A language model that also codes whole blocks.

    Attributes:
        libraries: files of the compiled code that computes, beside lmpack's own.
        decodes_apart: whether blocks are decoded by something else than the steps of
            :meth:`lanes_for`, which has to prove itself, too.
    """

    libraries: tuple[str, ...] = ()
    decodes_apart: bool = False

    if TYPE_CHECKING:

        @property
        def architecture(self) -> AnyArchitecture: ...

    def lanes_for(self, lanes: int) -> contextlib.AbstractContextManager[LanguageModel]:
        """What makes the steps of a block of that many lanes while it is decoded."""
