"""What a caller may choose: one object for all functions that compress or decompress."""

from __future__ import annotations

import dataclasses
import os
import reprlib
from collections.abc import Callable
from typing import TypedDict

from lmpack._blocks.levels import (
    DEFAULT_LEVEL,
    LEAST_BLOCK_SIZE,
    LEVELS,
    MOST_BLOCK_SIZE,
    find_level,
)
from lmpack._blocks.limits import default_max_memory
from lmpack._blocks.prefix import Prefix
from lmpack._executors import check_device
from lmpack.errors import UsageError

ModelName = str | os.PathLike[str]
Model = ModelName | tuple[ModelName, ...] | None

MOST_MODELS = 2

DEFAULT_MAX_MEMORY = default_max_memory()


@dataclasses.dataclass(frozen=True)
class Options:
    """How content is compressed and decompressed.

    Every function that does either takes them as keywords, `level=9`, as an object, `options=...`,
    or as both: the keywords then replace fields of the object. Decompressing takes what it needs
    from the file and looks at none of `level`, `mixing`, `verify` and `block_size`: one object
    serves both ways.

    Attributes:
        level: 1 (fastest) to 9 (smallest).
        model: name of a model, built in or of the folder of models, or folder of a bundle; or a
            tuple of two, models of bytes that predict together. Compressing: in place of the
            level's. Decompressing: the model that the file was made with, or one of both. None for
            those of the level, and for those that the file names.
        mixing: whether the statistics of the data itself take part; without, the model is alone.
        device: what runs the model: "cpu" or "cuda", and behind a colon with which program, such as
            "cpu:onnxruntime"; "auto" for the CPU, except for a batch of files that keeps a GPU
            busy. The result is the same with any.
        threads: worker threads, at least 1; None for the device's own choice, all cores of a CPU.
        max_size: decompressing: bytes of content that a file may have, at least 1; None for any
            number. Set it for bytes that you do not trust: a few hundred bytes may stand for
            gigabytes of content, and hours. The default is None, as with gzip, lzma and zstandard,
            because whatever can be compressed has to come back.
        max_memory: bytes that coding may need, at least 1; None for any number. Fewer blocks than
            threads are coded side by side if more would not fit; what needs more for a single block
            is refused. The default is 2 GiB, or a quarter of the machine's memory if that is more.
            It counts what the native engine needs for blocks, content and payload included; not the
            model, which is loaded once, nor the memory of a GPU (docs/format.md, section 2.6).
        verify: whether each block is decoded again before it is written; None for doing so where
            the source is deleted.
        prefix: bytes that stand before the content without being in the file; decompressing: those
            that the file was made with. Only with mixing, and without a model of tokens; models
            run on the CPU with it.
        block_size: bytes of content in a block, 4,096 to 16,777,216; None for that of the level. A
            block is decoded as a whole, alone. Smaller ones are read sooner in the middle of a
            file, and less is lost with a damaged one; larger ones make the file smaller.

    Raises:
        UsageError: an option is out of range.
    """

    level: int = DEFAULT_LEVEL
    model: Model = None
    mixing: bool = True
    device: str = "auto"
    threads: int | None = None
    max_size: int | None = None
    max_memory: int | None = DEFAULT_MAX_MEMORY
    verify: bool | None = None
    prefix: Prefix | None = None
    block_size: int | None = None

    def __post_init__(self) -> None:
        for name, kinds, expected in _KINDS:
            value = getattr(self, name)
            is_bool = isinstance(value, bool)
            if not isinstance(value, kinds) or (is_bool and bool not in kinds):
                raise UsageError(f"the option {name} must be {expected}, not {reprlib.repr(value)}")
        self._check_models()
        find_level(self.level)
        check_device(self.device, self.threads)
        for name in ("max_size", "max_memory"):
            most = getattr(self, name)
            if most is not None and most < 1:
                raise UsageError(
                    f"the option {name} must be at least 1 byte, or None for no limit, not {most}"
                )

        check_block_size(self.block_size)

    @property
    def bytes_of_block(self) -> int:
        """Bytes of content in a block, except for the last one, which may be shorter."""
        return self.block_size or find_level(self.level).block_size

    @property
    def models(self) -> tuple[ModelName, ...]:
        """The models that were chosen, none to two."""
        if isinstance(self.model, tuple):
            return self.model
        return () if self.model is None else (self.model,)

    def _check_models(self) -> None:
        if any(not isinstance(model, str | os.PathLike) for model in self.models):
            raise UsageError(f"the option model must be {_MODEL}, not {self.model!r}")
        if isinstance(self.model, tuple) and not 1 <= len(self.model) <= MOST_MODELS:
            raise UsageError(
                f"the option model takes one model or {MOST_MODELS}, not {len(self.model)}"
            )


