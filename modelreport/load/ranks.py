"""One file of ``torch.save`` for each process: ``model_world_size_2_rank_0.pt`` and its siblings.

What the shards say of their place is followed: ``DTensor`` with ``Shard`` and ``Replicate``, and ``ShardedTensor``.
What lies in the flat vectors of FSDP is found there.
Plain tensors say nothing: those of the first process are reported, and a note says that others may hold other parts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.errors import MissingFileError
from modelreport.facts import DTYPE_BITS
from modelreport.load.assemble import Opened, assemble
from modelreport.load.contents import Finder
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.joined import Joined, Piece, PiecesError
from modelreport.load.local_parts import FLAT, is_covered, parameters_in
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_values import Made, Name, Pairs, mapping, state_of
from modelreport.load.siblings import show_name
from modelreport.load.storages import TensorError, no_storages
from modelreport.load.tensors import Tensors, shape_of
from modelreport.load.torch_files import TorchFile, TorchFiles

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

_RANKED = re.compile(r"(?P<stem>[\w.-]*?)(?:world_size_(?P<of>\d+)_)?rank[_-]?(?P<rank>\d+)\.(?:pt|pth|bin|tar)")
_MARKS = REPOSITORY | {"latest", ".metadata"}
DEPTH_LIMIT = 10
RANKS_LIMIT = 10_000


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether a folder holds the files of several processes under one name."""
    return not head and not _MARKS & set(names) and any(len(found) > 1 for found in find_ranks(names).values())


def find_ranks(names: Sequence[str]) -> dict[str, dict[int, str]]:
    """The files of each stem by rank; those of optimizers last."""
    stems: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for name in sorted(names):
        found = _RANKED.fullmatch(name) if len(name) < 300 else None
        if found is not None and len(found["rank"]) < 7:
            stems[found["stem"]].setdefault(int(found["rank"]), name)
    return dict(sorted(stems.items(), key=lambda item: ("optim" in item[0].lower(), -len(item[1]), item[0])))


@dataclass(frozen=True)
class Part:
    """What one process holds of a tensor."""

    shape: tuple[int, ...]
    """Of the whole."""
    starts: tuple[tuple[int, ...], ...]
    """First element of each tensor in the whole."""
    tensors: tuple[LazyTensor, ...]
    whole: bool = False
    """Whether every process holds all of it."""


@dataclass
class Ranks:
    """The values of all processes, walked side by side."""

    files: dict[int, TorchFile]
    plain: int = 0
    joined: int = 0
    named: int = 0
    """Parameters that were found in flat vectors."""
    lost: dict[str, str] = field(default_factory=dict)

    def join(self, path: str, values: dict[int, Any], depth: int = 0) -> Any:
        """One value out of those of all processes."""
        first = values[min(values)]
        entries = mapping(first) if depth < DEPTH_LIMIT and not is_part(first) else None
        if entries is not None:
            others = {rank: mapping(value) or {} for rank, value in values.items()}
            below = {key: {rank: found[key] for rank, found in others.items() if key in found} for key in entries}
            known = self._in_vectors(below)
            return Pairs(
                [
                    (key, known.get(key) or self.join(f"{path}.{key}" if path else key, found, depth + 1))
                    for key, found in below.items()
                    if known.get(key, True) is not None
                ]
            )
        if is_part(first):
            return self._tensor(path, values)
        parts = self.files[min(values)].tensors.read(first, path)
        if parts is None:
            return first
        self.plain += 1
        return parts.main

    def _in_vectors(self, entries: dict[str, dict[int, Any]]) -> dict[str, LazyTensor | None]:
        """Parameters that lie in flat vectors, by key; ``None`` for the vectors that they are all of."""
        found: dict[str, LazyTensor | None] = {}
        for key in [k for k, values in entries.items() if k.endswith(FLAT) and all(map(is_part, values.values()))]:
            try:
                parts = {rank: read_part(value, self.files[rank].tensors) for rank, value in entries[key].items()}
                whole = _joined(list(parts.values()))
            except (TensorError, PiecesError):
                continue  # told where the vector itself is read
            held = {r: (p.starts[0][0], p.tensors[0]) for r, p in parts.items() if len(p.tensors) == 1 and p.starts[0]}
            made = parameters_in(held, {name: self._plain(values) for name, values in entries.items() if name != key})
            if is_covered(whole, made.values(), len(parts)):
                self.named += len(made)
                found |= {**made, key: None}
        return found

    def _plain(self, values: dict[int, Any]) -> dict[int, LazyTensor]:
        """The tensors of those processes that hold a plain one."""
        read = {
            rank: self.files[rank].tensors.read(value)
            for rank, value in values.items()
            if isinstance(value, Made) and not is_part(value)
        }
        return {rank: parts.main for rank, parts in read.items() if parts is not None}

    def _tensor(self, path: str, values: dict[int, Any]) -> LazyTensor:
        shape: tuple[int, ...] = ()
        try:
            parts = [read_part(v, self.files[r].tensors) for r, v in values.items() if is_part(v)]
            shape = parts[0].shape
            tensor = _joined(parts)
        except (TensorError, PiecesError) as error:
            self.lost[path] = str(error)
            return LazyTensor("", "unknown", shape, None, missing=f"unreadable: {error}", layout="meta")
        self.joined += 1
        return tensor


