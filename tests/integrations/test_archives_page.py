"""The examples of docs/archives.md, run as they stand."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "archives.md"


@pytest.mark.libraries
@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
def test_examples(environment: dict[str, str]) -> None:
    (code,) = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    result = subprocess.run(
        ["sh", "-euc", code], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    listed, by_tar = result.stdout.splitlines()[:2], result.stdout.splitlines()[2:]
    assert [line.split()[-1] for line in listed] == ["folder", "folder/inner.txt"]
    assert by_tar == ["folder/", "folder/inner.txt"]
    for place in ("unpacked", "one"):
        assert Path(place, "folder/inner.txt").read_text() == "Some more notes.\n"
    assert Path("both.tar.lmp").exists()
