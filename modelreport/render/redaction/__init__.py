"""A report without what is not for others: names, paths or metadata replaced before anything is written.

The facts themselves are changed, so every output made of them, whatever its form, holds the same pseudonyms. Structure,
shapes, statistics and hashes stay: a hash tells whoever has the file which file it is, and nobody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from modelreport.facts import Evidence, Item, Message, Report, Security
from modelreport.render.language import catalogue, languages
from modelreport.render.redaction.kinds import KINDS, Kind
from modelreport.render.redaction.pseudonyms import (
    HIDDEN,
    LIBRARIES,
    NN_CLASSES,
    PUBLIC_MODULES,
    PUBLIC_SETTINGS,
    Pseudonyms,
)

R = TypeVar("R", bound=Report)
_PLAIN: Final = re.compile(r"[-+\d.,\s()\[\]eE×x]*|True|False|None|same|valid|zeros|mean|sum|none")
_PRIVATE_OPTIONS: Final = frozenset({"model", "code", "base", "pick", "title", "arguments", "dask"})


def redact(report: R, what: frozenset[str]) -> R:
    """The same report with these kinds of text replaced: ``names``, ``paths``, ``metadata``; as it is for none.

    Twice the same report gives the same pseudonyms.
    """
    if not what:
        return report
    known = Pseudonyms(_own_words())
    told, calls = report, _public_calls(report)
    for gathering in (True, False):  # a sentence may name what only a later fact declares
        told = _struct(report, _Redaction(what, known, calls, gathering=gathering))
    said = Item(name="redact", value=", ".join(sorted(what)))
    options = tuple(each for each in told.generator.options if each.name != "redact")
    return msgspec.structs.replace(told, generator=msgspec.structs.replace(told.generator, options=(*options, said)))


def _public_calls(report: Report) -> frozenset[str]:
    """What opening the file would call of Python and of public libraries: a warning that hid it would be none."""
    calls = report.security.calls if isinstance(report.security, Security) else ()
    return frozenset(call.target for call in calls if call.target.partition(".")[0] in PUBLIC_MODULES)


@cache
def _own_words() -> frozenset[str]:
    """Every word that this project's own sentences use: a name that is one of them tells nothing where it stands."""
    every = " ".join(message for lang in languages() for message in catalogue(lang).messages)
    return frozenset(re.findall(r"[a-z]{2,}", every.lower()))


class _Redaction:
    """How each kind of text is replaced; while gathering, sentences are left alone."""

    def __init__(self, what: frozenset[str], known: Pseudonyms, calls: frozenset[str], *, gathering: bool) -> None:
        self.names, self.paths, self.metadata = (word in what for word in ("names", "paths", "metadata"))
        self.known = known
        self.calls = calls
        self.gathering = gathering
        self.texts: dict[str, Callable[[str], str]] = {
            "own": _same,
            "text": self.text,
            "name": known.name if self.names else self.text,
            "class": self.class_ if self.names else _same,
            "class path": known.class_path if self.names else _same,
            "operator": known.operator if self.names else _same,
            "library": (lambda word: word if word in LIBRARIES else HIDDEN) if self.names else _same,
            "path": known.file if self.paths else self.text,
            "member": self.member if self.paths else self.text,
            "title": (lambda _: "model") if self.names else self.text,
            "private": (lambda word: HIDDEN if word else "") if self.names or self.paths else _same,
            "token": (lambda _: HIDDEN) if self.names else _same,
        }

    def text(self, text: str) -> str:
        return text if self.gathering else self.known.text(text, paths=self.paths)

    def class_(self, name: str) -> str:
        return name if NN_CLASSES.fullmatch(name) else self.known.class_name(name)

    def member(self, where: str) -> str:
        """The place in an archive without its first folder, which is often the name of the file."""
        head, slash, rest = where.partition("/")
        return f"{HIDDEN}{slash}{rest}" if slash and head else self.text(where)

    def item(self, item: Item, kind: Kind, number: int) -> Item:
        name, value = item.name, item.value
        if kind == "metadata" and self.metadata:
            if self.gathering:
                self.known.value(value)
            return Item(name=f"entry {number + 1}", value=HIDDEN)
        if kind == "code" and (self.metadata or self.names):
            return Item(name=f"code {number + 1}", value=HIDDEN)
        if kind == "reasons":
            return Item(name=self.texts["name"](name), value=self.text(value))
        if kind == "settings" and self.names:
            told = name if name in PUBLIC_SETTINGS else f"setting {number + 1}"
            return Item(name=told, value=value if _PLAIN.fullmatch(value) else HIDDEN)
        if kind == "options" and name.lstrip("-") in _PRIVATE_OPTIONS and (self.names or self.paths):
            return Item(name=name, value=HIDDEN)
        return item if kind == "own" else Item(name=self.text(name), value=self.text(value))


def _same(text: str) -> str:
    return text


def _struct(fact: Any, how: _Redaction) -> Any:
    """A fact with its texts replaced, and those of the facts in it."""
    kinds = KINDS.get(next((c.__name__ for c in type(fact).__mro__ if c.__name__ in KINDS), ""), {})
    changed: dict[str, Any] = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        evidence = isinstance(fact, Evidence) and name == "name"
        if evidence and value in how.calls:
            told = value
        elif evidence and how.metadata and fact.kind == "key":  # of what the author wrote
            told = HIDDEN
        else:
            told = _value(value, kinds.get(name, "own"), how)
        if told is not value:
            changed[name] = told
    if isinstance(fact, Message):
        changed["text"] = "".join(
            part if i % 2 else how.text(part) for i, part in enumerate(re.split(r"(\{[^}]*\})", fact.text))
        )
        changed["values"] = {key: _of_message(key, value, how) for key, value in fact.values.items()}
    return msgspec.structs.replace(fact, **changed) if changed else fact


def _of_message(key: str, value: Any, how: _Redaction) -> Any:
    if not isinstance(value, str):
        return value
    return how.texts["token"](value) if key.startswith("token") else how.text(value)


def _value(value: Any, kind: Kind, how: _Redaction) -> Any:
    if isinstance(value, str):
        return how.texts.get(kind, _same)(value)
    if isinstance(value, tuple):
        told = tuple(
            how.item(each, kind, i) if isinstance(each, Item) else _value(each, kind, how)
            for i, each in enumerate(value)
        )
        return value if all(a is b for a, b in zip(told, value, strict=True)) else told
    return _struct(value, how) if isinstance(value, msgspec.Struct) else value
