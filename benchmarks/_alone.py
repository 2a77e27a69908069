"""Measurements of ``trace.py`` that need a process of their own: ``large NAME`` or ``torchlens NAME``, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks._folders import MODELS

SEQUENCE = 128
ROUNDS = 3
_OF_THE_FILE = ("architectures", "auto_map", "quantization_config", "torch_dtype")
"""Parts of a ``config.json`` that say how its files are written, not what is built."""


def most_memory() -> int:
    """The most bytes this process held. ``ru_maxrss`` alone remembers the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def large(name: str) -> dict[str, Any]:
    """A published model in bfloat16 on meta: seconds to build it and to trace it, and the most memory held."""
    config = MODELS[name].config
    import torch

    from modelreport.checkpoint import Model
    from modelreport.facts import Identification, TensorSpec, Trace
    from modelreport.identify.libraries import load_library
    from modelreport.meta import on_meta
    from modelreport.options import Options
    from modelreport.trace import trace

    transformers = load_library("transformers")
    model_class = getattr(transformers, config["architectures"][0])
    figures = {key: value for key, value in config.items() if key not in _OF_THE_FILE}
    imported = most_memory()
    start = time.perf_counter()
    with on_meta():
        settings = transformers.AutoConfig.for_model(**figures)
        torch.set_default_dtype(torch.bfloat16)
        try:
            module = model_class(settings).eval()
        finally:
            torch.set_default_dtype(torch.float32)
    built, before = time.perf_counter(), time.process_time()
    model = Model(identification=Identification(name="m", library="transformers", how="config"), module=module)
    found = trace(model, Options(inputs=(TensorSpec(shape=(1, SEQUENCE), dtype="int64", name="input_ids"),)))
    traced, after = time.perf_counter(), time.process_time()
    assert isinstance(found, Trace), found
    assert found.complete, found.error
    return {
        "model": name, "parameters": sum(p.numel() for p in module.parameters()), "operations": len(found.operations),
        "macs": found.macs, "flops": found.flops, "build_s": built - start, "trace_s": traced - built,
        "trace_cpu_s": after - before, "imports_bytes": imported, "peak_bytes": most_memory(),
    }  # fmt: skip


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def torchlens(name: str) -> dict[str, Any]:
    """TorchLens, metadata only, against a plain real pass on the CPU of the same randomly initialised model."""
    import torch
    import torchlens as lens

    from modelreport.identify.libraries import load_library

    if name.startswith("bert"):
        bert = load_library("transformers")
        module, x = bert.BertModel(bert.BertConfig()).eval(), torch.zeros(1, SEQUENCE, dtype=torch.int64)
    else:
        module, x = load_library("torchvision").models.get_model(name).eval(), torch.zeros(1, 3, 224, 224)

    with torch.no_grad():
        module(x)
        plain = min(seconds(lambda: module(x)) for _ in range(ROUNDS))
        lens.trace(module, x, save=None)
        logged = min(seconds(lambda: lens.trace(module, x, save=None)) for _ in range(ROUNDS))
    return {"model": name, "plain_s": plain, "torchlens_s": logged, "ratio": logged / plain}


def main() -> None:
    """Print one line of JSON."""
    warnings.simplefilter("ignore")
    what, name = sys.argv[1:]
    print(json.dumps({"large": large, "torchlens": torchlens}[what](name)))


if __name__ == "__main__":
    main()
