"""How a node of the map is called, and how much room the words need."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from modelreport.render.map.scene import Node, Scene

UNTYPED = "Module"
"""Type of the boxes of graphs that name scopes, not classes."""
CHARACTER = 7.0
"""Width of a character of a label, in the units of the drawing it stands in."""
CUT: Final = "…"
BOLD: Final = 1.0625
"""How much wider bold letters are."""
_ASIAN: Final = 0x2E80
_WIDTHS: Final = {
    **dict.fromkeys("fijlrtIJ.,:;'!|()[]{}-_/\" ", 0.625),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ", 1.125),
    **dict.fromkeys("mwMW@%…→↔", 1.5),
}
"""Width of the letters that are not of mean width, in mean letters; sums of eighths are exact everywhere."""


def wordings(node: Node) -> list[tuple[str, str]]:
    """Ways to word a label as ``(name, type)``, the fullest first."""
    kind = f"{node.type} ×{node.repeat}" if node.repeat else node.type
    name = node.name
    told = node.kind in {"input", "output"}
    if told and name.startswith(node.kind):
        kind = ""
    elif not told and name == node.type:
        name = ""
    if not (name and kind):
        return [(name, kind)]
    if told:
        return [(name, kind), (name, "")]
    if node.repeat:
        return [(name, kind), ("", kind), (name, f"×{node.repeat}"), (name, "")]
    return [(name, kind), (name, ""), ("", kind)] if node.children else [(name, kind), ("", kind), (name, "")]


def title(node: Node) -> str:
    """Name and type on one line."""
    return " ".join(part for part in wordings(node)[0] if part)


def blocks(scene: Scene, index: int) -> str:
    """What a box holds if that is several blocks of one type: ``6 Bottleneck``; a box of ×N says so itself."""
    if scene.nodes[index].repeat:
        return ""
    kinds = set[str]()
    todo = list(scene.nodes[index].children)
    count = 0
    for child in todo:
        node = scene.nodes[child]
        if node.kind == "group":
            todo.extend(node.children)
            continue
        count += 1
        kinds.add(node.type if node.children and node.kind == "module" and not node.repeat else "")
        if len(kinds) > 1:
            return ""
    kind = "".join(kinds)
    return f"{count} {kind}" if kind not in {"", UNTYPED} and count > 1 else ""


def endings(name: str) -> list[str]:
    """Shorter forms of a name: without its first parts, and the number at its end."""
    parts = name.split(".")
    digits = name[len(name.rstrip("0123456789")) :]
    tails = [".".join(parts[start:]) for start in range(1, len(parts))]
    return [each for each in dict.fromkeys((*tails, digits)) if each not in {"", name}]


def label_width(label: str) -> float:
    """Room for a label, wide East Asian characters counted as two."""
    return CHARACTER * (len(label) if label.isascii() else sum(2 if ord(char) > 0x2E80 else 1 for char in label))


@lru_cache(maxsize=65536)
def label_letters(label: str) -> float:
    """Length of a label in mean letters, by how wide letters are in fonts without serifs; East Asian ones are wide."""
    return sum(_WIDTHS.get(char, 1.0) if ord(char) < _ASIAN else 1.75 for char in label)


def together(name: str, kind: str) -> float:
    """Length of a name and a type, which is bold, on one line in mean letters."""
    return label_letters(name) + BOLD * label_letters(kind) + (_WIDTHS[" "] if name and kind else 0.0)


def beginning(words: str, room: float, least: int = 3) -> str:
    """As much of a label as fits into ``room`` letters with a mark that it goes on; empty for fewer than ``least``."""
    room -= label_letters(CUT)
    kept = 0
    for char in words:
        room -= label_letters(char)
        if room < 0:
            break
        kept += 1
    return words[:kept] + CUT if kept >= least else ""
