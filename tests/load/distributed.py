"""Checkpoints that two processes write together, as ``torch.distributed`` itself writes them."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch.multiprocessing import ProcessExitedException

ATTEMPTS = 3


def write_all(folder: Path) -> None:
    """Two processes write ``dtensors``, ``fsdp``, ``hf`` and files by rank into ``folder``; the whole ones beside them.

    gloo's threads abort a process now and then (SIGABRT, "terminate called without an active exception"), which says
    nothing about what is tested with the files: writers killed by a signal begin again. An exception is raised at once.
    They meet at a file: a port that is free now may be taken when they begin.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with tempfile.TemporaryDirectory() as place:
                torch.multiprocessing.spawn(_write, (str(folder), f"{place}/meeting"), nprocs=2)
        except ProcessExitedException as error:
            if error.signal_name is None or attempt == ATTEMPTS:
                raise
            shutil.rmtree(folder)
            folder.mkdir()
        else:
            return


def whole_tensors() -> dict[str, torch.Tensor]:
    """What is sharded below."""
    generator = torch.Generator().manual_seed(0)
    return {
        "rows": torch.randn(7, 5, generator=generator),
        "columns": torch.randn(6, 9, generator=generator).bfloat16(),
        "deep": torch.randn(3, 4, 5, generator=generator).double(),
        "copy": torch.randn(4, generator=generator),
        "one": torch.randn(1, 6, generator=generator),
        "scalar": torch.tensor(7),
    }


def _write(rank: int, folder: str, meeting: str) -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (2,))
    _write_dtensors(Path(folder), mesh)
    _write_fsdp(Path(folder), mesh, rank)
    _write_local(Path(folder), rank)
    torch.distributed.barrier()  # neither leaves while the other still talks to it
    os._exit(0)  # every file is closed; what gloo's threads would do at the end of the interpreter is not waited for


def _write_dtensors(folder: Path, mesh: Any) -> None:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    places = {"rows": Shard(0), "columns": Shard(1), "deep": Shard(2), "one": Shard(0)}
    tensors = {k: distribute_tensor(v, mesh, [places.get(k, Replicate())]) for k, v in whole_tensors().items()}
    dcp.save({"model": tensors, "epoch": 4, "lr": [0.1, 0.2]}, checkpoint_id=folder / "dtensors")


def _write_fsdp(folder: Path, mesh: Any, rank: int) -> None:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict
    from torch.distributed.fsdp import fully_shard

    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(8, 15), torch.nn.ReLU(), torch.nn.Linear(15, 3))
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 8)).square().sum().backward()
        optimizer.step()
    weights, state = get_state_dict(model, optimizer)
    dcp.save({"model": weights, "optim": state}, checkpoint_id=folder / "fsdp")
    writer = dcp.HuggingFaceStorageWriter(path=str(folder / "hf"), save_distributed=True)
    dcp.save(weights, storage_writer=writer)
    (folder / "ranks").mkdir(exist_ok=True)
    torch.save({"model": weights, "epoch": 4}, folder / "ranks" / f"model_world_size_2_rank_{rank}.pt")
    _write_sharded(folder, rank)
    whole, state = get_state_dict(model, optimizer, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if rank == 0:
        torch.save({"model": whole, "optim": state}, folder / "whole.pth")


def _write_local(folder: Path, rank: int) -> None:
    """What FSDP's ``LOCAL_STATE_DICT`` saves: ``vectors`` alone, or ``parts`` of the parameters beside them."""
    from torch.distributed.fsdp import FullyShardedDataParallel, StateDictType
    from torch.distributed.fsdp.wrap import ModuleWrapPolicy

    for name, parts in (("vectors", False), ("parts", True)):
        torch.manual_seed(2)
        layers = torch.nn.Linear(8, 15), torch.nn.BatchNorm1d(15), torch.nn.Linear(15, 3)
        policy = ModuleWrapPolicy({torch.nn.Linear})
        model = FullyShardedDataParallel(
            torch.nn.Sequential(*layers), use_orig_params=parts, device_id=torch.device("cpu"), auto_wrap_policy=policy
        )
        for kind in (StateDictType.LOCAL_STATE_DICT, StateDictType.FULL_STATE_DICT):
            with FullyShardedDataParallel.state_dict_type(model, kind):
                state = model.state_dict()
            if kind is StateDictType.LOCAL_STATE_DICT:
                (folder / name).mkdir(exist_ok=True)
                torch.save({"model": state}, folder / name / f"rank_{rank}.pt")
            elif rank == 0:
                torch.save(state, folder / f"{name}.pth")


def _write_sharded(folder: Path, rank: int) -> None:
    """``ShardedTensor``, as FSDP saved before ``DTensor``."""
    from torch.distributed._shard.metadata import ShardMetadata
    from torch.distributed._shard.sharded_tensor import Shard, init_from_local_shards

    rows = whole_tensors()["rows"]
    part = rows[:4] if rank == 0 else rows[4:]
    place = ShardMetadata([4 * rank, 0], list(part.shape), f"rank:{rank}/cpu")
    tensor = init_from_local_shards([Shard(part.clone(), place)], 7, 5)
    (folder / "sharded").mkdir(exist_ok=True)
    torch.save({"rows": tensor, "plain": torch.ones(3)}, folder / "sharded" / f"rank{rank}.pt")
