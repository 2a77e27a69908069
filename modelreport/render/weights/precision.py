"""The weights in fewer bits: size, error, and the layers that would suffer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from statistics import median

from modelreport.facts import (
    DTYPE_BITS,
    Message,
    Precision,
    Report,
    Scheme,
    SchemeError,
    Skipped,
    TensorPrecision,
    Weights,
)
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.charts.precision_map import LEGEND, SHORT, decibels, layers_of, scheme_of
from modelreport.render.language import _, tell
from modelreport.render.table import Cell, Column, Row, Table, caption_of, share_cell
from modelreport.render.weights.part import Part, Told

_MOST_ROWS = 500
_BROAD = frozenset({"fp16", "bf16"})
_USUAL = frozenset({"fp8_e4m3_tensor", "int8_tensor", "int8_channel", "int4_128", "nf4_64", "mxfp4"})
"""Formats whose columns stand in the table of layers before the reader chooses."""

BEHIND = 3.0
"""Decibels below the median that are worth a word: twice the noise."""

_SCHEMES = (
    Column("scheme", "Format"),
    Column("size", "Model", "number", "Bytes of the whole model; what the format is not for is counted as it is"),
    Column("part", "Of today", "share"),
    Column("ratio", "SQNR, dB", "number", "10·log₁₀(Σx² / Σ(x − x̂)²) over all tensors in the format together"),
    Column("worst", "Lowest, dB", "number", "The tensor that keeps least"),
    Column("overflow", "Beyond range", "number", "Finite values beyond the largest number"),
    Column("underflow", "Become zero", "number", "Values other than zero that would become zero"),
    Column("tensors", "Tensors", "number"),
    Column("sampled", "Of these by sample", "number", "Tensors of which only some rows were measured", shown=False),
)

_FORMATS = (
    "float16 and bfloat16 are for every floating-point tensor, the other formats for weight matrices; norms, biases, "
    "embeddings and learned positions stay. A plain cast rounds to nearest and is taken to cut off at the largest "
    "number (as ONNX Cast and NVIDIA's Transformer Engine do; torch gives infinity, or NaN in E4M3). A scale is the "
    "largest magnitude over the largest number: of a tensor, of an output channel, or of neighbouring inputs of one "
    "(Wu et al. 2020; FP8: Micikevicius et al. 2022; NF4: Dettmers et al. 2023; MXFP4: OCP 2023), without any search "
    "for a better clipping point."
)
_EXACT = (
    "Of 16-bit tensors and of those of at most 65,536 values every value counts exactly. Of longer float32 tensors "
    "each value is known to 2⁻⁸ of itself, which tells the ratio to about 0.1 dB, and overflow exactly; a scale for "
    "each channel or group is measured on evenly spaced rows, to a few tenths of a decibel."
)
_LIMITS = (
    "This is the error of the weights, not of the answers: which layers matter, only data can tell. To first order the "
    "noise of layers adds up in proportion to their own signal (Lin et al. 2016), so those with the lowest ratio come "
    "first. A few very large values can carry the ratio while the rest of a layer becomes zero: look at both columns. "
    "Methods that compensate the error (GPTQ, AWQ) do better than rounding."
)


def context(report: Report, weights: Weights) -> Told | Skipped:
    """Formats, layers by formats, and the layers to keep."""
    precision = weights.precision
    if isinstance(precision, Skipped):
        return precision
    places = anchors(report)
    wide = {fact.name for fact in report.structure.tensors if DTYPE_BITS[fact.dtype] > 16}
    tables = (_scheme_table(precision, report.structure.size_bytes), _layer_table(precision, places))
    return Told(
        line=_line(precision, report.structure.size_bytes),
        sentences=tuple(_sentences(precision, wide)),
        charts=("precision-map",),
        tables=tables,
        notes=(
            _("{formats} In columns, {legend}", formats=_(_FORMATS), legend=_(LEGEND)),
            _EXACT,
            _LIMITS,
            *precision.notes,
        ),
    )


def _line(precision: Precision, size_bytes: int) -> Message:
    channel, tensor = scheme_of(precision, "int8_channel"), scheme_of(precision, "int8_tensor")
    if channel is None or tensor is None:
        half = scheme_of(precision, "fp16") or precision.schemes[0]
        if half.overflow:
            words = "{overflow_count} {overflow_count:value|values} would not fit float16."
            return Message(text=_counted(words, half.overflow), values={"overflow_count": half.overflow})
        many = (
            "the only floating-point tensor fit" if half.tensors == 1 else "{tensor_count} floating-point tensors fit"
        )
        return Message(text=f"All values of {many} float16.", values={"tensor_count": half.tensors})
    values: dict[str, str | int | float | None] = {
        "channel_value": channel.sqnr_db,
        "size_share": channel.size_bytes / size_bytes if size_bytes else None,
        "tensor_value": tensor.sqnr_db,
        "worst": tensor.worst[0] if tensor.worst else "",
        "worst_value": _lowest(precision, tensor),
    }
    if channel.sqnr_db is None or tensor.sqnr_db is None:
        return Message(text="int8 loses nothing, in {size_share} of the size.", values=values)
    text_ = "int8 per output channel keeps {channel_value} dB in {size_share} of the size; "
    text_ += "one scale per tensor keeps {tensor_value} dB, least in {worst} ({worst_value} dB)."
    return Message(text=text_, values=values)


def _counted(words: str, count: int) -> str:
    """The sentence with its words for one or many chosen."""
    return words.replace("{overflow_count:value|values}", "value" if count == 1 else "values")


def _lowest(precision: Precision, scheme: Scheme) -> float | None:
    """The lowest ratio of any tensor in a scheme."""
    if not scheme.worst:
        return None
    layer = next((each for each in precision.tensors if each.name == scheme.worst[0]), None)
    error = _error(layer, scheme.id) if layer else None
    return error.sqnr_db if error else None


def _error(layer: TensorPrecision, scheme: str) -> SchemeError | None:
    return next((error for error in layer.errors if error.scheme == scheme), None)


def _sentences(precision: Precision, wide: AbstractSet[str]) -> Iterator[Message]:
    """What else there is to say; ``wide`` are the tensors in more than 16 bits."""
    layers = [layer for layer in layers_of(precision) if layer.name in wide]
    for scheme, word in (("bf16", "bfloat16"), ("fp16", "float16")):
        errors = [error for error in (_error(layer, scheme) for layer in layers) if error is not None]
        same = sum(error.sqnr_db is None for error in errors)
        if same:
            names = [layer.name for layer in layers if (e := _error(layer, scheme)) and e.sqnr_db is None]
            who = "{layer} loses nothing" if same == 1 else "{same_count} of {layer_count} weight matrices lose nothing"
            yield Message(
                text=f"{who} in {word}: every value that was looked at had been rounded to it before.",
                values={"same_count": same, "layer_count": len(errors), "layer": names[0]},
            )
    half = scheme_of(precision, "fp16")
    names = [each.name for each in precision.tensors if (e := _error(each, "fp16")) and e.overflow]
    if half is not None and half.overflow and names:
        yield Message(
            text=_counted("{overflow_count} {overflow_count:value|values}", half.overflow)
            + " would become infinite in float16, first in {tensor}.",
            values={"overflow_count": half.overflow, "tensor": names[0]},
        )
    four = scheme_of(precision, "int4_128")
    if four is not None and four.sqnr_db is not None:
        yield Message(
            text="Four bits in groups of 128 keep {ratio_value} dB; independent normal values would keep 18.6 dB.",
            values={"ratio_value": four.sqnr_db},
        )


def _scheme_table(precision: Precision, size_bytes: int) -> Table:
    rows = tuple(_scheme_row(index, precision, each, size_bytes) for index, each in enumerate(precision.schemes))
    return Table("weights-precision", "Formats", _SCHEMES, rows, noun=("format", "formats"))


def _scheme_row(index: int, precision: Precision, each: Scheme, size_bytes: int) -> Row:
    lowest = _lowest(precision, each)
    cells = (
        Cell(text.name(tell(each.title), 60)),
        Cell(text.bytes_decimal(each.size_bytes), text.exact(each.size_bytes)),
        share_cell(each.size_bytes, size_bytes),
        Cell(_("lossless") if each.sqnr_db is None else text.number(each.sqnr_db)),
        Cell(text.number(lowest)),
        Cell(text.exact(each.overflow)),
        Cell(text.count(each.underflow), text.exact(each.underflow)),
        Cell(text.exact(each.tensors)),
        Cell(text.exact(each.sampled)),
    )
    return Row(f"format-{index}", cells)


def _layer_table(precision: Precision, places: Anchors) -> Table:
    """Layers by format, those that fall furthest behind the others first."""
    layers = layers_of(precision)
    columns = [each for each in precision.schemes if each.id not in _BROAD]
    medians = _medians(layers, columns)
    behind = [_behind(layer, medians) for layer in layers]
    order = sorted(range(len(layers)), key=lambda i: (-max(behind[i].values(), default=0.0), i))
    heads = (
        Column("name", "Layer", "name"),
        *(
            Column(
                each.id,
                _(SHORT.get(each.id, each.title)),
                "number",
                _("{format}: SQNR in dB", format=tell(each.title)),
                each.id in _USUAL,
            )
            for each in columns
        ),
        Column(
            "keep",
            _("{decibels} dB behind in", decibels=f"{BEHIND:g}"),
            "text",
            _("Formats in which it keeps {decibels} dB less than the median", decibels=f"{BEHIND:g}"),
        ),
    )
    rows = []
    for index, place in enumerate(order[:_MOST_ROWS]):
        layer = layers[place]
        late = [_(SHORT.get(scheme, scheme)) for scheme, value in behind[place].items() if value >= BEHIND]
        cells = (
            Cell(text.name(layer.name) or _("(no name)"), "", places.tensor(layer.name)),
            *(Cell(tell(decibels(_error(layer, each.id)))) for each in columns),
            Cell(_(", ").join(late)),
        )
        rows.append(Row(f"layer-format-{index}", cells))
    caption = caption_of(_("Layers, those to keep in higher precision first"), len(rows), len(layers))
    return Table("weights-precision-layers", caption, heads, tuple(rows), noun=("layer", "layers"))


def _medians(layers: Sequence[TensorPrecision], schemes: Sequence[Scheme]) -> dict[str, float]:
    """The ratio of the layer in the middle, for each scheme that loses anything."""
    ratios = {
        scheme.id: [e.sqnr_db for layer in layers if (e := _error(layer, scheme.id)) and e.sqnr_db is not None]
        for scheme in schemes
    }
    return {scheme: median(found) for scheme, found in ratios.items() if found}


def _behind(layer: TensorPrecision, medians: Mapping[str, float]) -> dict[str, float]:
    """By how many decibels a layer falls short of the median, for each scheme."""
    return {
        error.scheme: medians[error.scheme] - error.sqnr_db
        for error in layer.errors
        if error.sqnr_db is not None and error.scheme in medians
    }


PART = Part(id="precision", title="In fewer bits", context=context, print_rows=11, rules=r"W006|W03\d")
