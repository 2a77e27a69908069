"""Tensors against their peers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from modelreport.facts import Peers, TensorFact
from modelreport.measure.peers import STATISTICS, peers, rows_spread, tail_reach
from tests.factories import make_statistics
from tests.measure.tensors import make_checkpoint, make_tensor

Arrays = dict[str, np.ndarray]


def compared(arrays: Arrays, **facts: Any) -> Peers:
    """The peers of a model with these parameters."""
    tensors = [
        TensorFact(
            **{
                "name": name, "shape": a.shape, "dtype": "float32", "role": "parameter", "module": "",
                "count": a.size, "size_bytes": 4 * a.size, "stored_bytes": 4 * a.size, **facts,
            }
        )
        for name, a in arrays.items()
    ]  # fmt: skip
    measured = SimpleNamespace(
        checkpoint=make_checkpoint(*(make_tensor(a, name=name) for name, a in arrays.items())),
        structure=SimpleNamespace(tensors=tensors, modules=()),
        weights=SimpleNamespace(tensors=[make_statistics(name, a) for name, a in arrays.items()]),
    )
    found = peers(measured)  # type: ignore[arg-type]
    msgspec.json.encode(found)
    return found


def trained(depth: int = 8, seed: int = 0, growth: float = 1.0) -> Arrays:
    """Blocks as training leaves them: rows of different norms, tails, a scale that goes with depth."""
    rng = np.random.default_rng(seed)
    arrays: Arrays = {}
    for i in range(depth):
        for name, shape in (("up", (512, 64)), ("down", (64, 512))):
            rows = rng.lognormal(0, 0.3, (shape[0], 1))
            arrays[f"blocks.{i}.{name}.weight"] = rng.standard_t(6, shape) * rows * 0.05 * growth**i
        arrays[f"blocks.{i}.norm.weight"] = rng.normal(1, 0.1, 64)
        arrays[f"blocks.{i}.up.bias"] = rng.normal(0, 0.05, 512)
    return arrays


def test_peers_of_the_same_role_are_compared_and_none_is_odd() -> None:
    found = compared(trained())
    assert found.odd == ()
    assert [role.role for role in found.roles][:2] == ["blocks.#.up.weight", "blocks.#.down.weight"]
    assert [m.depth for m in found.roles[0].members] == list(range(8))
    assert [role.judged for role in found.roles] == [True, True, False, False]
    assert found.statistics == STATISTICS


@pytest.mark.parametrize("growth", [0.7, 1.5])
def test_a_trend_over_depth_makes_no_end_odd(growth: float) -> None:
    assert compared(trained(12, growth=growth)).odd == ()


def test_a_step_in_the_middle_makes_no_layer_odd() -> None:
    arrays = trained(12)
    for name in arrays:
        if int(name.split(".")[1]) >= 9:
            arrays[name] = arrays[name] * 5
    assert compared(arrays).odd == ()


def test_first_and_last_layers_may_differ() -> None:
    arrays = trained(12)
    for i in (0, 11):
        arrays[f"blocks.{i}.up.weight"] *= 1.7
    assert compared(arrays).odd == ()


@pytest.mark.parametrize("depth", [0, 3, 7])
@pytest.mark.parametrize("kind", ["normal of the same deviation", "default"])
def test_a_layer_that_was_drawn_anew_is_found_at_any_depth(depth: int, kind: str) -> None:
    arrays = trained()
    rng = np.random.default_rng(9)
    for name in ("up", "down"):
        old = arrays[f"blocks.{depth}.{name}.weight"]
        same = rng.normal(0, old.std(), old.shape)
        bound = 1 / math.sqrt(old.shape[1])
        arrays[f"blocks.{depth}.{name}.weight"] = same if kind != "default" else rng.uniform(-bound, bound, old.shape)
    found = compared(arrays)
    assert {o.name for o in found.odd} == {f"blocks.{depth}.{n}.weight" for n in ("up", "down")}
    assert {o.drawn for o in found.odd} == {"uniform" if kind == "default" else "normal"}
    assert all(abs(o.value - 1) < 0.5 < o.median - 1 and o.peers == 7 for o in found.odd)


def test_several_layers_drawn_anew_are_all_found() -> None:
    arrays = trained(12)
    for i in (10, 11):
        arrays[f"blocks.{i}.up.weight"] = np.random.default_rng(i).normal(0, 0.02, (512, 64))
    assert {o.name for o in compared(arrays).odd} == {"blocks.10.up.weight", "blocks.11.up.weight"}


def test_a_fresh_model_has_nothing_odd() -> None:
    rng = np.random.default_rng(3)
    arrays = {f"blocks.{i}.{n}.weight": rng.normal(0, 0.02, (64, 64)) for i in range(8) for n in "qkvo"}
    assert compared(arrays).odd == ()


def test_what_looks_drawn_is_listed_with_peers_or_without() -> None:
    rng = np.random.default_rng(3)
    arrays = trained() | {"head.weight": rng.normal(0, 0.02, (300, 200)), "other.weight": rng.standard_t(4, (300, 200))}
    assert compared(arrays).drawn == ("head.weight",)


def test_normal_values_whose_rows_share_a_direction_are_not_called_drawn() -> None:
    rng = np.random.default_rng(3)
    fresh = rng.normal(0, 0.02, (300, 200))
    shared = fresh + 0.004 * np.outer(rng.standard_normal(300), rng.standard_normal(200))
    found = compared(trained() | {"head.weight": fresh, "decoder.weight": shared})
    assert (found.drawn, found.related) == (("head.weight",), ("decoder.weight",))


def test_fresh_vectors_among_trained_ones_are_found() -> None:
    arrays = trained()
    arrays["blocks.4.up.bias"] = np.zeros(512)
    arrays["blocks.4.norm.weight"] = np.ones(64)
    found = compared(arrays)
    assert {(o.name, o.statistic, o.value) for o in found.odd} == {
        ("blocks.4.up.bias", "constant", 0.0),
        ("blocks.4.norm.weight", "constant", 1.0),
    }


@pytest.mark.parametrize(
    ("change", "statistic"),
    [
        (lambda a: a * 10, "scale"),
        (lambda a: a / 10, "scale"),
        (lambda a: a + 3 * a.std(), "centre"),
        (lambda a: a * (np.random.default_rng(0).random(a.shape) > 0.4), "zeros"),
    ],
    ids=["×10", "÷10", "shifted", "pruned"],
)
def test_another_scale_mean_or_sparsity_is_found(change: Any, statistic: str) -> None:
    arrays = trained(10)
    arrays["blocks.5.down.weight"] = change(arrays["blocks.5.down.weight"])
    found = compared(arrays)
    assert [(o.name, o.statistic) for o in found.odd] == [("blocks.5.down.weight", statistic)]


def test_the_value_is_in_the_units_of_the_tensor() -> None:
    arrays = trained(10)
    arrays["blocks.5.down.weight"] *= 10
    odd = compared(arrays).odd[0]
    assert odd.value == pytest.approx(arrays["blocks.5.down.weight"].std())
    others = [arrays[f"blocks.{i}.down.weight"].std() for i in range(10) if i != 5]
    assert odd.median == pytest.approx(np.median(others))


def test_few_peers_are_no_measure() -> None:
    arrays = trained(5)
    arrays["blocks.2.up.weight"] *= 100
    found = compared(arrays)
    assert found.odd == ()
    assert all(score is None for role in found.roles for m in role.members for score in m.scores)


def test_members_are_in_the_order_of_their_numbers_not_of_the_file() -> None:
    arrays = trained(12)
    found = compared(dict(sorted(arrays.items())))
    assert [m.name for m in found.roles[0].members][:3] == [f"blocks.{i}.down.weight" for i in range(3)]
    shuffled = compared(dict(sorted(arrays.items(), reverse=True)))
    assert {r.role: r.members for r in shuffled.roles} == {r.role: r.members for r in found.roles}


@pytest.mark.parametrize("facts", [{"role": "buffer"}, {"dtype": "int8"}, {"scheme": "GPTQ"}, {"tied_to": "x"}])
def test_what_is_no_weight_of_its_own_is_left_out(facts: dict[str, str]) -> None:
    assert compared(trained(), **facts).roles == ()


def test_independent_normal_values_have_a_spread_and_tails_of_one() -> None:
    values = np.random.default_rng(0).normal(0, 0.02, (2000, 300))
    s = make_statistics("w", values)
    assert rows_spread(s, 300) == pytest.approx(1, abs=0.06)
    assert tail_reach(s) == pytest.approx(1, abs=0.01)


def test_hostile_statistics_cost_nothing_but_their_own() -> None:
    arrays = trained()
    arrays["blocks.3.up.weight"] = np.zeros((512, 64))
    arrays["blocks.4.up.weight"] = np.random.default_rng(0).normal(0, 1e150, (512, 64))
    found = compared(arrays)
    assert all(
        value is None or math.isfinite(value) for role in found.roles for m in role.members for value in m.values
    )


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_two_neighbours_of_another_scale_do_not_excuse_each_other(factor: float) -> None:
    arrays = trained(12)
    names = ["blocks.5.up.weight", "blocks.6.up.weight"]
    for name in names:
        arrays[name] = arrays[name] * factor
    found = compared(arrays).odd
    assert sorted(o.name for o in found) == names
    assert {o.statistic for o in found} == {"scale"}
    assert all(abs(o.score or 0.0) >= 8 for o in found)


def test_of_small_matrices_only_the_scale_is_compared_and_only_a_factor_of_six_is_odd() -> None:
    rng = np.random.default_rng(3)
    arrays = {f"blocks.{i}.fc.weight": rng.normal(0, 0.1, (16, 16)) for i in range(8)}
    assert compared({**arrays, "blocks.4.fc.weight": arrays["blocks.4.fc.weight"] * 4}).odd == ()
    found = compared({**arrays, "blocks.4.fc.weight": arrays["blocks.4.fc.weight"] * 8})
    assert [(o.name, o.statistic) for o in found.odd] == [("blocks.4.fc.weight", "scale")]
    assert all(m.scores[0] is not None and set(m.scores[1:]) == {None} for m in found.roles[0].members)
