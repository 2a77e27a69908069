"""Singular values, as the page tells them."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import AdapterEffect, Report, Skipped, Spectra, Spectrum, Weights
from modelreport.render import format as text
from modelreport.render.html import write_html
from modelreport.render.weights.part import Told
from modelreport.render.weights.spectra import context, is_random
from tests.factories import make_report
from tests.factories_spectra import make_spectrum


def with_spectra(*spectra: Spectrum, **changes: object) -> Report:
    report = make_report()
    assert isinstance(report.weights, Weights)
    made = {"left_out": 0, "chosen": "All of them.", "matrices": len(spectra), **changes}
    facts = Spectra(tensors=spectra, **made)  # type: ignore[arg-type]
    return replace(report, weights=replace(report.weights, spectra=facts))


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = context(report, report.weights)
    assert isinstance(made, Told), made
    return made


def test_the_outcome_is_the_concentration_and_what_factors_would_save() -> None:
    one = make_spectrum("a.weight", 100, 100, rank_90=20, rank_95=30, rank_99=40)
    made = told(with_spectra(one))
    assert text.message(made.line) == (
        "90 % of the energy of a weight matrix lies in 20 % of its directions, in the median of 1; low-rank factors "
        "that keep 99 % would save 20 % of their parameters."
    )
    assert "60 % of its parameters at 90 %, 40 % at 95 %, 20 % at 99 %" in text.message(made.sentences[0])
    two = told(with_spectra(one, make_spectrum("b.weight", 100, 100, rank_90=20, rank_95=30, rank_99=40)))
    assert "the 2 matrices would lose 60 % of their parameters" in text.message(two.sentences[0])
    plain = told(with_spectra(make_spectrum("a.weight", 100, 100, rank_90=60, rank_99=90)))
    assert text.message(plain.line).endswith("would save nothing.")


def test_a_projection_alone_tells_its_largest_value() -> None:
    part = make_spectrum("a.weight", 9000, 9000, method="randomised", rank_90=None, largest=7.5)
    assert text.message(told(with_spectra(part)).line).startswith("The largest singular value of 1 matrices is 7.50")


def test_what_looks_random_is_named() -> None:
    random = [make_spectrum(f"r{i}.weight", 100, 100, random_edge=0.99, random_distance=0.03) for i in range(5)]
    learned = make_spectrum("a.weight", 100, 100)
    one = told(with_spectra(learned, random[0]))
    assert "The spectrum of r0.weight cannot be told" in text.message(one.sentences[1])
    many = text.message(told(with_spectra(learned, *random)).sentences[1])
    assert many.startswith("The spectra of 5 of 6 matrices")
    assert "(r0.weight, r1.weight, r2.weight and 2 more)" in many
    assert [row.note for row in one.tables[0].rows] == ["", "like random"]
    assert len(told(with_spectra(learned)).sentences) == 1


def test_small_matrices_and_strong_directions_are_not_called_random() -> None:
    assert not is_random(make_spectrum("a", 32, 32, random_edge=0.99, random_distance=0.01))
    assert is_random(make_spectrum("a", 96, 48, random_edge=0.99, random_distance=0.05))
    assert not is_random(make_spectrum("a", 100, 100, random_edge=1.2, random_distance=0.01))
    assert not is_random(make_spectrum("a", 100, 100, random_edge=0.99, random_distance=0.1))
    assert not is_random(make_spectrum("a", 100, 100, random_edge=None, random_distance=None))


def test_the_table_links_each_matrix_to_its_tensor_and_says_its_part() -> None:
    spectra = [make_spectrum("layers.0.conv1.weight", 100, 100, part=p) for p in ("gate i", "gate f")]
    rows = told(with_spectra(*spectra)).tables[0].rows
    assert [row.cells[0].text for row in rows] == ["layers.0.conv1, gate i", "layers.0.conv1, gate f"]
    assert rows[0].cells[0].href.startswith("#weight-")


def test_notes_say_how_matrices_were_chosen_and_what_alpha_is_worth() -> None:
    made = told(with_spectra(make_spectrum("a", 100, 100), notes=("Left out: 1 tensor.",)))
    assert made.notes[:2] == ("All of them.", "Left out: 1 tensor.")
    assert any("contested" in note for note in made.notes)
    without = told(with_spectra(make_spectrum("a", 20, 20)))
    assert not any("contested" in note for note in without.notes)


def test_the_reason_is_given_when_there_are_none() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(context(report, report.weights), Skipped)
    adapter = replace(report.weights, adapter=AdapterEffect(kind="LoRA", deltas=()))
    assert context(report, adapter) is None


def test_the_page_shows_the_part() -> None:
    page = write_html(with_spectra(make_spectrum("a.weight", 100, 100))).decode()
    assert 'id="weights-spectra"' in page
    assert "Singular values and rank" in page
