"""How long the whole command takes, by whole processes, and how much memory large folders need.

    python benchmarks/build.py [--rounds 5] [--quick]

*resnet50*: ``modelreport build resnet50.pth -o r.html`` against a script that imports torch and torchvision and calls
``torchinfo.summary`` on the same network. One process after the other in turn, after one unmeasured start of each;
medians of wall and processor time, and the median of each round's ratio, so that another load changes both alike.

*folders*: Hugging Face folders of published models without their shards (``config.json`` and the index of the names),
each reported as HTML, with the peak resident size of the process and the time of each stage.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks._folders import MODELS, write_folder

SUMMARY = """
import warnings
warnings.simplefilter("ignore")
import torch
for name in ("nms", "qnms"):  # a torchvision for another torch has none of its own operators
    try:
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
import torchvision
import torchinfo
print(torchinfo.summary(torchvision.models.resnet50(), (1, 3, 224, 224), verbose=0))
"""
MAKE = """
import sys
from modelreport.identify.libraries import load_library
import torch
torch.manual_seed(0)
torch.save(load_library("torchvision").models.resnet50().state_dict(), sys.argv[1])
"""
STAGE = re.compile(r"^\s*([\d.]+) s {2}(\S.*)$", re.MULTILINE)
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode


class Run(NamedTuple):
    """One finished process."""

    wall_s: float
    processor_s: float
    peak_bytes: int
    stages: dict[str, float]


def run(command: list[str]) -> Run:
    """The process, from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed:\n{said}")
    stages = {name: float(seconds) for seconds, name in STAGE.findall(said)}
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, stages)


def ours(*arguments: str) -> list[str]:
    """The command."""
    return [sys.executable, "-m", "modelreport", "build", *arguments, "-v"]


def show_stages(runs: list[Run]) -> str:
    """Median seconds of each stage."""
    names = [name for name in runs[0].stages if name != "all"]
    return "  ".join(f"{name} {statistics.median(r.stages[name] for r in runs):.2f}" for name in names)


def compare(folder: Path, rounds: int) -> None:
    """The table for ResNet-50."""
    path = folder / "resnet50.pth"
    subprocess.run([sys.executable, "-c", MAKE, str(path)], check=True, env=ENVIRONMENT)
    works = {
        "torchinfo script": [sys.executable, "-c", SUMMARY],
        "modelreport build": ours(str(path), "-o", str(folder / "r.html")),
    }
    timed: dict[str, list[Run]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, command in works.items():
            done = run(command)
            if number:
                timed[name].append(done)
    print(f"resnet50, median of {rounds} whole processes each")
    print(f"{'':20} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    for name, runs in timed.items():
        wall, processor, peak = (statistics.median(values) for values in list(zip(*runs, strict=True))[:3])
        print(f"{name:20} {wall:8.2f} {processor:8.2f} {peak / 1e6:8.0f}")
    pairs = list(zip(timed["modelreport build"], timed["torchinfo script"], strict=True))
    wall = statistics.median(a.wall_s / b.wall_s for a, b in pairs)
    processor = statistics.median(a.processor_s / b.processor_s for a, b in pairs)
    print(f"ratio: {wall:.2f} of the wall time, {processor:.2f} of the processor time")
    print(f"stages, s: {show_stages(timed['modelreport build'])}\n")


def report_folders(folder: Path, names: list[str]) -> None:
    """The table for large folders."""
    print("folders without their shards: config.json and index, report as HTML")
    print(f"{'':24} {'tensors':>8} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}")
    for name in names:
        model = write_folder(folder / name, name)
        done = run(ours(str(model), "-o", str(folder / "r.html")))
        count = sum(1 for _ in MODELS[name].tensors(MODELS[name].config))
        print(f"{name:24} {count:8} {done.wall_s:8.2f} {done.processor_s:8.2f} {done.peak_bytes / 1e6:8.0f}")
        print(f"{'':24} {show_stages([done])}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="of the folders only Llama-3-70B")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), given.rounds)
        report_folders(Path(folder), ["Llama-3-70B"] if given.quick else list(MODELS))


if __name__ == "__main__":
    main()
