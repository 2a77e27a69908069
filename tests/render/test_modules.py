"""The module tree as lines."""

from __future__ import annotations

import time

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import ModuleFact, Structure
from modelreport.render.modules import OPEN_LINES, folded, ordered, run_of
from tests.factories import make_report


def structure(*nodes: tuple[int, str]) -> Structure:
    """A tree from (parent, signature) pairs."""
    modules = tuple(
        ModuleFact(path=str(i), name=str(i), type="M", parent=parent, parameters=0, own_parameters=0, signature=s)
        for i, (parent, s) in enumerate(nodes)
    )
    return msgspec.structs.replace(make_report().structure, modules=modules)


def test_three_equal_neighbours_share_a_line_and_keep_their_own() -> None:
    lines = ordered(structure((-1, ""), (0, "a"), (0, "b"), (0, "b"), (0, "b"), (0, "c")))
    assert [(line.members, line.depth) for line in lines] == [
        ((0,), 0), ((1,), 1), ((2, 3, 4), 1), ((2,), 2), ((3,), 2), ((4,), 2), ((5,), 1),
    ]  # fmt: skip
    assert lines[2].module is None


def test_two_neighbours_or_unknown_signatures_stay_apart() -> None:
    assert len(ordered(structure((-1, ""), (0, "a"), (0, "a")))) == 3
    assert len(ordered(structure((-1, ""), (0, ""), (0, ""), (0, "")))) == 4


def test_repeats_are_folded_and_a_small_tree_is_open() -> None:
    lines = ordered(structure((-1, ""), (0, "x"), (1, "y"), (0, "b"), (0, "b"), (0, "b")))
    assert dict(zip([line.members for line in lines], folded(lines), strict=True)) == {
        (0,): False, (1,): False, (2,): False, (3, 4, 5): True, (3,): False, (4,): False, (5,): False,
    }  # fmt: skip


def test_a_large_tree_opens_as_far_as_it_stays_readable() -> None:
    nodes = [(-1, "")] + [(0, f"s{i}") for i in range(20)]
    nodes += [(1 + i // 10, f"t{i}") for i in range(200)]
    lines = ordered(structure(*nodes))
    closed = folded(lines)
    assert closed[0] is False
    assert sum(closed) == 20
    assert sum(line.depth <= 1 for line in lines) <= OPEN_LINES


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc ")), max_size=40))
def test_every_module_stands_once_after_its_parent(pairs: list[tuple[int, str]]) -> None:
    nodes = [(-1, "")] + [(parent % (i + 1), s.strip()) for i, (parent, s) in enumerate(pairs)]
    made = structure(*nodes)
    lines = ordered(made)
    single = [line.module for line in lines if line.module is not None]
    assert sorted(single) == list(range(len(nodes)))
    for i, line in enumerate(lines):
        assert line.parent < i
        assert line.depth == (lines[line.parent].depth + 1 if line.parent >= 0 else 0)


def test_a_module_whose_parent_comes_later_is_not_lost() -> None:
    lines = ordered(structure((-1, ""), (5, "a"), (0, "b")))
    assert sorted(line.members[0] for line in lines) == [0, 1, 2]


def test_a_very_deep_tree_is_no_recursion() -> None:
    lines = ordered(structure(*((i - 1, f"s{i}") for i in range(5000))))
    assert lines[-1].depth == 4999


def test_siblings_that_take_turns_share_a_line_with_their_period() -> None:
    blocks = [(0, "dense" if i % 2 else "routed") for i in range(6)]
    lines = ordered(structure((-1, ""), *blocks, *((i + 1, f"leaf{blocks[i][1]}") for i in range(6))))
    group = next(line for line in lines if line.module is None)
    assert (group.members, group.period) == ((1, 2, 3, 4, 5, 6), 2)


def test_leaves_in_turn_stay_apart() -> None:
    lines = ordered(structure((-1, ""), *((0, "conv" if i % 2 else "relu") for i in range(8))))
    assert all(line.module is not None for line in lines)


def test_a_run_covers_as_much_as_it_can_with_the_shortest_period() -> None:
    assert run_of("aaaa", 0) == (4, 1)
    assert run_of("ababab", 0) == (3, 2)
    assert run_of("aabaabaab", 0) == (3, 3)
    assert run_of("abcabc", 0) == (1, 1)
    assert run_of(["", "", "", ""], 0) == (1, 1)


def test_ten_thousand_leaves_in_turn_take_no_time() -> None:
    start = time.process_time()
    assert len(ordered(structure((-1, ""), *((0, "abc"[i % 3]) for i in range(10_000))))) == 10_001
    assert time.process_time() - start < 10
