"""How long the traced pass takes against a plain meta forward and FlopCounterMode, in one process, as ratios.

    python benchmarks/trace.py [--rounds 5]

Each round times all of them one after the other; the median of each round's ratio is printed, so that another load on
the machine changes all of them alike. *pass* is the recorded forward alone, *trace* the whole of ``trace()``: stand-in,
search for the input, facts.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from modelreport.checkpoint import Model
from modelreport.facts import Identification, Trace
from modelreport.identify.libraries import load_library
from modelreport.meta import on_meta
from modelreport.options import Options
from modelreport.trace import trace
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.passes import run_on_meta


def models() -> dict[str, tuple[Any, Candidate]]:
    """The three models on meta and their inputs."""
    torchvision, transformers = load_library("torchvision"), load_library("transformers")
    image = Candidate("", (Dummy((1, 3, 224, 224)),))
    ids = Candidate("", (), {"input_ids": Dummy((1, 128), "ids", "int64", 1000)})
    with on_meta():
        return {
            "resnet50": (torchvision.models.resnet50().eval(), image),
            "vit_b_16": (torchvision.models.vit_b_16().eval(), image),
            "bert, 12 layers": (transformers.BertModel(transformers.BertConfig()).eval(), ids),
        }


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ways(module: Any, candidate: Candidate) -> dict[str, Callable[[], Any]]:
    """What is compared; the first is the measure of the others."""
    inputs = [dummy.make(None).to("meta") for dummy in candidate.args]
    named = {name: dummy.make(None).to("meta") for name, dummy in candidate.kwargs.items()}
    model = Model(identification=Identification(name="m", library="", how="config"), module=module)

    def plain() -> None:
        with torch.no_grad():
            module(*inputs, **named)

    def counted() -> None:
        with torch.no_grad(), FlopCounterMode(display=False):
            module(*inputs, **named)

    def traced() -> None:
        found = trace(model, Options())
        assert isinstance(found, Trace)
        assert found.complete

    recorded = lambda: run_on_meta(module, module, candidate, lambda _: None)  # noqa: E731
    return {"plain": plain, "FlopCounterMode": counted, "pass": recorded, "trace": traced}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    for name, (module, candidate) in models().items():
        works = ways(module, candidate)
        for work in works.values():
            work()
        timed = [{way: seconds(work) for way, work in works.items()} for _ in range(rounds)]
        plain = statistics.median(t["plain"] for t in timed)
        ratios = {way: statistics.median(t[way] / t["plain"] for t in timed) for way in works}
        shown = "  ".join(f"{way} {ratio:.2f}x" for way, ratio in ratios.items())
        print(f"{name:16} {plain * 1e3:6.1f} ms  {shown}")


if __name__ == "__main__":
    main()
