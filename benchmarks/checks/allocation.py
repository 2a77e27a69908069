"""Peak activation memory against what the CPU allocator really handed out during a forward pass.

The profiler notes every allocation and release of torch's CPU allocator with the operator at work. Their running sum is
the real peak. What an operator takes and gives back before it ends is its workspace (re-ordered weights and blocked
layouts of oneDNN, for instance): it differs from machine to machine and is no activation, so the sum is taken a second
time without it. That second peak is the figure that the report promises.
"""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch._C._profiler import _EventType
from torch.nn import functional

from benchmarks.checks.zoo import Case, hugging_face, ids, spec, torchvision_model
from modelreport.facts import TensorSpec


@dataclass(frozen=True)
class Allocated:
    """Peaks of one real pass, in bytes above what was there before it."""

    peak: int
    without_workspaces: int
    workspaces: tuple[tuple[str, int], ...]
    """Operators with a workspace and the largest of each, the largest first."""


@dataclass(frozen=True)
class _Event:
    time: int
    pointer: int
    size: int
    """Negative when it is given back."""
    operator: Any


def measure(module: Any, inputs: tuple[TensorSpec, ...]) -> Allocated:
    """Run a module with real weights once to warm up and once under the profiler."""
    args, kwargs = real_inputs(module, inputs)
    module.eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module(*args, **kwargs)
        gc.collect()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as p:
            result = module(*args, **kwargs)
    events = sorted(_events(p), key=lambda event: event.time)
    del result
    inside = _workspaces(events)
    largest: Counter[str] = Counter()
    for index, name in inside.items():
        largest[name] = max(largest[name], events[index].size)
    kept = [event for index, event in enumerate(events) if index not in inside]
    return Allocated(_peak(events), _peak(kept), tuple(largest.most_common()))


def real_inputs(module: Any, inputs: tuple[TensorSpec, ...]) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    """Noise, and ids below the smallest vocabulary."""
    sizes = [m.num_embeddings for m in module.modules() if isinstance(m, nn.Embedding)]

    def made(given: TensorSpec) -> torch.Tensor:
        dtype = getattr(torch, given.dtype)
        if dtype.is_floating_point:
            return torch.randn(given.shape, dtype=dtype)
        return torch.randint(0, min([1000, *sizes]), given.shape, dtype=dtype)

    return [made(s) for s in inputs if not s.name], {s.name: made(s) for s in inputs if s.name}


def _events(profile: Any) -> Iterator[_Event]:
    """Every allocation and release with the innermost operator in which it happened."""
    todo = [(root, None) for root in profile.profiler.kineto_results.experimental_event_tree()]
    while todo:
        event, operator = todo.pop()
        kind, fields = event.typed
        if kind == _EventType.Allocation:
            yield _Event(event.start_time_ns, fields.ptr, fields.alloc_size, operator)
        inner = event if kind == _EventType.TorchOp else operator
        todo.extend((child, inner) for child in event.children)


def _workspaces(events: list[_Event]) -> dict[int, str]:
    """Indices of allocations that the operator gave back before it ended, and of their releases; with its name."""
    open_: dict[int, int] = {}
    found: dict[int, str] = {}
    for index, event in enumerate(events):
        if event.size > 0:
            open_[event.pointer] = index
            continue
        first = open_.pop(event.pointer, None)
        operator = events[first].operator if first is not None else None
        if first is not None and operator is not None and event.time <= operator.end_time_ns:
            found[first] = found[index] = operator.name
    return found


def _peak(events: list[_Event]) -> int:
    live = peak = 0
    for event in events:
        live += event.size
        peak = max(peak, live)
    return peak


class UNet(nn.Module):
    """Ronneberger et al. 2015 with padded convolutions: what is kept for the way up decides the peak."""

    def __init__(self, channels: int = 16, levels: int = 4) -> None:
        super().__init__()
        widths = [channels << level for level in range(levels + 1)]
        self.down = nn.ModuleList(_twice(a, b) for a, b in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths[:-1]))
        self.join = nn.ModuleList(_twice(2 * w, w) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(channels, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for block in self.down[:-1]:
            x = block(x)
            kept.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.down[-1](x)
        for up, join in zip(self.up, self.join, strict=True):
            x = join(torch.cat([up(x), kept.pop()], 1))
        return self.head(x)


def _twice(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.Conv2d(outputs, outputs, 3, padding=1), nn.ReLU()
    )


def networks() -> tuple[Case, ...]:
    """What is measured."""
    image = (spec(1, 3, 224, 224),)
    llama = hugging_face(
        "LlamaForCausalLM", "LlamaConfig", hidden_size=512, num_hidden_layers=4, num_attention_heads=8,
        intermediate_size=1376, vocab_size=2000,
    )  # fmt: skip
    return (
        Case("torchvision", "resnet50", torchvision_model("resnet50"), image),
        Case("torchvision", "vit_b_16", torchvision_model("vit_b_16"), image),
        Case("torchvision", "swin_t", torchvision_model("swin_t"), image),
        Case("torchvision", "mobilenet_v3_large", torchvision_model("mobilenet_v3_large"), (spec(8, 3, 224, 224),)),
        Case("torchvision", "densenet121", torchvision_model("densenet121"), image),
        Case("transformers", "BERT, 12 layers", hugging_face("BertModel", "BertConfig"), (ids(384),)),
        Case("transformers", "Llama, 4 layers", llama, (ids(1024),)),
        Case("torch", "U-Net", UNet, (spec(1, 3, 256, 256),)),
        Case("torch", "LSTM, 2 layers", _lstm, (spec(4, 50, 64),)),
    )


def _lstm() -> nn.Module:
    return nn.LSTM(64, 128, 2, batch_first=True)
