from __future__ import annotations

import numpy as np

from modelreport.measure import reader as reader_module
from modelreport.measure.reader import PlainReader, has_rows, keeps_rows
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor


def test_all_facts_of_some_rows_are_gathered() -> None:
    values = np.array([[0, 0], [3, 3], [1, -4]], np.float32)
    plan = walk(make_tensor(values))
    reader = PlainReader(plan)
    for block in plan.blocks(0, 3):
        reader.add(block)
    reader.finish()
    rows = reader.rows()
    assert rows is not None
    assert reader.channels() == (1, 2)
    assert rows.largest.tolist() == [0, 3, 4]
    assert rows.energy.tolist() == [0, 18, 17]
    assert reader.summary.minimum == -4  # type: ignore[attr-defined]


def test_one_dimension_and_emptiness_have_no_rows() -> None:
    for shape in ((), (5,), (0, 3), (3, 0)):
        plan = walk(make_tensor(np.zeros(shape, np.float32)))
        assert not has_rows(plan)
        assert PlainReader(plan).rows() is None
        assert PlainReader(plan).channels() == (0, 0)


def test_too_many_rows_are_counted_and_not_kept(monkeypatch: object) -> None:
    monkeypatch.setattr(reader_module, "MOST_ROWS", 2)  # type: ignore[attr-defined]
    plan = walk(make_tensor(np.zeros((3, 2), np.float32)))
    reader = PlainReader(plan)
    reader.add(np.zeros(6, np.float32))
    assert has_rows(plan)
    assert not keeps_rows(plan)
    assert reader.rows() is None
    assert reader.channels() == (3, 3)
