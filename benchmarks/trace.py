"""How long a traced pass takes, against a plain forward pass and against other tools; and what a large model takes.

    python benchmarks/trace.py [--rounds 7] [--json trace.json] [--no-large]

Each round times all ways one after the other in one process, so that another load on the machine changes all of them
alike; the median of each round's ratio to the plain forward pass is printed. *pass* is the recorded forward alone,
*trace* the whole of ``trace()``: stand-in, search for the input, facts. It takes attention as one operator, as CPUs and
GPUs do, where a plain pass on meta spells it out: with attention its ratio can be below one. torchinfo and torchview
run on meta tensors too. TorchLens needs real values and changes torch for good: it runs on the CPU in a process of its
own, and is measured against a plain real pass there. Peers that are not installed (``pip install
'modelreport[bench]'``) are left out.

Large models are built on meta and traced in a process of their own at 128 tokens: seconds after imports, and the most
memory the process held.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks._alone import seconds
from benchmarks._folders import MODELS
from modelreport.checkpoint import Model
from modelreport.facts import Identification, Trace
from modelreport.identify.libraries import load_library
from modelreport.meta import on_meta
from modelreport.options import Options
from modelreport.trace import trace
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.passes import run_on_meta

ROOT = Path(__file__).parent.parent
LARGE = tuple(MODELS)


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
    own = {"plain": plain, "FlopCounterMode": counted, "pass": recorded, "trace": traced}
    return own | peers(module, named or inputs)


def peers(module: Any, inputs: Any) -> dict[str, Callable[[], Any]]:
    """torchinfo and torchview where they are installed."""
    found: dict[str, Callable[[], Any]] = {}
    try:
        import torchinfo

        found["torchinfo"] = lambda: torchinfo.summary(module, input_data=inputs, device="meta", verbose=0)
    except ImportError:
        pass
    try:
        import torchview

        found["torchview"] = lambda: torchview.draw_graph(
            module, input_data=inputs, device="meta", expand_nested=True, save_graph=False
        )
    except ImportError:
        pass
    return found


def compare(name: str, module: Any, candidate: Candidate, rounds: int) -> dict[str, Any]:
    """Ratios of all ways to the plain pass."""
    works = ways(module, candidate)
    for work in works.values():
        work()
    timed = [{way: seconds(work) for way, work in works.items()} for _ in range(rounds)]
    ratios = {way: statistics.median(t[way] / t["plain"] for t in timed) for way in works}
    return {
        "model": name,
        "plain_s": statistics.median(t["plain"] for t in timed),
        "ratios": ratios,
        "trace_to_flop_counter": statistics.median(t["trace"] / t["FlopCounterMode"] for t in timed),
    }


def alone(what: str, name: str) -> dict[str, Any]:
    """One measurement in a process of its own; the reason where it could not be made."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._alone", what, name],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
        cwd=ROOT,
    )
    if done.returncode:
        return {"model": name, "error": done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else "ended"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def tell(found: dict[str, Any]) -> None:
    """One line of the table."""
    shown = "  ".join(f"{way} {ratio:.2f}×" for way, ratio in found["ratios"].items() if way != "plain")
    print(f"{found['model']:22} plain {found['plain_s'] * 1e3:7.1f} ms  {shown}", flush=True)


def tell_alone(found: dict[str, Any]) -> None:
    """One line about a measurement in a process of its own."""
    if "error" in found:
        print(f"{found['model']:22} not measured: {found['error']}", flush=True)
    elif "ratio" in found:
        ratio = f"TorchLens {found['ratio']:.2f}×"
        print(f"{found['model']:22} real  {found['plain_s'] * 1e3:7.1f} ms  {ratio}", flush=True)
    else:
        print(
            f"{found['model']:22} {found['parameters'] / 1e9:6.1f} G parameters  {found['operations']:6,} operations  "
            f"build {found['build_s']:5.2f} s  trace {found['trace_s']:5.2f} s (CPU time {found['trace_cpu_s']:.2f})  "
            f"peak {found['peak_bytes'] / 1e9:.2f} GB ({found['imports_bytes'] / 1e9:.2f} GB after imports)",
            flush=True,
        )


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write all figures to this file as well")
    parser.add_argument("--large", action=argparse.BooleanOptionalAction, default=True, help="trace large models too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    result: dict[str, Any] = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    result["ratios"] = [compare(name, *each, options.rounds) for name, each in models().items()]
    for found in result["ratios"]:
        tell(found)
    result["torchlens"] = [alone("torchlens", found["model"]) for found in result["ratios"]]
    result["large"] = [alone("large", name) for name in LARGE] if options.large else []
    for found in [*result["torchlens"], *result["large"]]:
        tell_alone(found)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
