"""What a damaged file still holds: its whole blocks in their places, and a list of what is lost."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from lmpack._blocks.coders import Decoder
from lmpack._blocks.coding import ShareDone
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._container import (
    Block,
    ByteReader,
    Header,
    Names,
    read_blocks,
)
from lmpack._container.remnant import Remnant
from lmpack._container.salvage import find_remnants
from lmpack._files.damage import Attempt, Damage, Restoration, Salvaged
from lmpack._files.pipeline import Piece, Pipeline
from lmpack._files.progress import Progress, ProgressCallback, Sizes
from lmpack._files.sinks import CountingSink, Nowhere, Writable
from lmpack.errors import DamagedError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack


def salvage_stream(
    source: BinaryIO,
    sink: Writable,
    *,
    holes: bool = True,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Salvaged:
    """Write the content of all whole blocks of a file that may be damaged or cut.

    What is written is never wrong: every block has the right checksum, which stands for its place,
    too. A lost block is a hole of zeros, where its length is known. Nothing is written if no block
    is whole.

    Args:
        source: seekable, in binary mode; all of it is taken, whatever its position.
        sink: has `write(data)`. Neither is closed.
        holes: whether lost blocks become zeros; otherwise they are left out.
        progress: called now and then with a :class:`Progress`, maybe from another thread, but
            never by two at the same time.
        options: see :class:`Options`. Where the header of a container is damaged, a chosen model
            is believed to be that of the file, and without one all built-in ones are tried.
        keywords: fields of :class:`Options`.

    Raises:
        FormatError: it is no lmpack file, of a newer version, or nothing of it is whole.
        LimitError: there is more content than `max_size`, or a block needs more than `max_memory`.
        ModelError: the model that is needed is not there, or another one was given.
        UsageError: an option is out of range, or the source cannot seek.
    """
    if not (hasattr(source, "seekable") and source.seekable()):
        raise UsageError("only a file that can seek can be salvaged: save the pipe to a file first")
    decoder = Decoder(given_options(options, keywords))
    counted = CountingSink(sink)
    restoration = Restoration(counted, holes=holes, require_size=decoder.require_size)

    def tell(read: int, settled: int) -> None:
        if progress is not None:
            progress(Progress(read, settled, counted.count))

    remnants = find_remnants(source, decoder.max_memory)
    with Pipeline[list[Attempt]](
        decoder.side_by_side, tell, max_memory=decoder.max_memory
    ) as pipeline:
        for attempts in pipeline.run(_pieces(remnants, decoder)):
            for attempt in attempts:
                restoration.take(attempt)
    if not restoration.has_whole_blocks:
        _refuse_lost(source)
    damage = restoration.finish()
    size = source.seek(0, 2)
    tell(size, size)
    return Salvaged(Sizes(size, counted.count), damage)


def find_damage(
    source: BinaryIO,
    *,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> tuple[Damage, ...]:
    """All that is wrong with a file, in file order; nothing if it is whole.

    Arguments and errors are those of :func:`salvage_stream`.
    """
    return salvage_stream(source, Nowhere(), progress=progress, options=options, **keywords).damage


def _refuse_lost(source: BinaryIO) -> None:
    """End with what a reader says of a file without a whole block; nothing if it has no content.

    Raises:
        FormatError: it is not that of a whole file.
    """
    source.seek(0)
    for _ in read_blocks(ByteReader(source)):
        raise DamagedError("no block of the file is whole: nothing can be salvaged")


def _pieces(remnants: Iterator[Remnant], decoder: Decoder) -> Iterator[Piece[list[Attempt]]]:
    """A piece for each block, and with it what needs no work before it."""
    guess = _Guess(decoder)
    faults: list[Attempt] = []
    for remnant in remnants:
        if remnant.candidates:
            code = functools.partial(_attempts, faults, remnant, decoder, guess)
            held = sum(len(block.payload) + block.plain_length for block in remnant.candidates)
            yield Piece(code, held, remnant.size, _memory(remnant, decoder, guess))
            faults = []
        else:
            faults.append(Attempt.of(remnant, None, remnant.fault))
    yield Piece(lambda share_done: faults, 0, 0)


def _memory(remnant: Remnant, decoder: Decoder, guess: _Guess) -> int:
    """Bytes that decoding a block needs, whichever of the possible ones it is."""
    where = f"block {remnant.number} at byte {remnant.offset}"
    return max(
        decoder.required_memory(block, names, where)
        for block in remnant.candidates
        for names in guess.of(remnant, block)
    )


def _attempts(
    faults: list[Attempt], remnant: Remnant, decoder: Decoder, guess: _Guess, share_done: ShareDone
) -> list[Attempt]:
    return [*faults, _attempt(remnant, decoder, guess, share_done)]


def _attempt(remnant: Remnant, decoder: Decoder, guess: _Guess, share_done: ShareDone) -> Attempt:
    """The content of a block, or why there is none."""
    fault = remnant.fault
    for block in remnant.candidates:
        for names in guess.of(remnant, block):
            where = f"block {remnant.number} at byte {remnant.offset}"
            try:
                plain = decoder.decode(block, names, where, _without_share(share_done))
            except DamagedError as error:
                fault = str(error)
            else:
                guess.confirm(remnant, names)
                return Attempt.of(remnant, plain, remnant.fault)
    return Attempt.of(remnant, None, fault)


def _without_share(share_done: ShareDone) -> ShareDone:
    """Only asks whether to go on: a block may be decoded several times."""
    return lambda share: share_done(0.0)


class _Guess:
    """What the blocks of containers whose header is damaged were made with."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._lock = threading.Lock()
        self._possible: dict[_Left, list[Names]] = {}

    def of(self, remnant: Remnant, block: Block) -> list[Names]:
        """What the header of a block's container named, or may have named, the likeliest first."""
        left = remnant.fingerprints, remnant.header
        with self._lock:
            if left not in self._possible:
                self._possible[left] = self._all(*left)
            # A copy: another thread may change the order of the list meanwhile.
            possible = list(self._possible[left])
        if block.kind.needs_model:
            return possible
        # A block without a model is decoded under any, and a raw one with any prefix.
        prefixes = {names.prefix: names for names in reversed(possible)}
        without_model = sorted(prefixes.values(), key=possible.index)
        return without_model if block.kind.takes_prefix else without_model[:1]

    def confirm(self, remnant: Remnant, names: Names) -> None:
        """A block was decoded under them: they are tried first from now on."""
        with self._lock:
            possible = self._possible[remnant.fingerprints, remnant.header]
            possible.remove(names)
            possible.insert(0, names)

    def _all(self, fingerprints: tuple[bytes | None, ...], header: Header | None) -> list[Names]:
        if header is not None:
            return [header.names]
        return [
            Names(models, prefix)
            for models in self._decoder.possible_fingerprints(fingerprints)
            for prefix in self._decoder.possible_prefixes
        ]


_Left = tuple[tuple[bytes | None, ...], Header | None]
"""What is left of a header."""
