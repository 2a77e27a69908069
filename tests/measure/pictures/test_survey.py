from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import EmbeddingRows, ModuleFact, Picture, Units, Weights
from modelreport.measure.parts import Measured
from modelreport.measure.pictures import survey
from modelreport.measure.pictures.survey import histogram_of, pictures
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_tensor
from tests.measure.units.tables import make_module, make_structure


def pictures_of(arrays: dict[str, NDArray[Any]], modules: list[ModuleFact], *tables: str) -> tuple[Picture, ...]:
    tensors = [make_tensor(array, name=name) for name, array in arrays.items()]
    rows = tuple(EmbeddingRows(name=name, rows=len(arrays[name]), width=arrays[name].shape[1]) for name in tables)
    weights = Weights(tensors=(), read_bytes=0, units=Units(embeddings=rows))
    return pictures(Measured(make_checkpoint(*tensors), make_structure(arrays, modules), weights, Options()))


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_every_kind_is_shown_once_in_order() -> None:
    arrays = {
        "stem.weight": random(16, 3, 3, 3),
        "pos_embed": random(1, 30, 16),
        "attn.relative_position_bias_table": random(49, 3),
        "emb.weight": random(300, 16),
    }
    found = pictures_of(arrays, [make_module("stem", "Conv2d")], "emb.weight")
    assert [each.kind for each in found] == ["filters", "similarity", "bias", "norms"]
    assert len({each.id for each in found}) == 4
    histogram = found[-1].histogram
    assert histogram is not None
    assert sum(histogram.counts) == 300


def test_what_does_not_fit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "MOST_BYTES", 16 * 27)
    arrays = {"stem.weight": random(16, 3, 3, 3), "pos_embed": random(1, 30, 16)}
    assert [each.kind for each in pictures_of(arrays, [make_module("stem", "Conv2d")])] == ["filters"]


def test_a_model_without_such_layers_has_no_pictures() -> None:
    assert pictures_of({"fc.weight": random(16, 3)}, [make_module("fc", "Linear")]) == ()


def test_a_histogram_counts_finite_values_as_numpy_does() -> None:
    values = np.append(np.random.default_rng(1).normal(size=1000), [np.inf, np.nan])
    found = histogram_of(values)
    assert found is not None
    assert list(found.counts) == np.histogram(values[:1000], 64)[0].tolist()
    assert histogram_of(np.full(5, 2.0)) is not None
    assert histogram_of(np.array([np.nan])) is None
