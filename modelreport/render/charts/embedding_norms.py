"""How long the rows of an embedding are."""

from __future__ import annotations

from itertools import pairwise

from modelreport.facts import EmbeddingRows, Picture, Skipped, Units, Weights
from modelreport.render import format as text
from modelreport.render.charts.partition import bounded
from modelreport.render.charts.spec import Axis, Chart
from modelreport.render.charts.spec import Histogram as Bins
from modelreport.render.language import mark


def embedding_norms(weights: Weights | Skipped) -> Chart | Skipped:
    """Histogram of the norms of the rows of the first vocabulary; skipped when there is none."""
    if isinstance(weights, Skipped):
        return weights
    picture = next((each for each in weights.pictures if each.kind == "norms"), None)
    if picture is None or picture.histogram is None or len(picture.histogram.counts) < 2:
        return Skipped(stage="measure", reason="No vocabulary with rows of different norms was found.")
    tables = weights.units.embeddings if isinstance(weights.units, Units) else ()
    return _chart(picture, next((each for each in tables if each.name == picture.tensor), None))


def _chart(picture: Picture, table: EmbeddingRows | None) -> Chart | Skipped:
    histogram = picture.histogram
    if histogram is None:
        return Skipped(stage="measure", reason="Its norms were not counted.")
    low, high = bounded(histogram.low), bounded(histogram.high)
    step = (high - low) / len(histogram.counts)
    spans = [
        f"{text.number(low + step * i)} to {text.number(low + step * j)}"
        for i, j in pairwise(range(len(histogram.counts) + 1))
    ]
    return Chart(
        id="embedding-norms",
        title=_title(picture, table),
        caption=f"Euclidean norms of {text.plural(picture.total, 'row')} of {text.name(picture.tensor, 80)}, one for "
        "each token. Rows that training passed by keep the norm they began with or shrink together: a narrow peak "
        "apart from the others (Land and Bartolo 2024). Rare tokens are short too, so that norms alone prove nothing.",
        x=Axis(title=mark("norm of a row")),
        y=Axis(title=mark("rows in each bin"), unit="count"),
        layers=(
            Bins(
                low=low,
                high=high,
                counts=histogram.counts,
                colour="embedding",
                hover=tuple(f"{s}: {text.exact(c)}" for s, c in zip(spans, histogram.counts, strict=True)),
            ),
        ),
        header=(mark("Norm"), mark("Rows")),
        rows=tuple((s, text.exact(c)) for s, c in zip(spans, histogram.counts, strict=True)),
    )


def _title(picture: Picture, table: EmbeddingRows | None) -> str:
    if table is not None and table.untrained:
        return (
            f"{text.exact(table.untrained)} of {text.exact(table.rows)} rows stand apart at norms of "
            f"{text.number(table.low)} to {text.number(table.high)}"
        )
    middle = f": the median is {text.number(table.median)}" if table is not None and table.median else ""
    return f"No narrow group of rows stands apart{middle}" if table is not None else f"Norms of {picture.total} rows"
