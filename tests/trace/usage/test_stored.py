"""Packed weights are read as the file stores them."""

from __future__ import annotations

import pytest
from torch import nn

from modelreport.facts import TensorFact
from modelreport.trace.memory import storage_key
from modelreport.trace.usage.generation import generation
from modelreport.trace.usage.stored import packed_sizes, stored_shares
from tests.trace.models import model_of, spec
from tests.trace.usage.models import language_model, running


def packed(name: str, size_bytes: int, stands_for: int | None, scheme: str = "GPTQ 4 bit") -> TensorFact:
    module = name.rpartition(".")[0]
    return TensorFact(
        name=name, shape=(size_bytes // 4,), dtype="int32", role="parameter", module=module, count=size_bytes // 4,
        size_bytes=size_bytes, stored_bytes=size_bytes, scheme=scheme, stands_for=stands_for,
    )  # fmt: skip


def test_scales_and_zero_points_belong_to_the_weight_they_are_named_after() -> None:
    sizes = packed_sizes(
        [
            packed("a.qweight", 400, 800),
            packed("a.scales", 40, 0),
            packed("a.qzeros", 8, 0),
            packed("b.weight", 200, 400, "bitsandbytes nf4"),
            packed("b.weight.absmax", 20, 0, "bitsandbytes nf4"),
            packed("e.up_blocks", 100, 200, "MXFP4"),
            packed("e.down_blocks", 60, 120, "MXFP4"),
            packed("e.down_scales", 4, 0, "MXFP4"),
            packed("norm.weight", 16, None, ""),
        ]
    )
    assert sizes == {"a.qweight": 448, "b.weight": 220, "e.up_blocks": 100, "e.down_blocks": 64}


def test_a_weight_of_which_a_part_is_not_packed_keeps_its_own_bytes() -> None:
    model = model_of(nn.Sequential(nn.Linear(32, 32, bias=False), nn.Linear(32, 32, bias=False)))
    with running(model, spec(1, 32)) as runs:
        tensors = [packed("0.qweight", 512, 1024), packed("1.one", 512, 1024)]
        shares = stored_shares(runs, tensors, {"0.weight": "0.qweight"}, {"1.one": "1.weight", "1.two": "1.weight"})
        assert shares == {storage_key(runs.module[0].weight): 512 / 4096}
        assert stored_shares(runs, [], {}, {}) == {}


def test_a_token_reads_the_packed_bytes_of_each_weight_once() -> None:
    """Half a byte for each of the four weights of an MLP's size, in place of four: seven eighths fewer."""
    model, ids = language_model(
        "llama", hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, vocab_size=100
    )
    up = 32 * 64
    tensors = [packed("model.layers.0.mlp.up_proj.qweight", up // 2, up)]
    with running(model, ids) as runs:
        shares = stored_shares(runs, tensors, {"model.layers.0.mlp.up_proj.weight": tensors[0].name}, {})
        whole, less = generation(runs), generation(runs, shares)
    assert whole.decode_read_bytes - less.decode_read_bytes == pytest.approx(up * 4 - up // 2)  # type: ignore[union-attr]
    assert less.decode_macs == whole.decode_macs  # type: ignore[union-attr]
