"""What a reviewer reads in ten seconds: whether it is trained, healthy, odd anywhere, and how compressible.

Four cards, made of the findings and of the facts they rest on. What was not checked is said, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from modelreport.facts import (
    Finding,
    Message,
    OptimizerEvidence,
    Peers,
    Precision,
    Pruning,
    Report,
    Scheme,
    Skipped,
    Spectra,
    Weights,
)
from modelreport.render import format as text
from modelreport.render.language import _, mark, tell
from modelreport.render.weights.spectra import is_random

Level = Literal["ok", "note", "warning", "error", "unknown"]

ICONS: Final[dict[Level, str]] = {"ok": "✓", "note": "●", "warning": "▲", "error": "✖", "unknown": "○"}
CSS: Final[dict[Level, str]] = {
    "ok": "ok", "note": "note", "warning": "warning", "error": "error", "unknown": "not_checked",
}  # fmt: skip
_ORDER: Final = ("error", "warning", "note")
_UNTRAINED: Final = re.compile(r"W00[45]|W045|W050")
_TRAINED: Final = re.compile(rf"{_UNTRAINED.pattern}|W05[15-9]")
_HEALTHY: Final = re.compile(r"W00[12379]|W02\d|W05[234]")
_ODD: Final = re.compile(r"W01\d|W040|W04[6-9]|S001")
_COMPRESSIBLE: Final = re.compile(r"W006|W03\d|W04[1-4]")
"""Which findings answer which question, by their ids; those of ``_UNTRAINED`` say that something is not trained."""


_MOST: Final = 0.8
"""Share of the spectra like those of random values from which training is in doubt."""

_GAIN: Final = 1.05
"""Ratio of sizes below which a smaller format saves nothing worth the name."""


@dataclass(frozen=True)
class Card:
    """One question and its answer."""

    id: str
    question: str
    level: Level
    answer: str
    """In a few words."""
    short: str
    """The answer as a part of a sentence, without the question."""
    sentences: tuple[Message, ...]
    """What it rests on."""
    links: tuple[tuple[str, str], ...] = ()
    """Anchors on the page and their words."""

    @property
    def icon(self) -> str:
        """The sign of the level, so that colour is never alone."""
        return ICONS[self.level]

    @property
    def css(self) -> str:
        """The class of the level's colour."""
        return f"is-{CSS[self.level]}"


def cards(report: Report, weights: Weights, anchors: frozenset[str] = frozenset()) -> tuple[Card, ...]:
    """The four cards; ``anchors`` are the parts of the section that there are, for links."""
    made = (
        _trained(report, weights, anchors),
        _healthy(report, anchors),
        _odd(report, weights, anchors),
        _compressible(report, weights, anchors),
    )
    return tuple(_said(card) for card in made)


def _said(card: Card) -> Card:
    """The card in the language of the report; its sentences are said where they are painted."""
    links = tuple((href, _(words)) for href, words in card.links)
    return replace(card, question=_(card.question), answer=tell(card.answer), short=tell(card.short), links=links)


