"""How the checkpoints beside this file were written: ``python write.py STAGE FOLDER`` with DeepSpeed 0.19.8."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch


class Net(torch.nn.Module):
    """An embedding tied to the output, a frozen layer, a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = torch.nn.Embedding(11, 6)
        self.a = torch.nn.Linear(6, 7)
        self.n = torch.nn.LayerNorm(7)
        self.register_buffer("mean_buffer", torch.arange(5.0))
        self.b = torch.nn.Linear(7, 5, bias=False)
        self.frozen = torch.nn.Linear(5, 5)
        self.frozen.requires_grad_(requires_grad=False)
        self.out = torch.nn.Linear(6, 11, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, x: Any) -> Any:
        hidden = self.emb(x)
        values = self.frozen(self.b(torch.relu(self.n(self.a(hidden)))))
        return values.float().square().sum() + self.out(hidden).sum() * 0.01


def work(rank: int, stage: int, folder: str) -> None:
    """One of two processes."""
    os.environ.update(
        MASTER_ADDR="127.0.0.1", MASTER_PORT="29500", RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2"
    )
    import deepspeed

    deepspeed.init_distributed(dist_backend="gloo")
    torch.manual_seed(0)
    net = Net()
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.1},
        {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0},
    ]
    config = {
        "train_micro_batch_size_per_gpu": 4,
        "zero_optimization": {"stage": stage, "stage3_param_persistence_threshold": 0},
        "zero_allow_untested_optimizer": True,
        "bf16": {"enabled": True},
    }
    engine, *_ = deepspeed.initialize(model=net, optimizer=torch.optim.AdamW(groups, lr=1e-2), config=config)
    torch.manual_seed(rank)
    for _ in range(4):
        engine.backward(engine(torch.randint(0, 11, (4,))))
        engine.step()
    engine.save_checkpoint(folder, tag="global_step4")


if __name__ == "__main__":
    torch.multiprocessing.spawn(work, (int(sys.argv[1]), sys.argv[2]), nprocs=2)
