"""What could be set to zero."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from modelreport.facts import Message, Pruning, Report, Skipped, TensorPruning, Weights
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.charts.pruning_curve import TWO_FOUR_NORMAL, at_half, normal_kept
from modelreport.render.language import _
from modelreport.render.table import Cell, Column, Row, Table, caption_of
from modelreport.render.weights.part import Part, Told

_MOST_ROWS = 500
_LEVELS = (0.5, 0.8, 0.9)

_LIMITS = (
    "The sum of squares is a proxy: it says which weights are small, not which the answers need, and fine-tuning after "
    "pruning recovers much (Han et al. 2015). Magnitudes are known exactly for 16-bit weights, to 2⁻⁸ for float32. "
    "Embeddings, biases and norms are left out."
)
_PATTERN = (
    "2:4 sparsity keeps the two largest of every four neighbouring inputs of an output channel, at each position of a "
    "kernel by itself: the pattern that NVIDIA's sparse tensor cores run (Mishra et al. 2021). Of independent normal "
    f"values it keeps {TWO_FOUR_NORMAL * 100:g} % of the sum of squares. Large matrices are measured on evenly spaced "
    "rows."
)


def context(report: Report, weights: Weights) -> Told | Skipped:
    """The curve, and each layer at three points of it."""
    pruning = weights.pruning
    if isinstance(pruning, Skipped):
        return pruning
    return Told(
        line=_line(pruning),
        sentences=tuple(_sentences(pruning)),
        charts=("pruning-curve",),
        tables=(_table(pruning, anchors(report)),),
        notes=(_LIMITS, _PATTERN, *pruning.notes),
    )


def _two_four(pruning: Pruning) -> list[float]:
    """What the pattern keeps of each layer that does not have it yet."""
    return [e.two_four_kept for e in pruning.tensors if e.two_four_kept is not None and not e.two_four]


def _line(pruning: Pruning) -> Message:
    kept = _two_four(pruning)
    values: dict[str, str | int | float | None] = {
        "half_share": at_half(pruning),
        "normal_share": normal_kept(0.5),
        "pattern_share": median(kept) if kept else None,
    }
    words = "The larger half of the weights holds {half_share} of the sum of squares (normal values: {normal_share})"
    words += "; 2:4 sparsity keeps {pattern_share} of the median layer." if kept else "."
    return Message(text=words, values=values)


def _sentences(pruning: Pruning) -> Iterator[Message]:
    done = [each.name for each in pruning.tensors if each.two_four]
    if done:
        words = "{done_count} of {layer_count} weight matrices are 2:4 sparse already, such as {layer}."
        if len(done) == 1:
            words = "{layer} is 2:4 sparse already."
        values: dict[str, str | int | float | None] = {
            "done_count": len(done), "layer_count": len(pruning.tensors), "layer": done[0],
        }  # fmt: skip
        yield Message(text=words, values=values)
    sparse = [each for each in pruning.tensors if each.zeros >= 0.5 and not each.two_four]
    if sparse:
        most = max(sparse, key=lambda each: each.zeros)
        words = "{sparse_count} weight matrices are zero at half of their values or more, {layer} at {zeros_share}."
        yield Message(
            text=words if len(sparse) > 1 else "{layer} is zero at {zeros_share} of its values.",
            values={"sparse_count": len(sparse), "layer": most.name, "zeros_share": most.zeros},
        )
    place = _place(pruning, 0.5)
    removed = sorted(pruning.tensors, key=lambda each: (each.removed[place], each.name))
    if len(removed) > 1:
        values = {
            "most": removed[-1].name, "most_share": removed[-1].removed[place],
            "least": removed[0].name, "least_share": removed[0].removed[place],
        }  # fmt: skip
        yield Message(
            text="The threshold that removes half of all weights takes {most_share} of {most} and {least_share} of "
            "{least}.",
            values=values,
        )


def _place(pruning: Pruning, level: float) -> int:
    return min(range(len(pruning.levels)), key=lambda i: abs(pruning.levels[i] - level))


def _table(pruning: Pruning, places: Anchors) -> Table:
    columns = (
        Column("name", "Layer", "name"),
        Column("zeros", "Zero already", "share"),
        *(
            Column(f"at{level * 100:g}", _("At {level} %", level=f"{level * 100:g}"), "share",
                   _("Share of the layer that a threshold for {level} % of the model removes",
                     level=f"{level * 100:g}"))
            for level in _LEVELS
        ),
        Column("pattern", "2:4 keeps", "share", "Share of the sum of squares that 2:4 sparsity keeps"),
        Column("sampled", "Measured on", "number", "Values that 2:4 sparsity was measured on", shown=False),
    )  # fmt: skip
    rows = tuple(_row(index, pruning, each, places) for index, each in enumerate(pruning.tensors[:_MOST_ROWS]))
    caption = caption_of(_("Pruning by layer"), len(rows), len(pruning.tensors))
    return Table("weights-pruning", caption, columns, rows, noun=("layer", "layers"))


def _row(index: int, pruning: Pruning, each: TensorPruning, places: Anchors) -> Row:
    cells = (
        Cell(text.name(each.name) or _("(no name)"), "", places.tensor(each.name)),
        _share(each.zeros),
        *(_share(each.removed[_place(pruning, level)]) for level in _LEVELS),
        _share(each.two_four_kept),
        Cell(text.exact(each.sampled) if each.sampled else "all"),
    )
    return Row(f"pruning-{index}", cells, note="2:4 sparse" if each.two_four else "")


def _share(value: float | None) -> Cell:
    return Cell(text.share(value), "" if value is None else f"{value:.6f}")


PART = Part(id="pruning", title="Pruning", context=context)
