"""Layers unlike their peers, as findings."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import OddTensor, Report, Weights
from modelreport.judge.peers import block_of
from modelreport.render.format import message, number
from tests.factories import skipped_report
from tests.factories import with_peers as compared
from tests.judge.cases import finding, plain_report, with_array


def odd(name: str, **changes: object) -> OddTensor:
    role = "blocks.#." + name.split(".", 2)[2]
    plain = OddTensor(name=name, role=role, statistic="rows", value=1.0, median=4.0, score=-3.0, peers=7)
    return replace(plain, **changes)


def told(*found: OddTensor) -> Report:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, peers=replace(report.weights.peers, odd=found)))


def test_a_model_whose_layers_are_alike_is_clean_and_one_without_values_is_not_checked() -> None:
    assert finding(deep([0.2] * 7), "W010").state == "clean"
    assert finding(skipped_report(), "W010").state == "not_checked"


def test_a_fresh_block_is_a_warning_that_names_it_once() -> None:
    names = [f"blocks.3.{n}.weight" for n in ("q", "k", "v")]
    found = finding(told(*(odd(n, drawn="normal") for n in names)), "W010")
    assert (found.state, found.severity, [e.name for e in found.evidence]) == ("found", "warning", names)
    assert message(found.message) == (
        "3 tensors look freshly initialised while the same layers at other depths do not, all in blocks.3."
    )
    detail = found.evidence[0].detail
    assert detail
    assert message(detail).startswith("like independent normal random numbers: row norms spread 1 times")


def test_one_fresh_tensor_is_named_in_the_sentence() -> None:
    found = finding(told(odd("blocks.3.q.weight", drawn="uniform")), "W010")
    assert message(found.message) == (
        "1 tensor looks freshly initialised while the same layers at other depths do not: blocks.3.q.weight."
    )


@pytest.mark.parametrize(("score", "severity"), [(9.0, "note"), (-17.0, "warning")])
def test_a_difference_is_a_note_and_a_great_one_a_warning(score: float, severity: str) -> None:
    found = finding(told(odd("blocks.3.q.weight", statistic="tails", score=score)), "W010")
    assert (found.state, found.severity) == ("found", severity)
    assert "blocks.3.q.weight is unlike" in message(found.message)


def deep(scales: list[float]) -> Report:
    """A report with as many equal layers as scales, compared."""
    report = plain_report()
    fact = next(t for t in report.structure.tensors if t.name == "layers.3.conv2.weight")
    statistics = next(t for t in report.weights.tensors if t.name == fact.name)  # type: ignore[union-attr]
    names = [f"blocks.{i}.weight" for i in range(len(scales))]
    structure = replace(report.structure, tensors=tuple(replace(fact, name=n) for n in names))
    values = tuple(replace(statistics, name=n, std=s) for n, s in zip(names, scales, strict=True))
    weights = replace(report.weights, tensors=values)
    return replace(report, structure=structure, weights=compared(structure, weights))


@pytest.mark.parametrize("odd", [0.2 * 20.6, 0.2 / 16.2])
def test_a_layer_of_another_scale_than_its_siblings_is_a_warning(odd: float) -> None:
    found = finding(deep([0.2, 0.21, 0.19, 0.2, odd, 0.22, 0.18]), "W010")
    assert (found.state, found.severity) == ("found", "warning")
    assert [e.name for e in found.evidence] == ["blocks.4.weight"]
    detail = found.evidence[0].detail
    assert detail
    assert message(detail) == f"standard deviation {number(odd)}; its 6 peers' median is 0.200"


def test_scales_that_grow_with_depth_are_clean() -> None:
    assert finding(deep([0.02 * 1.5**i for i in range(12)]), "W010").state == "clean"


def test_few_siblings_are_nothing_to_check() -> None:
    assert finding(deep([0.2, 0.2, 20.0]), "W010").state == "not_applicable"


def test_a_fresh_layer_is_told_by_one_of_two_rules() -> None:
    name = "layers.3.conv2.weight"
    fresh = np.random.default_rng(0).uniform(-1, 1, (64, 64, 3, 3)) / 24
    report = with_array(plain_report(), name, fresh)
    assert finding(report, "W005").state == "found"
    assert isinstance(report.weights, Weights)
    drawn = odd(name, drawn="uniform")
    report = replace(report, weights=replace(report.weights, peers=replace(report.weights.peers, odd=(drawn,))))
    rest = finding(report, "W005")
    assert rest.state == "clean"
    assert message(rest.message).endswith("other weight matrices of 1,024 values or more looks as initialised.")
    assert set(rest.message.values) == {"tensor_count", "enough_count"}, (
        "fixed words are no values, which are set as names"
    )
    assert finding(report, "W010").state == "found"


@pytest.mark.parametrize(
    ("name", "role", "block"),
    [
        ("encoder.layer.3.q.weight", "encoder.layer.#.q.weight", "encoder.layer.3"),
        ("layers.3.experts.7.w1", "layers.#.experts.#.w1", "layers.3.experts.7"),
        ("layer3.2.conv1.weight", "layer#.#.conv1.weight (1×1)", "layer3.2"),
        ("a/3/w", "a/#/w", "a/3"),
        ("", "#.w", ""),
    ],
)
def test_the_block_is_the_name_up_to_its_last_index(name: str, role: str, block: str) -> None:
    assert block_of(replace(odd("blocks.0.x"), name=name, role=role)) == block
