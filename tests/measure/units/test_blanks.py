from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import ZeroRun
from modelreport.measure.units import blanks
from modelreport.measure.units.blanks import longest_run, survey_blanks
from modelreport.measure.units.reading import plan_of
from tests.measure.tensors import make_tensor, statistics_of
from tests.measure.units.tables import make_fact


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def runs_in(arrays: dict[str, NDArray[np.float32]]) -> tuple[ZeroRun, ...]:
    """Runs in tensors that lie one behind the other in one file."""
    data = memoryview(b"".join(array.tobytes() for array in arrays.values()))
    tensors: dict[str, LazyTensor] = {}
    at = 0
    for name, array in arrays.items():
        tensors[name] = make_tensor(array, name=name, storage=Storage(data, at, array.nbytes))
        at += array.nbytes
    facts = [make_fact(name, array.shape) for name, array in arrays.items()]
    statistics = {each.name: each for each in statistics_of(*tensors.values())}
    found, left = survey_blanks(facts, tensors, statistics)
    assert not left
    return found


def test_the_unwritten_end_of_a_file_is_found_with_what_lies_behind() -> None:
    weight = random(64, 100)
    weight.reshape(-1)[4150:] = 0
    (found,) = runs_in({"a.weight": random(8, 8), "b.weight": weight, "b.bias": np.zeros(64, np.float32)})
    assert found == ZeroRun(name="b.weight", first=4150, count=2250, total=6400, outside=0, following_bytes=256)


def test_a_hole_in_the_middle_is_found() -> None:
    weight = random(64, 100)
    weight.reshape(-1)[1010:3030] = 0
    (found,) = runs_in({"a.weight": weight})
    assert (found.first, found.count, found.following_bytes) == (1010, 2020, 0)


def test_zero_rows_are_not_a_hole() -> None:
    weight = random(64, 100)
    weight[20:40] = 0
    assert runs_in({"a.weight": weight}) == ()


def test_a_pruned_or_banded_weight_has_no_hole() -> None:
    weight = random(64, 100)
    weight[np.abs(weight) < 0.7] = 0
    band = np.triu(np.tril(random(64, 100), 3), -3)
    assert runs_in({"a.weight": weight, "b.weight": band}) == ()


def test_few_zeros_are_not_looked_at() -> None:
    weight = random(64, 100)
    weight.reshape(-1)[-500:] = 0
    assert runs_in({"a.weight": weight}) == ()


@pytest.mark.parametrize("slab", [7, 64, 1 << 20])
def test_runs_are_the_same_however_they_are_cut(slab: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blanks, "_SLAB", slab)
    values = np.ones((40, 5), np.float32)
    flat = values.reshape(-1)
    flat[3:60] = flat[70:131] = flat[190:] = 0
    plan = plan_of(make_tensor(values))
    assert plan is not None
    assert longest_run(plan) == (70, 61)
    flat[140:] = 0
    assert longest_run(plan_of(make_tensor(values)) or plan) == (70, 61)
    flat[131:] = 0
    assert longest_run(plan_of(make_tensor(values)) or plan) == (70, 130)


def test_more_than_the_budget_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blanks, "READ_BYTES", 10)
    weight = random(64, 100)
    weight.reshape(-1)[:2000] = 0
    tensor = make_tensor(weight, name="a.weight")
    found, left = survey_blanks(
        [make_fact("a.weight", weight.shape)], {"a.weight": tensor}, {"a.weight": statistics_of(tensor)[0]}
    )
    assert not found
    assert [item.name for item in left] == ["a.weight"]
