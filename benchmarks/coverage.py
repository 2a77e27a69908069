"""How many models of torchvision, timm and transformers are traced without any hint.

Every model is built without weights, its dummy input is found, and it is run on meta in a process of its own with a
limit of time and memory. Where it fits, a really initialised copy runs on the CPU with the same input, and names,
shapes and dtypes of the outputs are compared.

    python benchmarks/coverage.py                              everything (about an hour on two cores)
    python benchmarks/coverage.py --library timm --all         every name of timm rather than one for each module
    python benchmarks/coverage.py --library transformers --sample 60 --seed 1
    python benchmarks/coverage.py --only resnet50 --only clip
    python benchmarks/coverage.py --again                      those once more that did not work

An interrupted sweep goes on where it stopped (``--state``), ``--fresh`` begins anew.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks._setting import machine, today, versions
from benchmarks.sweep.processes import Record, each
from benchmarks.sweep.record import REAL_PARAMETERS, record_of
from benchmarks.sweep.table import grid, line, page, totals, verdict
from benchmarks.sweep.zoo import LIBRARIES, held_out, names_of

STATE = Path(".cache/coverage.jsonl")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="only this library; may be repeated")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="only this model; may be repeated")
    parser.add_argument("--all", action="store_true", help="every name of timm")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many models of each library at random")
    parser.add_argument(
        "--part",
        choices=("all", "seen", "held-out"),
        default="all",
        help="of transformers: the types that rules were written for, or the third that was held out",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seconds", type=float, default=180, help="limit for each model")
    parser.add_argument("--memory", type=float, default=6, help="limit for each model in GiB")
    parser.add_argument("--state", type=Path, default=STATE, help="where results are kept, one JSON line a model")
    parser.add_argument("--tell", action="store_true", help="run nothing, tell what the state file holds")
    parser.add_argument("--json", type=Path, help="write totals and records here")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page in Markdown here")
    parser.add_argument("--note", default="", help="a sentence for the page on how the state came about")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--again", action="store_true", help="run those again that did not work")
    return parser.parse_args(given)


def read(state: Path) -> dict[tuple[str, str], Record]:
    """Earlier results, the last of each model."""
    found: dict[tuple[str, str], Record] = {}
    if state.exists():
        for line in state.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            found[record["library"], record["name"]] = record
    return found


def chosen(options: argparse.Namespace, library: str) -> list[str]:
    """Names of the models to be run."""
    names = names_of(library, options.all)
    if options.only:
        return [n for n in names_of(library, True) if n in options.only]
    if library == "transformers" and options.part != "all":
        out = held_out(names)
        names = [n for n in names if (n in out) == (options.part == "held-out")]
    if options.sample:
        names = sorted(random.Random(options.seed).sample(names, min(options.sample, len(names))))
    return names


def _is_due(options: argparse.Namespace, record: Record | None) -> bool:
    """Whether a model is to be run, by what is known of it."""
    if record is None or options.only:
        return True
    return bool(options.again) and verdict(record) not in ("works", "unbuildable")


def sweep(options: argparse.Namespace, library: str) -> list[Record]:
    """The records of one library, as they come in also in the state file and on the screen."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # models are run in forked processes, which have none of the threads of a pool
    try:
        return _sweep(options, library)
    finally:
        torch.set_num_threads(threads)


def _sweep(options: argparse.Namespace, library: str) -> list[Record]:
    done = {} if options.fresh else read(options.state)
    names = chosen(options, library)
    todo = [] if options.tell else [n for n in names if _is_due(options, done.get((library, n)))]
    options.state.parent.mkdir(parents=True, exist_ok=True)
    with options.state.open("a", encoding="utf-8") as out:
        for name, record in each(
            todo, lambda n: record_of(library, n), options.jobs, options.seconds, int(options.memory * 2**30)
        ):
            whole = {"library": library, "name": name, **record}
            done[library, name] = whole
            out.write(json.dumps(whole) + "\n")
            out.flush()
            print(line(whole), flush=True)
    return [done[library, n] for n in names if (library, n) in done]


def sets_of(records: dict[str, list[Record]]) -> dict[str, list[Record]]:
    """The rows of the table: each library, transformers also by what was looked at while rules were written."""
    sets: dict[str, list[Record]] = {}
    for library, listed in records.items():
        sets[library] = listed
        if library == "transformers":
            out = held_out(names_of(library))
            sets["transformers, held out"] = [r for r in listed if r["name"] in out]
            sets["transformers, looked at"] = [r for r in listed if r["name"] not in out]
    return sets


def facts() -> dict[str, str]:
    """When, where and with what it was measured."""
    import torch

    return {
        "date": today(),
        "machine": f"{machine()}, threads {torch.get_num_threads()}",
        "versions": versions(("torch", *LIBRARIES)),
    }


def main() -> None:
    """Sweep, print the totals, write them down."""
    options = arguments()
    if options.fresh:
        options.state.unlink(missing_ok=True)
        options.fresh = False
    records = {library: sweep(options, library) for library in options.library or LIBRARIES}
    sets = sets_of(records)
    listed = {record["name"] for record in records.get("timm", [])}
    others = [r for (library, name), r in read(options.state).items() if library == "timm" and name not in listed]
    if others and "timm" in records:
        sets[f"timm, {len(others)} other names"] = others
    print("\n".join(["", *grid({name: totals(listed) for name, listed in sets.items()})]))
    if options.json:
        whole = {"facts": facts(), "totals": {n: totals(r) for n, r in sets.items()}, "records": records}
        options.json.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        told = {**facts(), **({"note": options.note} if options.note else {})}
        options.write.write_text(page(sets, told, REAL_PARAMETERS), encoding="utf-8")


if __name__ == "__main__":
    main()
