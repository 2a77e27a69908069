"""Passes of a traced model again: at other sizes, with gradients, with a cache. Only counted, nothing is written down.

The pass that the trace tells of found out how the model is fed; these reuse its module and its dummy input.
"""

# ruff: noqa: SLF001  torch gives these no public names

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

from modelreport.meta import Shadows, tensors_in
from modelreport.trace.attention import ATTENTION
from modelreport.trace.dummies import Candidate
from modelreport.trace.flops import cost_of
from modelreport.trace.ledger import Ledger
from modelreport.trace.memory import Liveness, storage_key
from modelreport.trace.moved import moved_bytes
from modelreport.trace.passes import quietly
from modelreport.trace.recurrent import RECURRENT, recurrent_output
from modelreport.trace.stand_in import stand_in
from modelreport.trace.usage.fused import HOLDERS, attend, dropped, with_fused
from modelreport.trace.watch import watched

if TYPE_CHECKING:
    from modelreport.checkpoint import Model
    from modelreport.trace.flops import Cost
    from modelreport.trace.recorder import Recorder

MOST_SECONDS = 60.0
"""Processor time for one pass; one that takes longer is given up. Waiting on a busy machine changes no report."""


class CannotRunError(Exception):
    """A pass did not run to its end; the message is one sentence without its full stop."""


class _LateError(BaseException):
    """A pass took too long. Not an ``Exception``, so that the model's own ``except`` does not swallow it."""


@dataclass
class Kept:
    """A storage that the backward pass needs."""

    alive: Any
    """A weak reference: what is dropped before the pass ends is not kept."""
    size_bytes: int
    width: int
    """Bytes of one element of a floating-point one, 0 of another (masks, indices)."""


@dataclass
class Tally:
    """What one pass came to."""

    out: Any = None
    flops: int = 0
    macs: int = 0
    peak_bytes: int = 0
    train: bool = False
    """Whether modules were in training mode."""
    kept: tuple[Kept, ...] = ()
    """Storages kept for the backward pass, weights and buffers excluded."""
    read: dict[int, int] = field(default_factory=dict)
    """Bytes read of storages that were asked about, each byte at most once, by identity."""

    @property
    def kept_bytes(self) -> int:
        """Activations for the backward pass."""
        return sum(item.size_bytes for item in self.kept)


