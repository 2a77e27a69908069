"""Dead, weak and repeated units, rows never trained, tensors stored twice."""

from __future__ import annotations

from modelreport.facts import Duplicate, EmbeddingRows, Message, Report, ScaleFigures, Skipped, Units, Weights
from modelreport.render import format as text
from modelreport.render.anchors import anchors
from modelreport.render.language import _
from modelreport.render.table import Cell, Column, Row, Table, share_cell
from modelreport.render.unit_counts import UnitCounts, unit_counts
from modelreport.render.weights.part import Part, Told

_MOST_ROWS = 500
_FIGURES = 5
"""Numbers in ``ScaleFigures.scales``."""

_UNITS = (
    Column("name", "Tensor", "name"),
    Column("units", "Units", "number"),
    Column("dead", "Dead", "number", "All weights, or the scale of a normalisation, are exactly zero"),
    Column("repeated", "Repeated", "number", "Equal to an earlier unit to the bit, zero ones not counted"),
    Column("shut", "Shut", "number", "Scale zero and shift not above zero: zero behind a ReLU, for every input"),
    Column("weak", "Weak", "number", "Effective scale under a hundredth of the layer's median"),
    Column("share", "Share", "share", "Of the layer's units"),
    Column("which", "Such as", "code"),
)
_SCALE = (
    Column("name", "Tensor", "name"),
    Column("channels", "Channels", "number"),
    Column("minimum", "Least", "number", "Effective scale of the weakest channel"),
    Column("lower", "Lower quartile", "number"),
    Column("median", "Median", "number"),
    Column("upper", "Upper quartile", "number"),
    Column("maximum", "Largest", "number"),
    Column("zero", "Zero", "number", "Scales that are exactly zero"),
    Column("weak", "Weak", "number", "Effective scale under a hundredth of the median, zero ones included"),
    Column("seldom", "Seldom", "number", "Shift six effective scales below zero: a ReLU behind passes at most 1 input "
           "in 37 like those of training (Cantelli's inequality)"),
)  # fmt: skip
_COPIES = (
    Column("name", "Tensor", "name"),
    Column("copies", "Copies", "number", "Further tensors with the same values"),
    Column("others", "Equal to it", "code"),
    Column("size", "Bytes of one", "number"),
    Column("wasted", "Bytes of the copies", "number"),
)
_ROWS = (
    Column("token", "Token", "name"),
    Column("row", "Row", "number"),
    Column("table", "Table", "code"),
)

_METHOD = (
    "Units are the slices of a weight along its outputs: rows of linear layers and convolutions, columns where the "
    "layer stores inputs first (Conv1D of transformers, MatMul, transposed convolutions of one group). Equal ones have "
    "equal hashes of 64 bits and were compared byte by byte, up to 4,096 of them in a tensor. Of nearly equal ones "
    "only runs of 16 rows and more in an attention's projections are found, up to a noise of about 5 %; units that "
    "compute the same in other ways are not."
)
_SCALES = (
    "The effective scale of a channel is |γ|, and with running statistics |γ|·√(variance / (variance + ε)): the spread "
    "that normalisation leaves it on the data of training. Network slimming (Liu et al. 2017) prunes by |γ|; what "
    "pruning costs must be measured."
)
_TABLES = (
    "Rows count as never trained when they form a narrow peak of norms apart from the others, and either all point the "
    "same way while the others do not, or are unrelated to each other, normal and spread as an initialisation is. Only "
    "rows of the most distinct such group are counted: others may be untrained too. After Land and Bartolo (2024)."
)
_DUPLICATES = (
    "Tied tensors share their storage and cost nothing; they are not counted, nor are tensors of one or two values or "
    "of one value throughout. The shifts of two normalisations whose outputs are added start equal, get the same "
    "gradient and stay equal: such pairs are no mistake."
)


def context(report: Report, weights: Weights) -> Told | Skipped:
    """The layers with such units, the vocabulary, and what is stored twice."""
    units = weights.units
    if isinstance(units, Skipped):
        return units
    counts = unit_counts(report, weights)
    some = [each for each in counts if each.any]
    tables = [each for each in units.embeddings if each.untrained or each.identical or each.zero]
    return Told(
        line=_line(counts, weights),
        sentences=(*(_vocabulary(each) for each in tables), *_nearly(units), *_blank(units), *_unlooked(units)),
        charts=("unit-shares",) if len(some) > 1 else (),
        tables=(
            _unit_table(report, some),
            _token_table(units.embeddings),
            _copy_table(report, weights.duplicates),
            _scale_table(report, units.scales),
        ),
        notes=(
            _METHOD,
            *((_SCALES,) if units.scales else ()),
            *((_TABLES,) if units.embeddings else ()),
            *((_DUPLICATES,) if weights.duplicates else ()),
        ),
    )


