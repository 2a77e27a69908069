"""What the caller asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from modelreport.errors import OptionsError
from modelreport.facts import DTYPE_BITS, TensorSpec


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress: the default of library calls."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of one build; the defaults are those of ``modelreport build PATH``."""

    inputs: tuple[TensorSpec, ...] = ()
    """Inputs of the dummy forward pass; empty means: find them. A name is a keyword argument of ``forward``."""
    model: str = ""
    """``package.module:factory`` of the user's own code that builds the architecture; imported and called."""
    arguments: tuple[tuple[str, Any], ...] = ()
    """Keyword arguments for that factory."""
    code: str = ""
    """A Python file of the user's that holds the classes of the model; run."""
    device: str = ""
    """Device of the roofline estimate, by its id; empty means the default one."""
    pick: str = ""
    """Which model of the file to report on, by its key, when there are several; empty means the largest."""
    title: str = ""
    """Title of the report; empty means: derived from what was found."""
    trace: bool = True
    """Whether to run the dummy forward pass."""
    progress: Callable[[str, int, int], None] = field(default=no_progress, repr=False, compare=False)
    """Called with the stage (``load``, ``identify``, ``trace``, ``measure``, ``hash``, ``judge``, ``render``), how much
    is done (bytes for ``measure`` and ``hash``, steps otherwise) and the total (0 when unknown)."""


INPUT = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)\s*[:=]\s*)?(?:(?P<dtype>[a-z]+\d*(?:_\w+)?)\s*)?"
    r"(?:\[(?P<bracketed>[\d\s,x×]*)\]|(?P<bare>[\d\s,x×]+))"
)


def parse_input(text: str) -> TensorSpec:
    """One ``--input``: ``1,3,224,224``, ``int64[1,128]``, ``pixel_values:1x3x224x224`` or ``input_ids:int64[1,128]``.

    The dtype is float32 when none is given. Raises ``OptionsError`` for anything else.
    """
    found = INPUT.fullmatch(text.strip())
    dtype = (found["dtype"] or "float32") if found else ""
    dtype = {"float": "float32", "int": "int64", "long": "int64", "half": "float16"}.get(dtype, dtype)
    sizes = re.split(r"[,x×]", (found["bracketed"] or found["bare"] or "").replace(" ", "")) if found else []
    sizes = [] if sizes == [""] else sizes
    if found is None or dtype not in DTYPE_BITS or not all(sizes) or any(len(s) > 9 for s in sizes):
        raise OptionsError(
            f"--input {text}: not a shape.",
            "Write --input 1,3,224,224 or --input input_ids:int64[1,128]",
        )
    return TensorSpec(shape=tuple(map(int, sizes)), dtype=dtype, name=found["name"] or "")
