"""What generating text costs: the prompt at once, then token after token with a cache.

Both are measured by a second and a third pass: one over the prompt that fills the model's cache, one of a single token
that reads it. The cache is whatever the model returns as such: keys and values, compressed ones, states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from modelreport.facts import Generation, Skipped
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.memory import storage_key
from modelreport.trace.outcome import skipped
from modelreport.trace.signature import forward_signature
from modelreport.trace.usage.runs import CannotRunError, Runner

if TYPE_CHECKING:
    import torch

CACHES: Final = ("past_key_values", "cache_params", "past_buckets_states", "state", "mems")
"""Names under which models of transformers return and take their cache."""
TOKENS: Final = ("decoder_input_ids", "input_ids")
DEEP: Final = 6
MOST_OBJECTS: Final = 100_000


def generation(runner: Runner, shares: Mapping[int, float] | None = None) -> Generation | Skipped:
    """Cost of the prompt that was traced and of one token after it; skipped for a model that keeps no cache.

    ``shares`` are those of ``stored_shares``: what is read of packed weights is counted as the file stores them.
    """
    signature = forward_signature(runner.module)
    accepts = tuple(p.name for p in signature)
    hands_on = any(p.kind is p.VAR_KEYWORD for p in signature)  # to the model inside, ``use_cache`` too
    if not ("use_cache" in accepts or hands_on) or not set(CACHES) & set(accepts):
        return skipped(
            "The forward pass takes no cache: the model does not generate token by token, or begins anew for each."
        )
    name, prompt = _prompt(runner.candidate, accepts)
    if prompt is None:
        return skipped("The traced input holds no tokens to continue.")
    try:
        first = runner.run(_with(runner.candidate, use_cache=True))
    except CannotRunError as error:
        return skipped(f"The pass over the prompt with a cache did not run: {error}.")
    kind, cache = _cache_of(first.out)
    before = cache_bytes(cache)
    if not before:
        return skipped("The model returned no cache: it is not a decoder, or not set up as one.")
    extra = {kind: cache, "use_cache": True} | _of_encoder(first.out, accepts)
    weights = {storage_key(t): t.untyped_storage().nbytes() for t in runner.tensors()}
    held = {storage_key(t): t.untyped_storage().nbytes() for t in tensors_of(cache)}
    asked = {key: size for key, size in (weights | held).items() if key is not None}
    try:
        step = runner.run(_one_token(name, prompt, accepts), extra=extra, asked=asked)
    except CannotRunError as error:
        return skipped(f"The pass of one token with the cache did not run: {error}.")
    after = cache_bytes(_cache_of(step.out)[1]) or before
    batch = max(prompt.shape[0], 1)
    growth = max(after - before, 0) // batch
    return Generation(
        prompt=prompt.shape[1],
        cache_bytes_per_token=growth,
        cache_bytes=before // batch,
        prefill_flops=first.flops,
        prefill_macs=first.macs,
        decode_flops=step.flops,
        decode_macs=step.macs,
        decode_read_bytes=sum(round(size * (shares or {}).get(key, 1)) for key, size in step.read.items()),
        notes=tuple(_notes(runner, cache, growth, before // batch, prompt.shape[1], name)),
    )


def _windows(cache: Any) -> Iterator[int]:
    """Most tokens that each layer of a cache keeps, where it says so."""
    caches = [cache, getattr(cache, "self_attention_cache", None)]
    for layer in (layer for each in caches for layer in getattr(each, "layers", None) or ()):
        window = getattr(layer, "sliding_window", None)
        if isinstance(window, int):
            yield window


def _notes(runner: Runner, cache: Any, growth: int, size: int, prompt: int, name: str) -> Iterator[str]:
    if not growth:
        yield (
            "The cache does not grow with a further token: its size is fixed, as of a state or of a window "
            "that the prompt fills."
        )
    elif abs(growth * prompt - size) > size // 100:
        yield (
            "The cache is not proportional to its length: part of it is of fixed size, or windows of some layers "
            "are full."
        )
    windows = Counter(w for w in _windows(cache) if w > prompt)
    for window, layers in sorted(windows.items()):
        yield f"{layers:,} layers keep {window:,} tokens at most: beyond that their part of the cache stops growing."
    if name == "decoder_input_ids":
        yield "Encoder and decoder: the prompt's cost includes the encoder; the cache grows with decoder tokens only."
    heads = [p for n, p in runner.module.named_parameters() if "head" in n.lower()]
    embeds = getattr(runner.module, "get_output_embeddings", lambda: None)
    if not heads and _quiet(embeds) is None:
        yield "The model has no language-model head: the cost of choosing a token is not included."


def _quiet(call: Any) -> Any:
    try:
        return call()
    except Exception:
        return None


def _prompt(candidate: Candidate, accepts: tuple[str, ...]) -> tuple[str, Dummy | None]:
    """The argument that holds the tokens to continue, and its dummy."""
    named = dict(zip(accepts, candidate.args, strict=False)) | dict(candidate.kwargs)
    for name in TOKENS:
        found = named.get(name)
        if isinstance(found, Dummy) and len(found.shape) == 2:
            return name, found
    for name, found in named.items():
        if isinstance(found, Dummy) and found.fill == "ids" and len(found.shape) == 2:
            return name, found
    return "", None


def _with(candidate: Candidate, **values: Any) -> Candidate:
    return replace(candidate, kwargs={**candidate.kwargs, **values})


def _one_token(name: str, prompt: Dummy, accepts: tuple[str, ...]) -> Candidate:
    """One token for each sequence; where the position is asked for, the one after the prompt."""
    batch, length = prompt.shape
    kwargs: dict[str, Any] = {name: replace(prompt, shape=(batch, 1), marks=())}
    if "cache_position" in accepts:
        kwargs["cache_position"] = Dummy((1,), "literal", "int64", literal=(length,))
    return Candidate("one token", kwargs=kwargs)


def _of_encoder(out: Any, accepts: tuple[str, ...]) -> dict[str, Any]:
    """The encoder's result, so that it does not run again."""
    state = _field(out, "encoder_last_hidden_state")
    return {"encoder_outputs": (state,)} if state is not None and "encoder_outputs" in accepts else {}


