"""What is known of a model that is to be fed."""

from __future__ import annotations

from torch import nn

from modelreport.trace.inputs.subject import subject_of
from tests.trace.inputs.subjects import subject


def test_models_without_a_configuration_are_no_subject():
    assert subject_of(nn.Linear(2, 2), []) is None


def test_arguments_without_a_default_are_needed():
    found = subject(lambda pixel_values, grid_thw, mask=None: None)
    assert found.needed == ["pixel_values", "grid_thw"]
    assert found.names == {"pixel_values", "grid_thw", "mask"}
    assert found.grid


def test_the_main_input_is_what_the_model_says_if_it_takes_it():
    found = subject(lambda waves: None)
    assert found.main == "input_ids"
    found.module.main_input_name = "waves"
    assert found.main == "waves"


def test_the_first_layer_says_how_many_numbers_it_takes():
    layers = nn.Sequential(nn.Embedding(9, 5), nn.Conv3d(3, 8, (2, 14, 14)), nn.Linear(8, 4))
    assert subject(layers=layers).fan_in == 3 * 2 * 14 * 14
    assert subject(layers=nn.LayerNorm(7)).fan_in == 7
    assert subject().fan_in == 0
