"""Tar archives: folders as one file, and back."""
