"""Arrays, pictures and sounds."""

from __future__ import annotations

from benchmarks.data import SHARED
from benchmarks.kinds import recipes, sources
from benchmarks.kinds.sources import File, Recipe, member, pixels, shared, unzipped


def sound(name: str) -> Recipe:
    """A sound of FoxDot."""
    return member(sources.SOUNDS, f"FoxDot-0.8.12/FoxDot/snd/{name}")


def _recordings() -> list[bytes]:
    return [path.read_bytes() for path in sorted((SHARED / "audio" / "flac").glob("*.flac"))]


SAMPLES = (
    File(
        "array-disparity.npy",
        "arrays",
        "float32 of scikit-image",
        lambda: recipes.array(
            sources.IMAGES.read("skimage/data/motorcycle_disp.npz"), "arr_0", "<f4"
        ),
    ),
    File(
        "array-faces.npy",
        "arrays",
        "float64 of scikit-image",
        member(sources.IMAGES, "skimage/data/lfw_subset.npy"),
    ),
    File(
        "array-weights.onnx",
        "arrays",
        "float32 weights of silero-vad",
        member(sources.VOICE, "silero_vad/data/silero_vad.onnx"),
    ),
    File("array-geo.bin", "arrays", "Calgary geo", shared("calgary/geo")),
    File("array-kennedy.xls", "arrays", "Canterbury kennedy.xls", shared("canterbury/kennedy.xls")),
    File(
        "picture16-heights.npy",
        "16-bit pictures",
        "heights of matplotlib",
        lambda: recipes.array(
            sources.PLOTS.read("matplotlib/mpl-data/sample_data/jacksboro_fault_dem.npz"),
            "elevation",
            "<i2",
        ),
    ),
    File(
        "picture16-scan.nii",
        "16-bit pictures",
        "magnetic resonance of nibabel",
        unzipped(sources.SCANS, "nibabel/tests/data/example4d.nii.gz"),
    ),
    File(
        "picture16-head.raw",
        "16-bit pictures",
        "magnetic resonance of matplotlib",
        unzipped(sources.PLOTS, "matplotlib/mpl-data/sample_data/s1045.ima.gz"),
    ),
    File(
        "grey-camera.raw",
        "grey pictures",
        "pixels of scikit-image",
        pixels(sources.IMAGES, "skimage/data/camera.png", "L"),
    ),
    File(
        "grey-patches.raw",
        "grey pictures",
        "patches of ImageNet",
        shared("image/imagenet_patches_shared.bin.xz"),
    ),
    File(
        "grey-moon.pgm",
        "grey pictures",
        "scikit-image",
        lambda: recipes.pixmap(sources.IMAGES.read("skimage/data/moon.png"), "L"),
    ),
    File(
        "rgb-coffee.raw",
        "RGB pictures",
        "pixels of scikit-image",
        pixels(sources.IMAGES, "skimage/data/coffee.png", "RGB"),
    ),
    File(
        "rgb-chelsea.ppm",
        "RGB pictures",
        "scikit-image",
        lambda: recipes.pixmap(sources.IMAGES.read("skimage/data/chelsea.png"), "RGB"),
    ),
    File(
        "rgb-screen.raw",
        "RGB pictures",
        "picture of a window of pygame",
        pixels(sources.GAMES, "pygame/docs/generated/_images/introduction-Battleship.png", "RGB"),
    ),
    File(
        "rgb-icon.bmp",
        "RGB pictures",
        "with transparency, of pygame",
        member(sources.GAMES, "pygame/pygame_icon_mac.bmp"),
    ),
    File(
        "fax-pic.raw",
        "black and white pictures",
        "Calgary pic",
        shared("calgary/pic"),
        sources.LONG,
    ),
    File("sound16-speech.wav", "sound", "LibriSpeech", lambda: recipes.wave(_recordings())),
    File(
        "sound8-house.wav",
        "sound",
        "music of pygame, 8 bits",
        member(sources.GAMES, "pygame/examples/data/house_lo.wav"),
    ),
    File("sound16-stereo.wav", "sound", "chords of FoxDot", sound("_/bar/D#3_light.wav")),
    File("sound16-ride.aif", "sound", "cymbal of FoxDot, big-endian", sound("_/tilde/3_ride.aif")),
    File("sound24-mono.wav", "sound", "cymbal of FoxDot", sound("_/caret/3.wav")),
    File("sound24-stereo.wav", "sound", "synthesizer of FoxDot", sound("w/lower/w1.wav")),
    File(
        "sound32-tabla.wav", "sound", "drum of FoxDot, float32", sound("p/upper/16-tabla_tun2.wav")
    ),
)
"""Files of these kinds."""
