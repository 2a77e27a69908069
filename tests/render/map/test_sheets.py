import xml.etree.ElementTree as ET

import msgspec
import pytest

from modelreport.options import RenderOptions
from modelreport.render.map.sheets import FULL, GAP, PAGES, PRINTED, WHOLE, sheets
from modelreport.render.setting import under
from tests.factories import hostile_report, make_report, skipped_report
from tests.render.map.scenes import Network, bert, flat, nested, resnet

SVG = "{http://www.w3.org/2000/svg}"


def test_the_whole_model_comes_first_with_its_families():
    whole, _, _ = sheets(make_report())
    assert whole.title == "The whole model"
    assert {"conv", "norm", "linear"} <= set(whole.families)
    ET.fromstring(str(whole.drawing))


def test_what_stays_shut_is_drawn_once_for_each_structure():
    _, details, left_out = sheets(resnet().report())
    assert [sheet.title for sheet in details] == ["layer1.0 (Bottleneck)", "layer1.1 (Bottleneck)"]
    assert details[0].caption.endswith("with the sizes of layer1.0: layer1.0, layer2.0, layer3.0, layer4.0.")
    assert details[1].caption.endswith("layer1.1–2, layer2.1–3, layer3.1–5, layer4.1–2.")
    assert left_out == ()


def test_boxes_refer_to_the_drawing_of_their_inside_and_it_refers_back():
    whole, details, _ = sheets(resnet().report())
    assert {badge.anchor for badge in whole.badges} == {sheet.id for sheet in details}
    assert {sheet.part_of.anchor for sheet in details} == {whole.id}
    for badge in whole.badges:
        assert 0 <= badge.right < 100
        assert 0 <= badge.bottom < 100


def test_data_comes_from_and_goes_to_the_drawings_of_the_neighbours():
    _, details, _ = sheets(resnet().report())
    first, again = details
    assert [(each.name, each.anchor) for each in first.above] == [("maxpool", "map")]
    assert [(each.name, each.anchor) for each in first.below] == [("layer1.1", again.id)]
    assert [(each.name, each.anchor) for each in again.above] == [("layer1.0", first.id)]
    assert [(each.name, each.anchor) for each in again.below] == [("layer2", "map")], "past those of its own kind"


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_no_drawing_is_larger_than_the_paper(paper):
    with under(RenderOptions(paper=paper)):
        whole, details, _ = sheets(bert().report())
    for sheet in (whole, *details):
        box = ET.fromstring(str(sheet.drawing))
        assert float(box.get("width")) <= sheet.column <= WHOLE[paper][0]
        assert float(box.get("height")) <= FULL


@pytest.mark.parametrize("network", [bert, resnet], ids=["bert", "resnet"])
def test_no_word_of_a_drawing_is_smaller_than_six_points(network):
    whole, details, _ = sheets(network().report())
    for sheet in (whole, *details):
        sizes = [float(text.get("font-size")) for text in ET.fromstring(str(sheet.drawing)).iter(f"{SVG}text")]
        assert sizes
        assert min(sizes) * 0.75 >= 6 == PRINTED.least * 0.75


def test_a_drawing_has_no_empty_room_around_it():
    for sheet in sheets(resnet().report())[1]:
        root = ET.fromstring(str(sheet.drawing))
        tops = [float(each.get("y")) for each in root.iter(f"{SVG}rect")]
        assert min(tops) < 45, "a line comes in from above"


def test_every_reference_has_its_drawing():
    for report in (bert().report(), hostile_report(), make_report(), skipped_report()):
        whole, details, _ = sheets(report)
        known = {sheet.id for sheet in (whole, *details)}
        assert len(known) == 1 + len(details)
        for sheet in (whole, *details):
            named = {each.anchor for each in (*sheet.badges, *sheet.above, *sheet.below)}
            assert named <= known
            ET.fromstring(str(sheet.drawing))


@pytest.mark.parametrize("network", [flat(3000), nested(12, 12, 12)], ids=["flat", "nested"])
def test_a_large_model_takes_a_bounded_number_of_pages_and_says_what_is_left_out(network):
    _, details, left_out = sheets(network.report())
    whole = WHOLE["a4"][0]
    height = sum(float(ET.fromstring(str(s.drawing)).get("height")) * min(1, (s.column + GAP) / whole) for s in details)
    assert height <= PAGES * FULL
    assert len(details) < 40
    assert len(left_out) < 3000


def test_what_does_not_fit_is_named():
    net = Network("many")
    x = net.input("x", 1, 8)
    with net.module("", "Many"):
        for number in range(40):
            with net.module(f"part{number}", f"Part{number}"):
                for _ in range(60):
                    x = net.run("relu", "activation", (1, 8), x)
    net.output(x)
    _, details, left_out = sheets(net.report())
    assert left_out
    named = {each.split(" ")[0] for each in left_out}
    assert named <= {f"part{number}" for number in range(40)}
    assert not named & {sheet.title.split(" ")[0] for sheet in details}


def test_modules_without_data_flow_refer_to_no_neighbours():
    _, details, _ = sheets(bert().report(traced=False))
    assert details
    assert not any(sheet.above or sheet.below for sheet in details)


def test_nothing_to_draw_is_no_sheet():
    structure = msgspec.structs.replace(make_report().structure, modules=())
    whole, details, left_out = sheets(skipped_report(structure=structure))
    assert (whole, details, left_out) == (None, (), ())
