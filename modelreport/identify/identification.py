"""Which architecture a checkpoint belongs to: the routes in the order of how sure they are."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from modelreport.checkpoint import WRAPPERS, Checkpoint, Model, ModuleNode
from modelreport.errors import OptionsError
from modelreport.facts import Identification, Skipped
from modelreport.identify.adapt import Verified, verify
from modelreport.identify.adapters import identify_adapter, is_adapter
from modelreport.identify.exported_model import identify_exported
from modelreport.identify.factory import identify_factory
from modelreport.identify.fitting import Shape, compare, module_shapes
from modelreport.identify.huggingface import identify_config, task_of_head
from modelreport.identify.index import load_index
from modelreport.identify.known import hints_of, identify_known, ranked, shapes_of, task_of
from modelreport.identify.libraries import INSTALL, MODULES, library_of, library_version, load_library
from modelreport.identify.own_code import identify_code
from modelreport.identify.quantised import quantised_in
from modelreport.identify.rebuild import RebuildError, no_class, rebuild
from modelreport.identify.user_code import OwnClasses, package_of, run_file
from modelreport.options import Options

_NAME_CODE = "Name the code that builds the model: --model"
_GRAPH_NAME = re.compile(r"(?!main|torch|tf2onnx|paddle|spox|graph|model|onnx|g$)[A-Za-z][\w-]{1,60}", re.IGNORECASE)
"""A name that its author gave to the graph: not one that exporters write."""


def identify(checkpoint: Checkpoint, options: Options) -> Model | Skipped:
    """The architecture of a checkpoint as a module that can run, or why there is none.

    In this order: a module given live, the user's factory, an ONNX graph, the pickled module tree, ``config.json``,
    names and shapes. Raises ``OptionsError`` when the user's factory cannot be used, nothing else.
    """
    if checkpoint.live is not None and not options.model:
        return _live(checkpoint)
    if options.model:
        return _with_precision(identify_factory(checkpoint, options), checkpoint)
    if options.code and checkpoint.graph is None:
        return _with_precision(_coded(checkpoint, options), checkpoint)
    if checkpoint.graph is not None:
        return _graph(checkpoint)
    if checkpoint.program is not None:
        return _exported(checkpoint)
    if checkpoint.source.content == "script":
        reason = "TorchScript holds its own code, which is shown and not run."
        alike, hint = _alike(checkpoint)
        return Skipped(stage="identify", reason=reason + alike, hint=hint or f"{_NAME_CODE} your_module:your_factory")
    if checkpoint.tree is not None:
        return _pickled(checkpoint, checkpoint.tree)
    if is_adapter(checkpoint):
        return _with_precision(identify_adapter(checkpoint, options), checkpoint)
    if options.base:
        raise OptionsError("--base: the checkpoint is not an adapter.", "Leave out --base.")
    found = _configured(checkpoint) if checkpoint.config else identify_known(checkpoint)
    if isinstance(found, Model):
        found = quantised_in(checkpoint).as_stored(found)
    return _with_precision(found, checkpoint)


def _exported(checkpoint: Checkpoint) -> Model | Skipped:
    """By the graph of an exported program; by names and shapes where it cannot be run here."""
    found = identify_exported(checkpoint)
    if isinstance(found, Model):
        return found
    known = identify_known(checkpoint)
    if isinstance(known, Skipped):
        return found
    facts = replace(known.identification, notes=(found.reason, *known.identification.notes))
    return _with_precision(dataclasses.replace(known, identification=facts), checkpoint)


def _coded(checkpoint: Checkpoint, options: Options) -> Model | Skipped:
    """By the user's file: the classes of a pickled module, else the class whose tensors these are."""
    if checkpoint.tree is not None:
        own = OwnClasses(run_file(options.code, f"--code {options.code}"))
        return _pickled(checkpoint, checkpoint.tree, own.find, f"--code {options.code}")
    found = identify_code(checkpoint, options)
    if isinstance(found, Model):
        return found
    other = _configured(checkpoint) if checkpoint.config else identify_known(checkpoint)
    if isinstance(other, Skipped):
        return found
    facts = replace(
        other.identification, user_code=f"--code {options.code}", notes=(found.reason, *other.identification.notes)
    )
    return dataclasses.replace(other, identification=facts)


