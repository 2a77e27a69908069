"""What it costs to use the model: training memory, generation, devices, and how costs grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelreport.facts import Device, DeviceEstimate, Generation, Item, Law, Report, Roofline, Skipped, Trace, Usage
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.charts.cost_scaling import SYMBOLS, WORDS, formula, name_of
from modelreport.render.charts.roofline import groups
from modelreport.render.language import _, mark, tell
from modelreport.render.section import Section, drawn
from modelreport.render.table import Cell, Column, Row, Table

CONTEXTS = (4_096, 32_768, 131_072)
"""Lengths for which the cache is told."""
LENGTHS = ("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx")
"""What configurations call the most tokens that the model takes."""

DEVICE_COLUMNS = (
    Column("device", "Device", "name"),
    Column("memory", "Memory", "number"),
    Column("bandwidth", "Bandwidth", "number", "Memory traffic in a second"),
    Column("peak", "Peak", "number", "Dense matrix operations in a second, in the precision of the pass"),
    Column("time", "Pass", "number", "Lower bound of the time of the traced pass"),
    Column("bound", "By arithmetic", "share", "Share of that time bound by arithmetic; the rest by memory traffic"),
    Column("half_peak", "Peak, 16 bits", "number", "Dense matrix operations in a second"),
    Column("half_time", "Pass, 16 bits", "number", "The same pass with 16-bit weights and activations"),
    Column("fits", "Fits", "text", "Weights and the activations of the pass in its memory"),
    Column("source", "Source of the figures", "text", shown=False),
)
LAYER_COLUMNS = (
    Column("layer", "Layer", "name"),
    Column("type", "Type", "code"),
    Column("bound", "Bound by", "text"),
    Column("time", "Time", "number", "Lower bound, of all calls of the row"),
    Column("share", "Share", "share", "Of the pass"),
    Column("flops", "FLOPs", "number", "Of one call"),
    Column("moved", "Moved", "number", "Bytes read and written by one call"),
    Column("intensity", "FLOP/B", "number"),
)
LAYERS_IN_MARKUP = 15
_IDS = frozenset({"int64", "int32"})


@dataclass(frozen=True)
class LawLine:
    """One law, in words."""

    quantity: str
    symbol: str
    variable: str
    formula: str
    tried: str
    deviation: str


def device_table(roof: Roofline) -> Table:
    """Every device, the chosen one first: the pass as it is and in 16 bits."""
    found: dict[str, list[DeviceEstimate]] = {}
    for each in roof.estimates:
        found.setdefault(each.device.id, []).append(each)
    rows = []
    for i, (name, estimates) in enumerate(found.items()):
        note = (_("chosen") if roof.chosen else _("default")) if name == roof.device else ""
        rows.append(Row(f"device-{i}", _device_cells(estimates), note=note))
    return Table("devices", "Devices", DEVICE_COLUMNS, tuple(rows), noun=("device", "devices"))


def _device_cells(estimates: list[DeviceEstimate]) -> tuple[Cell, ...]:
    own = estimates[0]
    half = estimates[1] if len(estimates) > 1 else None
    device = own.device
    return (
        Cell(called(device, 80), text.name(device.id, 40)),
        Cell(text.bytes_decimal(device.memory_bytes) if device.memory_bytes else text.UNKNOWN),
        Cell(text.rate(device.bytes_per_s, "B"), f"{device.bytes_per_s:.6g}"),
        _peak(own),
        Cell(text.seconds(own.time_s), f"{own.time_s:.6g}"),
        Cell(text.share(own.compute_bound_share), f"{own.compute_bound_share:.6f}"),
        _peak(half) if half is not None else Cell(text.UNKNOWN),
        Cell(text.seconds(half.time_s), f"{half.time_s:.6g}") if half is not None else Cell(text.UNKNOWN),
        Cell(_fits(own, half)),
        Cell(text.name(tell(device.source), 300)),
    )


def called(device: Device, limit: int = text.NAME_LIMIT) -> str:
    """What a device is called; what is said of it in brackets is in the language of the report."""
    return text.name(tell(device.title), limit)


def chosen(roof: Roofline) -> list[tuple[str, str]]:
    """Name and value of what the pass costs on the first device, and where the device's figures are from."""
    own = roof.estimates[0]
    device, rest = own.device, [each for each in roof.estimates[1:] if each.device.id == own.device.id]
    arithmetic = text.share(own.compute_bound_share)
    memory = text.share(1 - own.compute_bound_share)
    lines = [(_("Device"), f"{called(device, 80)}{_(' (')}{_('chosen') if roof.chosen else _('default')}{_(')')}")]
    for each in (own, *rest):
        name = _("Pass in {dtype}", dtype=text.dtype(each.dtype))
        often = _("{count} passes a second", count=text.number(1 / each.time_s)) if each.time_s > 0 else text.UNKNOWN
        lines.append((name, _("at least {time}, at most {often}", time=text.seconds(each.time_s), often=often)))
    bound = _("{arithmetic} of the time arithmetic, {memory} memory traffic", arithmetic=arithmetic, memory=memory)
    return [*lines, (_("Bound by"), bound), (_("Source of the figures"), text.name(tell(device.source), 300))]


