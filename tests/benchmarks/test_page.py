"""What the benchmark of the page measures, on small models and without a clock: the same graph in every program, and a
budget that was missed is said to be missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.browser.budget import rows, table, verdict
from benchmarks.browser.measure import Figures, spread
from benchmarks.browser.models import Subject, explorer_graph, write_synthetic
from benchmarks.page import middle
from modelreport import build
from modelreport.facts import Trace
from modelreport.render.map import make_scene


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("synthetic")
    onnx, html = folder / "synthetic.onnx", folder / "synthetic.html"
    write_synthetic(onnx, 4000)
    html.write_bytes(b"x" * 808_000)
    return Subject(
        "resnet50", build(onnx, weights=False), onnx=onnx, html=html, graph=folder, layout_s=0.01, scene_s=0.01
    )


def test_the_synthetic_model_has_as_many_operations_as_asked_for_and_little_folds(small: Subject) -> None:
    trace = small.report.trace
    assert isinstance(trace, Trace)
    assert len(trace.operations) == 4000
    assert trace.complete
    assert trace.uncounted == ()
    blocks = [call for call in trace.calls if call.path.count(".") == 1 and "block" in call.path]
    assert len(blocks) == 1000
    assert sum(node.repeat for node in make_scene(small.report).nodes) < len(trace.operations) / 20


def test_model_explorer_gets_the_same_operations_and_edges(small: Subject) -> None:
    trace = small.report.trace
    assert isinstance(trace, Trace)
    nodes = explorer_graph(small.report)["graphs"][0]["nodes"]
    ids = {node["id"] for node in nodes}
    edges = [edge["sourceNodeId"] for node in nodes for edge in node["incomingEdges"]]
    assert len(nodes) == len(trace.operations) + len(trace.inputs) == len(ids)
    assert set(edges) <= ids
    assert len(edges) == sum(len(each.sources) + len(each.reads_input) for each in trace.operations)
    assert {node["namespace"].count("/") for node in nodes if node["label"] == "Conv"} == {2}


def test_the_table_names_what_was_missed(small: Subject) -> None:
    ours = Figures(drawn_s=0.4, zoom_ms=(20.0, 60.0), pan_ms=(16.7, 17.0), heap_mb=10.0)
    netron = Figures(drawn_s=1.2, zoom_ms=(17.0, 30.0), pan_ms=(16.7, 17.0), heap_mb=20.0)
    made = {row[0]: row for row in rows(small, {"modelreport": ours, "Netron": netron, "Model Explorer": Figures()})}
    assert made["page"][1:] == ["808 kB", "–", "–", "≤ 800 kB", "missed the limit by 1%"]
    assert made["first map that answers"][1:] == ["0.4 s", "1.2 s (3.0×)", "not in 300 s", "≤ 0.5 s", "ok"]
    assert made["zoom step, p95"][5] == "missed the limit by 20%; behind a peer by 100%"
    assert made["heap"][5] == "ok"
    lines = table("ResNet-50", list(made.values())).splitlines()
    assert len(lines) == len(made) + 1
    assert len({line.index("0.4 s") for line in lines if "0.4 s" in line}) == 1


def test_a_figure_that_is_missing_is_not_ok() -> None:
    assert verdict(None, 1.0, [2.0]) == "missed: not measured"
    assert verdict(1.04, None, [1.0]) == "ok"
    assert verdict(1.0, 1.0, [None]) == "ok"


def test_figures_of_several_runs_are_their_medians() -> None:
    runs = [Figures(drawn_s=s, zoom_ms=(s, 2 * s)) for s in (3.0, 1.0, 2.0)] + [Figures()]
    assert middle(runs) == Figures(drawn_s=2.0, zoom_ms=(2.0, 4.0))
    assert middle([Figures()]) == Figures()


def test_the_spread_is_median_and_95th_percentile() -> None:
    assert spread([float(n) for n in range(101)]) == (50.0, pytest.approx(95.9))
    assert spread([1.0]) is None


def test_only_files_of_the_page_are_opened_from_disk(small: Subject) -> None:
    from benchmarks.browser.programs import OURS, served

    with served(OURS, small) as address:
        assert address == Path(small.html).as_uri()
