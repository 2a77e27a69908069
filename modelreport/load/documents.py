"""Small text files beside weights, read with bounds: JSON, and the front matter of a README."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from modelreport.errors import CorruptFileError, LoadError
from modelreport.facts import Item
from modelreport.load.siblings import find_sibling, show_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modelreport.remote import Location

JSON_LIMIT = 64 << 20
TEXT_LIMIT = 1 << 20
ITEM_LIMIT = 500
VALUE_LIMIT = 2000
NAME_LIMIT = 200
_KEY = re.compile(r"^([A-Za-z_][\w.-]*):(?:\s+(.*))?$")


def parse_json(data: bytes, name: str, *, unique: bool = False) -> Any:
    """The value of a JSON text; objects as ``dict``, or as lists of ``(key, value)`` pairs with ``unique``.

    Raises ``CorruptFileError`` for anything that is not JSON, nests too deeply holds NaN or absurdly long numbers.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        text = data.decode("utf-8")
        return json.loads(text, parse_constant=refuse, object_pairs_hook=Pairs if unique else None)
    except RecursionError as error:
        raise CorruptFileError(f"{name} nests too deeply to be read.") from error
    except ValueError as error:
        reason = str(error).splitlines()[0][:120]
        raise CorruptFileError(f"{name} is not valid JSON ({reason}).") from error


class Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, in order, repeated keys kept."""


def read_json(folder: Location, name: str, limit: int = JSON_LIMIT) -> Any:
    """The value of the JSON file ``name`` inside ``folder``; ``LoadError`` when it cannot be read."""
    return parse_json(read_bytes(folder, name, limit), show_name(name))


def read_bytes(folder: Location, name: str, limit: int = TEXT_LIMIT) -> bytes:
    """The content of a file inside ``folder`` of at most ``limit`` bytes; ``LoadError`` otherwise."""
    path = find_sibling(folder, name)
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise LoadError(f"{show_name(name)} cannot be read ({error.strerror}).") from error
    if len(data) > limit:
        raise LoadError(f"{show_name(name)} is longer than {limit >> 20} MiB and was not read.")
    return data


def flatten(value: Any, prefix: str = "") -> tuple[Item, ...]:
    """Plain values of nested JSON as items with dotted names, at most 500; lists of plain values on one line."""
    items: list[Item] = []
    todo = [(prefix, value)]
    while todo and len(items) < ITEM_LIMIT:
        name, current = todo.pop()
        if isinstance(current, dict):
            todo.extend((f"{name}.{k}" if name else str(k), v) for k, v in reversed(current.items()))
        elif name:
            items.append(make_item(name, current))
    return tuple(items)


def make_item(name: str, value: object) -> Item:
    """An ``Item`` with name and value cut to a readable length, the full length told."""
    return Item(name=_cut(name, NAME_LIMIT), value=_cut(show_value(value), VALUE_LIMIT))


def show_value(value: object) -> str:
    """A JSON value as text: strings as they are, ``true``, ``null``; lists of plain values joined by commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        plain = [show_value(v) for v in value[:100] if not isinstance(v, (list, dict))]
        more = f" … ({len(value)} entries)" if len(plain) < len(value) else ""
        return ", ".join(plain) + more
    if isinstance(value, dict):
        return f"({len(value)} entries)"
    return json.dumps(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def read_front_matter(text: str) -> tuple[Item, ...]:
    """The plain values at the top of a README, between two ``---`` lines: scalars and lists of scalars.

    Nested blocks (``model-index`` and the like) are named, not read: this is not a YAML parser and runs no tags.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return ()
    items: list[Item] = []
    for key, value, rest in _blocks(lines[1:2000]):
        entries = [line.strip()[1:].strip() for line in rest if line.strip().startswith("- ")]
        flat = all(line.strip().startswith("- ") for line in rest if line.strip()) and not any(
            _KEY.match(entry) for entry in entries
        )
        shown = value.strip("[]") if value and not rest else ", ".join(_unquote(e) for e in entries) if flat else ""
        if shown:
            items.append(make_item(key, _unquote(shown)))
    return tuple(items[:100])


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Top-level keys with their value and the lines below them, up to the closing ``---``."""
    key, value, rest = "", "", list[str]()
    for line in lines:
        if line.strip() in ("---", "..."):
            break
        match = _KEY.match(line)
        if match:
            if key:
                yield key, value, rest
            key, value, rest = match[1], (match[2] or "").strip(), []
        else:
            rest.append(line)
    if key:
        yield key, value, rest


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
