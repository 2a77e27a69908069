"""Which matrices a budget has room for."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.spectra.matrices import Matrix
from modelreport.measure.spectra.sampling import LARGEST_BUDGET, Choice, budget_for, everything, sample, spread
from tests.measure.spectra.cases import found_in
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(5)


def network(layers: int = 9) -> tuple[Matrix, ...]:
    wide, narrow = RNG.standard_normal((64, 32)), RNG.standard_normal((16, 16))
    tensors = [
        make_tensor(array + i, name=f"layers.{i}.{part}.weight")
        for i in range(layers)
        for part, array in (("wide", wide), ("narrow", narrow))
    ]
    return found_in(*tensors).matrices


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 100])
def test_a_spread_is_every_number_once_with_the_ends_and_the_middle_first(count: int) -> None:
    places = spread(count)
    assert sorted(places) == list(range(count))
    assert places[:3] == [0, count - 1, (count - 1) // 2][: min(count, 3)] or count == 1


def test_a_budget_for_all_takes_all_in_the_order_of_the_model() -> None:
    made = network()
    assert [choice.matrix for choice in sample(made, 1e12)] == list(made)
    assert {choice.level for choice in sample(made, 1e12)} == {"full"}


def test_a_small_budget_is_spread_over_roles_and_depths() -> None:
    made = network()
    price = {m.role: Choice(m, "full").cost for m in made}
    chosen = sample(made, 3 * sum(price.values()) * 1.001)
    assert [(c.matrix.role.split(".")[2], c.matrix.depth) for c in chosen] == [
        (part, depth) for depth in (0, 4, 8) for part in ("wide", "narrow")
    ]


def test_roles_that_take_least_come_first_so_that_more_are_seen() -> None:
    large = [make_tensor(RNG.standard_normal((96, 96)), name=f"large{i}.weight") for i in range(2)]
    small = [make_tensor(RNG.standard_normal((16, 16)), name=f"small{i}.weight") for i in range(3)]
    made = found_in(*large, *small).matrices
    chosen = sample(made, 4 * Choice(made[-1], "full").cost)
    assert [choice.matrix.tensor.name for choice in chosen] == [f"small{i}.weight" for i in range(3)]


def test_the_budget_holds() -> None:
    made = network()
    for budget in (1e4, 1e6, 3e6):
        assert sum(choice.cost for choice in sample(made, budget)) <= budget


def test_what_would_take_a_third_is_only_looked_at_for_its_largest_values() -> None:
    (large,) = found_in(make_tensor(RNG.standard_normal((600, 600)), name="large.weight")).matrices
    full, part = Choice(large, "full").cost, Choice(large, "largest").cost
    assert part < full
    assert [choice.level for choice in sample((large,), full)] == ["largest"]
    assert [choice.level for choice in sample((large,), 3 * full)] == ["full"]
    assert sample((large,), part / 2) == []


def test_a_projection_that_would_cost_more_is_not_made() -> None:
    (tall,) = found_in(make_tensor(RNG.standard_normal((20_000, 16)), name="tall.weight")).matrices
    assert [choice.level for choice in sample((tall,), Choice(tall, "full").cost)] == ["full"]


def test_power_laws_of_convolutions_take_what_is_left() -> None:
    made = found_in(*(make_tensor(RNG.standard_normal((32, 32, 3, 3)), name=f"c{i}.weight") for i in range(2))).matrices
    plain, more = Choice(made[0], "ranks").cost, Choice(made[0], "full").cost
    assert [choice.level for choice in sample(made, 6 * plain)] == ["ranks", "ranks"]
    assert 6 * plain < more
    assert [choice.level for choice in sample(made, plain + 1.001 * more)] == ["full", "ranks"]
    assert [choice.level for choice in everything(made)] == ["full", "full"]


def test_the_budget_grows_with_the_file_up_to_a_bound() -> None:
    assert budget_for(0) < budget_for(1 << 30) < budget_for(1 << 34) == budget_for(1 << 40) == LARGEST_BUDGET
