"""Arguments that hold sound: waves, spectrograms, codes."""

from __future__ import annotations

from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.documented import size_of
from modelreport.trace.inputs.subject import Subject

RATE = 16_000
FRAMES = 192
"""Columns of a spectrogram; no usual number of bands, so that the two are told apart."""
WAVES = ("input_values", "waveform", "audio", "audio_values", "raw_speech", "wav", "decoder_input_values")


def audio_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument of this name may be given, the likeliest first; nothing for names of another kind."""
    config = subject.config
    if name in ("input_features", "audio_input_features", "audio_features", "decoder_input_features"):
        return _features(subject)
    if name in WAVES:
        return _waves(name, subject)
    if name in ("spectrogram", "mel_spectrogram", "reference_mel"):
        bands = config.whole("model_in_dim", "mel_dim", default=config.bands)
        return [Dummy((1, FRAMES, bands)), Dummy((1, bands, FRAMES))]
    if name in ("audio_codes", "codes", "code"):
        books = config.whole("num_codebooks", "num_quantizers", "n_codebooks", "n_q", default=8)
        high = min(1000, config.whole("codebook_size", "vocab_size", default=100))
        return [Dummy((1, books, FRAMES), "ids", "int64", high), Dummy((1, FRAMES), "ids", "int64", high)]
    if name in ("input_features_mask", "feature_attention_mask", "audio_attention_mask", "padding_mask"):
        features = next(iter(_features(subject)), None)
        frames = max(features.shape[1:]) if features is not None and len(features.shape) > 2 else FRAMES
        return [Dummy((1, frames if "padding" not in name else RATE), "ones", "int64")]
    return []


def _features(subject: Subject) -> list[Any]:
    """A spectrogram: frames by bands as most have it, bands by frames where a convolution comes first."""
    config = subject.config
    bands = config.bands
    positions = config.whole("max_source_positions", part="audio", default=0)
    across = Dummy((1, bands, 2 * positions if 0 < positions <= 4000 else 3000))
    along = Dummy((1, FRAMES, bands))
    stated = subject.shapes.get("input_features")
    dims = stated.dims if stated is not None else ()
    first = _first_convolution(subject, bands)
    if first or (len(dims) == 3 and ("bin" in dims[1] or "feature_size" in dims[1])):
        return [across, Dummy((1, bands, FRAMES)), along]
    return [along, across, Dummy((1, 1, 1024, bands)), Dummy((1, 1, config.whole("spec_size", default=256), 4 * bands))]


def _first_convolution(subject: Subject, bands: int) -> bool:
    """Whether a convolution along time takes the bands as channels."""
    from torch import nn

    first = next((m for m in subject.module.modules() if isinstance(m, nn.Conv1d)), None)
    return first is not None and first.in_channels == bands


def _waves(name: str, subject: Subject) -> list[Any]:
    config = subject.config
    if name.startswith("decoder"):
        return [Dummy((1, FRAMES, config.bands))]
    if config.find("frequency_stride"):
        return [Dummy((1, config.whole("max_length", default=1024), config.bands))]
    channels = config.whole("audio_channels", "in_channels", default=0)
    stated = subject.shapes.get(name)
    hop = config.whole("hop_length", "frame_size", "samples_per_frame", default=0)
    length = RATE if not 0 < hop < RATE else -(-RATE // hop) * hop
    wave, channelled = Dummy((1, length)), Dummy((1, channels or 1, length))
    if stated is not None and len(stated.dims) == 3 and size_of(stated.dims[2], config) is not None:
        return [channelled, wave]
    return [channelled, wave] if channels else [wave, channelled]
