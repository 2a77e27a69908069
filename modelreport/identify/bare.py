"""Bare weights of transformers: which families have these names, and what their shapes prove. No library is imported.

A family is told by its names without numbers; that the shapes agree with one configuration is checked with the
relations that the index holds. Several families can fit a file equally well: Llama and Mistral have the same names
and shapes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from modelreport.identify.families import Families, Family, load_families
from modelreport.identify.fitting import DISPENSABLE, Shape
from modelreport.identify.relations import Observed, Solution, count_at, fits_name, fold, solve

LEAST_CONTAINED = 0.5
"""Share of the file's names (without numbers) that a family must have to be looked at."""
POOLER = re.compile(r"(^|\.)pooler\.")
"""A last layer that many encoders are saved without."""
_NEAR = 0.02
"""Difference in similarity up to which candidates are compared by their shapes too."""
_MOST_FAMILIES = 64
_MOST_SOLVED = 40
_WRAPPERS = 4
_USUAL = (
    "bert", "roberta", "xlm-roberta", "distilbert", "gpt2", "llama", "t5", "vit", "clip", "whisper", "wav2vec2", "bart",
    "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi", "phi3", "gpt_neox", "opt", "bloom",
    "falcon", "electra", "albert", "deberta-v2", "mpnet", "swin", "convnext", "beit", "deit", "dinov2", "segformer",
    "detr", "mt5", "mbart", "marian", "pegasus", "hubert", "blip", "siglip", "clip_text_model", "clip_vision_model",
)  # fmt: skip
"""The best known model types: of several that fit equally well one of these is traced, and the others are named."""


_NONE = Solution()


@dataclass(frozen=True)
class Named:
    """The names of a file with a leading part taken off, by their form without numbers."""

    wrapper: str
    files: Mapping[str, str]
    """From names to those in the file."""
    patterns: Mapping[str, Sequence[str]]

    def without(self, prefix: str) -> Named:
        """The names with a family's own prefix taken off where they have it."""
        if not prefix or not any(p.startswith(prefix) for p in self.patterns):
            return self
        patterns: dict[str, list[str]] = {}
        for pattern, names in self.patterns.items():
            patterns.setdefault(pattern.removeprefix(prefix), []).extend(n.removeprefix(prefix) for n in names)
        return Named(self.wrapper, {n.removeprefix(prefix): f for n, f in self.files.items()}, patterns)


@dataclass(frozen=True)
class Candidate:
    """One class of a family against a file."""

    family: Family
    name: str
    """Of the class."""
    named: Named
    literal: bool
    """Whether the names carry the family's prefix where the class's do."""
    similarity: float
    """Of names without numbers, those in both as a share of those in either (0 to 1)."""
    missing: tuple[str, ...]
    """Names without numbers that the class has and the file lacks."""
    unexpected: tuple[str, ...]
    """The other way round."""
    switches: dict[str, Any]
    """Values by dotted path that follow from names being there or not."""
    places: tuple[int, ...] = ()
    """Those of the family's keys that the class has."""
    solution: Solution = _NONE

    @property
    def wrapper(self) -> str:
        """Taken off the file's names before the family's own prefix."""
        return self.named.wrapper

    @property
    def class_path(self) -> str:
        """Dotted path of the class."""
        return f"{self.family.module}.{self.name}"

    @property
    def agrees(self) -> int:
        """How many of the proved values are the defaults of the family."""
        return sum(self.family.values.get(p) == v for p, v in self.solution.values.items())

    def observed(self, shapes: Mapping[str, Shape]) -> list[Observed]:
        """The relation of each tensor that the family has, beside its shape in the file."""
        return observations(self.family, self.named, shapes, self.places)

    def solved(self, shapes: Mapping[str, Shape]) -> Candidate:
        """The same with the values of the configuration that names and shapes prove."""
        return replace(self, solution=solve(self.observed(shapes), counts(self.family, self.named.files)))

    def __str__(self) -> str:
        return f"transformers {self.name}"


def unwrapped(names: Iterable[str]) -> list[Named]:
    """The names as they are, and without leading parts that most of them share."""
    folded = {n: fold(n) for n in names if not DISPENSABLE.search(n[-200:])}
    current = {n: n for n in folded}
    found = [_named("", current, folded)]
    for _ in range(_WRAPPERS):
        heads = Counter(n.split(".", 1)[0] + "." for n in current if "." in n)
        head, shared = heads.most_common(1)[0] if heads else ("", 0)
        if not head or shared < 0.6 * len(current) or head[:-1].isdigit():
            break
        current = {n.removeprefix(head): own for n, own in current.items()}
        folded = {n.removeprefix(head): f.removeprefix(head) for n, f in folded.items()}
        found.append(_named(found[-1].wrapper + head, current, folded))
    return found


def _named(wrapper: str, files: Mapping[str, str], folded: Mapping[str, str]) -> Named:
    patterns: dict[str, list[str]] = {}
    for name in files:
        patterns.setdefault(folded[name], []).append(name)
    return Named(wrapper, files, patterns)


def candidates(shapes: Mapping[str, Shape], families: Families | None = None) -> list[Candidate]:
    """The best class of each family that has most of the names, best first; empty when none has."""
    index = load_families() if families is None else families
    found: list[Candidate] = []
    for named in unwrapped(shapes):
        for number in _likely(index, named):
            found.extend(_of_family(index.family(number), named))
    if not found:
        return []
    found.sort(key=lambda c: (-c.similarity, not c.literal, len(c.wrapper)))
    near = [c for c in found if c.similarity >= found[0].similarity - _NEAR][:_MOST_SOLVED]
    return _ordered([c.solved(shapes) for c in near]) + found[len(near) :]


