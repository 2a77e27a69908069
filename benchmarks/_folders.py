"""Hugging Face folders of large published models, made without their weights: configurations, indexes, shard headers.

The configurations are those on the hub (the values that shape the network); names, shapes and dtypes of the tensors are
those of the published shards, so that the index's ``total_size`` can be compared with the published one. The values
themselves are a hole in a sparse file, or the shards are left out.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

Tensor = tuple[str, str, tuple[int, ...]]
"""Name, dtype as safetensors writes it, shape."""
WIDTH = {"BF16": 2, "F32": 4, "F8_E4M3": 1}
SHARD_BYTES = 5_000_000_000


class Published(NamedTuple):
    """A published model."""

    config: dict[str, Any]
    tensors: Callable[[dict[str, Any]], Iterator[Tensor]]
    parameters: int
    """As its library counts them."""
    total_size: int
    """Bytes of all tensors, as the published index states them; 0 where it was not looked up."""


def attention(config: dict[str, Any], at: str, *, norms: bool = False) -> Iterator[Tensor]:
    """Query, key, value and output of grouped attention; ``norms`` over the heads."""
    width, heads = config["hidden_size"], config["num_attention_heads"]
    head = config.get("head_dim", width // heads)
    few = config["num_key_value_heads"] * head
    yield f"{at}.q_proj.weight", "BF16", (heads * head, width)
    yield f"{at}.k_proj.weight", "BF16", (few, width)
    yield f"{at}.v_proj.weight", "BF16", (few, width)
    yield f"{at}.o_proj.weight", "BF16", (width, heads * head)
    for name in ("q_norm", "k_norm") if norms else ():
        yield f"{at}.{name}.weight", "BF16", (head,)


def gated(
    at: str, width: int, inner: int, names: tuple[str, str, str] = ("gate_proj", "up_proj", "down_proj")
) -> Iterator[Tensor]:
    """The three matrices of a gated feed-forward layer."""
    gate, up, down = names
    yield f"{at}.{gate}.weight", "BF16", (inner, width)
    yield f"{at}.{up}.weight", "BF16", (inner, width)
    yield f"{at}.{down}.weight", "BF16", (width, inner)


def ends(config: dict[str, Any]) -> Iterator[Tensor]:
    """Embedding, last normalisation, output layer."""
    width, words = config["hidden_size"], config["vocab_size"]
    yield "model.embed_tokens.weight", "BF16", (words, width)
    yield "model.norm.weight", "BF16", (width,)
    yield "lm_head.weight", "BF16", (words, width)


def norms(config: dict[str, Any], at: str) -> Iterator[Tensor]:
    """The two normalisations of a layer."""
    for name in ("input_layernorm", "post_attention_layernorm"):
        yield f"{at}.{name}.weight", "BF16", (config["hidden_size"],)


def llama(config: dict[str, Any]) -> Iterator[Tensor]:
    """Tensors of a Llama."""
    yield from ends(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        yield from norms(config, at)
        yield from attention(config, f"{at}.self_attn")
        yield from gated(f"{at}.mlp", config["hidden_size"], config["intermediate_size"])


def mixtral(config: dict[str, Any]) -> Iterator[Tensor]:
    """Tensors of a Mixtral: every expert by itself, as published."""
    width = config["hidden_size"]
    yield from ends(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        yield from norms(config, at)
        yield from attention(config, f"{at}.self_attn")
        yield f"{at}.block_sparse_moe.gate.weight", "BF16", (config["num_local_experts"], width)
        for expert in range(config["num_local_experts"]):
            place = f"{at}.block_sparse_moe.experts.{expert}"
            yield from gated(place, width, config["intermediate_size"], ("w1", "w3", "w2"))


def qwen3_moe(config: dict[str, Any]) -> Iterator[Tensor]:
    """Tensors of a Qwen3 mixture of experts."""
    width = config["hidden_size"]
    yield from ends(config)
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        yield from norms(config, at)
        yield from attention(config, f"{at}.self_attn", norms=True)
        yield f"{at}.mlp.gate.weight", "BF16", (config["num_experts"], width)
        for expert in range(config["num_experts"]):
            yield from gated(f"{at}.mlp.experts.{expert}", width, config["moe_intermediate_size"])


def in_fp8(tensors: Iterator[Tensor]) -> Iterator[Tensor]:
    """Matrices as 8-bit floats with a scale for each block of 128 × 128."""
    for name, _, shape in tensors:
        yield name, "F8_E4M3", shape
        yield f"{name}_scale_inv", "F32", tuple(math.ceil(n / 128) for n in shape)


def deepseek_attention(config: dict[str, Any], at: str) -> Iterator[Tensor]:
    """Latent attention: low-rank query, low-rank key and value."""
    width, heads = config["hidden_size"], config["num_attention_heads"]
    low_q, low_kv, rope = config["q_lora_rank"], config["kv_lora_rank"], config["qk_rope_head_dim"]
    head, value = config["qk_nope_head_dim"], config["v_head_dim"]
    matrices: list[Tensor] = [
        (f"{at}.q_a_proj.weight", "BF16", (low_q, width)),
        (f"{at}.q_b_proj.weight", "BF16", (heads * (head + rope), low_q)),
        (f"{at}.kv_a_proj_with_mqa.weight", "BF16", (low_kv + rope, width)),
        (f"{at}.kv_b_proj.weight", "BF16", (heads * (head + value), low_kv)),
        (f"{at}.o_proj.weight", "BF16", (width, heads * value)),
    ]
    yield from in_fp8(iter(matrices))
    yield f"{at}.q_a_layernorm.weight", "BF16", (low_q,)
    yield f"{at}.kv_a_layernorm.weight", "BF16", (low_kv,)


def deepseek(config: dict[str, Any]) -> Iterator[Tensor]:
    """Tensors of DeepSeek-V3, its layer for predicting a second token included."""
    width, inner = config["hidden_size"], config["moe_intermediate_size"]
    yield from ends(config)
    last = config["num_hidden_layers"]
    for layer in range(last + config["num_nextn_predict_layers"]):
        at = f"model.layers.{layer}"
        yield from norms(config, at)
        yield from deepseek_attention(config, f"{at}.self_attn")
        if layer < config["first_k_dense_replace"]:
            yield from in_fp8(gated(f"{at}.mlp", width, config["intermediate_size"]))
        else:
            yield f"{at}.mlp.gate.weight", "BF16", (config["n_routed_experts"], width)
            yield f"{at}.mlp.gate.e_score_correction_bias", "F32", (config["n_routed_experts"],)
            yield from in_fp8(gated(f"{at}.mlp.shared_experts", width, inner * config["n_shared_experts"]))
            for expert in range(config["n_routed_experts"]):
                yield from in_fp8(gated(f"{at}.mlp.experts.{expert}", width, inner))
        if layer >= last:
            yield f"{at}.embed_tokens.weight", "BF16", (config["vocab_size"], width)
            yield f"{at}.enorm.weight", "BF16", (width,)
            yield f"{at}.hnorm.weight", "BF16", (width,)
            yield f"{at}.eh_proj.weight", "BF16", (width, 2 * width)
            yield f"{at}.shared_head.norm.weight", "BF16", (width,)
            yield f"{at}.shared_head.head.weight", "BF16", (config["vocab_size"], width)


MODELS: dict[str, Published] = {
    "Llama-3-70B": Published(
        {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": False,
            "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": 128001, "hidden_act": "silu",
            "hidden_size": 8192, "initializer_range": 0.02, "intermediate_size": 28672,
            "max_position_embeddings": 8192, "num_attention_heads": 64, "num_hidden_layers": 80,
            "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_scaling": None,
            "rope_theta": 500000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True,
            "vocab_size": 128256,
        },
        llama, 70_553_706_496, 141_107_412_992,
    ),
    "Llama-3.1-405B": Published(
        {
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": False,
            "attention_dropout": 0.0, "bos_token_id": 128000, "eos_token_id": 128001, "hidden_act": "silu",
            "hidden_size": 16384, "initializer_range": 0.02, "intermediate_size": 53248,
            "max_position_embeddings": 131072, "mlp_bias": False, "num_attention_heads": 128,
            "num_hidden_layers": 126, "num_key_value_heads": 8, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
            "rope_scaling": {
                "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192, "rope_type": "llama3",
            },
            "rope_theta": 500000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True,
            "vocab_size": 128256,
        },
        llama, 405_853_388_800, 811_706_777_600,
    ),
    "Mixtral-8x22B": Published(
        {
            "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "attention_dropout": 0.0,
            "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu", "hidden_size": 6144,
            "initializer_range": 0.02, "intermediate_size": 16384, "max_position_embeddings": 65536,
            "num_attention_heads": 48, "num_experts_per_tok": 2, "num_hidden_layers": 56, "num_key_value_heads": 8,
            "num_local_experts": 8, "output_router_logits": False, "rms_norm_eps": 1e-05, "rope_theta": 1000000.0,
            "router_aux_loss_coef": 0.001, "sliding_window": None, "tie_word_embeddings": False,
            "torch_dtype": "bfloat16", "use_cache": True, "vocab_size": 32000,
        },
        mixtral, 140_620_634_112, 281_241_268_224,
    ),
    "Qwen3-Coder-480B-A35B": Published(
        {
            "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "attention_bias": False,
            "attention_dropout": 0.0, "decoder_sparse_step": 1, "eos_token_id": 151645, "head_dim": 128,
            "hidden_act": "silu", "hidden_size": 6144, "initializer_range": 0.02, "intermediate_size": 8192,
            "max_position_embeddings": 262144, "max_window_layers": 62, "mlp_only_layers": [],
            "moe_intermediate_size": 2560, "norm_topk_prob": True, "num_attention_heads": 96, "num_experts": 160,
            "num_experts_per_tok": 8, "num_hidden_layers": 62, "num_key_value_heads": 8,
            "output_router_logits": False, "rms_norm_eps": 1e-06, "rope_scaling": None, "rope_theta": 10000000,
            "router_aux_loss_coef": 0.0, "shared_expert_intermediate_size": 0, "sliding_window": None,
            "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True, "use_qk_norm": True,
            "use_sliding_window": False, "vocab_size": 151936,
        },
        qwen3_moe, 480_154_875_392, 960_309_750_784,
    ),
    "DeepSeek-V3": Published(
        {
            "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "attention_bias": False,
            "attention_dropout": 0.0,
            "auto_map": {
                "AutoConfig": "configuration_deepseek.DeepseekV3Config",
                "AutoModel": "modeling_deepseek.DeepseekV3Model",
                "AutoModelForCausalLM": "modeling_deepseek.DeepseekV3ForCausalLM",
            },
            "bos_token_id": 0, "eos_token_id": 1, "ep_size": 1, "first_k_dense_replace": 3, "hidden_act": "silu",
            "hidden_size": 7168, "initializer_range": 0.02, "intermediate_size": 18432, "kv_lora_rank": 512,
            "max_position_embeddings": 163840, "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8,
            "n_routed_experts": 256, "n_shared_experts": 1, "norm_topk_prob": True, "num_attention_heads": 128,
            "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128,
            "num_nextn_predict_layers": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
            "quantization_config": {
                "activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128],
            },
            "rms_norm_eps": 1e-06,
            "rope_scaling": {
                "beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
                "original_max_position_embeddings": 4096, "type": "yarn",
            },
            "rope_theta": 10000, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid",
            "tie_word_embeddings": False, "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16",
            "use_cache": True, "v_head_dim": 128, "vocab_size": 129280,
        },
        deepseek, 671_026_404_352, 0,
    ),
}  # fmt: skip
"""Sources: ``config.json`` and ``model.safetensors.index.json`` of meta-llama/Meta-Llama-3-70B,
meta-llama/Llama-3.1-405B, mistralai/Mixtral-8x22B-v0.1, Qwen/Qwen3-Coder-480B-A35B-Instruct, deepseek-ai/DeepSeek-V3
on huggingface.co."""


def size_of(tensor: Tensor) -> int:
    """Bytes of a tensor."""
    return WIDTH[tensor[1]] * math.prod(tensor[2])


def shards_of(tensors: Iterator[Tensor], most: int = SHARD_BYTES) -> list[list[Tensor]]:
    """The tensors in files of at most ``most`` bytes."""
    shards: list[list[Tensor]] = [[]]
    filled = 0
    for tensor in tensors:
        if filled + size_of(tensor) > most and shards[-1]:
            shards.append([])
            filled = 0
        shards[-1].append(tensor)
        filled += size_of(tensor)
    return shards


def write_shard(path: Path, tensors: list[Tensor], *, whole: bool) -> None:
    """One safetensors file: its real header, then a hole for the values; without ``whole`` the header alone."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        name, dtype, shape = tensor
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size_of(tensor)]}
        end += size_of(tensor)
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if whole:
            file.truncate(8 + len(text) + end)


def write_folder(folder: Path, name: str, shards: str = "absent") -> Path:
    """A folder with ``config.json`` and the index; shards are ``absent``, ``headers`` or ``sparse``.

    With ``none`` there is no index either: the configuration alone.
    """
    model = MODELS[name]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(model.config, indent=2))
    (folder / "generation_config.json").write_text(json.dumps({"do_sample": True, "temperature": 0.6, "top_p": 0.9}))
    if shards == "none":
        return folder
    parts = shards_of(model.tensors(model.config))
    places: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        places.update((tensor[0], file) for tensor in part)
        if shards != "absent":
            write_shard(folder / file, part, whole=shards == "sparse")
    total = sum(size_of(tensor) for part in parts for tensor in part)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    return folder
