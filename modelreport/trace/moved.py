"""Bytes that an aten operator reads and writes: what is stored is counted once, however often it is seen.

An expanded tensor is read as the elements it stores, a look-up reads the rows it takes and not the table, a copy does
not read what it overwrites, and a view moves nothing. Caches are not modelled: an operator reads each of its tensors
from memory once and writes its results once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from modelreport.meta import size_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

Moves = Literal["all", "nothing", "made", "empty", "copied", "rows", "bags", "placed", "added", "scalar"]
"""``all`` arguments and results; ``nothing``: a view; ``made``: the result is written and nothing read; ``empty``: not
even that; ``copied``: the first argument is overwritten, not read; ``rows``: of the first argument no more than the
result is read; ``bags``: as many rows as there are indices; ``placed``: only the places given are written; ``added``:
those are read as well; ``scalar``: one element is read."""

_MADE = """
    zeros zeros_like new_zeros ones ones_like new_ones full full_like new_full scalar_tensor eye arange linspace
    logspace tril_indices triu_indices rand randn randint rand_like randn_like randint_like randperm fill_ zero_
    fill zero normal_ uniform_ bernoulli_ random_ exponential_ log_normal_ cauchy_ geometric_ hann_window
    hamming_window bartlett_window blackman_window kaiser_window
"""
_EMPTY = "empty empty_like new_empty empty_strided new_empty_strided empty_permuted resize_ set_"
_ROWS = "embedding index_select gather index _unsafe_index take masked_select select_copy slice_copy narrow_copy"
_PLACED = "index_put_ _index_put_impl_ scatter_ index_copy_ put_"
_ADDED = "scatter_add_ index_add_ scatter_reduce_ index_reduce_"
_KINDS: dict[str, Moves] = {
    **dict.fromkeys(_MADE.split(), "made"),
    **dict.fromkeys(_EMPTY.split(), "empty"),
    **dict.fromkeys(_ROWS.split(), "rows"),
    **dict.fromkeys(_PLACED.split(), "placed"),
    **dict.fromkeys(_ADDED.split(), "added"),
    **dict.fromkeys(("_embedding_bag", "_embedding_bag_forward_only"), "bags"),
    "copy_": "copied",
    "_local_scalar_dense": "scalar",
    "device": "nothing",
}


def moves_of(space: str, name: str, *, view: bool) -> Moves:
    """How the operator moves data."""
    if view:
        return "nothing"
    return _KINDS.get(name, "all") if space in ("aten", "prim") else "all"


def stored_bytes(tensor: torch.Tensor) -> int:
    """Bytes a tensor stores: an expanded dimension once, overlapping windows no more than their memory."""
    try:
        size = int(tensor.nbytes)
        if not size or tensor.is_contiguous():
            return size
        strides = tensor.stride()
        if 0 in strides:
            size = tensor.itemsize
            for length, stride in zip(tensor.shape, strides, strict=True):
                size *= length if stride else 1
        return min(size, int(tensor.untyped_storage().nbytes()))
    except (NotImplementedError, RuntimeError):  # sparse, nested: no strides
        return size_of(tensor)


def moved_bytes(moves: Moves, read: Sequence[torch.Tensor], made: Sequence[torch.Tensor]) -> tuple[int, int]:
    """Bytes read and written by one call, from the tensors among its arguments and its results."""
    if moves == "all":
        return _total(read), _total(made)
    if moves in ("nothing", "empty"):
        return 0, 0
    if moves == "made":
        return 0, _total(made)
    if moves == "copied":
        return _total(read[1:]), _total(made)
    if moves == "scalar":
        return (read[0].itemsize if read else 0), 0
    if moves in ("placed", "added"):
        # the last tensor holds the values, those between the destination and it the places
        values = stored_bytes(read[-1]) if len(read) > 2 else 0
        return _total(read[1:]) + (values if moves == "added" else 0), values
    written = _total(made)
    table, rest = read[:1], read[1:]
    taken = written
    if moves == "bags" and rest:
        taken = int(rest[0].numel()) * int(table[0].shape[-1]) * table[0].itemsize
    return min(_total(table), taken) + _total(rest), written


def _total(tensors: Sequence[torch.Tensor]) -> int:
    if len(tensors) == 1:
        return stored_bytes(tensors[0])
    return sum(map(stored_bytes, {id(t): t for t in tensors}.values()))
