"""Inputs of denoising networks with the settings of diffusers, which is not needed for this."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Model
from modelreport.facts import Identification
from modelreport.trace.inputs.denoising import denoising_sets, is_denoiser
from modelreport.trace.inputs.subject import subject_of
from modelreport.trace.search import best_pass, parameters_of


class Denoiser(nn.Module):
    """A network as small as can be, with the arguments of a denoising one with text, sizes and a pooled vector."""

    def __init__(self, **settings):
        super().__init__()
        self.config = settings
        self.conv_in = nn.Conv2d(settings["in_channels"], 8, 3, padding=1)
        self.time = nn.Linear(1, 8)
        self.to_k = nn.Linear(settings["cross_attention_dim"], 8)
        self.added = nn.Linear(settings["projection_class_embeddings_input_dim"], 8)

    def forward(self, sample, timestep, encoder_hidden_states, class_labels=None, added_cond_kwargs=None):
        vectors, sizes = added_cond_kwargs["text_embeds"], added_cond_kwargs["time_ids"]
        spread = sizes.flatten().repeat_interleave(self.config["addition_time_embed_dim"])[None]
        beside = self.time(timestep[:, None].float()) + self.added(torch.cat([vectors, spread], 1))
        return self.conv_in(sample) + (beside + self.to_k(encoder_hidden_states).mean(1))[..., None, None]


SETTINGS = {
    "sample_size": 32, "in_channels": 4, "cross_attention_dim": 24, "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 12 + 6 * 8, "_class_name": "Denoiser",
}  # fmt: skip


def fed(forward, **settings):
    """What is fed first to a model with this ``forward`` and these settings: shapes by name."""
    module = nn.Module()
    module.forward = forward
    module.config = settings
    model = subject_of(module, list(inspect.signature(forward).parameters.values()))
    assert model is not None
    found = next(denoising_sets(model), ("", {}))[1]
    return {name: getattr(value, "shape", value) for name, value in found.items()}


def test_a_network_with_text_time_and_sizes_runs_at_once_and_whole():
    module = Denoiser(**SETTINGS).to("meta")
    known = Identification(name="Denoiser", library="diffusers", how="config")
    result, tries = best_pass(Model(known, module), None, lambda _: None)
    assert result is not None
    assert result.error is None
    assert tries == 1
    assert parameters_of(module) == result.touched
    shapes = [i.shape for i in result.inputs]
    assert shapes == [(1, 4, 32, 32), (1,), (1, 77, 24), (1, 12), (1, 6)]


def test_a_transformer_of_images_takes_latents_text_and_a_pooled_vector():
    def forward(hidden_states, encoder_hidden_states=None, pooled_projections=None, timestep=None, guidance=None):
        raise NotImplementedError

    shapes = fed(forward, sample_size=128, in_channels=16, joint_attention_dim=4096, pooled_projection_dim=2048)
    assert shapes == {
        "hidden_states": (1, 16, 128, 128), "timestep": (1,), "encoder_hidden_states": (1, 77, 4096),
        "pooled_projections": (1, 2048),
    }  # fmt: skip
    assert "guidance" in fed(forward, in_channels=16, guidance_embeds=True)


def test_a_transformer_of_patches_gets_their_places():
    def forward(hidden_states, encoder_hidden_states=None, timestep=None, img_ids=None, txt_ids=None):
        raise NotImplementedError

    shapes = fed(forward, in_channels=64, joint_attention_dim=32, axes_dims_rope=(16, 56, 56, 8))
    assert (shapes["hidden_states"], shapes["img_ids"], shapes["txt_ids"]) == ((1, 256, 64), (256, 4), (77, 4))


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({"patch_size": (1, 2, 2), "in_channels": 16}, (1, 16, 4, 64, 64)),
        ({"patch_size_t": 1, "patch_size": 2, "in_channels": 12, "sample_height": 60, "sample_width": 90,
          "sample_frames": 49}, (1, 4, 12, 60, 90)),
    ],
)  # fmt: skip
def test_videos_have_their_frames_where_the_settings_put_them(settings, shape):
    assert fed(lambda hidden_states, timestep: None, **settings)["hidden_states"] == shape


def test_classes_are_fed_where_there_are_some():
    def forward(hidden_states, timestep=None, class_labels=None):
        raise NotImplementedError

    assert fed(forward, in_channels=4, num_embeds_ada_norm=1000)["class_labels"] == (1,)
    assert "class_labels" not in fed(forward, in_channels=4)
    projected = fed(forward, in_channels=4, class_embed_type="projection", projection_class_embeddings_input_dim=20)
    assert projected["class_labels"] == (1, 20)


def test_an_autoencoder_takes_an_image_and_a_control_network_eight_times_the_side():
    assert fed(lambda sample: None, in_channels=3, sample_size=512) == {"sample": (1, 3, 512, 512)}
    control = fed(lambda sample, timestep, controlnet_cond: None, in_channels=4, sample_size=64)
    assert control["controlnet_cond"] == (1, 3, 512, 512)


def test_a_configuration_that_is_no_mapping_and_a_mapping_of_something_else_are_left_alone():
    module = nn.Module()
    module.forward = lambda input_ids: None
    module.config = {"in_channels": 4}
    model = subject_of(module, list(inspect.signature(module.forward).parameters.values()))
    assert model is not None
    assert not is_denoiser(model)
    assert list(denoising_sets(model)) == []


def test_senseless_sizes_are_not_taken():
    hostile = fed(lambda sample, timestep: None, in_channels=4, sample_size=10**12)
    assert hostile["sample"] == (1, 4, 64, 64)


def test_sizes_are_told_beside_the_text_where_the_settings_ask_for_them_or_the_image_is_large():
    def forward(hidden_states, timestep=None, added_cond_kwargs=None):
        raise NotImplementedError

    for settings in ({"use_additional_conditions": True}, {"use_additional_conditions": None, "sample_size": 128}):
        added = fed(forward, in_channels=4, **settings)["added_cond_kwargs"]
        assert {name: value.shape for name, value in added.items()} == {"resolution": (1, 2), "aspect_ratio": (1, 1)}
    small = fed(forward, in_channels=4, sample_size=64, use_additional_conditions=None)
    assert small["added_cond_kwargs"] == {"resolution": None, "aspect_ratio": None}
