"""Bare weights of transformers as a model that can run: chosen among families, built, told with what is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from modelreport.checkpoint import Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.bare import Candidate, ties
from modelreport.identify.families import load_families
from modelreport.identify.fitting import Shape
from modelreport.identify.libraries import INSTALL, library_version, load_library
from modelreport.identify.patterns.outline import ASSUMED
from modelreport.identify.reconstruct import Reconstructed, reconstruct

LEAST_SIMILARITY = 0.8
"""Share of names in common below which no class is built: heads and poolers are a few of many names."""
_TRIED = 6
_SHOWN = 14
_FREE = "Activation functions, constants of norms and the kind of position scaling leave no trace in names and shapes"


def identify_family(found: Sequence[Candidate], shapes: Mapping[str, Shape], hints: str) -> Model | None:
    """The first class that fits every name and shape once it is built, as a model; ``None`` when none does.

    Without transformers, a model without a module when the names and the relations between the shapes all fit.
    """
    likely = preferred([c for c in found if c.similarity >= LEAST_SIMILARITY], hints)
    if not likely:
        return None
    if load_library("transformers") is None:
        best = likely[0]
        fits = best.similarity == 1 and not best.missing and not best.solution.against and best.solution.proved
        return _not_installed(best, ties(best, found)) if fits else None
    for candidate in likely[:_TRIED]:
        if (made := reconstruct(candidate, shapes)) is not None:
            return as_model(made, ties(candidate, found))
    return None


def preferred(found: Sequence[Candidate], hints: str) -> list[Candidate]:
    """The same; of those that fit equally well the one whose type stands in the file's name or metadata comes first."""
    plain = re.sub(r"[^a-z0-9\n]", "", hints.lower())

    def order(c: Candidate) -> tuple[float, bool, bool, int]:
        words = {re.sub(r"[^a-z0-9]", "", w.lower()) for w in (c.family.type, c.name)}
        named = max((len(w) for w in words if len(w) > 1 and w in plain), default=0)
        return (-round(c.similarity, 6), c.solution.against > 0, not c.literal, -named)

    return sorted(found, key=order)


def as_model(made: Reconstructed, others: Sequence[Candidate]) -> Model:
    """The model with its identification."""
    candidate, fit = made.candidate, made.fit
    facts = Identification(
        name=candidate.name, library="transformers", library_version=library_version("transformers"),
        how="keys and shapes", class_path=candidate.class_path, task=_task(candidate),
        matched=fit.matched, total=fit.total, equal=tuple(str(c) for c in others),
        changed=fit.changed, missing=fit.missing, unexpected=fit.unexpected,
        notes=(*notes_of(candidate, made.proved, made.assumed, others), *made.notes, *_version_note()),
    )  # fmt: skip
    return Model(facts, made.module, fit.renamed, fit.joined)


def notes_of(
    candidate: Candidate, proved: Mapping[str, Any], assumed: Mapping[str, int], others: Sequence[Candidate]
) -> list[str]:
    """What the shapes prove of the configuration, what is assumed, and what else fits, as sentences."""
    used = {p: v for p, v in proved.items() if p in candidate.solution.values or p in candidate.switches}
    shown = ", ".join(f"{p} = {v}" for p, v in list(used.items())[:_SHOWN]) + (" …" if len(used) > _SHOWN else "")
    notes = [f"Configuration read off names and shapes: {shown}."] if shown else []
    if assumed:
        given = ", ".join(f"{p} = {v}" for p, v in assumed.items())
        notes.append(
            f"{ASSUMED}{given}. Another number of heads changes the split of the width, not "
            "the shapes, and neither the multiply-adds of linear layers nor those of full attention."
        )
    notes.append(f"{_FREE}: those of the class {candidate.name} are used.")
    if others:
        names = ", ".join(c.name for c in others[:6]) + (" …" if len(others) > 6 else "")
        one = "class has" if len(others) == 1 else "classes have"
        notes.append(
            f"{len(others)} other {one} the same names and the same relations between shapes ({names}): the weights "
            f"alone do not tell them apart, and {candidate.name} is the one that is traced."
        )
    return notes


def _task(candidate: Candidate) -> str:
    from modelreport.identify.huggingface import task_of_head

    found = task_of_head(candidate.name)
    return found or ("text encoder" if "vocab_size" in candidate.solution.values else "")


def _version_note() -> tuple[str, ...]:
    """A sentence when the index was made from another version of the library than the one that is installed."""
    made, here = load_families().versions.get("transformers", ""), library_version("transformers")
    if not made or not here or made == here:
        return ()
    return (f"The index was made from transformers {made}; the class was built by the installed {here}, and it fits.",)


def _not_installed(best: Candidate, others: Sequence[Candidate]) -> Model:
    """What the names and the relations fit, though transformers is not there to run it."""
    made = load_families().versions.get("transformers", "")
    reason = f"All names and the relations between shapes are those of {best.name} of transformers, not installed here."
    counted = sum(len(n) for n in best.named.patterns.values())
    facts = Identification(
        name=best.name, library="transformers", how="keys and shapes", class_path=best.class_path, task=_task(best),
        matched=best.solution.proved + best.solution.open, total=max(counted, 1), equal=tuple(str(c) for c in others),
        notes=(
            f"{reason} It was told by the index of transformers {made}.",
            *notes_of(best, best.solution.values, {}, others),
        ),
    )  # fmt: skip
    absent = Skipped(stage="trace", reason=reason, hint=f"{INSTALL['transformers']} makes it possible")
    return Model(facts, None, absent=absent)