@dataclass(frozen=True)
class _Checked:
    """Outcomes of the rules that answer one question."""

    found: tuple[Finding, ...]
    clean: tuple[Finding, ...]
    absent: tuple[Finding, ...]
    unchecked: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """Of the worst that was found."""
        if self.found:
            return self.found[0].severity
        return "ok" if self.clean else "unknown"

    @property
    def reason(self) -> Message:
        """Why it is not known."""
        silent = (*self.unchecked, *self.absent)
        return silent[0].message if silent else Message(text="No rule looked at this.")

    def links(self, anchors: frozenset[str], *parts: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """To what was found, then to the parts of the section that there are."""
        found = tuple((f"#finding-{each.id}", each.id) for each in self.found)
        return found + tuple((f"#{anchor}", words) for anchor, words in parts if anchor in anchors)


def _checked(report: Report, ids: re.Pattern[str]) -> _Checked:
    made = [each for each in report.findings if ids.fullmatch(each.id)]
    found = sorted((each for each in made if each.state == "found"), key=lambda each: _ORDER.index(each.severity))
    return _Checked(
        tuple(found),
        *(tuple(e for e in made if e.state == state) for state in ("clean", "not_applicable", "not_checked")),
    )


def _messages(findings: Sequence[Finding], most: int = 2) -> tuple[Message, ...]:
    shown = tuple(each.message for each in findings[:most])
    more = len(findings) - most
    rest = Message(text=f"{text.plural(more, 'more finding')}.")
    return (*shown, rest) if more > 0 else shown


def _passed(checked: _Checked) -> tuple[Message, ...]:
    """Which rules found nothing, and which could not look."""
    said = [Message(text=f"Looked for and not found: {_titles(checked.clean)}.")] if checked.clean else []
    if checked.unchecked:
        said.append(Message(text=f"Not checked: {_titles(checked.unchecked)}."))
    return tuple(said)


def _titles(findings: Sequence[Finding], most: int = 4) -> str:
    """What rules look for, the first of them."""
    shown = _(", ").join(_lowered(tell(each.title)) for each in findings[:most])
    more = len(findings) - most
    return _("{names} and {count} more", names=shown, count=text.exact(more)) if more > 0 else shown


def _lowered(title: str) -> str:
    """A title inside a sentence; ``NaN`` and ``BatchNorm`` stay as they are."""
    word = title.split(" ", 1)[0]
    return title[:1].lower() + title[1:] if word[1:].islower() else title


def _plain(sentence: str) -> Message:
    """A sentence as it is; a brace in it is no placeholder."""
    return Message(text=sentence.replace("{", "("))


# --- the four questions ---------------------------------------------------------------------------------------------


def _trained(report: Report, weights: Weights, anchors: frozenset[str]) -> Card:
    checked = _checked(report, _TRAINED)
    steps = _steps(weights)
    links = checked.links(anchors, ("weights-optimizer", mark("optimizer")), ("weights-spectra", mark("spectra")))
    question = "Is it trained?"
    against = [each for each in checked.found if _UNTRAINED.fullmatch(each.id)] + _fresh(report, weights)
    if against:
        untrained = any(each.id == "W005" and each.severity == "warning" for each in against)
        answer, short = (
            (mark("No"), "looks untrained") if untrained else ("Not all of it", "not all of it looks trained")
        )
        return Card("trained", question, against[0].severity, answer, short, (*_messages(against), *steps), links)
    fingerprint = next((each for each in report.findings if each.id == "W005"), None)
    random, most = _like_random(weights)
    if fingerprint is None or fingerprint.state != "clean":
        said = (fingerprint.message if fingerprint else checked.reason, *random, *steps)
        return Card("trained", question, "unknown", "Not known", "training not known", said, links)
    if most:
        return Card("trained", question, "note", mark("Doubtful"), "training doubtful", (*random, *steps), links)
    updated = (each.message for each in checked.clean if each.id == "W004" and "layer_count" in each.message.values)
    said = (fingerprint.message, *updated, *_messages(checked.found), *random, *steps)
    return Card("trained", question, checked.level, "It looks so", "looks trained", said, links)


def _fresh(report: Report, weights: Weights) -> list[Finding]:
    """What was found on layers that look freshly initialised while their peers do not."""
    if not isinstance(weights.peers, Peers) or not any(each.drawn for each in weights.peers.odd):
        return []
    return [each for each in report.findings if each.id == "W010" and each.state == "found"]


def _like_random(weights: Weights) -> tuple[tuple[Message, ...], bool]:
    """How many spectra are like those of random values, in a sentence, and whether most are."""
    if not isinstance(weights.spectra, Spectra):
        return (), False
    whole = [each for each in weights.spectra.tensors if each.method == "full"]
    random = [each for each in whole if is_random(each)]
    if not random:
        return (), False
    words = "The spectrum of {name} cannot be told from that of random values."
    if len(random) > 1:
        words = "The spectra of {random_count} of {matrix_count} matrices cannot be told from those of random values."
    values: dict[str, str | int | float | None] = {
        "random_count": len(random), "matrix_count": len(whole), "name": random[0].name,
    }  # fmt: skip
    return (Message(text=words, values=values),), len(random) >= _MOST * len(whole)


def _steps(weights: Weights) -> tuple[Message, ...]:
    """How far the optimizer came."""
    if not isinstance(weights.optimizer, OptimizerEvidence):
        return ()
    steps = max((layer.step for layer in weights.optimizer.layers if layer.step is not None), default=None)
    if steps is None:
        return ()
    return (Message(text="The optimizer took {step_count} steps.", values={"step_count": steps}),)


def _healthy(report: Report, anchors: frozenset[str]) -> Card:
    checked = _checked(report, _HEALTHY)
    links = checked.links(anchors, ("weights-units", mark("units")), ("weights-distributions", mark("distributions")))
    question = "Is it healthy?"
    if checked.found:
        level = checked.level
        worst = [each for each in checked.found if each.severity == level]
        words = _counted(level, len(worst))
        words = f"healthy, {words}" if level == "note" else f"{words} in the values"
        answer = "Yes, with a note" if level == "note" else checked.found[0].title
        return Card("healthy", question, level, answer, words, _messages(checked.found), links)
    if not checked.clean:
        return Card("healthy", question, "unknown", "Not known", "health not known", (checked.reason,), links)
    return Card("healthy", question, "ok", mark("Yes"), mark("healthy"), _passed(checked), links)


def _odd(report: Report, weights: Weights, anchors: frozenset[str]) -> Card:
    checked = _checked(report, _ODD)
    links = checked.links(anchors, ("weights-peers", mark("peers")), ("weights-distributions", mark("distributions")))
    question = "Is anything odd?"
    compared = _compared(weights)
    if checked.found:
        pointed = {each.name for finding in checked.found for each in finding.evidence if each.kind == "tensor"}
        many = text.plural(len(pointed), "tensor") if pointed else text.plural(len(checked.found), "thing")
        said = (*_messages(checked.found), *compared)
        copies = all(each.id == "S001" for each in checked.found)
        words = f"{many} stored twice" if copies else f"{many} to look at"
        return Card("odd", question, checked.level, words if copies else many, words, said, links)
    if not checked.clean:
        return Card("odd", question, "unknown", "Not known", "oddities not known", (checked.reason, *compared), links)
    return Card("odd", question, "ok", "Nothing stands out", "nothing odd", (*_passed(checked), *compared), links)


def _counted(level: str, count: int) -> str:
    if level == "error":
        return text.plural(count, "error")
    return text.plural(count, "warning") if level == "warning" else text.plural(count, "note")


def _compared(weights: Weights) -> tuple[Message, ...]:
    """How many tensors there were to compare with."""
    if not isinstance(weights.peers, Peers):
        return ()
    judged = [role for role in weights.peers.roles if role.judged]
    if not judged:
        return (Message(text="Too few tensors of the same role to compare them with each other."),)
    tensors = text.plural(sum(len(role.members) for role in judged), "tensor")
    return (Message(text=f"Compared: {tensors} in {text.plural(len(judged), 'role')}."),)


def _compressible(report: Report, weights: Weights, anchors: frozenset[str]) -> Card:
    checked = _checked(report, _COMPRESSIBLE)
    links = checked.links(
        anchors,
        ("weights-precision", mark("precision")),
        ("weights-pruning", mark("pruning")),
        ("weights-spectra", mark("spectra")),
    )
    question = "How compressible is it?"
    found = _messages(checked.found, 1)
    facts = (*_formats(weights), *_pruned(weights), *_ranks(weights))
    said = (*facts[:1], *found, *facts[1:])[: 2 if found else 3]
    level: Level = checked.level if checked.found else "note"
    best = _eight_bits(weights)
    if best and best.size_bytes and best.sqnr_db is not None:
        times = report.structure.size_bytes / best.size_bytes
        answer = f"{times:.1f}× smaller in 8 bits" if times >= _GAIN else "Hardly smaller in 8 bits"
        short = f"{answer} at {text.number(best.sqnr_db)} dB"
        return Card("compressible", question, level, answer, short, said, links)
    if facts:
        return Card("compressible", question, level, "See the figures", "figures on compression", said, links)
    reason = (
        weights.precision.reason
        if isinstance(weights.precision, Skipped)
        else "It has no weight matrix to store in 8 bits."
    )
    return Card(
        "compressible", question, checked.level if checked.found else "unknown", "Not known",
        "compression not known", (*found, _plain(reason)), links,
    )  # fmt: skip


def _eight_bits(weights: Weights) -> Scheme | None:
    """The int8 scheme that keeps most."""
    if not isinstance(weights.precision, Precision):
        return None
    schemes = [s for s in weights.precision.schemes if s.id.startswith("int8") and s.sqnr_db is not None]
    return max(schemes, key=lambda scheme: scheme.sqnr_db or 0.0, default=None)


def _formats(weights: Weights) -> tuple[Message, ...]:
    best = _eight_bits(weights)
    if best is None:
        return ()
    return (
        Message(
            text=f"{text.plural(best.tensors, 'tensor')} as {best.title}: {{scheme_file_bytes}} in all, "
            "signal to noise {sqnr_value} dB.",
            values={"scheme_file_bytes": best.size_bytes, "sqnr_value": best.sqnr_db},
        ),
    )


def _pruned(weights: Weights) -> tuple[Message, ...]:
    """What 2:4 sparsity keeps of the tensor in the middle."""
    if not isinstance(weights.pruning, Pruning):
        return ()
    kept = sorted(each.two_four_kept for each in weights.pruning.tensors if each.two_four_kept is not None)
    if not kept:
        return ()
    return (
        Message(
            text="2:4 sparsity keeps {kept_share} of the sum of squares of the median tensor.",
            values={"kept_share": kept[len(kept) // 2]},
        ),
    )


def _ranks(weights: Weights) -> tuple[Message, ...]:
    """How much of the rank holds 90 % of the sum of squares, in the matrix in the middle."""
    if not isinstance(weights.spectra, Spectra):
        return ()
    shares = sorted(s.rank_90 / min(s.rows, s.columns) for s in weights.spectra.tensors if s.rank_90)
    if not shares:
        return ()
    return (
        Message(
            text="The median matrix needs {rank_share} of its rank for 90 % of the sum of squares.",
            values={"rank_share": shares[len(shares) // 2]},
        ),
    )
