"""Dummy inputs: what to feed a model whose inputs nobody gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from modelreport.meta import Shadows

if TYPE_CHECKING:
    import torch

    from modelreport.facts import TensorSpec

Fill = Literal["noise", "ids", "ones", "zeros", "literal", "kinds"]
KINDS = {"image": 1, "video": 2, "audio": 3}
"""Types of tokens by what they stand for; text is 0."""


@dataclass(frozen=True)
class Mark:
    """A run of one token in a sequence, where the features of an image or a sound take the place of words."""

    token: int
    count: int = 1
    kind: str = ""
    """``image``, ``video`` or ``audio``; empty for tokens that only enclose such a run."""


@dataclass(frozen=True)
class Dummy:
    """A tensor to be made."""

    shape: tuple[int, ...]
    fill: Fill = "noise"
    dtype: str = "float32"
    high: int = 2
    """Ids are below this."""
    marks: tuple[Mark, ...] = ()
    """Runs of placeholders after the first token; ``kinds`` tells them from text."""
    avoid: tuple[int, ...] = ()
    """Ids with a meaning (padding, end), which only marks may have."""
    end: int = -1
    """Id of the last token, where a text ends with one."""
    literal: tuple[Any, ...] = ()
    listed: bool = False
    """Wrapped in a list, as detection models want their images."""

    def make(self, shadows: Shadows | None) -> Any:
        """The tensor: on meta with its twin when there are shadows, real otherwise; the same each time."""
        tensor = self._tensor(shadows)
        return [tensor] if self.listed else tensor

    def _tensor(self, shadows: Shadows | None) -> torch.Tensor:
        import torch

        dtype: torch.dtype = getattr(torch, self.dtype)
        if self.fill == "noise":
            if shadows is not None:
                return torch.empty(self.shape, dtype=dtype, device="meta")
            noise = torch.randn(self.shape, generator=torch.Generator().manual_seed(0))
            return noise.to(dtype)
        return shadows.lift(self._values(dtype)) if shadows is not None else self._values(dtype)

    def _values(self, dtype: torch.dtype) -> torch.Tensor:
        import torch

        if self.fill == "literal":
            return torch.tensor(self.literal, dtype=dtype)
        if self.fill in ("ones", "zeros"):
            return torch.full(self.shape, 1 if self.fill == "ones" else 0, dtype=dtype)
        if self.fill == "kinds":
            made = torch.zeros(self.shape, dtype=torch.int64)
        else:
            made = torch.randint(0, max(self.high, 2), self.shape, generator=torch.Generator().manual_seed(0))
            meant = {*self.avoid, *(mark.token for mark in self.marks)}
            plain = next((i for i in range(max(self.high, 2) - 1, 0, -1) if i not in meant), 0)
            made[torch.isin(made, torch.tensor(sorted(meant), dtype=torch.int64))] = plain
        start = 1
        for mark in self.marks:
            value = KINDS.get(mark.kind, 0) if self.fill == "kinds" else mark.token
            made[..., start : start + mark.count] = value
            start += mark.count
        if self.end >= 0 and self.fill == "ids":
            made[..., -1:] = self.end
        return made.to(dtype)

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) or "scalar"


@dataclass(frozen=True)
class Candidate:
    """One set of dummy inputs to try, and in words where it comes from."""

    origin: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    richer: bool = False
    """Worth trying after a success that left parameters untouched."""
    spare: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Further named arguments, to be fed where an error asks for them."""

    def make(self, shadows: Shadows | None) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arguments for the call."""
        args = tuple(each(a, lambda d: d.make(shadows)) for a in self.args)
        return args, {k: each(v, lambda d: d.make(shadows)) for k, v in self.kwargs.items()}

    def changed(self, change: Any, why: str) -> Candidate:
        """The same with ``change`` applied to every dummy."""
        args = tuple(each(a, change) for a in self.args)
        kwargs = {k: each(v, change) for k, v in self.kwargs.items()}
        origin = self.origin if not why or why in self.origin else f"{self.origin}; {why}"
        return replace(self, args=args, kwargs=kwargs, origin=origin)

    @property
    def dummies(self) -> list[Dummy]:
        """All tensors to be made."""
        return [d for value in [*self.args, *self.kwargs.values()] for d in dummies_in(value)]

    @property
    def key(self) -> str:
        """Equal for candidates that feed the same."""
        return repr((self.args, sorted(self.kwargs.items(), key=lambda item: item[0])))

    def __str__(self) -> str:
        named = [", ".join(map(str, dummies_in(a))) for a in self.args]
        named += [f"{k} {', '.join(map(str, found))}" for k, v in self.kwargs.items() if (found := dummies_in(v))]
        return ", ".join(filter(None, named)) or "nothing"


def dummies_in(value: Any) -> list[Dummy]:
    """The tensors to be made of one argument: itself, or those in a list or a dictionary."""
    return list(_dummies(value))


def _dummies(value: Any) -> Iterator[Dummy]:
    if isinstance(value, Dummy):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _dummies(item)


def each(value: Any, change: Callable[[Dummy], Any]) -> Any:
    """One argument with ``change`` applied to its tensors, also to those in lists and dictionaries."""
    if isinstance(value, Dummy):
        return change(value)
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    return [each(item, change) for item in value] if isinstance(value, list) else value


def given(specs: tuple[TensorSpec, ...], vocabulary: int) -> Candidate:
    """The inputs the caller asked for: unnamed ones by position, named ones as keyword arguments."""
    args: list[Dummy] = []
    kwargs: dict[str, Dummy] = {}
    for spec in specs:
        floating = spec.dtype.startswith(("float", "bfloat", "complex"))
        fill: Fill = "noise" if floating else "ones" if spec.dtype == "bool" or "mask" in spec.name else "ids"
        if "token_type" in spec.name:
            fill = "zeros"
        dummy = Dummy(spec.shape, fill, spec.dtype, vocabulary)
        if spec.name:
            kwargs[spec.name] = dummy
        else:
            args.append(dummy)
    return Candidate("given", tuple(args), kwargs)
