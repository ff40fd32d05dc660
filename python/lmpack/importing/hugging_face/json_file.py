"""JSON files of a folder, of which nothing is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lmpack.errors import BundleError

LARGEST_JSON = 1 << 28
"""Bytes. A tokenizer.json of 262,144 tokens has 33 million."""


def read_json(path: Path) -> dict[str, Any]:
    """The object that a file holds.

    Raises:
        BundleError: it cannot be read, is too large, or holds no JSON object.
    """
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise BundleError(f"{path} is larger than {LARGEST_JSON:,} bytes")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is damaged: it is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path} is damaged: it holds no JSON object")
    return content
