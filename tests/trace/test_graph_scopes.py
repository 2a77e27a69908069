"""Module hierarchy from names and metadata of nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from modelreport.trace.graph_scopes import CLASSES_KEY, REWRITES_KEY, SCOPES_KEY, frames_of, join_frames
from modelreport.trace.graph_values import Frame


def paths(name: str) -> list[str]:
    return [frame.path for frame in frames_of(helper.make_node("Conv", ["x"], ["y"], name))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/layer1/layer1.0/conv1/Conv", ["layer1", "layer1.0", "layer1.0.conv1"]),
        ("/encoder/layers.0/attn/MatMul", ["encoder", "encoder.layers.0", "encoder.layers.0.attn"]),
        ("/features/features.1/conv/conv.0/Conv", ["features", "features.1", "features.1.conv", "features.1.conv.0"]),
        ("model/dense/MatMul", ["model", "model.dense"]),
        ("/Flatten", []),
        ("Conv_0", []),
        ("", []),
    ],
)
def test_paths_in_names_become_dotted_paths(name: str, expected: list[str]) -> None:
    assert paths(name) == expected


def described(scopes: str, classes: str, op: str = "Conv", rule: str = "") -> tuple[Frame, ...]:
    node = helper.make_node(op, ["x", "conv1.weight"], ["y"], "node_1")
    for key, text in ((SCOPES_KEY, scopes), (CLASSES_KEY, classes), (REWRITES_KEY, rule)):
        node.metadata_props.add(key=key, value=text)
    return frames_of(node)


def test_metadata_gives_paths_and_classes() -> None:
    frames = described(
        "['', 'layer1', 'layer1.0', 'conv2d_1']", "['m.ResNet', 'torch.Sequential', 'm.Block', 'aten.conv']"
    )
    assert frames == (Frame("layer1", "Sequential"), Frame("layer1.0", "Block"))


def test_a_convolution_that_absorbed_a_normalisation_is_put_back() -> None:
    scopes, classes = "['', 'bn1', 'batch_norm']", "['m.ResNet', 'n.BatchNorm2d', 'aten.bn']"
    assert described(scopes, classes, rule="FuseBatchNormIntoConv") == (Frame("conv1", "Conv"),)
    assert described(scopes, classes) == (Frame("bn1", "BatchNorm2d"),)


@given(scopes=st.text(max_size=60), classes=st.text(max_size=60))
def test_any_metadata_is_harmless(scopes: str, classes: str) -> None:
    assert isinstance(described(scopes, classes), tuple)


def test_code_in_metadata_is_text() -> None:
    assert described("[__import__('os').getcwd(), 'x']", "[]") == (Frame("os"),)
    assert described("[" * 30_000, "[]") == ()


def test_levels_repeated_inside_a_branch_are_left_out() -> None:
    outer = (Frame("rnn"), Frame("If_3.then_branch", "If", 1))
    assert join_frames(outer, (Frame("rnn"), Frame("rnn.cell")), inside=True) == (
        *outer,
        Frame("If_3.then_branch.rnn.cell", "", 1),
    )
    assert join_frames((), (Frame("rnn"),), inside=False) == (Frame("rnn"),)
