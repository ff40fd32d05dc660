"""A program of a user with all public names of which users_code.py makes no use."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import lmpack

FAST = lmpack.Options(level=1, threads=1)


def sent(lines: Iterable[bytes]) -> Iterator[bytes]:
    """What goes over a wire, a piece for each line."""
    compressor = lmpack.LmpackCompressor(1, threads=1)
    for line in lines:
        yield compressor.compress(line, mode=compressor.FLUSH_BLOCK)
    assert compressor.last_mode in (compressor.CONTINUE, lmpack.LmpackCompressor.FLUSH_BLOCK)
    yield compressor.flush(compressor.FLUSH_FRAME)


def received(pieces: Iterable[bytes], most: int) -> tuple[bytes, bytes]:
    decompressor = lmpack.LmpackDecompressor(options=FAST, max_size=1 << 20)
    content = bytearray()
    for piece in pieces:
        content += decompressor.decompress(piece, max_length=most)
        while not (decompressor.needs_input or decompressor.eof):
            content += decompressor.decompress(b"", most)
    return bytes(content), decompressor.unused_data


def log(path: Path, text: str) -> int:
    with lmpack.open(path, "at", 9, options=FAST, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with lmpack.LmpackFile(path, "ab", 1) as binary:
        return binary.tell()


def packed_and_told(source: BinaryIO, sink: BinaryIO) -> list[float]:
    shares: list[float] = []

    def tell(progress: lmpack.Progress) -> None:
        shares.append(progress.read / (progress.total or 1))

    sizes: lmpack.Sizes = lmpack.compress_stream(source, sink, progress=tell, options=FAST)
    sink.seek(0)
    assert lmpack.verify_stream(sink).written == sizes.read
    return shares


def names_of_results(results: Iterable[lmpack.FileResult]) -> list[str]:
    return [Path(result.output).name for result in results if result.output is not None]


def there_and_back(folder: Path) -> list[str]:
    packed = names_of_results(
        lmpack.compress_files([folder], folder / "a", recursive=True, level=1)
    )
    return packed + names_of_results(
        lmpack.decompress_files([folder / "a"], folder / "b", recursive=True)
    )


def sizes_of_blocks(path: str) -> list[int]:
    containers: list[lmpack.ContainerInfo] = lmpack.describe(path)
    blocks: list[lmpack.BlockInfo] = [block for one in containers for block in one.blocks]
    return [block.plain_length for block in blocks]


def what_is_left(data: bytes) -> tuple[bytes, tuple[lmpack.Damage, ...], bool]:
    sink = io.BytesIO()
    salvaged: lmpack.Salvaged = lmpack.salvage_stream(io.BytesIO(data), sink, holes=False)
    return sink.getvalue(), lmpack.find_damage(io.BytesIO(data)), salvaged.is_complete


def names_of_models(bundle: Path | None = None) -> list[str]:
    built_in: list[lmpack.Bundle] = lmpack.list_models()
    if bundle is not None:
        added: lmpack.AddedModel = lmpack.add_model(bundle, name="mine")
        lmpack.remove_model(added.name)
    return [model.name for model in built_in] + [model.name for model in lmpack.added_models()]


def record_after(records: bytes, record: bytes) -> bytes:
    prefix = lmpack.Prefix(records)
    packed = lmpack.compress(record, options=FAST, prefix=prefix)
    assert lmpack.describe(io.BytesIO(packed))[0].prefix == prefix.digest
    return lmpack.decompress(packed, prefix=prefix)


def rows_after(rows: bytes, row: bytes) -> bytes:
    codec = lmpack.RecordCodec(lmpack.Prefix(rows), 1, checksum=True)
    return codec.decompress(codec.compress(row), max_size=len(row))


def chosen(rows: list[bytes], row: bytes) -> bytes:
    return rows_after(lmpack.train_prefix(rows, 1 << 15), row)


def archives(name: str) -> bool:
    return "tarfile" in lmpack.register() and name.endswith(".tar.lmp")


def said(data: bytes) -> str:
    """What a service answers to bytes of strangers."""
    try:
        lmpack.decompress(data, max_size=1 << 20)
    except (lmpack.NotLmpackError, lmpack.VersionError):
        return "send a file of lmpack"
    except (lmpack.TruncatedError, lmpack.DamagedError, lmpack.FormatError) as error:
        return f"send it again: {error}"
    except lmpack.LimitError:
        return "send less"
    except lmpack.PrefixError:
        return "made with other records"
    except (lmpack.BundleError, lmpack.ConformanceError, lmpack.ModelError):
        return "no such model"
    except (lmpack.UsageError, lmpack.VerifyError, lmpack.errors.LmpackError):
        return "a mistake of ours"
    return f"lmpack {lmpack.__version__}"


def is_of_research(error: lmpack.LmpackError) -> bool:
    return isinstance(error, lmpack.TrainingError | lmpack.EvaluationError)
