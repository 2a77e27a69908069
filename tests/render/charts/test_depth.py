"""Lines over depth."""

from __future__ import annotations

from modelreport.render.charts.depth import POINTS, ROLES, coloured, short_names


def test_each_line_has_a_colour_of_its_own_and_there_are_as_many_as_can_be_told_apart() -> None:
    lines = coloured((f"role {i}", [(float(x), x * 2.0, f"at {x}") for x in range(3)]) for i in range(ROLES + 2))
    assert [line.name for line in lines] == [f"role {i}" for i in range(ROLES)]
    assert len({line.colour for line in lines}) == ROLES
    assert (lines[0].x, lines[0].y, lines[0].hover) == ((0.0, 1.0, 2.0), (0.0, 2.0, 4.0), ("at 0", "at 1", "at 2"))


def test_long_lines_are_thinned_and_keep_their_ends() -> None:
    (line,) = coloured([("all", [(float(x), 0.0, str(x)) for x in range(3 * POINTS)])])
    assert (len(line.x), line.x[0], line.x[-1], line.hover[-1]) == (POINTS, 0.0, 3.0 * POINTS - 1, f"{3 * POINTS - 1}")


def test_names_are_short_where_that_is_clear() -> None:
    roles = [
        "encoder.#.q.weight",
        "decoder.#.q.weight",
        "decoder.#.x.weight",
        "net.#.weight",
        "w.#",
        "b.#.c.weight (3×3)",
    ]
    assert short_names(roles) == ["encoder.#.q.weight", "decoder.#.q.weight", "x", "net.#.weight", "w.#", "c (3×3)"]
    assert short_names(["blocks.#.0.weight"]) == ["blocks.#.0.weight"], "a number alone says nothing"
