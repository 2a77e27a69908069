"""Whether the tensors of a file are those of a module: names and shapes compared, the usual renamings understood."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelreport.identify.conversions import Conversions

Shape = tuple[int, ...]

DISPENSABLE = re.compile(
    r"(^|\.)(num_batches_tracked|position_ids|inv_freq|attn_mask|relative_position_index|relative_coords_table"
    r"|relative_position_bucket|masked_bias|attn\.bias|total_ops|total_params|rel_pos_index)$"
)
"""Buffers that libraries compute again, or left out in some version, and counters that profilers leave in files."""

NONE = Conversions()
_LONGEST = 1000
"""Characters: no library has longer names, and patterns take their time on a megabyte."""
_LEGACY = (
    (re.compile(r"\.gamma$"), ".weight"),
    (re.compile(r"\.beta$"), ".bias"),
    (re.compile(r"\.weight_g$"), ".parametrizations.weight.original0"),
    (re.compile(r"\.weight_v$"), ".parametrizations.weight.original1"),
)
"""Names of older versions of TensorFlow ports and of ``weight_norm``, as transformers renames them on loading."""


@dataclass(frozen=True)
class Fit:
    """The comparison of a file with a module."""

    matched: int
    total: int
    changed: tuple[str, ...] = ()
    """Names in the module whose tensor in the file has another shape."""
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    """From module names to file names, where they differ."""
    file_shapes: dict[str, Shape] = field(default_factory=dict)
    """By module name, the shape in the file."""
    joined: dict[str, str] = field(default_factory=dict)
    """From file names to the module's parameter that the library puts them into together with others."""

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not self.distance

    @property
    def distance(self) -> int:
        """Tensors that differ."""
        return len(self.changed) + len(self.missing) + len(self.unexpected)


def module_shapes(module: Any) -> dict[str, Shape]:
    """Name and shape of everything in a module's state dict, in its order."""
    return {name: tuple(value.shape) for name, value in module.state_dict().items() if hasattr(value, "shape")}


def tied_names(module: Any) -> dict[str, tuple[str, ...]]:
    """For each parameter that a module has under several names, the other names."""
    groups: dict[int, list[str]] = {}
    for name, value in module.named_parameters(remove_duplicate=False):
        groups.setdefault(id(value), []).append(name)
    return {name: tuple(n for n in names if n != name) for names in groups.values() if len(names) > 1 for name in names}


def compare(
    module: Any,
    tensors: Mapping[str, Shape],
    *,
    prefixes: Sequence[str] = (),
    ignore: Iterable[re.Pattern[str]] = (),
    conversions: Conversions = NONE,
) -> Fit:
    """How the tensors of a file, by name, fit the state dict of a module.

    ``prefixes`` are put before, or taken off, names that are not in the module as they are. Names that match
    ``ignore`` or ``DISPENSABLE`` are neither missing nor unexpected; tied parameters need to be there once.
    ``conversions`` are what the library does with the file's names; tensors that it joins fit by their elements.
    """
    expected = module_shapes(module)
    buffers = {name: tuple(value.shape) for name, value in module.named_buffers()}
    patterns = (DISPENSABLE, *ignore)

    def dispensable(name: str) -> bool:
        return len(name) < _LONGEST and any(p.search(name) for p in patterns)

    made, broken = _joined(expected, tensors, conversions)
    found: dict[str, str] = {}
    unexpected: list[str] = []
    for name, shape in tensors.items():
        if name in made:
            continue
        options = [n for n in spellings(name, prefixes, conversions) if n in expected and n not in found]
        target = next((n for n in options if expected[n] == shape), options[0] if options else None)
        if target is not None:
            found[target] = name
        elif name not in buffers and not dispensable(name):
            unexpected.append(name)
    tied = tied_names(module)
    changed = [n for n, file_name in found.items() if tensors[file_name] != expected[n]]
    there = {*found, *(own for name in made for own in conversions.joined[name])}
    missing = [
        n for n in expected
        if n not in there and not dispensable(n) and not any(t in there for t in tied.get(n, ()))
    ]  # fmt: skip
    return Fit(
        matched=len(found) - len(changed) + sum(own not in broken for own in made.values()),
        total=len(found) + len(made) + len(unexpected),
        changed=(*changed, *broken),
        missing=tuple(missing),
        unexpected=tuple(unexpected),
        renamed={n: file_name for n, file_name in found.items() if n != file_name},
        file_shapes={n: tensors[file_name] for n, file_name in found.items()},
        joined=made,
    )


def _joined(
    expected: Mapping[str, Shape], tensors: Mapping[str, Shape], conversions: Conversions
) -> tuple[dict[str, str], list[str]]:
    """The file's tensors that are joined, with their parameter, and the parameters whose elements do not add up."""
    made = {name: own[0] for name, own in conversions.joined.items() if name in tensors and name not in expected}
    given: dict[str, int] = {}
    for name, own in made.items():
        given[own] = given.get(own, 0) + math.prod(tensors[name])
    needed = {own[0]: sum(math.prod(expected[n]) for n in own) for name, own in conversions.joined.items()}
    return made, [own for own, count in given.items() if count != needed[own]]


def spellings(name: str, prefixes: Sequence[str], conversions: Conversions = NONE) -> list[str]:
    """The names a module could have for a tensor, most literal first."""
    if len(name) >= _LONGEST:
        return [name]
    plain = [name, *([conversions.renamed[name]] if name in conversions.renamed else [])]
    plain.extend(name[len(p) :] if name.startswith(p) else p + name for p in prefixes)
    for pattern, replacement in _LEGACY:
        plain.extend([pattern.sub(replacement, n) for n in plain if pattern.search(n)])
    return plain
