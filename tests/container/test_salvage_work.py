"""How much is read of a hostile file whose headers all start blocks that overlap."""

from __future__ import annotations

import io

import pytest

from lmpack._container import BlockKind, Header, salvage
from lmpack._container._source import encode_varint
from lmpack._container.salvage import find_remnants

LENGTH = 1 << 16
HEADERS = 300


class CountedFile(io.BytesIO):
    """Counts the bytes that are read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


@pytest.mark.parametrize("kind", [BlockKind.RAW, BlockKind.ADAPTIVE])
@pytest.mark.parametrize("rest", [2 * LENGTH, LENGTH // 2], ids=["whole", "cut"])
def test_blocks_that_overlap_are_not_all_read(
    monkeypatch: pytest.MonkeyPatch, kind: BlockKind, rest: int
) -> None:
    monkeypatch.setattr(salvage, "_LEAST_DOUBTS", 0)
    payload = LENGTH if kind is BlockKind.RAW else LENGTH - 5
    head = bytes([kind]) + encode_varint(LENGTH) + encode_varint(payload) + b"\1\2\3\4"
    content = (Header().to_bytes() + head) * HEADERS + b"U" * rest
    file = CountedFile(content)
    assert all(one.fault or one.candidates for one in find_remnants(file))
    assert file.count < 20 * len(content)
