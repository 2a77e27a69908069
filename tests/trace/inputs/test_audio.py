"""Arguments that hold sound."""

from __future__ import annotations

from torch import nn

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.audio import FRAMES, audio_forms, suited
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


def listen(input_features, input_features_mask, feature_lengths, chunk_sample_lengths):
    raise NotImplementedError


def test_masks_and_lengths_are_those_of_the_spectrogram_beside_them():
    model = subject(listen, num_mel_bins=128)
    for sound in (Dummy((1, 128, 3000)), Dummy((1, 3000, 128))):
        fed = {"input_features": sound, **{n: audio_forms(n, model)[0] for n in MASKED}}
        assert audio_forms("input_features_mask", model)[0].shape == (1, FRAMES)
        found = suited(fed, model)
        assert found["input_features_mask"].shape == (1, 3000)
        assert found["feature_lengths"].literal == (3000,)
        assert found["chunk_sample_lengths"].literal == (3000 * 160,), "samples: a frame for every 160 of them"


MASKED = ("input_features_mask", "feature_lengths", "chunk_sample_lengths")


def test_frames_fill_whole_windows():
    assert shapes("input_features", subject(num_mel_bins=128, n_window=50))[0] == (1, 200, 128)


def test_sounds_one_after_another_have_no_batch():
    def encode(input_features, feature_lens):
        raise NotImplementedError

    model = subject(encode, num_mel_bins=128)
    assert shapes("input_features", model)[0] == (128, FRAMES)
    assert audio_forms("feature_lens", model)[0].literal == (FRAMES,)


def test_lengths_of_something_else_are_not_those_of_a_sound():
    assert audio_forms("text_lengths", subject(lambda input_ids, text_lengths: None)) == []
