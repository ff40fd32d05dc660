"""`register()`: other libraries learn the suffix `.lmp`."""

from __future__ import annotations

import importlib.util
import mimetypes
from typing import Any, BinaryIO

from lmpack._files.file import BinaryMode, LmpackFile
from lmpack._files.names import SUFFIX
from lmpack.integrations.tar import register_shutil, register_tarfile

NAME = "lmpack"
MEDIA_TYPE = "application/x-lmpack"


def register() -> tuple[str, ...]:
    """Teach the libraries that are installed to read and write `.lmp` files.

    - tarfile: `tarfile.open("a.tar.lmp")` and the modes "r:lmp", "w:lmp", "x:lmp".
    - shutil: `shutil.make_archive(..., "lmptar")`, and `unpack_archive` of `.tar.lmp`.
    - mimetypes: `.lmp` is `application/x-lmpack`.
    - fsspec: `compression="lmpack"`, and `compression="infer"` for `.lmp`.
    - smart_open: names that end in `.lmp`.

    It holds for the process, and may be called again. docs/libraries.md has an example of each.

    Returns:
        The names of the libraries that know `.lmp` now. One that is not installed is left out.
    """
    register_tarfile()
    register_shutil()
    mimetypes.add_type(MEDIA_TYPE, SUFFIX)
    registered = ["tarfile", "shutil", "mimetypes"]
    for library, register_with in (("fsspec", _register_fsspec), ("smart_open", _register_smart)):
        if importlib.util.find_spec(library) is not None:
            register_with()
            registered.append(library)
    return tuple(registered)


def _register_fsspec() -> None:
    from fsspec.compression import register_compression

    register_compression(NAME, _wrap, SUFFIX.removeprefix("."), force=True)


def _register_smart() -> None:
    from smart_open.compression import get_supported_extensions, register_compressor

    if SUFFIX not in get_supported_extensions():  # again would be a warning
        register_compressor(SUFFIX, _wrap)


def _wrap(file: BinaryIO, mode: BinaryMode = "rb", **keywords: Any) -> LmpackFile:
    """What both call with an open file; keywords are fields of Options."""
    return LmpackFile(file, mode, **keywords)
