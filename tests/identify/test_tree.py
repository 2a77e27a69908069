from __future__ import annotations

from torch import nn

from modelreport.checkpoint import ModuleNode
from modelreport.facts import Item
from modelreport.identify.tree import (
    DEEPEST_NAME,
    class_name,
    nodes_of_module,
    nodes_of_paths,
    nodes_of_tree,
    split_name,
)  # fmt: skip
from tests.identify.checkpoints import make_tree


def net() -> nn.Module:
    shared = nn.Sequential(nn.Linear(3, 3, bias=False))
    return nn.Sequential(shared, nn.ReLU(), shared)


def test_live_and_pickled_modules_have_the_same_tree() -> None:
    for found in (nodes_of_module(net(), "Net"), nodes_of_tree(make_tree(net())[0], "Net")):
        assert [(n.path, n.name, n.type, n.parent, n.shared_with) for n in found] == [
            ("", "Net", "Sequential", -1, -1),
            ("0", "0", "Sequential", 0, -1),
            ("0.0", "0", "Linear", 1, -1),
            ("1", "1", "ReLU", 0, -1),
            ("2", "2", "Sequential", 0, 1),
        ]
        assert found[2].type_path == "torch.nn.modules.linear.Linear"
        assert found[2].attributes[-1] == Item(name="bias", value="False")


def test_cycles_and_lattices_end() -> None:
    node = ModuleNode("a.B")
    node.children = {"x": node, "y": None}
    assert [n.shared_with for n in nodes_of_tree(node, "")] == [-1, 0]
    for _ in range(200):
        node = ModuleNode("a.B", children={"0": node, "1": node})
    assert len(nodes_of_tree(node, "")) == 402


def test_the_mangling_of_scripts_is_taken_off() -> None:
    assert class_name("__torch__.torch.nn.modules.conv.___torch_mangle_12.Conv2d") == "Conv2d"
    assert class_name("Net") == "Net"
    assert class_name("") == "Module"


def test_dotted_paths_become_a_tree_in_natural_order() -> None:
    paths = ["stem", "blocks.0.attn", "blocks.1.attn", "blocks.0.mlp", "head", ""]
    types = {"head": ("Linear", "", (Item(name="in_features", value="3"),))}
    found = nodes_of_paths(paths, types, "net")
    assert [(n.path, n.type, n.parent) for n in found] == [
        ("", "Module", -1),
        ("stem", "Module", 0),
        ("blocks", "Sequential", 0),
        ("blocks.0", "Module", 2),
        ("blocks.0.attn", "Module", 3),
        ("blocks.0.mlp", "Module", 3),
        ("blocks.1", "Module", 2),
        ("blocks.1.attn", "Module", 6),
        ("head", "Linear", 0),
    ]


def test_strange_names_stay_trees() -> None:
    for path in ("..", ".a", "a.", "a..b", "…", "</script>", "\u202e"):
        found = nodes_of_paths([path], {}, "net")
        assert found[0].parent == -1
        assert all(0 <= n.parent < i for i, n in enumerate(found) if i)


def test_a_name_of_a_million_dots_is_not_a_million_modules() -> None:
    parts = split_name("a." * 1_000_000 + "weight")
    assert len(parts) == DEEPEST_NAME + 2
    assert parts[-1] == "weight"
    assert split_name("weight") == ["weight"]
    assert split_name("a.b") == ["a", "b"]
