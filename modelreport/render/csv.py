r"""The table of tensors as a CSV file (RFC 4180): one row a tensor, every statistic, numbers as they are.

UTF-8 without a mark, lines end with CR LF. Integers have all their digits, floats the fewest that read back to the
same number, what is not known is empty. A name is written as the reports show it, whole up to what a spreadsheet's
cell holds: what cannot be seen or encoded is an escape (``\n``, ``\u202e``, ``\ud800``). Text that a spreadsheet would
run as a formula (it begins with ``=``, ``+``, ``-``, ``@`` or their wide forms) gets an apostrophe before it, which
spreadsheets take for *text*.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from modelreport.facts import QUANTILES, Peers, Precision, Report, TensorFact, TensorStatistics, Weights
from modelreport.render import format as text
from modelreport.render.weights.tensors import Figure, Tensor, Value, figures, tensors

Field = tuple[str, Callable[[Tensor], Value]]
"""Title and value of one field."""

_FORMULA: Final = re.compile(r"[=+\-@\t\r＝＋－＠]")
_CELL: Final = 32_000
"""Characters of a text before it is cut: a spreadsheet's cell holds 32,767."""


def write_csv(report: Report) -> bytes:
    """Every tensor of the model, those whose values were not read too; a line of titles first."""
    rows = _rows(report)
    fields = _fields(report, rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([title for title, _ in fields])
    writer.writerows([_cell(value(row)) for _, value in fields] for row in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _cell(value: Value) -> str:
    """A value as the file holds it: numbers bare, text safe to look at and to open."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    shown = text.name(value, _CELL)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _rows(report: Report) -> list[Tensor]:
    """Measured tensors in their order, then those of the structure that were not measured."""
    measured = tensors(report, report.weights) if isinstance(report.weights, Weights) else ()
    known = {each.statistics.name for each in measured}
    return [*measured, *(_unmeasured(fact) for fact in report.structure.tensors if fact.name not in known)]


def _unmeasured(fact: TensorFact) -> Tensor:
    """A tensor of which only the header is known."""
    nothing = TensorStatistics(
        name=fact.name, count=fact.count, nan=0, positive_infinity=0, negative_infinity=0, zeros=0, minimum=None,
        maximum=None, mean=None, std=None, absolute_mean=None, norm=None, quantiles=(), histogram=None,
    )  # fmt: skip
    return Tensor(nothing, fact, measured=False)


def _fields(report: Report, rows: Sequence[Tensor]) -> list[Field]:
    """What the file tells; parts that the report lacks altogether have no fields."""
    weights = report.weights if isinstance(report.weights, Weights) else None
    fields = [*_identity(), *_statistics()]
    if weights is not None:
        chosen = [figure for figure in figures(weights) if figure.group != "Values"]
        fields += [(figure.id, _of(figure)) for figure in chosen]
        fields += [*_channels(), *_formats(weights), *_scores(weights)]
    fields.append(("findings", lambda t: " ".join(report.findings[i].id for i in t.findings) or None))
    kept = {title for title, value in fields if any(value(row) is not None for row in rows)}
    always = {title for title, _ in [*_identity(), *_statistics()]}
    return [field for field in fields if field[0] in kept | always]


def _of(figure: Figure) -> Callable[[Tensor], Value]:
    return lambda t: figure.value(t) if t.measured else None


def _identity() -> Iterator[Field]:
    def fact(name: str) -> Callable[[Tensor], Value]:
        return lambda t: getattr(t.fact, name) if t.fact else None

    yield "name", lambda t: t.statistics.name
    yield "shape", lambda t: "x".join(map(str, t.fact.shape)) if t.fact else None
    for title in ("dtype", "role", "module", "count", "size_bytes", "stored_bytes", "trainable", "tied_to", "scheme"):
        yield title, fact(title)


def _statistics() -> Iterator[Field]:
    for title in (
        "nan", "positive_infinity", "negative_infinity", "zeros", "subnormals", "minimum", "maximum", "mean", "std",
        "absolute_mean", "norm", "skewness", "kurtosis",
    ):  # fmt: skip
        yield title, _statistic(title)
    for place, level in enumerate(QUANTILES):
        yield f"quantile_{level:g}", _quantile(place)
    yield "hash", lambda t: t.statistics.digest or None


def _statistic(name: str) -> Callable[[Tensor], Value]:
    return lambda t: getattr(t.statistics, name) if t.measured else None


def _quantile(place: int) -> Callable[[Tensor], Value]:
    return lambda t: t.statistics.quantiles[place] if place < len(t.statistics.quantiles) else None


def _channels() -> Iterator[Field]:
    for place, title in enumerate(("minimum", "lower_quartile", "median", "upper_quartile", "maximum")):
        if title != "median":  # a figure already
            yield f"{title}_channel_norm", _norm(place)
    yield "outlier_channels", lambda t: _list(t.statistics.rows.outliers) if t.statistics.rows else None


def _norm(place: int) -> Callable[[Tensor], Value]:
    def value(tensor: Tensor) -> Value:
        rows = tensor.statistics.rows
        return rows.norms[place] if rows and place < len(rows.norms) else None

    return value


def _list(indices: Sequence[int]) -> str | None:
    return " ".join(map(str, indices)) or None


def _formats(weights: Weights) -> Iterator[Field]:
    """What each narrower format would lose, beside its signal-to-noise ratio, which is a figure."""
    if isinstance(weights.precision, Precision):
        for scheme in weights.precision.schemes:
            for what in ("overflow", "underflow", "size_bytes"):
                yield f"{scheme.id.replace('-', '_')}_{what}", _loss(scheme.id, what)


def _loss(scheme: str, what: str) -> Callable[[Tensor], Value]:
    return lambda t: getattr(t.precision[scheme], what) if scheme in t.precision else None


def _scores(weights: Weights) -> Iterator[Field]:
    if isinstance(weights.peers, Peers):
        yield "peer_role", lambda t: t.role or None
        for name in weights.peers.statistics:
            yield f"peer_{name}_score", _score(name)


def _score(name: str) -> Callable[[Tensor], Value]:
    return lambda t: t.scores.get(name)
