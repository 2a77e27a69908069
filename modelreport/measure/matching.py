"""Which parameter of the model each state of an optimizer belongs to: by name, or by order and shape, never by chance.

``Optimizer.state_dict`` numbers the parameters in the order in which the groups hold them; libraries fill the groups in
the order of ``model.parameters()``, which is that of the names in a ``state_dict``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from modelreport.checkpoint import LazyTensor, OptimizerState

Shape = tuple[int, ...]

PREFIXES = ("module.", "_orig_mod.", "_fsdp_wrapped_module.", "model.", "_forward_module.")
_SHAPED = (
    "exp_avg", "exp_avg_sq", "square_avg", "momentum_buffer", "sum", "exp_inf", "z", "state1", "variance", "prev",
    "exp_avg_var",
)  # fmt: skip
"""Tensors of a state that have the shape of their parameter."""
_FACTORED = (("exp_avg_sq_row", "exp_avg_sq_col"), ("row_var", "col_var"))
STATES_LIMIT = 3_000_000
"""Most states of the search through two groups that are looked at."""


@dataclass
class Matching:
    """What was brought together."""

    names: dict[str, str] = field(default_factory=dict)
    """Parameter of each key of the optimizer that has one."""
    sentence: str = ""
    complete: bool = True
    """Whether every parameter of the optimizer that the model can have was found in it."""


def state_shape(state: Mapping[str, LazyTensor | int | float]) -> Shape | None:
    """Shape of the parameter that a state belongs to, ``None`` when it does not say."""
    for name in _SHAPED:
        tensor = state.get(name)
        if isinstance(tensor, LazyTensor):
            return tensor.shape
    for row, column in _FACTORED:
        rows, columns = state.get(row), state.get(column)
        if isinstance(rows, LazyTensor) and isinstance(columns, LazyTensor) and columns.shape:
            front = rows.shape if row.startswith("exp") else rows.shape[:-1]
            return (*front, columns.shape[-1])
    return None


def match(
    optimizer: OptimizerState, parameters: Sequence[tuple[str, Shape]], prefix: str, *, ordered: bool = True
) -> Matching:
    """Bring the keys of an optimizer and the parameters of the model (name and shape, in order) together.

    ``prefix`` was taken off the names of the model's tensors. Unless they are ``ordered`` as in the model, only names
    count.
    """
    keys = [key for group in optimizer.groups for key in group.keys]
    shapes = {key: state_shape(optimizer.states.get(key, {})) for key in keys}
    own = [name for group in optimizer.groups for name in (group.names or group.keys)]
    if not keys or not parameters:
        return Matching(sentence="The optimizer lists no parameters.", complete=not keys)
    named = _by_name(keys, own, dict(parameters), shapes, prefix)
    if named is not None:
        return named
    if not ordered:
        text = "The weights lie sorted by name in the file, so that their order says nothing of the optimizer's"
        return Matching({}, f"{text}; its {len(keys)} parameters are named by their place in it.", complete=False)
    groups = [[(key, shapes[key]) for key in group.keys] for group in optimizer.groups]
    return _by_order([group for group in groups if group], parameters)


def _by_name(
    keys: list[str], own: list[str], parameters: Mapping[str, Shape], shapes: Mapping[str, Shape | None], prefix: str
) -> Matching | None:
    """By the names that the groups or the keys of the states are; ``None`` when they are no names of the model's."""
    found: dict[str, str] = {}
    differ = 0
    for key, name in zip(keys, own, strict=True):
        known = next((n for n in _forms(name, prefix) if n in parameters), None)
        if known is None:
            continue
        if shapes[key] not in (None, parameters[known]):
            differ += 1
            continue
        found[key] = known
    if 2 * (len(found) + differ) < min(len(keys), len(parameters)):
        return None
    sentence = f"{len(found)} of the optimizer's {len(keys)} parameters were found in the model by their names."
    if differ:
        sentence += f" {differ} of the same name have another shape in the optimizer and were left out."
    return Matching(found, sentence, complete=not differ and len(found) == min(len(keys), len(parameters)))


def _forms(name: str, prefix: str) -> list[str]:
    """A name as the model may have it: without the wrappers' prefixes, and without that of the file."""
    forms = [name, name.removeprefix(prefix)]
    bare = name
    for _ in range(5):
        taken = next((p for p in PREFIXES if bare.startswith(p)), None)
        if taken is None:
            break
        bare = bare.removeprefix(taken)
        forms.append(bare)
    for wrapper in ("_fsdp_wrapped_module.", "_orig_mod.", "_checkpoint_wrapped_module."):
        bare = bare.replace(wrapper, "")
    return [*forms, bare]


def _by_order(groups: list[list[tuple[str, Shape | None]]], parameters: Sequence[tuple[str, Shape]]) -> Matching:
    """By order and shape; what more than one way would fit is left open, and said."""
    flat = [pair for group in groups for pair in group]
    held, have = len(flat), len(parameters)
    ways = [("in the order of the model", [flat], [list(parameters)])]
    split = _by_dimensions(groups, parameters) if len(groups) == 2 and held == have else None
    if split is not None:
        ways.append(("in the order of the model, matrices in one group and vectors in the other", groups, split))
    for how, sequences, targets in ways:
        found: dict[str, str] = {}
        if all(_place(s, t, found) for s, t in zip(sequences, targets, strict=True)) and len(found) == min(held, have):
            return Matching(found, _told(len(found), held, have, how))
    merged = _interleaved(groups, parameters) if len(groups) == 2 and held == have else None
    if merged is not None:
        return Matching(merged, _told(len(merged), held, have, "by the only order of the two groups that fits"))
    whole = _by_modules(flat, parameters) if held < have else None
    if whole is not None:
        return Matching(
            whole, _told(len(whole), held, have, "by the only whole modules whose shapes follow each other so")
        )
    partly: dict[str, str] = {}
    fits = _place(flat, list(parameters), partly)
    if not fits:
        text = f"The order and shapes of the optimizer's {held} parameters do not fit the model's {have}"
        return Matching({}, f"{text}; they are named by their place in the optimizer.", complete=False)
    text = f"Order and shape leave open which of the model's {have} parameters {held - len(partly)} of the {held} are"
    return Matching(partly, f"{text}; these are named by their place in the optimizer.", complete=False)


