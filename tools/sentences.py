"""Texts for people in the source of the rooms: the sentences that facts are made of.

They are finished where a fact is made (a report's JSON is English in every language), so that no call marks them. They
are told from other strings by what they look like: words in lower case with spaces between. An f-string is collected
with a name in braces for each value; where the value is one of a few fixed words, these stand behind the name:
``{tensor_count} tensors {word:is|are} missing``. See ``modelreport/render/patterns.py`` for how they are recognised.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_WORD = re.compile(r"[a-z]{2,}")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(:[^{}]*)?\}")
_NO_TEXT = re.compile(r"^[\s\w.]*\n|[\\^$]\w*[\\(]|^-|%[sd]")
_CODE = re.compile(
    r"^(?:[a-z_]+ )+[a-z]+_[a-z_ ]*$|^pip install|^[a-z]+\.\s*$|->|^map-|target-counter"
    r"|^(?:middle|top|bottom|above|below) (?:left|right|center)$"
)
"""Lists of names, commands, classes of CSS, places of Plotly."""
_MOST_WORDS = 8
_SILENT_CALLS = {
    "compile", "plural", "sub", "match", "fullmatch", "search", "split", "startswith", "endswith", "replace",
    "removeprefix", "removesuffix", "getattr", "hasattr", "setattr", "frozenset", "warn", "filterwarnings", "TypeVar",
    "partition",
    "rpartition", "strip", "lstrip", "rstrip", "encode", "decode", "NewType", "strftime", "fromhex", "namedtuple",
}  # fmt: skip
"""Functions whose texts nobody reads."""
_SILENT_ERRORS = {"OptionsError", "UnknownFormatError", "OutputError", "MissingDependencyError", "AssertionError"}
"""Errors that end the program: they are said in the terminal, never in a report."""

Scope = Mapping[str, Sequence[ast.expr]]


def sentences(path: Path) -> Iterator[str]:
    """The messages of one source file, in their order, each once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, None] = {}
    _walk(tree, _assigned(tree.body, deep=False), found)
    yield from found


def _assigned(body: Sequence[ast.stmt], *, deep: bool) -> dict[str, list[ast.expr]]:
    """What each name of a block is given."""
    known: dict[str, list[ast.expr]] = {}
    nodes = [node for stmt in body for node in (ast.walk(stmt) if deep else [stmt])]
    for node in nodes:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                known.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for target, value in zip(names, values, strict=False):
                    if isinstance(target, ast.Name):
                        known.setdefault(target.id, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name)):
                known.setdefault(name, []).append(ast.Name("…"))
    return known


def _walk(node: ast.AST, scope: Scope, found: dict[str, None]) -> None:
    """Collect the outermost texts below a node."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        scope = {**scope, **_assigned(node.body, deep=True)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and _is_text(node.value):
        apart = re.match(r"[,;:] ", _message(node.value, scope, {}))  # said by itself, behind what it is added to
        _collect(node.value if apart else ast.BinOp(ast.Name(node.target.id), ast.Add(), node.value), scope, found)
        return
    if isinstance(node, ast.expr) and _is_text(node):
        _collect(node, scope, found)
        for inner in ast.walk(node):
            if isinstance(inner, ast.FormattedValue):
                _walk(inner.value, scope, found)
            elif isinstance(inner, ast.BinOp):
                for side in (inner.left, inner.right):
                    if not _is_text(side):
                        _walk(side, scope, found)
        return
    for child in _spoken(node):
        _walk(child, scope, found)


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node in which there may be texts for people."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return  # a docstring
        case ast.Compare() | ast.Import() | ast.ImportFrom() | ast.arg():
            return
        case ast.Raise(exc=ast.Call(func=func)) if _last(func) in _SILENT_ERRORS:
            return
        case ast.Call(func=func, args=args) if _last(func) in _SILENT_CALLS:
            yield from (arg for arg in args if isinstance(arg, ast.Call))
        case ast.Subscript(value=value):
            yield value
        case ast.AnnAssign(value=value):
            yield from [value] if value else []
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            yield from body
        case ast.Dict(keys=keys, values=values):
            yield from values
            yield from (key for key in keys if key is not None and not isinstance(key, ast.Constant))
        case _:
            yield from ast.iter_child_nodes(node)


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
    return False


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _collect(node: ast.expr, scope: Scope, found: dict[str, None]) -> None:
    message = re.sub(r"^[,;:] ", "", _message(node, scope, {})).strip()
    if looks_like_text(message):
        found.setdefault(message)


def looks_like_text(message: str) -> bool:
    """Whether a string is for people: two words or more, one of them in lower case, and no pattern or code."""
    bare = _PLACEHOLDER.sub(lambda place: (place[2] or "x").replace("|", " "), message)
    fixed = _PLACEHOLDER.sub(" ", message)
    if "{" in bare or "}" in bare or _NO_TEXT.search(fixed) or not _WORD.search(fixed):
        return False
    if " " not in message.strip() or _CODE.search(fixed):
        return False
    words = fixed.split()
    return (len(words) > 1 or (len(words) == 1 and bool(_PLACEHOLDER.search(message)))) and sum(
        bool(re.fullmatch(r"[(\[“‘'\"]?[A-Za-z][a-z'’-]*[)\]”’'\".,:;!?]*|[a-z]", word)) for word in words
    ) * 2 >= len(words)


def _message(node: ast.expr, scope: Scope, names: dict[str, str]) -> str:
    """A text with names for its values."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_message(value, scope, names) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _message(left, scope, names) + _message(right, scope, names)
        case ast.FormattedValue(value=value):
            node = value
    words = choices(node, scope)
    name = _unique(_name(node), ast.unparse(node), names)
    return f"{{{name}:{'|'.join(words)}}}" if words else f"{{{name}}}"


