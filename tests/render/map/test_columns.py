from __future__ import annotations

from itertools import pairwise

from modelreport.render.map.columns import Band, Pane, wrap

LANDSCAPE = Pane(aspect=1.6, gutter=44.0, spare=40.0)


def bands(count: int, crossing: int = 1, *, skipped: bool = False) -> list[Band]:
    return [Band(100.0, 30.0, 75.0, 75.0, crossing, skipped) for _ in range(count)]


def test_a_tall_chain_is_wrapped_into_columns_of_about_equal_height():
    columns = wrap(bands(24), LANDSCAPE)
    assert columns == sorted(columns)
    sizes = [columns.count(column) for column in set(columns)]
    assert len(sizes) > 3
    assert max(sizes) - min(sizes[:-1]) <= 1


def test_a_short_drawing_stays_in_one_column():
    assert set(wrap(bands(3), LANDSCAPE)) == {0}


def test_a_residual_block_is_not_cut_through():
    assert set(wrap(bands(9, crossing=2, skipped=True), LANDSCAPE)) == {0}
    assert set(wrap(bands(9, crossing=2), LANDSCAPE)) > {0}


def test_cuts_are_made_where_few_tensors_cross():
    rows = [Band(100.0, 30.0, 75.0, 75.0, 1 if k % 5 == 4 else 3) for k in range(20)]
    columns = wrap(rows, LANDSCAPE)
    cuts = [row for row, (a, b) in enumerate(pairwise(columns)) if a != b]
    assert cuts
    assert all(row % 5 == 4 for row in cuts)


def test_a_high_pane_gets_fewer_columns_than_a_wide_one():
    assert wrap(bands(24), Pane(0.6, 44.0, 40.0))[-1] < wrap(bands(24), LANDSCAPE)[-1]
