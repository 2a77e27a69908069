"""Models whose costs of use are known by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from modelreport.checkpoint import Model
from modelreport.facts import Roofline, Skipped, TensorSpec, Trace, Usage
from modelreport.identify.libraries import load_library
from modelreport.options import Options
from modelreport.trace import trace
from modelreport.trace import usage_of as estimate
from modelreport.trace.usage.runs import Runner, runner
from tests.trace.models import model_of, spec


def language_model(kind: str, tokens: int = 16, **settings: Any) -> tuple[Model, TensorSpec]:
    """A model of transformers from its configuration on meta, and its input."""
    load_library("torchvision")
    load_library("transformers")
    import transformers

    config = transformers.AutoConfig.for_model(kind, **settings)
    auto = transformers.AutoModelForSeq2SeqLM if kind in ("t5", "bart") else transformers.AutoModelForCausalLM
    dtype = settings.get("dtype") or torch.float32
    with torch.device("meta"):
        module = auto.from_config(config, dtype=dtype)
    return model_of(module, how="config", library="transformers"), spec(1, tokens, dtype="int64", name="input_ids")


def traced(model: Model, *inputs: TensorSpec) -> Trace:
    found = trace(model, Options(inputs=tuple(inputs)))
    assert isinstance(found, Trace), found
    assert found.complete, found.error
    return found


@contextlib.contextmanager
def running(module: nn.Module | Model, *inputs: TensorSpec) -> Iterator[Runner]:
    """A runner of a module that was traced with these inputs."""
    model = module if isinstance(module, Model) else model_of(module)
    traced(model, *inputs)
    with runner(model) as found:
        yield found


def usage_of(module: nn.Module | Model, *inputs: TensorSpec, device: str = "") -> Usage:
    """All costs of use of a module that must run."""
    model = module if isinstance(module, Model) else model_of(module)
    size = sum(t.nbytes for t in [*model.module.parameters(), *model.module.buffers()])
    found = estimate(model, traced(model, *inputs), Options(device=device), size)
    assert isinstance(found, Usage), found
    return found


def roof_of(usage: Usage) -> Roofline:
    assert not isinstance(usage.roofline, Skipped)
    return usage.roofline
