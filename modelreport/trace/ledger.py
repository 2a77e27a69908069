"""The coverage ledger: what every operator of a pass cost, and which could not be counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelreport.facts import FormulaKind, KernelTotal, Uncounted
from modelreport.trace.flops.registry import first, numel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch

    from modelreport.trace.flops import Cost


class _Line:
    __slots__ = ("calls", "flops", "kind", "unknown")

    def __init__(self, kind: FormulaKind) -> None:
        self.kind = kind
        self.calls = self.flops = self.unknown = 0


class Ledger:
    """Calls and FLOPs by operator. One is filled while a pass runs."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def add(self, name: str, kind: FormulaKind, flops: int | None) -> None:
        """One call of an operator whose cost is known, or ``None`` where it is not."""
        line = self._lines.get(name)
        if line is None:
            line = self._lines[name] = _Line(kind)
        line.calls += 1
        if flops is None:
            line.unknown += 1
        else:
            line.flops += flops

    def charge(
        self,
        cost: Cost,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        out: Any,
        made: Sequence[torch.Tensor],
        read: Sequence[torch.Tensor],
    ) -> tuple[int | None, int]:
        """FLOPs and multiply-adds of one call, written down; ``(None, 0)`` without a formula.

        Arithmetic on whole numbers is none; a call without a formula that has only whole numbers costs nothing.
        """
        kind = cost.kind
        flops: int | None = 0
        macs = 0
        if kind == "matrix":
            flops, macs = _matrix(cost, args, kwargs, out, made)
        elif kind != "free" and (cost.any_dtype or _has_reals(made, read)):
            flops = _arithmetic(cost, args, kwargs, out, made, read) if kind == "arithmetic" else None
        self.add(cost.name, kind, flops)
        return flops, macs

    def totals(self) -> tuple[KernelTotal, ...]:
        """Every operator, the costliest first; calls without a formula have a line of their own."""
        lines = []
        for name, line in self._lines.items():
            known = line.calls - line.unknown
            if line.unknown:
                lines.append(KernelTotal(kernel=name, calls=line.unknown, flops=None, formula="none"))
            if known:
                kind = line.kind if line.kind == "matrix" or line.flops else "free"
                lines.append(KernelTotal(kernel=name, calls=known, flops=line.flops, formula=kind))
        return tuple(sorted(lines, key=lambda x: (-(x.flops or 0), x.formula != "none", -x.calls, x.kernel)))


def uncounted_of(ledger: Iterable[KernelTotal]) -> tuple[Uncounted, ...]:
    """Operators without a formula, most often first."""
    found = [line for line in ledger if line.formula == "none"]
    return tuple(
        Uncounted(kernel=line.kernel, calls=line.calls) for line in sorted(found, key=lambda x: (-x.calls, x.kernel))
    )


def _has_reals(made: Sequence[torch.Tensor], read: Sequence[torch.Tensor]) -> bool:
    return any(t.is_floating_point() or t.is_complex() for t in (*made, *read))


def _matrix(cost: Cost, args: Any, kwargs: dict[str, Any], out: Any, made: Any) -> tuple[int | None, int]:
    """A complex multiply-add is four products and four sums: three times two FLOPs more than the one it counts as."""
    given = {**kwargs, "out": out} if kwargs else {"out": out}
    if cost.formula is None:
        return None, 0
    try:
        flops = cost.formula(*args, **given)
        rest = cost.beside(*args, **given) if cost.beside is not None else 0
    except Exception:
        return None, 0
    if made and made[0].is_complex():
        rest = 2 * rest + 3 * flops
    return flops + rest, flops // 2


def _arithmetic(
    cost: Cost, args: Any, kwargs: dict[str, Any], out: Any, made: Sequence[torch.Tensor], read: Sequence[torch.Tensor]
) -> int | None:
    if cost.formula is not None:
        try:
            return cost.formula(*args, **{**kwargs, "out": out})
        except Exception:
            return None
    each: int | None = cost.elements
    if any(t.is_complex() for t in (*made, *read[:1])):
        each = cost.complex_elements
    if each is None:
        return None
    done = args[0] if out is None else out
    return each * (numel(done) if isinstance(done, list) else numel(first(done)))
