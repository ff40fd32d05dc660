"""The coder still writes the bytes it wrote when tests/golden/coder.json was made."""

from __future__ import annotations

import json

import coding
import make_golden
import numpy as np
import pytest

GOLDEN = make_golden.FOLDER / "coder.json"


def test_coder_gives_the_golden_bytes() -> None:
    assert make_golden.coder() == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", make_golden.CODER_CASES)
def test_golden_payload_decodes(name: str) -> None:
    payload = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]["payload"]
    block = coding.seeded_block(*make_golden.CODER_CASES[name])
    np.testing.assert_array_equal(coding.decode(block, bytes.fromhex(payload)), block.symbols)
