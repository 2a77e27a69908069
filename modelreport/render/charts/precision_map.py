"""What each number format leaves of each layer."""

from __future__ import annotations

from typing import Final

from modelreport.facts import Precision, Scheme, SchemeError, Skipped, TensorPrecision, Weights
from modelreport.render import format as text
from modelreport.render.charts.partition import thin
from modelreport.render.charts.spec import Axis, Chart, Heat
from modelreport.render.language import mark

ROWS: Final = 48
_WORST: Final = 16
"""Rows that are kept for the layers that lose most."""

LOW, HIGH = 10.0, 50.0
"""Decibels at the ends of the ramp: an error of a third of the values, and of a third of a percent."""

SHORT: Final = {
    "bf16": "bf16", "fp16": "fp16", "fp8_e4m3": "E4M3", "fp8_e5m2": "E5M2", "fp8_e4m3_tensor": "fp8",
    "int8_tensor": "int8", "int8_channel": "int8/ch", "int4_128": "int4", "int4_128_zero": "int4+z", "nf4_64": "NF4",
    "mxfp4": "MXFP4",
}  # fmt: skip
"""Names of schemes for columns, short enough to stand side by side."""

LEGEND: Final = (
    "fp8 (E4M3) and int8 have one scale for a tensor, int8/ch one for each output channel, int4 one for 128 values "
    "(+z: and a zero point)."
)
"""What they mean."""


def precision_map(weights: Weights | Skipped) -> Chart | Skipped:
    """Layer × format, coloured by the signal-to-noise ratio; skipped where no weight matrix was tried."""
    if isinstance(weights, Skipped):
        return weights
    precision = weights.precision
    if isinstance(precision, Skipped):
        return precision
    schemes = precision.schemes
    layers = layers_of(precision)
    if not layers or not schemes:
        return Skipped(stage="measure", reason="No weight matrix could be stored in fewer bits.")
    shown = _shown(layers)
    cells = [[_error(layer, scheme) for scheme in schemes] for layer in shown]
    labels = tuple(label_of(layer) for layer in shown)
    columns = tuple(SHORT.get(scheme.id, text.name(scheme.title, 20)) for scheme in schemes)
    left = f" {len(shown)} of {len(layers)}: the {_WORST} that lose most with one scale, others at even distances."
    left = left if len(shown) < len(layers) else ""
    return Chart(
        id="precision-map",
        title=outcome(precision),
        caption="Signal to quantisation noise, 10·log₁₀(Σx² / Σ(x − x̂)²), of each weight matrix in each format: 20 dB "
        f"is an error of a tenth, 40 dB of a hundredth. {LEGEND}{left}",
        x=Axis(title=mark("format"), categories=columns),
        y=Axis(categories=labels),
        layers=(
            Heat(
                levels=tuple(tuple(_level(error) for error in line) for line in cells),
                hover=tuple(
                    tuple(_hover(label, scheme, error) for scheme, error in zip(schemes, line, strict=True))
                    for label, line in zip(labels, cells, strict=True)
                ),
                marks=tuple((_place(value), f"{value:g} dB") for value in (LOW, 20.0, 30.0, 40.0, HIGH)),
            ),
        ),
        header=(mark("Layer"), *columns),
        rows=tuple(
            (label, *(decibels(error) for error in line)) for label, line in zip(labels, cells, strict=True)
        ),
    )  # fmt: skip


def layers_of(precision: Precision) -> list[TensorPrecision]:
    """The weight matrices: tensors that more than the 16-bit formats were tried on."""
    return [each for each in precision.tensors if any(error.scheme not in ("fp16", "bf16") for error in each.errors)]


def scheme_of(precision: Precision, scheme: str) -> Scheme | None:
    """One scheme by its id."""
    return next((each for each in precision.schemes if each.id == scheme), None)


def outcome(precision: Precision) -> str:
    """What eight bits cost, in a sentence without a full stop."""
    channel, tensor = scheme_of(precision, "int8_channel"), scheme_of(precision, "int8_tensor")
    if channel is None or tensor is None:
        return "What narrower formats leave of the weights"
    if channel.sqnr_db is None:
        return "Every value is kept by int8 with one scale per output channel"
    kept = text.number(channel.sqnr_db)
    if tensor.sqnr_db is None:
        return f"int8 per output channel keeps {kept} dB"
    return f"int8 per output channel keeps {kept} dB, one scale per tensor {text.number(tensor.sqnr_db)} dB"


def label_of(layer: TensorPrecision) -> str:
    """The layer's name for an axis."""
    return text.name(layer.name.removesuffix(".weight"), 60) or "(no name)"


def decibels(error: SchemeError | None) -> str:
    """A ratio as text: ``lossless`` where nothing changes, ``–`` where the format was not tried."""
    if error is None:
        return text.UNKNOWN
    return "lossless" if error.sqnr_db is None else text.number(error.sqnr_db)


def _shown(layers: list[TensorPrecision]) -> list[TensorPrecision]:
    """At most ``ROWS`` layers in the order of the model, those that lose most among them."""
    if len(layers) <= ROWS:
        return layers
    worst = sorted(range(len(layers)), key=lambda i: (_loss(layers[i]), i))[:_WORST]
    rest = thin([i for i in range(len(layers)) if i not in set(worst)], ROWS - _WORST)
    return [layers[i] for i in sorted((*worst, *rest))]


def _loss(layer: TensorPrecision) -> float:
    """The ratio with one scale for the tensor, where layers differ most."""
    return next((e.sqnr_db for e in layer.errors if e.scheme == "int8_tensor" and e.sqnr_db is not None), 1e9)


def _error(layer: TensorPrecision, scheme: Scheme) -> SchemeError | None:
    return next((error for error in layer.errors if error.scheme == scheme.id), None)


def _level(error: SchemeError | None) -> float | None:
    if error is None:
        return None
    return 1.0 if error.sqnr_db is None else round(_place(error.sqnr_db), 4)


def _place(ratio: float) -> float:
    return min(max((ratio - LOW) / (HIGH - LOW), 0.0), 1.0)


def _hover(label: str, scheme: Scheme, error: SchemeError | None) -> str:
    if error is None:
        return f"{label}\n{scheme.title}: stored so already"
    if error.sqnr_db is None:
        return f"{label}\n{scheme.title}: nothing changes"
    words = [f"{label}\n{scheme.title}: {text.number(error.sqnr_db)} dB"]
    if error.overflow:
        words.append(f"{text.count(error.overflow)} beyond its range")
    if error.underflow:
        words.append(f"{text.count(error.underflow)} become zero")
    return "\n".join(words)