class Counter:
    """Counts a pass: stands where a recorder would."""

    def __init__(self, shadows: Shadows, excluded: list[Any], asked: Mapping[int, int]) -> None:
        self.shadows = shadows
        self.tally = Tally()
        self.liveness = Liveness()
        for tensor in excluded:
            self.liveness.exclude(tensor)
        self._asked = asked
        self._deadline = time.thread_time() + MOST_SECONDS
        self._calls = 0
        self._ledger = Ledger()

    def call(self, original: Any, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called instead of ``nn.Module.__call__``."""
        before, self._calls = self.shadows.scope, self._calls + 1
        self.shadows.scope = self._calls
        try:
            return original(module, *args, **kwargs)
        finally:
            self.shadows.scope = before

    def function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called for every torch function."""
        import torch

        name = getattr(func, "__name__", "")
        if name in RECURRENT and not kwargs and not torch.is_grad_enabled():
            found = recurrent_output(name, args)
            if found is not None:
                out, flops, macs = found
                self._count(flops, macs)
                self.liveness.add(tensors_in(out), 0)
                return out
        if torch.is_grad_enabled():
            if name == ATTENTION:
                out, flops = attend(*args, **kwargs)
                self._count(flops, flops // 2)
                return out
            if name in HOLDERS and isinstance(func, FunctionType):
                func = with_fused(self._count, func)
            elif name == "dropout":
                out = dropped(*args, **kwargs)
                if out is not None:
                    return out
        return self.shadows.function(func, args, kwargs)

    def _count(self, flops: int, macs: int) -> None:
        self.tally.flops += flops
        self.tally.macs += macs

    def kernel(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called for every aten operator."""
        if time.thread_time() > self._deadline:
            raise _LateError
        cost = cost_of(func)
        normal = cost.name == "aten.native_batch_norm" and args[0].is_meta
        out = _batch_norm(*args) if normal else self.shadows.kernel(func, args, kwargs)
        made, read = tensors_in(out), tensors_in(args)
        if kwargs:
            read += tensors_in(kwargs)
        flops, macs = self._ledger.charge(cost, args, kwargs, out, made, read)
        self._count(flops or 0, macs)
        self.liveness.add(made, 0)
        if self._asked and not cost.view:
            self._note_reads(cost, read, made)
        return out

    def _note_reads(self, cost: Cost, read: list[Any], made: list[Any]) -> None:
        """Bytes read of the storages that were asked about; of each at most all."""
        for position, tensor in enumerate(read):
            key = storage_key(tensor)
            size = self._asked.get(key) if key is not None else None
            if key is None or size is None:
                continue
            taken = min(moved_bytes(cost.moves, [tensor], made)[0], tensor.nbytes)
            if cost.name in GROUPED and position == 1 and tensor.dim() == 3:
                experts = int(tensor.shape[0])
                taken = taken * min(experts, int(read[0].shape[0])) // experts
            self.tally.read[key] = min(self.tally.read.get(key, 0) + taken, size)


def _batch_norm(data: Any, *_: Any) -> Any:
    """Shapes of ``native_batch_norm``, for which torch takes longer on meta than for ten convolutions."""
    import torch

    wide = torch.promote_types(data.dtype, torch.float32)
    saved = data.new_empty((data.shape[1],), dtype=wide)
    return torch.empty_like(data), saved, torch.empty_like(saved)


GROUPED = frozenset({"aten._grouped_mm", "aten._scaled_grouped_mm"})
"""Operators that read the weights of an expert only where a row goes to it."""


@dataclass
class Runner:
    """Runs a module on meta, again and again."""

    module: Any
    candidate: Candidate
    original: Any
    """The module that the caller gave, which may share buffers with ``module``."""

    def run(
        self,
        candidate: Candidate | None = None,
        *,
        grad: bool = False,
        train: bool = False,
        extra: Mapping[str, Any] | None = None,
        asked: Mapping[int, int] | None = None,
    ) -> Tally:
        """One pass on the candidate's input, with ``extra`` arguments as they are.

        With ``grad`` the storages kept for a backward pass are gathered; with ``train`` modules are in training mode;
        ``asked`` are storages, with their bytes, whose reads are counted. Raises ``CannotRunError``.
        """
        import torch

        shadows = Shadows(draws=True)
        args, kwargs = (candidate or self.candidate).make(shadows)
        kwargs = {**kwargs, **(extra or {})}
        weights = self.tensors()
        kept: dict[int, Kept] = {}
        counter = Counter(shadows, [*weights, *tensors_in([*args, *kwargs.values()])], asked or {})
        try:
            with (
                quietly(),
                training(self.module, on=train),
                torch.set_grad_enabled(grad),
                contextlib.ExitStack() as held,
            ):
                if grad:
                    held.enter_context(_keeping(kept, {storage_key(t) for t in weights}))
                held.enter_context(watched(cast("Recorder", counter)))
                counter.tally.out = self.module(*args, **kwargs)
        except _LateError:
            raise CannotRunError(f"it took more than {MOST_SECONDS:.0f} seconds") from None
        except Exception as error:
            raise CannotRunError(sentence_of(error)) from None
        counter.tally.train = train
        counter.tally.peak_bytes = counter.liveness.peak
        counter.tally.kept = tuple(kept.values())
        return counter.tally

    def tensors(self) -> list[Any]:
        """All parameters and buffers."""
        found = [*self.module.parameters(), *self.module.buffers()]
        if self.original is not self.module:
            found += [*self.original.parameters(), *self.original.buffers()]
        return found


@contextlib.contextmanager
def runner(model: Model) -> Iterator[Runner]:
    """The module of the traced pass on meta, ready to run again; the caller's stays as it is."""
    module, candidate = model.ran
    with stand_in(module, Shadows(), keep=model.identification.how == "live") as copied:
        yield Runner(copied, candidate, module)


@contextlib.contextmanager
def training(module: Any, *, on: bool) -> Iterator[None]:
    """The module in training mode, and back: only the flags, a module's own ``train()`` may do more."""
    before = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in before:
            part.training = on
        yield
    finally:
        for part, was in before:
            part.training = was


@contextlib.contextmanager
def _keeping(kept: dict[int, Kept], weights: set[int | None]) -> Iterator[None]:
    """Gather the storages that autograd saves for the backward pass, each once, weights and buffers not.

    The graph is given the storage in place of the tensor: a tensor would hold on to the graph that holds it.
    """
    import torch

    def pack(tensor: torch.Tensor) -> Any:
        with torch._C.DisableTorchFunction():
            key = storage_key(tensor)
            if key is None:
                return None
            storage = tensor.untyped_storage()
            if key not in weights and key not in kept:
                gone = weakref.ref(storage, lambda _, key=key: kept.pop(key, None))  # type: ignore[misc]
                kept[key] = Kept(gone, storage.nbytes(), tensor.element_size() if tensor.is_floating_point() else 0)
            return storage

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda storage: storage):
        yield


def sentence_of(error: BaseException) -> str:
    """What went wrong in one line, without its full stop."""
    text = " ".join(str(error).split())[:200].rstrip(".") or "no message"
    return f"{type(error).__name__}: {text}"
