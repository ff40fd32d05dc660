"""Writes tests/golden/files. No test does: they only read what is there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from frozen_bad_blocks import blocks
from frozen_bad_copies import copies
from frozen_bad_frames import frames, unsupported
from frozen_bytes import Bad, Samples
from frozen_contents import MODEL, ZEROS, write_model
from frozen_good import Good, GoodFiles
from frozen_good_needs import files_with_needs
from frozen_table import DIGESTS, FOLDER, MODELS, README, Frozen, digest_of, models, stored

from lmpack._blocks.executor_cache import cached_executor
from lmpack._executors.native_decoder import NativeDecoderExecutor
from lmpack._models.bundle import list_models, load_bundle

INTRODUCTION = """\
# Frozen files

Small files of every kind that the format knows. `tests/container/test_frozen_files.py` opens each
of them. From release 0.1.0 on none of them changes and none goes: what a released lmpack has
written, every later one reads ([docs/format.md](../../../docs/format.md), section 10).

- `good`: decode to the content that is named, which lies in `contents`, byte for byte.
- `bad`: break one rule of the format each. They raise the error that is named, and the command
  ends with exit code 1.
- `unsupported`: nothing is wrong with them, but they need a newer lmpack, a model or a prefix.
- `contents`, `model`: what is in the files or stands before them, and a small model of tokens.
- `MODELS`: the fingerprint of every model that was ever released. All of them stay loadable.
- `SHA256SUMS`: of all files; `sha256sum -c SHA256SUMS` checks them.

Files whose name ends in `.record` are lean records
([docs/format.md](../../../docs/format.md), section 9). The command knows none.

`python tests/make_golden.py files` makes what is missing, and leaves alone what is there. Files to
add go into `tests/support/frozen_good.py` or `frozen_bad_*.py`. With `--again` it makes all of them
again, which is for the time before a release only.
"""

TITLES = {
    "good": ("Good", "file", "content", "decoded with", "what it is"),
    "bad": ("Bad", "file", "error", "decoded with", "what is wrong"),
    "unsupported": ("Unsupported", "file", "error", "decoded with", "what is needed"),
}


def write_files(*, again: bool) -> None:
    """Writes the files that are missing; all of them, and no other ones, if `again`."""
    if again and FOLDER.exists():
        shutil.rmtree(FOLDER)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / MODEL
        write_model(made)
        for path in sorted(made.iterdir()):
            _write(f"{MODEL}/{path.name}", path.read_bytes())
    decoder = cached_executor(load_bundle(FOLDER / MODEL), "cpu", 1)
    assert isinstance(decoder, NativeDecoderExecutor)
    good = GoodFiles(decoder)
    samples = Samples(good.contents)
    bad = [*frames(samples), *blocks(samples), *copies(samples)]
    for name, content in good.contents.items():
        if name != ZEROS:
            _write(f"contents/{name}", content)
    tables = {
        "good": [_frozen_good(file) for file in [*good, *files_with_needs(good, FOLDER / MODEL)]],
        "bad": [_frozen_bad("bad", file) for file in bad],
        "unsupported": [_frozen_bad("unsupported", file) for file in unsupported(samples)],
    }
    parts = [INTRODUCTION, *(_section(*TITLES[name], rows=tables[name]) for name in tables)]
    README.write_text("\n".join(parts), encoding="utf-8")
    shipped = models() | {bundle.fingerprint.hex(): bundle.name for bundle in list_models()}
    MODELS.write_text("".join(f"{key}  {name}\n" for key, name in shipped.items()))
    sums = (f"{digest_of(name)}  {name}\n" for name in sorted(stored()))
    DIGESTS.write_text("".join(sums))


def _frozen_good(file: Good) -> Frozen:
    name = _write(f"good/{_with_suffix(file.name)}", file.data)
    content = file.content if file.content == ZEROS else f"contents/{file.content}"
    return Frozen(name, content, file.needs, file.reason)


def _frozen_bad(folder: str, file: Bad) -> Frozen:
    name = _write(f"{folder}/{_with_suffix(file.name)}", file.data)
    return Frozen(name, file.error.__name__, file.needs, file.reason)


def _with_suffix(name: str) -> str:
    return name if name.endswith(".record") else f"{name}.lmp"


def _write(name: str, data: bytes) -> str:
    """The name, of a file that is there now: as it was if it was there before."""
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(data)
    return name


def _section(title: str, *header: str, rows: list[Frozen]) -> str:
    """A table with a title."""
    lines = [f"## {title}\n", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    return "\n".join([*lines, *map(str, rows)]) + "\n"
