"""Arguments that hold a course of time."""

from __future__ import annotations

from modelreport.trace.inputs.series import series_forms
from tests.trace.inputs.subjects import subject


def test_the_past_reaches_as_far_back_as_the_longest_lag():
    def forward(past_values, past_time_features, future_values=None): ...

    model = subject(forward, context_length=10, lags_sequence=[1, 7], prediction_length=5, num_time_features=3)
    assert series_forms("past_values", model)[0].shape == (1, 17)
    assert series_forms("past_time_features", model)[0].shape == (1, 17, 3)
    assert series_forms("future_values", model)[0].shape == (1, 5)
    assert series_forms("future_time_features", model)[0].shape == (1, 5, 3)


def test_several_channels_are_the_last_dimension():
    model = subject(lambda past_values: None, context_length=32, num_input_channels=2)
    assert series_forms("past_values", model)[0].shape == (1, 32, 2)
    assert series_forms("pixel_values", model) == []


def test_padding_is_as_long_as_the_values_and_says_that_all_count():
    def forecast(past_values, past_values_padding, freq):
        """Args:
        past_values (`torch.FloatTensor` of shape `(batch_size, sequence_length)`):
            What was.
        """

    model = subject(forecast, context_length=96)
    assert series_forms("past_values", model)[0].shape == (1, 96)
    padding = series_forms("past_values_padding", model)[0]
    assert (padding.shape, padding.fill) == ((1, 96), "zeros")
    assert series_forms("freq", model)[0].shape == (1, 1)
