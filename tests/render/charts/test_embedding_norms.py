from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from modelreport.facts import EmbeddingRows, Histogram, Picture, Skipped, Units, Weights
from modelreport.render.charts.embedding_norms import embedding_norms
from modelreport.render.charts.plotly import plotly_figure
from modelreport.render.charts.spec import Chart
from modelreport.render.charts.svg import svg
from tests.factories import make_report, skipped_report


def chart_of(counts: tuple[int, ...] = (3, 0, 1, 9), **changes: Any) -> Chart | Skipped:
    weights = make_report().weights
    assert isinstance(weights, Weights)
    histogram = Histogram(low=0.0, high=2.0, counts=counts)
    picture = Picture(
        id="norms-0", kind="norms", tensor="emb.weight", width=0, height=0, channels=1, tiles=(), histogram=histogram,
        total=sum(counts),
    )  # fmt: skip
    table = EmbeddingRows(**({"name": "emb.weight", "rows": 13, "width": 4, "median": 1.5} | changes))
    return embedding_norms(replace(weights, pictures=(picture,), units=Units(embeddings=(table,))))


def test_rows_that_stand_apart_are_in_the_title() -> None:
    made = chart_of(untrained=3, how="together", low=0.1, high=0.2)
    assert isinstance(made, Chart)
    assert made.title == "3 of 13 rows stand apart at norms of 0.100 to 0.200"
    assert [row[1] for row in made.rows] == ["3", "0", "1", "9"]


def test_without_them_the_title_says_so() -> None:
    made = chart_of()
    assert isinstance(made, Chart)
    assert made.title == "No narrow group of rows stands apart: the median is 1.50"


def test_both_painters_draw_it() -> None:
    made = chart_of()
    assert isinstance(made, Chart)
    assert "<path" in svg(made)
    assert plotly_figure(made)["data"]


def test_equal_norms_and_no_vocabulary_have_no_chart() -> None:
    assert isinstance(chart_of((13,)), Skipped)
    assert isinstance(embedding_norms(make_report().weights), Skipped)
    assert isinstance(embedding_norms(skipped_report().weights), Skipped)
