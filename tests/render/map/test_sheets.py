import xml.etree.ElementTree as ET

import msgspec

from modelreport.render.map.sheets import DETAILS, sheets
from tests.factories import hostile_report, make_report, skipped_report


def test_the_whole_model_comes_first_with_its_families():
    whole, _, _ = sheets(make_report())
    assert whole.title == "The whole model"
    assert {"conv", "norm", "linear"} <= set(whole.families)
    ET.fromstring(str(whole.drawing))


def test_what_stays_shut_is_drawn_once_for_each_structure():
    _, details, left_out = sheets(skipped_report())
    assert [sheet.title for sheet in details] == ["Inside layers.2.downsample, Sequential"]
    assert details[0].caption == "The same structure: layers.3.downsample."
    assert left_out == 0


def test_details_are_few_and_numbered():
    _, details, _ = sheets(hostile_report())
    assert 0 < len(details) <= DETAILS
    assert [sheet.id for sheet in details] == [f"map-{i + 1}" for i in range(len(details))]
    for sheet in details:
        ET.fromstring(str(sheet.drawing))


def test_nothing_to_draw_is_no_sheet():
    structure = msgspec.structs.replace(make_report().structure, modules=())
    whole, details, left_out = sheets(skipped_report(structure=structure))
    assert (whole, details, left_out) == (None, (), 0)
