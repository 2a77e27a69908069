"""Sphinx: ``.. modelreport:: path/to/model.pth`` shows the report of a model in a page.

``extensions = ["modelreport.sphinx"]`` in ``conf.py``. The report is built when the page is read, kept in the doctrees'
folder, and built again when the checkpoint changes. HTML pages get a fragment, other documents
its figures and findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from modelreport import embedding
from modelreport.errors import ModelReportError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

log = logging.getLogger(__name__)
ASSETS: Final = "_static/modelreport"
PAGES: Final = frozenset({"html", "dirhtml", "singlehtml"})
"""Builders whose documents are pages that run scripts."""


class ReportNode(nodes.General, nodes.Element):  # type: ignore[misc]
    """A report: ``key`` and ``wish`` say which, the children are what it says in plain text."""


class ReportDirective(SphinxDirective):  # type: ignore[misc]
    """``.. modelreport:: PATH`` with the options of ``modelreport build`` that make sense in a page."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = False
    option_spec = {  # noqa: RUF012 - docutils' way to declare them
        **dict.fromkeys(embedding.KNOWN, directives.unchanged_required),
        **dict.fromkeys(embedding.SWITCHES, directives.unchanged),
    }

    def run(self) -> list[nodes.Node]:
        """The report's node; what is wrong is a warning that names file and line, and is told in its place."""
        _relative, absolute = self.env.relfn2path(self.arguments[0])
        path, shown = Path(absolute), self.arguments[0]
        given = {**self.config.modelreport_defaults, **self.options}
        near = (Path(self.env.doc2path(self.env.docname)).parent, Path(self.env.srcdir))
        for file in embedding.depends_on(path):
            self.env.note_dependency(str(file))
        try:
            asked = embedding.wish(path, given, self.config.language or "en", near)
            for own in embedding.own_files(asked):
                for file in embedding.depends_on(own):
                    self.env.note_dependency(str(file.resolve()))
            store = store_of(self.env)
            key = store.make(asked)
            told = embedding.told(store.report(key), asked.look)
        except ModelReportError as error:
            reason = f"{shown}: {embedding.reason(error)}"
            log.warning("modelreport: %s", reason, location=self.get_location(), type="modelreport")
            return [nodes.warning("", nodes.paragraph(text=embedding.reason_to_show(error, given, path, shown)))]
        keys_of(self.env).setdefault(self.env.docname, set()).add(key)
        made = ReportNode("", *_plain(told), key=key, wish=asked)
        self.set_source_info(made)
        return [made]


def store_of(env: BuildEnvironment) -> embedding.Store:
    """The reports kept beside the doctrees."""
    return embedding.Store(Path(env.doctreedir) / "modelreport")


def keys_of(env: BuildEnvironment) -> dict[str, set[str]]:
    """The reports of each document."""
    if not hasattr(env, "modelreport_keys"):
        env.modelreport_keys = {}
    found: dict[str, set[str]] = env.modelreport_keys
    return found


def _plain(told: embedding.Told) -> Iterable[nodes.Node]:
    """A report as ordinary nodes: for search, LaTeX, plain text and the rest."""
    title = nodes.paragraph("", "", nodes.strong(text=told.title), nodes.Text(f" – {told.what}"))
    yield title
    for text in (told.verdict, told.description):
        if text:
            yield nodes.paragraph(text=text)
    fields = nodes.field_list()
    for name, value, beside in told.figures:
        body = nodes.field_body("", nodes.paragraph(text=f"{value} ({beside})" if beside else value))
        fields += nodes.field("", nodes.field_name(text=name), body)
    yield fields
    if told.findings:
        items = (nodes.list_item("", nodes.paragraph(text=f"{word}: {text}")) for word, text in told.findings)
        yield nodes.bullet_list("", *items, bullet="*")


def visit_html(translator: Any, node: ReportNode) -> None:
    """The fragment, where the document is a page; what it says in plain text elsewhere (EPUB)."""
    builder = translator.builder
    if builder.name not in PAGES:
        return
    docname = translator.docnames[0] if hasattr(translator, "docnames") else builder.current_docname
    single = builder.name == "singlehtml"
    at = f"{ASSETS}/" if single else relative_uri(builder.get_target_uri(docname), f"{ASSETS}/")
    taken = _taken(translator)
    try:
        report = store_of(builder.env).report(node["key"])
        translator.body.append(embedding.fragment(report, node["wish"], at, taken))
    except ModelReportError as error:
        log.warning("modelreport: %s", embedding.reason(error), location=node, type="modelreport")
        return
    raise nodes.SkipNode


def _taken(translator: Any) -> set[str]:
    """Ids of the fragments before this one in the document."""
    if not hasattr(translator, "modelreport_taken"):
        translator.modelreport_taken = set()
    found: set[str] = translator.modelreport_taken
    return found


def pass_over(_translator: Any, _node: ReportNode) -> None:
    """The children say everything."""


def note_state(_app: Sphinx, config: Config) -> None:
    """Pages are made anew when scripts, styles or versions change."""
    config.modelreport_state = embedding.state()


def forget(_app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A document is about to be read again, or went."""
    keys_of(env).pop(docname, None)


def merge(_app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    """Take over what another process read."""
    for docname in docnames:
        if docname in keys_of(other):
            keys_of(env)[docname] = keys_of(other)[docname]


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write what the fragments share, and forget reports that no document shows any more."""
    if error is not None:
        return
    env = app.env
    used = {key for keys in keys_of(env).values() for key in keys}
    store_of(env).clean(used)
    if used and app.builder.name in PAGES:
        looks = {node["wish"].look for docname in keys_of(env) for node in env.get_doctree(docname).findall(ReportNode)}
        embedding.write_shared(Path(app.outdir) / ASSETS, looks)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_config_value("modelreport_defaults", {}, "env", dict)
    app.add_config_value("modelreport_state", "", "env", str)
    plain = (pass_over, pass_over)
    app.add_node(ReportNode, html=(visit_html, pass_over), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive("modelreport", ReportDirective)
    app.connect("config-inited", note_state)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", finish)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
