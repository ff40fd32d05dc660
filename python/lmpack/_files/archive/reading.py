"""The members of an archive, one after another."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Generator, Iterator
from typing import BinaryIO, cast

from lmpack._blocks.coders import Decoder
from lmpack._blocks.options import Options
from lmpack._container import ByteReader
from lmpack._files.conversion import Decompression
from lmpack._files.file import LmpackFile
from lmpack._files.piece_reader import PieceReader
from lmpack._files.pipeline import Pipeline
from lmpack._files.progress import Progress, ProgressCallback
from lmpack.errors import DamagedError, FormatError, LmpackError, TruncatedError

_PIECE = 1 << 16

_LONGEST_TEXT = 1 << 20
"""Bytes of a name or of attributes, far more than a system has."""

_TYPES_WITH_TEXT = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
"""Members that say something of the next one."""

_NO_OFFSET = 1 << 63
"""The first offset that no file can have."""


@contextlib.contextmanager
def open_archive(
    file: BinaryIO, options: Options, *, whole: bool, progress: ProgressCallback | None = None
) -> Iterator[Archive]:
    """The archive in an open `.lmp` file.

    Args:
        file: in binary mode; it is not closed.
        options: for decoding.
        whole: whether all content will be read. Then blocks are decoded side by side, and forward,
            as they are if the file cannot seek or has been cut. Otherwise only blocks that are read
            from are decoded.
        progress: told how far a file is that is read forward.

    Raises:
        FormatError, LimitError, ModelError: as for :func:`lmpack.decompress_stream`.
    """
    seeking = None if whole else _seeking(file, options)
    content = seeking or _forward(file, options, progress)
    with content, _format_errors():
        tar = tarfile.open(  # noqa: SIM115  a file of its own it has none
            fileobj=cast(BinaryIO, content),
            mode="r:" if seeking else "r|",
            tarinfo=_Member,
            encoding="utf-8",
            errors="surrogateescape",
            bufsize=tarfile.BLOCKSIZE,  # what is whole before damaged content is not lost with it
        )
        yield Archive(tar, None if seeking else content)


class Archive:
    """The members of an archive and their content.

    Args:
        tar: the archive.
        rest: what gives the bytes behind its end; None if nobody needs to know.
    """

    def __init__(self, tar: tarfile.TarFile, rest: io.BufferedIOBase | None) -> None:
        self._tar = tar
        self._rest = rest
        self.has_more = False

    @property
    def can_seek(self) -> bool:
        """Whether content of members that are behind can still be read."""
        return self._rest is None

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Its members in order. Afterwards `has_more` says whether anything comes behind its end.

        Raises:
            FormatError: it is damaged, or cut; what came before that is whole.
        """
        with _format_errors():
            yield from self._tar
            if self._rest is not None:
                while piece := self._rest.read(_PIECE):
                    self.has_more |= piece.count(0) < len(piece)

    def content(self, member: tarfile.TarInfo) -> Iterator[bytes]:
        """What is in a regular file, in pieces.

        Raises:
            FormatError: it is damaged, or cut.
        """
        with _format_errors():
            opened = self._tar.extractfile(member)
            assert opened is not None
            with opened:
                while piece := opened.read(_PIECE):
                    yield piece


class _Member(tarfile.TarInfo):
    """A member whose header is believed only if it leads onward.

    tarfile takes a damaged header, and the end of a file, for the end of the archive.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> tarfile.TarInfo:  # type: ignore[override]
        """The next member; see there."""
        start: int = archive.offset
        where = f"the header of the archive's member at byte {start} of the content"
        try:
            member = super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except LmpackError:
            raise
        except (tarfile.EmptyHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            if start == 0:
                raise FormatError("it holds no tar archive: use lmpack decompress") from error
            raise TruncatedError(f"the archive has no end: it stops at byte {start}") from error
        except (tarfile.TarError, ValueError, OverflowError, LookupError) as error:
            if start == 0:
                raise FormatError("it holds no tar archive: use lmpack decompress") from error
            raise DamagedError(f"{where} is damaged") from error
        if member.size < 0 or not start < archive.offset < _NO_OFFSET:
            raise DamagedError(f"{where} leads backwards, or behind any end")
        return member

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        """Read what a header has behind it, which tarfile takes into memory at once."""
        if self.type in _TYPES_WITH_TEXT and self.size > _LONGEST_TEXT:
            raise DamagedError(
                f"the archive has a member whose name or attributes take {self.size:,} bytes: it "
                "is damaged, or hostile"
            )
        member: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return member


def _seeking(file: BinaryIO, options: Options) -> LmpackFile | None:
    """The content with random access; None if it has none."""
    if not file.seekable():
        return None
    content = LmpackFile(file, options=options)
    if content.seekable():
        return content
    content.close()
    file.seek(0)  # it was cut, and is read as far as it goes
    return None


def _forward(
    file: BinaryIO, options: Options, progress: ProgressCallback | None
) -> io.BufferedReader:
    return io.BufferedReader(PieceReader(_decoded(file, Decoder(options), progress)), _PIECE)


def _decoded(
    file: BinaryIO, decoder: Decoder, progress: ProgressCallback | None
) -> Generator[bytes, None, None]:
    written = 0

    def tell(read: int, settled: int) -> None:
        if progress is not None:
            progress(Progress(read, settled, written))

    pieces = Decompression(decoder).pieces(ByteReader(file))
    with Pipeline[bytes](decoder.side_by_side, tell, max_memory=decoder.max_memory) as pipeline:
        for plain in pipeline.run(pieces):
            written += len(plain)
            yield plain


@contextlib.contextmanager
def _format_errors() -> Iterator[None]:
    """What tarfile finds wrong with an archive is an error of lmpack."""
    try:
        yield
    except tarfile.TarError as error:
        raise DamagedError(f"the tar archive is damaged: {error}") from error
