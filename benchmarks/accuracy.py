"""How accurate the figures are: each against outside knowledge, side by side with other counters.

    python benchmarks/accuracy.py                          everything (about fifteen minutes on two cores)
    python benchmarks/accuracy.py --sample                 a few models of each kind
    python benchmarks/accuracy.py --write docs/accuracy.md the page with all tables
    python benchmarks/accuracy.py --json accuracy.json     all figures
    python benchmarks/accuracy.py --only memory            one of: published others hand flow memory parameters counters

The exit code is 1 when a figure differs and nothing explains it. What is checked, and against what, is said in
``benchmarks/checks``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks._setting import machine, today, version_of
from benchmarks.checks import allocation, counted, counters, flow, hand, page, parameters, zoo
from benchmarks.checks.ours import NotTracedError, ours

LIBRARIES = ("modelreport", "torch", "torchvision", "timm", "transformers")
COUNTERS = ("fvcore", "ptflops", "calflops", "thop", "torchinfo")
SAMPLE = ("resnet18", "mobilenet_v3_small", "vit_b_32", "swin_t", "r3d_18", "lraspp_mobilenet_v3_large", "googlenet")
GAPS = {
    "LSTM, 2 layers": "a copy of the input in the order of time (51,200) and the sum of a layer's two biases (2,048)",
}
"""What explains a difference to the allocator, by model."""

Rows = list[dict[str, Any]]


def tell(row: dict[str, Any]) -> dict[str, Any]:
    """One line on stderr for each model, so that one sees it work."""
    print("ok " if row["ok"] else "NO ", row["name"], row.get("error", ""), file=sys.stderr, flush=True)
    return row


def check_published(*, sample: bool) -> Rows:
    """Published figures, and torch's counter."""
    wanted = [c for c in zoo.published() if not sample or c.name in SAMPLE]
    return [tell(counted.check(case)) for case in wanted]


def check_others(*, sample: bool) -> Rows:
    """Models without a published figure against torch's counter."""
    return [tell(counted.check(case)) for case in list(zoo.others())[:: 9 if sample else 1]]


def check_hand(*, sample: bool) -> Rows:
    """Hand formulas."""
    rows: Rows = []
    for each in hand.networks()[:: 2 if sample else 1]:
        row: dict[str, Any] = {
            "name": each.case.name, "formula": each.formula, "source": each.source, "hand_macs": each.macs,
            "hand_parameters": each.parameters,
        }  # fmt: skip
        try:
            found = ours(each.case)
        except NotTracedError as error:
            rows.append(tell(row | {"error": str(error), "ok": False}))
            continue
        ok = (found.macs, found.parameters) == (each.macs, each.parameters)
        rows.append(tell(row | {"macs": found.macs, "parameters": found.parameters, "ok": ok}))
    return rows


def check_flow(*, sample: bool) -> Rows:
    """Edges against torch.fx."""
    rows: Rows = []
    seen: set[str] = set()
    for case in [*zoo.published(), *zoo.others()]:
        if case.library == "transformers" or case.name in seen or case.name.startswith("quantized_"):
            continue
        seen.add(case.name)
        if sample and case.name not in SAMPLE:
            continue
        try:
            found = flow.compare(ours(case), case.inputs)
        except NotTracedError as error:
            found = flow.Compared(reason=str(error))
        ok = not found.only_ours and not found.only_theirs
        rows.append(tell({"name": case.name, "ok": ok} | dataclasses.asdict(found)))
    return rows


def check_memory(*, sample: bool) -> Rows:
    """Peak activations against a real allocation."""
    rows: Rows = []
    for case in allocation.networks()[:: 3 if sample else 1]:
        found = ours(case).trace.memory
        real = allocation.measure(case.make(), case.inputs)
        here = found.peak_bytes if found is not None else None
        gap = GAPS.get(case.name, "")
        rows.append(tell({
            "name": case.name, "here": here, "without_workspaces": real.without_workspaces, "peak": real.peak,
            "workspaces": [f"{name.removeprefix('aten::')} {size:,}" for name, size in real.workspaces[:2]],
            "gap": f"{(here or 0) - real.without_workspaces:,}: {gap}" if gap else "",
            "ok": here == real.without_workspaces or bool(gap),
        }))  # fmt: skip
    return rows


def check_parameters(*, sample: bool) -> Rows:
    """Parameters and buffers against torch's own lists, tied ones once."""
    made: list[tuple[str, Callable[[], Any], parameters.Sums | None]] = [
        ("tied, frozen and half-precision parts, by hand", parameters.Tied, parameters.TIED),
        ("resnet50", zoo.torchvision_model("resnet50"), None),
        ("swin_t", zoo.torchvision_model("swin_t"), None),
        ("GPT-2", zoo.hugging_face("GPT2LMHeadModel", "GPT2Config"), None),
        ("T5-small", zoo.hugging_face("T5ForConditionalGeneration", "T5Config"), None),
        ("LSTM, 2 layers, both directions", hand.lstm_module, None),
    ]
    rows: Rows = []
    for name, make, by_hand in made[: 2 if sample else None]:
        found, _, ok = parameters.check(make, by_hand)
        rows.append(tell({"name": name, "ok": ok} | dataclasses.asdict(found)))
    return rows


def check_counters(*, sample: bool) -> dict[str, Any]:
    """What other counters say, beside the reference and our own figure."""
    wanted = list(counters.cases(sample=sample))
    said: dict[str, Any] = {}
    for counter in list(counters.COUNTERS)[: 1 if sample else None]:
        print("   ", counter, file=sys.stderr, flush=True)
        said[counter] = counters.in_process(counter, sample=sample)
    here: dict[str, float | str] = {}
    for case, _ in wanted:
        try:
            here[case.name] = ours(case).macs
        except NotTracedError as error:
            here[case.name] = str(error)
    return {"counters": said, "references": {c.name: reference for c, reference in wanted}, "here": here}


CHECKS: dict[str, Callable[..., Rows]] = {
    "published": check_published, "others": check_others, "hand": check_hand, "flow": check_flow,
    "memory": check_memory, "parameters": check_parameters,
}  # fmt: skip


def measured(only: list[str], *, sample: bool) -> dict[str, Any]:
    """All figures, by check."""
    found: dict[str, Any] = {
        "date": today(), "machine": machine(),
        "versions": {name: version_of(name) for name in (*LIBRARIES, *COUNTERS)},
        "counters": {}, "references": {}, "here": {},
    }  # fmt: skip
    for name, check in CHECKS.items():
        found[name] = check(sample=sample) if not only or name in only else []
    if not only or "counters" in only:
        found |= check_counters(sample=sample)
    return found


def main(given: list[str] | None = None) -> int:
    """Run the checks and print what holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", action="store_true", help="a few models of each kind")
    parser.add_argument("--only", action="append", default=[], choices=[*CHECKS, "counters"])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page, Markdown")
    options = parser.parse_args(given)
    warnings.simplefilter("ignore")
    found = measured(options.only, sample=options.sample)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.write:
        options.write.write_text(page.document(found), encoding="utf-8")
    for what, holds in page.summary(found):
        print(f"{holds:>16}  {what}")
    return 0 if all(row["ok"] for name in CHECKS for row in found[name]) else 1


if __name__ == "__main__":
    sys.exit(main())
