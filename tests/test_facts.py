"""The contract: frozen, documented, and it reads back."""

from __future__ import annotations

import ast
import inspect

import msgspec
import pytest

from modelreport import facts
from tests.factories import make_report, skipped_report

STRUCTS = [v for v in vars(facts).values() if isinstance(v, type) and issubclass(v, facts.Fact) and v is not facts.Fact]


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda k: k.__name__)
def test_every_fact_is_frozen_and_documented(kind: type[facts.Fact]) -> None:
    assert kind.__struct_config__.frozen
    assert kind.__doc__


def test_units_are_in_the_names_of_fields() -> None:
    tree = ast.parse(inspect.getsource(facts))
    fields = {n.target.id for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    assert not {f for f in fields if f.split("_")[-1] in {"size", "duration", "time", "seconds"}}


@pytest.mark.parametrize("make", [make_report, skipped_report])
def test_a_report_reads_back_equal(make: object) -> None:
    report = make()  # type: ignore[operator]
    data = msgspec.json.encode(report, order="sorted")
    assert msgspec.json.decode(data, type=facts.Report) == report


def test_a_fact_cannot_be_changed() -> None:
    item = facts.Item(name="a", value="b")
    with pytest.raises(AttributeError):
        item.value = "c"  # type: ignore[misc]


def test_quantiles_are_ascending_inside_zero_and_one() -> None:
    assert list(facts.QUANTILES) == sorted(set(facts.QUANTILES))
    assert facts.QUANTILES[0] > 0
    assert facts.QUANTILES[-1] < 1
