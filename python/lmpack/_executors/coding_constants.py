"""Numbers of docs/format.md, section 5.2, for what looks up frequencies on a device."""

FREQUENCY_BITS = 24
FREQUENCY_TOTAL = 1 << FREQUENCY_BITS
"""Sum of the frequencies of all symbols."""

QUOTIENT_BITS = 31
"""Fractional bits of the quotient of frequency and odds."""

MOST_SYMBOLS = 1 << 16
