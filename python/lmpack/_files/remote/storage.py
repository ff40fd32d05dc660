"""Storages of fsspec, whose errors become those that files of this machine have."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

from lmpack._extras import import_extra
from lmpack._files.remote.url import Url, refuse_chain
from lmpack.errors import LmpackError, UsageError

_MISSING = (404, 410)  # statuses of HTTP: not found, gone (RFC 9110, section 15.5)


def storage_of(url: Url) -> tuple[Any, str]:
    """The storage of a URL, and the path there.

    Credentials and further settings come from where fsspec and its packages look for them.

    Raises:
        UsageError: fsspec or the package for this kind of URL is missing, or there is none; or the
            URL is a chain of several.
        OSError: it cannot be reached.
    """
    refuse_chain(url.text)
    fsspec = import_extra("fsspec", "fsspec", extra="remote", error=UsageError)
    with errors_of(url):
        try:
            storage, path = fsspec.core.url_to_fs(url.text)
        except ImportError as error:
            raise UsageError(
                f"{url.scheme}:// needs another package: {' '.join(str(error).split())}"
            ) from error
        except ValueError as error:
            raise UsageError(
                f"{url.scheme}:// is nothing that fsspec can open ({error}); ./{url} is a file of "
                "this machine"
            ) from error
    return storage, path


@contextlib.contextmanager
def errors_of(url: Url) -> Iterator[None]:
    """Let errors of any package inside the block be those of a file.

    Raises:
        UsageError: the storage has no such function.
        OSError: anything else went wrong.
    """
    try:
        yield
    except LmpackError:
        raise
    except OSError as error:
        if error.errno is None or error.strerror is None:
            raise _named(error, url) from error
        raise OSError(error.errno, error.strerror, url.text) from error
    except NotImplementedError as error:
        raise UsageError(f"{url.scheme}:// cannot do that: take another storage") from error
    except Exception as error:
        raise OSError(errno.EIO, _said(error), url.text) from error


def _named(error: OSError, url: Url) -> OSError:
    """An error without a number, of which packages make many, as the system would say it."""
    cause = error.__cause__
    if url.is_web and isinstance(cause, Exception) and not _is_of_a_missing_file(cause):
        # fsspec calls a file missing where a server has refused; the cause knows what happened.
        return OSError(errno.EIO, _said(cause), url.text)
    numbers = {FileNotFoundError: errno.ENOENT, PermissionError: errno.EACCES}
    number = numbers.get(type(error))
    if number is None:
        return OSError(errno.EIO, _said(error), url.text)
    return OSError(number, os.strerror(number), url.text)


def _is_of_a_missing_file(cause: Exception) -> bool:
    """Whether a server has said that it has no such file: errors of aiohttp keep its status."""
    return isinstance(cause, FileNotFoundError) or getattr(cause, "status", None) in _MISSING


def _said(error: Exception) -> str:
    """What is known of an error; many of such packages have no text."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
