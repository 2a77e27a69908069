"""Catalogues of messages: collect what the report says from its source, and keep ``templates/lang/*.po`` up to date.

    python -m tools.messages              update every catalogue; says what is left to translate
    python -m tools.messages --check      change nothing; exit code 1 when a catalogue is not up to date or not whole
    python -m tools.messages --new de     begin a catalogue for a language

Translations are kept; a message that is no longer said becomes obsolete at the end of the file. The order is that of
the messages themselves and references name files without lines, so that a catalogue changes only where the text does.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.sentences import sentences  # noqa: E402 - found beside this file however it is started

PACKAGE, TEMPLATES, CATALOGUES = ROOT / "modelreport", ROOT / "templates", ROOT / "templates" / "lang"
FACTS = ("load", "identify", "trace", "measure", "judge", "render", "facts.py", "pipeline.py", "checkpoint.py")
"""Where sentences of facts are made."""
SILENT = {
    "load/__init__.py", "load/allowlist.py", "load/foreign.py", "load/probe.py", "load/describe.py", "load/window.py",
    "identify/attributes.py", "identify/build_index.py", "identify/leaves.py", "identify/libraries.py",
    "identify/user_code.py", "identify/arguments.py", "identify/patterns/words.py",
    "trace/families.py", "trace/labels.py", "trace/names.py", "trace/graph_arithmetic.py", "trace/flops",
    "trace/usage/devices.py",
    "measure/cluster.py", "measure/codec.py", "measure/fast.py", "measure/figures.py", "measure/summary.py",
    "measure/precision/magnitudes.py", "render/bundle.py", "render/png.py", "render/environment.py", "render/csv.py",
    "render/__init__.py", "render/delivery.py", "render/lean.py", "render/json.py", "render/paper/fonts.py",
    "render/map/thumbnail.py",
    "render/language.py", "render/patterns.py", "render/redact.py", "render/charts/traces.py",
}  # fmt: skip
"""Files of these rooms whose texts are no part of a report: names of code, and what is said in the terminal."""
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}]*))?\}")

Key = tuple[str, str]
"""A message and its plural; the plural is empty where there is none."""


def collect() -> dict[Key, set[str]]:
    """All messages of the source, each with the files that say it."""
    found: dict[Key, set[str]] = {}
    for file, key in (*_facts(), *_python(), *_templates(), *_scripts()):
        found.setdefault(key, set()).add(file)
    from modelreport.render.language import JOINTS, MARKS

    for joint in (*JOINTS, *MARKS):
        found.setdefault((joint, ""), set()).add("modelreport/render/language.py")
    plurals = {one for one, many in found if many}
    return {key: files for key, files in found.items() if key[1] or key[0] not in plurals}


def _facts() -> Iterator[tuple[str, Key]]:
    for name in FACTS:
        root = PACKAGE / name
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            inside = path.relative_to(PACKAGE).as_posix()
            if inside not in SILENT and inside.rpartition("/")[0] not in SILENT:
                yield from ((_file(path), (message, "")) for message in sentences(path))
    yield from _devices()


def _devices() -> Iterator[tuple[str, Key]]:
    """Where the figures of devices are from, and names of devices in which something is said."""
    from modelreport.trace.usage import devices

    file = _file(Path(devices.__file__))
    every = (*devices.DEVICES, devices.described("flops=1,bandwidth=1"))
    yield from ((file, (device.source, "")) for device in every)
    yield from ((file, (device.title, "")) for device in every if re.search(r"\b[a-z]{3,}", device.title))


def _python() -> Iterator[tuple[str, Key]]:
    """What ``_`` and ``mark`` are given, and the words that ``plural`` counts."""
    from babel.messages.extract import extract_python

    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for _line, _call, given, _remarks in extract_python(io.BytesIO(source.encode()), ["_", "mark"], [], {}):
            yield from ((_file(path), (message, "")) for message in _first(given))
        if path.relative_to(PACKAGE).parts[0] not in FACTS[:5]:
            yield from ((_file(path), key) for key in _counted(ast.parse(source)))
        if path.is_relative_to(PACKAGE / "render"):
            yield from ((_file(path), (message, "")) for message in _made(ast.parse(source)))


_SAID = {
    "Column": (1, 3), "Figure": (1, 2, 4), "Table": (1,), "Section": (), "Part": (), "Chart": (), "Axis": (),
    "Stack": (), "Line": (), "Points": (), "Bars": (), "Card": (1, 3, 4), "Told": (),
}  # fmt: skip
"""Things of a report that are made with words: which of their positional arguments these are."""
_SAID_NAMES = {"title", "help", "group", "caption", "question", "answer", "short", "header", "labels", "name"}


def _made(tree: ast.Module) -> Iterator[str]:
    """Words that columns, charts and the like are made with, and that are said where they are painted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAID:
            given = [node.args[place] for place in _SAID[node.func.id] if place < len(node.args)]
            given += [each.value for each in node.keywords if each.arg in _SAID_NAMES]
            for each in given:
                inside = each.elts if isinstance(each, ast.Tuple) else [each]
                words = [one.value for one in inside if isinstance(one, ast.Constant)]
                yield from (word for word in words if isinstance(word, str) and re.search(r"[A-Za-z]{2}", word))


