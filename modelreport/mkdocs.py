"""MkDocs: a fence named ``modelreport`` shows the report of a model in a page.

``plugins: [modelreport]`` in ``mkdocs.yml``. The fence holds the path of a checkpoint, or of a report saved as JSON,
from the page's own folder; below it options, one a line. Reports are kept from one build to the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Final

from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.utils import get_relative_url

from modelreport import embedding
from modelreport.errors import ModelReportError, OptionsError

log = get_plugin_logger("modelreport")
ASSETS: Final = "assets/modelreport/"
_FENCE: Final = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_HOLDER: Final = re.compile(
    r'<div class="modelreport" data-modelreport="(?P<key>[0-9a-f]{32})-(?P<n>\d+)">.*?</div>', re.DOTALL
)


@dataclass(frozen=True)
class Fence:
    """A fence of the plugin in a page."""

    first: int
    """Line it begins at, from 0."""
    last: int
    """Line after it."""
    indent: str
    lines: tuple[str, ...]


@dataclass
class Shown:
    """What the pages of a build show."""

    wishes: dict[str, list[embedding.Wish]] = field(default_factory=dict)
    """By the address of the page, in their order."""
    keys: set[str] = field(default_factory=set)
    paths: set[Path] = field(default_factory=set)
    """Models, and code of one's own."""

    @property
    def looks(self) -> set[Any]:
        """All ways in which reports are written."""
        return {asked.look for each in self.wishes.values() for asked in each}


class PluginConfig(Config):  # type: ignore[misc]
    """Options of the plugin in ``mkdocs.yml``."""

    enabled = config_options.Type(bool, default=True)
    cache_dir = config_options.Type(str, default=".cache/plugin/modelreport")
    defaults = config_options.Type(dict, default={})


class ModelReportPlugin(BasePlugin[PluginConfig]):  # type: ignore[misc]
    """The plugin ``modelreport``."""

    def __init__(self) -> None:
        self._root = Path()
        self._lang = "en"
        self._store = embedding.Store(Path())
        self._shown = Shown()
        self._server: Any = None
        self._watched: set[str] = set()
        """What the server watches for us."""

    def on_startup(self, *, command: str, dirty: bool) -> None:
        """One object serves all builds of ``mkdocs serve``: MkDocs keeps those that have this method."""

    def on_config(self, config: Any) -> None:
        """Note where the site is."""
        self._root = Path(config.config_file_path or ".").resolve().parent
        self._store = embedding.Store(self._root / self.config.cache_dir)

    def on_pre_build(self, config: Any) -> None:  # noqa: ARG002 - mkdocs' signature
        """Begin a build: nothing is shown yet."""
        self._shown = Shown()

    def on_page_markdown(self, markdown: str, page: Any, config: Any, files: Any) -> str:  # noqa: ARG002 - mkdocs' signature
        """The page with a holder in place of each fence; in it what the report says in plain text, for search."""
        if not self.config.enabled or "modelreport" not in markdown:
            return markdown
        theme = config.theme  # of a site in several languages another one for each part of the build
        self._lang = str(theme.get("language", "") if theme is not None else "") or "en"
        lines = markdown.split("\n")
        for each in reversed(list(fences(lines))):
            lines[each.first : each.last] = [f"{each.indent}{line}" for line in self._holder(each, page)]
        wishes = self._shown.wishes.get(page.file.src_uri)
        if wishes:
            wishes.reverse()
        return "\n".join(lines)

    def _holder(self, fence: Fence, page: Any) -> list[str]:
        source = Path(page.file.abs_src_path)
        given: dict[str, Any] = dict(self.config.defaults)
        path, name = Path(), ""
        try:
            name, own = read_fence(fence.lines)
            given |= own
            path = self._find(name, source)
            self._shown.paths.add(path)
            asked = embedding.wish(path, given, self._lang, (source.parent, self._root))
            self._shown.paths.update(embedding.own_files(asked))
            key = self._store.make(asked)
            told = embedding.told(self._store.report(key), asked.look)
        except ModelReportError as error:
            line = fence.first + 1 + _front_matter(source, page.markdown or "")
            log.warning("%s:%d: %s", page.file.src_uri, line, embedding.reason(error))
            reason = escape(embedding.reason_to_show(error, given, path, name))
            return [
                f'<div class="admonition warning"><p class="admonition-title">modelreport</p><p>{reason}</p></div>',
                "",
            ]
        self._shown.keys.add(key)
        wishes = self._shown.wishes.setdefault(page.file.src_uri, [])
        wishes.append(asked)
        return [f'<div class="modelreport" data-modelreport="{key}-{len(wishes)}">{_plain(told)}</div>', ""]

    def _find(self, name: str, source: Path) -> Path:
        """A path from the page's folder, else from that of ``mkdocs.yml``."""
        beside = source.parent / name
        return beside if beside.exists() else self._root / name

    def on_post_page(self, output: str, page: Any, config: Any) -> str:  # noqa: ARG002 - mkdocs' signature
        """The page with its fragments, after search has read it."""
        wishes = self._shown.wishes.get(page.file.src_uri, [])
        at = get_relative_url(ASSETS, page.url)
        at = at if at.endswith("/") else f"{at}/"
        taken: set[str] = set()

        def put(found: re.Match[str]) -> str:
            asked = wishes[len(wishes) - int(found["n"])]
            return embedding.fragment(self._store.report(found["key"]), asked, at, taken)

        return _HOLDER.sub(put, output) if wishes else output

    def on_post_build(self, config: Any) -> None:
        """Write what the fragments share, and forget reports that no page shows any more."""
        if self.config.enabled:
            self._store.clean(self._shown.keys)
            embedding.write_shared(Path(config.site_dir) / ASSETS, self._shown.looks)
        self._watch()

    def on_serve(self, server: Any, config: Any, builder: Any) -> Any:  # noqa: ARG002 - mkdocs' signature
        """Build again when a checkpoint changes."""
        self._server = server
        self._watch()
        return server

    def _watch(self) -> None:
        """Watch what this build showed, and nothing beside it: a log or cache there would build without end."""
        if self._server is None:
            return
        paths = [path for path in self._shown.paths if path.is_dir()]
        paths += [file for path in self._shown.paths if not path.is_dir() for file in embedding.depends_on(path)]
        found = {str(path) for path in paths if path.exists()}
        for name in sorted(found - self._watched):
            self._server.watch(name)
        self._watched |= found


