from __future__ import annotations

import msgspec
import pytest

from modelreport.facts import Item
from modelreport.render.map import make_scene
from modelreport.render.map.modules import MAX_DEPTH, guess_family

from .scenes import deep, resnet


def test_without_a_pass_the_registered_modules_are_shown_and_said_to_be_inferred():
    scene = make_scene(resnet().report(traced=False))
    assert not scene.flow
    assert scene.note.startswith("Inferred from the module tree, no data flow")
    assert all(not node.edges for node in scene.nodes)
    names = [scene.nodes[index].name for index in scene.nodes[0].children]
    assert names[:5] == ["conv1", "bn1", "relu", "maxpool", "layer1"]


def test_a_module_registered_twice_is_drawn_once():
    report = resnet().report(traced=False)
    modules = list(report.structure.modules)
    modules[-1] = msgspec.structs.replace(modules[-1], shared_with="conv1")
    structure = msgspec.structs.replace(report.structure, modules=tuple(modules))
    scene = make_scene(msgspec.structs.replace(report, structure=structure))
    assert modules[-1].path not in {node.path for node in scene.nodes}


def test_a_report_without_modules_still_has_a_map():
    report = resnet().report(traced=False)
    scene = make_scene(msgspec.structs.replace(report, structure=msgspec.structs.replace(report.structure, modules=())))
    assert len(scene.nodes) == 1


def test_deeply_nested_modules_are_cut_at_the_depth_that_can_be_drawn():
    scene = make_scene(deep(200).report(traced=False))
    assert max(depth for _, depth in scene.walk()) <= MAX_DEPTH


@pytest.mark.parametrize(
    ("kind", "family"),
    [("Conv2d", "conv"), ("BatchNorm2d", "norm"), ("LayerNormConv", "norm"), ("NonLinear", "linear"), ("Foo", "other")],
)
def test_the_family_of_a_module_is_guessed_from_its_type(kind, family):
    assert guess_family(kind) == family


@pytest.mark.parametrize(
    ("attributes", "line"),
    [
        ({"in_channels": "3", "kernel_size": "(3, 3)", "stride": "(2, 2)", "padding": "(1, 1)"}, "3×3, s2, p1"),
        ({"kernel_size": "(1, 7)", "stride": "(1, 1)", "padding": "(0, 3)"}, "1×7, p0×3"),
        ({"kernel_size": "3", "stride": "1", "padding": "same"}, "3"),
        ({"in_features": "192", "out_features": "12"}, "192→12"),
        ({"input_size": "40", "hidden_size": "256", "num_layers": "3"}, "40→256, 3 layers"),
        ({"input_size": "4", "hidden_size": "8", "bidirectional": "True"}, "4→8, bidirectional"),
        ({"input_size": "4", "hidden_size": "8", "num_layers": "1", "bidirectional": "False"}, "4→8"),
        ({"num_heads": "12"}, "12 heads"),
        ({"p": "0.1"}, "p=0.1"),
    ],
)  # fmt: skip
def test_settings_read_as_on_the_cards_of_a_traced_model(attributes, line):
    report = resnet().report(traced=False)
    modules = list(report.structure.modules)
    items = tuple(Item(name=name, value=value) for name, value in attributes.items())
    modules[1] = msgspec.structs.replace(modules[1], attributes=items)
    scene = make_scene(
        msgspec.structs.replace(report, structure=msgspec.structs.replace(report.structure, modules=tuple(modules)))
    )
    assert scene.nodes[1].lines[0] == line
