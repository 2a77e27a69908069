"""Small checkpoint files for the tests of this room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import Call, Security
from modelreport.load import FORMATS, open_checkpoint
from modelreport.load.pickle_machine import PickleRead, read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.options import Options


@contextlib.contextmanager
def opened(path: Path, pick: str = "") -> Iterator[Checkpoint]:
    """The checkpoint at ``path``, closed at the end."""
    checkpoint = open_checkpoint(path, Options(pick=pick))
    try:
        yield checkpoint
    finally:
        checkpoint.close()


def bytes_read() -> int:
    """How many bytes this process has read so far, from files of any kind."""
    line = next(x for x in Path("/proc/self/io").read_text().splitlines() if x.startswith("rchar"))
    return int(line.split()[1])


def saved(folder: Path, value: Any, **options: Any) -> Path:
    """``torch.save`` of a value."""
    path = folder / "model.pth"
    torch.save(value, path, **options)
    return path


def written(folder: Path, data: bytes, name: str = "model.pth") -> Path:
    """A file with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path


def names(checkpoint: Checkpoint) -> list[str]:
    """Names of the model's tensors."""
    return [tensor.name for tensor in checkpoint.tensors]


def bits(tensor: torch.Tensor) -> bytes:
    """The values of a torch tensor, in row-major order."""
    flat = tensor.detach().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy().tobytes()) if flat.numel() else b""


def same(lazy: LazyTensor, tensor: torch.Tensor) -> bool:
    """Whether shape and every bit agree."""
    return lazy.shape == tuple(tensor.shape) and np.ascontiguousarray(lazy.array()).tobytes() == bits(tensor)


def read(data: bytes) -> PickleRead:
    """One pickle, read as data."""
    return read_pickle(Stream(memoryview(data), 0, len(data)))


def calls(checkpoint: Checkpoint) -> tuple[Call, ...]:
    """What opening the file would have called."""
    assert isinstance(checkpoint.security, Security)
    return checkpoint.security.calls


def code_calls(checkpoint: Checkpoint) -> set[str]:
    """Targets outside the allow-list."""
    return {call.target for call in calls(checkpoint) if call.danger == "code"}


def recognising(head: bytes, members: tuple[str, ...] = ()) -> list[str]:
    """Ids of the formats that recognise a head."""
    return [format_.id for format_ in FORMATS if format_.recognises(head, members)]
