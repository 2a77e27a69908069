from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import ModuleFact, Units, Weights
from modelreport.measure.parts import Measured
from modelreport.measure.units.reading import plan_of
from modelreport.measure.units.survey import NORMS, is_vocabulary, row_norms, units
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_tensor, statistics_of
from tests.measure.units.tables import make_fact, make_module, make_structure


def units_of(
    arrays: dict[str, NDArray[Any]], modules: list[ModuleFact], folder: Path | None = None, **kept: Any
) -> Units:
    tensors = [make_tensor(array, name=name) for name, array in arrays.items()]
    checkpoint = make_checkpoint(*tensors, folder=folder)
    weights = Weights(tensors=statistics_of(*tensors), read_bytes=0)
    return units(Measured(checkpoint, make_structure(arrays, modules), weights, Options(), kept))


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_every_kind_of_unit_is_looked_at_where_it_lies() -> None:
    dead = random(20, 30)
    dead[:, 4] = 0
    torn = random(50, 60)
    torn.reshape(-1)[1501:] = 0
    table = random(300, 32)
    table[-2:] = 0
    arrays = {"c_attn.weight": dead, "bn.weight": np.ones(4, np.float32), "fc.weight": torn, "emb.weight": table}
    kinds = {"c_attn": "Conv1D", "bn": "BatchNorm1d", "fc": "Linear", "emb": "Embedding"}
    found = units_of(arrays, [make_module(path, kind) for path, kind in kinds.items()])
    assert [each.zeros for each in found.columns] == [(4,)]
    assert [each.name for each in found.scales] == ["bn.weight"]
    assert [each.first for each in found.runs] == [1501]
    assert [each.zero_tail for each in found.embeddings] == [2]
    assert found.unlooked == ()


def test_norms_that_were_kept_are_not_read_again() -> None:
    norms = np.ones(300)
    norms[:100] = 0
    found = units_of(
        {"emb.weight": random(300, 32)}, [make_module("emb", "Embedding")], **{"emb.weight": {NORMS: norms}}
    )
    assert found.embeddings[0].zero == 100


def test_row_norms_are_those_of_numpy() -> None:
    array = random(70, 33)
    plan = plan_of(make_tensor(array))
    assert plan is not None
    np.testing.assert_allclose(row_norms(plan), np.linalg.norm(array.astype(np.float64), axis=1), rtol=1e-12)


def test_a_vocabulary_is_a_large_embedding_that_is_not_of_positions() -> None:
    embedding = make_module("m", "Embedding")
    assert is_vocabulary(make_fact("m.weight", (30522, 384)), embedding)
    assert not is_vocabulary(make_fact("m.weight", (30522, 384), tied_to="x"), embedding)
    assert not is_vocabulary(make_fact("m.weight", (30522, 384)), make_module("m", "Linear"))
    assert not is_vocabulary(make_fact("m.weight", (2, 384)), embedding)
    assert not is_vocabulary(make_fact("position_embeddings.weight", (512, 384)), embedding)
    assert not is_vocabulary(make_fact("wpe.weight", (1024, 768)), embedding)
    assert not is_vocabulary(make_fact("m.weight", (30522, 384)), None)


def test_a_head_that_is_nearly_another_is_found_by_the_norms_that_were_kept() -> None:
    array = random(64, 48) * np.random.default_rng(1).lognormal(0, 0.1, (64, 1)).astype(np.float32)
    array[32:48] = array[:16] + 0.02 * np.random.default_rng(2).normal(size=(16, 48))
    norms = np.linalg.norm(array.astype(np.float64), axis=1)
    found = units_of({"q_proj.weight": array}, [make_module("q_proj", "Linear")], **{"q_proj.weight": {NORMS: norms}})
    assert [(each.first, each.copy, each.rows) for each in found.near] == [(0, 32, 16)]
