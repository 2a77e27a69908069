from __future__ import annotations

from typing import Any

import pytest

from modelreport.identify.bare import candidates
from modelreport.identify.fitting import Shape
from modelreport.identify.libraries import load_library
from modelreport.identify.reconstruct import Reconstructed, arguments_of, reconstruct, usual_values, with_heads
from modelreport.identify.relations import Solution
from tests.identify.libraries import shapes_of_class

transformers = load_library("transformers")
assert transformers is not None


def rebuilt(shapes: dict[str, Shape], name: str) -> Reconstructed:
    found = next(c for c in candidates(shapes) if c.name == name)
    made = reconstruct(found, shapes)
    assert made is not None
    return made


SMALL = [
    ("BertForSequenceClassification", {"hidden_size": 96, "num_hidden_layers": 3, "intermediate_size": 200,
     "num_attention_heads": 4, "vocab_size": 555, "num_labels": 7}),
    ("LlamaForCausalLM", {"hidden_size": 256, "num_hidden_layers": 3, "intermediate_size": 300, "vocab_size": 777,
     "num_attention_heads": 4, "num_key_value_heads": 2}),
    ("GPT2LMHeadModel", {"n_embd": 96, "n_layer": 2, "n_head": 4, "vocab_size": 500, "n_positions": 64}),
    ("T5ForConditionalGeneration", {"d_model": 64, "d_ff": 100, "d_kv": 16, "num_heads": 3, "num_layers": 2,
     "num_decoder_layers": 3, "vocab_size": 300, "feed_forward_proj": "gated-gelu"}),
    ("WhisperForConditionalGeneration", {"d_model": 64, "encoder_layers": 2, "decoder_layers": 3,
     "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 96, "decoder_ffn_dim": 80}),
    ("MixtralForCausalLM", {"hidden_size": 128, "intermediate_size": 96, "num_hidden_layers": 2,
     "num_attention_heads": 4, "num_key_value_heads": 2, "num_local_experts": 4, "vocab_size": 200}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), SMALL, ids=[n for n, _ in SMALL])
def test_a_family_of_any_size_is_built_so_that_every_shape_fits(name: str, options: dict[str, Any]) -> None:
    shapes = shapes_of_class(name, **options)
    made = rebuilt(shapes, name)
    assert (made.fit.matched, made.fit.changed, made.fit.missing) == (made.fit.total, (), ())
    assert {n: tuple(t.shape) for n, t in made.module.state_dict().items()} == shapes
    heads = {
        "num_attention_heads",
        "n_head",
        "num_key_value_heads",
        "encoder_attention_heads",
        "decoder_attention_heads",
    }
    for field, value in options.items():
        if field not in heads:
            assert getattr(made.module.config, field) == value


def test_heads_that_no_shape_proves_are_assumed_and_those_that_one_proves_are_not() -> None:
    bert = rebuilt(
        shapes_of_class("BertModel", hidden_size=96, num_hidden_layers=1, num_attention_heads=4), "BertModel"
    )
    assert set(bert.assumed) == {"num_attention_heads"}
    assert "num_attention_heads" not in bert.proved
    t5 = rebuilt(shapes_of_class("T5EncoderModel", d_model=64, d_kv=16, num_heads=3, num_layers=1), "T5EncoderModel")
    assert t5.assumed == {}
    assert t5.proved["num_heads"] == 3


def test_a_wrapper_stays_in_the_names_of_the_file() -> None:
    shapes = {
        f"net.{n}": s
        for n, s in shapes_of_class("BertModel", hidden_size=64, num_hidden_layers=1, num_attention_heads=4).items()
    }
    made = rebuilt(shapes, "BertModel")
    assert made.fit.renamed["pooler.dense.weight"] == "net.pooler.dense.weight"
    assert set(made.fit.renamed.values()) == set(shapes)


def test_a_small_head_of_ones_own_lies_beside_and_a_layer_that_is_cut_does_not_fit() -> None:
    shapes = {
        f"bert.{n}": s
        for n, s in shapes_of_class("BertModel", hidden_size=64, num_hidden_layers=2, num_attention_heads=4).items()
    }
    made = rebuilt(shapes | {"fc.weight": (3, 64), "fc.bias": (3,)}, "BertModel")
    assert made.fit.unexpected == ("fc.weight", "fc.bias")
    assert "2 tensors lie beside it" in made.notes[0]
    half = {n: s for n, s in shapes.items() if "layer.1.output" not in n}
    assert all(reconstruct(c, half) is None for c in candidates(half)[:2])


def test_a_missing_pooler_is_said() -> None:
    shapes = {
        n: s
        for n, s in shapes_of_class("BertModel", hidden_size=64, num_hidden_layers=1, num_attention_heads=4).items()
        if "pooler" not in n
    }
    made = rebuilt(shapes, "BertModel")
    assert made.fit.missing == ("pooler.dense.weight", "pooler.dense.bias")
    assert "no pooler" in made.notes[0]


def test_widths_that_cannot_be_divided_are_no_solution() -> None:
    defaults = {"hidden_size": 768, "num_attention_heads": 12}
    assert with_heads(defaults, Solution({"hidden_size": 100}), [], 0) == (None, {})
    solution, assumed = with_heads(defaults, Solution({"hidden_size": 128}), [], 0)
    assert solution is not None
    assert assumed == {"num_attention_heads": 2}


def test_of_values_that_only_occur_together_one_is_solved_and_the_others_are_the_usual_ones() -> None:
    seen = [([["+", 0, ["vocab", 1, 1], ["extra", 1, 1]]], (1032,), 1)]
    assert usual_values({"vocab": 1000, "extra": 32}, {}, seen) == {"extra": 32}  # type: ignore[arg-type]


def test_values_by_path_become_arguments() -> None:
    default = transformers.SwinConfig()
    assert arguments_of({"embed_dim": 48, "depths.1": 4}, default) == {"embed_dim": 48, "depths": [2, 4, 6, 2]}
    clip = arguments_of({"text_config.hidden_size": 64}, transformers.CLIPConfig())
    assert clip == {"text_config": {"model_type": "clip_text_model", "hidden_size": 64}}