def _counted(tree: ast.Module) -> Iterator[Key]:
    """``plural(n, "tensor")``, ``noun=("layer", "layers")``, also of a table's fixed arguments."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "plural":
            yield from _pair([arg.value for arg in node.args[1:] if isinstance(arg, ast.Constant)])
        for keyword in node.keywords:
            if keyword.arg == "noun" and isinstance(keyword.value, ast.Tuple):
                yield from _pair([each.value for each in keyword.value.elts if isinstance(each, ast.Constant)])


def _pair(words: list[object]) -> Iterator[Key]:
    if words and all(isinstance(word, str) and "{" not in word for word in words):
        one = str(words[0])
        yield f"{{count}} {one}", f"{{count}} {words[1] if len(words) > 1 else one + 's'}"


def _templates() -> Iterator[tuple[str, Key]]:
    """``_("…")`` of the templates, and what their filter ``plural`` counts."""
    from jinja2 import nodes
    from jinja2.ext import babel_extract

    from modelreport.render.environment import environment

    for path in sorted(TEMPLATES.rglob("*")):
        if path.suffix not in {".html", ".j2"}:
            continue
        source = path.read_text(encoding="utf-8")
        for _line, _call, given, _remarks in babel_extract(io.BytesIO(source.encode()), ["_"], [], {"trimmed": "no"}):
            yield from ((_file(path), (message, "")) for message in _first(given))
        for each in environment().parse(source).find_all(nodes.Filter):
            if each.name == "plural":
                words = [arg.value for arg in each.args if isinstance(arg, nodes.Const)]
                yield from ((_file(path), key) for key in _pair(words))


def _scripts() -> Iterator[tuple[str, Key]]:
    """What ``t`` and ``mark`` are given in the scripts."""
    from modelreport.render.language import scripted

    for path in sorted((TEMPLATES / "js").glob("*.js")):
        found = scripted(path.read_text(encoding="utf-8"))
        yield from ((_file(path), (message, "")) for message in sorted(found))


def _first(given: object) -> Iterator[str]:
    """The message of a call: its only or its first argument, where that is a text."""
    message = given[0] if isinstance(given, tuple) and given else given
    if isinstance(message, str) and message:
        yield message


def _file(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def updated(book: polib.POFile, found: dict[Key, set[str]]) -> polib.POFile:
    """The catalogue with exactly these messages: known translations kept, others empty, the rest obsolete."""
    known = {(entry.msgid, entry.msgid_plural or ""): entry for entry in book}
    made = polib.POFile(wrapwidth=100)
    made.header, made.metadata = book.header, dict(book.metadata)
    for key in sorted(found):
        made.append(_entry(key, found[key], known.get(key)))
    for key in sorted(set(known) - set(found)):
        entry = known[key]
        if entry.msgstr or any(entry.msgstr_plural.values()):
            made.append(_obsolete(entry))
    return made


def _entry(key: Key, files: Iterable[str], known: polib.POEntry | None) -> polib.POEntry:
    one, many = key
    entry = polib.POEntry(msgid=one, msgid_plural=many, occurrences=[(file, "") for file in sorted(files)])
    if known is not None:
        entry.msgstr, entry.tcomment = known.msgstr, known.tcomment
        entry.flags = [flag for flag in known.flags if flag == "fuzzy"]
    if many:
        entry.msgstr_plural = dict(known.msgstr_plural) if known else {0: ""}
    return entry


def _obsolete(entry: polib.POEntry) -> polib.POEntry:
    return polib.POEntry(
        msgid=entry.msgid, msgid_plural=entry.msgid_plural, msgstr=entry.msgstr, obsolete=True,
        msgstr_plural=entry.msgstr_plural,
    )  # fmt: skip


def faults(book: polib.POFile, found: dict[Key, set[str]]) -> list[str]:
    """Everything that keeps a catalogue from being whole, one line each."""
    there = {(entry.msgid, entry.msgid_plural or ""): entry for entry in book if not entry.obsolete}
    wrong = [f"missing: {key[0]}" for key in sorted(set(found) - set(there))]
    wrong += [f"no longer said: {key[0]}" for key in sorted(set(there) - set(found))]
    for key, entry in sorted(there.items()):
        told = list(entry.msgstr_plural.values()) if key[1] else [entry.msgstr]
        if entry.fuzzy:
            wrong.append(f"fuzzy: {key[0]}")
        if not told or not all(told):
            wrong.append(f"empty: {key[0]}")
        else:
            wrong += [f"placeholders: {key[0]} → {each}" for each in told if not same_values(key[0], each)]
    return wrong


def same_values(message: str, translation: str) -> bool:
    """Whether a translation has the values of its message and no others.

    A value that only chooses between words of English may be left out: ``{n:tensor is|tensors are}``.
    """
    words: dict[str, set[int]] = {}
    for name, choice in PLACEHOLDER.findall(message):
        words.setdefault(name, set()).add(choice.count("|") + 1 if choice else 0)
    needed = {name for name, sizes in words.items() if 0 in sizes}
    said = set()
    for name, choice in PLACEHOLDER.findall(translation):
        if name not in words or (choice and choice.count("|") + 1 not in words[name]):
            return False
        if choice or 0 in words[name]:
            said.add(name)
        elif not choice:
            return False
    return needed <= said


def begun(lang: str) -> polib.POFile:
    """An empty catalogue."""
    book = polib.POFile(wrapwidth=100)
    book.metadata = {
        "Project-Id-Version": "modelreport",
        "Language": lang,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=n != 1;",
    }
    return book


def read(path: Path) -> polib.POFile:
    """A catalogue from its file."""
    return polib.pofile(str(path), wrapwidth=100)


def main(arguments: list[str] | None = None) -> int:
    """Update or check all catalogues; the number of the exit."""
    parser = argparse.ArgumentParser(prog="messages", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where something is not whole")
    parser.add_argument("--new", default="", metavar="CODE", help="begin the catalogue of a language")
    asked = parser.parse_args(arguments)
    found, failed = collect(), False
    if asked.new:
        begun(asked.new).save(str(CATALOGUES / f"{asked.new}.po"))
    for path in sorted(CATALOGUES.glob("*.po")):
        book = read(path)
        if not asked.check:
            book = updated(book, found)
            book.save(str(path))
        wrong = faults(book, found)
        failed = failed or bool(wrong)
        sys.stdout.write(f"{path.stem}: {len(found)} messages, {len(wrong)} faults\n")
        sys.stdout.writelines(f"  {line}\n" for line in (wrong if asked.check else []))
    return int(failed and asked.check)


if __name__ == "__main__":
    sys.exit(main())
