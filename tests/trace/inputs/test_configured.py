"""Inputs from configurations."""

from __future__ import annotations

import pytest

from modelreport.meta import on_meta
from modelreport.trace.inputs.configured import configured
from tests.trace.inputs.subjects import subject
from tests.trace.models import complete_trace_of


@pytest.fixture
def built(torchvision):
    """A transformers model of the given type and settings, without data."""
    import transformers

    def build(kind: str, **settings):
        config = transformers.CONFIG_MAPPING[kind](**settings)
        with on_meta():
            return transformers.AutoModel.from_config(config).eval()

    return build


SMALL = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64}


def inputs_of(found) -> dict[str, tuple[int, ...]]:
    return {s.name: s.shape for s in found.inputs}


def test_text_models_get_128_ids(built):
    found = complete_trace_of(built("bert", vocab_size=99, **SMALL))
    assert inputs_of(found) == {"input_ids": (1, 128)}
    assert found.input_origin == "from the configuration: input_ids 1×128"
    assert found.untouched == ()


def test_short_models_get_as_many_ids_as_they_have_positions(built):
    assert inputs_of(complete_trace_of(built("gpt2", n_layer=1, n_embd=8, n_head=2, n_positions=24))) == {
        "input_ids": (1, 24)
    }


def test_image_models_get_the_size_of_their_configuration(built):
    found = complete_trace_of(built("vit", image_size=64, patch_size=16, num_channels=1, **SMALL))
    assert inputs_of(found) == {"pixel_values": (1, 1, 64, 64)}


def test_encoder_decoder_models_get_both_sides(built):
    found = complete_trace_of(built("t5", num_layers=1, d_model=16, d_kv=4, num_heads=4, d_ff=32, vocab_size=50))
    assert inputs_of(found) == {"input_ids": (1, 128), "decoder_input_ids": (1, 128)}


def test_speech_models_get_as_much_sound_as_they_have_positions(built):
    found = complete_trace_of(
        built("whisper", encoder_layers=1, decoder_layers=1, d_model=48, max_source_positions=100)
    )
    assert inputs_of(found)["input_features"] == (1, 80, 200)


def test_two_towers_are_both_fed(built):
    found = complete_trace_of(built("clip", text_config=dict(SMALL), vision_config=dict(SMALL)))
    assert set(inputs_of(found)) == {"input_ids", "pixel_values"}
    assert found.untouched == ()


def test_vision_language_models_get_placeholders_for_their_image(built):
    found = complete_trace_of(
        built(
            "llava",
            text_config={"model_type": "llama", "vocab_size": 99, **SMALL},
            vision_config={"model_type": "clip_vision_model", "image_size": 64, "patch_size": 16, **SMALL},
            image_token_index=98,
        )
    )
    assert set(inputs_of(found)) == {"input_ids", "pixel_values"}
    assert all("post_layernorm" in name for name in found.untouched)
    assert found.guesses == ()


def test_mixtures_of_experts_cost_as_many_experts_as_each_token_visits(built):
    """128 tokens × 2 of 4 experts × (gate and up: 32·2·64, down: 64·32); which ones they are does not matter."""
    found = complete_trace_of(built("mixtral", num_key_value_heads=2, num_local_experts=4, vocab_size=99, **SMALL))
    experts = [o for o in found.operations if "grouped_mm" in o.name]
    assert sum(o.macs or 0 for o in experts) == 128 * 2 * (32 * 2 * 64 + 64 * 32)
    assert found.guesses == ()
    assert found.untouched == ()


def test_caches_in_the_output_do_not_matter(built):
    settings = {"vocab_size": 99, "num_key_value_heads": 2, **SMALL}
    found = complete_trace_of(built("llama", **settings))
    assert found.outputs[0].name == "last_hidden_state"
    assert found.guesses == ()


def test_text_and_image_of_a_grid_agree_about_their_placeholders(built):
    text = {**SMALL, "vocab_size": 99, "num_key_value_heads": 2, "max_position_embeddings": 512}
    rope = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
    found = complete_trace_of(
        built(
            "qwen2_vl",
            text_config={**text, "rope_parameters": rope},
            vision_config={"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "patch_size": 14},
            image_token_id=98, video_token_id=97, vision_start_token_id=96, vision_end_token_id=95,
        )
    )  # fmt: skip
    assert inputs_of(found)["pixel_values"] == (256, 3 * 2 * 14 * 14)
    assert inputs_of(found)["input_ids"] == (1, 256 // 4 + 2 + 32)
    assert found.untouched == ()


def test_classifiers_that_look_for_the_end_of_a_text_find_it(built):
    from transformers import BartConfig, BartForSequenceClassification

    config = BartConfig(
        vocab_size=99, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
    )  # fmt: skip
    with on_meta():
        model = BartForSequenceClassification(config).eval()
    found = complete_trace_of(model)
    assert found.outputs[0].shape == (1, 3)
    assert found.untouched == ()


def test_what_an_error_asks_for_is_spared_for_it():
    found = next(configured(*_module(lambda input_ids, bbox=None, labels=None, past_key_values=None: None)))
    assert set(found.spare) == {"bbox"}


def _module(forward):
    model = subject(forward)
    return model.module, list(model.parameters)
