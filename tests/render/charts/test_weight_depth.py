"""Statistics over depth, a line for each role."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import Report, Skipped
from modelreport.render.charts.depth import ROLES
from modelreport.render.charts.spec import Chart, Line
from modelreport.render.charts.weight_depth import BY_ID, weight_depth
from tests.factories import make_report, skipped_report
from tests.factories_deep import deep_arrays, deep_report, report_of


def drawn(report: Report, name: str) -> Chart:
    chart = weight_depth(report, BY_ID[name])
    assert isinstance(chart, Chart)
    return chart


def lines(chart: Chart) -> dict[str, Line]:
    return {layer.name: layer for layer in chart.layers if isinstance(layer, Line)}


def test_a_line_for_each_role_follows_its_values_over_depth() -> None:
    arrays = deep_arrays()
    found = lines(drawn(report_of(arrays), "weight-scale"))
    assert set(found) == {"attn.q", "attn.k", "mlp.up", "mlp.down"}
    assert found["attn.q"].x == tuple(range(12))
    assert found["attn.q"].y == pytest.approx([arrays[f"blocks.{i}.attn.q.weight"].std() for i in range(12)])


def test_the_titles_name_the_tensor_that_stands_out() -> None:
    arrays = deep_arrays()
    arrays["blocks.4.mlp.up.weight"][7] *= 50
    arrays["blocks.6.attn.k.weight"][:, ::2] = 0
    report = report_of(arrays)
    assert "blocks.4.mlp.up" in drawn(report, "weight-kurtosis").title
    assert "blocks.4.mlp.up" in drawn(report, "weight-outliers").title
    assert drawn(report, "weight-sparsity").title.startswith("50 % of blocks.6.attn.k")
    assert drawn(deep_report(), "weight-scale").title.startswith("mlp.down changes most in scale")


def test_kurtosis_is_three_for_normal_values() -> None:
    rng = np.random.default_rng(0)
    arrays = {f"blocks.{i}.{n}.weight": rng.normal(0, 1, (64, 64)) for i in range(4) for n in ("a", "b")}
    y = lines(drawn(report_of(arrays), "weight-kurtosis"))["a"].y
    assert y == pytest.approx([3.0] * 4, abs=0.35)


def test_nothing_is_drawn_where_nothing_is_zero() -> None:
    found = weight_depth(report_of(deep_arrays()), BY_ID["weight-sparsity"])
    assert isinstance(found, Skipped)
    assert found.reason == "No weight has a value of exactly zero."


def test_experts_of_one_depth_are_one_point_with_a_range() -> None:
    found = drawn(deep_report(6, 5), "weight-scale")
    line = lines(found)["experts.#.up" if "experts.#.up" in lines(found) else "up"]
    assert line.x == tuple(range(6))
    assert "of 5" in line.hover[0]
    assert "Where several lie at one depth, their median." in found.caption


def test_without_repeated_layers_the_weights_follow_each_other() -> None:
    found = drawn(make_report(), "weight-scale")
    assert set(lines(found)) == {"all weights"}
    assert found.x.title == "place in the model"
    assert len(lines(found)["all weights"].x) == 12


def test_many_roles_are_cut_to_what_can_be_told_apart_and_that_is_said() -> None:
    rng = np.random.default_rng(0)
    arrays = {
        f"blocks.{i}.part{'abcdefghijklmn'[n]}.weight": rng.normal(0, 1, (9, 9 + n))
        for i in range(4)
        for n in range(12)
    }
    found = drawn(report_of(arrays), "weight-scale")
    assert len(lines(found)) == ROLES
    assert "the 8 largest of 12 repeated weights" in found.caption


def test_reasons_are_passed_on() -> None:
    report = skipped_report()
    assert weight_depth(report, BY_ID["weight-scale"]) is report.weights
    empty = make_report()
    assert isinstance(
        weight_depth(replace(empty, weights=replace(empty.weights, tensors=())), BY_ID["weight-scale"]), Skipped
    )  # type: ignore[arg-type]
