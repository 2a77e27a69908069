"""Sets of dummy inputs of a model that carries a configuration, in the order in which they are tried."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from modelreport.trace.dummies import Candidate, Dummy, Mark, dummies_in
from modelreport.trace.inputs.audio import suited
from modelreport.trace.inputs.denoising import denoising_sets, denoising_spare
from modelreport.trace.inputs.image import ROWS
from modelreport.trace.inputs.rules import forms_of_argument
from modelreport.trace.inputs.subject import Subject, subject_of

MAINS = ("input_ids", "pixel_values", "pixel_values_videos", "input_features", "input_values", "bbox")
"""Arguments that may be the only one."""
DECODERS = ("decoder_input_ids", "decoder_input_values", "decoder_input_features")
"""The other side of an encoder and decoder."""
COMPANIONS = {
    "pixel_values": (
        "image_grid_thw", "image_grid_hw", "image_position_ids", "image_sizes", "aspect_ratio_ids", "aspect_ratio_mask",
        "spatial_shapes", "image_merge_sizes",
    ),
    "pixel_values_videos": ("video_grid_thw", "video_merge_sizes"),
    "input_features": ("input_features_mask", "feature_attention_mask", "chunk_sample_lengths"),
    "input_values": (),
}  # fmt: skip
"""What goes with an argument where ``forward`` takes it."""
PLACEHOLDERS = {
    "pixel_values": ("image", ("image", "img", "vision", "media")),
    "pixel_values_videos": ("video", ("video",)),
    "input_features": ("audio", ("audio", "speech", "sound")),
    "input_values": ("audio", ("audio", "speech", "sound")),
}
"""Kind of the tokens that stand for an argument in a text, and how the setting with their id begins."""
_NEVER = re.compile(
    r"^(labels?|return_\w+|output_\w+|past_key_values|cache_\w+|use_cache|\w+_outputs?|\w*loss\w*|\w*_labels)$"
)
MOST_TOKENS = 1 << 16
LENGTHS = (64, 512, 1024, 32)


def configured(module: Any, parameters: list[inspect.Parameter]) -> Iterator[Candidate]:
    """Inputs of a model from the configuration it carries: all kinds together, the main one, then others."""
    subject = subject_of(module, parameters)
    if subject is None:
        return
    for origin, kwargs in denoising_sets(subject):
        yield _told(kwargs, origin, {**_spare(subject), **denoising_spare(subject)}, richer=False)
    extra: dict[str, Any] = {"use_cache": False} if "use_cache" in subject.names else {}
    base = base_of(subject)
    spare = _spare(subject)
    for origin, kwargs in _sets(subject, base):
        fed = {**suited(kwargs, subject), **extra}
        yield _told(fed, origin, spare, richer=len(kwargs) > len(base))


def base_of(subject: Subject) -> dict[str, Any]:
    """The main argument, those without a default, and the other side of an encoder and decoder."""
    wanted = dict.fromkeys([*([subject.main] if subject.main in subject.names else []), *subject.needed])
    base = {name: forms[0] for name in wanted if (forms := forms_of_argument(name, subject))}
    for name in DECODERS:
        if name in subject.names and name not in base:
            base[name] = forms_of_argument(name, subject)[0]
            break
    return base


def _sets(subject: Subject, base: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Origins in words, and what is fed."""
    sides = [name for name in base if name in DECODERS]
    plain = "encoder and decoder from the configuration" if sides else "from the configuration"
    whole = list(_together(subject, base))
    yield from whole[:2]
    yield plain, base
    yield from whole[2:]
    yield from ((plain, {**base, name: form}) for name in base for form in forms_of_argument(name, subject)[1:])
    if sides:
        yield "from the configuration", {k: v for k, v in base.items() if k not in sides}
    for name in MAINS:
        if name in subject.names and name not in base:
            forms = forms_of_argument(name, subject)
            if sides and subject.main not in MAINS:
                yield from ((plain, {name: form, **{k: base[k] for k in sides}}) for form in forms)
            yield from (("from the configuration", {name: form}) for form in forms)
            yield from ((plain, {**base, name: form}) for form in forms[:1])
    if isinstance(ids := base.get("input_ids"), Dummy):
        for length in LENGTHS:
            yield plain, {**base, "input_ids": replace(ids, shape=(1, length))}


