"""Blocks: how content is cut and coded."""
