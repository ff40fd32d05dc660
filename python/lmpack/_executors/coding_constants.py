"""Numbers of docs/format.md, sections 5.2 to 5.4, for what codes on a device."""

FREQUENCY_BITS = 24
FREQUENCY_TOTAL = 1 << FREQUENCY_BITS
"""Sum of the frequencies of all symbols."""

QUOTIENT_BITS = 31
"""Fractional bits of the quotient of frequency and odds."""

MOST_SYMBOLS = 1 << 16

INITIAL_RANGE = (1 << 32) - 1
"""Of a coder (section 5.3)."""

SMALLEST_RANGE = 1 << 24
"""Between symbols."""

WINDOW_BYTES = 4
"""Of the payload, that the range is compared with."""