def _told(found: int, held: int, have: int, how: str) -> str:
    if held == have:
        return f"The {held} parameters of the optimizer were matched {how}; every shape fits."
    return f"{found} parameters were matched {how} (the optimizer holds {held}, the model {have}); every shape fits."


def _place(sequence: list[tuple[str, Shape | None]], target: list[tuple[str, Shape]], found: dict[str, str]) -> bool:
    """Add the pairs that are the same wherever the shorter one is laid into the longer; whether it fits at all."""
    if len(sequence) <= len(target):
        first = _embed([s for _, s in sequence], [s for _, s in target])
        last = _embed([s for _, s in reversed(sequence)], [s for _, s in reversed(target)])
        if first is None or last is None:
            return False
        back = [len(target) - 1 - i for i in reversed(last)]
        found |= {key: target[i][0] for (key, _), i, j in zip(sequence, first, back, strict=True) if i == j}
        return True
    first = _embed([s for _, s in target], [s for _, s in sequence])
    last = _embed([s for _, s in reversed(target)], [s for _, s in reversed(sequence)])
    if first is None or last is None:
        return False
    back = [len(sequence) - 1 - i for i in reversed(last)]
    found |= {sequence[i][0]: name for (name, _), i, j in zip(target, first, back, strict=True) if i == j}
    return True


def _embed(short: Sequence[Shape | None], long: Sequence[Shape | None]) -> list[int] | None:
    """The earliest places of a sequence inside another, in order; ``None`` fits any shape."""
    places: list[int] = []
    at = 0
    for shape in short:
        while at < len(long) and shape is not None and long[at] is not None and long[at] != shape:
            at += 1
        if at == len(long):
            return None
        places.append(at)
        at += 1
    return places


def _by_dimensions(
    groups: list[list[tuple[str, Shape | None]]], parameters: Sequence[tuple[str, Shape]]
) -> list[list[tuple[str, Shape]]] | None:
    """The usual two groups: matrices with weight decay, vectors (biases and norms) without; ``None`` when not so."""
    matrices = [p for p in parameters if len(p[1]) > 1]
    vectors = [p for p in parameters if len(p[1]) <= 1]
    wide = next((i for i, group in enumerate(groups) if any(len(shape or ()) > 1 for _, shape in group)), 0)
    ordered = [matrices, vectors] if wide == 0 else [vectors, matrices]
    return ordered if [len(group) for group in groups] == [len(part) for part in ordered] else None


def _by_modules(
    sequence: list[tuple[str, Shape | None]], parameters: Sequence[tuple[str, Shape]]
) -> dict[str, str] | None:
    """The one way to take some modules whole, in order, and leave others; ``None`` when none or more than one is."""
    modules = [list(found) for _, found in groupby(parameters, lambda p: p[0].rpartition(".")[0])]
    if (len(modules) + 1) * (len(sequence) + 1) > STATES_LIMIT:
        return None

    def fits(index: int, at: int) -> bool:
        part = sequence[at : at + len(modules[index])]
        return len(part) == len(modules[index]) and all(
            have in (None, want) for (_, have), (_, want) in zip(part, modules[index], strict=True)
        )

    ways = [[0] * len(sequence) + [1] for _ in range(len(modules) + 1)]  # ways to place the rest, counted up to 2
    for index in range(len(modules) - 1, -1, -1):
        for at in range(len(sequence)):
            taken = ways[index + 1][at + len(modules[index])] if fits(index, at) else 0
            ways[index][at] = min(ways[index + 1][at] + taken, 2)
    if ways[0][0] != 1:
        return None
    found: dict[str, str] = {}
    at = 0
    for index, module in enumerate(modules):
        if at < len(sequence) and fits(index, at) and ways[index + 1][at + len(module)]:
            found |= {key: name for (key, _), (name, _) in zip(sequence[at:], module, strict=False)}
            at += len(module)
    return found


def _interleaved(
    groups: list[list[tuple[str, Shape | None]]], parameters: Sequence[tuple[str, Shape]]
) -> dict[str, str] | None:
    """The one way in which two sequences are merged into the model's; ``None`` when there is none or more than one."""
    left, right = groups
    if (len(left) + 1) * (len(right) + 1) > STATES_LIMIT:
        return None
    ways = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]  # ways to fit what is left, counted up to 2
    ways[len(left)][len(right)] = 1
    for i in range(len(left), -1, -1):
        for j in range(len(right), -1, -1):
            if i == len(left) and j == len(right):
                continue
            shape = parameters[i + j][1]
            one = ways[i + 1][j] if i < len(left) and left[i][1] in (None, shape) else 0
            two = ways[i][j + 1] if j < len(right) and right[j][1] in (None, shape) else 0
            ways[i][j] = min(one + two, 2)
    if ways[0][0] != 1:
        return None
    found, i, j = {}, 0, 0
    while i + j < len(parameters):
        name, shape = parameters[i + j]
        if i < len(left) and left[i][1] in (None, shape) and ways[i + 1][j]:
            found[left[i][0]], i = name, i + 1
        else:
            found[right[j][0]], j = name, j + 1
    return found
