"""Arguments that hold a course of time: past and future values with their features, states, actions and rewards."""

from __future__ import annotations

from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.subject import Subject


def series_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument of this name may be given, the likeliest first; nothing for names of another kind."""
    config = subject.config
    context = config.whole("context_length", "seq_length", "sequence_length", default=64)
    lags = config.find("lags_sequence", default=None)
    past = context + (max(lags) if isinstance(lags, (list, tuple)) and lags else 0)
    ahead = config.whole("prediction_length", default=0) or context
    channels = config.whole("num_input_channels", "input_size", default=1)
    values = (1, past) if channels == 1 and "past_time_features" in subject.names else (1, past, channels)
    features = config.whole("num_time_features", default=0)
    if name == "past_values":
        stated = subject.shapes.get(name)
        forms = [Dummy(values), Dummy((1, past))]
        return forms[::-1] if stated is not None and len(stated.dims) == 2 else forms
    if name == "past_values_padding":
        return [Dummy((1, past), "zeros", "int64")]
    if name == "freq":
        return [Dummy((1, 1), "zeros", "int64")]
    if name == "past_observed_mask":
        return [Dummy(values, "ones", "float32")]
    if name == "past_time_features":
        return [Dummy((1, past, features))]
    if name == "future_values":
        return [Dummy((values[0], ahead, *values[2:]))]
    if name == "future_time_features":
        return [Dummy((1, ahead, features))]
    if name == "static_categorical_features":
        return [Dummy((1, config.whole("num_static_categorical_features", default=0)), "zeros", "int64")]
    if name == "static_real_features":
        return [Dummy((1, config.whole("num_static_real_features", default=0)))]
    if name == "timesteps":
        return [Dummy((1, config.sequence), "literal", "int64", literal=(tuple(range(config.sequence)),))]
    return []
