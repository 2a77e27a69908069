"""Arguments that hold sound."""

from __future__ import annotations

from torch import nn

from modelreport.trace.inputs.audio import FRAMES, audio_forms
from tests.trace.inputs.subjects import subject


def shapes(name, model):
    return [form.shape for form in audio_forms(name, model)]


def test_bands_are_channels_where_a_convolution_takes_them():
    conv = subject(layers=nn.Conv1d(80, 8, 3), max_source_positions=100)
    assert shapes("input_features", conv)[0] == (1, 80, 200)
    assert shapes("input_features", subject(layers=nn.Linear(80, 8)))[0] == (1, FRAMES, 80)


def test_waves_are_a_second_long_in_whole_steps():
    assert shapes("input_values", subject())[0] == (1, 16000)
    assert shapes("input_values", subject(audio_channels=2))[0] == (1, 2, 16000)
    assert shapes("input_values", subject(hop_length=1920))[0] == (1, 17280)


def test_codes_stay_below_the_size_of_their_codebook():
    codes = audio_forms("audio_codes", subject(num_codebooks=4, codebook_size=10))[0]
    assert (codes.shape, codes.high) == ((1, 4, FRAMES), 10)
    assert audio_forms("input_ids", subject()) == []
