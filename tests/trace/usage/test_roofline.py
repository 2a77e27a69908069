"""The roofline estimate against sums by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from msgspec.structs import replace
from torch import nn

from modelreport import build
from modelreport.errors import OptionsError
from modelreport.facts import Device, Operation, Skipped, TensorSpec, Usage
from modelreport.trace.usage.devices import DEVICES, device_of
from modelreport.trace.usage.roofline import Work, time_of, work_of
from tests.trace.models import spec
from tests.trace.usage.models import roof_of, usage_of

PLAIN = Device(
    id="plain", title="", flops_per_s={"float32": 1e12, "bfloat16": 4e12}, vector_flops_per_s=1e11, bytes_per_s=1e10,
    memory_bytes=10**9, source="",
)  # fmt: skip
SAMPLES = Path(__file__).parents[3] / "sample_models"


def test_an_operation_takes_the_longer_of_arithmetic_and_traffic() -> None:
    assert time_of(Work(2 * 10**12, 0, 10**9, "float32"), PLAIN) == (2.0, "compute")
    assert time_of(Work(10**9, 0, 10**10, "float32"), PLAIN) == (1.0, "memory")
    assert time_of(Work(0, 10**11, 10**9, "float32"), PLAIN) == (1.0, "compute")
    assert time_of(Work(0, 10**11, 10**9, "float32"), replace(PLAIN, vector_flops_per_s=None)) == (0.1, "memory")


def test_sixteen_bits_halve_the_traffic_and_take_the_other_peak() -> None:
    assert time_of(Work(4 * 10**12, 0, 0, "float32"), PLAIN, "bfloat16") == (1.0, "compute")
    assert time_of(Work(0, 0, 10**10, "float32"), PLAIN, "bfloat16") == (0.5, "memory")
    assert time_of(Work(0, 0, 10**10, "bfloat16"), PLAIN, "bfloat16") == (1.0, "memory")
    assert time_of(Work(0, 0, 10**10, "int64"), PLAIN, "bfloat16")[0] in (0.25, 1.0)


def test_matrix_and_other_arithmetic_are_told_apart() -> None:
    operation = Operation(
        id=0, name="linear", family="linear", call=0, inputs=(), outputs=(TensorSpec(shape=(1, 4), dtype="bfloat16"),),
        sources=(), flops=110, macs=50, read_bytes=30, written_bytes=8,
    )  # fmt: skip
    assert work_of(operation) == Work(100, 10, 38, "bfloat16")
    assert work_of(replace(operation, flops=None, macs=None)) == Work(0, 0, 38, "bfloat16")


def test_a_linear_layer_on_an_a100_by_hand() -> None:
    """Batch 1: 4 bytes of weight for each multiply-add, so that memory bounds it; batch 4096: arithmetic does."""
    small = roof_of(usage_of(nn.Linear(1024, 1024, bias=False), spec(1, 1024), device="a100"))
    assert small.chosen
    assert small.layers[0].bound == "memory"
    assert small.estimates[0].time_s == pytest.approx(4 * (1024**2 + 2 * 1024) / 2039e9)
    large = roof_of(usage_of(nn.Linear(1024, 1024, bias=False), spec(4096, 1024), device="a100"))
    assert large.layers[0].bound == "compute"
    assert large.estimates[0].time_s == pytest.approx(2 * 4096 * 1024**2 / 19.5e12)
    half = large.estimates[1]
    assert (half.device.id, half.dtype) == ("a100-80gb", "bfloat16")
    assert half.time_s == pytest.approx(max(2 * 4096 * 1024**2 / 312e12, 2 * (1024**2 + 2 * 4096 * 1024) / 2039e9))


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 64, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.Flatten())


def test_layers_add_up_to_the_pass_and_every_device_is_there_once_in_a_precision() -> None:
    roof = roof_of(usage_of(network(), spec(1, 3, 64, 64), device="l4"))
    assert sum(layer.time_s for layer in roof.layers) == pytest.approx(roof.estimates[0].time_s)
    assert roof.estimates[0].device.id == "l4"
    keys = [(each.device.id, each.dtype) for each in roof.estimates]
    assert len(set(keys)) == len(keys)
    assert {name for name, _ in keys} == {device.id for device in DEVICES}
    for each in roof.estimates:
        assert each.time_s > 0
        assert 0 <= each.compute_bound_share <= 1


def test_sixteen_bits_are_never_slower() -> None:
    times: dict[str, list[float]] = {}
    for each in roof_of(usage_of(network(), spec(1, 3, 64, 64))).estimates:
        times.setdefault(each.device.id, []).append(each.time_s)
    assert all(len(pair) < 2 or pair[1] <= pair[0] for pair in times.values())


def test_a_half_precision_pass_is_estimated_in_it_alone() -> None:
    roof = roof_of(usage_of(nn.Linear(64, 64).to(torch.bfloat16), spec(1, 64, dtype="bfloat16")))
    dtypes = {each.device.id: each.dtype for each in roof.estimates}
    assert len(roof.estimates) == len(DEVICES)
    assert (dtypes["a100-80gb"], dtypes["v100"]) == ("bfloat16", "float16")
    assert not roof.chosen


def test_a_model_larger_than_the_memory_does_not_fit() -> None:
    with torch.device("meta"):
        large = nn.Linear(100_000, 100_000, bias=False)
    fits = {(each.device.id, each.dtype): each.fits for each in roof_of(usage_of(large, spec(1, 100_000))).estimates}
    assert not fits["l4", "float32"]
    assert fits["l4", "bfloat16"]
    assert fits["a100-80gb", "float32"]


def test_a_graph_has_its_roofline_and_says_why_it_has_nothing_else() -> None:
    report = build(SAMPLES / "digits_cnn.onnx", device="cpu")
    assert isinstance(report.usage, Usage)
    assert roof_of(report.usage).device == device_of("cpu").id
    for part in (report.usage.training, report.usage.generation, report.usage.scaling):
        assert isinstance(part, Skipped)
        assert "graph" in part.reason


def test_without_a_pass_there_are_no_costs() -> None:
    report = build(SAMPLES / "digits_mlp_module.pt", trace=False)
    assert isinstance(report.usage, Skipped)
    assert "switched off" in report.usage.reason


def test_an_unknown_device_is_told_before_any_work() -> None:
    with pytest.raises(OptionsError, match="abacus"):
        build(SAMPLES / "no-such-file.pt", device="abacus")
