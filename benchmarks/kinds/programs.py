"""Executables, and binary files of other kinds."""

from __future__ import annotations

from benchmarks.kinds import sources
from benchmarks.kinds.sources import File, member, shared

PROGRAMS = (
    File(
        "x64-random.so",
        "executables",
        "module of NumPy",
        member(sources.NUMPY, "numpy/random/mtrand.cpython-312-x86_64-linux-gnu.so"),
        sources.LONG,
    ),
    File(
        "x64-linalg.so",
        "executables",
        "module of NumPy",
        member(sources.NUMPY, "numpy/linalg/_umath_linalg.cpython-312-x86_64-linux-gnu.so"),
    ),
    File(
        "x64-windows.exe",
        "executables",
        "starter in pip",
        member(sources.PIP, "pip/_vendor/distlib/t64.exe"),
    ),
    File(
        "x86-flac.exe",
        "executables",
        "flac for Windows in SpeechRecognition",
        member(sources.SPEECH, "speech_recognition/flac-win32.exe"),
    ),
    File(
        "x86-linux.elf",
        "executables",
        "flac for Linux in SpeechRecognition, the start",
        member(sources.SPEECH, "speech_recognition/flac-linux-x86"),
    ),
    File(
        "x86-windows.exe",
        "executables",
        "starter in pip",
        member(sources.PIP, "pip/_vendor/distlib/t32.exe"),
    ),
    File(
        "arm64-random.so",
        "executables",
        "module of NumPy",
        member(sources.NUMPY_ARM64, "numpy/random/mtrand.cpython-312-aarch64-linux-gnu.so"),
    ),
    File(
        "arm64-windows.exe",
        "executables",
        "starter in pip",
        member(sources.PIP, "pip/_vendor/distlib/t64-arm.exe"),
    ),
    File(
        "font-dejavu.ttf",
        "other",
        "font of matplotlib",
        member(sources.PLOTS, "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf"),
    ),
    File("object-obj2.bin", "other", "Calgary obj2", shared("calgary/obj2")),
    File(
        "catalogue-languages.mo",
        "other",
        "messages of pycountry, French",
        member(sources.CODES, "pycountry/locales/fr/LC_MESSAGES/iso639-3.mo"),
    ),
    File(
        "packed-default.docx",
        "compressed already",
        "template of python-docx",
        member(sources.DOCUMENTS, "docx/templates/default.docx"),
    ),
    File(
        "packed-camera.png",
        "compressed already",
        "scikit-image",
        member(sources.IMAGES, "skimage/data/camera.png"),
    ),
)
"""Files of these kinds."""
