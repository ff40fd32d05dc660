"""From a pretrained language model in floats to the bundle of its exact form."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import onnx

import lmpack
from lmpack._models.decoder.bundle import (
    DECODER_GRAPHS,
    TOKENS,
    DecoderBundle,
    read_decoder_bundle,
)
from lmpack._models.decoder.layout import decoder_layout
from lmpack._models.decoder.segmenter import Segmenter
from lmpack._models.decoder.shape import FAMILY, SPEC_VERSION, DecoderShape
from lmpack._models.decoder.writing import fingerprint_of_file
from lmpack._models.files import map_file
from lmpack._models.folder import TOKENIZER
from lmpack._models.manifest import MANIFEST
from lmpack._models.tensors import largest_file, tensors_in
from lmpack.errors import BundleError, UsageError
from lmpack.importing.conformance import conformance_vectors
from lmpack.importing.exact import ExactDecoder
from lmpack.importing.exact_shape import chosen_context, exact_shape
from lmpack.importing.exact_tensors import ExactTensors
from lmpack.importing.float_model import FloatDecoder
from lmpack.importing.graph import build_decoder_graph
from lmpack.importing.measure import (
    LARGEST_LOSS,
    FloatPass,
    Measurement,
    Report,
    measure,
    run_float_model,
    total,
)
from lmpack.importing.opening import open_source
from lmpack.importing.partial import PartialBundle, partial_bundle, require_free
from lmpack.importing.residual import residual_bits
from lmpack.importing.source import FloatSource
from lmpack.importing.token_table import TokenTable, token_table
from lmpack.importing.windows import Windows, in_windows, sample_text
from lmpack.importing.writer import write_weights
from lmpack.training.graph_builder import TensorFile

SAMPLE = "built-in sample"


@dataclasses.dataclass(frozen=True)
class ImportOptions:
    """What a user says of an import.

    Attributes:
        name: what the bundle calls itself; None for what the source does.
        context: positions of a segment; None for as many as are sensible.
        texts: by name, on which it is measured beside the built-in sample.
        licence: of the weights; None for what the source says.
        force: keep a model that loses more than it should.
    """

    name: str | None = None
    context: int | None = None
    texts: Mapping[str, bytes] = dataclasses.field(default_factory=dict, hash=False)
    licence: str | None = None
    force: bool = False


def import_model(
    path: Path,
    target: Path,
    options: ImportOptions = ImportOptions(),
    report: Report = lambda *how_far: None,
) -> DecoderBundle:
    """Write the bundle of a pretrained model.

    What is done is kept in a folder beside the target if something ends the import: the next one
    goes on from there.

    Args:
        path: a folder of Hugging Face, a GGUF file or a .bin file of llama2.c.
        target: folder of the bundle, which must not be there.
        options: what the user says.
        report: told how far it is.

    Raises:
        UsageError: the target is there already, another import is writing it, or a text is empty.
        BundleError: the source cannot be read, or has no exact form, or its exact form loses more
            than 1 % and that is not forced.
        OSError: the bundle cannot be written.
    """
    require_free(target)
    for name, text in options.texts.items():
        if not text:
            raise UsageError(f"{name} is empty, so nothing can be measured on it")
    source = open_source(path)
    table = token_table(source.tokens)
    context = chosen_context(source.shape.context, options.context)
    texts = _texts(source, table, context, options.texts, path)
    model = FloatDecoder(source)
    floats = run_float_model(model, texts, table.ids, report)
    bits = residual_bits(floats.smallest, floats.largest)
    shape = exact_shape(source, table.tokens, context, bits)
    with partial_bundle(target, _key(source, shape)) as bundle:
        tensors = ExactTensors(source, shape, table)
        file = write_weights(tensors, bundle, lambda done, of: report("converting", done, of))
        exact = _exact_decoder(shape, file)
        measured = _measured(exact, model, texts, floats, table, report)
        _require_close(total(measured), bundle, options.force)
        _write_rest(bundle, file, source, exact, measured, table, options, report)
        read_decoder_bundle(bundle.folder.resolve())  # what cannot be read gets no name
        bundle.is_whole = True
    return read_decoder_bundle(target.resolve())


def _texts(
    source: FloatSource,
    table: TokenTable,
    context: int,
    given: Mapping[str, bytes],
    path: Path,
) -> list[Windows]:
    segmenter = Segmenter(table.tokens, source.tokens.tokenizer.encode(), path)
    texts = {SAMPLE: sample_text(), **given}
    return [
        in_windows(name, text, segmenter, table.tokens, context) for name, text in texts.items()
    ]


def _key(source: FloatSource, shape: DecoderShape) -> str:
    """What the tensors of a bundle depend on."""
    facts = [lmpack.__version__, shape.to_json(), dict(source.facts)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _exact_decoder(shape: DecoderShape, file: Path) -> ExactDecoder:
    layout = decoder_layout(shape)
    return ExactDecoder(shape, tensors_in(map_file(file, largest_file(layout)), layout, file))


def _measured(
    exact: ExactDecoder,
    model: FloatDecoder,
    texts: list[Windows],
    floats: FloatPass,
    table: TokenTable,
    report: Report,
) -> list[Measurement]:
    head, done = model.head(), 0
    tokens = sum(int((text.targets >= 0).sum()) for text in texts)

    def compared(count: int) -> None:
        nonlocal done
        done += count
        report("measuring", done, tokens)

    return [
        measure(exact, text, hidden, head, table.ids, compared)
        for text, hidden in zip(texts, floats.hidden, strict=True)
    ]


def _require_close(measured: Measurement, bundle: PartialBundle, force: bool) -> None:
    worst = max(measured.loss, measured.divergence)
    if not worst <= LARGEST_LOSS and not force:
        raise BundleError(
            f"the exact form needs {measured.loss:.2%} more bits than the model in floats, and "
            f"diverges from it by {measured.divergence:.2%}; more than {LARGEST_LOSS:.0%} is a "
            f"lot. To keep it all the same, force it: what is done stays in {bundle.folder}"
        )


def _write_rest(
    bundle: PartialBundle,
    file: Path,
    source: FloatSource,
    exact: ExactDecoder,
    measured: list[Measurement],
    table: TokenTable,
    options: ImportOptions,
    report: Report,
) -> None:
    """Tokenizer, graphs and manifest."""
    shape, folder = exact.architecture, bundle.folder
    report("proving", 0, 1)
    tokenizer = source.tokens.tokenizer.encode()
    (folder / TOKENIZER).write_bytes(tokenizer)
    manifest = {
        "name": options.name or source.facts["name"],
        "family": FAMILY,
        "spec_version": SPEC_VERSION,
        "architecture": shape.to_json(),
        "fingerprint": fingerprint_of_file(shape, file).hex(),
        "graphs": _write_graphs(folder, file, shape),
        "tokenizer": {"kind": TOKENS, "file": TOKENIZER, "sha256": _digest(tokenizer)},
        "parameters": shape.parameters,
        "products_per_symbol": shape.products_per_symbol,
        "lmpack_version": lmpack.__version__,
        "licence": options.licence or source.facts.get("licence") or "not stated",
        "source": dict(source.facts),
        "import": {
            "family": source.shape.family,
            "trained_context": source.shape.context,
            "left_out_tokens": table.dropped,
            "measured": [each.to_json() for each in measured],
            "total": total(measured).to_json(),
        },
        "conformance": conformance_vectors(exact),
    }
    text = json.dumps(manifest, indent=1) + "\n"  # in ASCII: a file's name may be no text
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    report("proving", 1, 1)


def _write_graphs(folder: Path, file: Path, shape: DecoderShape) -> dict[str, str]:
    digests = {}
    for name in DECODER_GRAPHS:
        graph = build_decoder_graph(shape, TensorFile(file), name.removesuffix(".onnx"))
        content = graph.SerializeToString(deterministic=True)
        (folder / name).write_bytes(content)
        onnx.checker.check_model(str(folder / name))
        digests[name] = _digest(content)
    return digests


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
