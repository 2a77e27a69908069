from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.precision.chosen import choose, is_table
from tests.measure.units.tables import make_fact, make_module, make_structure

MATRIX = np.ones((8, 8), np.float32)
VECTOR = np.ones(8, np.float32)


def test_matrices_are_taken_and_the_rest_is_told_apart() -> None:
    arrays = {
        "embed.weight": MATRIX, "layer.weight": MATRIX, "layer.bias": VECTOR, "norm.weight": VECTOR,
        "norm.running_var": VECTOR, "layer.relative_position_bias_table": MATRIX, "packed.qweight": MATRIX,
        "small.weight": MATRIX,
    }  # fmt: skip
    structure = make_structure(
        arrays,
        [make_module("embed", "Embedding"), make_module("layer", "Linear"), make_module("norm", "BatchNorm1d")],
        running_var={"role": "buffer"},
        qweight={"scheme": "GPTQ 4 bit"},
    )
    facts = tuple(fact for fact in structure.tensors if fact.name != "small.weight")
    facts = (*facts, make_fact("small.weight", (8, 8), dtype="int8"))
    structure = type(structure)(**{f: getattr(structure, f) for f in structure.__struct_fields__} | {"tensors": facts})
    chosen = choose(structure)
    assert [fact.name for fact in chosen.matrices] == ["layer.weight"]
    assert len(chosen.floats) == 6
    assert (chosen.packed, chosen.narrow, chosen.tables) == (1, 1, 1)


def test_tied_tensors_count_once() -> None:
    structure = make_structure({"a.weight": MATRIX, "b.second": MATRIX}, second={"tied_to": "a.weight"})
    assert [fact.name for fact in choose(structure).matrices] == ["a.weight"]


@pytest.mark.parametrize(
    ("name", "kind", "table"),
    [
        ("wte.weight", "Embedding", True),
        ("wte.weight", "", True),
        ("pos_embed", "VisionTransformer", True),
        ("position_embeddings.weight", "", True),
        ("embed.proj.weight", "Conv2d", False),
        ("patch_embed.weight", "Conv2d", False),
        ("time_embedding.weight", "Linear", False),
        ("lm_head.weight", "", False),
        ("rel_pos_table", "Block", True),
        ("fc.weight", "Linear", False),
    ],
)
def test_lookup_tables_are_known_by_module_or_name(name: str, kind: str, *, table: bool) -> None:
    assert is_table(make_fact(name, (8, 8)), kind) is table
