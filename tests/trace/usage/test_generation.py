"""Cost of generation against hand formulas."""

from __future__ import annotations

import pytest
import torch
from msgspec.structs import replace
from torch import nn

from modelreport.facts import Generation, Skipped
from modelreport.trace.usage.generation import cache_bytes, generation, tensors_of
from tests.trace.models import spec
from tests.trace.usage.models import language_model, running


def generated(kind: str, tokens: int = 16, **settings: object) -> Generation:
    model, ids = language_model(kind, tokens, **settings)
    more = (spec(1, tokens, dtype="int64", name="decoder_input_ids"),) if kind in ("t5", "bart") else ()
    with running(model, ids, *more) as runs:
        found = generation(runs)
    assert isinstance(found, Generation), found
    return found


def test_gpt_2_by_hand() -> None:
    """Cache: keys and values of 12 layers of 768. A token: each weight matrix once, and its attention to S + 1 keys."""
    found = generated("gpt2", 128)
    assert found.cache_bytes_per_token == 2 * 12 * 768 * 4
    assert found.cache_bytes == 128 * found.cache_bytes_per_token
    matrices = 12 * 12 * 768**2 + 50257 * 768
    assert found.decode_macs == matrices + 12 * 2 * 768 * 129
    assert found.prefill_macs == 128 * (matrices + 12 * 2 * 768 * 128)
    parameters = 124_439_808  # of the model; of both embeddings a token reads one row, and the head is the first
    assert found.decode_read_bytes == pytest.approx(4 * (parameters - 1023 * 768) + found.cache_bytes, rel=1e-3)


def test_llama_3_70b_keeps_320_kibibytes_for_each_token() -> None:
    """2 × 80 layers × 8 key-value heads × 128 × 2 bytes; here with 2 layers and small widths elsewhere."""
    found = generated(
        "llama", 16, hidden_size=512, intermediate_size=64, num_hidden_layers=2, num_attention_heads=64, head_dim=128,
        num_key_value_heads=8, vocab_size=64, dtype=torch.bfloat16,
    )  # fmt: skip
    assert found.cache_bytes_per_token * 40 == 327_680


def test_a_mixture_reads_only_the_experts_of_its_token() -> None:
    hidden, inner, layers, vocabulary = 64, 96, 2, 100
    found = generated(
        "mixtral", 16, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=4,
        num_key_value_heads=2, num_local_experts=8, num_experts_per_tok=2, vocab_size=vocabulary, dtype=torch.bfloat16,
    )  # fmt: skip
    attention = hidden * (hidden + hidden // 2 + hidden // 2 + hidden)
    a_layer = attention + 8 * hidden + 2 * 3 * hidden * inner + 2 * hidden
    weights = layers * a_layer + hidden + vocabulary * hidden + hidden
    assert found.decode_read_bytes == pytest.approx(2 * weights + found.cache_bytes, rel=0.01)
    assert found.cache_bytes_per_token == 2 * layers * (hidden // 2) * 2


def test_deepseek_keeps_compressed_keys_and_values() -> None:
    """(512 + 64) × 2 bytes for each of 61 layers: 70,272 bytes (DeepSeek-AI 2025, Insights into DeepSeek-V3)."""
    found = generated(
        "deepseek_v3", 16, hidden_size=64, intermediate_size=64, moe_intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4, n_routed_experts=8, n_group=1, topk_group=1, vocab_size=100,
        kv_lora_rank=512, qk_rope_head_dim=64, q_lora_rank=32, first_k_dense_replace=1, num_experts_per_tok=2,
        dtype=torch.bfloat16,
    )  # fmt: skip
    assert found.cache_bytes_per_token / 2 * 61 == 70_272


def test_a_window_that_is_full_does_not_grow() -> None:
    small = {
        "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 99,
    }  # fmt: skip
    full = generated("mistral", 32, sliding_window=16, **small)
    assert full.cache_bytes_per_token == 0
    assert "does not grow" in full.notes[0]
    room = generated("mistral", 32, sliding_window=64, **small)
    assert room.cache_bytes_per_token == 2 * 2 * 2 * 16 * 4
    assert room.notes == ("2 layers keep 64 tokens at most: beyond that their part of the cache stops growing.",)


def test_the_state_of_a_state_space_model_has_a_fixed_size() -> None:
    small = {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 50, "state_size": 8}
    short, long = generated("mamba", 8, **small), generated("mamba", 24, **small)
    assert short.cache_bytes_per_token == long.cache_bytes_per_token == 0
    assert short.cache_bytes == long.cache_bytes > 0
    assert short.decode_macs == long.decode_macs


def test_an_encoder_runs_once_and_its_part_of_the_cache_is_fixed() -> None:
    found = generated("t5", 16, d_model=64, d_kv=16, d_ff=64, num_layers=2, num_heads=4, vocab_size=100)
    assert found.cache_bytes_per_token == 2 * 2 * 64 * 4
    assert found.cache_bytes == 2 * 16 * found.cache_bytes_per_token
    assert any("Encoder and decoder" in note for note in found.notes)
    assert found.decode_macs * 8 < found.prefill_macs


@pytest.mark.parametrize(
    ("module", "inputs", "reason"),
    [
        (nn.Linear(4, 4), (spec(1, 4),), "takes no cache"),
        (nn.TransformerEncoderLayer(16, 2, 16), (spec(2, 1, 16),), "takes no cache"),
    ],
)
def test_a_model_without_a_cache_says_so(module: nn.Module, inputs: tuple[object, ...], reason: str) -> None:
    with running(module, *inputs) as runs:  # type: ignore[arg-type]
        found = generation(runs)
    assert isinstance(found, Skipped)
    assert reason in found.reason


def test_a_model_that_hands_the_cache_on_without_naming_its_use_generates() -> None:
    """As vision-language models of transformers do, whose ``forward`` takes ``**kwargs``."""

    class Around(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids=None, past_key_values=None, **others):
            return self.inner(input_ids=input_ids, past_key_values=past_key_values, **others)

    ids = spec(1, 16, dtype="int64", name="input_ids")
    model, _ = language_model("gpt2", n_layer=2, n_embd=32, n_head=2)
    with running(model, ids) as runs:
        plain = generation(runs)
    assert isinstance(plain, Generation)
    with running(Around(model.module), ids) as runs:
        found = generation(runs)
    assert isinstance(found, Generation)
    assert replace(found, notes=()) == plain  # it does not say that its head is inside


def test_an_encoder_of_transformers_is_no_decoder() -> None:
    model, ids = language_model(
        "bert", hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=50
    )
    with running(model, ids) as runs:
        found = generation(runs)
    assert isinstance(found, Skipped)
    assert "no cache" in found.reason


def test_a_cache_is_walked_once_however_it_is_built() -> None:
    class Layer:
        def __init__(self) -> None:
            self.keys = torch.zeros(1, 2, 3)
            self.again = self.keys
            self.count = torch.zeros(5, dtype=torch.int64)
            self.owner = self

    layers = [Layer(), {"states": (torch.zeros(4), None)}]
    assert len(tensors_of(layers)) == 3
    assert cache_bytes(layers) == 4 * 6 + 4 * 4
