"""The way through: each part may fail without costing the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import modelreport
from modelreport import facts, pipeline
from modelreport.errors import OptionsError
from modelreport.options import Options

SAMPLES = Path(__file__).parent.parent / "sample_models"


class UnforeseenError(RuntimeError):
    """A failure nobody foresaw."""


def fail(*_: object) -> None:
    raise UnforeseenError("broken on purpose\nsecond line")


def test_a_module_a_state_dict_and_a_file_tell_the_same_weights(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    torch.save(net.state_dict(), tmp_path / "net.pth")
    reports = [modelreport.build(s) for s in (net, net.state_dict(), tmp_path / "net.pth")]
    for report in reports:
        assert report.structure.parameters == 4 * 3 + 3 + 3 * 2 + 2
        assert isinstance(report.weights, facts.Weights)
        assert [t.digest for t in report.weights.tensors] == [t.digest for t in reports[0].weights.tensors]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("modelreport.identify.identify", "identification"),
        ("modelreport.trace.trace", "trace"),
        ("modelreport.measure.measure_all", "weights"),
    ],
)
def test_a_part_that_fails_becomes_a_reason(target: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, fail)
    report = modelreport.build(nn.Sequential(nn.Linear(4, 3)), input="1,4")
    part = getattr(report, field)
    assert isinstance(part, facts.Skipped)
    assert "UnforeseenError: broken on purpose" in part.reason
    assert "second line" not in part.reason
    assert report.structure.parameters == 15
    assert report.verdict is not None
    assert report.render(".html")


def test_an_unusable_option_is_not_a_skipped_part() -> None:
    with pytest.raises(OptionsError):
        modelreport.build(SAMPLES / "digits_cnn.pth", model="no.such.module:thing")


def test_no_trace_is_said() -> None:
    report = modelreport.build(nn.Linear(2, 2), trace=False)
    assert isinstance(report.trace, facts.Skipped)
    assert "switched off" in report.trace.reason


def test_stages_are_told_in_order() -> None:
    seen: list[str] = []
    pipeline.build(SAMPLES / "digits_cnn.onnx", Options(progress=lambda stage, _done, _total: seen.append(stage)))
    order = list(dict.fromkeys(seen))
    assert [s for s in order if s in {"load", "identify", "trace", "judge"}] == ["load", "identify", "trace", "judge"]
    assert "measure" in order


def test_a_live_module_comes_back_unchanged() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout()).train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    modelreport.build(net)
    assert net.training
    assert all(p.requires_grad and p.device.type == "cpu" for p in net.parameters())
    assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())


def test_the_title_is_the_best_name_known() -> None:
    assert modelreport.build(nn.Linear(2, 2)).title == "Linear"
    assert modelreport.build({"a.weight": torch.ones(2, 2)}, title="Given").title == "Given"
    assert modelreport.build(SAMPLES / "digits_lstm_half.pth").title == "digits_lstm_half"


def test_outputs_name_the_operations_that_made_them() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
            self.scale = nn.Parameter(torch.ones(4))

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            hidden = self.a(x)
            return {"hidden": hidden, "last": self.b(hidden).relu_(), "given": x, "scale": self.scale}

    found = modelreport.build(Net(), input=(1, 4)).trace
    assert isinstance(found, facts.Trace)
    assert [o.name for o in found.outputs] == ["hidden", "last", "given", "scale"]
    assert [s if s < 0 else found.operations[s].name for s in found.output_sources] == ["linear", "relu_", -1, -1]
