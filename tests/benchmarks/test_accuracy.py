"""A fast sample of ``benchmarks/accuracy.py``, and that its checks can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from msgspec.structs import replace as changed
from torch import nn

from benchmarks.checks import allocation, counted, counters, flow, hand, page, parameters, zoo
from benchmarks.checks.ours import NotTracedError, Ours, ours
from modelreport.facts import Operation, Trace

SAMPLE = ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "vit_b_32")


@pytest.fixture(scope="module")
def published() -> dict[str, zoo.Case]:
    return {case.name: case for case in zoo.published()}


def test_every_model_of_the_three_kinds_with_published_figures_is_checked(published: dict[str, zoo.Case]) -> None:
    from torchvision import models

    kinds = {"ImageClassification", "SemanticSegmentation", "VideoClassification"}
    wanted = {
        name for name in models.list_models()
        if any(type(w.transforms()).__name__ in kinds and "_ops" in w.meta for w in models.get_model_weights(name))
    }  # fmt: skip
    assert set(published) == wanted
    assert len(wanted) > 100


@pytest.mark.parametrize("name", SAMPLE)
def test_published_figures_and_the_counter_of_torch_are_met(published: dict[str, zoo.Case], name: str) -> None:
    row = counted.check(published[name])
    assert row["ok"], row
    assert row["counter_flops"] == 2 * row["macs"]


def test_a_figure_that_differs_in_the_last_decimal_or_by_one_parameter_is_seen(published: dict[str, zoo.Case]) -> None:
    case = published["resnet18"]
    assert case.gflops is not None
    assert case.parameters is not None
    assert not counted.check(replace(case, gflops=round(case.gflops + 0.001, 3)))["ok"]
    assert not counted.check(replace(case, parameters=case.parameters + 1))["ok"]


@pytest.mark.parametrize("each", hand.networks(), ids=lambda each: each.case.name)
def test_the_hand_formulas_are_met_to_the_unit(each: hand.Hand) -> None:
    found = ours(each.case)
    assert (found.macs, found.parameters) == (each.macs, each.parameters)


def test_the_hand_formulas_give_the_figures_of_the_papers() -> None:
    """Published: 3.8 and later 4.1 G for ResNet-50, 86 M for ViT-B, 124 M for GPT-2, 70.6 B, 46.7 B."""
    assert hand.resnet50() == (4_089_184_256, 25_557_032)
    assert hand.vit()[1] == 86_567_656
    assert hand.gpt2(1)[1] == 124_439_808
    assert hand.decoder(1, hand.LLAMA_3_70B)[1] == 70_553_706_496
    assert hand.decoder(1, hand.MIXTRAL_8X7B)[1] == 46_702_792_704
    assert hand.lstm(1, 1, 2, 3, 1, 1) == (4 * 3 * 5, 4 * 3 * 5 + 8 * 3)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5"])
def test_the_edges_are_those_of_torch_fx(published: dict[str, zoo.Case], name: str) -> None:
    case = published[name]
    found = flow.compare(ours(case), case.inputs)
    assert not found.reason
    assert (found.only_ours, found.only_theirs) == ((), ())
    assert found.edges > 60


class Crossed(nn.Module):
    """Branches, an operation on one part of a split, an addition in place."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(8, 8), nn.Linear(4, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left, right = x.chunk(2, 1)
        out = self.one(x) + self.two(left)
        out += right.repeat(1, 2)
        return out.relu().view(x.shape[0], -1)


def test_an_edge_that_is_missing_is_seen() -> None:
    inputs = (zoo.spec(2, 8),)
    found = ours(zoo.Case("torch", "crossed", Crossed, inputs))
    assert flow.compare(found, inputs).edges == 8
    operations = list(found.trace.operations)
    last = next(o for o in reversed(operations) if len(o.sources) == 2)
    operations[last.id] = changed(last, sources=last.sources[:1])
    broken = Ours(_with(found.trace, operations), found.module)
    assert len(flow.compare(broken, inputs).only_theirs) == 1


def _with(trace: Trace, operations: list[Operation]) -> Trace:
    return changed(trace, operations=tuple(operations))


