"""How each operator is counted."""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from modelreport.facts import FormulaKind
from modelreport.trace.flops import (
    activation,
    elementwise,
    fft,
    linalg,
    loss,
    matrix,
    norm,
    pooling,
    quantised,
    recurrent,
    reduction,
    sampling,
)
from modelreport.trace.flops.free import VIEWS, ZERO_COST
from modelreport.trace.flops.registry import ARITHMETIC, BESIDE, COMPLEX, ELEMENTS, MATRIX, Formula
from modelreport.trace.moved import Moves, moves_of

FAMILIES = (
    matrix, recurrent, norm, activation, pooling, elementwise, reduction, sampling, fft, linalg, loss, quantised,
)  # fmt: skip
"""The files of formulas; importing them registers what they hold."""


class Cost(NamedTuple):
    """How an operator is counted."""

    name: str
    """Name for the report, such as ``aten.relu``."""
    kind: FormulaKind
    formula: Formula | None
    """FLOPs from arguments and result; twice the multiply-adds for ``matrix``."""
    beside: Formula | None
    """Arithmetic besides the multiply-adds of a matrix-class operator."""
    elements: int
    """FLOPs for each real element of the result, where that is the whole formula."""
    complex_elements: int | None
    """The same for complex elements, ``None`` where not known."""
    view: bool
    """It touches no memory."""
    moves: Moves
    """Which of its tensors it reads."""
    writes: tuple[int, ...]
    """Positions of the arguments it writes to."""
    any_dtype: bool
    """Its arithmetic counts whatever the dtype: operators of other libraries, on packed weights or boxes."""
    composite: bool
    """It decomposes into other operators, which are counted instead."""


@functools.cache
def cost_of(func: Any) -> Cost:
    """How the operator is counted; matrix-class formulas equal those of ``FlopCounterMode`` where that has one."""
    import torch

    space, _, name = func._schema.name.partition("::")
    view = bool(func.is_view) or (space == "aten" and name in VIEWS)
    key = _key(space, name)
    formula = MATRIX.get(key) or _counted_by_torch(func._overloadpacket)
    is_matrix = formula is not None
    per_element = 0
    kind: FormulaKind
    if is_matrix:
        kind = "matrix"
    elif view or (space in ("aten", "prims", "prim") and name in ZERO_COST):
        kind = "free"
    else:
        formula, per_element = ARITHMETIC.get(key), ELEMENTS.get(key, 0)
        kind = "arithmetic" if formula is not None or per_element else "none"
    composite = "CompositeImplicitAutograd"
    return Cost(
        name=f"{space}.{name}",
        kind=kind,
        formula=formula,
        beside=BESIDE.get(key) if is_matrix else None,
        elements=per_element,
        complex_elements=COMPLEX.get(key),
        view=view,
        moves=moves_of(space, name, view=view),
        writes=tuple(
            i for i, a in enumerate(func._schema.arguments) if a.alias_info is not None and a.alias_info.is_write
        ),
        any_dtype=space not in ("aten", "prims", "prim"),
        composite=not is_matrix and torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), composite),
    )


def _key(space: str, name: str) -> str:
    """Name under which a formula is registered: in-place and ``_foreach_`` forms count as their plain ones."""
    if space not in ("aten", "mkldnn"):
        return f"{space}.{name}"
    plain = name.removeprefix("_foreach_")
    if plain.endswith("_") and not plain.endswith("__"):
        plain = plain.removesuffix("_")
    return plain


def _counted_by_torch(packet: Any) -> Formula | None:
    """A formula from torch's own registry."""
    from torch.utils.flop_counter import flop_registry

    registered = flop_registry.get(packet)
    if registered is None:
        return None

    def formula(*args: Any, out: Any, **kwargs: Any) -> int:
        return int(registered(*args, **kwargs, out_val=out))

    return formula
