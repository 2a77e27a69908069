from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.charts.partition import as_float, part_of, partition, thin


@dataclass(frozen=True, eq=False)
class Tree:
    name: str
    own: int
    inside: tuple["Tree", ...] = ()

    @property
    def weight(self):
        return self.own + sum(each.weight for each in self.inside)


def parts_of(tree, limit=28):
    return partition(
        tree,
        weight=lambda each: each.weight,
        expand=lambda each: each.inside,
        group=lambda run: Tree(f"{run[0].name}…{run[-1].name}", 0, tuple(run)),
        limit=limit,
    )


def leaf(name, weight):
    return Tree(name, weight)


def test_heavy_siblings_open_together_and_light_ones_stay_shut():
    stages = tuple(Tree(f"s{i}", 0, (leaf(f"s{i}.a", 10), leaf(f"s{i}.b", 10))) for i in range(3))
    names = [each.name for each in parts_of(Tree("", 0, (leaf("stem", 1), *stages, leaf("head", 1))))]
    assert names == ["stem", "s0.a", "s0.b", "s1.a", "s1.b", "s2.a", "s2.b", "head"]


def test_a_long_list_is_opened_into_runs():
    found = parts_of(Tree("", 0, tuple(leaf(str(i), 5) for i in range(96))))
    assert len(found) <= 28
    assert found[0].name == "0…3"
    assert sum(each.weight for each in found) == 480


def test_parts_without_weight_are_left_out():
    assert [each.name for each in parts_of(Tree("", 0, (leaf("a", 5), leaf("b", 0))))] == ["a"]


trees = st.recursive(
    st.integers(0, 50).map(lambda weight: Tree("leaf", weight)),
    lambda inner: st.lists(inner, max_size=40).map(lambda found: Tree("node", 0, tuple(found))),
    max_leaves=120,
)


@given(trees, st.integers(4, 30))
def test_parts_cover_the_whole_within_the_limit(tree, limit):
    found = parts_of(tree, limit)
    assert sum(each.weight for each in found) == tree.weight
    assert len(found) <= limit


def test_thin_keeps_both_ends():
    assert thin(range(100), 5) == [0, 25, 50, 74, 99]
    assert thin([1, 2], 5) == [1, 2]


def test_huge_counts_become_finite():
    assert as_float(10**400) == 1e300
    assert part_of(1, 0) == 0