def _fits(own: DeviceEstimate, half: DeviceEstimate | None) -> str:
    if not own.device.memory_bytes:
        return text.UNKNOWN
    return _("yes") if own.fits else _("in 16 bits") if half is not None and half.fits else _("no")


def _peak(each: DeviceEstimate) -> Cell:
    peak = each.device.flops_per_s.get(each.dtype)
    return Cell(text.rate(peak, "FLOP"), _("{peak} in {dtype}", peak=f"{peak or 0:.6g}", dtype=text.dtype(each.dtype)))


def layer_table(roof: Roofline, trace: Trace, places: Anchors) -> Table:
    """Layers on the chosen device, equal ones in one row, those that take longest first."""
    total = roof.estimates[0].time_s if roof.estimates else 0.0
    rows = []
    for i, group in enumerate(each for each in groups(roof, trace) if each.time_s):
        part = group.time_s / total if total else None
        cells = (
            Cell(group.name, href=places.module(group.path)),
            Cell(group.type),
            Cell(_("compute") if group.bound == "compute" else _("memory")),
            Cell(text.seconds(group.time_s), f"{group.time_s:.6g}"),
            Cell(text.share(part), f"{part:.6f}" if part is not None else ""),
            Cell(text.flops(group.flops), text.exact(group.flops)),
            Cell.bytes(group.moved_bytes),
            Cell(text.number(group.intensity) if group.flops else text.UNKNOWN, f"{group.intensity:.6g}"),
        )
        rows.append(Row(f"time-{i}", cells, note=f"×{group.count}" if group.count > 1 else ""))
    return Table(
        "layer-times", "Layers on the device", LAYER_COLUMNS, tuple(rows), noun=("row", "rows"), limit=LAYERS_IN_MARKUP
    )


def longest_text(metadata: tuple[Item, ...]) -> int:
    """Tokens that the configuration in the file allows at most; 0 where it does not say."""
    given = {item.name.rpartition(".")[2]: item.value for item in metadata if item.name.startswith("config.")}
    found = next((given[name] for name in LENGTHS if given.get(name, "").isdecimal()), "0")
    return int(found[:12])


def generated(fact: Generation, roof: Roofline | Skipped, longest: int = 0) -> list[tuple[str, str, str]]:
    """Name, value and remark of what generating costs; ``longest``: the most tokens allowed, 0 for not known."""
    per_token, prompt = fact.cache_bytes_per_token, fact.prompt
    lines = [
        (_("Prompt"), text.plural(prompt, "token"), _("as traced")),
        (
            _("Prefill"),
            f"{text.macs(fact.prefill_macs)} · {text.flops(fact.prefill_flops)}",
            _("the whole prompt at once"),
        ),
        (_("One token after it"), f"{text.macs(fact.decode_macs)} · {text.flops(fact.decode_flops)}", ""),
        (_("Read for that token"), text.bytes_binary(fact.decode_read_bytes), _("weights and cache, each once")),
        (
            _("Cache for a further token"),
            text.bytes_binary(per_token),
            _("{count} bytes, batch 1", count=text.exact(per_token)),
        ),
        (
            _("Cache after the prompt"),
            text.bytes_binary(fact.cache_bytes),
            _("{count} bytes", count=text.exact(fact.cache_bytes)),
        ),
    ]
    if per_token and abs(per_token * prompt - fact.cache_bytes) * 100 <= fact.cache_bytes and not fact.notes:
        lengths = [n for n in CONTEXTS if not longest or n < longest] + ([longest] if longest > prompt else [])
        sizes = _(", ").join(
            _("{size} for {count} tokens", size=text.bytes_binary(per_token * n), count=text.exact(n)) for n in lengths
        )
        remark = _("in proportion; the configuration allows no more") if longest else _("in proportion")
        if sizes:
            lines.append((_("Cache of longer texts"), sizes, remark))
    if isinstance(roof, Roofline) and roof.estimates:
        lines.append(_speed(fact, roof.estimates[0]))
    return lines


def _speed(fact: Generation, best: DeviceEstimate) -> tuple[str, str, str]:
    """How fast the chosen device can be at most, by the roofline of one token."""
    peak = best.device.flops_per_s.get(best.dtype) or max(best.device.flops_per_s.values())
    arithmetic, memory = 2 * fact.decode_macs / peak, fact.decode_read_bytes / best.device.bytes_per_s
    time = max(arithmetic, memory)
    bound = _("memory traffic") if memory >= arithmetic else _("compute")
    each = _("{count} tokens/s", count=text.number(1 / time)) if time else text.UNKNOWN
    remark = _("{time} a token, bound by {bound}", time=text.seconds(time), bound=bound)
    if not best.fits:
        remark = _("{remark}; it does not fit one such device", remark=remark)
    return _("At most, on {device}", device=called(best.device)), each, remark


