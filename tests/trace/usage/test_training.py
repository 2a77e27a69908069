"""Training memory against hand formulas, real passes, real allocations and real optimizers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.facts import Skipped, TensorSpec, TrainingMemory
from modelreport.identify.libraries import load_library
from modelreport.trace.usage.training import EIGHT_BIT_BLOCK, memory_of, training_memory, weights_of
from tests.trace.models import spec
from tests.trace.usage.models import language_model, running


def table_of(module: Any, *inputs: TensorSpec) -> dict[tuple[str, str], TrainingMemory]:
    with running(module, *inputs) as runs:
        found, _, _ = training_memory(runs)
    assert not isinstance(found, Skipped), found.reason
    return {(row.optimizer, row.precision): row for row in found}


def kept_for_real(module: nn.Module, data: Any) -> int:
    """Bytes of unique storages that autograd saves in a real pass, weights and buffers excluded."""
    weights = {t.untyped_storage()._cdata for t in [*module.parameters(), *module.buffers()]}
    kept: dict[int, Any] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in weights:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = module.train()(data)
    del out
    return sum(storage.nbytes() for storage in kept.values())


def perceptron() -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 128), nn.GELU(), nn.Linear(128, 10))


def convolutional() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 6 * 6, 10),
    )  # fmt: skip


def transformer() -> nn.Module:
    return nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)


def residual() -> nn.Module:
    load_library("torchvision")
    from torchvision.models import resnet18

    return resnet18()


def vision_transformer() -> nn.Module:
    load_library("torchvision")
    load_library("timm")
    import timm

    return timm.create_model("vit_tiny_patch16_224", img_size=32, depth=2)  # type: ignore[no-any-return]


def test_activations_of_a_perceptron_by_hand() -> None:
    """Input, both hidden layers after their activation, and the input of GELU: batch × (64 + 256 + 128 + 128)."""
    row = table_of(perceptron(), spec(32, 64))["SGD", "float32"]
    assert row.activations_bytes == 4 * 32 * (64 + 256 + 128 + 128)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (perceptron, (32, 64)), (convolutional, (8, 3, 16, 16)), (transformer, (2, 32, 64)),
        (residual, (2, 3, 64, 64)), (vision_transformer, (2, 3, 32, 32)),
    ],
)  # fmt: skip
def test_activations_equal_those_of_a_real_pass(make: Any, shape: tuple[int, ...]) -> None:
    module = make()
    row = table_of(module, spec(*shape))["AdamW", "float32"]
    assert row.activations_bytes == kept_for_real(module, torch.randn(shape))


@pytest.mark.parametrize(("make", "shape"), [(perceptron, (32, 64)), (convolutional, (8, 3, 16, 16))])
def test_activations_are_what_the_allocator_holds_after_the_pass(make: Any, shape: tuple[int, ...]) -> None:
    """Net of allocations and frees during the pass, which has its output besides and had its input before."""
    module, data = make(), torch.randn(shape)
    out, held = allocated(module, data)
    row = table_of(module, spec(*shape))["SGD", "float32"]
    assert row.activations_bytes == held - out.nbytes + data.nbytes


def allocated(module: nn.Module, data: torch.Tensor) -> tuple[torch.Tensor, int]:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as events:
        out = module.train()(data)
    return out, sum(event.self_cpu_memory_usage for event in events.key_averages())


def test_a_transformer_layer_is_34sbh_and_5as2b() -> None:
    """Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, equation 1: 16-bit.

    Besides, each layer norm keeps a mean and a scale in float32, which the paper neglects.
    """
    load_library("torchvision")
    load_library("transformers")
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertLayer

    config = BertConfig(hidden_size=256, num_attention_heads=4, intermediate_size=1024)
    config._attn_implementation = "eager"
    s, b, h, a = 128, 2, 256, 4
    layer = BertLayer(config).to(torch.float16)
    row = table_of(layer, spec(b, s, h, dtype="float16"))["AdamW", "bfloat16"]
    assert row.activations_bytes == 34 * s * b * h + 5 * a * s * s * b + 2 * 2 * 4 * s * b


def test_fused_attention_leaves_the_square_out() -> None:
    rows = [table_of(transformer(), spec(1, n, 64))["SGD", "float32"].activations_bytes for n in (64, 128, 256)]
    assert rows[2] - rows[1] == 2 * (rows[1] - rows[0])


REAL = {
    "SGD": lambda p: torch.optim.SGD(p, lr=1e-3),
    "SGD with momentum": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
    "AdamW": torch.optim.AdamW,
    "Adafactor": torch.optim.Adafactor,
}


@pytest.mark.parametrize(("name", "dtype"), list(itertools.product(REAL, (torch.float32, torch.bfloat16))))
def test_optimizer_state_equals_that_of_a_real_optimizer(name: str, dtype: torch.dtype) -> None:
    module = convolutional().to(dtype)
    optimizer = REAL[name](module.parameters())  # type: ignore[no-untyped-call]
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    values = [v for state in optimizer.state.values() for k, v in state.items() if k != "step" and v is not None]
    precision = "float32" if dtype == torch.float32 else "bfloat16"
    found = {(r.optimizer, r.precision): r for r in memory_of(weights_of(module), 0, ())}[name, precision]
    assert found.optimizer_bytes == sum(v.nbytes for v in values)
    assert found.gradients_bytes == sum(p.grad.nbytes for p in module.parameters() if p.grad is not None)


def test_mixed_precision_with_adam_is_sixteen_bytes_a_parameter() -> None:
    """Rajbhandari et al. 2020, ZeRO, section 3.1."""
    module = perceptron()
    count = sum(p.numel() for p in module.parameters())
    row = {(r.optimizer, r.precision): r for r in memory_of(weights_of(module), 0, ())}["AdamW", "bfloat16 mixed"]
    assert row.weights_bytes + row.gradients_bytes + row.optimizer_bytes == 16 * count == row.total_bytes


def test_an_eight_bit_optimizer_keeps_two_bytes_and_the_scales_of_large_tensors() -> None:
    module = nn.Linear(1000, 10)
    row = {(r.optimizer, r.precision): r for r in memory_of(weights_of(module), 0, ())}["8-bit AdamW", "float32"]
    blocks = -(-10_000 // EIGHT_BIT_BLOCK)
    assert row.optimizer_bytes == 2 * (10_000 + 4 * blocks) + 8 * 10


def test_frozen_and_tied_parameters_cost_less() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.middle, self.head = nn.Embedding(50, 8), nn.Linear(8, 8), nn.Linear(8, 50, bias=False)
            self.head.weight = self.table.weight
            self.middle.requires_grad_(False)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.head(self.middle(self.table(ids)))
            return out

    with running(Tied(), spec(1, 4, dtype="int64")) as runs:
        found, notes, _ = training_memory(runs)
    assert not isinstance(found, Skipped)
    row = next(r for r in found if (r.optimizer, r.precision) == ("AdamW", "float32"))
    assert row.weights_bytes == 4 * (400 + 72)
    assert row.gradients_bytes == 4 * 400
    assert row.optimizer_bytes == 8 * 400
    assert notes == ("72 of 472 parameters are frozen: no gradient, no state.",)


def test_a_model_without_anything_to_train_says_so() -> None:
    with running(nn.Linear(4, 4).requires_grad_(False), spec(1, 4)) as runs:
        found, _, _ = training_memory(runs)
    assert isinstance(found, Skipped)
    assert "nothing to train" in found.reason


def test_batch_normalisation_of_a_single_value_is_measured_in_evaluation_mode() -> None:
    module = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4))
    with running(module, spec(1, 8)) as runs:
        found, notes, _ = training_memory(runs)
    assert not isinstance(found, Skipped)
    assert "evaluation mode" in notes[0]
    assert "more than 1 value per channel" in notes[0]


def test_activations_in_sixteen_bits_take_half() -> None:
    rows = table_of(perceptron(), spec(32, 64))
    assert rows["SGD", "bfloat16"].activations_bytes * 2 == rows["SGD", "float32"].activations_bytes
    model, ids = language_model(
        "gpt2", n_layer=2, n_embd=64, n_head=4, vocab_size=100, dtype=torch.bfloat16, attn_pdrop=0, resid_pdrop=0,
        embd_pdrop=0,
    )  # fmt: skip
    halves = table_of(model, ids)
    assert halves["SGD", "float32"].activations_bytes > 1.9 * halves["SGD", "bfloat16"].activations_bytes
