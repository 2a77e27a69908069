"""Arguments that hold sound: waves, spectrograms, codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelreport.trace.dummies import Dummy
from modelreport.trace.inputs.documented import size_of
from modelreport.trace.inputs.subject import Subject

RATE = 16_000
FRAMES = 192
"""Columns of a spectrogram; no usual number of bands, so that the two are told apart."""
FEATURES = ("input_features", "audio_input_features", "audio_features", "decoder_input_features", "audio_mel")
MASKS = ("input_features_mask", "feature_attention_mask", "audio_attention_mask", "audio_mel_mask", "padding_mask")
LENGTHS = frozenset({"lens", "lengths"})
WAVES = ("input_values", "waveform", "audio", "audio_values", "raw_speech", "wav", "decoder_input_values")


def audio_forms(name: str, subject: Subject) -> list[Any]:
    """What an argument of this name may be given, the likeliest first; nothing for names of another kind."""
    config = subject.config
    if name in FEATURES:
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
    if name in MASKS:
        frames = frames_of(next(iter(_features(subject))), subject)
        return [Dummy((1, frames if "padding" not in name else RATE), "ones", "bool" if "mel" in name else "int64")]
    if set(name.split("_")) & LENGTHS and subject.names & {*FEATURES, *WAVES}:
        fed = next(n for n in (*FEATURES, *WAVES) if n in subject.names)
        return [length_of(name, audio_forms(fed, subject)[0], subject)]
    return []


def frames_of(features: Dummy, subject: Subject) -> int:
    """Frames of a spectrogram: the side that is not the bands."""
    if len(features.shape) < 2:
        return FRAMES
    rows, columns = features.shape[-2:]
    return rows if columns == subject.config.bands else columns


def length_of(name: str, sound: Dummy, subject: Subject) -> Dummy:
    """How long a sound is: in frames of its spectrogram, or in samples where the name speaks of these."""
    length = frames_of(sound, subject) if len(sound.shape) > 1 and sound.shape[-1] < RATE else sound.shape[-1]
    if "sample" in name and length < RATE:
        length *= subject.config.whole("hop_length", part="audio", default=160)
    return Dummy((1,), "literal", "int64", literal=(length,))


def suited(fed: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """The arguments with masks and lengths of the very sound that goes with them."""
    sound = next((fed[n] for n in (*FEATURES, *WAVES) if isinstance(fed.get(n), Dummy)), None)
    if sound is None or subject.config.bands not in sound.shape:
        return fed
    found = dict(fed)
    for name, value in fed.items():
        if isinstance(value, Dummy) and name in MASKS and "padding" not in name:
            found[name] = replace(value, shape=(1, frames_of(sound, subject)))
        elif isinstance(value, Dummy) and value.literal and set(name.split("_")) & LENGTHS:
            found[name] = length_of(name, sound, subject)
    return found


def _features(subject: Subject) -> list[Any]:
    """A spectrogram: frames by bands as most have it, bands by frames where a convolution comes first."""
    config = subject.config
    bands = config.bands
    positions = config.whole("max_source_positions", part="audio", default=0)
    across = Dummy((1, bands, 2 * positions if 0 < positions <= 4000 else 3000))
    window = 2 * config.whole("n_window", part="audio", default=0)
    frames = -(-FRAMES // window) * window if 0 < window <= 3000 else FRAMES
    along = Dummy((1, frames, bands))
    if "feature_lens" in subject.names:
        return [Dummy((bands, frames)), across, along]
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
