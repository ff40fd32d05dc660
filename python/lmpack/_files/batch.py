"""Many files: results in order, each file whole or not there. One file is a batch, too."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lmpack._blocks.coders import Decoder, Encoder, lanes_of_block
from lmpack._blocks.options import OptionFields, Options, given_options
from lmpack._files.batch_file import (
    FileResult,
    Handling,
)
from lmpack._files.conversion import Compression, Decompression
from lmpack._files.exclusion import left_out
from lmpack._files.lane_advice import SMALL_BLOCK, advise_to_decode, advise_to_encode
from lmpack._files.lanes import lanes_of_containers, lanes_of_contents
from lmpack._files.names import SUFFIX, checked_suffix, compressed_name, plain_name
from lmpack._files.needed import Needed
from lmpack._files.plan import files_of_shard, plan_file, plan_files
from lmpack._files.planned import Planned, Refusal, Rename
from lmpack._files.progress import ProgressCallback
from lmpack._files.queue import run_queue
from lmpack._files.remote.url import is_url
from lmpack._files.shard import checked_shard
from lmpack.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

DEFAULT_MEMORY = 1 << 28
"""Bytes of content and payloads that may be under way, of all files together."""

PathLike = str | os.PathLike[str]


def compress_files(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    output_file: PathLike | None = None,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str | Path] = (),
    exclude_compressed: bool = False,
    resume: bool | Literal["meta"] = False,
    shard: tuple[int, int] | None = None,
    force: bool = False,
    remove: bool = False,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """Compress each file to one with .lmp behind its name; the bytes are those of :func:`compress`.

    Files are done while the results are taken; a bad one does not end the batch. An output appears
    under its name only when it is whole and on the disk; it has the attributes of its file, and
    a folder that is made those of the one it stands for (docs/files.md). Closing the iterator ends
    the batch.

    Args:
        paths: files, and folders if `recursive`. Symbolic links inside folders are skipped.
        output: folder of the outputs, made if needed, in which the tree below each folder is made
            again; None to put each output next to its file.
        output_file: path of the output, if there is one file; in place of `output`.
        recursive: go through folders.
        suffix: what the name of an output has behind that of its file, in place of .lmp.
        exclude: patterns as of :mod:`fnmatch`; what matches one is left out of folders. One without
            a slash is for names of files and folders, one with a slash for their paths below the
            folder that was given. A :class:`pathlib.Path` leaves out that very file or folder.
        exclude_compressed: leave out of folders what is compressed already, going by its name and
            its first bytes, such as archives, pictures and recordings.
        resume: skip files whose output holds exactly their content, by the checksums in it. With
            "meta" a file is skipped without being read, too, if its output is as long as its index
            says, and both have the same size of content and time of change (docs/cluster.md).
        shard: number and count of shards, such as (3, 64): of the files only those are done, and
            given, that are in this one, going by their paths below the folder, or as they were
            given. So several processes share the files.
        force: replace outputs that exist, compress files that end in .lmp, and remove links.
        remove: delete each file when its output is complete and on the disk, and verify it unless
            the options say otherwise. Only regular files are deleted; links, and files with several
            names, only with `force`.
        memory: bytes of content and payloads that may be under way; one block always may be.
        progress: called now and then with the :class:`Progress` of all files together, maybe from
            another thread, but never by two at the same time.
        options: see :class:`Options`.
        keywords: fields of :class:`Options`.

    Returns:
        An iterator of what became of each file, in their order.

    Raises:
        UsageError: an argument is out of range.
        ModelError: the model cannot be used.
    """
    chosen = given_options(options, keywords, function=compress_files)
    handling = Handling(output, resume, force, remove, memory, progress, Needed.of(chosen))
    planned = plan_compression(
        paths,
        handling,
        output_file,
        recursive=recursive,
        suffix=suffix,
        exclude=exclude,
        exclude_compressed=exclude_compressed,
        shard=shard,
    )
    return compress_planned(planned, handling, chosen, is_shared=shard is not None)


def decompress_files(
    paths: Iterable[PathLike],
    output: PathLike | None = None,
    *,
    output_file: PathLike | None = None,
    recursive: bool = False,
    suffix: str = SUFFIX,
    exclude: Iterable[str | Path] = (),
    resume: bool | Literal["meta"] = False,
    shard: tuple[int, int] | None = None,
    force: bool = False,
    remove: bool = False,
    memory: int = DEFAULT_MEMORY,
    progress: ProgressCallback | None = None,
    options: Options | None = None,
    **keywords: Unpack[OptionFields],
) -> Generator[FileResult, None, None]:
    """Decompress each file whose name ends in .lmp to one without.

    With `recursive` files in folders that have other names are skipped; with `output_file` the file
    may have any name. Arguments, results and errors are those of :func:`compress_files`, except
    that `resume` goes by the checksums in the files, `force` does not go by names, and a model
    that cannot be used is an error of each file that needs it.
    """
    chosen = given_options(options, keywords, function=decompress_files)
    handling = Handling(output, resume, force, remove, memory, progress)
    planned = plan_decompression(
        paths,
        handling,
        output_file,
        recursive=recursive,
        suffix=suffix,
        exclude=exclude,
        shard=shard,
    )
    return decompress_planned(planned, handling, chosen, is_shared=shard is not None)


def plan_compression(
    paths: Iterable[PathLike],
    handling: Handling,
    output_file: PathLike | None = None,
    *,
    recursive: bool,
    suffix: str = SUFFIX,
    exclude: Iterable[str | Path] = (),
    exclude_compressed: bool = False,
    shard: tuple[int, int] | None = None,
) -> list[Planned]:
    """The files of a batch. Arguments and errors are those of :func:`compress_files`."""
    ending = checked_suffix(suffix)
    paths = _checked_paths(paths)
    if exclude_compressed and any(map(is_url, paths)):
        raise UsageError("exclude_compressed is for folders of this machine: use exclude")
    return _plan(
        paths,
        handling,
        output_file,
        recursive,
        lambda name: compressed_name(name, handling.force, ending),
        left_out(exclude, compressed=exclude_compressed),
        shard,
    )


def plan_decompression(
    paths: Iterable[PathLike],
    handling: Handling,
    output_file: PathLike | None = None,
    *,
    recursive: bool,
    suffix: str = SUFFIX,
    exclude: Iterable[str | Path] = (),
    shard: tuple[int, int] | None = None,
) -> list[Planned]:
    """The files of a batch. Arguments and errors are those of :func:`decompress_files`."""
    ending = checked_suffix(suffix)
    return _plan(
        _checked_paths(paths),
        handling,
        output_file,
        recursive,
        lambda name: plain_name(name, ending),
        left_out(exclude, compressed=False),
        shard,
    )


def compress_planned(
    planned: list[Planned], handling: Handling, options: Options, *, is_shared: bool
) -> Generator[FileResult, None, None]:
    """Compress the files of a batch; returns and raises what :func:`compress_files` does.

    Args:
        planned: from :func:`plan_compression`, or some of them.
        handling: how they are handled.
        options: see :class:`Options`.
        is_shared: whether other processes write into the same folders.
    """
    encoder = batch_encoder(planned, handling, options)
    encoder.bundles  # noqa: B018  a model that cannot be used is said once, not for each file
    return run_queue(
        planned,
        handling,
        encoder,
        lambda: Compression(encoder),
        is_compression=True,
        is_shared=is_shared,
    )


def batch_encoder(planned: list[Planned], handling: Handling, options: Options) -> Encoder:
    """What makes the blocks of files; arguments are those of :func:`compress_planned`."""
    if options.verify is None:
        options = dataclasses.replace(options, verify=handling.remove)
    block_size = options.bytes_of_block

    def lanes_with(size: int) -> int:
        return lanes_of_contents(
            planned, handling.memory, size, functools.partial(lanes_of_block, options)
        )

    lanes = lanes_with(block_size)
    advise_to_encode(options.device, lanes, lanes_with(min(block_size, SMALL_BLOCK)))
    return Encoder(options, lanes)


def decompress_planned(
    planned: list[Planned], handling: Handling, options: Options, *, is_shared: bool
) -> Generator[FileResult, None, None]:
    """The same for :func:`decompress_files`."""
    lanes = lanes_of_containers(planned, handling.memory)
    advise_to_decode(options.device, lanes)
    decoder = Decoder(options, lanes)
    return run_queue(
        planned,
        handling,
        decoder,
        lambda: Decompression(decoder),
        is_compression=False,
        is_shared=is_shared,
    )


def _plan(
    paths: list[PathLike],
    handling: Handling,
    output_file: PathLike | None,
    recursive: bool,
    rename: Rename,
    refusal: Refusal,
    shard: tuple[int, int] | None,
) -> list[Planned]:
    if handling.resume not in (False, True, "meta"):
        raise UsageError(f'resume is {handling.resume!r}, allowed are False, True and "meta"')
    part = None if shard is None else checked_shard(shard)
    if not isinstance(handling.memory, int) or handling.memory < 1:
        raise UsageError(f"the memory must be an integer, at least 1 byte, not {handling.memory!r}")
    if output_file is None:
        planned = plan_files(paths, handling.output, recursive, rename, refusal)
        return planned if part is None else files_of_shard(planned, part)
    if handling.output is not None:
        raise UsageError("output and output_file exclude each other: give one of them")
    if part is not None:
        raise UsageError("shard and output_file exclude each other: one file is not shared")
    return plan_file(paths, output_file)


def _checked_paths(paths: Iterable[PathLike]) -> list[PathLike]:
    if isinstance(paths, str | bytes | os.PathLike) or not isinstance(paths, Iterable):
        raise UsageError("the paths must be several, in a list: [path]")
    return list(paths)