def _field(out: Any, name: str) -> Any:
    return out.get(name) if isinstance(out, Mapping) else getattr(out, name, None)


def _cache_of(out: Any) -> tuple[str, Any]:
    """The cache in a model's output, and the name it has there."""
    for name in CACHES:
        found = _field(out, name)
        if found is not None:
            return name, found
    return "", None


def tensors_of(cache: Any) -> list[torch.Tensor]:
    """All tensors of a cache, each once: in tuples, mappings and the attributes of cache objects and their layers."""
    import torch

    found: dict[tuple[Any, ...], torch.Tensor] = {}
    todo, seen = [(cache, 0)], set[int]()
    while todo and len(seen) < MOST_OBJECTS:
        item, deep = todo.pop()
        if isinstance(item, torch.Tensor):
            found.setdefault((storage_key(item), item.storage_offset(), tuple(item.shape)), item)
            continue
        if item is None or isinstance(item, (bool, int, float, str, type, torch.nn.Module)) or deep > DEEP:
            continue
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Mapping):
            inner: list[Any] = list(item.values())
        elif isinstance(item, (tuple, list)):
            inner = list(item)
        else:
            inner = [] if callable(item) else list(getattr(item, "__dict__", {}).values())
        todo.extend((each, deep + 1) for each in inner)
    return list(found.values())


def cache_bytes(cache: Any) -> int:
    """Bytes of the values in a cache; those that only count or mask (whole numbers, truth values) are left out."""
    return sum(t.nbytes for t in tensors_of(cache) if t.is_floating_point() or t.element_size() == 1)
