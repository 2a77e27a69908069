"""Values for modules that have none."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.load import open_checkpoint
from modelreport.meta import on_meta
from modelreport.options import Options
from modelreport.trace.real_weights import make_real


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.norm = nn.Linear(8, 8), nn.BatchNorm1d(8)
        self.head = nn.Linear(8, 8, bias=False)
        self.head.weight = self.fc.weight
        self.scale = nn.Parameter(torch.empty(8))
        self.register_buffer("steps", torch.arange(3))
        self.anchors = [torch.tensor([1.0, 2.0])]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.norm(self.fc(x))) * self.scale + self.anchors[0].sum() + self.steps.sum()


def on_meta_net() -> Net:
    with on_meta():
        return Net().eval()


def test_a_module_on_meta_runs_afterwards_and_its_outputs_are_finite():
    module = on_meta_net()
    assert make_real(module, {}, {}) == (0, 5)
    out = module(torch.randn(4, 8))
    assert out.isfinite().all()
    assert out.std() > 0.1


def test_values_known_from_building_are_true_and_the_others_are_the_same_each_time():
    first, second = on_meta_net(), on_meta_net()
    for module in (first, second):
        make_real(module, {}, {})
    assert first.steps.tolist() == [0, 1, 2]
    assert first.anchors[0].tolist() == [1.0, 2.0]
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert first.norm.running_var.tolist() == [1.0] * 8


def test_layers_begin_as_their_own_rule_says():
    module = on_meta_net()
    make_real(module, {}, {})
    bound = 8**-0.5  # nn.Linear: uniform within 1/sqrt(in_features)
    assert module.fc.weight.abs().max() <= bound
    assert module.fc.weight.abs().max() > 0.8 * bound
    assert module.norm.weight.tolist() == [1.0] * 8


def test_tied_weights_stay_tied():
    module = on_meta_net()
    make_real(module, {}, {})
    assert module.head.weight is module.fc.weight


def test_real_tensors_stay_and_those_of_other_devices_are_the_ones_brought():
    module = nn.Linear(2, 2)
    weight = module.weight
    module.bias = nn.Parameter(torch.empty(2, device="meta"))
    assert make_real(module, {}, {id(module.bias): torch.tensor([3.0, 4.0])}) == (2, 2)
    assert module.weight is weight
    assert module.bias.tolist() == [3, 4]


def test_shared_memory_is_not_written_to():
    module = nn.Linear(2, 2).share_memory()
    before = module.weight
    make_real(module, {}, {})
    assert torch.equal(module.weight, before)
    assert module.weight.data_ptr() != before.data_ptr()


def test_the_files_values_are_taken_in_the_modules_dtype(tmp_path: Path):
    true = nn.Linear(4, 3).bfloat16()
    torch.save(true.state_dict(), tmp_path / "x.pth")
    module = nn.Linear(4, 3, device="meta")
    with open_checkpoint(tmp_path / "x.pth", Options()) as checkpoint:
        assert make_real(module, {t.name: t for t in checkpoint.tensors}, {}) == (2, 2)
    assert module.weight.dtype == torch.float32
    assert torch.equal(module.weight, true.weight.float())


def test_a_tensor_of_another_shape_or_without_values_is_not_taken():
    module = nn.Linear(4, 3, device="meta")
    stored = {
        "weight": LazyTensor(name="weight", dtype="float32", shape=(3, 4), storage=None, missing="gone"),
        "bias": LazyTensor(name="bias", dtype="float32", shape=(2,), storage=Storage(memoryview(bytes(8)), 0, 8)),
    }
    assert make_real(module, stored, {}) == (0, 2)
