"""Quantised weights of a file: which tensors they are, and what the unquantised architecture has in their place."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from modelreport.checkpoint import Checkpoint, LazyTensor, Model
from modelreport.identify.packing import Packed, Shape, rules_for

_LONGEST = 1000
"""Characters of names that are looked at; quantised files have none that long."""
_UNPROVEN = {"qweight", "weight_packed", "W_q", "codes", "q_weight"}
"""Last parts of names that only packed weights have."""


@dataclass(frozen=True)
class Quantised:
    """The quantised weights of one file, by the name of their packed tensor."""

    weights: Mapping[str, Packed] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    """From the name of a scale, zero point or the like to the packed tensor that it belongs to."""
    unproven: frozenset[str] = frozenset()
    """Tensors whose name says that they are packed, without a layout that their shapes prove."""

    @cached_property
    def file_names(self) -> dict[str, str]:
        """From the parameter of the architecture to the packed tensor, where the names differ."""
        return {p.weight: p.name for p in self.weights.values() if p.weight != p.name}

    def scheme(self, name: str) -> str:
        """Scheme of which a tensor is a part, empty for none."""
        found = self.weights.get(self.parts.get(name, name))
        return found.scheme if found is not None else ""

    def stands_for(self, name: str) -> int | None:
        """Parameters that a tensor stands for: those of a packed weight, none for its scales; ``None``: its count."""
        if name in self.parts:
            return 0
        found = self.weights.get(name)
        return math.prod(found.shape) if found is not None else None

    def notes(self, config: Mapping[str, Any]) -> list[str]:
        """What a reader of the identification should know, where the weights are quantised or said to be."""
        schemes = list(dict.fromkeys(p.scheme for p in self.weights.values() if p.scheme))
        method = method_of(config)[0] or "unnamed" if isinstance(config.get("quantization_config"), dict) else ""
        if schemes:
            shown = ", ".join(schemes[:3]) + (" …" if len(schemes) > 3 else "")
            return [f"The weights are quantised ({shown}); the pass is that of the unquantised architecture."]
        if method:
            unknown = "but no layout that is known here fits the tensors: they are counted as they are stored."
            said = f"config.json says that the weights are quantised ({method[:60]}), {unknown}"
            return [f"{said} The pass is that of the unquantised architecture."]
        return []

    def note(self, name: str) -> str:
        """What a reader should know about a tensor."""
        packed = "Named like a packed weight, but no known layout fits its shapes: counted as it is stored."
        return packed if name in self.unproven else ""

    def unpacked(self, tensors: Iterable[LazyTensor], expected: Mapping[str, Shape] | None = None) -> dict[str, Shape]:
        """Names and shapes as the unquantised architecture has them: packed weights unpacked, their parts left out.

        ``expected`` are those of a module that the file may be of: a weight whose order of dimensions the file does not
        tell (GPT-2 keeps its linear weights the other way round) has the module's, if it has as many elements.
        """
        found: dict[str, Shape] = {}
        for tensor in tensors:
            packed = self.weights.get(tensor.name)
            if packed is not None:
                wanted = (expected or {}).get(packed.weight, packed.shape)
                alike = math.prod(wanted) == math.prod(packed.shape)
                told = len(packed.shape) > 1 and wanted != packed.shape[::-1]
                found[packed.weight] = wanted if alike and not told else packed.shape
            elif tensor.name not in self.parts:
                found[tensor.name] = tensor.shape
        return found

    def as_stored(self, model: Model) -> Model:
        """A model that was fitted to the unpacked names, with the file's names of the packed tensors."""
        if not self.file_names:
            return model
        names = self.file_names
        renamed = {own: names.get(file, file) for own, file in model.renamed.items()}
        taken = {*model.renamed.values(), *model.joined}
        renamed |= {own: file for own, file in names.items() if own not in taken and own not in renamed}
        joined = {names.get(file, file): own for file, own in model.joined.items()}
        unexpected = tuple(names.get(file, file) for file in model.identification.unexpected)
        facts = replace(model.identification, unexpected=unexpected)
        return dataclasses.replace(model, identification=facts, renamed=renamed, joined=joined)


NONE = Quantised()
_FOUND: WeakKeyDictionary[Checkpoint, Quantised] = WeakKeyDictionary()


def quantised_in(checkpoint: Checkpoint) -> Quantised:
    """The quantised weights of a checkpoint, found once."""
    found = _FOUND.get(checkpoint)
    if found is None:
        graph = checkpoint.graph is not None  # in a graph, operators say what is quantised
        found = NONE if graph else find_quantised(checkpoint.tensors, checkpoint.config)
        _FOUND[checkpoint] = found
    return found


def find_quantised(tensors: Sequence[LazyTensor], config: Mapping[str, Any] | None = None) -> Quantised:
    """The weights among the tensors of a file whose packing their names and shapes prove.

    A ``quantization_config`` only helps where shapes leave a choice. A packed weight whose parameter is in the file as
    well is left as it is.
    """
    method, bits = method_of(config)
    by_name = {t.name: t for t in tensors if len(t.name) < _LONGEST}
    weights: dict[str, Packed] = {}
    parts: dict[str, str] = {}
    unproven = set()
    for name, tensor in by_name.items():
        rules = rules_for(name, tensor)
        found = next((p for rule in rules if (p := rule(name, by_name, method, bits)) is not None), None)
        if found is not None and (found.weight == name or found.weight not in by_name):
            weights[name] = found
            parts.update(dict.fromkeys(found.parts, name))
        elif name[name.rfind(".") + 1 :] in _UNPROVEN:
            unproven.add(name)
    return Quantised(weights, {p: n for p, n in parts.items() if p not in weights}, frozenset(unproven))


def method_of(config: Mapping[str, Any] | None) -> tuple[str, int]:
    """Method and bits that a ``quantization_config`` names; empty and 0 where it names none."""
    about = (config or {}).get("quantization_config")
    if not isinstance(about, dict):
        return "", 0
    method, bits = about.get("quant_method"), about.get("bits", about.get("w_bit"))
    groups = about.get("config_groups")
    if bits is None and isinstance(groups, dict):
        given = [g.get("weights") for g in groups.values() if isinstance(g, dict)]
        bits = next((w.get("num_bits") for w in given if isinstance(w, dict)), None)
    return method if isinstance(method, str) else "", bits if type(bits) is int and 0 < bits <= 32 else 0
