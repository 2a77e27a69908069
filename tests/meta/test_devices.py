"""Devices in a model's code during a real run."""

from __future__ import annotations

import torch

from modelreport.meta import on_cpu


def test_every_way_to_name_a_device_gives_the_cpu():
    with on_cpu():
        x = torch.zeros(2)
        made = [
            x.cuda(), x.to("cuda"), x.to("cuda:0", torch.float64), x.to(device="cuda"), x.to(torch.device("cuda", 0)),
            x.to(0), torch.ones(2, device="cuda"), torch.arange(3, device=torch.device("cuda")),
            x.new_zeros(2, device="cuda"), x.cpu(), x.pin_memory(),
        ]  # fmt: skip
    assert {t.device.type for t in made} == {"cpu"}
    assert made[2].dtype == torch.float64


def test_what_is_meant_for_meta_stays_there_and_other_arguments_are_left_alone():
    with on_cpu():
        assert torch.zeros(2, device="meta").is_meta
        assert torch.zeros(2).to("meta").is_meta
        assert torch.zeros(2).to(torch.float16).dtype == torch.float16
        assert torch.zeros(2).to(torch.zeros(1, dtype=torch.int8)).dtype == torch.int8


def test_the_redirection_ends_with_the_context():
    with on_cpu():
        pass
    assert torch.zeros(2).to("meta").is_meta
