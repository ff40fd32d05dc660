"""What lies in the folder of models, the damaged included."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lmpack._models.added import added_names, models_folder, source_of
from lmpack._models.architecture import SPEC_VERSION, Architecture
from lmpack._models.bundle import FAMILY, GRAPHS, TENSORS, TOKENIZER, load_bundle
from lmpack._models.decoder import shape as decoder
from lmpack._models.folder import read_verified
from lmpack._models.manifest import MANIFEST, Manifest, read_entries, read_manifest, require_version
from lmpack.errors import BundleError, ModelError

BUNDLE_FILES = (MANIFEST, TENSORS, *GRAPHS, TOKENIZER)
"""Names of all files that a bundle of any family may have."""


@dataclasses.dataclass(frozen=True)
class AddedModel:
    """Something in the folder of models.

    Attributes:
        name: by which it is found.
        path: its folder, or whatever it is.
        family: "bytes" for models that lmpack has trained, "decoder" for imported ones; this and
            all that follows is None as far as it cannot be read.
        calls_itself: the name in its manifest: any text, control characters too.
        fingerprint: 32 bytes; the first 8 are in each file that it made.
        parameters: numbers in its matrices.
        products_per_symbol: multiplications of 8-bit integers for a byte, or for a token.
        size: bytes of its files.
        source: what it was imported from.
        problem: why it cannot be used; None if nothing is wrong, as far as it was looked at.
    """

    name: str
    path: Path
    family: str | None = None
    calls_itself: str | None = None
    fingerprint: bytes | None = None
    parameters: int | None = None
    products_per_symbol: int | None = None
    size: int | None = None
    source: str | None = None
    problem: str | None = None


def added_models(*, verify: bool = False) -> list[AddedModel]:
    """What is in the folder of models, in order of the names; an empty list if there is no folder.

    Args:
        verify: whether all bytes of each model are checked; otherwise the manifests alone are read.

    Raises:
        ModelError: the folder cannot be read.
    """
    return [describe_added(name, verify=verify) for name in added_names()]


def describe_added(name: str, *, verify: bool = False) -> AddedModel:
    """What is known of a name in the folder of models; never an error."""
    path = models_folder() / name
    found = AddedModel(name, path)
    try:
        entries = read_entries(path)
        found = dataclasses.replace(found, source=source_of(entries))
        family, manifest = _manifest(path, entries)
        found = dataclasses.replace(
            found,
            family=family,
            calls_itself=manifest.name,
            fingerprint=manifest.fingerprint,
            parameters=manifest.architecture.parameters,
            products_per_symbol=manifest.architecture.products_per_symbol,
            size=_size(path),
        )
        if verify:
            load_bundle(path)
            verified_tokenizer(path, entries)
    except ModelError as error:
        return dataclasses.replace(found, problem=str(error))
    return found


def verified_tokenizer(path: Path, entries: Mapping[str, Any]) -> bytes | None:
    """The file of the tokenizer of a bundle, as its manifest has it; None if it names none.

    Raises:
        BundleError: it is missing, damaged or changed.
    """
    facts = entries.get("tokenizer")
    if not isinstance(facts, dict) or "sha256" not in facts:
        return None
    from lmpack._models.decoder.bundle import LARGEST_TOKENIZER  # most bundles have none

    return read_verified(path / TOKENIZER, LARGEST_TOKENIZER, facts["sha256"])


def _manifest(
    path: Path, entries: Mapping[str, Any]
) -> tuple[str, Manifest[Architecture] | Manifest[decoder.DecoderShape]]:
    """The family of a bundle, and its manifest.

    Raises:
        BundleError: it cannot be used.
    """
    family = entries.get("family", FAMILY)
    if not isinstance(family, str) or family not in _READERS:
        raise BundleError(f"{path} is of a family that this lmpack does not know")
    version, read = _READERS[family]
    require_version(path, entries, version)
    return family, read(path)


_Read = Callable[[Path], Manifest[Architecture] | Manifest[decoder.DecoderShape]]
_READERS: dict[str, tuple[int, _Read]] = {
    FAMILY: (
        SPEC_VERSION,
        functools.partial(read_manifest, read_shape=Architecture.from_json, graphs=GRAPHS),
    ),
    decoder.FAMILY: (
        decoder.SPEC_VERSION,
        functools.partial(
            read_manifest, read_shape=decoder.DecoderShape.from_json, graphs=(), optional=True
        ),
    ),
}
"""By family: version of its specification, and what reads its manifests."""


def _size(path: Path) -> int:
    """Bytes of the files of a bundle.

    Raises:
        BundleError: it lacks its tensors.
    """
    sizes = {}
    for name in BUNDLE_FILES:
        try:
            sizes[name] = (path / name).stat().st_size
        except OSError:
            continue
    if TENSORS not in sizes:
        raise BundleError(f"{path} lacks {TENSORS}: get the whole bundle again")
    return sum(sizes.values())