def test_what_fx_cannot_follow_is_said() -> None:
    class Branches(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.shape[0] > 1 else -x

    inputs = (zoo.spec(1, 8),)
    found = flow.compare(ours(zoo.Case("torch", "branches", Branches, inputs)), inputs)
    assert found.reason.startswith("torch.fx cannot trace it")


SMALL = ("U-Net", "Llama, 4 layers", "mobilenet_v3_large")


@pytest.mark.parametrize("name", SMALL)
def test_peak_activations_are_those_of_the_allocator_to_the_byte(name: str) -> None:
    """A network with skips, fused attention, and a convolutional one with in-place activations."""
    case = next(c for c in allocation.networks() if c.name == name)
    case = replace(case, inputs=_smaller(case))
    found = ours(case).trace.memory
    assert found is not None
    assert found.peak_bytes == allocation.measure(case.make(), case.inputs).without_workspaces


def _smaller(case: zoo.Case) -> tuple[Any, ...]:
    (given,) = case.inputs
    if given.dtype == "int64":
        return (changed(given, shape=(1, 256)),)
    return (changed(given, shape=(1, 3, 128, 128)),)


def test_a_workspace_is_told_from_an_activation() -> None:
    class Sorts(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.sort(x + 1).values

    found = allocation.measure(Sorts(), (zoo.spec(1, 4096),))
    assert found.without_workspaces >= 4096 * (4 + 4 + 8)  # the sum, the values and the indices
    assert found.peak >= found.without_workspaces


@pytest.mark.parametrize(("make", "by_hand"), [(parameters.Tied, parameters.TIED), (lambda: nn.GRU(4, 6), None)])
def test_parameters_are_those_of_torch_and_by_hand(make: Any, by_hand: parameters.Sums | None) -> None:
    assert parameters.check(make, by_hand)[2]


def test_a_module_that_does_not_run_is_an_error_of_its_case() -> None:
    case = zoo.Case("torch", "wrong", lambda: nn.Linear(4, 4), (zoo.spec(1, 5),))
    with pytest.raises(NotTracedError, match=r"wrong: .*RuntimeError"):
        ours(case)
    assert "RuntimeError" in counted.check(case)["error"]


def test_the_references_of_the_other_counters_are_published_or_by_hand() -> None:
    found = {case.name: reference for case, reference in counters.cases()}
    assert len(found) >= 15
    assert found["resnet50"] == pytest.approx(4.089e9)
    assert found["GPT-2, 128 tokens"] == hand.gpt2(128)[0]
    assert all(reference > 0 for reference in found.values())


def test_the_page_has_every_table() -> None:
    row = {
        "name": "net", "weights": "V1", "input": "1×3", "macs": 5, "flops": 12, "published_gflops": 0.0,
        "parameters": 7, "published_parameters": 7, "counter_flops": 10, "ok": True,
    }  # fmt: skip
    found = {
        "date": "2026-01-01", "machine": "m", "versions": {"torch": "2"}, "published": [row], "others": [row],
        "hand": [row | {"formula": "a·b", "hand_macs": 5, "hand_parameters": 7}],
        "flow": [
            {"name": "net", "edges": 3, "only_ours": (), "only_theirs": (), "reason": "", "ok": True},
            {"name": "other", "edges": 0, "only_ours": (), "only_theirs": (), "reason": "why", "ok": True},
        ],
        "memory": [{"name": "net", "here": 9, "without_workspaces": 9, "peak": 11, "workspaces": [], "gap": "",
                    "ok": True}],
        "parameters": [{"name": "net", "parameters": 7, "trainable": 7, "buffers": 0, "size_bytes": 28,
                        "dtypes": {"float32": 7}, "ok": False}],
        "counters": {"thop": {"net": 4e9, "x": "TypeError"}}, "references": {"net": 5e9, "x": 1.0},
        "here": {"net": 5 * 10**9},
    }  # fmt: skip
    text = page.document(found)
    assert text.count("\n## ") == 7
    assert "| net | 5.000 | equal | -20.0 % |" in text
    assert "TypeError" in text
    assert "Not compared: other (why)." in text
    assert "| 0 of 1 |" in text