def check_block_size(size: int | None) -> None:
    """Refuse a block that the format does not have, or that is too short to be worth one.

    Raises:
        UsageError: that is so.
    """
    if size is not None and not LEAST_BLOCK_SIZE <= size <= MOST_BLOCK_SIZE:
        raise UsageError(
            f"the option block_size must be {LEAST_BLOCK_SIZE:,} to {MOST_BLOCK_SIZE:,} bytes, or "
            f"None for that of the level, not {size:,}"
        )


_MODEL = "a name or the path of a folder, or a tuple of two"
_KINDS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    ("level", (int,), f"an integer, {min(LEVELS)} to {max(LEVELS)}"),
    ("model", (str, os.PathLike, tuple, type(None)), _MODEL),
    ("mixing", (bool,), "True or False"),
    ("device", (str,), "a name"),
    ("threads", (int, type(None)), "an integer or None"),
    ("max_size", (int, type(None)), "an integer or None"),
    ("max_memory", (int, type(None)), "an integer or None"),
    ("verify", (bool, type(None)), "True, False or None"),
    ("prefix", (Prefix, type(None)), "an lmpack.Prefix(data) or None"),
    ("block_size", (int, type(None)), "an integer or None"),
)
"""What the fields may hold, and how to say it. True and False are no integers here."""


class LevelField(TypedDict, total=False):
    """The field of :class:`Options` that some functions take without a keyword, too."""

    level: int


class FurtherFields(TypedDict, total=False):
    """All other fields of :class:`Options` as keywords, for type checkers."""

    model: Model
    mixing: bool
    device: str
    threads: int | None
    max_size: int | None
    max_memory: int | None
    verify: bool | None
    prefix: Prefix | None
    block_size: int | None


class OptionFields(LevelField, FurtherFields, total=False):
    """The fields of :class:`Options` as keywords, for type checkers."""


def given_options(
    options: Options | None,
    keywords: OptionFields | FurtherFields,
    level: int | None = None,
    *,
    function: Callable[..., object] | None = None,
) -> Options:
    """The options of a call, which may come as an object and as keywords, and the level by itself.

    Args:
        options: the object.
        keywords: what was given by name and is no argument of the function itself.
        level: where it was given by itself.
        function: what was called, if it has further arguments that may have been meant.

    Raises:
        UsageError: an option is out of range or unknown, or the object is none.
    """
    if options is not None and not isinstance(options, Options):
        raise UsageError(
            f"options must be an lmpack.Options, not {type(options).__name__}: "
            "give options=Options(level=1), or level=1 alone"
        )
    unknown = keywords.keys() - OptionFields.__annotations__.keys()
    if unknown:
        raise UsageError(_there_is_no(min(unknown), function))
    leveled: LevelField = {} if level is None else {"level": level}
    return dataclasses.replace(options or Options(), **keywords, **leveled)


def _there_is_no(option: str, function: Callable[..., object] | None) -> str:
    # Both are needed for this message alone.
    from difflib import get_close_matches
    from inspect import Parameter, signature

    known = list(OptionFields.__annotations__)
    if function is not None:
        arguments = signature(function).parameters.values()
        known += [each.name for each in arguments if each.kind is Parameter.KEYWORD_ONLY]
    near = get_close_matches(option, known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"there is no option {option}: {advice}"
