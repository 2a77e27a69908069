"""The weights of one step of DeepSpeed ZeRO, from the files of all its processes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from modelreport.checkpoint import LazyTensor
from modelreport.errors import CorruptFileError
from modelreport.load.flat import Shape, Span, Vector, cut_each, gather
from modelreport.load.pickle_values import Made, Pairs, mapping
from modelreport.load.storages import TensorError
from modelreport.load.tensors import Tensors, shape_of
from modelreport.load.torch_files import TorchFile, TorchFiles

RANKS_LIMIT = 1 << 14
"""Most processes: their number is only claimed, and all of them are gone through for each group."""
GROUPS_LIMIT = 1000
"""Most groups of parameters, and most flat tensors of a process: ZeRO 3 cuts at 10**9 elements."""


@dataclass
class Step:
    """The files of one step."""

    files: TorchFiles
    stage: int = 0
    models: dict[int, TorchFile] = field(default_factory=dict)
    """By process; the first holds the whole module below stage 3."""
    states: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """What each process's ``optimizer_state_dict`` says."""
    readers: dict[int, Tensors] = field(default_factory=dict)
    ranks: int = 0
    notes: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)
    """Parameters that could not be put together, each with the reason."""

    def flat(self, rank: int, value: Any) -> Vector:
        """The flat tensors in a list or mapping of one process's state."""
        items = list((mapping(value) or {}).values()) if isinstance(value, (Pairs, Made)) else value
        reader = self.readers[rank]
        found = [reader.read(item) for item in items[:GROUPS_LIMIT]] if isinstance(items, (list, tuple)) else []
        return [parts.main for parts in found if parts is not None]


def groups_of(step: Step) -> list[dict[str, Shape]]:
    """Name and shape of the trained parameters, group by group."""
    model = mapping(step.models[min(step.models)].value) or {}
    groups = model.get("param_shapes")
    found = []
    for group in groups[:GROUPS_LIMIT] if isinstance(groups, (list, tuple)) else [groups]:
        try:
            found.append({name: shape_of(size) for name, size in (mapping(group) or {}).items()})
        except TensorError:
            step.notes.append("The shapes of a group of parameters are not given as DeepSpeed gives them.")
            found.append({})
    return found


def module_of(step: Step) -> Iterator[tuple[str, Any]]:
    """The weights of the model."""
    first = step.models[min(step.models)]
    model = mapping(first.value) or {}
    module = mapping(model.get("module"))
    if module is None:
        raise CorruptFileError("The model states hold no module.")
    whole: dict[str, Any] = {}
    for name, value in module.items():
        parts = first.tensors.read(value, name)
        whole[name] = parts.main if parts is not None else value
    if step.stage == 3:
        whole |= _assembled(step, "fp32_flat_groups") | _frozen(step)
        shared = mapping(model.get("shared_params")) or {}
        whole |= {name: whole[of] for name, of in shared.items() if isinstance(of, str) and of in whole}
        empty = [n for n, t in whole.items() if isinstance(t, LazyTensor) and t.shape == (0,) and n not in step.lost]
        for name in empty:  # the place of a parameter that no group names
            whole[name] = _lost(step, name, (0,), "its partitions are not named")
    yield "module", Pairs(list(whole.items()))


def _assembled(step: Step, key: str) -> dict[str, LazyTensor]:
    """The parameters of ZeRO 3 from one list of flat vectors of each process."""
    vectors = [
        step.flat(rank, step.states[rank].get(key)) if rank in step.states else [None] for rank in range(step.ranks)
    ]
    shapes = {name: shape for group in groups_of(step) for name, shape in group.items()}
    found, at = {}, 0
    for name, shape in shapes.items():
        found[name] = _one(step, name, shape, cut_each(at, math.prod(shape), step.ranks), vectors)
        at += math.ceil(math.prod(shape) / step.ranks)
    return found


def _frozen(step: Step) -> dict[str, LazyTensor]:
    """Frozen parameters of ZeRO 3, whose fragments are in the model states."""
    first = mapping(step.models[min(step.models)].value) or {}
    found = {}
    fragments = {
        rank: mapping((mapping(f.value) or {}).get("frozen_param_fragments")) or {} for rank, f in step.models.items()
    }
    for name, size in (mapping(first.get("frozen_param_shapes")) or {}).items():
        vectors: list[Vector] = []
        for rank in takewhile(step.models.__contains__, range(step.ranks)):
            parts = step.models[rank].tensors.read(fragments[rank].get(name))
            vectors.append([parts.main if parts is not None else None])
        try:
            shape = shape_of(size)
        except TensorError:
            continue
        found[name] = _one(step, name, shape, cut_each(0, math.prod(shape), step.ranks), vectors)
    return found


def _one(step: Step, name: str, shape: Shape, spans: Iterable[Span], vectors: Sequence[Vector]) -> LazyTensor:
    """One parameter; without values, and with the reason, where a part is missing."""
    try:
        return gather(shape, spans, vectors)
    except TensorError as error:
        return _lost(step, name, shape, str(error))


def _lost(step: Step, name: str, shape: Shape, reason: str) -> LazyTensor:
    step.lost[name] = reason
    return LazyTensor("", "unknown", shape, None, missing=f"unreadable: {reason}", layout="meta")
