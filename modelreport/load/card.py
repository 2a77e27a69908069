"""What a model repository says about itself besides its configuration: tokenizer and README."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelreport.errors import LoadError
from modelreport.load.documents import flatten, make_item, read_bytes, read_front_matter, read_json

if TYPE_CHECKING:
    from modelreport.facts import Item
    from modelreport.load.parts import Parts

VOCABULARY_LIMIT = 64 << 20
README_LIMIT = 4 << 20
TOKENIZER_KEYS = (
    "tokenizer_class", "model_max_length", "do_lower_case", "padding_side", "add_bos_token", "add_eos_token",
    "bos_token", "eos_token", "unk_token", "pad_token", "cls_token", "sep_token", "mask_token",
)  # fmt: skip


def read_card(parts: Parts, names: tuple[str, ...]) -> tuple[Item, ...]:
    """Facts of the tokenizer and the README's front matter; what cannot be read is noted."""
    items: list[Item] = []
    for name, facts in (
        ("tokenizer_config.json", _tokenizer_config),
        ("tokenizer.json", _tokenizer),
        ("vocab.txt", _vocabulary),
        ("README.md", _readme),
    ):
        if name in names:
            try:
                items += facts(parts, name)
            except LoadError as error:
                parts.notes.append(f"{error.message} Its facts are missing.")
    return tuple(items)


def _tokenizer_config(parts: Parts, name: str) -> tuple[Item, ...]:
    value = parts.document(name)
    chosen: dict[str, Any] = {}
    for key in TOKENIZER_KEYS:
        entry = value.get(key) if isinstance(value, dict) else None
        if entry is not None:
            chosen[key] = entry.get("content", "") if isinstance(entry, dict) else entry
    return flatten(chosen, "tokenizer")


def _tokenizer(parts: Parts, name: str) -> tuple[Item, ...]:
    value = read_json(parts.folder, name, VOCABULARY_LIMIT)
    model = value.get("model") if isinstance(value, dict) else None
    if not isinstance(model, dict):
        return ()
    facts: dict[str, Any] = {}
    if isinstance(model.get("type"), str):
        facts["algorithm"] = model["type"]
    if isinstance(model.get("vocab"), (dict, list)):
        facts["vocabulary entries"] = len(model["vocab"])
    if isinstance(model.get("merges"), list):
        facts["merges"] = len(model["merges"])
    added = value.get("added_tokens")
    if isinstance(added, list):
        facts["added tokens"] = len(added)
    return flatten(facts, "tokenizer")


def _vocabulary(parts: Parts, name: str) -> tuple[Item, ...]:
    data = read_bytes(parts.folder, name, VOCABULARY_LIMIT)
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    return (make_item(f"{name} lines", lines),)


def _readme(parts: Parts, name: str) -> tuple[Item, ...]:
    text = read_bytes(parts.folder, name, README_LIMIT).decode("utf-8", "replace")
    return tuple(make_item(f"readme.{item.name}", item.value) for item in read_front_matter(text))
