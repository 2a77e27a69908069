"""What the caller asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

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
    """``package.module:factory`` of the user's own code that builds the architecture, with arguments where it needs
    some, as ``parse_target`` reads it; imported and called."""
    factory: Any = field(default=None, repr=False, compare=False)
    """The callable or ``nn.Module`` itself where the caller gave that; ``model`` is then its name."""
    arguments: tuple[tuple[str, Any], ...] = ()
    """Keyword arguments for that factory, beside those in ``model``."""
    code: str = ""
    """A Python file (or folder) of the user's that holds the classes of the model; run."""
    base: str = ""
    """Folder of the model that an adapter belongs to; empty means: looked for beside the adapter."""
    device: str = ""
    """Device of the roofline estimate, by its id; empty means the default one."""
    pick: str = ""
    """Which model of the file to report on, by its key, when there are several; empty means the largest."""
    title: str = ""
    """Title of the report; empty means: derived from what was found."""
    trace: bool = True
    """Whether to run the dummy forward pass."""
    weights: bool = True
    """Whether to read the values of the tensors and hash the files; otherwise headers only."""
    spectra: Literal["sample", "all", "none"] = "sample"
    """Weight matrices whose singular values are computed: some within a fixed budget of arithmetic, all, or none."""
    workers: int = 0
    """Threads that measure weights; 0 means one for each processor."""
    dask: str = ""
    """Address of a Dask scheduler whose workers measure the weights; empty means threads of this process."""
    progress: Callable[[str, int, int], None] = field(default=no_progress, repr=False, compare=False)
    """Called with the stage (``load``, ``identify``, ``trace``, ``measure``, ``spectra``, ``hash``, ``judge``,
    ``render``), how much is done (bytes for ``measure`` and ``hash``, steps otherwise) and the total (0: unknown)."""


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


MODEL_HINT = "Give a function or class, such as --model my_package.my_model:make_model or my_nets.py:UNet(depth=4)"
_TARGET = re.compile(r"(?:(?P<place>.+?):)?(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(?P<call>\(.*\))?", re.DOTALL)


@dataclass(frozen=True)
class Target:
    """What ``--model`` names."""

    text: str
    """As it was given."""
    place: str
    """Dotted name of a module, or path of a ``.py`` file; empty when only a name was given."""
    name: str
    positional: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


def parse_target(text: str) -> Target:
    """One ``--model``: ``package.module:factory``, ``nets.py:UNet`` or ``UNet``, arguments in parentheses behind it.

    Arguments are Python literals: ``UNet(3, depth=4, norm='bn', widths=[32, 64])``. Nothing is evaluated. Raises
    ``OptionsError`` for anything else.
    """
    found = _TARGET.fullmatch(text.strip())
    if found is None:
        raise OptionsError(f"--model {text!r} is not of the form package.module:factory.", MODEL_HINT)
    call = found["call"]
    try:
        node = ast.parse(f"f{call}", mode="eval").body if call else ast.Call(ast.Name("f"), [], [])
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise OptionsError(f"--model {text}: {call} are not arguments of a call.", MODEL_HINT) from error
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise OptionsError(f"--model {text}: {call} are not arguments of a call.", MODEL_HINT)
    return Target(
        text=text,
        place=found["place"] or "",
        name=found["name"],
        positional=tuple(_literal(item, text) for item in node.args),
        keywords=tuple((item.arg or "", _literal(item.value, text, item.arg)) for item in node.keywords),
    )


def _literal(node: ast.expr, text: str, name: str | None = "") -> Any:
    """The value of a literal, which nothing is run for."""
    shown = ast.unparse(node)
    try:
        return ast.literal_eval(node if name is not None else ast.Name(shown))  # a name is no literal, nor is **mapping
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        hint = f"Did you mean {name or ''}{'=' if name else ''}{shown!r}?" if isinstance(node, ast.Name) else ""
        raise OptionsError(
            f"--model {text}: {shown} is not a literal (number, text in quotes, list, dict, True, None).",
            hint or MODEL_HINT,
        ) from error
