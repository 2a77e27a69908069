"""Charts: facts in, a ``Chart`` out, drawn by the painters ``plotly`` and ``svg``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from modelreport.facts import Report, Skipped, Weights
from modelreport.render.charts.adapter_depth import adapter_depth
from modelreport.render.charts.cost_scaling import cost_scaling
from modelreport.render.charts.dtype_bytes import dtype_bytes
from modelreport.render.charts.embedding_norms import embedding_norms
from modelreport.render.charts.flops_by_depth import flops_by_depth
from modelreport.render.charts.flops_by_family import flops_by_family
from modelreport.render.charts.memory_timeline import memory_timeline
from modelreport.render.charts.parameters_by_module import parameters_by_module
from modelreport.render.charts.peer_map import peer_map
from modelreport.render.charts.precision_map import precision_map
from modelreport.render.charts.pruning_curve import pruning_curve
from modelreport.render.charts.roofline import roofline
from modelreport.render.charts.spec import Chart
from modelreport.render.charts.spectra import alpha_depth, rank_depth, spectrum_curves
from modelreport.render.charts.tensor_histogram import tensor_histogram
from modelreport.render.charts.told import told
from modelreport.render.charts.training import average_depth, gradient_depth, training_history, update_depth
from modelreport.render.charts.training_memory import training_memory
from modelreport.render.charts.unit_shares import unit_shares
from modelreport.render.charts.weight_depth import BY_ID, weight_depth
from modelreport.render.charts.weight_heatmap import weight_heatmap
from modelreport.render.charts.weight_ridgeline import weight_ridgeline

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_MADE: Final[Mapping[str, Callable[[Report], Chart | Skipped]]] = {
    "flops-by-family": lambda report: flops_by_family(report.trace),
    "flops-by-depth": lambda report: flops_by_depth(report.trace),
    "parameters-by-module": lambda report: parameters_by_module(report.structure),
    "memory-timeline": lambda report: memory_timeline(report.trace),
    "training-memory": lambda report: training_memory(report.usage),
    "roofline": lambda report: roofline(report.usage, report.trace),
    "cost-scaling": lambda report: cost_scaling(report.usage),
    "weight-ridgeline": lambda report: weight_ridgeline(report.structure, report.weights, report.trace),
    "weight-heatmap": lambda report: weight_heatmap(report.structure, report.weights, report.trace),
    "weight-scale": lambda report: weight_depth(report, BY_ID["weight-scale"]),
    "weight-kurtosis": lambda report: weight_depth(report, BY_ID["weight-kurtosis"]),
    "weight-outliers": lambda report: weight_depth(report, BY_ID["weight-outliers"]),
    "weight-sparsity": lambda report: weight_depth(report, BY_ID["weight-sparsity"]),
    "peer-map": peer_map,
    "spectrum-curves": lambda report: spectrum_curves(report.weights),
    "rank-depth": lambda report: rank_depth(report.weights),
    "adapter-depth": lambda report: adapter_depth(report.weights),
    "alpha-depth": lambda report: alpha_depth(report.weights),
    "embedding-norms": lambda report: embedding_norms(report.weights),
    "unit-shares": unit_shares,
    "precision-map": lambda report: precision_map(report.weights),
    "pruning-curve": lambda report: pruning_curve(report.weights),
    "training-history": training_history,
    "gradient-depth": gradient_depth,
    "update-depth": update_depth,
    "average-depth": average_depth,
    "dtype-bytes": lambda report: dtype_bytes(report.structure),
}


def _telling(make: Callable[[Report], Chart | Skipped]) -> Callable[[Report], Chart | Skipped]:
    """The same chart in the language of the report."""

    def made(report: Report) -> Chart | Skipped:
        chart = make(report)
        return told(chart) if isinstance(chart, Chart) else chart

    return made


CHARTS: Final = {name: _telling(make) for name, make in _MADE.items()}
"""The charts of a whole report by id. Histograms of single tensors are made by ``tensor_histogram``."""

MAP: Final = "map"
HISTOGRAM: Final = "histogram:"


def overview(report: Report) -> dict[str, Chart | Skipped]:
    """Every chart of ``CHARTS`` for this report, or why it is missing."""
    return {name: make(report) for name, make in CHARTS.items()}


class _Figures(Mapping[str, "Figure"]):
    """Figures by chart id, each made when it is asked for: ``map``, those of ``CHARTS``, ``histogram:<tensor>``."""

    def __init__(self, report: Report) -> None:
        self._report = report
        charts = {name: chart for name, chart in overview(report).items() if isinstance(chart, Chart)}
        weights = report.weights.tensors if isinstance(report.weights, Weights) else ()
        self._charts = charts
        self._histograms = {HISTOGRAM + item.name: item for item in weights if item.histogram is not None}

    def __getitem__(self, key: str) -> Figure:
        """The figure; ``KeyError`` names the ones there are."""
        if key == MAP:
            from modelreport.render.map.figure import map_figure

            return map_figure(self._report)
        chart: Chart | Skipped | None = self._charts.get(key)
        if key in self._histograms:
            chart = tensor_histogram(self._histograms[key])
        if not isinstance(chart, Chart):
            raise KeyError(f"{key}: the figures are {MAP}, {', '.join(self._charts)}, {HISTOGRAM}<tensor>")
        return stand_alone(chart)

    def __iter__(self) -> Iterator[str]:
        yield MAP
        yield from self._charts
        yield from self._histograms

    def __len__(self) -> int:
        return 1 + len(self._charts) + len(self._histograms)


def stand_alone(chart: Chart) -> Figure:
    """The chart as a Plotly figure in light colours with its title, for notebooks and slides."""
    from plotly.graph_objects import Figure

    from modelreport.render.charts.palette import LIGHT
    from modelreport.render.charts.plotly import plotly_figure, resolve
    from modelreport.render.charts.traces import plain

    parts = resolve(plotly_figure(chart), LIGHT)
    layout = parts["layout"]
    above = 44 + (24 if layout["showlegend"] else 0)
    layout["title"] = {"text": plain(chart.title), "font": {"size": 15}}
    layout["margin"] = layout["margin"] | {"t": layout["margin"]["t"] + above}
    layout["height"] += above
    layout["legend"] = layout["legend"] | {"yref": "container", "yanchor": "top", "y": 1 - 40 / layout["height"]}
    layout["paper_bgcolor"] = layout["plot_bgcolor"] = LIGHT["bg"]
    return Figure(data=parts["data"], layout=layout)


def figures(report: Report) -> Mapping[str, Figure]:
    """Every chart of the report as a Plotly figure, by its id; made when asked for."""
    return _Figures(report)
