"""What other counters say of the same models: each in a process of its own, on the CPU with random weights.

    python -m benchmarks.checks.counters fvcore [--sample]

They patch modules or functions while they count, so that two must not meet in one process. The measure is the published
figure where there is one, and the hand formula otherwise; all are in multiply-adds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.checks import hand
from benchmarks.checks.allocation import real_inputs
from benchmarks.checks.zoo import Case, hugging_face, ids, published, spec

PUBLISHED = (
    "resnet50", "resnext50_32x4d", "vgg16", "densenet121", "mobilenet_v3_large", "efficientnet_b0", "regnet_y_400mf",
    "convnext_tiny", "vit_b_16", "swin_t", "maxvit_t", "r3d_18", "lraspp_mobilenet_v3_large",
)  # fmt: skip
SAMPLE = ("resnet50", "vit_b_16", "GPT-2, 128 tokens")
Count = Callable[[Any, list[torch.Tensor], dict[str, torch.Tensor]], float]


def cases(*, sample: bool = False) -> Iterator[tuple[Case, float]]:
    """The models and their multiply-adds by an outside source."""
    known = {case.name: case for case in published() if case.name in PUBLISHED and "SWAG" not in case.weights}
    rows: list[tuple[Case, float]] = [(known[name], known[name].gflops or 0.0) for name in PUBLISHED]
    rows = [(case, gflops * 1e9) for case, gflops in rows]
    llama = hand.Decoder(512, 4, 8, 4, 1376, 2000)
    rows += [
        (Case("transformers", "GPT-2, 128 tokens", hugging_face("GPT2LMHeadModel", "GPT2Config"), (ids(128),)),
         hand.gpt2(128)[0]),
        (hand.decoder_case("Llama, 4 layers, 128 tokens", "LlamaForCausalLM", "LlamaConfig", llama, 128),
         hand.decoder(128, llama)[0]),
        (Case("torch", "LSTM, 2 layers, both directions", hand.lstm_module, (spec(4, 50, 256),)),
         hand.lstm(50, 4, 256, 512, 2, 2)[0]),
    ]  # fmt: skip
    yield from (row for row in rows if not sample or row[0].name in SAMPLE)


def fvcore(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
    """Traces with TorchScript."""
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(module, (*args, *kwargs.values()))
    analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False)
    return float(analysis.total())


def _ptflops(backend: str) -> Count:
    def count(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
        from ptflops import get_model_complexity_info

        given = kwargs or _named(module, args)
        found, _ = get_model_complexity_info(
            module, (1,), as_strings=False, print_per_layer_stat=False, verbose=False, backend=backend,
            input_constructor=lambda _: given,
        )  # fmt: skip
        return float(found)

    return count


def _named(module: Any, args: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    import inspect

    return dict(zip(inspect.signature(module.forward).parameters, args, strict=False))


def calflops(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
    """Patches functions of torch."""
    from calflops import calculate_flops

    _, macs, _ = calculate_flops(module, args=list(args), kwargs=kwargs, print_results=False, output_as_string=False)
    return float(macs)


def thop(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
    """Hooks on known types of modules."""
    from thop import profile

    return float(profile(module, inputs=(*args, *kwargs.values()), verbose=False)[0])


def torchinfo(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
    """Hooks on all modules, cost by the size of their weights."""
    from torchinfo import summary

    given: Any = dict(kwargs) if kwargs else list(args)
    return float(summary(module, input_data=given, verbose=0).total_mult_adds)


def counter_mode(module: Any, args: list[torch.Tensor], kwargs: dict[str, torch.Tensor]) -> float:
    """torch's own, on the CPU."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(*args, **kwargs)
    return counter.get_total_flops() / 2


COUNTERS: dict[str, Count] = {
    "fvcore": fvcore, "ptflops": _ptflops("pytorch"), "ptflops aten": _ptflops("aten"), "calflops": calflops,
    "thop": thop, "torchinfo": torchinfo, "FlopCounterMode on CPU": counter_mode,
}  # fmt: skip
ROOT = Path(__file__).parent.parent.parent


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """What they print is not our output."""
    logging.disable(logging.CRITICAL)
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _plain(module: Any) -> Any:
    """A model of transformers told to give no cache, which some counters cannot follow."""
    if hasattr(module, "config"):
        module.config.use_cache = False
    return module


def run(counter: str, *, sample: bool = False, only: Sequence[str] = ()) -> Iterator[tuple[str, float | str]]:
    """Name of each model with its multiply-adds, or the kind of error."""
    for case, _ in cases(sample=sample):
        if only and case.name not in only:
            continue
        torch.manual_seed(0)
        found: float | str
        with _silent():
            try:
                module = _plain(case.make().eval())
                args, kwargs = real_inputs(module, case.inputs)
                found = COUNTERS[counter](module, args, kwargs)
            except Exception as error:  # whatever another library raises
                found = type(error).__name__
        yield case.name, found


def in_process(counter: str, *, sample: bool = False, seconds: float = 600) -> dict[str, float | str]:
    """As ``run``, in a process of its own; models that it did not reach in time say so."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else "benchmarks.checks.counters", counter]
    command += ["--sample"] if sample else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT)
        text: str = done.stdout
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode()
    rows = dict(json.loads(line) for line in text.splitlines() if line.startswith("["))
    return {case.name: rows.get(case.name, "no answer") for case, _ in cases(sample=sample)}


def main() -> None:
    """Print what one counter says, a JSON line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("counter", choices=COUNTERS)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    given = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    for row in run(given.counter, sample=given.sample, only=given.only):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
