from __future__ import annotations

import pytest

from modelreport.identify.forms import expression, grouped, locators
from modelreport.identify.relations import Expression, Shape, evaluate

Tried = tuple[str, int, int, Shape]


@pytest.mark.parametrize(
    ("size", "changes", "form"),
    [
        (768, [], 768),
        (768, [("hidden", 768, 1536, (1536,))], ["=", "hidden", 1, 1, 0]),
        (2304, [("hidden", 768, 1536, (4608,))], ["=", "hidden", 3, 1, 0]),
        (514, [("positions", 512, 1024, (1026,))], ["=", "positions", 1, 1, 2]),
        (384, [("hidden", 768, 1536, (768,))], ["=", "hidden", 1, 2, 0]),
        (512, [("heads", 8, 16, (1024,)), ("width", 64, 128, (1024,))], ["*", 1, 1, "heads", "width"]),
        (1024, [("hidden", 4096, 8192, (2048,)), ("heads", 32, 64, (512,)), ("kv", 8, 16, (2048,))],
         ["*", 1, 1, "hidden", "/heads", "kv"]),
        (197, [("image_size", 224, 448, (785,)), ("patch_size", 16, 32, (50,))], ["#", "image_size", "patch_size", 1]),
        (12, [("a", 4, 5, (13,)), ("b", 8, 9, (13,))], ["+", 0, ["a", 1, 1], ["b", 1, 1]]),
    ],
)  # fmt: skip
def test_a_dimension_is_told_from_what_changes_it(size: int, changes: list[Tried], form: Expression) -> None:
    flat = {path: before for path, before, _, _ in changes}
    found = expression(0, (size,), changes, flat)
    assert found == form
    assert evaluate(found, flat) == size


def test_names_are_folded_as_far_as_their_forms_are_alike() -> None:
    forms: dict[str, list[Expression]] = {f"layers.{i}.w": [8] for i in range(3)}
    forms |= {f"stages.{i}.blocks.{k}.w": [8 * i] for i in range(2) for k in range(2)}
    found = {key: sorted(names) for key, names in grouped(list(forms), forms)}
    assert set(found) == {"layers.#.w", "stages.0.blocks.#.w", "stages.1.blocks.#.w"}
    assert found["layers.#.w"] == ["layers.0.w", "layers.1.w", "layers.2.w"]


def test_a_new_number_is_located_where_it_appears() -> None:
    shorter = {f"layer.{i}.{part}": (1,) for i in range(2) for part in ("a", "b.0")}
    longer = shorter | {"layer.2.a": (1,), "layer.2.b.0": (1,)}
    assert locators(longer, shorter) == ["layer"]


def test_a_number_that_appears_in_one_stage_only_is_located_in_that_stage() -> None:
    shorter = {f"stages.{i}.blocks.0.w": (1,) for i in range(3)}
    assert locators(shorter | {"stages.1.blocks.1.w": (1,)}, shorter) == ["stages.1.blocks"]
    everywhere = shorter | {f"stages.{i}.blocks.1.w": (1,) for i in range(3)}
    assert locators(everywhere, shorter) == ["stages.#.blocks"]
