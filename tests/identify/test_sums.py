from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import Item, TensorFact
from modelreport.identify.sums import signatures_of, sum_up
from modelreport.identify.tensors import Sharing
from modelreport.identify.tree import Node


def tensor(name: str, count: int, role: str = "parameter") -> TensorFact:
    return TensorFact(
        name=name, shape=(count,), dtype="float32", role=role, module="", count=count, size_bytes=4 * count,
        stored_bytes=4 * count,
    )  # fmt: skip


def node(path: str, parent: int, kind: str = "M", **fields: object) -> Node:
    return Node(path, path.rpartition(".")[2], kind, "", parent, **fields)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """Parents of each node (before it), and tensors: elements and the nodes that have them."""
    size = draw(st.integers(1, 12))
    parents = [-1] + [draw(st.integers(0, i)) for i in range(size - 1)]
    order = _preorder(parents)
    groups = draw(
        st.lists(st.tuples(st.integers(1, 9), st.lists(st.integers(0, size - 1), min_size=1, max_size=4)), max_size=6)
    )
    return order, groups


def _preorder(parents: list[int]) -> list[int]:
    """The same tree numbered in order of registration."""
    children: dict[int, list[int]] = {}
    for i, p in enumerate(parents):
        children.setdefault(p, []).append(i)
    order: list[int] = []
    todo = [(0, -1)]
    while todo:
        old, parent = todo.pop()
        order.append(parent)
        todo.extend((c, len(order) - 1) for c in reversed(children.get(old, [])))
    return order


@given(trees())
def test_each_tied_tensor_counts_once_below_every_module(case: tuple[list[int], list[tuple[int, list[int]]]]) -> None:
    parents, groups = case
    nodes = [node(str(i), p) for i, p in enumerate(parents)]
    facts = [tensor(str(i), count) for i, (count, _) in enumerate(groups)]
    sharing = [Sharing(i, -1, f.stored_bytes) for i, f in enumerate(facts)]
    found = sum_up(nodes, facts, sharing, {i: members for i, (_, members) in enumerate(groups)})
    for place in range(len(nodes)):
        below = {i for i in range(len(nodes)) if place in ancestors(parents, i)}
        expected = sum(count for count, members in groups if below & set(members))
        assert found[place].parameters == expected
        assert found[place].size_bytes == 4 * expected


def ancestors(parents: list[int], place: int) -> set[int]:
    found = set()
    while place >= 0:
        found.add(place)
        place = parents[place]
    return found


def test_buffers_are_counted_apart() -> None:
    found = sum_up([node("", -1)], [tensor("a", 3), tensor("b", 5, "buffer"), tensor("c", 7, "constant")],
                   [Sharing(i, -1, 4) for i in range(3)], {0: [0], 1: [0], 2: [0]})[0]  # fmt: skip
    assert (found.parameters, found.buffers, found.size_bytes) == (3, 5, 8)


def signature(rate: str, size: int, kind: str = "Block", child: str = "0") -> str:
    place = Item(name="layer_idx", value=rate)
    nodes = [node("", -1), node("a", 0, kind, attributes=(place, Item(name="k", value="3"))),
             node(f"a.{child}", 1, "Dropout", attributes=(Item(name="p", value=rate),))]  # fmt: skip
    return signatures_of(nodes, [{}, {"weight": 0}, {}], [tensor("a.weight", size)])[1]


def test_equal_blocks_have_equal_signatures_whatever_their_rates_and_places() -> None:
    assert signature("0.1", 4) == signature("0.2", 4)
    assert (
        len({signature("0.1", 4), signature("0.1", 5), signature("0.1", 4, "Other"), signature("0.1", 4, child="1")})
        == 4
    )
