"""Bytes that a file stores for the weights of a module that runs unpacked in place of quantised ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelreport.trace.memory import storage_key

if TYPE_CHECKING:
    from modelreport.facts import TensorFact
    from modelreport.trace.usage.runs import Runner


def stored_shares(
    runner: Runner, tensors: Sequence[TensorFact], renamed: Mapping[str, str], joined: Mapping[str, str]
) -> dict[int, float]:
    """For each storage of a weight that the file packs: bytes stored for it, scales and zero points too, by its own.

    ``renamed`` and ``joined`` are those of the model (``checkpoint.Model``). A weight of which any part is not found
    packed in the file is left out.
    """
    sizes = packed_sizes(tensors)
    if not sizes:
        return {}
    sources: dict[str, list[str]] = {}
    for file_name, own in joined.items():
        sources.setdefault(own, []).append(file_name)
    shares: dict[int, float] = {}
    for name, weight in _named(runner.module):
        parts = sources.get(name) or [renamed.get(name, name)]
        key = storage_key(weight)
        if key is not None and weight.nbytes and all(part in sizes for part in parts):
            shares[key] = sum(sizes[part] for part in parts) / weight.untyped_storage().nbytes()
    return shares


def packed_sizes(tensors: Iterable[TensorFact]) -> dict[str, int]:
    """Bytes of each packed weight by the name of its packed tensor, with the scales and zero points that belong to it.

    Those stand for no parameter and are named after the weight or beside it: ``q.qweight`` and ``q.scales``,
    ``q.weight`` and ``q.weight.absmax``.
    """
    quantised = [t for t in tensors if t.scheme]
    found = {t.name: t.size_bytes for t in quantised if t.stands_for}
    beside: dict[str, list[str]] = {}
    for name in found:
        beside.setdefault(name, []).append(name)
        beside.setdefault(name.rpartition(".")[0], []).append(name)
    for part in (t for t in quantised if t.stands_for == 0):
        front = part.name
        while front and front not in beside:
            front = front.rpartition(".")[0]
        if front:
            found[max(beside[front], key=lambda name: _common(name, part.name))] += part.size_bytes
    return found


def _common(one: str, two: str) -> int:
    """Characters that two names begin with alike."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _named(module: Any) -> Iterable[tuple[str, Any]]:
    yield from module.named_parameters()
    yield from module.named_buffers()
