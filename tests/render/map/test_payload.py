from __future__ import annotations

import json

import msgspec
import pytest

from modelreport.facts import Evidence, Finding, Message
from modelreport.render.map import make_scene
from modelreport.render.map.details import details_payload
from modelreport.render.map.layout import lay_out
from modelreport.render.map.payload import map_payload
from modelreport.render.payload import pack
from tests.factories import hostile_report, make_report

from .scenes import bert, nested, resnet


def payloads(report):
    scene = make_scene(report)
    return scene, map_payload(report, scene, lay_out(scene)), details_payload(report, scene)


def test_every_column_has_an_entry_for_every_node_and_every_place_exists():
    scene, data, details = payloads(resnet().report())
    assert {len(column) for column in data["nodes"].values()} == {len(scene.nodes)}
    assert {len(column) for column in details["nodes"].values()} == {len(scene.nodes)}
    for column, table in (
        ("name", "strings"),
        ("type", "strings"),
        ("frame", "frames"),
        ("shapes", "shapes"),
        ("lines", "lines"),
    ):
        assert max(data["nodes"][column]) < len(data[table])
    for column, table in (("inputs", "specs"), ("outputs", "specs"), ("weights", "weights"), ("figures", "figures")):
        assert max(details["nodes"][column]) < len(details[table])


def test_each_content_has_a_corner_for_each_child_and_a_shape_for_each_route():
    scene, data, _ = payloads(bert().report())
    for index, node in enumerate(scene.nodes):
        if node.children:
            content = data["contents"][data["frames"][data["nodes"]["frame"][index]][2]]
            assert len(content[2]) == 2 * len(node.children)
            assert len(content[3]) == len(data["shapes"][data["nodes"]["shapes"][index]])


def test_it_is_small_and_plain_data():
    _, data, details = payloads(resnet().report())
    assert len(pack(data)) + len(pack(details)) < 12_000
    assert json.loads(json.dumps(data, allow_nan=False))["strings"] == data["strings"]


def test_fifty_thousand_operations_stay_within_the_page():
    _, data, details = payloads(nested().report())
    assert len(pack(data)) + len(pack(details)) < 1_000_000


def test_the_panel_gets_shapes_weights_attributes_and_figures():
    scene, _, details = payloads(resnet().report())
    index = next(k for k, node in enumerate(scene.nodes) if node.name == "conv1" and node.path == "conv1")
    words = details["strings"]
    assert [words[k] for k in details["specs"][details["nodes"]["inputs"][index]]] == ["1×3×224×224 float32"]
    assert [words[k] for k in details["weights"][details["nodes"]["weights"][index]][::2]] == [
        "weight 64×3×7×7 float32"
    ]
    assert [words[k] for k in details["attributes"][details["nodes"]["attributes"][index]]] == ["kernel_size", "(3, 3)"]
    parameters, *_, exact = details["figures"][details["nodes"]["figures"][index]]
    assert words[parameters] == "9,408"
    assert exact


@pytest.mark.parametrize("kind", ["module", "tensor"])
def test_a_finding_stands_at_the_box_it_points_at(kind):
    name = "layer2.0.conv2" + (".weight" if kind == "tensor" else "")
    finding = Finding(
        id="W1", severity="error", state="found", title="Bad", message=Message(text="It is bad."),
        evidence=(Evidence(kind=kind, name=name),),
    )  # fmt: skip
    clean = msgspec.structs.replace(finding, state="clean")
    report = msgspec.structs.replace(resnet().report(), findings=(clean, finding))
    scene, data, details = payloads(report)
    marked = [node.path for node, worst in zip(scene.nodes, data["nodes"]["findings"], strict=True) if worst]
    assert marked == ["layer2.0.conv2"]
    assert {place: words[:5] for place, words in details["findings"].items()} == {
        "1": ["error", "Error", "✖", "Bad", "It is bad."]
    }
    rules = [data["rules"][rule] for rule in data["nodes"]["rules"]]
    assert [node.path for node, ids in zip(scene.nodes, rules, strict=True) if ids == ("W1",)] == ["layer2.0.conv2"]


def test_hostile_names_are_cut_and_visible():
    report = hostile_report()
    _, data, details = payloads(report)
    assert all(len(text) < 200 for text in data["strings"])
    assert all(len(text) < 700 for text in details["strings"])
    assert not any("\u202e" in text for text in [*data["strings"], *details["strings"]])


def test_the_small_report_points_its_findings_into_the_map():
    _, data, _ = payloads(make_report())
    assert any(data["nodes"]["findings"])


def test_cards_name_the_cards_they_read_from_across_boxes():
    scene, data, _ = payloads(resnet().report())
    place = next(k for k, node in enumerate(scene.nodes) if node.path == "layer1.0.conv1" and not node.children)
    back = data["sources"][data["nodes"]["sources"][place]]
    assert [scene.nodes[place - distance].type for distance in back] == ["MaxPool2d"]
    assert scene.nodes[place - back[0]].parent != scene.nodes[place].parent
