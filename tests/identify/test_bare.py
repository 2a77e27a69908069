from __future__ import annotations

from modelreport.identify.bare import candidates, ties, unwrapped
from modelreport.identify.families import Family, decode, encode
from modelreport.identify.fitting import Shape

HIDDEN, INNER = ["=", "hidden", 1, 1, 0], ["=", "inner", 1, 1, 0]
KEYS = [
    ["embed.weight", [["=", "vocab", 1, 1, 0], HIDDEN]],
    ["layers.#.up.weight", [INNER, HIDDEN]],
    ["layers.#.down.weight", [HIDDEN, INNER]],
    ["norm.weight", [HIDDEN]],
    ["head.weight", [["=", "num_labels", 1, 1, 0], HIDDEN]],
    ["layers.#.up.bias", [None]],
    ["pooler.weight", [HIDDEN, HIDDEN]],
]


def family(name: str, **more: object) -> Family:
    return Family(
        type=name, module=f"transformers.models.{name}.modeling_{name}", prefix="model",
        values={"hidden": 64, "inner": 256, "vocab": 1000, "depth": 2, "num_labels": 2}, keys=KEYS,
        counts=[["depth", "layers", 1, 1, 0]], flags=[["bias", True, [5], []]],
        classes=[[f"{name}Model", False, False, [0, 1, 2, 3, 6]], [f"{name}Head", True, False, [0, 1, 2, 3, 4, 6]]],
        **more,
    )  # type: ignore[arg-type]  # fmt: skip


INDEX = decode(encode({}, [family("A"), family("B")]))


def shapes(prefix: str = "", depth: int = 3, hidden: int = 48, inner: int = 100) -> dict[str, Shape]:
    own: dict[str, Shape] = {"embed.weight": (77, hidden), "norm.weight": (hidden,)}
    for i in range(depth):
        own |= {f"layers.{i}.up.weight": (inner, hidden), f"layers.{i}.down.weight": (hidden, inner)}
    return {prefix + n: s for n, s in own.items()}


def test_any_width_and_depth_is_the_family_and_its_values_are_read_off() -> None:
    best = candidates(shapes(), INDEX)[0]
    assert (best.name, best.similarity) == ("AModel", 1.0)
    assert best.solution.values == {"depth": 3, "hidden": 48, "inner": 100, "vocab": 77}
    assert (best.solution.against, best.solution.open) == (0, 0)
    assert best.class_path == "transformers.models.A.modeling_A.AModel"


def test_families_with_the_same_names_and_relations_are_ties() -> None:
    found = candidates(shapes(), INDEX)
    assert [c.name for c in ties(found[0], found)] == ["BModel"]


def test_a_head_tells_the_class_and_the_number_of_labels() -> None:
    best = candidates(shapes("model.") | {"head.weight": (10, 48)}, INDEX)[0]
    assert (best.name, best.literal, best.wrapper) == ("AHead", True, "")
    assert best.solution.values["num_labels"] == 10


def test_wrappers_are_taken_off_and_named() -> None:
    best = candidates(shapes("module.net."), INDEX)[0]
    assert (best.name, best.wrapper, best.similarity) == ("AModel", "module.net.", 1.0)


def test_names_that_a_switch_adds_prove_the_switch() -> None:
    best = candidates(shapes() | {f"layers.{i}.up.bias": (100,) for i in range(3)}, INDEX)[0]
    assert best.switches == {"bias": True}
    assert best.similarity == 1.0
    assert candidates(shapes(), INDEX)[0].switches == {}


def test_shapes_that_contradict_each_other_are_counted() -> None:
    best = candidates({**shapes(), "layers.1.up.weight": (101, 49)}, INDEX)[0]
    assert best.solution.against == 1


def test_names_that_are_missing_or_too_many_are_told() -> None:
    own = {n: s for n, s in shapes().items() if n != "norm.weight"} | {"more.weight": (1,)}
    best = candidates(own, INDEX)[0]
    assert (best.missing, best.unexpected) == (("norm.weight",), ("more.weight",))
    assert best.similarity == 3 / 5


def test_unknown_and_empty_names_find_nothing() -> None:
    assert candidates({"x.y": (1,)}, INDEX) == []
    assert candidates({}, INDEX) == []


def test_prefixes_that_most_names_share_are_tried_and_numbers_are_none() -> None:
    names = unwrapped(["a.b.0.x", "a.b.1.x", "a.b.2.x", "z"])
    assert [n.wrapper for n in names] == ["", "a.", "a.b."]
    assert names[2].files["0.x"] == "a.b.0.x"
    assert [n.wrapper for n in unwrapped(["0.x", "0.y"])] == [""]
