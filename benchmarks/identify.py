"""How well bare weights are told: the identification table, and what a lookup costs.

    python benchmarks/identify.py [--sample 150] [--seed 1] [--json OUT] [--write docs/identification.md]

For a random sample of the architectures of torchvision and timm and of the classes of transformers, state dicts are
made on meta in the ways in which they come (as published, under a prefix, with another head, cut short …) and
identified by names and shapes alone. *Right* means that the true architecture is the answer or among those named as
fitting equally; *alone* that it is the only one. For files that are cut short, and for networks of no library, right is
a refusal.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks._bare import Case, cases_of_sizes, cases_of_transformers, own_networks, transformers_classes
from benchmarks._setting import machine, today, versions
from modelreport.checkpoint import Checkpoint, LazyTensor, Model
from modelreport.facts import Skipped, Source
from modelreport.identify.bare import candidates
from modelreport.identify.build_index import model_names
from modelreport.identify.families import load_families
from modelreport.identify.index import load_index
from modelreport.identify.known import identify_known
from modelreport.identify.libraries import load_library

LIBRARIES = ("torchvision", "timm", "transformers")
Row = dict[str, Any]
HEAD = """Measured on {today} on {machine}: {versions}. Made again by `python benchmarks/identify.py {command}`.

State dicts of {models} models are built on meta and identified by names and shapes alone. *Right*: the true
architecture is the answer, or among those that the report names as fitting equally; *alone*: it is the only one. Where
a file is cut short or of no library, right is a refusal. *Refused*: no answer, the nearest is named as a comparison.
*Wrong*: an answer without the true one among it."""


def checkpoint_of(shapes: dict[str, tuple[int, ...]]) -> Checkpoint:
    """A bare state dict of these names and shapes."""
    source = Source(
        name="weights.pth", kind="file", format="torch-zip", format_title="PyTorch checkpoint", content="state_dict",
        files=(), size_bytes=0,
    )  # fmt: skip
    tensors = tuple(LazyTensor(name, "float32", shape, None) for name, shape in shapes.items())
    return Checkpoint(source, Skipped(stage="security", reason="made by hand"), tensors)


def judge(case: Case) -> Row:
    """What one state dict was taken for."""
    start = time.perf_counter()
    found = identify_known(checkpoint_of(case.shapes))
    seconds = time.perf_counter() - start
    answer, equal = "", ()
    if isinstance(found, Model):
        facts = found.identification
        answer, equal = f"{facts.library} {facts.name}", facts.equal
    if not case.truth:
        outcome = "right" if not answer else "wrong"
    elif not answer:
        outcome = "refused"
    else:
        outcome = "right" if case.truth in (answer, *equal) else "wrong"
    return {
        "library": case.library, "kind": case.kind, "model": case.model, "outcome": outcome, "answer": answer,
        "alone": outcome == "right" and not equal, "seconds": seconds,
        "reason": found.reason if isinstance(found, Skipped) else "",
    }  # fmt: skip


def sample(count: int, generator: random.Random, only: str = "") -> Iterator[Case]:
    """``count`` architectures of torchvision and timm, two thirds as many classes of transformers, own networks."""
    load_library("torchvision"), load_library("timm"), load_library("transformers")
    names = [(library, name) for library in ("torchvision", "timm") for name in model_names(library)]
    vision = [n for n in names if n[0] == "torchvision"]
    chosen = generator.sample(vision, min(count // 3, len(vision)))
    chosen += generator.sample([n for n in names if n[0] == "timm"], count - len(chosen))
    for library, name in chosen:
        if library.startswith(only):
            yield from cases_of_sizes(library, name, generator)
    if "transformers".startswith(only):
        for model_type, kind in transformers_classes(max(2 * count // 3, 1), generator):
            yield from cases_of_transformers(model_type, kind, generator)
    if not only:
        yield from own_networks(generator)


def table(rows: list[Row]) -> list[Row]:
    """One line for each library and kind of file."""
    groups: dict[tuple[str, str], list[Row]] = collections.defaultdict(list)
    for row in rows:
        groups[row["library"], row["kind"]].append(row)
    return [
        {
            "library": library, "kind": kind, "files": len(group),
            **{o: sum(r["outcome"] == o for r in group) for o in ("right", "refused", "wrong")},
            "alone": sum(r["alone"] for r in group),
            "seconds": round(statistics.median(r["seconds"] for r in group), 3),
        }
        for (library, kind), group in groups.items()
    ]  # fmt: skip


def milliseconds(work: Callable[[], object], rounds: int = 5) -> float:
    """Median wall time of one call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def import_seconds(name: str) -> float:
    """Wall time of importing a library in a process of its own, less that of the bare process."""
    code = f"from modelreport.identify.libraries import load_library; load_library({name!r})"
    took = []
    for statement in ("import modelreport.identify.libraries", code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True)
        took.append(time.perf_counter() - start)
    return took[1] - took[0]


