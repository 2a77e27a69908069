"""The room's front door."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import torch
from torch import nn

from modelreport.facts import Skipped, Trace
from modelreport.identify import identify
from modelreport.load import open_checkpoint, open_object
from modelreport.options import Options
from modelreport.trace import trace
from tests.trace.models import Net, model_of, spec


def test_a_model_without_module_is_skipped():
    found = trace(model_of(None, "graph"), Options())
    assert isinstance(found, Skipped)


def test_progress_goes_through_the_modules():
    told = []
    module = nn.Sequential(*[nn.ReLU() for _ in range(40)])
    options = Options(inputs=(spec(1, 4),), progress=lambda *step: told.append(step))
    trace(model_of(module), options)
    assert told == [("trace", 0, 41), ("trace", 16, 41), ("trace", 32, 41)]


def test_a_live_object_is_traced_through_the_front_rooms():
    with open_object(Net(), Options()) as checkpoint:
        model = identify(checkpoint, Options())
        assert not isinstance(model, Skipped)
        found = trace(model, Options())
    assert isinstance(found, Trace)
    assert found.complete
    assert found.outputs[0].shape == (1, 10)


def test_a_folder_of_a_sentence_encoder_is_traced_through_its_configuration(minilm, torchvision):
    """22.7 M parameters, six layers of width 384: 2·weights·S + 4·S²·d·L FLOPs of matrices, the pooler once."""
    with open_checkpoint(minilm, Options()) as checkpoint:
        model = identify(checkpoint, Options())
        assert not isinstance(model, Skipped)
        found = trace(model, Options())
    assert isinstance(found, Trace)
    assert found.complete
    sequence, width, layers = 128, 384, 6
    weights = layers * (4 * width * width + 2 * width * 4 * width)
    assert 2 * found.macs == 2 * weights * sequence + 4 * sequence**2 * width * layers + 2 * width * width
    assert found.untouched == ()


def test_importing_the_room_does_not_import_torch():
    code = "import modelreport.trace, modelreport.trace.forward, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def in_precision(module: nn.Module, precision: str, *inputs: object) -> Trace:
    model = dataclasses.replace(model_of(module, "config"), precision=precision)
    found = trace(model, Options(inputs=tuple(inputs)))  # type: ignore[arg-type]
    assert isinstance(found, Trace)
    assert found.complete
    return found


def test_half_precision_weights_are_run_in_their_precision():
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    whole = in_precision(net, "", spec(1, 3, 8, 8))
    half = in_precision(net, "bfloat16", spec(1, 3, 8, 8))
    assert (half.inputs[0].dtype, half.outputs[0].dtype) == ("bfloat16", "bfloat16")
    assert half.macs == whole.macs
    assert half.memory is not None
    assert whole.memory is not None
    assert 2 * half.memory.peak_bytes == whole.memory.peak_bytes
    assert all(p.dtype == torch.float32 for p in net.parameters())


def test_code_that_needs_float32_is_run_in_it_and_the_report_says_so():
    class Strict(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.dtype != torch.float32 or self.fc.weight.dtype != torch.float32:
                raise TypeError("only float32 is supported")
            return self.fc(x)

    found = in_precision(Strict(), "float16", spec(1, 4))
    assert found.outputs[0].dtype == "float32"
    assert "the pass is in float32" in found.notes[-1]
