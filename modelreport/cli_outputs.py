"""What a command is asked to write: checked before any work, so that nothing is made in vain or written over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelreport.errors import OptionsError
from modelreport.options import RenderOptions
from modelreport.progress import plain

if TYPE_CHECKING:
    import typer

    from modelreport.remote import Location

_WORDS: Final = {".html": "HTML", ".pdf": "PDF", ".md": "Markdown", ".json": "JSON", ".csv": "CSV"}
_PAGES: Final = (".html", ".pdf", ".md")
APPLIES: Final[Mapping[str, tuple[str, ...]]] = {
    "lang": _PAGES,
    "paper": (".pdf",),
    "embed": (".html",),
    "assets": (".html",),
    "max_size": (".html",),
    "card": (".md",),
    "template_dir": _PAGES,
}
"""The forms that an option is about, by its name; what stands nowhere here holds for all."""
_TRACED: Final = ("inputs", "device")
_MEASURED: Final = ("spectra", "workers", "dask")
_FLAGS: Final = {"inputs": "--input"}
_REPORT: Final = b'{"findings":['
"""What every report as JSON begins with."""


def given_to(context: typer.Context) -> set[str]:
    """The parameters that were typed, not left to their defaults."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def targets_of(outputs: Iterable[Path], tables: Iterable[Path] = ()) -> dict[Path, str]:
    """Each output with its form: that of its suffix, CSV for ``tables``. ``OptionsError`` where two are one file."""
    targets: dict[Path, str] = {}
    taken: dict[Path, str] = {}
    asked = [("-o", target, target.suffix.lower()) for target in outputs] + [("--csv", t, ".csv") for t in tables]
    for flag, target, form in asked:
        beside = [target.with_name(f"{target.stem}.map.svg")] if form == ".md" else []
        for each in (target, *beside):
            place = Path(os.path.realpath(each))
            if place in taken:
                other = f"that of {taken[place]}" if each is target else f"the drawing of {plain(str(target))}"
                raise OptionsError(
                    f"{flag} {plain(str(each))}: two outputs cannot be one file; it is also {other}.",
                    "Give each a name of its own.",
                )
            taken[place] = f"{flag} {plain(str(target))}"
        targets[target] = form
    return targets


def check_applies(given: set[str], forms: Iterable[str]) -> None:
    """Refuse an option that was typed and changes none of the outputs."""
    asked = set(forms) & set(_WORDS)
    for name in sorted(given & set(APPLIES)):
        about = APPLIES[name]
        if asked and not asked & set(about):
            words = [_WORDS[form] for form in about]
            every = f"{', '.join(words[:-1])} and {words[-1]}" if words[1:] else words[0]
            raise OptionsError(
                f"{_flag(name)} is for {every}, and no output is {'one of these' if words[1:] else every}.",
                f"Add -o report{about[0]}, or leave {_flag(name)} out.",
            )


def check_parts(given: set[str], options: Mapping[str, Any]) -> None:
    """Refuse what is about a part of the report that was switched off."""
    for names, part, switch, without in (
        (_TRACED, "trace", "--no-trace", "there is no forward pass"),
        (_MEASURED, "weights", "--no-weights", "no values are read"),
    ):
        for name in names:
            if name in given and not options[part] and (name, options.get(name)) != ("spectra", "none"):
                raise OptionsError(f"{_flag(name)}: with {switch} {without}.", "Leave out one of the two.")


def check_kept(target: Path, source: Location, look: RenderOptions) -> None:
    """Refuse an output that would write over what the report is made of, or be taken for a template the next time."""
    if look.template_dir and target.resolve().is_relative_to(Path(look.template_dir).resolve()):
        raise OptionsError(f"-o {plain(str(target))}: lies among your own templates.", "Name a file elsewhere.")
    if not isinstance(source, Path) or not target.exists():
        return
    shown = plain(str(target))
    if target.samefile(source):
        raise OptionsError(f"-o {shown}: is the file that is read.", "Choose another name.")
    inside = source.is_dir() and target.resolve().is_relative_to(source.resolve())
    if inside and target.suffix.lower() == ".json" and not _head(target).lstrip().startswith(_REPORT):
        raise OptionsError(f"-o {shown}: is a file of the model itself.", "Choose another name.")


def _flag(name: str) -> str:
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


def _head(path: Path) -> bytes:
    """How a file begins; nothing of one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError:
        return b""
