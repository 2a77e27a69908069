"""Published models through the front door, against figures that others have published or that follow by hand."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

import modelreport
from modelreport import Report, facts


def traced(report: Report) -> facts.Trace:
    assert isinstance(report.trace, facts.Trace), report.trace
    assert report.trace.complete, report.trace.error
    return report.trace


@pytest.fixture(scope="module", params=["module", "state_dict"])
def resnet(request: pytest.FixtureRequest, torchvision: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """ResNet-50 as a whole pickled module and as bare weights."""
    path = tmp_path_factory.mktemp("resnet") / "weights.pth"
    torch.manual_seed(0)
    model = torchvision.models.resnet50(weights=None)
    torch.save(model if request.param == "module" else model.state_dict(), path)
    return modelreport.build(path)


def test_resnet_50_is_known_counted_and_traced(resnet: Report, torchvision: ModuleType) -> None:
    published = torchvision.models.ResNet50_Weights.IMAGENET1K_V1.meta
    assert isinstance(resnet.identification, facts.Identification)
    assert (resnet.identification.library, resnet.identification.name) == ("torchvision", "resnet50")
    assert resnet.structure.parameters == published["num_params"] == 25_557_032
    assert resnet.structure.parameter_tensors == 161
    trace = traced(resnet)
    assert round(trace.macs / 1e9, 3) == published["_ops"] == 4.089
    assert trace.flops >= 2 * trace.macs
    assert trace.outputs[0].shape == (1, 1000)


def test_resnet_50s_edges_are_those_of_the_code(resnet: Report, torchvision: ModuleType) -> None:
    graph = torch.fx.symbolic_trace(torchvision.models.resnet50(weights=None)).graph
    nodes = [n for n in graph.nodes if n.op not in {"placeholder", "output"}]
    order = {node: index for index, node in enumerate(nodes)}
    expected = {(order[source], order[n]) for n in nodes for source in n.all_input_nodes if source in order}
    operations = traced(resnet).operations
    assert len(operations) == len(nodes)
    assert {(source, o.id) for o in operations for source in o.sources} == expected


def test_resnet_50s_page_is_under_a_megabyte(resnet: Report) -> None:
    assert len(resnet.render(".html")) < 1_000_000


def test_a_half_precision_file_is_costed_in_half_precision(torchvision: ModuleType, tmp_path: Path) -> None:
    torch.save(torchvision.models.resnet18(weights=None).half().state_dict(), tmp_path / "half.pth")
    trace = traced(modelreport.build(tmp_path / "half.pth", input="1,3,224,224"))
    assert (trace.inputs[0].dtype, trace.outputs[0].dtype) == ("float16", "float16")
    assert not trace.notes


def test_minilm_is_traced_through_its_config(minilm: Path) -> None:
    report = modelreport.build(minilm)
    assert report.source.kind == "folder"
    assert isinstance(report.identification, facts.Identification)
    assert report.identification.how == "config"
    assert report.identification.matched == report.identification.total
    width, layers, inner, vocabulary, positions = 384, 6, 1536, 30522, 512
    embeddings = (vocabulary + positions + 2) * width + 2 * width
    layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
    assert report.structure.parameters == embeddings + layers * layer + width * width + width == 22_713_216
    trace = traced(report)
    tokens = trace.inputs[0].shape[1]
    per_layer = tokens * (4 * width * width + 2 * width * inner) + 2 * tokens * tokens * width
    assert trace.macs == layers * per_layer + width * width


def test_silero_as_onnx_torchscript_and_safetensors(silero: Path) -> None:
    graph = modelreport.build(silero / "silero_vad.onnx")
    assert traced(graph).macs > 0
    script = modelreport.build(silero / "silero_vad.jit")
    weights = modelreport.build(silero / "silero_vad_16k.safetensors")
    assert script.source.content == "script"
    assert script.source.code
    assert script.structure.parameters > weights.structure.parameters > 300_000
    for report in (script, weights):
        assert isinstance(report.weights, facts.Weights)
        assert not report.weights.unread
        assert isinstance(report.trace, facts.Skipped)
        assert report.trace.reason


def test_resemblyzer_is_a_training_checkpoint_of_an_lstm(resemblyzer: Path) -> None:
    report = modelreport.build(resemblyzer)
    assert report.source.content == "training checkpoint"
    assert report.source.training is not None
    assert report.source.training.optimizer
    hidden, mels, speakers_scale = 256, 40, 2
    lstm = 4 * hidden * (mels + hidden + 2) + 2 * 4 * hidden * (2 * hidden + 2)
    assert report.structure.parameters == lstm + hidden * hidden + hidden + speakers_scale
    assert "R001" in {f.id for f in report.findings if f.state == "found"}


@pytest.mark.parametrize("name", ["ch_PP-OCRv4_det_infer", "ch_PP-OCRv4_rec_infer", "ch_ppocr_mobile_v2.0_cls_infer"])
def test_rapidocrs_graphs_are_traced(name: str, rapidocr: Path) -> None:
    report = modelreport.build(rapidocr / f"{name}.onnx")
    assert traced(report).macs > 10_000_000
    assert all(o.macs is not None for o in traced(report).operations)
    assert report.verdict is not None
    assert report.verdict.errors == 0


def test_every_hostile_file_is_reported_and_none_runs(tmp_path: Path) -> None:
    from tests.load.hostile import write_hostile

    canary = tmp_path / "canary"
    (tmp_path / "files").mkdir()
    files = write_hostile(tmp_path / "files", canary)
    assert len(files) >= 15
    for name, path in files.items():
        report = modelreport.build(path)
        assert isinstance(report.security, facts.Security), name
        assert report.security.executes, name
        assert any(c.danger == "code" for c in report.security.calls), name
        assert report.verdict is not None
        assert report.verdict.level == "error"
        assert "X001" in {f.id for f in report.findings if f.state == "found"}
        named = next(c.target for c in report.security.calls if c.danger == "code")
        assert named[:60] in report.render(".md").decode().replace("\\", ""), name
    assert not canary.exists()
    assert not list(tmp_path.glob("canary*"))


NAMES = [
    "</script><script>alert(1)</script>",
    "x" * 1_000_000,
    "\u202eevil\u202c",
    "مرحبا",
    "模型.层",
    "__proto__",
    "\udcff",
]


def test_names_from_a_file_are_harmless_in_every_form(tmp_path: Path) -> None:
    torch.save({f"{name}.weight": torch.ones(2, 2) for name in NAMES[:-1]}, tmp_path / "names.pth")
    report = modelreport.build(tmp_path / "names.pth")
    page = report.render(".html").decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "xxx…" in page or "(1,000,007 characters)" in page
    assert len(page) < 1_500_000
    markdown = report.render(".md").decode()
    assert "x" * 1000 not in markdown
    assert "\u202e" not in markdown
    assert "مرحبا" in page
    assert "模型" in markdown
    assert report.render(".pdf").startswith(b"%PDF-")
    assert Report.load(report.save(tmp_path / "r.json")) == report


def test_a_sharded_folder_tells_the_same_as_one_file(minilm: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(minilm / "model.safetensors")
    names = sorted(tensors)
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for shard, keys in shards.items():
        save_file({k: tensors[k] for k in keys}, tmp_path / shard)
    index = {"metadata": {}, "weight_map": {k: shard for shard, keys in shards.items() for k in keys}}
    import json

    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    shutil.copy(minilm / "config.json", tmp_path)
    one, many = modelreport.build(minilm), modelreport.build(tmp_path)
    assert many.structure.parameters == one.structure.parameters
    assert isinstance(one.weights, facts.Weights)
    assert isinstance(many.weights, facts.Weights)
    assert {t.name: t.digest for t in many.weights.tensors} == {t.name: t.digest for t in one.weights.tensors}
    assert traced(many).macs == traced(one).macs
    assert len([f for f in many.source.files if f.name.endswith(".safetensors")]) == 2


def test_a_file_of_damaged_members_never_costs_a_traceback(resemblyzer: Path, tmp_path: Path) -> None:
    """Half of a legacy file and an archive that lost a member give a report of what is left, and an error in it."""
    data = resemblyzer.read_bytes()
    (tmp_path / "half.pt").write_bytes(data[: len(data) // 2])
    sample = Path(__file__).parent.parent / "sample_models" / "digits_cnn.pth"
    with zipfile.ZipFile(sample) as source, zipfile.ZipFile(tmp_path / "lost.pt", "w") as target:
        for member in source.namelist():
            if not member.endswith("/data/3"):
                target.writestr(member, source.read(member))
    for name in ("half.pt", "lost.pt"):
        report = modelreport.build(tmp_path / name)
        assert report.source.unreadable
        assert report.verdict is not None
        assert report.verdict.level == "error"
        assert report.render(".md")


@pytest.fixture(scope="module")
def timm_model() -> Callable[..., torch.nn.Module]:
    from modelreport.identify.libraries import load_library

    load_library("torchvision")
    return load_library("timm").create_model


def test_a_fine_tuned_timm_model_is_known_by_its_names_and_shapes(
    timm_model: Callable[..., torch.nn.Module], tmp_path: Path
) -> None:
    model = timm_model("efficientnet_b0", num_classes=7)
    state = {f"module.{k}": v for k, v in model.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "best.pth")
    report = modelreport.build(tmp_path / "best.pth")
    assert isinstance(report.identification, facts.Identification)
    assert report.identification.how == "keys and shapes"
    assert any("classifier" in key for key in report.identification.changed)
    assert report.source.stripped_prefix == "module."
    assert traced(report).outputs[0].shape == (1, 7)
    assert report.structure.parameters == sum(p.numel() for p in model.parameters())
