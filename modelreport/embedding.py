"""Reports inside documentation sites: what the Sphinx directive and the MkDocs plugin share.

A report is built once for the same bytes and options and kept as JSON; pages get fragments of it whose scripts and
styles are files that the whole site shares.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelreport.digests import Digests, files_of, short, versions
from modelreport.errors import MissingFileError, ModelReportError, OptionsError
from modelreport.options import RenderOptions, render_options

if TYPE_CHECKING:
    from modelreport.api import Report

BUILD: Final = ("input", "title", "model", "code", "base", "pick", "device", "spectra")
"""Options of a build, as the command spells them."""
OWN: Final = ("model", "code", "base")
"""Options that may name a file of one's own."""
SWITCHES: Final = ("no-trace", "no-weights")
LOOK: Final = ("lang", "max-size", "redact", "template-dir")
PLACE: Final = ("sections", "height", "name")
KNOWN: Final = (*BUILD, *SWITCHES, *LOOK, *PLACE)
"""Everything that can be asked for beside a report."""
_HEIGHT: Final = re.compile(r"\d{1,5}(?:\.\d{1,3})?(?:px|em|rem|vh|lh)?")
_NAME: Final = re.compile(r"[A-Za-z][\w.-]{0,80}")


@dataclass(frozen=True)
class Wish:
    """A report to show."""

    path: Path
    """A checkpoint, or a report that was saved as ``.json``."""
    build: tuple[tuple[str, Any], ...]
    look: RenderOptions
    name: str = ""
    height: str = ""


@dataclass(frozen=True)
class Told:
    """A report in plain text: for search, and for documents that are not pages."""

    title: str
    what: str
    verdict: str
    figures: tuple[tuple[str, str, str], ...]
    """Name, value, what is beside it."""
    findings: tuple[tuple[str, str], ...]
    """Severity in words, and the sentence."""
    description: str


def wish(path: Path, given: Mapping[str, Any], lang: str = "en", near: Iterable[Path] = ()) -> Wish:
    """What was asked for, checked. ``given`` is by the names in ``KNOWN``; ``lang`` is that of the site.

    Files of one's own (``code``, ``base``, ``template-dir``, the file in ``model``) are looked for in the folders
    ``near`` before the working directory.

    Raises ``OptionsError`` for what is not known or cannot be, before any work.
    """
    from modelreport.api import check_look
    from modelreport.render.choice import check_sections

    unknown = sorted(set(given) - set(KNOWN))
    if unknown:
        raise OptionsError(f"{', '.join(unknown)}: no such option.", f"Use some of {', '.join(KNOWN)}.")
    text = {name: str(value if value is not None else "").strip() for name, value in given.items()}
    for option in (*OWN, "template-dir"):
        if text.get(option):
            text[option] = _found(text[option], tuple(near))
    build: dict[str, Any] = {name: text[name] for name in BUILD if text.get(name)}
    if "input" in build:
        build["input"] = [part.strip() for part in build["input"].split(";") if part.strip()]
    build |= {name.removeprefix("no-"): False for name in SWITCHES if name in text and _is_on(text[name])}
    height, name = text.get("height", ""), text.get("name", "")
    if height and not _HEIGHT.fullmatch(height):
        raise OptionsError(f"height {height}: not a length.", "Write 600px or 80vh.")
    if name and not _NAME.fullmatch(name):
        raise OptionsError(f"name {name}: not a name for an anchor.", "Use letters, digits and hyphens.")
    sections = tuple(word for word in re.split(r"[,\s]+", text.get("sections", "")) if word)
    check_sections(sections)
    chosen = {key.replace("-", "_"): text[key] for key in LOOK if text.get(key)}
    chosen.setdefault("lang", language(lang))
    look = replace(render_options(embed=True, assets="split", **chosen), sections=sections)  # type: ignore[arg-type]
    check_look(look)
    return Wish(path, tuple(sorted(build.items())), look, name, f"{height}px" if height.isdecimal() else height)


def language(code: str) -> str:
    """The language of reports in a site of language ``code``, such as ``zh_CN``: English where none fits."""
    from modelreport.render.language import languages

    known = re.split(r"[-_]", code.lower())[0]
    return known if known in languages() else "en"


def _found(text: str, near: tuple[Path, ...]) -> str:
    """A path, or ``path.py:Name``, in the first folder that holds it, as seen from the working directory."""
    path, colon, name = text.partition(".py:")
    path = f"{path}.py" if colon else path
    places = [] if Path(path).is_absolute() else [folder / path for folder in near]
    there = next((os.path.relpath(place) for place in places if place.exists()), path)
    return f"{there}:{name}" if colon else there


def _is_on(text: str) -> bool:
    return text.lower() not in {"false", "no", "off", "0"}


