"""Module calls that do the same: a hash of what each call does, and runs of equal siblings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from msgspec.structs import replace

from modelreport.facts import ModuleCall, Operation, Repeat, TensorSpec

LONGEST_PERIOD = 4
"""Sibling calls that may take turns: dense and routed layers, local and global attention."""
FEWEST = 2
"""Operations in one repetition; single operations in a row are not worth folding."""
_RATES = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout", "drop_path"})
"""Operations whose label is a rate, which differs from block to block of the same kind."""


def fold_calls(
    calls: Sequence[ModuleCall], operations: Sequence[Operation]
) -> tuple[tuple[ModuleCall, ...], tuple[Repeat, ...]]:
    """The calls with their signatures, and the runs of equal sibling calls, outer ones first. Linear in time.

    A signature is a hash of the operations in a call, in order, with labels, shapes and the distances that data comes
    from; class names, parameter names and drop-out rates are not in it.
    """
    inside = _contents(calls, operations)
    signatures = [""] * len(calls)
    links = _links(calls, operations)
    texts: dict[int, str] = {}
    for index in range(len(calls) - 1, -1, -1):
        parts = [
            signatures[-1 - item] if item < 0 else _operation_text(operations[item], texts) for item in inside[index]
        ]
        text = "\n".join([*parts, *links[index]])
        signatures[index] = hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
    signed = tuple(replace(call, signature=signatures[index]) for index, call in enumerate(calls))
    return signed, _repeats(signed, inside)


def _contents(calls: Sequence[ModuleCall], operations: Sequence[Operation]) -> list[list[int]]:
    """What is directly in each call, in order: operations by id, calls as ``-1 - index``. Empty calls are left out."""
    inside: list[list[int]] = [[] for _ in calls]
    begun = 1
    for operation in operations:
        while begun < len(calls) and calls[begun].first <= operation.id:
            call = calls[begun]
            if call.last > call.first and 0 <= call.parent < begun:
                inside[call.parent].append(-1 - begun)
            begun += 1
        if 0 <= operation.call < len(calls):
            inside[operation.call].append(operation.id)
    return inside


def _links(calls: Sequence[ModuleCall], operations: Sequence[Operation]) -> list[list[str]]:
    """The data flow in each call between what is directly in it, as places and distances."""
    links: list[list[str]] = [[] for _ in calls]
    for operation in operations:
        for source in operation.sources:
            call = operation.call
            while 0 < call < len(calls) and source < calls[call].first:
                call = calls[call].parent
            if 0 <= call < len(calls):
                links[call].append(f"{operation.id - calls[call].first}-{operation.id - source}")
    return links


def _operation_text(operation: Operation, texts: dict[int, str]) -> str:
    shapes = ";".join(
        [texts.get(id(spec)) or _spec_text(spec, texts) for spec in operation.inputs]
        + ["→"]
        + [texts.get(id(spec)) or _spec_text(spec, texts) for spec in operation.outputs]
    )
    label = "" if operation.name in _RATES else operation.label
    count = len(operation.sources) + len(operation.reads_input)
    return f"{operation.name}|{label}|{shapes}|{count}|{len(operation.parameters)}"


def _spec_text(spec: TensorSpec, texts: dict[int, str]) -> str:
    text = texts[id(spec)] = f"{spec.shape}{spec.dtype}"
    return text


def _repeats(calls: Sequence[ModuleCall], inside: Sequence[Sequence[int]]) -> tuple[Repeat, ...]:
    """Runs among the children of every call; of repeated calls only the first repetition is looked into."""
    found: list[Repeat] = []
    todo = [0] if calls else []
    for parent in todo:  # grows while it is walked: outer calls come before inner ones
        children = [-1 - item for item in inside[parent] if item < 0]
        place = 0
        while place < len(children):
            count, period = _run(calls, children, place)
            starts = tuple(children[place + k * period] for k in range(count))
            size = sum(calls[child].last - calls[child].first for child in children[place : place + period])
            if count > 1 and size >= FEWEST:
                found.append(Repeat(calls=starts, period=period))
            todo.extend(children[place : place + period])
            place += count * period
    return tuple(found)


def _run(calls: Sequence[ModuleCall], children: Sequence[int], place: int) -> tuple[int, int]:
    """Repetitions from ``place`` on, and sibling calls in each: what covers the most, the shortest period of these."""
    best = (1, 1)
    for period in range(1, LONGEST_PERIOD + 1):
        end = place + period
        while end < len(children) and calls[children[end]].signature == calls[children[end - period]].signature:
            end += 1
        count = (end - place) // period
        if count > 1 and count * period > best[0] * best[1]:
            best = (count, period)
    return best
