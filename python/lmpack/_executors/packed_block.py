"""A block that shares lanes with others, and what is checked of its payload on a device."""

from __future__ import annotations

from typing import NamedTuple

from lmpack._executors.coding_constants import INITIAL_RANGE, WINDOW_BYTES
from lmpack._executors.mixing import Mixing
from lmpack.errors import DamagedError

_WINDOW_END = 1 << 8 * WINDOW_BYTES


class PackedBlock(NamedTuple):
    """A block that waits to be decoded; see :meth:`~lmpack._executors.protocol.BlockCoder.decode`.

    Attributes:
        payload: of the block.
        length: bytes of content, at least one.
        lane_length: bytes in a lane; the last lane may be shorter.
        mixing: how the statistics of the block take part; None without them.
    """

    payload: bytes
    length: int
    lane_length: int
    mixing: Mixing | None = None

    @property
    def lanes(self) -> int:
        """How many lanes it has."""
        return -(-self.length // self.lane_length)

    def first_offset(self) -> int:
        """Where the range decoder begins (docs/format.md, section 5.4).

        Raises:
            DamagedError: outside the first range.
        """
        offset = self._window(0)
        if offset >= INITIAL_RANGE:
            raise DamagedError("the payload starts with bytes that no encoder writes")
        return offset

    def check_end(self, offset: int, range_: int, shifted: int) -> None:
        """Require that an encoder ends this very payload where the decoder has ended.

        Args:
            offset: window of the payload less the lower end of the interval.
            range_: length of the interval.
            shifted: bytes of the payload that have left the window.

        Raises:
            DamagedError: it would end otherwise.
        """
        low = (self._window(shifted) - offset) % _WINDOW_END
        end, count = -low % _WINDOW_END, 0
        if end >= range_:
            end, count = -low % (_WINDOW_END >> 8), 1
        if len(self.payload) != shifted + count:
            raise DamagedError(
                f"the payload has {len(self.payload)} bytes, but its symbols end after "
                f"{shifted + count}"
            )
        if offset != end:
            raise DamagedError("the payload ends with bytes that no encoder writes")

    def _window(self, shifted: int) -> int:
        """Four bytes of the payload, which zeros without end follow."""
        window = self.payload[shifted : shifted + WINDOW_BYTES]
        return int.from_bytes(window.ljust(WINDOW_BYTES, b"\0"), "big")
