"""The catalogue, made anew where something changed and left alone where nothing did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelreport import api
from modelreport.digests import Digests
from modelreport.errors import LoadError, ModelReportError, OptionsError, OutputError
from modelreport.options import RenderOptions, no_progress
from modelreport.site import manifest as known
from modelreport.site.card import card_of, unread
from modelreport.site.find import Found, find_models
from modelreport.site.fingerprint import page_key, report_key
from modelreport.site.index import index_files, write_index
from modelreport.site.manifest import Entry, Manifest
from modelreport.site.plan import Plan
from modelreport.site.slug import hidden_slug, slug

log = logging.getLogger(__name__)
PAGES: Final = "models"
ASSETS: Final = "assets"


@dataclass
class Outcome:
    """What a run did, by the names of the models."""

    index: Path
    built: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    """Written anew from the facts that were kept."""
    unchanged: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    entries: tuple[Entry, ...] = ()


Say = Callable[[str, str], None]


def say_nothing(_what: str, _name: str) -> None:
    """Tell nobody: the default of library calls."""


def build_site(plan: Plan, say: Say = say_nothing, progress: Callable[[str, int, int], None] = no_progress) -> Outcome:
    """Write or bring up to date the catalogue of a folder of models.

    ``say`` hears what became of each: ``built``, ``written``, ``unchanged``, ``unread``, ``removed``. Stopped halfway,
    the catalogue holds what is done and what was there before. Raises ``OptionsError`` for what cannot be asked,
    ``OutputError`` where it cannot be written; ``LoadError`` where the folder holds no model. A model that cannot be
    read is told in the catalogue.
    """
    if plan.output.resolve() == plan.folder.resolve():
        raise OptionsError(f"-o {plan.output}: is the folder of the models itself.", "Name a folder of its own.")
    models = find_models(plan.folder, frozenset({plan.output.resolve()}))
    if not models:
        raise LoadError(f"{plan.folder}: no model was found in it.", "'modelreport formats' lists what can be read.")
    before = known.read_manifest(plan.output)
    work = _Work(plan, {entry.card.page: entry for entry in before.models if entry.card.page}, say, progress)
    for folder in (plan.output, plan.output / PAGES, plan.output / ASSETS):
        _make(folder)
    for name, data in work.shared.items():
        api.write_shared(plan.output / ASSETS / name, data)
    try:
        for model in models:
            work.one(model)
    except BaseException:
        work.close([*work.done.values(), *work.kept(models)], sweep=False)
        raise
    return work.close(list(work.done.values()), sweep=True)


class _Work:
    """One run."""

    def __init__(
        self, plan: Plan, before: dict[str, Entry], say: Say, progress: Callable[[str, int, int], None]
    ) -> None:
        self.plan = plan
        self.before = before
        self.say = say
        self.progress = progress
        self.outcome = Outcome(plan.output / "index.html")
        self.digests = Digests(known.read_cache(plan.output), whole=bool(plan.build.get("weights", True)))
        self.look = _page_look(plan)
        self.shared = dict(api_shared(self.look)) | index_files(plan.look)
        self.done: dict[str, Entry] = {}
        """What this run has told, by the names of the models."""
        self.stems: dict[str, str] = {}
        """What each model is called in the addresses, by its name."""

    def one(self, model: Found) -> None:
        """Do what one model needs."""
        digest = self.digests.of_model(model.path)
        stem = hidden_slug(digest, self.stems.values()) if self.plan.private else slug(model.name)
        self.stems[model.name] = stem
        page = f"{PAGES}/{stem}.html"
        facts = report_key(model.name, digest, self.plan)
        written = page_key(facts, self.look, self.shared)
        old = self.before.get(page)
        fresh = digest != "" and old is not None and not self.plan.force
        there = (self.plan.output / page).is_file()
        if fresh and old is not None and (old.report, old.written) == (facts, written) and there:
            self._told("unchanged", model, old)
            return
        try:
            report = self._kept(page, facts, old) if fresh else None
            how = "built" if report is None else "written"
            report = report or api.build(model.path, **self.plan.build, progress=self.progress)
            self._told(how, model, self._write(report, model, page, facts, written))
        except OutputError:
            raise
        except ModelReportError as error:
            self._could_not(model, error.message, error.hint)
        except (Exception, RecursionError) as error:
            log.debug("%s failed", self._shown(model), exc_info=not self.plan.private)
            self._could_not(model, f"{type(error).__name__}: {str(error)[:200]}", "")

    def _kept(self, page: str, facts: str, old: Entry | None) -> api.Report | None:
        """The report that the last run kept, if it still holds."""
        if old is None or old.report != facts:
            return None
        try:
            return api.Report.load(_json_of(self.plan.output / page))
        except ModelReportError:
            return None

    def _write(self, report: api.Report, model: Found, page: str, facts: str, written: str) -> Entry:
        self.progress("render .html", 0, 0)
        kept = report.render(".json", self.look)
        api.write_atomically(_json_of(self.plan.output / page), kept)
        api.write_atomically(self.plan.output / page, report.render(".html", self.look))
        told = api.Report.load(_json_of(self.plan.output / page)) if self.look.redact else report
        return Entry(card=card_of(told, self._shown(model), page, self.look), report=facts, written=written)

    def _told(self, what: str, model: Found, entry: Entry) -> None:
        getattr(self.outcome, what).append(model.name)
        self.say(what, self._shown(model))
        self.done[model.name] = entry

    def _shown(self, model: Found) -> str:
        """What a model is called before others."""
        return self.stems[model.name] if self.plan.private else model.name

    def _could_not(self, model: Found, message: str, hint: str) -> None:
        if not model.sure:
            log.debug("%s is no model: %s", self._shown(model), "" if self.plan.private else message)
            return
        if self.plan.private:
            message, hint = "It could not be read.", ""
        message = message.replace(str(model.path), model.name)
        self._told("unread", model, Entry(card=unread(self._shown(model), message, hint)))

    def kept(self, models: list[Found]) -> Iterator[Entry]:
        """What was there before of models that this run did not come to; where names are hidden, all that was there."""
        done = {entry.card.page for entry in self.done.values()}
        pages = {f"{PAGES}/{slug(model.name)}.html" for model in models if model.name not in self.done}
        for page, old in self.before.items():
            if page not in done and (self.plan.private or page in pages) and (self.plan.output / page).is_file():
                yield old

    def close(self, entries: list[Entry], *, sweep: bool) -> Outcome:
        """Write the index and what the next run needs; with ``sweep`` take away what no page needs any more."""
        self.outcome.entries = tuple(entries)
        made = Manifest(title=self.plan.heading, models=self.outcome.entries)
        output = self.plan.output
        api.write_atomically(output / "index.html", write_index(made, self.plan))
        api.write_atomically(output / known.CATALOGUE, known.encode(made))
        api.write_atomically(output / known.CACHE, known.encode(self.digests.seen if sweep else self.digests.all))
        if sweep:
            self._sweep({entry.card.page for entry in entries})
        return self.outcome

    def _sweep(self, pages: set[str]) -> None:
        for page, old in self.before.items():
            target = self.plan.output / page
            if page in pages or target.parent != self.plan.output / PAGES:
                continue
            target.unlink(missing_ok=True)
            _json_of(target).unlink(missing_ok=True)
            self.outcome.removed.append(old.card.name)
            self.say("removed", "a page of before" if self.plan.private else old.card.name)
        for asset in (self.plan.output / ASSETS).glob("modelreport-*"):
            if asset.name not in self.shared:
                asset.unlink(missing_ok=True)


def _page_look(plan: Plan) -> RenderOptions:
    """How the pages of the models are written: with shared files, and a way back."""
    from dataclasses import replace

    from modelreport.render.language import _
    from modelreport.render.setting import under

    with under(plan.look):
        title = plan.heading or _("Models")
    return replace(plan.look, embed=False, assets="split", assets_at=f"../{ASSETS}/", back=(("../index.html", title),))


def api_shared(look: RenderOptions) -> dict[str, bytes]:
    """The files that the pages share."""
    from modelreport.render.delivery import shared_files

    return dict(shared_files(look))


def _json_of(page: Path) -> Path:
    return page.with_suffix(".json")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{folder}: cannot be made: {reason}.", "Name another folder with -o.") from error
