"""What the slices of one tensor are like, told at the end of the pass over it."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelreport.measure.told import Told
from modelreport.measure.units.embeddings import FEWEST_COLUMNS, FEWEST_ROWS
from modelreport.measure.units.near import FEWEST, MOST_ROWS, PROJECTION
from modelreport.measure.units.reading import as_numbers, row_reader
from modelreport.measure.units.repeats import Slices, row_figures
from modelreport.measure.units.survey import NORMS, TABLE
from modelreport.measure.walk import Walk


def tell_rows(told: Told) -> dict[str, Any]:
    """``TensorStatistics.rows``; the norms of rows are kept for what is named as vocabularies and projections are."""
    plan, rows = told.plan, told.rows
    if rows is None or plan.row_weight != 1 or len(rows.code) != plan.rows:
        return {}
    table = len(plan.shape) == 2 and plan.rows >= FEWEST_ROWS and plan.row >= FEWEST_COLUMNS
    heads = len(plan.shape) == 2 and 2 * FEWEST <= plan.rows <= MOST_ROWS and PROJECTION.search(plan.tensor.name)
    if heads or (table and TABLE.search(plan.tensor.name)):
        told.keep[NORMS] = np.sqrt(rows.energy)
    return {"rows": row_figures(rows.largest, rows.energy, rows.code, _slices(plan))}


def _slices(plan: Walk) -> Slices:
    """How to look at rows again; where they do not begin at whole bytes they are not compared."""
    whole = plan.codec.element_bits >= 8
    size = plan.row * plan.codec.element_bits // 8 if whole else 0
    return Slices(size, row_reader(plan), lambda raw: as_numbers(plan, raw))
