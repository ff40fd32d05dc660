"""Cut the package onnxruntime-gpu down to the machine code of one GPU architecture.

    python -m benchmarks.gpu.slim --output FILE [--arch 90] [--version 1.31.1] [--python 3.12]
        [--wheel FILE]

The published wheel carries CUDA code for several architectures, about 250 MB. The archive has what
a Python process needs to run CUDAExecutionProvider on one of them. The libraries of CUDA and cuDNN
are not in it.
"""

from __future__ import annotations

import argparse
import lzma
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

PROVIDER = "onnxruntime/capi/libonnxruntime_providers_cuda.so"
UNUSED = ("onnxruntime/transformers/", "onnxruntime/quantization/", "onnxruntime/tools/")
UNUSED_PARTS = ("tensorrt", "libonnxruntime.so", "ThirdParty")
PLATFORMS = tuple(f"manylinux_2_{minor}_x86_64" for minor in (28, 27, 17))

FATBIN_MAGIC = 0xBA55ED50
MACHINE_CODE = 2
"""Kind of an image in a fat binary, in contrast to PTX."""


def section(image: bytes, name: str) -> tuple[int, int]:
    """Offset and size of a section of an ELF64 file, little-endian.

    Raises:
        ValueError: it has none of that name.
    """
    table = struct.unpack_from("<Q", image, 0x28)[0]
    count, names_index = struct.unpack_from("<HH", image, 0x3C)
    headers = [struct.unpack_from("<IIQQQQIIQQ", image, table + 64 * i) for i in range(count)]
    names = headers[names_index][4]
    for header in headers:
        start = names + header[0]
        if image[start : image.index(0, start)].decode() == name:
            return header[4], header[5]
    raise ValueError(f"there is no section {name}")


def images(library: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Kind, architecture, start and end of each image in the fat binaries of a library."""
    position, size = section(library, ".nv_fatbin")
    end = position + size
    while position < end:
        magic, _, header_size, body_size = struct.unpack_from("<IHHQ", library, position)
        if magic != FATBIN_MAGIC:  # what aligns the next one
            position += 8
            continue
        entry = position + header_size
        position = entry + body_size
        while entry < position:
            kind, _, entry_header, payload = struct.unpack_from("<HHIQ", library, entry)
            arch = struct.unpack_from("<I", library, entry + 28)[0]
            yield kind, arch, entry + entry_header, entry + entry_header + payload
            entry += entry_header + payload


def keep_architecture(library: bytearray, arch: int) -> int:
    """Zero every image but the machine code of an architecture; the bytes that are left of them.

    Raises:
        ValueError: there is none of it.
    """
    kept = 0
    for kind, found, start, end in list(images(bytes(library))):
        if kind == MACHINE_CODE and found == arch:
            kept += end - start
        else:
            library[start:end] = bytes(end - start)
    if not kept:
        raise ValueError(f"the library holds no machine code for sm_{arch}")
    return kept


def download(version: str, python: str, folder: Path) -> Path:
    """The wheel for another version of Python."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
    command += ["--only-binary=:all:", "--python-version", python]
    command += [f"--platform={platform}" for platform in PLATFORMS]
    subprocess.run([*command, f"onnxruntime-gpu=={version}"], check=True)
    return next(folder.glob("*.whl"))


def unpack(wheel: Path, site: Path) -> None:
    """Unpack what a process needs."""
    with zipfile.ZipFile(wheel) as archive:
        wanted = [
            name
            for name in archive.namelist()
            if not name.startswith(UNUSED) and not any(part in name for part in UNUSED_PARTS)
        ]
        archive.extractall(site, wanted)


def pack(site: Path, output: Path) -> None:
    """An archive whose members are relative to the folder."""
    filters = [
        {"id": lzma.FILTER_X86},
        {"id": lzma.FILTER_LZMA2, "preset": 7, "dict_size": 1 << 26},
    ]
    with (
        lzma.open(output, "wb", filters=filters) as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        archive.add(site, arcname=".")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--output", type=Path, required=True, help="the archive")
    add("--arch", type=int, default=90, help="compute capability without its dot (default: 90)")
    add("--version", default="1.31.1", help="of onnxruntime-gpu (default: 1.31.1)")
    add("--python", default="3.12", help="version of the GPU machine's Python (default: 3.12)")
    add("--wheel", type=Path, help="a wheel of onnxruntime-gpu that is at hand, not downloaded")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        wheel = options.wheel or download(options.version, options.python, Path(folder))
        unpack(wheel, site)
        library = bytearray((site / PROVIDER).read_bytes())
        kept = keep_architecture(library, options.arch)
        (site / PROVIDER).write_bytes(library)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        pack(site, options.output)
    print(f"{kept / 1e6:.1f} MB of code in {options.output.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
