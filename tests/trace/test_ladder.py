"""Inputs found without help."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelreport.meta import Shadows, on_meta
from modelreport.trace.ladder import candidates
from tests.trace.inputs.subjects import Settings
from tests.trace.models import Net, complete_trace_of, vision


def test_image_models_get_images():
    found = vision("resnet18")
    assert found.inputs[0].shape == (1, 3, 224, 224)
    assert found.inputs[0].name == "x"
    assert "ResNet18_Weights" in found.input_origin


def test_a_flattened_size_is_read_off_the_error():
    found = complete_trace_of(Net())
    assert found.inputs[0].shape == (1, 3, 32, 32)
    assert "error message" in found.input_origin


def test_the_first_layer_is_named_in_words():
    found = complete_trace_of(nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1)))
    assert found.input_origin == "the first layer, 0, is Conv2d; 1×1×224×224 was tried"


def test_half_precision_weights_get_half_precision_input():
    found = complete_trace_of(nn.Sequential(nn.Linear(4, 4)).half())
    assert found.inputs[0].dtype == "float16"


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.conv = nn.Conv2d(3, 8, 16, 16)

    def forward(self, image, text, mask=None):
        return self.conv(image).mean((2, 3)) + self.words(text).mean(1)


def test_arguments_are_told_apart_by_their_names():
    found = complete_trace_of(Two())
    assert [(s.name, s.shape, s.dtype) for s in found.inputs] == [
        ("image", (1, 3, 224, 224), "float32"),
        ("text", (1, 16), "int64"),
    ]
    assert found.input_origin.startswith("by name: image 1×3×224×224, text 1×16")


def test_the_head_may_be_registered_before_the_stem():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(8, 10)
            self.stem = nn.Conv2d(3, 8, 3)

        def forward(self, x):
            if x.dim() != 4:
                raise ValueError("images, please")
            return self.head(self.stem(x).mean((2, 3)))

    assert complete_trace_of(Backwards()).inputs[0].shape == (1, 3, 224, 224)


def test_masks_lengths_and_time_steps_come_beside_the_main_input():
    class Denoiser(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)
            self.time = nn.Embedding(1000, 4)

        def forward(self, sample, timestep):
            return self.conv(sample) + self.time(timestep)[:, :, None, None]

    found = complete_trace_of(Denoiser())
    assert [s.dtype for s in found.inputs] == ["float32", "int64"]


class TimeFirst(nn.Module):
    """A denoising network as they are usually written: layers that embed the step stand first."""

    def __init__(self, **config):
        super().__init__()
        self.config = config
        self.embed = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 16))
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True, kdim=24, vdim=24)
        self.out = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, x, timesteps, context):
        waves = timesteps[:, None].float() * torch.arange(16)
        step = self.embed(torch.cat([waves.sin(), waves.cos()], -1))
        x = self.stem(x) + step[:, :, None, None]
        flat = x.flatten(2).transpose(1, 2)
        read, _ = self.attention(flat, context, context)
        return self.out(x + read.transpose(1, 2).reshape(x.shape))


def test_a_denoiser_gets_an_image_a_step_and_a_condition():
    found = complete_trace_of(TimeFirst())
    assert [(s.name, s.shape) for s in found.inputs] == [
        ("x", (1, 3, 224, 224)),
        ("timesteps", (1,)),
        ("context", (1, 77, 24)),
    ]
    assert found.input_origin.startswith("a step of time beside what a convolution reads: x 1×3×224×224")


def test_the_size_of_a_sample_comes_from_the_configuration():
    assert complete_trace_of(TimeFirst(sample_size=32)).inputs[0].shape == (1, 3, 32, 32)
    assert complete_trace_of(TimeFirst(sample_size=(16, 24))).inputs[0].shape == (1, 3, 16, 24)
    assert complete_trace_of(TimeFirst(sample_size="large")).inputs[0].shape == (1, 3, 224, 224)


def test_grids_of_vectors_are_no_images_in_lists_and_pairs():
    class Unusual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(20, 20)

        def forward(self, a, b):
            return self.first(a) + b

    assert not any("two images" in c.origin or "a list of" in c.origin for c in candidates(Unusual()))


def test_a_keyword_only_argument_is_found():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, *, features):
            return self.fc(features)

    assert complete_trace_of(Named()).inputs[0].name == "features"


def test_forward_without_arguments_runs():
    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.zeros(4, 4))

        def forward(self):
            return self.table.exp()

    found = complete_trace_of(Constant())
    assert found.inputs == ()
    assert found.input_origin == "forward takes no arguments"


@pytest.mark.parametrize("module", [nn.ReLU(), nn.Identity(), nn.Flatten()])
def test_modules_without_weights_get_some_image(module):
    assert complete_trace_of(module).inputs[0].shape == (1, 3, 224, 224)


def test_candidates_are_finite_and_differ():
    with on_meta():
        module = Net()
    found = [c.key for c in candidates(module)]
    assert 10 < len(found) < 200
    assert len(set(found)) > len(found) * 0.8


def test_a_transformer_gets_a_sequence_and_not_a_single_token():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, batch_first=True), 1)
    assert complete_trace_of(encoder).inputs[0].shape == (1, 16, 16)
    both = complete_trace_of(nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 4), 1))
    assert [s.shape for s in both.inputs] == [(16, 1, 16), (16, 1, 16)]


def test_a_generator_begins_with_a_point():
    generator = nn.Sequential(nn.ConvTranspose2d(100, 8, 4), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 3, 4, 2, 1))
    found = complete_trace_of(generator)
    assert found.inputs[0].shape == (1, 100, 1, 1)
    assert found.outputs[0].shape == (1, 3, 8, 8)


@pytest.mark.parametrize("value", [0, -1, 10**12, "many", [], {}, None, 1.5, [None], True])
def test_configurations_with_senseless_values_cost_nothing(value):
    names = (
        "vocab_size", "hidden_size", "image_size", "patch_size", "num_frames", "num_mel_bins", "num_channels",
        "max_position_embeddings", "num_codebooks", "image_token_id", "image_seq_length", "lags_sequence",
        "context_length", "image_grid_pinpoints", "spatial_merge_size", "hop_length",
    )  # fmt: skip

    class Anything(nn.Module):
        def __init__(self):
            super().__init__()
            self.config = Settings(**dict.fromkeys(names, value), vision_config=Settings(**dict.fromkeys(names, value)))
            self.words = nn.Embedding(20, 4)

        def forward(
            self,
            input_ids,
            pixel_values=None,
            image_sizes=None,
            image_grid_thw=None,
            input_features=None,
            audio_codes=None,
        ):
            return self.words(input_ids)

    for candidate in candidates(Anything()):
        for dummy in candidate.dummies:
            dummy.make(Shadows())
