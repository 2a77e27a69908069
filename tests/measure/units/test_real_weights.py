"""Units of published weights, each against what their numbers say when read in another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file

import modelreport
from modelreport import Report, facts


def weights_of(report: Report) -> facts.Weights:
    assert isinstance(report.weights, facts.Weights), report.weights
    return report.weights


def units_of(report: Report) -> facts.Units:
    units = weights_of(report).units
    assert isinstance(units, facts.Units), units
    return units


@pytest.fixture(scope="module")
def sentences(minilm: Path) -> Report:
    return modelreport.build(minilm, trace=False, spectra="none")


def test_the_unused_tokens_of_minilm_are_found_by_their_values_alone(sentences: Report, minilm: Path) -> None:
    """Its vocabulary says which 994 rows BERT kept free; the rows are found without it."""
    words = (minilm / "vocab.txt").read_text(encoding="utf-8").split("\n")
    free = {i for i, word in enumerate(words) if word.startswith("[unused")}
    assert len(free) == 994
    (table,) = units_of(sentences).embeddings
    assert table.how == "together"
    assert table.reserved is not None
    assert table.reserved >= 0.99 * len(free)
    assert all(words[i] == token for i, token in zip(table.indices, table.tokens, strict=True))
    rows = load_file(minilm / "model.safetensors")["embeddings.word_embeddings.weight"]
    norms = np.linalg.norm(rows.astype(np.float64), axis=1)
    assert table.low == pytest.approx(norms[sorted(free)].min())
    usual = {i for i, word in enumerate(words) if word in {"the", "of", "and", "house", "car", "##ing", "##s"}}
    assert len(usual) == 7
    assert table.high is not None
    assert norms[sorted(usual)].min() > table.high


def test_three_dimensions_of_minilms_output_are_constant(sentences: Report, minilm: Path) -> None:
    scale = load_file(minilm / "model.safetensors")["encoder.layer.5.output.LayerNorm.weight"]
    dead = set(np.flatnonzero(np.abs(scale) < 1e-8).tolist())
    found = next(each for each in units_of(sentences).scales if each.name == "encoder.layer.5.output.LayerNorm.weight")
    assert found.weak == len(dead) == 3
    assert set(found.weak_units) == dead


def test_minilm_has_no_repeats_and_its_positions_are_in_order(sentences: Report) -> None:
    weights = weights_of(sentences)
    assert weights.duplicates == ()
    assert all(each.rows is None or each.rows.identical == 0 for each in weights.tensors)
    positions, norms = weights.pictures
    assert (positions.kind, norms.kind) == ("similarity", "norms")
    assert positions.neighbours is not None and positions.apart is not None  # noqa: PT018
    assert positions.neighbours > 0.8
    assert positions.apart < 0.2


def test_dead_channels_of_a_mobile_network_are_those_of_its_graph(rapidocr: Path) -> None:
    path = rapidocr / "ch_PP-OCRv4_rec_infer.onnx"
    nodes = onnx.load(path).graph.node
    values = {n.output[0]: numpy_helper.to_array(n.attribute[0].t) for n in nodes if n.op_type == "Constant"}
    kernels = {n.input[1]: values[n.input[1]] for n in nodes if n.op_type == "Conv" and n.input[1] in values}
    want = {
        name: np.flatnonzero(~kernel.reshape(len(kernel), -1).any(axis=1)).tolist() for name, kernel in kernels.items()
    }
    want = {name: dead for name, dead in want.items() if dead}
    assert sum(map(len, want.values())) == 19
    report = modelreport.build(path, trace=False, spectra="none")
    found = {
        each.name: list(each.rows.zeros)
        for each in weights_of(report).tensors
        if each.rows is not None and each.rows.zeros
    }
    assert {name: found[name] for name in want} == want
    filters = weights_of(report).pictures[0]
    first = kernels[filters.tensor].astype(np.float64)
    assert first.shape == (16, 3, 3, 3)
    tile = np.frombuffer(filters.tiles[5], np.uint8).reshape(3, 3, 3)
    image = np.moveaxis(first[5], 0, -1)
    assert np.array_equal(tile, np.rint(image / np.abs(image).max() * 127 + 128).astype(np.uint8))


def test_the_same_units_are_found_by_any_number_of_threads(minilm: Path) -> None:
    one, four = (weights_of(modelreport.build(minilm, trace=False, spectra="none", workers=n)) for n in (1, 4))
    assert (one.units, one.pictures) == (four.units, four.pictures)
    assert [each.rows for each in one.tensors] == [each.rows for each in four.tensors]
