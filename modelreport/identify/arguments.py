"""Calling the user's factory with the right arguments: what it needs, what is wrong, what the file proves."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from modelreport.checkpoint import Checkpoint
from modelreport.errors import OptionsError
from modelreport.identify.fitting import Fit, module_shapes

Arguments = dict[str, Any]
_FIXED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_LONGEST = 300
_LARGEST = 1_000_000
_MOST_CHANGED = 200
_DEEPEST = 20


def signature_of(factory: Callable[..., Any]) -> inspect.Signature | None:
    """The signature of a callable; ``None`` where it cannot be read."""
    try:
        return inspect.signature(factory)
    except (TypeError, ValueError):
        return None


class _Text(str):
    """An annotation that is text (``from __future__ import annotations``), shown without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def show_signature(name: str, signature: inspect.Signature) -> str:
    """The signature as the user wrote it, cut when it is very long."""
    try:
        plain = [
            p.replace(annotation=_Text(p.annotation)) if isinstance(p.annotation, str) else p
            for p in signature.parameters.values()
        ]
        text = f"{name}{inspect.Signature(plain)}"
    except Exception:  # a default whose repr fails
        text = f"{name}({', '.join(signature.parameters)})"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def needed(signature: inspect.Signature | None, given: Mapping[str, Any] | None = None) -> list[inspect.Parameter]:
    """Parameters without a default that are not given."""
    if signature is None:
        return []
    return [
        p
        for p in signature.parameters.values()
        if p.default is p.empty and p.kind not in _FIXED and p.name not in (given or {})
    ]


def show_parameter(parameter: inspect.Parameter) -> str:
    """Name and annotation: ``depth: int``."""
    note = parameter.annotation
    if note is parameter.empty:
        return parameter.name
    return f"{parameter.name}: {note.__name__ if isinstance(note, type) else str(note)[:80]}"


def check(target: str, factory: Callable[..., Any], positional: tuple[Any, ...], keywords: Arguments) -> None:
    """``OptionsError`` that names what is missing or wrong where the arguments do not suit the factory."""
    signature = signature_of(factory)
    if signature is None:
        return
    name = getattr(factory, "__name__", None) or target
    try:
        signature.bind(*positional, **keywords)
    except TypeError as error:
        shown = show_signature(name, signature)
        named = [p.name for p in signature.parameters.values() if p.kind not in _FIXED]
        if unknown := [k for k in keywords if k not in named]:
            near = get_close_matches(unknown[0], named, 1)
            hint = f"Did you mean {near[0]}=…? " if near else ""
            text = f"--model {target}: {name} has no argument {unknown[0]!r}."
            raise OptionsError(text, f"{hint}It is {shown}.") from error
        lacking = needed(signature, {**dict(zip(named, positional, strict=False)), **keywords})
        if lacking:
            wanted = ", ".join(show_parameter(p) for p in lacking)
            example = ", ".join(f"{p.name}=…" for p in lacking)
            raise OptionsError(
                f"--model {target}: {name} needs {'an argument' if len(lacking) == 1 else 'arguments'}: {wanted}.",
                f'Give them as literals: --model "{target.partition("(")[0]}({example})"',
            ) from error
        raise OptionsError(f"--model {target}: the arguments do not suit: {error}.", f"It is {shown}.") from error


def stated(checkpoint: Checkpoint) -> Arguments:
    """Hyper-parameters that the file itself states, by the last part of their names; values as they were."""
    training = checkpoint.source.training
    items = [*(training.items if training is not None else ()), *checkpoint.source.metadata]
    found: Arguments = {}
    for item in items[:500]:
        name = item.name.replace("/", ".").rpartition(".")[2]
        if name.isidentifier() and name not in found and len(item.value) < _LONGEST:
            found[name] = _value(item.value)
    for name, value in (checkpoint.config or {}).items():
        found.setdefault(name, value)
    return found


def _value(text: str) -> Any:
    try:
        return ast.literal_eval({"true": "True", "false": "False", "null": "None"}.get(text, text))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return text


def from_file(signature: inspect.Signature | None, known: Arguments) -> Arguments:
    """The arguments of a factory that the file states under the same name."""
    if signature is None:
        return {}
    return {
        name: known[name]
        for name, p in signature.parameters.items()
        if name in known and p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
    }


def neighbours(signature: inspect.Signature, used: Arguments, module: Any, fit: Fit) -> Iterator[Arguments]:
    """Arguments that differ in one whole number, which would bring a module nearer to the file's shapes.

    A class built with ``classes=10`` whose head is 10 × 64 where the file has 7 × 64 gives ``classes=7``; one built
    with ``depth=4`` whose ``blocks`` are 4 where the file has 6 gives ``depth=6``. Whether one is right is for the
    caller to see: every name and shape must fit.
    """
    numbers = {n: p.default for n, p in signature.parameters.items() if type(p.default) is int and p.default > 0}
    numbers.update({n: v for n, v in used.items() if type(v) is int and v > 0 and n in signature.parameters})
    wanted: dict[tuple[str, int], None] = {}
    for have, want in _lengths(module, fit):
        wanted.update({(name, want): None for name, value in numbers.items() if value == have})
    ratios = _ratios(module, fit)
    for have, want in ratios:  # the number itself before its multiples
        wanted.update({(name, want): None for name, value in numbers.items() if value == have})
    for have, want in ratios:
        for name, value in numbers.items():
            if value * want % have == 0:
                wanted[name, value * want // have] = None
    for name, value in wanted:
        if 0 < value < _LARGEST and value != numbers[name]:
            yield {**used, name: value}


def _ratios(module: Any, fit: Fit) -> list[tuple[int, int]]:
    """Sizes that differ between changed tensors: the module's, the file's."""
    own = module_shapes(module)
    found: dict[tuple[int, int], None] = {}
    for name in fit.changed[:_MOST_CHANGED]:
        theirs, ours = fit.file_shapes.get(name, ()), own.get(name, ())
        if len(theirs) == len(ours):
            pairs = zip(ours, theirs, strict=True)
            found.update({(have, want): None for have, want in pairs if have != want and have and want})
    return list(found)


def _lengths(module: Any, fit: Fit) -> list[tuple[int, int]]:
    """Numbers of blocks that differ: the module's, the file's."""
    prefixes = tuple({name.removesuffix(own) for own, name in fit.renamed.items() if name.endswith(own)})
    more = [next((n.removeprefix(p) for p in prefixes if n.startswith(p)), n) for n in fit.unexpected]
    ours, theirs = _counts(module.state_dict()), _counts([*fit.file_shapes, *more])
    found = {(have, theirs[place]): None for place, have in ours.items() if theirs.get(place, have) != have}
    return list(found)


def _counts(names: Iterable[str]) -> dict[str, int]:
    """How many numbered children each place in the names has."""
    children: dict[str, set[str]] = {}
    for name in names:
        parts = name.split(".")[:_DEEPEST]
        for i, part in enumerate(parts):
            if part.isdigit():
                children.setdefault(".".join(parts[:i]), set()).add(part)
    return {place: len(numbers) for place, numbers in children.items()}
