"""Names of tests are the same in every process that runs them, whatever their parameters hold."""

from __future__ import annotations

import gzip
import time

import pytest


@pytest.mark.parametrize("content", [gzip.compress(bytes(range(100)), mtime=time.time())])
def test_compressed_content_is_no_part_of_a_name(
    request: pytest.FixtureRequest, content: bytes
) -> None:
    assert content
    assert request.node.name == f"{request.node.originalname}[content]"


@pytest.mark.parametrize("content", [b"short"])
def test_short_content_is(request: pytest.FixtureRequest, content: bytes) -> None:
    assert request.node.name == f"{request.node.originalname}[{content.decode()}]"