def _likely(index: Families, named: Named) -> list[int]:
    """Families that have at least half of the names, and about as many as the best has."""
    best: dict[int, float] = {}
    heads = Counter(p.split(".", 1)[0] for p in named.patterns if "." in p)
    for head in ("", *(f"{h}." for h, c in heads.most_common(2) if 2 * c >= len(named.patterns))):
        plain = {p.removeprefix(head) for p in named.patterns}
        scores = index.score(plain)
        for number in scores.nonzero()[0].tolist():
            best[number] = max(best.get(number, 0.0), int(scores[number]) / len(plain))
    most = max(best.values(), default=0.0)
    likely = [n for n, share in best.items() if share >= max(LEAST_CONTAINED, most - 0.15)]
    return sorted(likely, key=lambda n: -best[n])[:_MOST_FAMILIES]


def _ordered(found: Sequence[Candidate]) -> list[Candidate]:
    """Best first, each class once."""

    def order(c: Candidate) -> tuple[float, bool, bool, int, int, int, str]:
        usual = _USUAL.index(c.family.type) if c.family.type in _USUAL else len(_USUAL)
        return (
            -round(c.similarity, 6), c.solution.against > 0, not c.literal, len(c.wrapper), -c.agrees, usual, c.name
        )  # fmt: skip

    once: dict[str, Candidate] = {}
    for candidate in sorted(found, key=order):
        once.setdefault(candidate.class_path, candidate)
    return list(once.values())


def ties(first: Candidate, others: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those that have the same names and whose relations agree with the same shapes as well."""
    return tuple(
        c for c in others
        if c is not first
        and (c.similarity, c.literal, c.wrapper) == (first.similarity, first.literal, first.wrapper)
        and c.solution.values
        and c.solution.against <= first.solution.against
    )  # fmt: skip


def _of_family(family: Family, outer: Named) -> Iterable[Candidate]:
    """The classes of a family that have most in common with the file."""
    own = f"{family.prefix}." if family.prefix else ""
    prefixed = bool(own) and 2 * sum(len(n) for p, n in outer.patterns.items() if p.startswith(own)) > len(outer.files)
    named = outer.without(own)
    keys = [fold(key) for key, _ in family.keys]
    there = set(named.patterns)
    optional = {keys[i] for i in family.optional} | {k for k in keys if POOLER.search(k)}
    switches, added, removed = _switches(family, keys, there)
    scored = []
    for name, has_prefix, _, places in family.classes:
        wanted = ({keys[i] for i in places} - removed) | added
        union = (wanted | there) - (optional - there)
        literal = prefixed == has_prefix if family.prefix else True
        own_places = (*places, *(i for i, k in enumerate(keys) if k in added))
        scored.append((len(wanted & there) / len(union) if union else 0.0, literal, name, wanted, own_places))
    best = max((s[0] for s in scored), default=0.0)
    for similarity, literal, name, wanted, own_places in scored:
        if similarity >= best - _NEAR:
            missing, more = tuple(sorted(wanted - there - optional)), tuple(sorted(there - wanted))
            yield Candidate(family, name, named, literal, similarity, missing, more, switches, own_places)


def _switches(family: Family, keys: Sequence[str], there: set[str]) -> tuple[dict[str, Any], set[str], set[str]]:
    """Switches that explain names that the default lacks or has, the names they add, and those they remove."""
    switches: dict[str, Any] = {}
    added: set[str] = set()
    removed: set[str] = set()
    default = {keys[i] for _, _, _, places in family.classes for i in places}
    for path, value, more, fewer in family.flags:
        plus, minus = {keys[i] for i in more}, {keys[i] for i in fewer}
        new = (plus - default) & there
        if minus & there or (plus and not new) or (new and new <= added):
            continue
        if not plus and not any(_beside(m, there) for m in minus):
            continue
        switches[path] = value
        added |= plus & there
        removed |= minus
    return switches, added, removed


def _beside(pattern: str, there: set[str]) -> bool:
    """Whether the file has another tensor of the same module, so that this one is left out and not its whole part."""
    owner = pattern.rpartition(".")[0]
    return any(t.startswith(f"{owner}.") for t in there)


def counts(family: Family, names: Iterable[str]) -> dict[str, int]:
    """Values that running numbers prove."""
    votes: dict[str, Counter[int]] = {}
    names = list(names)
    for path, locator, a, b, c in family.counts:
        found = count_at(names, locator)
        if found and (found - c) * b % a == 0:
            votes.setdefault(path, Counter())[(found - c) * b // a] += 1
    return {path: counter.most_common(1)[0][0] for path, counter in votes.items()}


def observations(family: Family, named: Named, shapes: Mapping[str, Shape], places: Iterable[int]) -> list[Observed]:
    """The relation of each tensor that is at these places of the family, beside its shape; equal ones together."""
    found: list[Observed] = []
    for place in places:
        key, expressions = family.keys[place]
        names = named.patterns.get(fold(key), ())
        if names and any(part.isdigit() for part in key.split(".")):
            names = [n for n in names if fits_name(key, n)]
        found.extend((expressions, shape, n) for shape, n in Counter(shapes[named.files[n]] for n in names).items())
    return found
