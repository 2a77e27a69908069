"""Collapsed layers are found, healthy ones are not, and tables of vectors are another matter."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import AdapterEffect, ModuleFact, Report, Skipped, Spectra, Weights
from modelreport.measure.spectra import spectra
from modelreport.options import Options
from modelreport.render.format import message
from tests.factories import make_report
from tests.judge.cases import finding
from tests.measure.spectra.cases import make_measured
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(8)


def report_on(modules: tuple[ModuleFact, ...] = (), **arrays: np.ndarray) -> Report:
    """A report whose weights are these, with their real statistics and spectra."""
    tensors = [make_tensor(array.astype(np.float32), name=name.replace("__", ".")) for name, array in arrays.items()]
    measured = make_measured(*tensors, options=Options(spectra="all"), modules=modules)
    weights = replace(measured.weights, spectra=spectra(measured))
    return replace(make_report(), structure=measured.structure, weights=weights)


def rank_one(noise: float = 0.0, size: int = 48) -> np.ndarray:
    return np.outer(RNG.standard_normal(size), RNG.standard_normal(size)) + noise * RNG.standard_normal((size, size))


def test_a_layer_of_one_direction_is_found_and_its_neighbours_are_not() -> None:
    report = report_on(a__weight=RNG.standard_normal((48, 48)), b__weight=rank_one(noise=0.01))
    found = finding(report, "W040")
    assert (found.state, found.severity) == ("found", "warning")
    assert [each.name for each in found.evidence] == ["b.weight"]
    assert found.message.values["matrix_count"] == 2


def test_a_weight_that_outgrew_all_others_is_one_direction() -> None:
    planted = RNG.standard_normal((48, 48))
    planted[3, 5] = 1e4
    assert finding(report_on(a__weight=planted), "W040").state == "found"


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_strong_direction_beside_others_is_normal(share: float) -> None:
    assert finding(report_on(a__weight=rank_one(noise=share)), "W040").state == "clean"


def test_tables_of_vectors_and_small_layers_may_have_one_direction() -> None:
    report = report_on(wte__weight=rank_one(), tokens__weight=rank_one(), head__weight=rank_one(size=10))
    embedding = ModuleFact(path="tokens", name="tokens", type="Embedding", parent=-1, parameters=0, own_parameters=0)
    report = replace(report, structure=replace(report.structure, modules=(embedding,)))
    found = finding(report, "W040")
    assert found.state == "not_applicable"
    assert "32 inputs" in found.message.text or found.message.values == {"side_count": 32}


def test_what_was_left_out_for_the_budget_and_parts_of_a_weight_are_counted() -> None:
    report = report_on(a__weight=RNG.standard_normal((64, 64)), b__weight=RNG.standard_normal((64, 64)))
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.spectra, Spectra)
    first, second = report.weights.spectra.tensors
    gates = replace(report.weights.spectra, tensors=(first, replace(second, name=first.name, part="2")), left_out=3)
    words = message(finding(replace(report, weights=replace(report.weights, spectra=gates)), "W041").message)
    assert words == (
        "All 2 matrices have more than half of their rank, dead and repeated rows aside; they are parts of 1 weight; 3 "
        "matrices were not computed."
    )


def test_a_product_of_factors_is_of_low_rank() -> None:
    product = RNG.standard_normal((64, 16)) @ RNG.standard_normal((16, 96))
    report = report_on(a__weight=RNG.standard_normal((64, 96)), b__weight=product)
    found = finding(report, "W041")
    assert (found.state, found.severity) == ("found", "note")
    assert [(each.name, each.detail.values["rank"]) for each in found.evidence] == [("b.weight", 16)]


def test_rank_lost_to_dead_or_repeated_rows_is_told_elsewhere() -> None:
    dead, repeated = RNG.standard_normal((40, 40)), RNG.standard_normal((40, 40))
    dead[:30] = 0
    repeated[10:] = repeated[0]
    assert finding(report_on(a__weight=dead, b__weight=repeated), "W041").state == "clean"


def test_what_was_not_computed_is_not_checked_and_a_model_without_layers_has_none_to_check() -> None:
    report = report_on(a__weight=RNG.standard_normal((48, 48)))
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.spectra, Spectra)
    off = replace(report.weights, spectra=Skipped(stage="measure", reason="Spectra were switched off."))
    for rule in ("W040", "W041"):
        found = finding(replace(report, weights=off), rule)
        assert found.state == "not_checked"
        assert found.message.values["reason"] == "Spectra were switched off."
        adapter = AdapterEffect(kind="LoRA", deltas=())
        assert finding(replace(report, weights=replace(off, adapter=adapter)), rule).state == "not_applicable"
        small = replace(report, weights=off, structure=replace(report.structure, tensors=()))
        assert finding(small, rule).state == "not_applicable"
