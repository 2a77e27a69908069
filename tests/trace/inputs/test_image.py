"""Arguments that hold images and videos."""

from __future__ import annotations

from torch import nn

from modelreport.trace.inputs.image import ROWS, image_forms
from tests.trace.inputs.subjects import Settings, subject


def shapes(name, model):
    return [form.shape for form in image_forms(name, model)]


def test_images_come_one_or_several():
    assert shapes("pixel_values", subject(image_size=32))[:2] == [(1, 3, 32, 32), (1, 1, 3, 32, 32)]


def test_videos_have_frames():
    assert shapes("pixel_values", subject(image_size=32, num_frames=4))[0] == (1, 4, 3, 32, 32)
    assert shapes("pixel_values_videos", subject(image_size=32))[0] == (1, 16, 3, 32, 32)


def test_patches_with_a_grid_are_as_wide_as_the_configuration_says():
    def forward(pixel_values, image_grid_thw): ...

    model = subject(forward, vision_config=Settings(patch_size=14, temporal_patch_size=2))
    assert shapes("pixel_values", model)[0] == (ROWS * ROWS, 3 * 2 * 14 * 14)
    assert image_forms("image_grid_thw", model)[0].literal == ((1, ROWS, ROWS),)


def test_patches_given_as_hidden_states_are_as_wide_as_configured_or_as_the_first_layer():
    def forward(hidden_states, grid_thw): ...

    model = subject(forward, layers=nn.Conv3d(3, 8, (2, 4, 4)), patch_size=8)
    assert shapes("hidden_states", model) == [(ROWS * ROWS, 192), (ROWS * ROWS, 96)]


def test_images_in_tiles_are_cut_as_the_configuration_lists():
    def forward(pixel_values, image_sizes): ...

    model = subject(forward, image_size=336, image_grid_pinpoints=[[336, 672], [672, 672]])
    assert shapes("pixel_values", model)[0] == (1, 3, 3, 336, 336)


def test_prompts_lie_inside_the_image():
    model = subject(image_size=64)
    assert image_forms("input_points", model)[0].make(None).tolist() == [[[[32.0, 32.0]]]]
    assert image_forms("input_boxes", model)[0].make(None).max() == 32
    assert image_forms("input_labels", model)[0].shape == (1, 1, 1)
    assert image_forms("input_ids", model) == []


def test_patches_with_places_are_as_many_as_places_and_can_be_pooled():
    def look(pixel_values, pixel_position_ids):
        raise NotImplementedError

    model = subject(look, patch_size=16, num_channels=3, pooling_kernel_size=3)
    (places,) = image_forms("pixel_position_ids", model)
    assert image_forms("pixel_values", model)[0].shape == (1, 225, 768)
    assert places.shape == (1, 225, 2)
    assert places.literal[0][16] == (1, 1), "the second patch of the second row of fifteen"


def test_patches_are_shaped_as_the_documentation_says():
    def look(pixel_values, image_grid_thw):
        """Args:
        pixel_values (`torch.Tensor` of shape `(num_tokens, patch_size * merge_size, patch_size * merge_size, num_channels)`):
            Patches.
        """  # noqa: E501

    model = subject(look, patch_size=10, merge_size=2, num_channels=3)
    assert image_forms("pixel_values", model)[0].shape == (ROWS * ROWS, 20, 20, 3)


def test_frames_may_come_as_a_batch():
    video = subject(lambda pixel_values: None, num_frames=8, image_size=32)
    assert (8, 3, 32, 32) in [f.shape for f in image_forms("pixel_values", video)]


def test_a_block_of_frames_is_one_patch_with_its_colours_last():
    blocks = subject(lambda pixel_values: None, patch_size=40, temporal_patch_size=2)
    assert image_forms("pixel_values", blocks)[-1].shape == (1, 2, 40, 40, 3)


def test_embedded_patches_keep_their_rows():
    assert image_forms("patch_embeds", subject(hidden_size=24))[0].shape == (1, 24, ROWS, ROWS)


def test_a_mask_of_tiles_has_one_value_for_each():
    def look(pixel_values, pixel_attention_mask=None):
        """Args:
        pixel_attention_mask (`torch.BoolTensor` of shape `(batch_size, num_tiles)`):
            Real tiles.
        """

    (mask,) = image_forms("pixel_attention_mask", subject(look))
    assert (mask.shape, mask.dtype) == ((1, 1), "bool")
    pixels = subject(lambda pixel_values, pixel_attention_mask: None, image_size=32)
    assert image_forms("pixel_attention_mask", pixels)[0].shape == (1, 1, 32, 32)
