from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Histogram, Picture, Report, Weights
from modelreport.options import RenderOptions
from modelreport.render import format as text
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.setting import under
from modelreport.render.weights.part import Told
from modelreport.render.weights.pictures import PART, Drawn, smooth
from tests.factories import HOSTILE_NAMES, make_report


def make_picture(kind: str, **changes: Any) -> Picture:
    given = {
        "id": f"{kind}-0", "kind": kind, "tensor": "stem.weight", "width": 2, "height": 2, "channels": 1,
        "tiles": (bytes(4),) * 3, "indices": (0, 1, 2), "total": 3, "neighbours": 0.5, "apart": 0.01,
        "recognised": "It is a convolution.",
    }  # fmt: skip
    return Picture(**(given | changes))


def report_with(*pictures: Picture) -> Report:
    report = make_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, pictures=pictures))


def told(*pictures: Picture) -> tuple[Told, tuple[Drawn, ...]]:
    report = report_with(*pictures)
    assert isinstance(report.weights, Weights)
    made = PART.context(report, report.weights)
    assert isinstance(made, Told)
    return made, made.more["pictures"]


def test_without_pictures_the_part_is_not_shown() -> None:
    report = report_with()
    assert isinstance(report.weights, Weights)
    assert PART.context(report, report.weights) is None


def test_filters_say_whether_they_are_smooth_or_noise_and_by_which_figure() -> None:
    made, (drawn,) = told(make_picture("filters"))
    assert drawn.title == "All 3 filters: neighbouring weights are alike"
    assert "0.500 ± 0.0100" in drawn.caption
    assert drawn.caption.startswith("It is a convolution. Each filter has a scale of its own")
    assert "are smooth" in text.message(made.line)
    made, (drawn,) = told(make_picture("filters", neighbours=0.03, total=96))
    assert drawn.title == "3 of 96 filters: neighbouring weights are unrelated, as in noise"
    assert "look like noise" in text.message(made.line)


@pytest.mark.parametrize(("found", "want"), [(0.06, True), (0.05, False), (-0.5, False), (None, False)])
def test_five_standard_errors_are_smooth(found: float | None, want: bool) -> None:
    assert smooth(make_picture("filters", neighbours=found)) is want


def test_only_colours_are_said_to_be_drawn_in_an_order() -> None:
    assert "red, green and blue" not in told(make_picture("filters"))[1][0].caption
    colour = make_picture("filters", channels=3, tiles=(bytes(12),), width=2)
    assert "red, green and blue" in told(colour)[1][0].caption


def test_every_kind_has_a_title_and_a_caption_with_its_scale_and_source() -> None:
    kinds = (
        make_picture("components", explained=0.7, total=12),
        make_picture("similarity", low=-0.5, high=1.0, columns=2, tiles=(bytes(4),) * 4),
        make_picture("similarity", low=-0.5, high=1.0, tiles=(bytes(4),), indices=(0, 2), total=4),
        make_picture("bias", low=-2.0, high=2.0),
        make_picture("bias", low=-2.0, high=2.0, tiles=(bytes(4),)),
    )
    titles, sources = [], []
    for each in told(*kinds)[1]:
        titles.append(each.title)
        sources.append(each.caption[each.caption.index("(") :])
    assert titles == [
        "3 principal components hold 70 % of the filters' variance",
        "Positions in a grid: cosine 0.500 for neighbours, 0.0100 for all pairs",
        "Positions in a row: cosine 0.500 for neighbours, 0.0100 for all pairs",
        "What 3 heads add for each relative position",
        "What 2 heads add for each range of distances",
    ]
    assert all(any(year in source for year in ("2020", "2021")) for source in sources)


def test_norms_are_a_chart_and_no_image() -> None:
    histogram = Histogram(low=0.0, high=1.0, counts=(1, 2))
    made, drawn = told(make_picture("norms", tiles=(), histogram=histogram))
    assert made.charts == ("embedding-norms",)
    assert drawn == ()


def test_the_page_holds_the_image_with_words_for_those_who_do_not_see_it() -> None:
    page = write_html(report_with(make_picture("filters"))).decode()
    assert 'id="picture-filters-0"' in page
    assert 'src="data:image/png;base64,iVBO' in page
    assert 'alt="All 3 filters: neighbouring weights are alike (stem.weight)"' in page


def test_hostile_names_stay_data() -> None:
    pictures = [make_picture("filters", id=f"filters-{i}", tensor=name[:3000]) for i, name in enumerate(HOSTILE_NAMES)]
    report = report_with(*pictures)
    assert b"<script>alert(1)</script>" not in write_html(report)
    assert write_markdown(report)


def test_positions_that_were_thinned_out_are_said_in_the_language() -> None:
    with under(RenderOptions(lang="zh")):
        _, (drawn,) = told(make_picture("similarity", recognised="", total=512, low=-0.5, high=1.0))
    assert drawn.caption.strip().startswith("512 个位置中等距选取的 3 个中每两个之间的余弦相似度；从 -0.5")
    assert "positions" not in drawn.caption