def _together(subject: Subject, base: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Several kinds of input at once, where the model has a part for each."""
    others = [n for n in PLACEHOLDERS if n in subject.names and n not in base]
    if "input_ids" not in base and "input_ids" in subject.names and subject.config.has("text"):
        ids = forms_of_argument("input_ids", subject)
        base = {"input_ids": ids[0], **base}
        others = [n for n in PLACEHOLDERS if n in subject.names]
    if "input_ids" not in base or not others or not isinstance(base["input_ids"], Dummy):
        return
    groups = [others[:1], others] if len(others) > 1 else [others]
    groups = [*groups, *([n] for n in others[1:])]
    for group in groups:
        yield from _mixed(subject, base, group)


def _mixed(subject: Subject, base: dict[str, Any], group: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Text and the named arguments, in each form of the first of them."""
    kinds = " and ".join(dict.fromkeys(PLACEHOLDERS[name][0] for name in group))
    forms = {name: forms_of_argument(name, subject) for name in group}
    turns = [(name, form) for name in group for form in forms[name][0 if name == group[0] else 1 :]]
    for turned, turn_form in turns:
        fed = dict(base)
        for name in group:
            if value := turn_form if name == turned else next(iter(forms[name]), None):
                fed[name] = value
        for name in (c for n in group for c in COMPANIONS[n] if c in subject.names):
            if name == "image_sizes" and not subject.config.find("image_grid_pinpoints"):
                continue
            fed.update((name, form) for form in forms_of_argument(name, subject)[:1])
        for turn in range(max(len(counts_of(subject, name, fed)) for name in group)):
            marks = tuple(m for name in group for m in _marks(subject, name, fed, turn))
            yield f"text and {kinds} from the configuration", _marked(subject, fed, marks)


def _marks(subject: Subject, name: str, fed: dict[str, Any], turn: int) -> list[Mark]:
    """Placeholders of one argument with the tokens that enclose them; none where the text does not show them."""
    kind, words = PLACEHOLDERS[name]
    token = subject.config.token(*words)
    if token < 0:
        return []
    starts = (
        ("vision_start", "image_start", "boi", "image_bos") if kind != "audio" else ("audio_start", "audio_bos", "boa")
    )
    ends = ("vision_end", "image_end", "eoi", "image_eos") if kind != "audio" else ("audio_end", "audio_eos", "eoa")
    start = subject.config.whole(*(f"{s}_{e}" for s in starts for e in ("token_id", "token_index")), default=-1)
    end = subject.config.whole(*(f"{s}_{e}" for s in ends for e in ("token_id", "token_index")), default=-1)
    counts = counts_of(subject, name, fed)
    inside = Mark(token, counts[min(turn, len(counts) - 1)], kind)
    return [*([Mark(start)] if start >= 0 else []), inside, *([Mark(end)] if end >= 0 else [])]


def counts_of(subject: Subject, name: str, fed: dict[str, Any]) -> list[int]:
    """How many tokens may stand for an image or a sound; first guesses, which the model's own message may correct."""
    config = subject.config
    if name != "pixel_values" and "video" not in name:
        return [32]
    if any(n.endswith(("grid_thw", "grid_hw")) for n in fed):
        return [ROWS * ROWS // config.merge**2]
    stated = config.whole("image_seq_length", "image_seq_len", "mm_tokens_per_image", "num_image_tokens", default=0)
    height, width = config.image
    patches = max(1, (height // config.patch) * (width // config.patch)) // config.shuffle**2
    return list(dict.fromkeys(n for n in (stated, patches) if 0 < n <= MOST_TOKENS)) or [1]


def _marked(subject: Subject, fed: dict[str, Any], marks: tuple[Mark, ...]) -> dict[str, Any]:
    """The text long enough for its placeholders, with the types of its tokens where these are asked for."""
    if not marks:
        return fed
    length = 32 + sum(mark.count for mark in marks)
    fed = {**fed, "input_ids": replace(fed["input_ids"], shape=(1, length), marks=marks)}
    for name in ("mm_token_type_ids", "token_type_ids"):
        if name in subject.names and (name in subject.needed or name.startswith("mm")):
            fed[name] = Dummy((1, length), "kinds", "int64", marks=marks)
    return fed


def _spare(subject: Subject) -> dict[str, Any]:
    """First forms of the arguments with a default: fed where an error asks for them."""
    names = [p.name for p in subject.parameters if p.default is not p.empty and not _NEVER.match(p.name)]
    found = ((name, forms_of_argument(name, subject)) for name in names)
    return {name: forms[0] for name, forms in found if forms and dummies_in(forms[0])}


def _told(kwargs: dict[str, Any], origin: str, spare: dict[str, Any], richer: bool) -> Candidate:
    shown = Candidate("", (), kwargs)
    return Candidate(f"{origin}: {shown}", (), kwargs, richer, spare)
