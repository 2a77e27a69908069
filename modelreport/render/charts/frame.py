"""How much room a chart takes, the same for both painters: what changes from one to the other moves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modelreport.render.charts.scale import unit_of
from modelreport.render.charts.spec import Axis, Chart, Heat, Ridge, extent
from modelreport.render.language import _

MEASURED: Final = 190
"""Height of a plot whose y axis measures, in pixels."""
_BARS, _RIDGES, _CELLS = 22, 17, 14
"""Heights of one row."""


@dataclass(frozen=True)
class Frame:
    """Pixels over, of and under the plot."""

    top: int
    tall: int
    bottom: int

    @property
    def height(self) -> int:
        """Pixels of all."""
        return self.top + self.tall + self.bottom


def frame(chart: Chart) -> Frame:
    """The room of a chart: over its plot the title of y, under it the ticks and the title of x."""
    across, up = extent(chart)
    ridges = any(isinstance(layer, Ridge) for layer in chart.layers)
    cells = any(isinstance(layer, Heat) for layer in chart.layers)
    row = _RIDGES if ridges else _CELLS if cells else _BARS
    return Frame(
        top=8 + (18 if axis_title(chart.y, up) else 0) + (row if ridges else 0),
        tall=row * chart.rows_on_y if chart.rows_on_y else MEASURED,
        bottom=22 + (18 if axis_title(chart.x, across) else 0),
    )


def axis_unit(axis: Axis, limits: tuple[float, float]) -> tuple[float, str]:
    """What the values of an axis are divided by, and the unit after that; an exponent such as ``e-5`` is none."""
    if axis.log or axis.categories:
        return 1.0, ""
    factor, suffix = unit_of(max(map(abs, limits)), axis.unit)
    return factor, suffix


def axis_title(axis: Axis, limits: tuple[float, float]) -> str:
    """What an axis measures and in which unit."""
    suffix = axis_unit(axis, limits)[1].strip()
    unit = "" if suffix.startswith("e") else suffix
    return f"{axis.title}{_(' (')}{unit}{_(')')}" if axis.title and unit else axis.title or unit