def speed(cases: list[Case]) -> dict[str, float]:
    """What a lookup costs, and what importing the libraries would."""
    shapes = [c.shapes for c in cases[:40]]
    return {
        "index of sizes, read (ms)": milliseconds(lambda: (load_index.cache_clear(), load_index())),
        "index of families, read (ms)": milliseconds(lambda: (load_families.cache_clear(), load_families())),
        "lookup by sizes (ms)": statistics.median(milliseconds(lambda s=s: load_index().nearest(s), 1) for s in shapes),
        "lookup by families (ms)": statistics.median(milliseconds(lambda s=s: candidates(s), 1) for s in shapes),
        **{f"import {name} (ms)": 1e3 * import_seconds(name) for name in LIBRARIES},
    }


def markdown(rows: list[Row], models: int, times: dict[str, float], arguments: argparse.Namespace) -> str:
    """The page for ``docs/``."""
    command = f"--sample {arguments.sample} --seed {arguments.seed} --write docs/identification.md"
    if arguments.rows:
        command = "--write docs/identification.md` with several runs put together by `--rows"
    head = HEAD.format(today=today(), machine=machine(), versions=versions(LIBRARIES), command=command, models=models)
    lines = ["# What bare weights are taken for", "", head, ""]
    lines += [
        "| Library | File | Files | Right | of them alone | Refused | Wrong | Median time (s) |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {r['library']} | {r['kind']} | {r['files']} | {r['right']} | {r['alone']} | {r['refused']} | {r['wrong']} "
        f"| {r['seconds']:.2f} |"
        for r in rows
    ]
    lines += ["", "| Cost | Milliseconds |", "|---|--:|", *(f"| {k} | {v:.1f} |" for k, v in times.items()), ""]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--only", default="", help="a library, or its beginning")
    parser.add_argument("--rows", type=Path, nargs="*", default=[], help="add what was measured before (--json)")
    arguments = parser.parse_args()
    cases: list[Case] = []
    rows: list[Row] = [row for path in arguments.rows for row in json.loads(path.read_text())["rows"]]
    for case in (
        () if arguments.sample == 0 else sample(arguments.sample, random.Random(arguments.seed), arguments.only)
    ):
        rows.append(judge(case))
        cases.append(case)
        if arguments.json and len(rows) % 20 == 0:
            arguments.json.write_text(json.dumps({"rows": rows}))
        if rows[-1]["outcome"] != "right":
            r = rows[-1]
            print(
                f"{r['outcome']}: {r['library']} {r['model']}, {r['kind']}: {r['answer']} {r['reason'][:200]}",
                flush=True,
            )
    totals = table(rows)
    times = speed(random.Random(0).sample(cases, min(len(cases), 40))) if cases else {}
    for line in totals:
        print("  ".join(f"{k} {v}" for k, v in line.items()))
    for name, value in times.items():
        print(f"{name:32} {value:8.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": rows, "table": totals, "times": times}, indent=1))
    if arguments.write:
        arguments.write.write_text(markdown(totals, len({(r["library"], r["model"]) for r in rows}), times, arguments))


if __name__ == "__main__":
    main()
