"""Names of the rows of an embedding, from a vocabulary that lies beside the weights: read as data, within bounds."""

from __future__ import annotations

from typing import Any

import msgspec

from modelreport.errors import LoadError
from modelreport.remote import Location

MOST_BYTES = 48 << 20
"""The largest tokenizer files known have 35 MB."""

_MOST_WORDS = 1 << 21
_LONGEST = 64


def words_beside(folder: Location | None, rows: int) -> tuple[str, ...]:
    """The token of each row, from ``tokenizer.json`` or ``vocab.txt``; empty when there is none that fits.

    It fits when it names more than half of the rows and no place beyond them; rows without a name are empty.
    """
    if folder is None or rows > _MOST_WORDS:
        return ()
    for name, read in (("tokenizer.json", _of_json), ("vocab.txt", _of_lines)):
        places = read(_content(folder / name))
        if places and max(places) < rows and len(places) > rows / 2:
            return tuple(places.get(i, "")[:_LONGEST] for i in range(rows))
    return ()


def _content(path: Location) -> bytes:
    """The bytes of a regular file, nothing for any other or for one that is too large.

    A link may lead to another file of its repository, as in the cache of huggingface_hub (``snapshots`` beside
    ``blobs``), never to one that lies elsewhere.
    """
    try:
        if path.is_symlink() and path.resolve().parent not in (path.parent.resolve(), *_blobs(path)):
            return b""
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return b""
        return path.read_bytes()
    except (OSError, LoadError):
        return b""


def _blobs(path: Location) -> tuple[Location, ...]:
    """Where the cache of huggingface_hub keeps the files of a snapshot that ``path`` lies in."""
    snapshot = path.parent.resolve()
    return (snapshot.parent.parent / "blobs",) if snapshot.parent.name == "snapshots" else ()


def _of_lines(data: bytes) -> dict[int, str]:
    """One token a line."""
    lines = data.decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return dict(enumerate(line.rstrip("\r") for line in lines))


def _of_json(data: bytes) -> dict[int, str]:
    """``model.vocab`` (a mapping, or pairs of token and score) and ``added_tokens`` of a tokenizers file."""
    try:
        content = msgspec.json.decode(data) if data else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    if not isinstance(content, dict):
        return {}
    model = content.get("model")
    places = _vocabulary(model.get("vocab")) if isinstance(model, dict) else {}
    added = content.get("added_tokens")
    for each in added if isinstance(added, list) else ():
        if isinstance(each, dict) and _is_place(each.get("id")) and isinstance(each.get("content"), str):
            places[each["id"]] = each["content"]
    return places


def _vocabulary(vocab: Any) -> dict[int, str]:
    if isinstance(vocab, dict):
        return {place: word for word, place in vocab.items() if _is_place(place)}
    if isinstance(vocab, list):
        return {
            i: each[0] for i, each in enumerate(vocab) if isinstance(each, list) and each and isinstance(each[0], str)
        }
    return {}


def _is_place(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_WORDS
