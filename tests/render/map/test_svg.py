from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.svg import describe, draw_map

from .scenes import Network, bert, flat, resnet

NS = "{http://www.w3.org/2000/svg}"


def draw(network: Network, medium="print", *, traced: bool = True) -> ET.Element:
    scene = make_scene(network.report(traced=traced))
    return ET.fromstring(str(draw_map(scene, lay_out(scene), medium)))


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_the_picture_is_well_formed_and_named(medium):
    root = draw(resnet(), medium)
    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith("Architecture map of ResNet")


def test_print_carries_its_colours_and_the_screen_leaves_them_to_the_theme():
    printed = "".join(ET.tostring(draw(resnet(), "print"), "unicode"))
    shown = "".join(ET.tostring(draw(resnet(), "screen"), "unicode"))
    assert "#2f6fcb" in printed
    assert "map-conv" not in printed
    assert "#" not in shown
    assert "map-conv" in shown


def test_the_first_screen_names_every_stage():
    texts = ["".join(element.itertext()) for element in draw(resnet()).iter(f"{NS}text")]
    for stage in ("layer1", "layer2", "layer3", "layer4"):
        assert any(text.startswith(stage) for text in texts)
    assert any("Conv2d" in text for text in texts)


def test_labels_stay_inside_the_picture_and_are_large_enough_to_read():
    for element in draw(bert()).iter(f"{NS}text"):
        assert 0 <= float(element.get("x")) <= 880
        assert 0 <= float(element.get("y")) <= 600
        assert float(element.get("font-size")) >= 6


def test_hostile_names_are_text():
    net = Network("</text><script>alert(1)</script>")
    x = net.input("<img src=x onerror=alert(1)>", 1, 4)
    with net.module("", "<b>Net</b>"):
        x = net.run("</svg><script>alert(2)</script>", "activation", (1, 4), x, label='"><script>')
        x = net.run("\u202egnp.exe", "activation", (1, 4), x)
    net.output(x)
    root = draw(net)
    assert {element.tag.removeprefix(NS) for element in root.iter()} <= {"svg", "rect", "path", "text", "tspan"}
    assert "\u202e" not in "".join(root.itertext())


def test_without_data_flow_boxes_are_dashed_and_there_are_no_edges():
    root = draw(resnet(), traced=False)
    assert all(rect.get("stroke-dasharray") for rect in root.iter(f"{NS}rect") if float(rect.get("width")) > 14)
    assert not any(path.get("fill") == "none" for path in root.iter(f"{NS}path"))


def test_a_very_large_model_stays_a_small_picture():
    scene = make_scene(flat(20_000).report())
    assert len(draw_map(scene, lay_out(scene), "print")) < 200_000


def test_the_description_counts_boxes_and_says_whether_the_flow_is_known():
    assert "with the data flow" in describe(make_scene(resnet().report()))
    assert "without data flow" in describe(make_scene(resnet().report(traced=False)))