def _line(counts: tuple[UnitCounts, ...], weights: Weights) -> Message:
    """What there is, the worst first."""
    units = weights.units if isinstance(weights.units, Units) else Units()
    void = sum(bool(each.channels) and each.zero_channels == each.channels for each in weights.tensors)
    dead, repeated = sum(each.dead for each in counts), sum(each.repeated for each in counts)
    weak, shut = sum(each.weak for each in counts), sum(each.shut for each in counts)
    untrained = sum(each.untrained for each in units.embeddings)
    wasted = sum(each.size_bytes * (len(each.names) - 1) for each in weights.duplicates)
    some = (
        (dead, "{dead_count} dead"),
        (repeated, "{repeated_count} repeated"),
        (shut, "{shut_count} shut"),
        (weak, "{weak_count} weak"),
    )
    total = sum(each.units for each in counts)
    words = [word for count, word in some if count]
    nothing = "None of {unit_count} units is dead or repeats another" if total else "No layer has output units"
    nothing = "No units were counted" if void and not total else nothing
    parts = [f"{', '.join(words)} of {{unit_count}} units" if words else nothing]
    parts += [text.plural(void, "weight is", "weights are") + " zero throughout"] if void else []
    parts += ["{row_count} rows of the vocabulary look never trained"] if untrained else []
    parts += ["copies take {wasted_bytes}"] if wasted else []
    runs = "tensor holds" if len(units.runs) == 1 else "tensors hold"
    parts += [f"{{run_count}} {runs} a run of zeros where values belong"] if units.runs else []
    values: dict[str, str | int | float | None] = {
        "dead_count": dead, "repeated_count": repeated, "weak_count": weak, "shut_count": shut, "unit_count": total,
        "row_count": untrained, "wasted_bytes": wasted,
        "run_count": len(units.runs),
    }  # fmt: skip
    return Message(text=f"{'; '.join(parts)}.", values=values)


def _vocabulary(each: EmbeddingRows) -> Message:
    """What is known of one table."""
    parts = []
    if each.untrained:
        how = {
            "together": "that all point the same way (mean of their unit vectors {alike_value})",
            "initialised": "unrelated to each other, as a normal initialisation leaves them",
            "": "",
        }[each.how]
        parts.append(f"{{row_count}} rows of norm {{low_value}} to {{high_value}} {how}")
    if each.reserved:
        parts.append("{reserved_count} of these the vocabulary calls unused or reserved")
    if each.identical:
        parts.append("{identical_count} equal to another row")
    if each.zero:
        rows = "row" if each.zero == 1 else "rows"
        parts.append(f"{{zero_count}} {rows} of zeros" + _at_the_end(each))
    values: dict[str, str | int | float | None] = {
        "name": each.name, "all_count": each.rows, "row_count": each.untrained, "low_value": each.low,
        "high_value": each.high, "alike_value": each.alike, "reserved_count": each.reserved, "zero_count": each.zero,
        "identical_count": each.identical, "tail_count": each.zero_tail,
    }  # fmt: skip
    return Message(text=f"{{name}} has {{all_count}} rows: {'; '.join(parts)}.", values=values)


def _at_the_end(each: EmbeddingRows) -> str:
    if not each.zero_tail:
        return ""
    return ", at the end, as padding is" if each.zero_tail == each.zero else ", {tail_count} of them at the end"


def _nearly(units: Units) -> tuple[Message, ...]:
    return tuple(
        Message(
            text=f"{{name}}: rows {_run(each.copy, each.rows)} are nearly rows {_run(each.first, each.rows)}, with a "
            "cosine of {cosine_value}.",
            values={"name": each.name, "cosine_value": each.cosine},
        )
        for each in units.near[:10]
    )


def _blank(units: Units) -> tuple[Message, ...]:
    return tuple(
        Message(
            text="{name}: {zero_count} of {total_count} values are zero in one run from {start_share} of the tensor "
            "on, across its rows, with {outside_count} zeros elsewhere.",
            values={"name": each.name, "zero_count": each.count, "total_count": each.total,
                    "start_share": each.first / each.total, "outside_count": each.outside},
        )
        for each in units.runs[:10]
    )  # fmt: skip


