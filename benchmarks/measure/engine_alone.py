"""CPU seconds in which one thread of a build of lmpack codes a text with a model and no mixing.

    python benchmarks/measure/engine_alone.py BUNDLE FILE LANES

It prints JSON, and runs with whichever build PYTHONPATH names: it needs nothing of it but the
engine, whose calls are those of the earlier build, and reads the tensors itself, as bundles have
more files now than they had. Start and loading are not counted; the text is decoded and compared.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lmpack._native import Engine, ThreadTeam, kernel_names

DTYPES = {"I8": np.int8, "U8": np.uint8, "F32": np.float32}


def tensors_of(bundle: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a safetensors file: length of the header, header, content."""
    content = (bundle / "model.safetensors").read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    found = {}
    for name, facts in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, end = (start + offset for offset in facts["data_offsets"])
            array = np.frombuffer(content[first:end], DTYPES[facts["dtype"]])
            found[name] = array.reshape(facts["shape"])
    return found


def print_seconds(bundle: str, file: str, lanes: str) -> int:
    folder = Path(bundle)
    shape = json.loads((folder / "manifest.json").read_text())["architecture"]
    kernel = kernel_names()[0]
    engine = Engine(shape, tensors_of(folder), kernel)
    team = ThreadTeam(1)
    plain = Path(file).read_bytes()
    lane_length = -(-len(plain) // int(lanes))

    def nobody(steps: int) -> None:
        """Is told of progress."""

    started = time.process_time()
    payload = engine.encode(team, plain, lane_length, nobody)
    encoded = time.process_time()
    back = engine.decode(team, payload, len(plain), lane_length, nobody)
    decoded = time.process_time()
    if back != plain:
        raise RuntimeError("the round trip failed")
    facts = {"kernel": kernel, "payload": hashlib.sha256(payload).hexdigest()}
    seconds = {"compress": encoded - started, "decompress": decoded - encoded}
    print(json.dumps({**facts, "cpu": seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(print_seconds(*sys.argv[1:]))