def fences(lines: list[str]) -> Iterator[Fence]:
    """The fences of the plugin; what stands in another fence is an example and stays."""
    opened: tuple[int, str, str, bool] | None = None
    for at, line in enumerate(lines):
        found = _FENCE.match(line)
        if opened is None:
            if found is not None:
                ours = found["info"].strip().lower().split(" ")[0] == "modelreport"
                opened = (at, found["fence"], found["indent"], ours)
        elif found is not None and found["fence"].startswith(opened[1]) and not found["info"].strip():
            first, _, indent, ours = opened
            if ours:
                yield Fence(first, at + 1, indent, tuple(each.removeprefix(indent) for each in lines[first + 1 : at]))
            opened = None


def read_fence(lines: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """The path in a fence and the options below it. ``OptionsError`` for a line that is neither."""
    path, given = "", {}
    for line in filter(None, (line.strip() for line in lines)):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not path and (not colon or name not in {*embedding.KNOWN, "path"}):
            path = line
        elif colon and name == "path":
            path = value.strip()
        elif colon or name in embedding.SWITCHES:
            given[name] = value.strip()
        else:
            raise OptionsError(f"{line}: not an option.", "Write one 'name: value' a line below the path.")
    if not path:
        raise OptionsError("The fence names no model.", "Write the path of a checkpoint in it.")
    return path, given


def _front_matter(source: Path, markdown: str) -> int:
    """Lines of the file before its Markdown."""
    try:
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return 0
    head = text.partition(markdown.strip("\n").split("\n")[0])[0] if markdown.strip() else ""
    return head.count("\n")


def _plain(told: embedding.Told) -> str:
    """What the report says, as markup on one line."""
    figures = "; ".join(
        f"{name} {value} ({beside})" if beside else f"{name} {value}" for name, value, beside in told.figures
    )
    findings = "".join(f"<li>{escape(f'{word}: {text}')}</li>" for word, text in told.findings)
    lines = (told.what, told.verdict, told.description, figures)
    body = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    return f"<p><strong>{escape(told.title)}</strong></p>{body}" + (f"<ul>{findings}</ul>" if findings else "")
