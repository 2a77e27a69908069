"""The report's own figures of a case."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from benchmarks.checks.zoo import Case
from modelreport.checkpoint import Model
from modelreport.facts import Identification, Skipped, Trace
from modelreport.options import Options
from modelreport.trace import trace


class NotTracedError(Exception):
    """There is no complete pass."""


@dataclass(frozen=True)
class Ours:
    """What the trace says."""

    trace: Trace
    module: Any

    @property
    def macs(self) -> int:
        """Multiply-adds."""
        return self.trace.macs

    @property
    def parameters(self) -> int:
        """Elements of the module's parameters, tied ones once."""
        return sum(math.prod(p.shape) for p in self.module.parameters())


def ours(case: Case) -> Ours:
    """The trace of a case, given its input. Raises ``NotTracedError`` where it did not run to its end."""
    module = case.on_meta()
    model = Model(Identification(name=case.name, library=case.library, how="config"), module)
    found = trace(model, Options(inputs=case.inputs))
    if isinstance(found, Skipped) or not found.complete:
        raise NotTracedError(f"{case.name}: {found.reason if isinstance(found, Skipped) else found.error}")
    return Ours(found, module)
