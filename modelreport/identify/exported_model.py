"""An exported program as a model: it is its own architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.exported import ProgramError, read_program
from modelreport.identify.exported_module import module_of
from modelreport.identify.libraries import library_version

if TYPE_CHECKING:
    import torch


def identify_exported(checkpoint: Checkpoint) -> Model | Skipped:
    """The program of a checkpoint as a model that runs step by step, or why it cannot be run here."""
    from modelreport.meta import on_meta

    if checkpoint.program is None:
        return Skipped(stage="identify", reason="The file holds no exported program.")
    try:
        program = read_program(checkpoint.program.model)
        with on_meta():
            module = module_of(program, _constants(checkpoint), _ties(checkpoint))
    except ProgramError as error:
        return Skipped(stage="identify", reason=f"The exported program cannot be run here: {error}.")
    except Exception as error:  # shapes and names are what the file says
        text = f"{type(error).__name__}: {str(error)[:200]}"
        return Skipped(stage="identify", reason=f"The exported program cannot be built: {text}.")
    stored = {t.name: t.shape for t in checkpoint.tensors}
    own = [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]
    own = [(name, tensor) for name, tensor in own if name in stored or name not in checkpoint.program.constants]
    kind = type(module)
    package = kind.__module__.partition(".")[0]
    return Model(
        identification=Identification(
            name=kind.__name__ if kind.__name__ != "Module" else checkpoint.source.name.partition(".")[0],
            library=package if library_version(package) else "",
            library_version=library_version(package),
            how="graph",
            class_path=f"{kind.__module__}.{kind.__name__}".strip("."),
            matched=sum(stored.get(name) == tuple(tensor.shape) for name, tensor in own),
            total=len({*stored, *(name for name, _ in own)}),
            missing=tuple(name for name, _ in own if name not in stored),
            unexpected=tuple(sorted(stored.keys() - {name for name, _ in own})),
        ),
        module=module,
    )


def _ties(checkpoint: Checkpoint) -> dict[str, str]:
    """From names of tensors that are the same view of the same bytes to the first name."""
    first: dict[object, str] = {}
    return {t.name: first.setdefault(t.view_key, t.name) for t in checkpoint.tensors if t.view_key is not None}


def _constants(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """The program's constants, on meta with their values remembered; those that cannot be read are left out."""
    found = {}
    for name, tensor in checkpoint.program.constants.items() if checkpoint.program is not None else ():
        try:
            found[name] = tensor.tensor()
        except (ValueError, KeyError, AttributeError):
            continue
    return found
