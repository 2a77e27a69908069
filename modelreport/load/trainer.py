"""What a trainer leaves beside the weights in a checkpoint folder: ``optimizer.pt`` and ``trainer_state.json``.

Source of the layout: ``Trainer._save_optimizer_and_scheduler`` and ``TrainerState`` of transformers.
"""

from __future__ import annotations

import math
from typing import Any

from modelreport.errors import LoadError
from modelreport.facts import Item, SourceFile, TrainingPoint, TrainingState
from modelreport.files import open_file
from modelreport.load.contents import Contents, Finder
from modelreport.load.describe import short
from modelreport.load.masking import mask
from modelreport.load.parts import Parts, replace_where
from modelreport.load.pickle_values import Pairs
from modelreport.load.probe import probe
from modelreport.load.siblings import find_sibling
from modelreport.load.tensors import Tensors
from modelreport.load.torch_zip import TorchArchive, recognises

OPTIMIZERS = ("optimizer.pt", "optimizer.bin")
STATE = "trainer_state.json"
HISTORY_LIMIT = 500
"""Most points of the history that are kept, evenly thinned."""
_VALUES = (
    "global_step", "max_steps", "epoch", "num_train_epochs", "train_batch_size", "best_metric", "best_global_step",
    "best_model_checkpoint", "total_flos", "num_input_tokens_seen",
)  # fmt: skip


def read_trainer(parts: Parts, names: tuple[str, ...]) -> None:
    """Add the state of the optimizer and of the trainer to ``parts``; what cannot be read is said in a note."""
    contents = Contents()
    for name in OPTIMIZERS:
        if name in names:
            try:
                contents = _read_optimizer(parts, name)
            except (LoadError, OSError) as error:
                text = error.message if isinstance(error, LoadError) else f"{name} cannot be opened."
                parts.notes.append(f"{text} What the optimizer's state says is missing.")
            break
    items, history = _read_state(parts) if STATE in names else ((), ())
    if not items and not contents.optimizers:
        return
    before = parts.training or TrainingState(items=())
    parts.training = TrainingState(
        items=(*items, *before.items, *contents.items.items),
        optimizer=", ".join(dict.fromkeys([*([before.optimizer] if before.optimizer else []), *contents.kinds])),
        optimizer_tensors=before.optimizer_tensors + len(contents.optimizer),
        optimizer_bytes=before.optimizer_bytes + sum(tensor.size_bytes for tensor in contents.optimizer),
        history=history,
    )


def _read_optimizer(parts: Parts, name: str) -> Contents:
    """The optimizer's state in a file of ``torch.save``."""
    path = find_sibling(parts.folder, name)
    seen = probe(path)
    if not recognises(seen.head, seen.names):
        parts.notes.append(f"{name} is not a file of torch.save since 1.6; it was not read.")
        return Contents()
    file = open_file(path)
    parts.files.append(file)
    parts.source_files.append(SourceFile(name=name, size_bytes=file.size_bytes))
    archive = TorchArchive(file)
    found = archive.read(archive.pickle_name)
    security = archive.scan.security()
    parts.calls += [replace_where(call, name) for call in security.calls]
    parts.security_notes += security.notes
    parts.pickles += security.pickles
    parts.executes = parts.executes or security.executes
    if found.error:
        parts.notes.append(f"{name} is damaged: its pickle cannot be read to the end, {found.error}.")
        return Contents()
    tensors = Tensors(archive.storages())
    contents = Finder(tensors).find(Pairs([("optimizer", found.value)]))
    index = len(parts.files) - 1
    parts.add_optimizers(contents, index)
    return contents


def _read_state(parts: Parts) -> tuple[tuple[Item, ...], tuple[TrainingPoint, ...]]:
    """The trainer's own numbers, and what it logged."""
    state = parts.document(STATE)
    if not isinstance(state, dict):
        return (), ()
    parts.add_file(STATE)
    items = tuple(
        Item(name=f"trainer.{name}", value=mask(name, short(str(state[name]))))
        for name in _VALUES
        if isinstance(state.get(name), (int, float, str))
    )
    return items, history_of(state.get("log_history"))


def history_of(log: Any) -> tuple[TrainingPoint, ...]:
    """The logged steps in order, evaluations joined with the step they were made at, at most ``HISTORY_LIMIT``."""
    points: dict[int, dict[str, float]] = {}
    for entry in log[:1_000_000] if isinstance(log, list) else ():
        step = entry.get("step") if isinstance(entry, dict) else None
        if isinstance(step, int) and not isinstance(step, bool) and step >= 0:
            found = points.setdefault(step, {})
            for name in ("loss", "learning_rate", "grad_norm", "eval_loss"):
                value = entry.get(name)
                if isinstance(value, (int, float)) and math.isfinite(value):
                    found[name] = float(value)
    steps = [step for step in sorted(points) if points[step]]
    if len(steps) > HISTORY_LIMIT:
        steps = [steps[i * (len(steps) - 1) // (HISTORY_LIMIT - 1)] for i in range(HISTORY_LIMIT)]
    return tuple(
        TrainingPoint(
            step=step,
            loss=points[step].get("loss"),
            evaluation_loss=points[step].get("eval_loss"),
            learning_rate=points[step].get("learning_rate"),
            gradient_norm=points[step].get("grad_norm"),
        )
        for step in steps
    )