def _with_precision(found: Model | Skipped, checkpoint: Checkpoint) -> Model | Skipped:
    """The model with the half precision of the file, where most of its values are held in one."""
    counts: Counter[str] = Counter()
    packed = quantised_in(checkpoint)
    for tensor in checkpoint.tensors:
        if tensor.name not in packed.weights:  # what is not packed tells the precision of the pass
            counts[tensor.dtype] += tensor.count
    stored = next((dtype for dtype, _ in counts.most_common(1)), "")
    if isinstance(found, Skipped) or stored not in ("float16", "bfloat16"):
        return found
    return dataclasses.replace(found, precision=stored)


def _configured(checkpoint: Checkpoint) -> Model | Skipped:
    """By ``config.json``: of the folder that was given, or beside the file, where it may be of another model."""
    found = identify_config(checkpoint)
    beside = checkpoint.source.kind == "file"
    if isinstance(found, Model) and not beside:
        return found
    if isinstance(found, Model) and 2 * found.identification.matched >= max(found.identification.total, 1):
        note = "Identified by config.json, which lies beside the file."
        facts = replace(found.identification, notes=(note, *found.identification.notes))
        return dataclasses.replace(found, identification=facts)
    other = identify_known(checkpoint)
    if isinstance(other, Model) or isinstance(found, Model):
        return other
    return replace(found, reason=f"{found.reason} It lies beside the file.") if beside else found


def _live(checkpoint: Checkpoint) -> Model:
    prefix, module = _inside(checkpoint.live)
    kind = type(module)
    path = f"{kind.__module__}.{kind.__qualname__}"
    fit = compare(module, shapes_of(checkpoint), prefixes=(prefix,) if prefix else ())
    package = path.partition(".")[0]
    shapes = module_shapes(module)
    total = len(shapes)
    name, equal, found = _published(checkpoint, path, shapes)
    facts = Identification(
        name=name or str(getattr(module, "original_name", kind.__name__)), how="live", class_path=path,
        library=package if library_version(package) else "",
        library_version=library_version(package), task=_task(path), equal=equal,
        matched=found.published.matched if found is not None else total, total=total,
        changed=found.published.changed if found is not None else (),
        notes=(f"Inside a {type(checkpoint.live).__name__}, which only passes on to it.",) if prefix else (),
    )  # fmt: skip
    return Model(facts, module, fit.renamed)


def _inside(module: Any) -> tuple[str, Any]:
    """The module in ``DataParallel``, ``torch.compile`` and the like, and the prefix that they put before its names."""
    prefix = ""
    for _ in range(8):
        name = WRAPPERS.get(f"{type(module).__module__}.{type(module).__qualname__}", "")
        inner = vars(module)["_modules"].get(name) if name else None
        if inner is None:
            break
        prefix, module = f"{prefix}{name}.", inner
    return prefix, module


def _graph(checkpoint: Checkpoint) -> Model:
    graph = checkpoint.graph.graph
    total = len(checkpoint.tensors)
    name = graph.name if _GRAPH_NAME.fullmatch(graph.name) else ""
    facts = Identification(
        name=name or checkpoint.source.name.rpartition(".")[0] or "graph", library="onnx",
        library_version=library_version("onnx"), how="graph", matched=total, total=total,
    )  # fmt: skip
    return Model(facts, None)


