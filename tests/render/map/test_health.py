from __future__ import annotations

import msgspec
import pytest

from modelreport.facts import Evidence, Finding, Message, TensorStatistics, Weights
from modelreport.render.map import make_scene
from modelreport.render.map.health import HEALTHS, tensor_health, weight_health, worst

from .scenes import resnet


def statistics(name, *, count=100, channels=10, nan=0, zero_channels=0, minimum=-1.0, maximum=1.0):
    return TensorStatistics(
        name=name, count=count, nan=nan, positive_infinity=0, negative_infinity=0, zeros=0, minimum=minimum,
        maximum=maximum, mean=0.0, std=1.0, absolute_mean=0.5, norm=1.0, quantiles=(), histogram=None,
        channels=channels, zero_channels=zero_channels,
    )  # fmt: skip


def measured(*tensors, findings=()):
    report = resnet((1, 1)).report()
    return msgspec.structs.replace(report, weights=Weights(tensors=tensors, read_bytes=1), findings=findings)


def pointing(rule, name):
    return Finding(
        id=rule, severity="warning", state="found", title="Bad", message=Message(text="It is bad."),
        evidence=(Evidence(kind="tensor", name=name),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (statistics("a"), "sound"),
        (statistics("a", nan=1), "broken"),
        (statistics("a", zero_channels=1), "dead"),
        (statistics("a", minimum=0.0, maximum=0.0), "dead"),
        (statistics("a", channels=None, minimum=0.0, maximum=0.0), "sound"),
        (statistics("a", channels=None, nan=3), "broken"),
    ],
)
def test_the_figures_of_a_tensor_give_its_class(tensor, expected):
    assert HEALTHS[tensor_health(measured(tensor))["a"]][0] == expected


def test_findings_make_a_sound_tensor_fresh_or_noted_but_no_broken_one_better():
    tensors = (statistics("a"), statistics("b"), statistics("c", nan=1), statistics("d"))
    found = (pointing("W005", "a"), pointing("W031", "b"), pointing("W031", "c"), pointing("W031", "elsewhere"))
    classes = tensor_health(measured(*tensors, findings=found))
    assert {name: HEALTHS[kind][0] for name, kind in classes.items()} == {
        "a": "fresh", "b": "noted", "c": "broken", "d": "sound",
    }  # fmt: skip


def test_a_box_is_as_ill_as_its_worst_tensor_and_cards_without_weights_have_no_class():
    report = measured(statistics("conv1.weight"), statistics("layer2.0.conv1.weight", zero_channels=2))
    scene = make_scene(report)
    counts = zip(scene.nodes, weight_health(report, scene), strict=True)
    found = {node.path: HEALTHS[worst(counted)][0] for node, counted in counts if node.module >= 0}
    assert found["conv1"] == "sound"
    assert found["layer2.0.conv1"] == found[""] == "dead"
    assert found["layer1.0.conv1"] == "unread"
    assert found["relu"] == "none"


def test_without_statistics_every_weight_is_unread():
    report = resnet((1,)).report()
    scene = make_scene(report)
    assert {HEALTHS[worst(counts)][0] for counts in weight_health(report, scene)} == {"none", "unread"}


def test_a_box_counts_each_tensor_inside_once_whatever_reads_it():
    report = measured(statistics("conv1.weight"), statistics("layer2.0.conv1.weight", zero_channels=2))
    scene = make_scene(report)
    tensor = next(each for each in report.structure.tensors if each.name == "conv1.weight")
    for reader in scene.nodes:
        if reader.path == "relu":
            reader.operation, reader.reads = 0, (tensor,)
    whole = weight_health(report, scene)[0]
    told = {HEALTHS[kind][0]: count for kind, count in enumerate(whole) if count}
    assert told == {"dead": 1, "unread": len(report.structure.tensors) - 2, "sound": 1}
