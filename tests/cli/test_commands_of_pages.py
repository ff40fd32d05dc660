"""The commands that the pages for beginners show, each run by a shell among the files it names."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from trees import read_tree, write_tree

import lmpack

ROOT = Path(__file__).parents[2]
NOTES = b"Some notes, which are compressed. " * 70
TREE = {"one.txt": NOTES, "inner/two.log": b"A line of a log.\n" * 30}

PAGES = {
    "README.md": ("Command line", "Pretrained language models"),
    "docs/index.md": ("Compress, look, open",),
    "docs/batch.md": ("Many files",),
    "docs/command_line.md": (
        "Which files",
        "Which level",
    ),
    "docs/records.md": ("A new version of a file", "A dictionary for small files"),
    "docs/salvage.md": ("Damaged files",),
    "docs/pretrained.md": ("In short",),
}
"""The sections whose commands are run, by their pages."""

NAMES = {
    r"FILE\.lmp(\.\.\.)?|notes\.txt\.lmp": "kept.txt.lmp",
    r"FILE(\.\.\.)?|big\.log": "notes.txt",
    r"DIR": "docs",
    r"-r OUT": "-r packed",
}
"""What stands for the words of a page."""

ONLY_READ = ("bench", "export", "import", "train")
"""Commands that take long, and have tests of their own: whether they know the options is asked."""


def commands() -> list[tuple[str, str]]:
    """A page and a line for each command, without what is said of it."""
    found = []
    for page, titles in PAGES.items():
        sections = re.split(r"^#+ ", (ROOT / page).read_text(), flags=re.MULTILINE)[1:]
        for title in titles:
            (text,) = (s for s in sections if s.startswith(f"{title}\n"))
            lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
            found += [
                (page, line.partition("  #")[0].rstrip())
                for line in lines
                if re.match(r"(lmpack|tar|find|cat|pip) ", line)
            ]
    return [(page, command) for page, command in found if not re.fullmatch(r"pip [^&]*", command)]


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A folder with all that the commands name, and the program `lmpack` of this checkout."""
    work = write_tree(tmp_path / "work", {"notes.txt": NOTES, "kept.txt.lmp": b"", "x.log": NOTES})
    monkeypatch.chdir(work)
    Path("kept.txt.lmp").write_bytes(lmpack.compress(NOTES, level=1))
    for name in ("docs", "project", "records", "samples"):
        write_tree(Path(name), TREE)
    Path("samples/one.json").write_bytes(NOTES)
    write_tree(
        Path("packed"), {f"{name}.lmp": lmpack.compress(TREE[name], level=1) for name in TREE}
    )
    Path("shop.dict").write_bytes(NOTES)
    old = NOTES + bytes(range(256)) * 8
    Path("release-1.tar").write_bytes(old)
    Path("release-2.tar").write_bytes(old[300:])
    shutil.copytree(ROOT / "tests" / "golden" / "files" / "model", "gemma-3-270m")
    program = tmp_path / "bin" / "lmpack"
    program.parent.mkdir()
    paths = os.pathsep.join(filter(None, sys.path))
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -m lmpack \"$@\"\n"
    )
    program.chmod(0o755)
    return {
        **os.environ,
        "LMPACK_LEVEL": "1",
        "LMPACK_MODELS": str(tmp_path / "models"),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }


def runnable(command: str) -> str:
    """A command of a page with the names of the folder, and without what takes long."""
    command = re.sub(r"^pip install \S+ && ", "", command)
    for word, name in NAMES.items():
        command = re.sub(rf"(?<![\w-]){word}(?![\w-])", name, command)
    if command.split()[1] in ONLY_READ:
        command += " --help"
    return command


def prepare(command: str) -> None:
    """Make what an earlier command of the page would have made; remove what this one makes."""
    if command.startswith("lmpack dictionary"):
        Path("shop.dict").unlink()
    if "release-2.tar.lmp" in command:
        prefix = lmpack.Prefix(Path("release-1.tar").read_bytes())
        plain = Path("release-2.tar")
        Path("release-2.tar.lmp").write_bytes(lmpack.compress(plain.read_bytes(), prefix=prefix))
        plain.unlink()
    if "extract docs.tar.lmp" in command:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add("docs")
        Path("docs.tar.lmp").write_bytes(lmpack.compress(archive.getvalue(), level=1))
    if "-o packed" in command:
        shutil.rmtree("packed")


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_does_what_it_says(page: str, command: str, environment: dict[str, str]) -> None:
    line = runnable(command)
    prepare(line)
    before = read_tree(Path())
    result = subprocess.run(["sh", "-euc", line], env=environment, capture_output=True, check=False)
    assert result.returncode == 0, f"{line}\n{result.stderr.decode()}"
    made = {name: data for name, data in read_tree(Path()).items() if name not in before}
    if re.fullmatch(r"lmpack (-9 |compress )?notes\.txt", line):
        assert lmpack.decompress(made.pop("notes.txt.lmp")) == NOTES
        assert not made
    if re.fullmatch(r"lmpack (-d|decompress( --salvage.*)?) kept\.txt\.lmp", line):
        assert made == {"kept.txt": NOTES}


def test_every_section_has_commands() -> None:
    assert {page for page, _ in commands()} == set(PAGES)
    assert len(commands()) > 30
