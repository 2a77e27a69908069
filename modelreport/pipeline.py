"""The way through: a checkpoint in, a report out. Six rooms in a row, each called once.

Live things (files, tensors, modules) end with the ``with`` block; everything after it is frozen facts. A part that
cannot be made becomes ``Skipped`` with its reason; only an unreadable file or an unusable option raises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from modelreport.errors import ModelReportError
from modelreport.facts import Identification, Outline, Report, Skipped, Stage, Structure, Trace, Usage, Weights
from modelreport.generator import describe_generator
from modelreport.meta.compiler import compiler_later
from modelreport.remote import Location

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint, Model
    from modelreport.measure.beside import Beside
    from modelreport.options import Options

log = logging.getLogger(__name__)
T = TypeVar("T")


def build(subject: Location | Mapping[str, Any] | Any, options: Options) -> Report:
    """Report on a checkpoint: a path, an ``nn.Module`` or a mapping of names to tensors.

    Raises ``LoadError`` when the file cannot be read and ``OptionsError`` when an option cannot be used.
    """
    from modelreport.judge import give_verdict, judge
    from modelreport.trace import device_of

    device_of(options.device)  # an unknown one is told before any work
    with open_subject(subject, options) as checkpoint, begin(checkpoint, options) as work, compiler_later():
        model = identify_model(checkpoint, options)
        structure = describe_structure(checkpoint, model)
        trace = trace_model(checkpoint, model, options)
        usage = estimate_usage(model, trace, structure, options)
        outline = outline_model(model, structure, trace)
        weights = measure_weights(checkpoint, structure, options, work)
        source = replace(checkpoint.source, files=work.files())
        security = checkpoint.security
        checkpoint.check_unchanged()
    identification = model if isinstance(model, Skipped) else model.identification
    report = Report(
        title=options.title or title_of(identification, structure, source.name),
        generator=describe_generator(identification, options),
        source=source,
        security=security,
        identification=identification,
        structure=structure,
        outline=outline,
        trace=trace,
        usage=usage,
        weights=weights,
    )
    options.progress("judge", 0, 0)
    findings = judge(report)
    return replace(report, findings=findings, verdict=give_verdict(findings))


def open_subject(subject: Location | Mapping[str, Any] | Any, options: Options) -> Checkpoint:
    """Room 1."""
    from modelreport.load import open_checkpoint, open_object

    options.progress("load", 0, 0)
    return open_checkpoint(subject, options) if isinstance(subject, Location) else open_object(subject, options)


def begin(checkpoint: Checkpoint, options: Options) -> AbstractContextManager[Beside]:
    """Room 4, on threads beside everything else: the pass over the weights, and the files' SHA-256."""
    from modelreport.measure import measuring  # numpy: an unreadable file is told without waiting for it

    return measuring(checkpoint, options)


def identify_model(checkpoint: Checkpoint, options: Options) -> Model | Skipped:
    """Room 2: the architecture."""
    from modelreport.identify import identify

    options.progress("identify", 0, 0)
    return attempt("identify", "The architecture could not be identified", lambda: identify(checkpoint, options))


def describe_structure(checkpoint: Checkpoint, model: Model | Skipped) -> Structure:
    """Room 2: the module tree and the tensors."""
    from modelreport.identify import describe

    return describe(checkpoint, model)


def trace_model(checkpoint: Checkpoint, model: Model | Skipped, options: Options) -> Trace | Skipped:
    """Room 3: the dummy forward pass, or the ONNX graph."""
    from modelreport.trace import trace, trace_graph

    if not options.trace:
        return Skipped(stage="trace", reason="The dummy forward pass was switched off.", hint="leave out --no-trace")
    options.progress("trace", 0, 0)
    if checkpoint.graph is not None:
        return attempt("trace", "The graph could not be analysed", lambda: trace_graph(checkpoint, options))
    if isinstance(model, Skipped):
        return Skipped(stage="trace", reason=model.reason, hint=model.hint)
    if model.absent is not None:
        return model.absent
    model.stored = checkpoint.tensors if options.weights else ()
    return attempt("trace", "The forward pass could not be traced", lambda: trace(model, options))


def estimate_usage(
    model: Model | Skipped, trace: Trace | Skipped, structure: Structure, options: Options
) -> Usage | Skipped:
    """Room 3: what it costs to train and run the model."""
    from modelreport.trace import usage_of

    what = "The cost of use could not be estimated"
    return attempt("trace", what, lambda: usage_of(model, trace, options, structure.size_bytes, structure.tensors))


def outline_model(model: Model | Skipped, structure: Structure, trace: Trace | Skipped) -> Outline:
    """Room 2 again, now that the pass is known: the architecture in words."""
    from modelreport.identify import nearest_known, outline

    identification = model if isinstance(model, Skipped) else model.identification
    shapes = {t.name: t.shape for t in structure.tensors} if isinstance(model, Skipped) else {}
    made = attempt(
        "identify", "The outline failed", lambda: outline(structure, trace, identification, nearest_known(shapes))
    )
    return Outline() if isinstance(made, Skipped) else made


def measure_weights(checkpoint: Checkpoint, structure: Structure, options: Options, work: Beside) -> Weights | Skipped:
    """Room 4; for an adapter, room 1 again: the model that it belongs to is opened for its values."""
    from modelreport.load.base import open_base
    from modelreport.measure import measure_all

    if not options.weights:
        return Skipped(
            stage="measure",
            reason="Reading values was switched off: this report is made from headers alone.",
            hint="leave out --no-weights",
        )
    open_base(checkpoint)
    return attempt(
        "measure", "The weights could not be measured", lambda: measure_all(checkpoint, structure, options, work)
    )


def attempt(stage: Stage, what: str, work: Callable[[], T]) -> T | Skipped:
    """The result of ``work``, or ``Skipped`` with the reason when it fails in a way nobody foresaw."""
    try:
        return work()
    except ModelReportError:
        raise
    except Exception as error:
        log.debug("%s failed", stage, exc_info=True)
        first_line = next(iter(str(error).strip().splitlines()), "no message")[:300]
        return Skipped(stage=stage, reason=f"{what}: {type(error).__name__}: {first_line}")


def title_of(identification: Identification | Skipped, structure: Structure, source_name: str) -> str:
    """The best name known: the architecture, else the class of the root module, else the file."""
    if isinstance(identification, Identification) and identification.name:
        return identification.name
    root = structure.modules[0] if structure.modules else None
    if root is not None and structure.origin in ("live", "pickle") and root.type:
        return root.type
    return PurePath(source_name).stem or source_name
