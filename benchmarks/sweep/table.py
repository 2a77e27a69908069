"""From records to a table with totals, and to a page."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from typing import Any

from benchmarks.sweep.processes import Record

VERDICTS = ("works", "wrong shapes", "real pass failed", "failed")
"""Those that make up the denominator; *unbuildable* stands apart."""
LONGEST = 160
"""Characters of a reason on the page."""


def verdict(record: Record) -> str:
    """One word for a record.

    *works*: ran to the end, and its outputs are those of a real pass where one was made; *wrong shapes*: they are not;
    *real pass failed*: the same input does not run for real; *failed*: no input ran to the end; *unbuildable*.
    """
    if "died" in record:
        return "failed"
    if record["status"] != "ran":
        return str(record["status"])
    return {"different": "wrong shapes", "real pass failed": "real pass failed"}.get(record["check"], "works")


def reason(record: Record) -> str:
    """Why a model does not work, empty for one that does."""
    if record.get("check") == "different":
        ours, real = record["difference"][0]
        because = "; depends on values, which were guessed" if record["guesses"] else ""
        return f"{ours} where a real pass gives {real}{because}"
    return next((str(record[key]) for key in ("reason", "died", "real_error") if record.get(key)), "")


def line(record: Record) -> str:
    """A record on one line, as it comes in."""
    return f"{record['library']} {record['name']}: {verdict(record)}  {reason(record)}  {record['seconds']:.1f} s"


def totals(records: Iterable[Record]) -> dict[str, Any]:
    """Counts and shares of one set of records."""
    listed = list(records)
    counts = Counter(verdict(r) for r in listed)
    built = sum(counts[v] for v in VERDICTS)
    ran = [r for r in listed if r.get("status") == "ran"]
    checks = Counter(r["check"] for r in ran)
    return {
        "models": built,
        **{v: counts[v] for v in VERDICTS},
        "share": round(100 * counts["works"] / built, 1) if built else None,
        "compared": checks["equal"] + checks["different"],
        "equal": checks["equal"],
        "run for real": checks["was real"],
        "not compared": checks["too large"] + checks["too slow"],
        "guessed": sum(bool(r["guesses"]) for r in ran),
        "steered": sum(bool(r["steered"]) for r in ran),
        "partial": sum(bool(r["untouched"]) for r in ran),
        "first try": sum(r["tries"] == 1 for r in ran),
        "median seconds": round(statistics.median(r["seconds"] for r in ran), 1) if ran else None,
        "unbuildable": counts["unbuildable"],
    }


COLUMNS = (
    "models", "works", "share", "wrong shapes", "real pass failed", "failed", "compared", "equal", "run for real",
    "guessed", "steered", "partial", "first try", "unbuildable",
)  # fmt: skip


def grid(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Totals as a Markdown table, one row for each set."""
    head = ["", *COLUMNS]
    body = [[name, *(_cell(column, row[column]) for column in COLUMNS)] for name, row in rows.items()]
    return [_row(head), _row(["---", *["--:"] * len(COLUMNS)]), *(_row(cells) for cells in body)]


def _cell(column: str, value: Any) -> str:
    return "–" if value is None else f"{value} %" if column == "share" else str(value)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


MEANING = """
*models*: those that can be built; *works*: ran to the end without any hint, outputs as those of a real pass where one
was made; *wrong shapes*: a real CPU pass gives others; *real pass failed*: the same input does not run on a real
copy; *failed*: no input ran to the end. *compared*: a really initialised copy ran on the CPU with the same input
(models of at most {limit} million parameters), *equal*: names, shapes and dtypes of all its outputs are the same.
*run for real*: a value that does not exist on meta decided what the code did, so that the traced pass is itself a real
one. *guessed*: values that do not exist on meta had to be invented, *steered*: one of them decided what the code did
next. *partial*: some parameters were read by no operation. *first try*: the first dummy input ran. *unbuildable*: the
library cannot build the model from its own default configuration; not among the models.
""".strip()
UNSEEN = "87.8 %"
"""Of the types held out, on 21 November 2026, before any of them was looked at."""
HELD_OUT = """
The rules for inputs look at names of arguments, settings, documented shapes and first layers, never at the name of a
model. They were written while looking at two thirds of the transformers types; the last third, drawn at random, was
not looked at before its rate was first measured: {unseen} of them worked then. What failed among them has been looked
at since, so that their figure above is no longer one of unseen types. Types of transformers are built from their
default configuration with two layers and eight experts, widths unchanged; settings that a default leaves open or that
contradict each other (a vision part as wide as no text, sections of a rotary embedding, a number of heads that does
not divide the width) are filled in first, and the unchanged configuration is tried where the small one does not build
or run.
""".strip()


def page(sets: dict[str, list[Record]], facts: dict[str, str], limit: int) -> str:
    """The whole page in Markdown: totals, then every model that needs a word."""
    parts = ["# Coverage", "", "Made by `python benchmarks/coverage.py --write docs/coverage.md`.", ""]
    parts += [f"- {name}: {value}" for name, value in facts.items()]
    parts += ["", *grid({name: totals(records) for name, records in sets.items()}), ""]
    parts += [MEANING.format(limit=limit // 1_000_000), "", HELD_OUT.format(unseen=UNSEEN), ""]
    for name, records in sets.items():
        if "," in name:
            continue
        for word in ("failed", "real pass failed", "wrong shapes", "unbuildable"):
            told = [(r, reason(r)) for r in records if verdict(r) == word]
            parts += _listed(f"{name}: {word}", told)
        ran = [r for r in records if r.get("status") == "ran"]
        parts += _listed(f"{name}: guessed", [(r, _guesses(r)) for r in ran if r["guesses"]])
        parts += _listed(f"{name}: partial", [(r, _untouched(r)) for r in ran if r["untouched"]])
    return "\n".join(parts).rstrip() + "\n"


def _listed(title: str, rows: list[tuple[Record, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"- `{record['name']}`: {_cut(why)}" for record, why in rows]
    return [f"<details><summary>{title} ({len(rows)})</summary>", "", *lines, "", "</details>", ""]


def _guesses(record: Record) -> str:
    told = ", ".join(f"{what} {calls}×" for what, calls in record["guesses"].items())
    return f"{told}{'; decided what the code did' if record['steered'] else ''}"


def _untouched(record: Record) -> str:
    names = ", ".join(record["untouched_names"][:3])
    return f"{record['untouched']} tensors, {100 * record['untouched_share']:.1f} % of the parameters: {names} …"


def _cut(text: str) -> str:
    text = " ".join(text.split()).replace("|", "/").replace("<", "‹").replace(">", "›")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
