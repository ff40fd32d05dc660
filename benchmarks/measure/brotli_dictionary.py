"""brotli with a dictionary of any bytes, which its package for Python has in it and does not offer.

The functions are called in its compiled module, as brotli/encode.h and brotli/decode.h have them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from typing import Any

import _brotli

_RAW, _FINISH, _QUALITY, _WINDOW, _SIZE_HINT, _SUCCESS = 0, 2, 1, 2, 5, 1

_WINDOW_LOG2 = 16
"""With this one the head of a stream is shortest. The dictionary is reached with any."""


def _library() -> Any:
    found = ctypes.CDLL(_brotli.__file__)
    size = POINTER(c_size_t)
    coded = [c_void_p, size, POINTER(c_char_p), size, POINTER(c_void_p), c_void_p]
    for name, result, arguments in (
        ("EncoderPrepareDictionary", c_void_p, [c_int, c_size_t, c_char_p, c_int, *[c_void_p] * 3]),
        ("EncoderAttachPreparedDictionary", c_int, [c_void_p, c_void_p]),
        ("EncoderCreateInstance", c_void_p, [c_void_p] * 3),
        ("EncoderSetParameter", c_int, [c_void_p, c_int, c_uint32]),
        ("EncoderCompressStream", c_int, [c_void_p, c_int, *coded[1:]]),
        ("EncoderIsFinished", c_int, [c_void_p]),
        ("EncoderDestroyInstance", None, [c_void_p]),
        ("DecoderCreateInstance", c_void_p, [c_void_p] * 3),
        ("DecoderAttachDictionary", c_int, [c_void_p, c_int, c_size_t, c_char_p]),
        ("DecoderDecompressStream", c_int, coded),
        ("DecoderDestroyInstance", None, [c_void_p]),
    ):
        function = getattr(found, f"Brotli{name}")
        function.restype, function.argtypes = result, arguments
    return found


class BrotliCodec:
    """Codes records behind a dictionary, which is prepared once, as lmpack's prefix is learned.

    Args:
        dictionary: any bytes.
        quality: 2 to 11; with less brotli looks for nothing in a dictionary.
        largest: bytes that a record may have.
    """

    def __init__(self, dictionary: bytes, quality: int, largest: int) -> None:
        self._library, self._dictionary, self._quality = _library(), dictionary, quality
        self._room = ctypes.create_string_buffer(2 * largest + 1024)
        self._prepared = self._library.BrotliEncoderPrepareDictionary(
            _RAW, len(dictionary), dictionary, quality, None, None, None
        )

    def compress(self, record: bytes) -> bytes:
        """A record as a stream of brotli.

        Raises:
            RuntimeError: brotli fails.
        """
        library = self._library
        state = library.BrotliEncoderCreateInstance(None, None, None)
        try:
            for parameter, value in (
                (_QUALITY, self._quality),
                (_WINDOW, _WINDOW_LOG2),
                (_SIZE_HINT, len(record)),
            ):
                library.BrotliEncoderSetParameter(state, parameter, value)
            attached = library.BrotliEncoderAttachPreparedDictionary(state, self._prepared)
            pointers, packed = self._places(record)
            coded = library.BrotliEncoderCompressStream(state, _FINISH, *pointers, None)
            if not (attached and coded and library.BrotliEncoderIsFinished(state)):
                raise RuntimeError("brotli cannot compress a record")
            return packed()
        finally:
            library.BrotliEncoderDestroyInstance(state)

    def decompress(self, packed: bytes) -> bytes:
        """What a stream was made of.

        Raises:
            RuntimeError: brotli fails.
        """
        library, dictionary = self._library, self._dictionary
        state = library.BrotliDecoderCreateInstance(None, None, None)
        try:
            attached = library.BrotliDecoderAttachDictionary(
                state, _RAW, len(dictionary), dictionary
            )
            pointers, record = self._places(packed)
            coded = library.BrotliDecoderDecompressStream(state, *pointers, None)
            if not attached or coded != _SUCCESS:
                raise RuntimeError("brotli cannot decompress a record")
            return record()
        finally:
            library.BrotliDecoderDestroyInstance(state)

    def _places(self, given: bytes) -> tuple[tuple[Any, ...], Callable[[], bytes]]:
        """The arguments for what comes in and goes out; and what gives the bytes that came out."""
        size = len(self._room)
        left, free = c_size_t(len(given)), c_size_t(size)
        input_, output = c_char_p(given), c_void_p(ctypes.addressof(self._room))
        pointers = byref(left), byref(input_), byref(free), byref(output)
        return pointers, lambda: ctypes.string_at(self._room, size - free.value)
