"""Opening a large state_dict to its layer list, against ``torch.load(mmap=True)`` on the same file in the same run.

Each reader runs in a fresh process, three times in turn, after one unmeasured start; the median counts. Times exclude
the start of Python and, for torch, are given with and without ``import torch``. Memory is the peak resident size.

    python benchmarks/open.py [GIGABYTES]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = 3
OURS = """
import sys, time, json, resource
from pathlib import Path
start = time.perf_counter()
from modelreport.load import open_checkpoint
from modelreport.options import Options
imported = time.perf_counter()
def read_bytes():
    lines = open("/proc/self/io").read().splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])
before = read_bytes()
with open_checkpoint(Path(sys.argv[1]), Options()) as checkpoint:
    layers = [(tensor.name, tensor.dtype, tensor.shape) for tensor in checkpoint.tensors]
"""
TORCH = """
import sys, time, json, resource
start = time.perf_counter()
import torch
imported = time.perf_counter()
def read_bytes():
    lines = open("/proc/self/io").read().splitlines()
    return int(next(line for line in lines if line.startswith("rchar")).split()[1])
before = read_bytes()
state = torch.load(sys.argv[1], mmap=True, weights_only=True)
layers = [(name, str(tensor.dtype), tuple(tensor.shape)) for name, tensor in state.items()]
"""
TAIL = """
end = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"layers": len(layers), "open_s": end - imported, "import_s": imported - start,
                  "read_bytes": read_bytes() - before, "peak_bytes": peak, "torch": "torch" in sys.modules}))
"""
MAKE = """
import sys, torch
count = int(float(sys.argv[2]) * 1e9 / (4 * 1024 * 3136))
torch.save({f"blocks.{i}.weight": torch.empty(1024, 3136) for i in range(count)}, sys.argv[1])
"""


def run(program: str, *arguments: str) -> dict[str, float]:
    """What one fresh process measured."""
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout else {}


def median(results: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {key: statistics.median(float(result[key]) for result in results) for key in results[0]}


def show(name: str, figures: dict[str, float]) -> None:
    """One line of the table."""
    print(
        f"{name:24} {figures['open_s'] * 1e3:9.1f} {figures['import_s'] * 1e3:9.0f} "
        f"{figures['read_bytes'] / 1e3:11.1f} {figures['peak_bytes'] / 1e6:9.0f}"
    )


def main() -> None:
    """Write the file, measure both, print the table and the ratios."""
    size = sys.argv[1] if len(sys.argv) > 1 else "2"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pth"
        run(MAKE, str(path), size)
        results: dict[str, list[dict[str, float]]] = {"modelreport": [], "torch": []}
        for index in range(RUNS + 1):
            for name, program in (("modelreport", OURS), ("torch", TORCH)):
                figures = run(program + TAIL, str(path))
                if index:
                    results[name].append(figures)
        ours, theirs = median(results["modelreport"]), median(results["torch"])
        print(f"{path.stat().st_size / 1e9:.2f} GB, {ours['layers']:.0f} tensors; median of {RUNS} fresh processes")
        print(f"{'':24} {'open ms':>9} {'import ms':>9} {'read kB':>11} {'peak MB':>9}")
        show("modelreport", ours)
        show("torch.load(mmap=True)", theirs)
    whole = (theirs["open_s"] + theirs["import_s"]) / (ours["open_s"] + ours["import_s"])
    print(f"open: {theirs['open_s'] / ours['open_s']:.2f}x faster, with imports {whole:.1f}x faster, ", end="")
    print(f"{theirs['read_bytes'] / ours['read_bytes']:.1f}x fewer bytes read, ", end="")
    print(f"{theirs['peak_bytes'] / ours['peak_bytes']:.1f}x less memory")
    if ours["layers"] != theirs["layers"] or ours["torch"]:
        raise SystemExit("the two do not agree on the layers, or torch was imported")


if __name__ == "__main__":
    main()
