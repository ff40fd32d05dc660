"""Opening a compressed file like :func:`gzip.open` does, in binary or in text mode."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO, Literal, cast, overload

from lmpack._blocks.options import FurtherFields, Options
from lmpack._files.file import BINARY_MODES, BinaryMode, LmpackFile, PathOrFile
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

TextMode = Literal["rt", "wt", "xt", "at"]

_TEXT_MODES = ("rt", "wt", "xt", "at")


@overload
def open(
    file: PathOrFile,
    mode: BinaryMode = "rb",
    level: int | None = None,
    *,
    options: Options | None = None,
    **keywords: Unpack[FurtherFields],
) -> LmpackFile: ...


@overload
def open(
    file: PathOrFile,
    mode: TextMode,
    level: int | None = None,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[FurtherFields],
) -> io.TextIOWrapper: ...


@overload
def open(
    file: PathOrFile,
    mode: str,
    level: int | None = None,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[FurtherFields],
) -> LmpackFile | io.TextIOWrapper: ...


def open(
    file: PathOrFile,
    mode: str = "rb",
    level: int | None = None,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    options: Options | None = None,
    **keywords: Unpack[FurtherFields],
) -> LmpackFile | io.TextIOWrapper:
    """Open a compressed file in binary or text mode.

    Args:
        file: a path, or a binary file object, which stays open when the result is closed.
        mode: "rb", "wb", "xb", "ab", or "rt", "wt", "xt", "at" for text; without b or t it is
            binary. What they do says :class:`LmpackFile`.
        level: 1 (fastest) to 9 (smallest); None for that of the options, which is 6 by default.
        encoding: of the text, as for the built-in open; only in text mode.
        errors: what to do with text that cannot be coded; only in text mode.
        newline: which line ends are translated; only in text mode.
        options: see :class:`Options`.
        keywords: other fields of :class:`Options`.

    Raises:
        UsageError: an unknown mode, text arguments in binary mode, or ones that mean nothing.
        OSError, FormatError, LimitError, ModelError: as for :class:`LmpackFile`.
    """
    if mode not in BINARY_MODES + _TEXT_MODES:
        allowed = ", ".join(BINARY_MODES + _TEXT_MODES)
        raise UsageError(f"the mode is {mode!r}, allowed are {allowed}")
    text = mode in _TEXT_MODES
    if not text and (encoding, errors, newline) != (None, None, None):
        raise UsageError(f"encoding, errors and newline need a text mode, not {mode!r}")
    if text:
        _check_text_arguments(encoding, errors, newline)
    binary_mode = cast(BinaryMode, mode[0] + "b")
    binary = LmpackFile(file, binary_mode, level, options=options, **keywords)
    if not text:
        return binary
    return io.TextIOWrapper(cast(BinaryIO, binary), encoding, errors, newline)


def _check_text_arguments(encoding: str | None, errors: str | None, newline: str | None) -> None:
    """Refuse what no text can be opened with, before a file is emptied for it."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding, errors, newline)
        if errors is not None:
            codecs.lookup_error(errors)
    except (LookupError, ValueError, TypeError) as error:
        raise UsageError(
            f"no text can be opened with the encoding {encoding!r}, errors {errors!r} and newline "
            f"{newline!r}: {error}"
        ) from error