def _unlooked(units: Units) -> tuple[Message, ...]:
    return tuple(
        Message(text="{name} was not looked at: " + each.value + ".", values={"name": each.name})
        for each in units.unlooked[:10]
    )


def _unit_table(report: Report, some: list[UnitCounts]) -> Table:
    places = anchors(report)
    rows = tuple(
        Row(
            f"weights-units-{i}",
            (
                Cell(text.name(each.name) or _("(no name)"), "", places.tensor(each.name)),
                *(Cell(text.exact(n)) for n in (each.units, each.dead, each.repeated, each.shut, each.weak)),
                share_cell(each.dead + each.repeated + each.shut + each.weak, each.units),
                Cell(_such_as(each)),
            ),
            note=_(each.kind) if each.kind != "output units" else "",
        )
        for i, each in enumerate(some[:_MOST_ROWS])
    )
    return Table("weights-units", "Layers with dead, repeated, shut or weak units", _UNITS, rows,
                 noun=("layer", "layers"))  # fmt: skip


def _such_as(each: UnitCounts) -> str:
    """Some of the units of a layer: runs that repeat, else single ones."""
    if each.runs and not each.dead:
        runs = [f"{_run(run.copy, run.rows)} = {_run(run.first, run.rows)}" for run in each.runs[:3]]
        more = len(each.runs) - len(runs)
        names = _(", ").join(runs)
        return _("{names} and {count} more", names=names, count=text.exact(more)) if more else names
    return _(", ").join(text.exact(place) for place in each.examples)


def _run(first: int, count: int) -> str:
    return f"{text.exact(first)}–{text.exact(first + count - 1)}"


def _token_table(tables: tuple[EmbeddingRows, ...]) -> Table:
    rows = tuple(
        Row(f"weights-units-token-{i}", (Cell.name(token), Cell(text.exact(index)), Cell(text.name(name, 80))))
        for i, (name, index, token) in enumerate(
            (each.name, index, token)
            for each in tables
            for index, token in zip(each.indices, each.tokens, strict=False)
        )
    )
    caption = "Tokens among the rows that look never trained, nearest to the middle of the group"
    return Table("weights-units-tokens", caption, _ROWS, rows, noun=("token", "tokens"))


def _copy_table(report: Report, duplicates: tuple[Duplicate, ...]) -> Table:
    places = anchors(report)
    rows = tuple(
        Row(
            f"weights-units-copy-{i}",
            (
                Cell(text.name(each.names[0]) or _("(no name)"), "", places.tensor(each.names[0])),
                Cell(text.exact(len(each.names) - 1)),
                Cell(_others(each)),
                Cell(text.bytes_binary(each.size_bytes), text.exact(each.size_bytes)),
                Cell(text.bytes_binary(_wasted(each)), text.exact(_wasted(each))),
            ),
        )
        for i, each in enumerate(duplicates[:_MOST_ROWS])
    )
    return Table("weights-units-copies", "Tensors stored more than once", _COPIES, rows, noun=("tensor", "tensors"))


def _scale_table(report: Report, scales: tuple[ScaleFigures, ...]) -> Table:
    """Every normalisation whose scales differ; those that never left their start say nothing."""
    trained = [each for each in scales if len(each.scales) == _FIGURES and each.scales[0] < each.scales[-1]]
    places = anchors(report)
    rows = tuple(
        Row(
            f"weights-units-scale-{i}",
            (
                Cell(text.name(each.name) or _("(no name)"), "", places.tensor(each.name)),
                Cell(text.exact(each.channels)),
                *(Cell(text.number(value), f"{value:.8g}") for value in each.scales),
                *(Cell(text.exact(count)) for count in (each.zero, each.weak, each.seldom)),
            ),
        )
        for i, each in enumerate(trained[:_MOST_ROWS])
    )
    return Table("weights-units-scales", "Scales of normalisations", _SCALE, rows,
                 noun=("normalisation", "normalisations"))  # fmt: skip


def _others(each: Duplicate) -> str:
    names = [text.name(name, 60) for name in each.names[1:4]]
    more, listed = len(each.names) - 1 - len(names), _(", ").join(names)
    return _("{names} and {count} more", names=listed, count=text.exact(more)) if more else listed


def _wasted(each: Duplicate) -> int:
    return each.size_bytes * (len(each.names) - 1)


PART = Part(id="units", title="Dead and repeated units", context=context, rules=r"W00[23]|W02\d")
