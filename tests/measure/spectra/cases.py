"""Weight matrices as the survey of spectra gets them, made from arrays."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import Item, ModuleFact, Skipped, Structure, TensorFact, Weights
from modelreport.measure.parts import Measured
from modelreport.measure.spectra.matrices import Found, Matrix, matrices
from modelreport.measure.survey import measure
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_tensor


def make_module(path: str, kind: str, **attributes: object) -> ModuleFact:
    """A module of this type."""
    items = tuple(Item(name=name, value=str(value)) for name, value in attributes.items())
    name = path.rpartition(".")[2]
    return ModuleFact(path=path, name=name, type=kind, parent=-1, parameters=0, own_parameters=0, attributes=items)


def structure_of(checkpoint: Checkpoint, *modules: ModuleFact, **changes: Any) -> Structure:
    """All tensors as parameters of the modules whose paths their names begin with."""
    facts = tuple(
        TensorFact(
            name=t.name, shape=t.shape, dtype=t.dtype, module=t.name.rpartition(".")[0], count=t.count,
            size_bytes=t.size_bytes, stored_bytes=t.size_bytes, layout=t.layout,
            **{"role": "parameter", **changes.get(t.name, {})},
        )
        for t in checkpoint.tensors
    )  # fmt: skip
    return Structure(
        origin="names", modules=modules, tensors=facts, parameters=0, trainable=None, buffers=0, parameter_tensors=0,
        buffer_tensors=0, size_bytes=0, dtypes=(),
    )  # fmt: skip


def make_measured(*tensors: LazyTensor, options: Options | None = None, **changes: Any) -> Measured:
    """What a part of the measurement sees of these tensors."""
    checkpoint = make_checkpoint(*tensors)
    weights = measure(checkpoint, Options())
    assert isinstance(weights, Weights), weights
    modules = changes.pop("modules", ())
    return Measured(checkpoint, structure_of(checkpoint, *modules, **changes), weights, options or Options())


def found_in(*tensors: LazyTensor, **changes: Any) -> Found:
    """The matrices of these tensors."""
    made = make_measured(*tensors, **changes)
    assert not isinstance(made.weights, Skipped)
    return matrices(made.checkpoint, made.structure, made.weights)


def matrix_of(array: NDArray[Any], dtype: str = "", name: str = "layer.weight", **changes: Any) -> Matrix:
    """The one matrix of a tensor with these values."""
    (matrix,) = found_in(make_tensor(array, dtype, name), **changes).matrices
    return matrix
