"""Weights without a class, and a file of the user's code (``--code``): the class in it that has these tensors.

The file is run because the user named it; what it defines is built on the meta device, and names and shapes decide.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Skipped
from modelreport.identify.arguments import (
    Arguments,
    from_file,
    needed,
    neighbours,
    show_parameter,
    signature_of,
    stated,
)
from modelreport.identify.construct import build, error_line
from modelreport.identify.factory import as_model, compare_own
from modelreport.identify.fitting import Fit, Shape
from modelreport.identify.known import shapes_of
from modelreport.identify.user_code import MISTAKES, is_own, run_file
from modelreport.options import Options

_FACTORY = re.compile(r"(^|_)(build|make|create|get|define|init|new)_\w*|(^|_)(model|net|network)$", re.IGNORECASE)
_NOT_ONE = re.compile(r"train|test|eval|load|save|download|main|run|data|optim|sched|loss|param|config|args|parser")
MOST_NAMES = 200
MOST_TRIES = 40
"""Other arguments that are tried for one class."""
MOST_SECONDS = 30.0
"""Processor time after which no further arguments are tried: waiting on a busy machine changes no report."""
LEAST_SHARE = 0.5
"""Share of the file's tensors below which nothing in the code is taken for the architecture."""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One class or factory of the user's that was built."""

    name: str
    module: Any
    fit: Fit
    arguments: Arguments

    @property
    def call(self) -> str:
        """As ``--model`` would name it."""
        given = ", ".join(f"{k}={v!r:.60}" for k, v in self.arguments.items())
        return f"{self.name}({given})" if given else self.name


def identify_code(checkpoint: Checkpoint, options: Options) -> Model | Skipped:
    """The class or factory in the user's file that builds a module with the checkpoint's tensors, or why none does.

    Raises ``OptionsError`` when the file cannot be run.
    """
    module = run_file(options.code, f"--code {options.code}")
    shapes = shapes_of(checkpoint)
    attempts, failures = _attempts(module, shapes, stated(checkpoint))
    attempts.sort(key=lambda a: (-a.fit.matched, a.fit.distance))
    best = attempts[0] if attempts else None
    if best is None or best.fit.matched < LEAST_SHARE * max(1, len(shapes)):
        return _nothing(options.code, module, best, failures, len(shapes))
    ties = [a for a in attempts[1:] if (a.fit.matched, a.fit.distance) == (best.fit.matched, best.fit.distance)]
    notes = [f"{options.code}, a file that the user named, was run; of what it defines, {best.call} has these tensors."]
    if best.arguments:
        share = "most names and shapes fit" if best.fit.distance else "every name and shape of the file fits"
        notes.append(f"Its arguments are those with which {share}.")
    if ties:
        notes.append(f"As much fits {', '.join(t.call for t in ties[:5])}: name the right one with --model.")
    if best.fit.distance:
        notes.extend(f"Not tried: {text.rstrip('.')}." for text in failures[:3])
    return as_model(best.module, best.fit, f"--code {options.code}", notes, tuple(t.name for t in ties))


def _attempts(module: ModuleType, shapes: dict[str, Shape], known: Arguments) -> tuple[list[Attempt], list[str]]:
    """Everything in the file that builds, each with its best arguments; and why others do not."""
    attempts: list[Attempt] = []
    failures: list[str] = []
    end = time.thread_time() + MOST_SECONDS
    for name, factory in candidates(module):
        signature = signature_of(factory)
        given = from_file(signature, known)
        if lacking := needed(signature, given):
            failures.append(f"{name} needs {', '.join(show_parameter(p) for p in lacking)}")
            continue
        built = _try(name, factory, given, shapes) or (_try(name, factory, {}, shapes) if given else None)
        if isinstance(built, str) or built is None:
            failures.append(f"{name} does not build: {built}")
            continue
        attempts.append(_improved(built, factory, shapes, end))
    return attempts, failures


def candidates(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The modules that a file defines or imports from beside it, and its functions that by annotation or name make one.

    Other functions are left alone: one of them may be the training.
    """
    from torch import nn

    for name, value in list(vars(module).items())[: 10 * MOST_NAMES]:
        if isinstance(value, nn.Module):
            yield name, lambda value=value: value
        elif isinstance(value, type) and issubclass(value, nn.Module):
            own = is_own(value, module) and value.forward is not nn.Module.forward
            if own and value.__name__ == name:
                yield name, value
        elif callable(value) and is_own(value, module) and _makes_module(name, value):
            yield name, value


def _makes_module(name: str, function: Any) -> bool:
    """Whether a function is a factory: annotated to return a module, or named like one and nothing else."""
    from torch import nn

    returns = getattr(function, "__annotations__", {}).get("return")
    if isinstance(returns, str):
        returns = function.__globals__.get(
            returns.rpartition(".")[2], nn.Module if returns.endswith("nn.Module") else None
        )
    if returns is not None:
        return isinstance(returns, type) and issubclass(returns, nn.Module)
    plain = name.lower()
    return hasattr(function, "__code__") and bool(_FACTORY.search(plain)) and not _NOT_ONE.search(plain)


def _try(
    name: str, factory: Callable[..., Any], arguments: Arguments, shapes: dict[str, Shape]
) -> Attempt | str | None:
    """The factory called with arguments and compared; what it raised, in one line; ``None`` for something else."""
    from torch import nn

    try:
        module = build(factory, **arguments)
    except TypeError as error:
        return error_line(error)
    except MISTAKES:
        try:
            module = factory(**arguments)
        except MISTAKES as error:
            return error_line(error)
    if not isinstance(module, nn.Module):
        return f"it returns a {type(module).__name__}."
    return Attempt(name, module.eval(), compare_own(module, shapes), arguments)


def _improved(attempt: Attempt, factory: Callable[..., Any], shapes: dict[str, Shape], end: float) -> Attempt:
    """The attempt with the arguments that the file's shapes lead to, one after the other, while each fits better."""
    signature, tries = signature_of(factory), 0
    while signature is not None and attempt.fit.distance:
        before = attempt
        for arguments in neighbours(signature, before.arguments, before.module, before.fit):
            tries += 1
            if tries > MOST_TRIES or time.thread_time() > end:
                return attempt
            other = _try(attempt.name, factory, arguments, shapes)
            better = isinstance(other, Attempt) and (other.fit.matched, -other.fit.distance) > (
                attempt.fit.matched, -attempt.fit.distance,
            )  # fmt: skip
            if isinstance(other, Attempt) and better:
                attempt = other
        if attempt is before:
            break
    return attempt


def _nothing(code: str, module: ModuleType, best: Attempt | None, failures: list[str], total: int) -> Skipped:
    """Why nothing in the file is the architecture."""
    reason = f"{code} was run; nothing it defines has the tensors of the file."
    if best is not None:
        reason += f" Nearest is {best.call}: {best.fit.matched} of {total} tensors fit."
    elif not failures:
        reason = f"{code} was run; it defines no nn.Module and no function that makes one."
    if failures:
        reason += "".join(f" {text.rstrip('.')}." for text in failures[:3])
    name = next((n for n, _ in candidates(module)), "YourNet")
    return Skipped(
        stage="identify", reason=reason, hint=f'Name the class and its arguments: --code {code} --model "{name}(…)"'
    )
