from __future__ import annotations

import torch
from torch import nn

from modelreport.facts import Skipped, Structure
from modelreport.identify import describe
from modelreport.identify.patterns.blocks import find_blocks
from modelreport.identify.patterns.unknown import describe_unknown, linear_macs_per_token
from modelreport.load import open_object
from modelreport.options import Options
from modelreport.render.format import message

UNKNOWN = Skipped(stage="identify", reason="unknown")


def structure_of(shapes: dict[str, tuple[int, ...]]) -> Structure:
    with open_object({name: torch.zeros(shape) for name, shape in shapes.items()}, Options()) as checkpoint:
        return describe(checkpoint, UNKNOWN)


def layers(fused: bool) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"embed.weight": (100, 32)}
    for i in range(3):
        if fused:
            found[f"blocks.{i}.attn.qkv.weight"] = (96, 32)
        else:
            found |= {f"blocks.{i}.q_proj.weight": (32, 32), f"blocks.{i}.k_proj.weight": (8, 32)}
        found |= {f"blocks.{i}.up.weight": (64, 32), f"blocks.{i}.up.bias": (64,), f"blocks.{i}.norm.weight": (32,)}
        found[f"blocks.{i}.norm.bias"] = (32,)
    return found


def text_of(structure: Structure) -> str:
    return " ".join(message(each) for each in describe_unknown(structure, find_blocks(structure)))


def test_layers_blocks_and_the_cost_of_a_token_are_told_and_no_more() -> None:
    structure = structure_of(layers(fused=True))
    text = text_of(structure)
    assert "6 linear layers" in text
    assert "3 times blocks.#" in text
    assert "3 weights make queries, keys and values of width 32 at once" in text
    assert "how many heads they are cut into does not show" in text
    macs = 3 * (96 * 32 + 64 * 32)
    assert linear_macs_per_token(structure) == macs
    assert f"its linear layers take {macs / 1000:.2f} kMAC" in text
    assert "FLOP" not in text


def test_fewer_rows_for_keys_show_that_query_heads_share_them() -> None:
    assert "keys are 8 wide, so that 4 query heads share one" in text_of(structure_of(layers(fused=False)))


def test_parameters_elsewhere_are_not_said_to_be_in_the_layers_that_are_told() -> None:
    shapes = {"a.weight": (8, 4), "a.bias": (8,), "block.gain": (100, 30), "table": (50,)}
    assert "3,090 parameters, 1.3 % of them in 1 linear layer by names and shapes." in text_of(structure_of(shapes))
    whole = {"a.weight": (8, 4), "a.bias": (8,)}
    assert "40 parameters in 1 linear layer by names and shapes." in text_of(structure_of(whole))


def test_convolutions_have_no_cost_of_a_token() -> None:
    structure = structure_of({"a.weight": (8, 3, 3, 3), "b.weight": (8, 8, 3, 3), "c.weight": (4, 8), "c.bias": (4,)})
    assert linear_macs_per_token(structure) == 32
    assert "For one token" not in text_of(structure)
    assert linear_macs_per_token(structure_of({"a.weight": (8, 3, 3, 3)})) is None


def test_a_module_given_without_a_pass_is_told_by_its_classes() -> None:
    with open_object(nn.Sequential(nn.LSTM(4, 8), nn.Linear(8, 2)), Options()) as checkpoint:
        text = text_of(describe(checkpoint, UNKNOWN))
    assert "1 LSTM and 1 linear layer" in text
    assert "by names and shapes" not in text


def test_recurrent_layers_have_their_number_and_widths() -> None:
    lstm, head = nn.LSTM(40, 256, 3), nn.Linear(256, 64)
    state = {f"lstm.{k}": v.shape for k, v in lstm.state_dict().items()}
    state |= {f"linear.{k}": v.shape for k, v in head.state_dict().items()}
    text = text_of(structure_of({k: tuple(v) for k, v in state.items()}))
    assert "It holds a 3-layer LSTM with 40 inputs and 256 hidden units and a linear layer 256 → 64." in text
    both = {f"r.{k}": tuple(v.shape) for k, v in nn.GRU(8, 16, 2, bidirectional=True).state_dict().items()}
    assert "It holds a 2-layer bidirectional GRU with 8 inputs and 16 hidden units in each direction." in text_of(
        structure_of(both)
    )
