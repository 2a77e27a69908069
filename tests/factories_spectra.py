"""Spectra made by hand for tests: singular values that fall by the square root of their place."""

from __future__ import annotations

import math

from modelreport.facts import Spectra, Spectrum, Structure


def make_spectrum(name: str, rows: int, columns: int, **changes: object) -> Spectrum:
    """A matrix whose i-th singular value is 1 / √i."""
    short = min(rows, columns)
    values = tuple(i**-0.5 for i in range(1, short + 1))
    energy = math.fsum(v * v for v in values)
    reached = [math.fsum(v * v for v in values[: i + 1]) / energy for i in range(short)]
    made: dict[str, object] = {
        "name": name, "rows": rows, "columns": columns, "method": "full", "values": values[:64],
        "places": tuple(range(min(short, 64))), "largest": 1.0, "smallest": values[-1], "stable_rank": energy,
        "effective_rank": 0.9 * short, "rank": short, "condition": 1 / values[-1],
        **{f"rank_{level}": 1 + sum(r < level / 100 for r in reached) for level in (90, 95, 99)},
        "alpha": 3.5 if short >= 50 else None, "alpha_distance": 0.08 if short >= 50 else None,
        "random_edge": 2.0, "random_distance": 0.3,
    }  # fmt: skip
    return Spectrum(**{**made, **changes})  # type: ignore[arg-type]


def make_spectra(structure: Structure) -> Spectra:
    """One for each parameter of 8 × 8 or more."""
    shapes = [
        (t.name, t.shape[0], math.prod(t.shape[1:]))
        for t in structure.tensors
        if t.role == "parameter" and len(t.shape) > 1 and not t.tied_to
    ]
    made = tuple(make_spectrum(name, *sides) for name, *sides in shapes if min(sides) >= 8)
    return Spectra(tensors=made, left_out=0, chosen=f"All {len(made)} weight matrices.", matrices=len(made))
