"""A configuration of transformers from the shapes of bare weights, and the model built from it on meta as the proof.

What the shapes do not show is assumed and said: above all the number of attention heads, which divides the width among
them and leaves every shape, and the multiply-adds of full attention, as they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modelreport.identify.bare import POOLER, Candidate
from modelreport.identify.fitting import Fit, Shape
from modelreport.identify.libraries import find_module_class
from modelreport.identify.pretrained import build_pretrained, compare_pretrained
from modelreport.identify.relations import Observed, Solution, fields_of, fold, solve
from modelreport.meta import quiet

_HEADS = re.compile(r"(^|_)(heads?|n_head|heads_kv|head_kv)$")
_FEWER_HEADS = re.compile(r"(kv|key_value|group)")
_HEAD_WIDTH = re.compile(r"^(head_dim|d_kv|kv_channels|attention_head_dim|head_size)$")
_WIDTH = re.compile(r"^(hidden_size|d_model|n_embd|dim|embed_dim|hidden_dim|encoder_embed_dim)$")
_FREE_SIZE = re.compile(r"vocab|size$|positions?$|length$|embeddings$")
"""The value that is most likely another than the default, of several that no shape tells apart."""
_WIDTHS = (64, 128, 32, 80, 96, 256, 16, 8, 48, 72, 112, 40, 24, 4, 2, 1)
"""Head widths, the usual ones first."""
_TRIED = 12
_BESIDE = 0.05
"""Most of the tensors, and of their elements, that may lie beside the network, such as a head of one's own."""


@dataclass(frozen=True)
class Reconstructed:
    """A class of transformers built from a file's shapes, with what is proved, and what is not."""

    candidate: Candidate
    module: Any
    fit: Fit
    proved: dict[str, Any]
    assumed: dict[str, int]
    notes: tuple[str, ...] = field(default=())


def reconstruct(candidate: Candidate, shapes: Mapping[str, Shape]) -> Reconstructed | None:
    """The candidate built so that every name and shape fits; ``None`` when that cannot be done."""
    kind = find_module_class(candidate.class_path)
    if kind is None:
        return None
    tried: list[dict[str, Any]] = []
    switched = not candidate.family.shape_flags
    for values, assumed in guesses(candidate, shapes):
        if values in tried:
            continue
        if len(tried) >= _TRIED:
            break
        tried.append(values)
        found = _built(candidate, kind, values, assumed, shapes)
        if isinstance(found, Reconstructed):
            return found
        if found is not None and not found.changed and switched:
            break  # names differ, which other numbers of heads do not change
    return None


def guesses(candidate: Candidate, shapes: Mapping[str, Shape]) -> Iterable[tuple[dict[str, Any], dict[str, int]]]:
    """Values for the configuration, the likeliest first, each with those of them that are assumed."""
    family = candidate.family
    seen = candidate.observed(shapes)
    proved = {p: v for p, v in candidate.solution.values.items() if p in family.values}
    options: list[tuple[dict[str, Any], dict[str, int]]] = []
    for width in (0, *_WIDTHS):
        solution, assumed = with_heads(family.values, candidate.solution, seen, width)
        if solution is not None:
            options.append(({**proved, **solution.values, **candidate.switches}, assumed))
    yield from options[:6]
    for path, value in family.shape_flags:
        for values, assumed in options[:1]:
            yield {**values, path: value}, assumed