def is_part(value: Any) -> bool:
    """Whether a value is the shard of a tensor that says its place."""
    if not isinstance(value, Made):
        return False
    kind = (
        value.positional[1]
        if value.path.endswith("_rebuild_from_type_v2") and len(value.positional) == 4
        else value.callee
    )
    return (
        isinstance(kind, Name)
        and kind.name in ("DTensor", "ShardedTensor")
        and kind.module.startswith("torch.distributed")
    )


def read_part(value: Made, tensors: Tensors) -> Part:
    """What a shard says; ``TensorError`` when it does not say enough."""
    rebuilt = len(value.positional) == 4
    kind = value.positional[1] if rebuilt else value.callee
    if isinstance(kind, Name) and kind.name == "ShardedTensor":
        return _sharded(value.positional[3] if rebuilt else value.state, tensors)
    facts = _attributes(value.positional[3])
    local, spec, made = tensors.read(facts.get("_local_tensor")), facts.get("_spec"), value.positional[2]
    placed = state_of(spec) if isinstance(spec, Made) else {}
    placements = placed.get("placements")
    shape = shape_of(made[2]) if isinstance(made, tuple) and len(made) > 2 else ()
    if local is None or not isinstance(placements, tuple):
        raise TensorError("the shard does not say how it is placed")
    mesh = _mesh(placed.get("mesh"), tensors)
    if len(mesh) != len(placements):
        raise TensorError("its placements are not those of its mesh")
    start, cut = [0] * len(shape), set()
    for (coordinate, count), placement in zip(mesh, placements, strict=True):
        name = placement.path.rpartition(".")[2] if isinstance(placement, Made) else ""
        if name == "Replicate":
            continue
        dim = state_of(placement).get("dim") if name == "Shard" else None
        if not isinstance(dim, int) or not 0 <= dim < len(shape) or dim in cut:
            raise TensorError(f"its placement {name[:50] or 'unknown'} is not followed")
        start[dim] = min(coordinate * -(-shape[dim] // count), shape[dim])  # as torch.chunk cuts
        cut.add(dim)
    return Part(shape, (tuple(start),), (local.main,), whole=not cut)


def _attributes(state: Any) -> dict[str, Any]:
    """Attributes of a subclass, given as a mapping or as a pair of one and its slots."""
    found: dict[str, Any] = {}
    for part in state if isinstance(state, tuple) else (state,):
        found |= mapping(part) or {}
    return found


def _mesh(value: Any, tensors: Tensors) -> list[tuple[int, int]]:
    """Place and number of processes along each dimension of a ``DeviceMesh``; ``TensorError`` when it does not say."""
    facts = state_of(value) if isinstance(value, Made) else {}
    layout, mesh = facts.get("_layout"), tensors.read(facts.get("mesh"))
    axes = state_of(layout).get("axes") if isinstance(layout, Made) else None
    if mesh is not None:  # before torch 2.10
        sizes = list(mesh.main.shape)
    else:
        shapes = (
            [state_of(axis).get("shape") for axis in axes if isinstance(axis, Made)] if isinstance(axes, tuple) else []
        )
        sizes = [n[0] for n in shapes if isinstance(n, tuple) and len(n) == 1 and isinstance(n[0], int)]
    places = facts.get("_coordinate_on_dim")
    known = isinstance(places, (list, tuple)) and len(places) == len(sizes) and bool(sizes)
    if not known or not all(isinstance(p, int) and 0 <= p < n for p, n in zip(places or (), sizes, strict=True)):
        raise TensorError("the shard does not say its place in the mesh")
    return list(zip(places or (), sizes, strict=True))


def _sharded(state: Any, tensors: Tensors) -> Part:
    """``ShardedTensor.__getstate__``: local shards, metadata, process group, specification, references."""
    if not isinstance(state, tuple) or len(state) < 2 or not isinstance(state[0], list):
        raise TensorError("the shards are not given as torch gives them")
    whole = shape_of(state_of(state[1]).get("size")) if isinstance(state[1], Made) else ()
    starts, found = [], []
    for shard in state[0]:
        facts = state_of(shard) if isinstance(shard, Made) else {}
        place, local = facts.get("metadata"), tensors.read(facts.get("tensor"))
        if local is None or not isinstance(place, Made):
            raise TensorError("a shard does not say its place")
        starts.append(shape_of(state_of(place).get("shard_offsets")))
        found.append(local.main)
    return Part(whole, tuple(starts), tuple(found))


def _joined(parts: Sequence[Part]) -> LazyTensor:
    """The whole of all parts; ``TensorError`` or ``PiecesError`` when they do not fit together."""
    shape = parts[0].shape
    chosen = [parts[0]] if parts[0].whole else _distinct(parts)
    if any(part.shape != shape for part in parts):
        raise TensorError("the processes differ in its shape")
    pairs = [(s, t) for part in chosen for s, t in zip(part.starts, part.tensors, strict=True)]
    kinds = {(tensor.dtype, tensor.big_endian) for _, tensor in pairs}
    if len(kinds) != 1:
        raise TensorError("its shards differ in dtype")
    dtype, big_endian = kinds.pop()
    if DTYPE_BITS[dtype] < 8 or any(tensor.storage is None for _, tensor in pairs):
        raise TensorError("a shard has no plain values")
    pieces = [Piece(s, t.shape, t.storage, t.offset, t.strides) for s, t in pairs if t.storage is not None]
    joined = Joined(shape, DTYPE_BITS[dtype] // 8, pieces)
    storage = Storage(joined, 0, joined.size_bytes, min(piece.storage.file for piece in pieces))
    return LazyTensor("", dtype, shape, storage, big_endian=big_endian)


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """The parts, of those at one place the first: replicas hold the same."""
    return list({part.starts: part for part in reversed(parts)}.values())


def read(path: Location, options: Options) -> Checkpoint:
    """Open the files of all processes; weights stay lazy. ``LoadError`` when none can be read."""
    stems = find_ranks([entry.name for entry in path.iterdir()])
    stem, names = next(iter(stems.items()))
    files = TorchFiles(path)
    with close_on_failure(files.files):
        found: dict[int, TorchFile] = {}
        for number, (rank, name) in enumerate(list(names.items())[:RANKS_LIMIT]):
            options.progress("load", number, len(names))
            file = files.read(name)
            if file is not None:
                found[rank] = file
        if not found:
            reasons = " ".join(f"{reason}." for reason in list(files.failed.values())[:3])
            raise MissingFileError(f"None of the {len(names)} files of {show_name(path.name)} can be read. {reasons}")
        ranks = Ranks(found)
        root = ranks.join("", {rank: file.value for rank, file in found.items()})
        contents = Finder(Tensors(no_storages("it lies outside the file"))).find(root)
        opened = Opened(path.name or path.resolve().name, FORMAT.id, FORMAT.title, "folder", files.files)
        opened.security = files.scan.security()
        opened.size_bytes = sum(file.size_bytes for file in files.files)
        flat = any(FLAT in tensor.name for candidate in contents.candidates for tensor in candidate.tensors)
        opened.notes = [*_notes(ranks, files, flat=flat), *_others(stems, stem), *files.notes]
        checkpoint = assemble(opened, contents, options)
    checkpoint.folder = path
    return checkpoint


def _notes(ranks: Ranks, files: TorchFiles, *, flat: bool) -> list[str]:
    notes = [f"{reason}." for reason in files.failed.values()]
    if ranks.joined:
        notes.append(f"{ranks.joined} tensors are put together from the shards of {len(ranks.files)} processes.")
    if ranks.named:
        notes.append(
            f"{ranks.named} parameters were found in the flat vectors of FSDP's LOCAL_STATE_DICT and are shown as "
            "vectors: their shapes are not in the files. Save with FULL_STATE_DICT or SHARDED_STATE_DICT to have them."
        )
    if flat:
        notes.append(
            "The weights are flat vectors as FSDP's LOCAL_STATE_DICT saves them: which parameters lie in a vector is "
            "not in the files, so each vector is one tensor here. Save with FULL_STATE_DICT or SHARDED_STATE_DICT."
        )
    if ranks.plain and len(ranks.files) > 1:
        notes.append(
            f"{ranks.plain} tensors do not say which part of a whole they are; those of process {min(ranks.files)} are "
            "reported, the other files may hold the same or other parts of them."
        )
    return notes


def _others(stems: dict[str, dict[int, str]], stem: str) -> list[str]:
    others = [name for other, names in stems.items() if other != stem for name in names.values()]
    if not others:
        return []
    return [f"{len(others)} files of other names were not read, such as {show_name(others[0])}."]


FORMAT = Format(
    id="torch-ranks",
    title="PyTorch files by process",
    suffixes=("folder",),
    summary="Folder with one file of torch.save for each process (…_rank_0.pt), their DTensor shards put together.",
    recognises=recognises,
    read=read,
)
"""Only tensors whose shards say their place are put together."""