class Store:
    """Reports that were built, kept in a folder from one build of the site to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, asked: Wish) -> str:
        """What names the report: the bytes of the model, the options of its build, the versions that built it.

        Raises ``MissingFileError`` where the model cannot be read.
        """
        whole = dict(asked.build).get("weights", True)
        digests = Digests({}, whole=bool(whole))
        digest = digests.of_model(asked.path)
        if not digest:
            raise MissingFileError(f"{asked.path} does not exist, or cannot be read.", "Check the path.")
        own = [digests.of_model(path) for path in own_files(asked)]
        return short(digest, asked.path.name, asked.build, own, sorted(asked.look.redact), versions())

    def make(self, asked: Wish) -> str:
        """The key of the report, which is built if it is not kept yet. Raises ``ModelReportError``."""
        from modelreport import api

        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a build of documentation asks nobody for models
        key = self.key(asked)
        if not self._file(key).is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            if is_report(asked.path):
                report = api.Report.load(asked.path)
            else:
                report = api.build(asked.path, **dict(asked.build))
            api.write_atomically(self._file(key), report.render(".json", RenderOptions(redact=asked.look.redact)))
        return key

    def report(self, key: str) -> Report:
        """The report of that key, which was made. Raises ``ModelReportError``."""
        from modelreport.api import Report

        return Report.load(self._file(key))

    def clean(self, used: Iterable[str]) -> None:
        """Forget all reports but those used."""
        kept = {self._file(key).name for key in used}
        for path in self._folder.glob("*.report.json"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.report.json"


def is_report(path: Path) -> bool:
    """Whether this is a report that was saved, not a model."""
    return path.suffix.lower() == ".json" and not path.name.endswith(".index.json")


def own_files(asked: Wish) -> list[Path]:
    """Code and models of one's own that the build of a report reads beside the checkpoint."""
    build = dict(asked.build)
    named = [str(build.get(name, "")).partition(".py:") for name in OWN]
    paths = [Path(f"{stem}.py" if colon else stem) for stem, colon, _name in named if stem]
    return [path for path in paths if path.exists()]


def depends_on(path: Path) -> list[Path]:
    """The files whose change makes another report."""
    return files_of(path)[:10_000]


def fragment(report: Report, asked: Wish, assets_at: str, taken: set[str]) -> str:
    """The report as markup for a page whose shared files are at ``assets_at``.

    ``taken`` are the ids of the fragments before it on the page; that of this one is added.
    """
    from modelreport.render.delivery import fragment_id

    stem = asked.name or fragment_id(report)
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name)
    look = replace(asked.look, assets_at=assets_at, fragment_id=name, redact=frozenset())
    markup = report.render(".html", look).decode()
    scrolled = f'<model-report style="max-height:{asked.height};overflow:auto" '
    return markup.replace("<model-report ", scrolled, 1) if asked.height else markup


def shared_files(looks: Iterable[RenderOptions]) -> dict[str, bytes]:
    """The files that the fragments need, by their names."""
    from modelreport.render.delivery import shared_files as of

    found: dict[str, bytes] = {}
    for look in looks:
        found |= of(look)
    return found


def write_shared(folder: Path, looks: Iterable[RenderOptions]) -> None:
    """Write the files that the fragments need; those there already are left as they are. Raises ``OutputError``."""
    from modelreport.api import write_shared as write

    files = shared_files(looks)
    if files:
        folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write(folder / name, data)


def told(report: Report, look: RenderOptions) -> Told:
    """The report in plain text, in the language of ``look``."""
    from modelreport.render import format as text
    from modelreport.render.sections.summary import key_figures, what_it_is
    from modelreport.render.setting import under

    verdict = report.verdict
    with under(look):
        word = f"{text.VERDICT_ICONS[verdict.level]} {_word(verdict.level)}: " if verdict else ""
        return Told(
            title=text.name(report.title),
            what=what_it_is(report),
            verdict=f"{word}{text.message(verdict.sentence)}" if verdict else "",
            figures=tuple((each.title, each.value, each.beside) for each in key_figures(report)),
            findings=tuple(
                (text.severity_word(each.severity), text.message(each.message))
                for each in report.findings
                if each.state == "found"
            ),
            description=" ".join(text.message(each) for each in report.outline.description),
        )


def _word(level: str) -> str:
    from modelreport.render.format import VERDICT_WORDS
    from modelreport.render.language import _

    return _(VERDICT_WORDS[level])


def state() -> str:
    """What every fragment depends on beside its report: a change of it makes every page anew."""
    looks = [RenderOptions(embed=True, assets="split")]
    return short(versions(), sorted(shared_files(looks)))


def reason(error: ModelReportError) -> str:
    """An error in one line, with its hint."""
    return f"{error.message} {error.hint}".strip()


def reason_to_show(error: ModelReportError, given: Mapping[str, Any], path: Path, name: str) -> str:
    """What a page says in place of a report that could not be made: no names where these are not for others.

    ``name`` is what the page calls the file at ``path``: where a site is built is nobody's business.
    """
    if given.get("redact"):
        return "The report of this model could not be made."
    return reason(error).replace(str(path), name) if name else reason(error)
