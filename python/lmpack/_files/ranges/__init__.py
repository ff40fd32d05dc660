"""Huge files in ranges of blocks that are done each by itself, on one machine or on several."""