def largest_batches(usage: Usage) -> list[tuple[str, str]]:
    """The batch at which training fills the chosen device by this count: an upper bound; empty where not known."""
    laws = () if isinstance(usage.scaling, Skipped) else usage.scaling
    law = next((each for each in laws if each.variable == "batch" and each.quantity == "kept_bytes"), None)
    roof = usage.roofline
    if law is None or isinstance(usage.training, Skipped) or isinstance(roof, Skipped) or not roof.estimates:
        return []
    device, measured = roof.estimates[0].device, law.points[0][1]
    if len(law.coefficients) != 2 or law.coefficients[1] <= 0 or not measured or not device.memory_bytes:
        return []
    found = []
    for row in usage.training:
        if row.optimizer == "AdamW":
            room = device.memory_bytes - (row.total_bytes - row.activations_bytes)
            share = row.activations_bytes / measured  # of the precision, of what was measured
            size = int((room / share - law.coefficients[0]) / law.coefficients[1]) if room > 0 and share else 0
            precision = _(text.name(row.precision))
            found.append(_("{count} in {precision}", count=text.exact(max(size, 0)), precision=precision))
    if not found:
        return []
    name = _("Largest batch on {device}", device=called(device))
    return [(name, _("{sizes}, with AdamW", sizes=_(", ").join(found)))]


def law_line(law: Law) -> LawLine:
    """A law as a row of the table."""
    return LawLine(
        quantity=_(WORDS[law.quantity]),
        symbol=SYMBOLS.get(law.variable, "n"),
        variable=_(name_of(law)),
        formula=formula(law),
        tried=", ".join(text.exact(size) for size, _ in law.points),
        deviation=text.share(law.deviation_share) if law.deviation_share else _("none"),
    )


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    usage = report.usage
    if not isinstance(usage, Usage):
        return {"skipped": usage}
    found = drawn(report, "training-memory", "roofline", "cost-scaling")
    charts = {chart.id: chart for chart in found["charts"]}
    roof = usage.roofline if isinstance(usage.roofline, Roofline) and usage.roofline.estimates else None
    devices = device_table(roof) if roof is not None else None
    times = None
    if roof is not None and isinstance(report.trace, Trace):
        times = layer_table(roof, report.trace, anchors(report))
    tables = [table for table in (devices, times) if table is not None]
    return {
        "skipped": None,
        "usage": usage,
        "training": None if isinstance(usage.training, Skipped) else usage.training,
        "batches": [] if isinstance(usage.training, Skipped) else largest_batches(usage),
        "generation": None
        if isinstance(usage.generation, Skipped)
        else generated(usage.generation, usage.roofline, longest_text(report.source.metadata)),
        "without_generation": _without_generation(usage.generation, report.trace),
        "generation_notes": () if isinstance(usage.generation, Skipped) else usage.generation.notes,
        "laws": None if isinstance(usage.scaling, Skipped) else [law_line(law) for law in usage.scaling],
        "chart_of": charts,
        "charts": found["charts"],
        "devices": devices,
        "chosen": chosen(roof) if roof is not None else (),
        "sources": _devices(roof) if roof is not None else (),
        "dtype": text.dtype(roof.estimates[0].dtype) if roof is not None else "",
        "times": times,
        "batch": _batch(report.trace),
        "payloads": {name: data for table in tables for name, data in table.payloads.items()},
    }  # fmt: skip


def _devices(roof: Roofline) -> tuple[Device, ...]:
    """Every device once, in the order of the table."""
    return tuple({each.device.id: each.device for each in roof.estimates}.values())


def _without_generation(fact: Generation | Skipped, trace: Trace | Skipped) -> str:
    """Why there is no cost of generation; empty for a model that takes no ids, of which nobody would ask that."""
    takes_ids = isinstance(trace, Trace) and any(s.dtype in _IDS and len(s.shape) == 2 for s in trace.inputs)
    return fact.reason if isinstance(fact, Skipped) and takes_ids else ""


def _batch(trace: Trace | Skipped) -> str:
    """The input of the pass, in short."""
    if isinstance(trace, Skipped) or not trace.inputs:
        return _("the traced input")
    return " and ".join(text.shape(spec.shape) for spec in trace.inputs[:3])


def badge(report: Report) -> str | None:
    """Time on the chosen device."""
    usage = report.usage
    if isinstance(usage, Usage) and isinstance(usage.roofline, Roofline) and usage.roofline.chosen:
        return text.seconds(usage.roofline.estimates[0].time_s) if usage.roofline.estimates else None
    return None


SECTION = Section(id="usage", title=mark("Cost of use"), context=context, badge=badge)
