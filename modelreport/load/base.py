"""The model that an adapter belongs to, opened beside it for its values."""

from __future__ import annotations

from modelreport.checkpoint import Checkpoint
from modelreport.errors import ModelReportError
from modelreport.load import open_checkpoint
from modelreport.options import Options


def open_base(checkpoint: Checkpoint) -> None:
    """Open the folder that the second room found, read-only; it closes with the checkpoint.

    Where it cannot be opened, or holds no weights, ``base_missing`` says so.
    """
    folder = checkpoint.base_folder
    if folder is None or checkpoint.base is not None:
        return
    try:
        base = open_checkpoint(folder, Options())
    except ModelReportError as error:
        checkpoint.base_missing = error.message[:200]
        return
    if any(tensor.storage is not None for tensor in base.tensors):
        checkpoint.base = base
    else:
        base.close()
        checkpoint.base_missing = f"{folder.name} holds its configuration, not its weights."
