"""Lossless compression by an exact Transformer: what one machine packs, every other unpacks.

Whole byte strings: :func:`compress`, :func:`decompress`. Streams of any length:
:func:`compress_stream`, :func:`decompress_stream`, :func:`verify_stream`. Many files and folders:
:func:`compress_files`, :func:`decompress_files`. Files like those of the module gzip: :func:`open`.
Content that comes in pieces: :class:`LmpackCompressor`, :class:`LmpackDecompressor`.
How: :class:`Options`. Bytes that both sides have already: :class:`Prefix`; small records behind
them: :class:`RecordCodec`.
What is in a file: :func:`describe`. What a damaged file still holds: :func:`salvage_stream`,
:func:`find_damage`. Which models there are: :func:`list_models`, :func:`added_models`. The folder
of models: :func:`add_model`, :func:`remove_model`. Other libraries learn the suffix by
:func:`register`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lmpack import errors
from lmpack.errors import (
    BundleError,
    ConformanceError,
    DamagedError,
    EvaluationError,
    FormatError,
    LimitError,
    LmpackError,
    ModelError,
    NotLmpackError,
    PrefixError,
    TrainingError,
    TruncatedError,
    UsageError,
    VerifyError,
    VersionError,
)

if TYPE_CHECKING:
    from lmpack._blocks.options import Options
    from lmpack._blocks.prefix import Prefix
    from lmpack._blocks.prefix_training import train_prefix
    from lmpack._files.adding import add_model, remove_model
    from lmpack._files.batch import compress_files, decompress_files
    from lmpack._files.batch_file import FileResult
    from lmpack._files.compressor import LmpackCompressor
    from lmpack._files.damage import Damage, Salvaged
    from lmpack._files.decompressor import LmpackDecompressor
    from lmpack._files.description import BlockInfo, ContainerInfo, describe
    from lmpack._files.file import LmpackFile
    from lmpack._files.opening import open
    from lmpack._files.progress import Progress, Sizes
    from lmpack._files.record_codec import RecordCodec
    from lmpack._files.salvage import find_damage, salvage_stream
    from lmpack._files.streams import (
        compress,
        compress_stream,
        decompress,
        decompress_stream,
        verify_stream,
    )
    from lmpack._models.bundle import Bundle, list_models
    from lmpack._models.listing import AddedModel, added_models
    from lmpack.integrations.registration import register

    __version__: str

__all__ = [
    "AddedModel",
    "BlockInfo",
    "Bundle",
    "BundleError",
    "ConformanceError",
    "ContainerInfo",
    "Damage",
    "DamagedError",
    "EvaluationError",
    "FileResult",
    "FormatError",
    "LimitError",
    "LmpackCompressor",
    "LmpackDecompressor",
    "LmpackError",
    "LmpackFile",
    "ModelError",
    "NotLmpackError",
    "Options",
    "Prefix",
    "PrefixError",
    "Progress",
    "RecordCodec",
    "Salvaged",
    "Sizes",
    "TrainingError",
    "TruncatedError",
    "UsageError",
    "VerifyError",
    "VersionError",
    "__version__",
    "add_model",
    "added_models",
    "compress",
    "compress_files",
    "compress_stream",
    "decompress",
    "decompress_files",
    "decompress_stream",
    "describe",
    "errors",
    "find_damage",
    "list_models",
    "open",
    "register",
    "remove_model",
    "salvage_stream",
    "train_prefix",
    "verify_stream",
]

# Loaded at first use: training and the reading of headers need neither the codec nor the C++ core.
_HOMES = {
    "_blocks.options": ("Options",),
    "_blocks.prefix": ("Prefix",),
    "_blocks.prefix_training": ("train_prefix",),
    "_files.adding": ("add_model", "remove_model"),
    "_files.batch": ("compress_files", "decompress_files"),
    "_files.batch_file": ("FileResult",),
    "_files.compressor": ("LmpackCompressor",),
    "_files.damage": ("Damage", "Salvaged"),
    "_files.decompressor": ("LmpackDecompressor",),
    "_files.description": ("BlockInfo", "ContainerInfo", "describe"),
    "_files.file": ("LmpackFile",),
    "_files.opening": ("open",),
    "_files.progress": ("Progress", "Sizes"),
    "_files.record_codec": ("RecordCodec",),
    "_files.salvage": ("find_damage", "salvage_stream"),
    "_files.streams": (
        "compress",
        "compress_stream",
        "decompress",
        "decompress_stream",
        "verify_stream",
    ),
    "_models.bundle": ("Bundle", "list_models"),
    "_models.listing": ("AddedModel", "added_models"),
    "integrations.registration": ("register",),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # takes longer than the rest of this module

        return version("lmpack")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"lmpack.{home}"), name)
    raise AttributeError(f"module 'lmpack' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