def choices(node: ast.expr, scope: Scope, depth: int = 0) -> list[str]:
    """The fixed words that an expression can be; empty where it can be anything."""
    match node:
        case ast.Constant(value=str(word)):
            return [word] if _plain(word) else []
        case ast.IfExp(body=body, orelse=orelse):
            both = [choices(body, scope, depth), choices(orelse, scope, depth)]
            return _distinct(both)
        case ast.BoolOp(op=ast.Or(), values=values):
            return _distinct([choices(value, scope, depth) for value in values])
        case ast.Subscript(value=ast.Dict(values=values)):
            return _distinct([choices(value, scope, depth) for value in values])
        case ast.Subscript(value=ast.Name(id=name)) if depth == 0 and len(scope.get(name, ())) == 1:
            table = scope[name][0]
            return choices(ast.Subscript(table, ast.Constant(0)), scope, 1) if isinstance(table, ast.Dict) else []
        case ast.Call(func=ast.Name(id="plural"), args=[_, ast.Constant(value=str(one)), *more]):
            many = [each.value for each in more if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            return [one, many[0] if many else f"{one}s"]
        case ast.Name(id=name) if depth < 2 and name in scope:
            return _distinct([choices(value, scope, depth + 1) for value in scope[name]])
    return []


def _distinct(found: list[list[str]]) -> list[str]:
    """All of them once, or none where one of them can be anything or there are many."""
    words = list(dict.fromkeys(word for each in found for word in each))
    return words if all(found) and 1 <= len(words) <= _MOST_WORDS else []


def _plain(word: str) -> bool:
    return not set(word) & set("{}|")


def _name(node: ast.expr) -> str:
    """A name for a value, after the expression it comes from."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{_name(value)}_{attr}" if attr in {"name", "id", "title"} else attr
        case ast.Call(func=func, args=[first, *_]) if _last(func) == "len":
            return f"{_name(first)}_count"
        case ast.Call(func=func, args=[first, *_]) if not isinstance(first, ast.Constant):
            return _name(first)
        case ast.Call(func=func):
            return _name(func)
        case ast.Subscript(value=value) | ast.BinOp(left=value) | ast.Starred(value=value) | ast.IfExp(body=value):
            return _name(value)
        case ast.BoolOp(values=[first, *_]):
            return _name(first)
        case ast.GeneratorExp(elt=elt) | ast.ListComp(elt=elt):
            return _name(elt)
    return "value"


def _unique(name: str, code: str, names: dict[str, str]) -> str:
    """The name, with a number where another value of the message has it."""
    name = re.sub(r"\W", "", name).strip("_").lower() or "value"
    number = 1
    while names.setdefault(shown := name if number == 1 else f"{name}_{number}", code) != code:
        number += 1
    return shown
