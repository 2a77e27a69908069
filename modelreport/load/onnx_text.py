"""Text of an ONNX message made safe: proto2 does not check that its strings are UTF-8 and then hands out bytes."""

from __future__ import annotations

from typing import Any

_MESSAGE, _STRING = 11, 9
"""FieldDescriptor types (descriptor.proto)."""
_NO_TEXT = {"TensorProto": ("name", "metadata_props", "external_data", "doc_string")}
"""Messages of which only these fields are looked at: values are never walked."""


def repair_text(model: Any) -> int:
    """Replace every string in the message that is not UTF-8 by one with escapes; returns how many."""
    repaired = 0
    todo = [model]
    while todo:
        message = todo.pop()
        only = _NO_TEXT.get(message.DESCRIPTOR.name)
        for field, value in message.ListFields() if only is None else _fields(message, only):
            if field.type == _MESSAGE:
                if _is_repeated(field):
                    todo.extend(value)
                else:
                    todo.append(value)
            elif field.type == _STRING:
                if isinstance(value, bytes):
                    setattr(message, field.name, _text(value))
                    repaired += 1
                elif not isinstance(value, str):
                    repaired += _repair_list(value)
    return repaired


def _fields(message: Any, names: tuple[str, ...]) -> list[tuple[Any, Any]]:
    known = message.DESCRIPTOR.fields_by_name
    return [(known[name], getattr(message, name)) for name in names if name in known]


def _is_repeated(field: Any) -> bool:
    repeated = getattr(field, "is_repeated", None)  # protobuf 6.31 and later; before: label 3
    return bool(repeated) if repeated is not None else field.label == 3


def _repair_list(values: Any) -> int:
    bad = [place for place, value in enumerate(values) if isinstance(value, bytes)]
    for place in bad:
        values[place] = _text(values[place])
    return len(bad)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
