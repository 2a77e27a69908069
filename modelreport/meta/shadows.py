"""The twins of one building or one pass."""

# ruff: noqa: SLF001  torch gives storages and modes no public names

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from modelreport.meta.dtypes import check_dtypes
from modelreport.meta.functions import FUNCTIONS
from modelreport.meta.kernels import RANKINGS, kind_of
from modelreport.meta.quick import call_on_meta
from modelreport.meta.tensors import replace_tensors, tensors_in

if TYPE_CHECKING:
    import torch

TWIN_LIMIT = 1 << 20
"""Largest twin, in elements: the cost of remembering stays far below that of the pass."""
DRAW_LIMIT = 1 << 16
"""Most random numbers that are drawn for real at once."""
BLANK_LIMIT = 1 << 12
"""Largest uninitialised tensor, in elements, that is remembered."""
PATIENCE = 32
"""Invented truth values from one line of code before the answer flips, so that ``while not done`` ends."""


Decides = Literal["code", "shape", "values"]


class Twin(NamedTuple):
    """The known value of a meta tensor."""

    value: torch.Tensor
    guess: str = ""
    """What was invented to get it; empty when it is true."""


class Shadows:
    """The twins of one building or one pass. ``function`` and ``kernel`` are called for every call by torch's modes."""

    def __init__(self, *, draws: bool = False, truth: bool = False) -> None:
        """With ``draws`` small random tensors are drawn for real: what a pass draws is as true as any other draw.

        ``truth`` is the answer that is invented where one truth value decides.
        """
        import torch

        self.guesses: Counter[str] = Counter()
        self.guess_calls = 0
        """Grows with every use of an invented value; compare before and after an operation."""
        self.steered: Counter[str] = Counter()
        """Of the guesses, those that decided what the code did next: a branch, a loop, a shape."""
        self.turns = 0
        """Of those, the ones that a real run would settle: all but shapes from an invented ranking, whose sizes add up
        to the same whatever the ranking is (tokens routed to experts)."""
        self.scope = 0
        """Number of the module call at work: repeated questions from one loop are told from repeated calls."""
        self._asked: Counter[tuple[Any, ...]] = Counter()
        self._spoiled: dict[int, Any] = {}
        self._draws = draws
        self._truth = truth
        self._random = torch.Generator().manual_seed(0)
        self._meta = torch.device("meta")

    # --- twins ------------------------------------------------------------------------------------------------------

    def twin(self, tensor: torch.Tensor) -> Twin | None:
        """What is known about the value of a tensor."""
        if not tensor.is_meta:
            return Twin(tensor) if tensor.numel() <= TWIN_LIMIT else None
        twin: Twin | None = tensor.__dict__.get("_modelreport_twin")
        if twin is not None and self._spoiled and twin.value.untyped_storage()._cdata in self._spoiled:
            return None
        return twin

    def know(self, tensor: torch.Tensor, value: torch.Tensor, guess: str = "") -> None:
        """Remember the value of a meta tensor; a large view of a small value is small."""
        if tensor.is_meta and (value.numel() <= TWIN_LIMIT or value.untyped_storage().nbytes() <= TWIN_LIMIT):
            tensor.__dict__["_modelreport_twin"] = Twin(value, guess)

    def forget(self, tensor: torch.Tensor) -> None:
        """Drop the value of a tensor that was overwritten with something unknown, and of all views of it."""
        twin = tensor.__dict__.pop("_modelreport_twin", None)
        if twin is not None:
            storage = twin.value.untyped_storage()
            self._spoiled[storage._cdata] = storage

    def lift(self, tensor: torch.Tensor) -> torch.Tensor:
        """A meta tensor of the same shape, strides and dtype, whose twin is the given one."""
        import torch

        if tensor.is_meta:
            return tensor
        if tensor.layout == torch.strided and not tensor.is_quantized:
            made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        else:
            made = tensor.to("meta")
        if tensor.numel() <= TWIN_LIMIT:
            value = tensor.detach() if tensor.requires_grad else tensor
            self.know(made, value if value.device.type == "cpu" else value.cpu())
        return made

    def value(self, tensor: torch.Tensor, what: str, decides: Decides = "shape") -> torch.Tensor:
        """The real value, invented where it is unknown: ones; ``truth`` where one truth value decides.

        ``decides`` is what the value is read for: a number that the code goes on with, a shape, or only other values.
        """
        import torch

        twin = self.twin(tensor)
        if twin is not None:
            if twin.guess:
                self.count(twin.guess, decides)
            return twin.value
        self.count(what, decides)
        if tensor.dtype == torch.bool:
            answer = self._truth ^ self._tired() if what == "item" else True
            return torch.full(tensor.shape, answer, device="cpu")
        return torch.ones(tensor.shape, dtype=tensor.dtype, device="cpu")

    def count(self, what: str, decides: Decides = "shape") -> None:
        """Note that an invented value was used."""
        self.guesses[what] += 1
        self.guess_calls += 1
        if decides != "values":
            self.steered[what] += 1
            self.turns += decides == "code" or what not in RANKINGS

    def _tired(self) -> bool:
        """Whether the same line of the same module call has asked too often."""
        frame = sys._getframe(2)
        while frame.f_back is not None and _is_machinery(frame.f_code.co_filename):
            frame = frame.f_back
        place = (self.scope, frame.f_code.co_filename, frame.f_lineno)
        self._asked[place] += 1
        return self._asked[place] > PATIENCE

    # --- functions as the user wrote them ---------------------------------------------------------------------------

    def function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call a torch function with devices redirected, literals remembered and values read from twins."""
        special = FUNCTIONS.get(getattr(func, "__name__", ""))
        if special is not None:
            return special(self, func, args, kwargs)
        if kwargs.get("device") is not None:
            kwargs = {**kwargs, "device": self._meta}
        return func(*args, **kwargs)

    # --- aten operators ---------------------------------------------------------------------------------------------

    def kernel(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run an aten operator on meta tensors, and on the twins where all are known."""
        tensors = tensors_in(args)
        if kwargs:
            tensors += tensors_in(kwargs)
        kind = kind_of(func)
        if kind.strict:
            check_dtypes(kind.strict, args)
        if kind.rule is not None and (kind.literal or any(t.is_meta for t in tensors) or not tensors):
            return kind.rule(self, func, args, kwargs)
        known, real = not kind.random, False
        for tensor in tensors:
            if not tensor.is_meta:
                real = True
                known = known and tensor.numel() <= TWIN_LIMIT
            elif known and self.twin(tensor) is None:
                known = False
        if real and not any(t.is_meta for t in tensors) and kwargs.get("device") is None:
            return func(*args, **kwargs)
        on_meta_args, on_meta_kwargs = args, kwargs
        if real:
            on_meta_args, on_meta_kwargs = replace_tensors(args, self.lift), replace_tensors(kwargs, self.lift)
        if kind.has_device and (not tensors or kwargs.get("device") is not None):
            on_meta_kwargs = {**on_meta_kwargs, "device": self._meta}
        if kind.random and kwargs.get("generator") is not None:
            on_meta_kwargs = {**on_meta_kwargs, "generator": None}
        out = call_on_meta(func, on_meta_args, on_meta_kwargs)
        if known:
            self.follow(func, args, kwargs, out)
        elif kind.draws and self._draws and out.numel() <= DRAW_LIMIT:
            self.follow(func, args, kwargs, out, drawn=True)
        elif kind.blank:
            self._blank(out)
        elif kind.mutates:
            for tensor in tensors_in(out) or tensors[:1]:
                self.forget(tensor)
        elif kind.ranks:
            self._rank(func, args, kwargs, out)
        return out

    def follow(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any, *, drawn: bool = False) -> None:
        """Run on the twins and remember what comes out; silently know nothing where that is impossible.

        What is ``drawn`` at random only takes the shape of its arguments.
        """
        import torch

        made = tensors_in(out)
        if not func.is_view and sum(t.numel() for t in made) > TWIN_LIMIT:
            return
        guess = ""

        def real(tensor: torch.Tensor) -> Any:
            nonlocal guess
            twin = self.twin(tensor)
            if drawn:
                return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cpu")
            if twin is None:
                raise LookupError
            guess = guess or twin.guess
            return twin.value

        try:
            real_kwargs = replace_tensors(kwargs, real)
            if real_kwargs.get("device") is not None:
                real_kwargs["device"] = "cpu"
            values = tensors_in(func(*replace_tensors(args, real), **real_kwargs))
        except Exception:
            for tensor in made:
                self.forget(tensor)
            return
        for tensor, value in zip(made, values, strict=False):
            if tensor.shape == value.shape:
                self.know(tensor, value, guess)

    def _blank(self, out: torch.Tensor) -> None:
        """Zeros as the content of uninitialised whole numbers: sizes and indices are written into them one by one."""
        import torch

        if out.dim() and not (out.is_floating_point() or out.is_complex()) and out.numel() <= BLANK_LIMIT:
            self.know(out, torch.zeros(out.shape, dtype=out.dtype, device="cpu"))

    def _rank(self, func: Any, args: Any, kwargs: dict[str, Any], out: Any) -> None:
        """Give the indices of an unknown ranking (routing, argmax) uniformly random values, marked as invented."""
        import torch

        source = args[0]
        position = {"topk": 2, "multinomial": 9}.get(func.__name__.split(".")[0], 1)
        dim = args[position] if len(args) > position else kwargs.get("dim", -1)
        size = source.shape[dim] if isinstance(dim, int) and source.dim() else source.numel()
        if func.__name__.startswith(("max", "min")) and not isinstance(out, tuple):
            return
        for tensor in tensors_in(out)[-1:]:
            if tensor.dtype != torch.int64 or tensor.numel() > TWIN_LIMIT:
                continue
            if source.dim() and tensor.dim() == source.dim() and source.numel() <= TWIN_LIMIT << 2:
                order = torch.rand(source.shape, generator=self._random, device="cpu").argsort(dim)
                value = order.narrow(dim, 0, tensor.shape[dim])
            else:
                value = torch.randint(0, max(size, 1), tensor.shape, generator=self._random, device="cpu")
            self.know(tensor, value.contiguous(), func.__name__.split(".")[0])


def _is_machinery(filename: str) -> bool:
    return "/torch/" in filename or "/modelreport/" in filename
