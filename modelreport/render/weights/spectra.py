"""What the singular values say: concentration, ranks, what low-rank factors would save, power laws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from modelreport.facts import Message, Report, Skipped, Spectra, Spectrum, Weights
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.charts.spectra import BAND, full_ones, label_of, saved_in_all, saved_share
from modelreport.render.language import _
from modelreport.render.table import Cell, Column, Row, Table
from modelreport.render.weights.part import Part, Told

COLUMNS = (
    Column("name", "Matrix", "name"),
    Column("shape", "Shape", "code"),
    Column("largest", "σ₁", "number", "Largest singular value"),
    Column("smallest", "σ min", "number", "Smallest singular value", shown=False),
    Column("condition", "Condition", "number", "Largest over smallest singular value; – when singular", shown=False),
    Column("stable", "Stable rank", "number", "Sum of squares over the largest singular value squared"),
    Column("effective", "Effective rank", "number", "Exponential of the entropy of the singular values"),
    Column("rank", "Rank", "number", "Singular values above what rounding to the dtype makes by itself", shown=False),
    Column("rank90", "90 % in", "number", "Singular values that hold 90 % of the sum of squares"),
    Column("rank99", "99 % in", "number", "Singular values that hold 99 % of the sum of squares"),
    Column("saved90", "Saved, 90 %", "share", "Parameters that two factors of that rank would save"),
    Column("saved95", "Saved, 95 %", "share", "Parameters that two factors of that rank would save", shown=False),
    Column("saved99", "Saved, 99 %", "share", "Parameters that two factors of that rank would save"),
    Column("alpha", "Alpha", "number", "Exponent of the power law of the eigenvalues"),
    Column("distance", "D", "number", "Kolmogorov–Smirnov distance of the power law", shown=False),
    Column("tail", "Tail", "number", "Eigenvalues that the power law was fitted to", shown=False),
    Column("edge", "Over random", "number", "σ₁ over that of independent values of the same variance"),
    Column("random", "From random", "number",
           "Largest difference to the distribution of eigenvalues that independent values have, 0–1", shown=False),
)  # fmt: skip

_RANDOM_SIDE = 48
"""Singular values from which on chance and structure are told apart."""
_RANDOM_DISTANCE, _RANDOM_EDGE = 5.0, (0.93, 1.03)
"""Independent values come to a distance of 2 to 4.5 over the number of singular values, and to the edge within a few
percent (normal and uniform matrices of 64 to 2,048; all of ResNet-50 as torchvision initialises it; of 48 × 48 seven
in eight). Of 120 layers of five trained models one came as near, with an edge of 1.08; the others keep a distance of 5
to 15 and more. Four trained layers of 48 come as near too, all with an edge of 1.07 or more."""

_NAMED = 3


def context(report: Report, weights: Weights) -> Told | Skipped | None:
    """Curves, ranks and exponents over depth, and the table; nothing for an adapter, whose factors are no layers."""
    spectra = weights.spectra
    if isinstance(spectra, Skipped):
        return spectra if isinstance(weights.adapter, Skipped) else None
    random = [each for each in spectra.tensors if is_random(each)]
    return Told(
        line=_line(spectra),
        sentences=tuple(_sentences(spectra, random)),
        charts=("spectrum-curves", "rank-depth", "alpha-depth"),
        tables=(table(spectra, anchors(report)),),
        notes=tuple(_notes(spectra)),
    )


def is_random(each: Spectrum) -> bool:
    """Whether a spectrum cannot be told from that of independent values."""
    short = min(each.rows, each.columns)
    if each.random_distance is None or each.random_edge is None or short < _RANDOM_SIDE:
        return False
    low, high = _RANDOM_EDGE
    return each.random_distance * short < _RANDOM_DISTANCE and low < each.random_edge < high


def _line(spectra: Spectra) -> Message:
    whole = full_ones(spectra)
    if not whole:
        top = max(spectra.tensors, key=lambda each: each.largest)
        return Message(
            text="The largest singular value of {matrix_count} matrices is {value}, in {tensor}.",
            values={"matrix_count": len(spectra.tensors), "value": top.largest, "tensor": top.name},
        )
    share = median((each.rank_90 or 0) / min(each.rows, each.columns) for each in whole)
    saved = saved_in_all(whole, [each.rank_99 for each in whole]) or 0.0
    words = "would save {saved_share} of their parameters" if saved >= 0.005 else "would save nothing"
    return Message(
        text="90 % of the energy of a weight matrix lies in {directions_share} of its directions, in the median of "
        f"{{matrix_count}}; low-rank factors that keep 99 % {words}.",
        values={"directions_share": share, "matrix_count": len(whole), "saved_share": saved},
    )


def _sentences(spectra: Spectra, random: Sequence[Spectrum]) -> Iterator[Message]:
    whole = full_ones(spectra)
    if whole:
        saved = {
            f"saved{level}_share": saved_in_all(whole, [getattr(each, f"rank_{level}") for each in whole])
            for level in (90, 95, 99)
        }
        yield Message(
            text="Each matrix replaced by two factors of the rank that keeps so much of its sum of squares, where that "
            f"is smaller, {'it' if len(whole) == 1 else 'the {matrix_count} matrices'} would lose {{saved90_share}} of "
            f"{'its' if len(whole) == 1 else 'their'} parameters at 90 %, {{saved95_share}} at 95 %, {{saved99_share}} "
            "at 99 %.",
            values={"matrix_count": len(whole), **saved},
        )
    if random:
        yield _like_random(random, len(whole))


def _like_random(random: Sequence[Spectrum], count: int) -> Message:
    named = {f"tensor{i}": each.name for i, each in enumerate(random[:_NAMED])}
    listed = ", ".join(f"{{{key}}}" for key in named)
    rest = " and {more_count} more" if len(random) > _NAMED else ""
    if len(random) == 1:
        begin = f"The spectrum of {listed} cannot be told from that of independent random values: "
    else:
        begin = (
            "The spectra of {random_count} of {matrix_count} matrices cannot be told from those of independent random "
            f"values ({listed}{rest}): "
        )
    return Message(
        text=begin + "as at initialisation, nothing was learned there or too little to show.",
        values={
            "random_count": len(random), "matrix_count": count, "more_count": len(random) - _NAMED, **named,
        },
    )  # fmt: skip


def _notes(spectra: Spectra) -> Iterator[str]:
    yield spectra.chosen
    yield from spectra.notes
    yield (
        "A convolution is seen as output channels × the rest, a recurrent layer by its gates. The share of the sum of "
        "squares that factors keep says nothing yet of the accuracy they keep. Effective rank: Roy and Vetterli 2007; "
        "largest singular values of large matrices by block Lanczos (Halko et al. 2011), the first within 0.2 %, "
        "the eighth within 1 %."
    )
    if any(min(each.rows, each.columns) < _RANDOM_SIDE for each in full_ones(spectra)):
        yield (
            f"Matrices of fewer than {_RANDOM_SIDE} singular values are not compared with random ones: trained ones "
            "come as near to those as fresh ones do."
        )
    if any(each.alpha is not None for each in spectra.tensors):
        low, high = BAND
        yield (
            f"Alpha between {low:g} and {high:g} is where Martin, Peng and Mahoney (2021) find the layers of "
            "well-trained large models. It is contested as a measure of quality, and says little of small matrices: "
            "a 64 × 64 matrix of independent random values comes to 3 or 4 as well. Compare layers of one model with "
            "each other, and with the same model before. Of "
            "convolutions the eigenvalues of all kernel positions are taken together; there are at least 50 of them."
        )


def table(spectra: Spectra, places: Anchors) -> Table:
    """One row for each matrix."""
    rows = tuple(_row(index, each, places) for index, each in enumerate(spectra.tensors))
    return Table("weights-spectra", "Spectra of the weight matrices", COLUMNS, rows, noun=("matrix", "matrices"))


def _row(index: int, each: Spectrum, places: Anchors) -> Row:
    saved = [saved_share(each, rank) for rank in (each.rank_90, each.rank_95, each.rank_99)]
    cells = (
        Cell(label_of(each), text.name(each.name), places.tensor(each.name)),
        Cell(text.shape((each.rows, each.columns))),
        *map(Cell.figure, (each.largest, each.smallest, each.condition, each.stable_rank, each.effective_rank)),
        *(Cell(text.exact(rank)) for rank in (each.rank, each.rank_90, each.rank_99)),
        *(Cell(text.UNKNOWN) if s is None else Cell(text.share(s), f"{s:.6f}") for s in saved),
        *map(Cell.figure, (each.alpha, each.alpha_distance)),
        Cell(text.exact(each.alpha_count)),
        *map(Cell.figure, (each.random_edge, each.random_distance)),
    )
    note = _("largest values only") if each.method == "randomised" else _("like random") if is_random(each) else ""
    return Row(f"weights-spectra-{index}", cells, note=note)


PART = Part(id="spectra", title="Singular values and rank", context=context, rules=r"W04[01]")
