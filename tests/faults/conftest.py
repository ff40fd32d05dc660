"""The command with faults in it, started once for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults import FaultServer, Unavailable


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    try:
        with FaultServer(tmp_path_factory.mktemp("faults")) as started:
            yield started
    except Unavailable as reason:
        pytest.skip(str(reason))
