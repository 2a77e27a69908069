"""Charts of singular values: what is drawn, and what the titles claim of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Skipped, Spectra, Spectrum, Weights
from modelreport.render.charts.spec import Chart, Line
from modelreport.render.charts.spectra import (
    alpha_depth,
    rank_depth,
    roles_of,
    saved_in_all,
    saved_share,
    series_of,
    spectrum_curves,
)
from tests.factories_spectra import make_spectrum


def made(*spectra: Spectrum) -> Weights:
    facts = Spectra(tensors=spectra, left_out=0, chosen="All.", matrices=len(spectra))
    return Weights(tensors=(), read_bytes=0, spectra=facts)


def layers(count: int = 4, **changes: object) -> list[Spectrum]:
    return [
        make_spectrum(f"layers.{i}.{part}.weight", *shape, role=f"layers.#.{part}.weight", depth=i,
                      **{key: value[i] if isinstance(value, list) else value for key, value in changes.items()})
        for i in range(count)
        for part, shape in (("query", (64, 64)), ("up", (256, 64)))
    ]  # fmt: skip


def drawn(found: Chart | Skipped) -> Chart:
    assert isinstance(found, Chart), found
    return found


def lines(chart: Chart) -> dict[str, Line]:
    return {layer.name: layer for layer in chart.layers if isinstance(layer, Line)}


def test_a_curve_for_each_role_from_its_middle_depth() -> None:
    chart = drawn(spectrum_curves(made(*layers())))
    assert list(lines(chart)) == ["up", "query"]  # the most weights first
    line = lines(chart)["query"]
    assert line.x == tuple(range(1, 65))
    assert line.y == pytest.approx([i**-0.5 for i in range(1, 65)])
    assert chart.rows[1][1] == "layers.2.query"


def test_the_title_names_the_most_concentrated_matrix() -> None:
    narrow = make_spectrum("head.weight", 64, 64, rank_90=5)
    chart = drawn(spectrum_curves(made(*layers(), narrow)))
    assert chart.title == "head is the most concentrated: 5 of 64 directions hold 90 % of its energy"


def test_projections_alone_have_curves_and_no_ranks() -> None:
    part = make_spectrum("a.weight", 9000, 9000, method="randomised", rank_90=None, alpha=None)
    assert drawn(spectrum_curves(made(part))).title.startswith("The largest singular values")
    assert isinstance(rank_depth(made(part)), Skipped)
    assert isinstance(alpha_depth(made(part)), Skipped)


def test_ranks_over_depth_are_shares_of_the_directions() -> None:
    chart = drawn(rank_depth(made(*layers(rank_90=[16, 32, 32, 48]))))
    assert chart.title == "90 % of the energy takes 25 % to 75 % of the directions"
    assert lines(chart)["query"].x == (0, 1, 2, 3)
    assert lines(chart)["query"].y == (0.25, 0.5, 0.5, 0.75)


def test_exponents_stand_in_their_band() -> None:
    chart = drawn(alpha_depth(made(*layers(alpha=[1.5, 2.0, 6.0, 7.0]))))
    assert chart.title == "4 of 8 power-law exponents lie between 2 and 6"
    assert [lines(chart)[f"alpha = {edge}"].y for edge in (2, 6)] == [(2.0, 2.0), (6.0, 6.0)]
    assert chart.y.low == 1.5


def test_without_repeated_layers_the_matrices_stand_in_their_order() -> None:
    single = [make_spectrum(f"part{i}.weight", 64, 64, alpha=3.0 + i) for i in range(3)]
    found, repeated = series_of(made(*single).spectra, lambda each: each.alpha)  # type: ignore[arg-type]
    assert not repeated
    assert [(series.label, [p.value for p in series.points]) for series in found] == [("all matrices", [3, 4, 5])]


def test_several_matrices_of_one_depth_are_one_point_at_their_median() -> None:
    gates = [
        make_spectrum("w", 64, 64, part=f"slice {n}", role="e.#", depth=d, alpha=2.0 + n + d)
        for d in range(3)
        for n in range(3)
    ]
    found, repeated = series_of(made(*gates).spectra, lambda each: each.alpha)  # type: ignore[arg-type]
    assert repeated
    assert [p.value for p in found[0].points] == [3, 4, 5]


def test_factors_save_by_hand_and_never_less_than_nothing() -> None:
    """rows · rank + rank · columns instead of rows · columns."""
    square, wide = make_spectrum("a", 100, 100), make_spectrum("b", 100, 300)
    assert saved_share(square, 10) == pytest.approx(1 - 2000 / 10_000)
    assert saved_share(square, 60) == 0
    assert saved_share(square, None) is None
    assert saved_in_all([square, wide], [10, 90]) == pytest.approx(8000 / 40_000)
    assert saved_in_all([], []) is None


def test_roles_are_named_by_what_tells_them_apart() -> None:
    spectra = made(*layers()).spectra
    assert isinstance(spectra, Spectra)
    assert [(label, [each.depth for each in members]) for label, members in roles_of(spectra)] == [
        ("up", [0, 1, 2, 3]), ("query", [0, 1, 2, 3]),
    ]  # fmt: skip


def test_what_is_missing_says_why() -> None:
    reason = Skipped(stage="measure", reason="Switched off.")
    for chart in (spectrum_curves, rank_depth, alpha_depth):
        assert chart(reason) == reason
        assert chart(replace(made(), spectra=reason)) == reason