def with_heads(
    defaults: Mapping[str, int], solution: Solution, seen: Sequence[Observed], width: int
) -> tuple[Solution | None, dict[str, int]]:
    """The solution with heads of this width (0: of the width that the default configuration has), and what is assumed.

    ``None`` when the proved widths cannot be divided so.
    """
    values = dict(solution.values)
    assumed: dict[str, int] = {}
    for path in defaults:
        name = path.rpartition(".")[2]
        if path not in values and _HEAD_WIDTH.search(name):
            values[path] = assumed[path] = width or defaults[path]
    solved = solve(seen, values)
    for path, default in defaults.items():
        parent, _, name = path.rpartition(".")
        if path in solved.values or not _HEADS.search(name) or _FEWER_HEADS.search(name):
            continue
        whole = _width_of(parent, name, solved.values)
        before = _width_of(parent, name, defaults)
        if not whole or not before or not default:
            continue
        each = width or max(before // default, 1)
        if whole % each:
            return None, {}
        solved.values[path] = assumed[path] = whole // each
    solved = solve(seen, solved.values)
    left = usual_values(defaults, solved.values, seen)
    return (solve(seen, {**solved.values, **left}) if left else solved), {**assumed, **left}


def usual_values(defaults: Mapping[str, int], values: Mapping[str, int], seen: Sequence[Observed]) -> dict[str, int]:
    """Defaults for values that only occur together with others that are not known either: all of these but one."""
    left: dict[str, int] = {}
    for expressions, _, _ in seen:
        for expression in expressions:
            unknown = [n for n in fields_of(expression) if n not in values and n not in left and n in defaults]
            unknown.sort(key=lambda n: not _FREE_SIZE.search(n))
            left |= {n: defaults[n] for n in unknown[1:]}
    return left


def _width_of(parent: str, name: str, values: Mapping[str, int]) -> int:
    """The width that the heads of this part of the configuration divide; 0 when it is not there."""
    side = name.partition("_")[0] if name.startswith(("encoder_", "decoder_")) else ""
    near = [p for p in values if p.rpartition(".")[0] == parent and _WIDTH.search(p.rpartition(".")[2])]
    near.sort(key=lambda p: not (side and p.rpartition(".")[2].startswith(side)))
    return values[near[0]] if near else 0


def _built(
    candidate: Candidate, kind: type[Any], values: Mapping[str, Any], assumed: dict[str, int],
    shapes: Mapping[str, Shape],
) -> Reconstructed | Fit | None:  # fmt: skip
    """What was built, the comparison alone when it does not fit, ``None`` when it could not be built."""
    try:
        with quiet():
            config = configuration(candidate, values)
            module = build_pretrained(kind, config)
        own = {n.removeprefix(candidate.wrapper): n for n in shapes}
        stripped = {n: shapes[file_name] for n, file_name in own.items()}
        fit = compare_pretrained(module, config, stripped)
    except Exception:  # the values met the library's own checks, or its constructor
        return None
    notes = _allowed(fit, module, stripped)
    if notes is None:
        return fit
    if candidate.wrapper:
        fit = _with_file_names(fit, own)
    proved = {p: v for p, v in values.items() if p not in assumed}
    return Reconstructed(candidate, module, fit, proved, assumed, notes)


def configuration(candidate: Candidate, values: Mapping[str, Any]) -> Any:
    """The configuration with these values by dotted path, everything else as its class has it."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    made = CONFIG_MAPPING[candidate.family.type]
    given = arguments_of(values, made())
    tied = {fold(candidate.family.keys[i][0]) for i in candidate.family.optional}
    if tied and not tied & set(candidate.named.patterns):
        given["tie_word_embeddings"] = True
    return made(**given)


def arguments_of(values: Mapping[str, Any], default: Any) -> dict[str, Any]:
    """Keyword arguments of a configuration for values by path; in lists, elements of the default are replaced."""
    made: dict[str, Any] = {}
    for path, value in values.items():
        parts = path.split(".")
        at, config = made, default
        index = parts.pop() if parts[-1].isdigit() else ""
        for part in parts[:-1]:
            config = getattr(config, part)
            at = at.setdefault(part, _given(config))
        name = parts[-1]
        if index:
            items = at.setdefault(name, list(getattr(config, name)))
            if int(index) < len(items):
                items[int(index)] = value
        else:
            at[name] = value
    return made


def _given(config: Any) -> dict[str, Any]:
    """What makes an inner configuration differ from its own class's default: the outer default says it."""
    if not hasattr(config, "model_type"):
        return {}
    usual = type(config)().to_dict()
    own = {n: v for n, v in config.to_dict().items() if isinstance(v, (bool, int, float, str)) and usual.get(n) != v}
    return {**own, "model_type": config.model_type}


def _allowed(fit: Fit, module: Any, shapes: Mapping[str, Shape]) -> tuple[str, ...] | None:
    """Notes on what differs, ``None`` when that is more than what files are saved without."""
    missing = [n for n in fit.missing if not POOLER.search(n)]
    if fit.changed or missing or not fit.matched:
        return None
    notes: list[str] = []
    if fit.missing:
        notes.append("The file has no pooler, a last layer on the first token that encoders are often saved without.")
    if fit.unexpected:
        children = {name for name, _ in module.named_children()}
        inside = [n for n in fit.unexpected if n.partition(".")[0] in children]
        size = sum(math.prod(shapes[n]) for n in fit.unexpected)
        few = len(fit.unexpected) <= max(_BESIDE * len(shapes), 4)
        if inside or not few or size > _BESIDE * sum(map(math.prod, shapes.values())):
            return None
        names = ", ".join(n[:100] for n in fit.unexpected[:3]) + (" …" if len(fit.unexpected) > 3 else "")
        lie = "1 tensor lies" if len(fit.unexpected) == 1 else f"{len(fit.unexpected)} tensors lie"
        notes.append(f"{lie} beside it and not in the pass: {names}.")
    return tuple(notes)


def _with_file_names(fit: Fit, own: Mapping[str, str]) -> Fit:
    """The comparison with the file's whole names, where a wrapper was taken off."""
    renamed = {n: own[f] for n, f in fit.renamed.items()}
    for name in fit.file_shapes:
        if name not in fit.renamed and own.get(name, name) != name:
            renamed[name] = own[name]
    return replace(
        fit, renamed=renamed, unexpected=tuple(own[n] for n in fit.unexpected),
        joined={own[n]: p for n, p in fit.joined.items()},
    )  # fmt: skip