def _pickled(
    checkpoint: Checkpoint, root: ModuleNode, own: Callable[[str], Any] = no_class, ran: str = ""
) -> Model | Skipped:
    """The module in the file from the code of installed libraries, and from ``own``, the user's."""
    try:
        module = rebuild(root, own)
    except RebuildError as error:
        return _no_class(checkpoint, root, error)
    except Exception as error:  # a class whose parts cannot be put together from plain data
        return Skipped(
            stage="identify",
            reason=f"The pickled {root.type_path} could not be rebuilt from its data ({type(error).__name__}).",
            hint=_hint(root),
        )
    fit = compare(module, shapes_of(checkpoint))
    library, version = _origin(root.type_path, type(module))
    if library == "torch" and not _runs(module):
        return Skipped(
            stage="identify",
            reason=f"{root.type_path} has no forward of its own, so nothing can run.",
            hint=_hint(root),
        )
    notes = (
        f"{ran} was run, since the user named it; the classes in the pickle are taken from it."
        if ran
        else f"The forward pass is that of the installed {library} {version}; no code in the file was run.",
    )
    name, equal, found = _published(checkpoint, root.type_path, shapes_of(checkpoint))
    published = found.published if found is not None else fit
    facts = Identification(
        name=name or root.type_path.rpartition(".")[2], library=library, library_version=version,
        how="standard layers" if library == "torch" else "pickled class", class_path=root.type_path,
        task=_task(root.type_path), matched=published.matched, total=fit.total, equal=equal,
        changed=published.changed,
        unexpected=fit.unexpected, user_code=ran, notes=notes,
    )  # fmt: skip
    return Model(facts, module, fit.renamed)


def _origin(class_path: str, kind: type[Any]) -> tuple[str, str]:
    """The library that a pickled class is from, the user's own package included, and its version."""
    library = library_of(class_path)
    return (library, library_version(library)) if library else package_of(kind)


def _runs(module: Any) -> bool:
    """Whether the class has a ``forward``; containers such as ``ModuleList`` have none."""
    from torch import nn

    return getattr(type(module), "forward", None) not in {None, nn.Module.forward}


def _task(path: str) -> str:
    """What models of a class are for, as far as its library's naming tells."""
    return task_of_head(path.rpartition(".")[2]) if library_of(path) == "transformers" else task_of(path)


def _published(
    checkpoint: Checkpoint, class_path: str, shapes: Mapping[str, Shape]
) -> tuple[str, tuple[str, ...], Verified | None]:
    """The library's name for an instance of its class, such as ``resnet50``; others that fit equally, what differs."""
    if library_of(class_path) not in {"torchvision", "timm"}:
        return "", (), None
    same_class = [c for c in load_index().nearest(shapes) if c.architecture.class_path == class_path]
    for group in ranked(same_class, hints_of(checkpoint))[:1]:
        best, equal = group[0], tuple(str(c.architecture) for c in group[1:])
        if best.similarity == 1:
            return best.architecture.name, equal, None
        if (found := verify(best.architecture, shapes, best.prefix)) is not None:
            return best.architecture.name, equal, found
    return "", (), None


def _hint(root: ModuleNode) -> str:
    name = root.type_path.rpartition(".")[2]
    return f"{_NAME_CODE} your_module:{name if name.isidentifier() else 'YourClass'}"


def _no_class(checkpoint: Checkpoint, root: ModuleNode, error: RebuildError) -> Skipped:
    """Why a pickled tree cannot run, and what its tensors look like, which is a suggestion and not an answer."""
    if not error.class_path:
        return Skipped(stage="identify", reason=f"The pickled module cannot be rebuilt: {error}.", hint=_hint(root))
    package = error.class_path.partition(".")[0]
    if package in MODULES and package != "torch" and load_library(package) is None:
        reason = f"The file holds a {error.class_path}, and {package} is not installed."
        return Skipped(stage="identify", reason=reason, hint=INSTALL[package])
    if package == "torch":
        reason = f"The module holds a {error.class_path}, which cannot be rebuilt from plain data."
        return Skipped(stage="identify", reason=reason, hint=_hint(root))
    reason = f"The class {error.class_path} is not part of an installed library; the file holds its name, not its code."
    alike, hint = _alike(checkpoint)
    return Skipped(stage="identify", reason=reason + alike, hint=hint or _hint(root))


def _alike(checkpoint: Checkpoint) -> tuple[str, str]:
    """What else has exactly these tensors, as a sentence, and how to run that instead; both empty when nothing has."""
    groups = ranked(load_index().nearest(shapes_of(checkpoint)), hints_of(checkpoint))
    best = groups[0][0] if groups else None
    if best is None or best.similarity < 1 or best.prefix:
        return "", ""
    architecture = best.architecture
    package = architecture.class_path.rsplit(".", 2)[0]  # where the library exports its factories
    return (
        f" Its tensors have the names and shapes of {architecture}.",
        f"To see the forward pass of that architecture: --model {package}:{architecture.name}",
    )
