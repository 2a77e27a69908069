r"""A small bundler: the ES modules of ``templates/js`` as one script without imports, so that one hash covers all.

It knows the part of the language that the modules use, and refuses the rest with the file and line:

* ``import {a, b as c} from './x.js'`` at the start of a line, also over several lines;
* ``export function``, ``export async function``, ``export const``, ``export class`` at the start of a line.

Exports are bound once, after the module ran, so an exported name must not be reassigned (hence no ``export let``).
What only people read is left out (``lean.py``). Nothing is evaluated and the same modules give the same text.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final

from modelreport.render.lean import lean

_IMPORT: Final = re.compile(r"^import\s*\{([^}]*)\}\s*from\s*(['\"])([^'\"]+)\2;?[ \t]*$", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (async function\*?|function\*?|const|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)
_FOREIGN: Final = re.compile(r"^(import|export)\b.*$|\bimport\s*\(.*$|\bimport\.meta\b.*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*(//[^\n]*|/\*.*?\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)
_NAME: Final = re.compile(r"^([A-Za-z_$][\w$]*)(?:\s+as\s+([A-Za-z_$][\w$]*))?$")


class BundleError(ValueError):
    """A module uses something the bundler does not know."""


def bundle(entry: Path) -> str:
    """The script that does what loading the module ``entry`` does.

    Modules run once each, after the modules they import, in the order of their first import. ``BundleError`` for a
    cycle, a missing module or name, or syntax outside the known part.
    """
    order = _order(entry)
    names = {path: f"m{index}" for index, path in enumerate(order)}
    exports = {path: frozenset(match[2] for match in _EXPORT.finditer(_source(path))) for path in order}
    parts = [_module(path, names, exports) for path in order]
    script = '(() => {\n"use strict";\n' + "".join(parts) + "})();\n"
    if "</script" in script.lower() or "<!--" in script:
        raise BundleError(f"{entry.name}: the script would end its own element")
    return lean(script)


def _source(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _order(entry: Path) -> list[Path]:
    """Every module that ``entry`` needs, each after those it imports."""
    done: list[Path] = []
    walk: list[tuple[Path, bool]] = [(entry.resolve(), False)]
    open_: list[Path] = []
    while walk:
        path, leaving = walk.pop()
        if leaving:
            open_.remove(path)
            done.append(path)
        elif path in open_:
            raise BundleError(f"{path.name} imports itself, by way of {', '.join(p.name for p in open_)}")
        elif path not in done:
            open_.append(path)
            walk.append((path, True))
            walk.extend((target, False) for target in reversed(_imports(path)))
    return done


def _imports(path: Path) -> list[Path]:
    found = [(match[3], _beside(path, match[3])) for match in _IMPORT.finditer(_source(path))]
    for asked, target in found:
        if not target.is_file():
            raise BundleError(f"{path.name} imports {asked}, which does not exist")
    return [target for _, target in found]


def _beside(path: Path, asked: str) -> Path:
    if not asked.startswith("./") or ".." in PurePosixPath(asked).parts:
        raise BundleError(f"{path.name} imports {asked}: only './name.js' is known")
    return (path.parent / asked).resolve()


def _module(path: Path, names: dict[Path, str], exports: dict[Path, frozenset[str]]) -> str:
    """One module as a function call whose value holds its exports."""
    wanted: list[str] = []

    def bind(match: re.Match[str]) -> str:
        target = _beside(path, match[3])
        pairs = [_pair(path, part.strip(), exports[target]) for part in match[1].split(",") if part.strip()]
        wanted.append(f"const {{{', '.join(pairs)}}} = {names[target]};\n")
        return ""

    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(bind, _source(path)))
    body = _COMMENT.sub("", body + "\n").strip("\n")
    foreign = _FOREIGN.search(body)
    if foreign:
        raise BundleError(f"{path.name}: not known to the bundler: {foreign[0].strip()}")
    shown = ", ".join(sorted(exports[path]))
    return f"const {names[path]} = (() => {{\n{''.join(wanted)}{body}\nreturn {{{shown}}};\n}})();\n"


def _pair(path: Path, part: str, exported: frozenset[str]) -> str:
    match = _NAME.match(part)
    if match is None:
        raise BundleError(f"{path.name}: not known to the bundler: import {{{part}}}")
    if match[1] not in exported:
        raise BundleError(f"{path.name} imports {match[1]}, which is not exported there")
    return f"{match[1]}: {match[2]}" if match[2] else match[1]
