"""What an adapter does to its base model, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from modelreport.facts import NO_ADAPTER, AdapterDelta, AdapterEffect, Message, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.adapter_depth import size_of
from modelreport.render.language import _
from modelreport.render.table import Cell, Column, Row, Table
from modelreport.render.weights.part import Part, Told

COLUMNS = (
    Column("name", "Layer", "name"),
    Column("kind", "Kind", shown=False),
    Column("rank", "Rank", "number"),
    Column("alpha", "Alpha", "number"),
    Column("scale", "Scale", "number", "alpha / rank, or alpha / √rank: what the product of the factors is times"),
    Column("norm", "‖ΔW‖", "number", "Frobenius norm of the change, scale included"),
    Column("relative", "‖ΔW‖ / ‖W‖", "share", "Over the norm of the base model's weight"),
    Column("largest", "σ₁", "number", "Largest singular value of the change", shown=False),
    Column("stable", "Stable rank", "number", "Sum of squares of the change over its largest singular value squared"),
    Column("effective", "Effective rank", "number", "Exponential of the entropy of the singular values of the change"),
    Column("parameters", "Parameters", "number"),
)

_FEW = 0.25
"""Share of its rank that an adapter's median layer uses up to which a smaller rank is worth a word."""


def context(report: Report, weights: Weights) -> Told | Skipped | None:  # noqa: ARG001 - the signature of every part
    """Sizes over depth and the table; nothing for a model that is no adapter."""
    effect = weights.adapter
    if isinstance(effect, Skipped):
        return None if effect == NO_ADAPTER else effect
    return Told(
        line=_line(effect),
        sentences=tuple(_sentences(effect)),
        charts=("adapter-depth",),
        tables=(table(effect),),
        notes=tuple(_notes(effect)),
    )


def _line(effect: AdapterEffect) -> Message:
    deltas = effect.deltas
    fresh = sum(each.fresh for each in deltas)
    ranks = sorted({each.rank for each in deltas})
    rank = "rank {rank}" if len(ranks) == 1 else "ranks {rank} to {last}"
    start = f"A {effect.kind} adapter of {rank} on {{layer_count}} {'layer' if len(deltas) == 1 else 'layers'}"
    values: dict[str, str | int | float | None] = {"rank": ranks[0], "last": ranks[-1], "layer_count": len(deltas)}
    if fresh == len(deltas):
        return Message(text=f"{start}: untrained, it changes nothing.", values=values)
    relative = any(each.relative is not None for each in deltas)
    sizes = sorted((size, each.target) for each in deltas if (size := size_of(each, relative=relative)) is not None)
    if not sizes:
        return Message(text=f"{start}; its changes could not be computed.", values=values)
    ending = "_share" if relative else ""
    values |= {f"low{ending}": sizes[0][0], f"high{ending}": sizes[-1][0], "most": sizes[-1][1]}
    of = " of the weight's" if relative else ""
    return Message(
        text=f"{start}: the norm of the change is {{low{ending}}} to {{high{ending}}}{of}, largest in {{most}}.",
        values=values,
    )


def _sentences(effect: AdapterEffect) -> Iterator[Message]:
    fresh = [each for each in effect.deltas if each.fresh]
    if 0 < len(fresh) < len(effect.deltas):
        yield Message(
            text="{fresh_count} of {layer_count} layers have a factor of zeros and change nothing, such as {first}.",
            values={"fresh_count": len(fresh), "layer_count": len(effect.deltas), "first": fresh[0].target},
        )
    used = _used(effect.deltas)
    if used is not None:
        text_ = "In the median layer the change uses {used} of its {rank} directions by effective rank"
        if used[0] <= _FEW * used[1]:
            text_ += ": a smaller rank could hold most of it"
        yield Message(text=f"{text_}.", values={"used": used[0], "rank": used[1]})


def _used(deltas: Sequence[AdapterDelta]) -> tuple[float, int] | None:
    """Effective rank and rank of the layer in the middle of their ratio."""
    known = [(each.effective_rank / each.rank, each.effective_rank, each.rank) for each in deltas
             if each.effective_rank is not None and each.rank and each.kind in ("LoRA", "DoRA")]  # fmt: skip
    if not known:
        return None
    middle = median(share for share, _, _ in known)
    _, used, rank = min(known, key=lambda item: (abs(item[0] - middle), item[2]))
    return used, rank


def _notes(effect: AdapterEffect) -> Iterator[str]:
    if effect.base:
        yield f"Weights of the base model: {text.name(effect.base, 100)}."
    yield from effect.notes
    yield (
        "The change of a layer is scale · B · A for LoRA (Hu et al. 2021); its singular values come from matrices of "
        "the size of the rank. How much a model's answers change does not follow from norms alone: small changes in "
        "sensitive layers can do more than large ones elsewhere."
    )


def table(effect: AdapterEffect) -> Table:
    """One row for each layer."""
    rows = tuple(_row(index, each) for index, each in enumerate(effect.deltas))
    return Table("weights-adapter", "Changes by layer", COLUMNS, rows, noun=("layer", "layers"))


def _row(index: int, each: AdapterDelta) -> Row:
    share = each.relative
    cells = (
        Cell.name(each.target),
        Cell(text.name(each.kind)),
        Cell(text.exact(each.rank) if each.rank else text.UNKNOWN),
        *map(Cell.figure, (each.alpha, each.scale, each.norm)),
        Cell(text.UNKNOWN) if share is None else Cell(text.share(share), f"{share:.6g}"),
        *map(Cell.figure, (each.largest, each.stable_rank, each.effective_rank)),
        Cell(text.exact(each.parameters)),
    )
    return Row(f"weights-adapter-{index}", cells, note=_("untrained") if each.fresh else "")


PART = Part(id="adapter", title="What the adapter changes", context=context, rules=r"W04[5-9]")
