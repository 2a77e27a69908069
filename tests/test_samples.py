"""Every sample through the front door: what its report must say, and what holds for every report."""

from __future__ import annotations

import html.parser
import json
import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

import modelreport
from modelreport import Report, facts
from modelreport.errors import LoadError

FOLDER = Path(__file__).parent.parent / "sample_models"
TABLE: list[dict[str, Any]] = tomllib.loads((FOLDER / "samples.toml").read_text())["sample"]
READABLE = [s for s in TABLE if "error" not in s]
BROKEN = [s for s in TABLE if "error" in s]


def name_of(sample: dict[str, Any]) -> str:
    return sample["file"] + ("+model" if "model" in sample else "")


@pytest.fixture(scope="module")
def built() -> dict[str, Report]:
    return {}


@pytest.fixture
def report(request: pytest.FixtureRequest, built: dict[str, Report]) -> Report:
    sample = request.param
    if name_of(sample) not in built:
        built[name_of(sample)] = modelreport.build(
            FOLDER / sample["file"], model=sample.get("model", ""), input=sample.get("input")
        )
    return built[name_of(sample)]


each = pytest.mark.parametrize(
    ("report", "sample"), [(s, s) for s in READABLE], indirect=["report"], ids=map(name_of, READABLE)
)


def test_every_sample_is_in_the_table() -> None:
    files = {p.name for p in FOLDER.iterdir() if p.is_file()} - {
        "samples.toml",
        "make_samples.py",
        "nets.py",
        "__init__.py",
    }
    assert files == {s["file"] for s in TABLE}
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < 3_000_000


@pytest.mark.parametrize("sample", BROKEN, ids=map(name_of, BROKEN))
def test_a_broken_sample_is_one_clear_line(sample: dict[str, Any]) -> None:
    with pytest.raises(LoadError) as caught:
        modelreport.build(FOLDER / sample["file"])
    assert sample["error"] in caught.value.message
    assert sample["file"] in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@each
def test_the_report_says_what_the_table_says(report: Report, sample: dict[str, Any]) -> None:
    assert (report.source.format, report.source.content) == (sample["format"], sample["content"])
    assert report.source.model_key == sample.get("model_key", "")
    assert report.source.stripped_prefix == sample.get("stripped_prefix", "")
    if "parameters" in sample:
        assert report.structure.parameters == sample["parameters"]
    if "macs" in sample:
        assert isinstance(report.trace, facts.Trace), report.trace
        assert report.trace.complete
        assert report.trace.macs == sample["macs"]
    if "class" in sample:
        assert report.structure.modules[0].type_path == sample["class"]
    for field in sample.get("skipped", []):
        assert isinstance(getattr(report, field), facts.Skipped)


@each
def test_the_findings_are_those_of_the_table(report: Report, sample: dict[str, Any]) -> None:
    found = {f.id for f in report.findings if f.state == "found" and f.severity != "note"}
    assert found == set(sample.get("found", []))


@each
def test_modules_sum_to_the_totals(report: Report, sample: dict[str, Any]) -> None:
    modules = report.structure.modules
    assert modules[0].parent == -1
    assert modules[0].parameters == report.structure.parameters
    assert sum(m.own_parameters for m in modules if not m.shared_with) >= report.structure.parameters
    for index, module in enumerate(modules[1:], 1):
        assert 0 <= module.parent < index
        assert module.parameters <= modules[module.parent].parameters
    counted = sum(t.count for t in report.structure.tensors if t.role == "parameter" and not t.tied_to)
    assert counted == report.structure.parameters
    assert sum(d.size_bytes for d in report.structure.dtypes) <= report.source.size_bytes * 2


@each
def test_the_trace_is_a_graph_in_order(report: Report, sample: dict[str, Any]) -> None:
    trace = report.trace
    if isinstance(trace, facts.Skipped):
        assert trace.reason
        return
    assert [o.id for o in trace.operations] == list(range(len(trace.operations)))
    for operation in trace.operations:
        assert all(0 <= s < operation.id for s in operation.sources)
        assert list(operation.sources) == sorted(set(operation.sources))
        assert 0 <= operation.call < len(trace.calls)
    assert sum(o.flops or 0 for o in trace.operations) == trace.flops
    assert sum(o.macs or 0 for o in trace.operations) == trace.macs
    assert trace.calls[0].macs == trace.macs
    assert len(trace.output_sources) == len(trace.outputs) > 0
    assert all(-1 <= s < len(trace.operations) for s in trace.output_sources)
    for call in trace.calls[1:]:
        parent = trace.calls[call.parent]
        assert parent.first <= call.first <= call.last <= parent.last
    if trace.memory is not None:
        assert trace.memory.peak_bytes == max(p.live_bytes for p in trace.memory.points)


@each
def test_statistics_are_finite_and_ordered(report: Report, sample: dict[str, Any]) -> None:
    assert isinstance(report.weights, facts.Weights)
    shapes = {t.name: t for t in report.structure.tensors}
    assert {s.name for s in report.weights.tensors} | {u.name for u in report.weights.unread} == set(shapes)
    for s in report.weights.tensors:
        assert s.count == shapes[s.name].count
        finite = s.count - s.nan - s.positive_infinity - s.negative_infinity
        floats = [s.minimum, s.maximum, s.mean, s.std, s.norm, *s.quantiles]
        assert all(v is None or math.isfinite(v) for v in floats)
        if s.histogram is not None:
            assert sum(s.histogram.counts) == finite
        if finite and s.minimum is not None and s.maximum is not None and s.mean is not None:
            slack = 1e-6 * max(abs(s.minimum), abs(s.maximum))
            assert s.minimum - slack <= s.mean <= s.maximum + slack
            assert list(s.quantiles) == sorted(s.quantiles)


class Page(html.parser.HTMLParser):
    """Ids, links inside the page, and everything that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        self.ids += [values["id"]] if "id" in values else []
        for name in ("href", "xlink:href"):
            if values.get(name, "").startswith("#"):
                self.links.append(values[name][1:])
            elif name in values:
                self.fetched.append(values[name])
        self.fetched = [f for f in self.fetched if f != "data:,"]  # the empty icon, so that none is asked for
        self.fetched += [
            values[k]
            for k in ("src", "data", "action", "poster")
            if values.get(k) and not values[k].startswith("data:")
        ]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@each
def test_the_page_is_whole_and_fetches_nothing(report: Report, sample: dict[str, Any]) -> None:
    text = report.render(".html").decode()
    page = Page()
    page.feed(text)
    assert set(page.links) <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert page.fetched == []
    assert "Content-Security-Policy" in text
    assert len(text) < 1_500_000
    everything = " ".join(page.texts)
    for section in ("Findings", "Architecture", "Layers", "Compute", "Weights", "Provenance", "Appendix"):
        assert section in everything
    assert not {t.strip() for t in page.texts} & {"None", "nan", "inf", "undefined"}


@each
def test_json_reads_back_and_holds_no_bare_nan(report: Report, sample: dict[str, Any], tmp_path: Path) -> None:
    data = report.render(".json")
    assert json.loads(data, parse_constant=pytest.fail)["schema_version"] == facts.SCHEMA_VERSION
    assert Report.load(report.save(tmp_path / "r.json")) == report
