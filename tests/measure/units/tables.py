"""Structures made by hand around arrays, for parts that need to know what a tensor is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from modelreport.facts import Item, ModuleFact, Structure, TensorFact


def make_fact(name: str, shape: tuple[int, ...], **changes: Any) -> TensorFact:
    """A float32 parameter of the module that its name says."""
    count = 1
    for size in shape:
        count *= size
    given: dict[str, Any] = {"dtype": "float32", "role": "parameter", "module": name.rpartition(".")[0]} | changes
    return TensorFact(name=name, shape=shape, count=count, size_bytes=4 * count, stored_bytes=4 * count, **given)


def make_module(path: str, kind: str, **attributes: str) -> ModuleFact:
    """A module of a type with attributes."""
    items = tuple(Item(name=name, value=value) for name, value in attributes.items())
    return ModuleFact(
        path=path, name=path.rpartition(".")[2], type=kind, parent=-1, attributes=items, parameters=0, own_parameters=0
    )


def make_structure(
    arrays: Mapping[str, NDArray[Any]], modules: Sequence[ModuleFact] = (), **changes: Mapping[str, Any]
) -> Structure:
    """The structure of these tensors; ``changes`` of single facts by the last part of their names."""
    facts = [make_fact(name, array.shape, **changes.get(name.rpartition(".")[2], {})) for name, array in arrays.items()]
    return Structure(
        origin="names", modules=tuple(modules), tensors=tuple(facts), parameters=sum(f.count for f in facts),
        trainable=None, buffers=0, parameter_tensors=len(facts), buffer_tensors=0,
        size_bytes=sum(f.size_bytes for f in facts), dtypes=(),
    )  # fmt: skip
