"""Where templates and style sheets come from: those of the package, and a reader's own in place of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from modelreport.errors import OptionsError, OutputError
from modelreport.render.setting import setting

TOKENS: Final = "css/tokens.css"
_REMARK: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN: Final = re.compile(r"--([a-z-]+)\s*:\s*([^;}]+)")
_COLOR: Final = re.compile(r"(#[0-9a-fA-F]{6})|light-dark\(\s*(#[0-9a-fA-F]{6})\s*,\s*(#[0-9a-fA-F]{6})\s*\)")


def templates_folder() -> Path:
    """Where the templates lie: inside the installed package, or beside it in a checkout.

    ``OutputError`` when neither has them (a broken installation).
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "report.html").is_file():
            return folder
    raise OutputError("The templates of the report are missing.", "reinstall modelreport")


def template_folders() -> tuple[Path, ...]:
    """The folders that templates are looked for in, the caller's own first."""
    own = setting().options.template_dir
    return (Path(own), templates_folder()) if own else (templates_folder(),)


def template_text(name: str) -> str:
    """The text of a template or style sheet, the caller's own if there is one.

    Tokens are the exception: the caller's come after ours, so that a file with one colour changes one colour.
    """
    texts = [(folder / name).read_text(encoding="utf-8") for folder in template_folders() if (folder / name).is_file()]
    return "\n".join(reversed(texts)) if name == TOKENS else texts[0]


def own_colors(*, dark: bool) -> Mapping[str, str]:
    """The colours among the caller's own tokens, for what is drawn without a style sheet; empty for none.

    ``--accent: #123456`` holds for both themes, ``light-dark(#123456, #abcdef)`` has one for each.
    """
    own = setting().options.template_dir
    return _colors(Path(own) / TOKENS, dark) if own else {}


@cache
def _colors(path: Path, dark: bool) -> Mapping[str, str]:
    style = _REMARK.sub("", path.read_text(encoding="utf-8")) if path.is_file() else ""
    found = {}
    for name, value in _TOKEN.findall(style):
        color = _COLOR.fullmatch(value.strip())
        if color:
            found[name] = (color[1] or color[3 if dark else 2]).lower()
    return found


def check_template_dir(folder: Path) -> None:
    """Refuse a folder in which no file stands in for one of ours: its names are then wrong."""
    ours = {path.relative_to(templates_folder()) for path in templates_folder().rglob("*") if path.is_file()}
    if not folder.is_dir():
        raise OptionsError(f"--template-dir {folder}: not a folder.", "Name a folder of templates.")
    if not any((folder / name).is_file() for name in ours):
        raise OptionsError(
            f"--template-dir {folder}: no file in it has the name of a template.",
            f"Put a file there such as {TOKENS} or sections/summary.html.",
        )
