"""How a painted report leaves: as a page or as a fragment, with its scripts and styles inside or in files beside it."""

from __future__ import annotations

import base64
import hashlib
import lzma
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from markupsafe import Markup

from modelreport.facts import Report
from modelreport.options import RenderOptions
from modelreport.render.bundle import bundle
from modelreport.render.environment import environment
from modelreport.render.folders import template_text, templates_folder
from modelreport.render.json import write_json
from modelreport.render.language import script_messages, tag
from modelreport.render.payload import Packer, names_of, pack_quick, pack_stream
from modelreport.render.scope import RESET, scoped
from modelreport.render.setting import setting, under

STYLES: Final = ("tokens", "layout", "components", "tables", "charts", "map", "print")
"""Style sheets of the page, in their order."""
PLOTLY_HASH: Final = "NbMp7bFmfPAY4ks8s+kQl23hZy0fO42vxMBsyhBa9+U="
"""SHA-256 of the vendored Plotly bundle as it runs, in base 64."""
_LINK: Final = re.compile(r'(?<= href=")#(?=[^"])')
_HEADING: Final = re.compile(r"<h([1-4])\b")
_TWO_COLOURS: Final = re.compile(r"(--[\w-]+):light-dark\(([^,()]+),")


@dataclass(frozen=True)
class Part:
    """A section as it stands on the page."""

    id: str
    title: str
    badge: str | None
    body: Markup


def deliver(
    report: Report, parts: Sequence[Part], payloads: Mapping[str, Any], pack: Packer, left_out: Sequence[str] = ()
) -> bytes:
    """The document, UTF-8: as the options of the setting say. The same report gives the same bytes."""
    options = setting().options
    name = options.fragment_id or (fragment_id(report) if options.embed else "")
    packed = pack(payloads)
    page = (
        environment()
        .get_template("embed.html" if options.embed else "report.html")
        .render(
            report=report,
            lang=tag(),
            messages=script_messages(_script("main")),
            parts=[_inside(part, name) for part in parts] if options.embed else parts,
            begins=_begins(parts),
            fragment=name,
            back=options.back,
            payloads={name: trusted(text) for name, text in packed.items()},
            together=names_of(payloads, packed),
            left_out=left_out,
            most=options.max_bytes,
            **(_split(options, payloads) if options.assets == "split" else _inline(payloads)),
        )
    )
    return page.encode("utf-8", "backslashreplace")


def _begins(parts: Sequence[Part]) -> str:
    """The section after which the scripts begin: that of the map, which need not wait for what stands below it."""
    ids = [part.id for part in parts]
    return "architecture" if "architecture" in ids else ids[-1]


def fragment_id(report: Report) -> str:
    """What the anchors of a fragment begin with: the same for the same facts, another for others."""
    return f"mr-{hashlib.sha256(write_json(report)).hexdigest()[:8]}"


def _inside(part: Part, fragment: str) -> Part:
    """A section of a fragment: its links stay in it, its headings are below the title of the page around it."""
    body = _LINK.sub(f"#{fragment}:", str(part.body))
    body = _HEADING.sub(lambda found: f'<h{found[1]} aria-level="{int(found[1]) + 1}"', body)
    return Part(part.id, part.title, part.badge, trusted(body))


def _inline(payloads: Mapping[str, Any]) -> dict[str, Any]:
    """Everything inside, packed; the policy allows these scripts by their hashes."""
    start, main = _script("start"), _script("main")
    packed = {"main": pack_quick(main)} | ({"plotly": pack_stream(_plotly())} if payloads else {})
    hashes = " ".join(f"'sha256-{each}'" for each in (_hash(start), _hash(main), PLOTLY_HASH))
    return {
        "styles": _styles(),
        "start": start,
        "packed_scripts": {name: trusted(text) for name, text in packed.items()},
        "policy": _policy(hashes, "'unsafe-inline'"),
        "shared": {},
    }


def _split(options: RenderOptions, payloads: Mapping[str, Any]) -> dict[str, Any]:
    """Files beside it; the policy allows only those of the same place, and no script in the page.

    A hash cannot stand in for ``'self'`` here: from ``file://`` browsers refuse to check one (they ask for CORS).
    """
    names = {kind: options.assets_at + name for kind, (name, _) in _shared(embed=options.embed).items()}
    if not payloads:
        del names["plotly"]
    return {
        "styles": "",
        "start": "",
        "packed_scripts": {},
        "policy": _policy("'self'", "'self' 'unsafe-inline'"),
        "shared": names,
    }


def shared_files(options: RenderOptions) -> Mapping[str, bytes]:
    """The files that a document written with these options names, by their names: none where all is inside.

    They do not depend on the report, and a name says the content, so that any number of reports share them.
    """
    if options.assets != "split":
        return {}
    with under(options):
        return dict(_shared(embed=options.embed).values())


def _shared(*, embed: bool) -> dict[str, tuple[str, bytes]]:
    """The shared files by what they are: name and content."""
    contents = {
        "style": ("css", str(_styles()).encode()),
        "main": ("js", str(_script("main")).encode()),
        "plotly": ("plotly.js", _plotly_plain()),
    }
    kind = "fragment" if embed else "page"
    names = {"style": f"modelreport-{kind}", "main": "modelreport", "plotly": "modelreport"}
    return {key: named(names[key], suffix, data) for key, (suffix, data) in contents.items()}


def named(stem: str, suffix: str, data: bytes) -> tuple[str, bytes]:
    """A shared file under a name that says its content."""
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{suffix}", data


def script(entry: str) -> bytes:
    """One of the scripts of ``templates/js`` with all that it imports, as a file."""
    return str(_script(entry)).encode()


def style(names: Sequence[str]) -> bytes:
    """Style sheets one after the other, as a file."""
    sheets = "\n".join(_lean(template_text(name)) for name in names)
    return f"{sheets}\n{_light_alone(sheets)}".encode()


def _policy(scripts: str, styles: str) -> str:
    """The content security policy: nothing from anywhere, and of the scripts only those named here."""
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


@cache
def _plotly() -> bytes:
    """The vendored Plotly bundle, packed."""
    return (templates_folder() / "vendor" / "plotly.min.js.lzma").read_bytes()


@cache
def _plotly_plain() -> bytes:
    """The vendored Plotly bundle as it runs."""
    return lzma.decompress(_plotly())


@cache
def _script(entry: str) -> Markup:
    """One of the page's own scripts: the module of that name and all it imports."""
    return trusted(bundle(templates_folder() / "js" / f"{entry}.js"))


def _styles() -> Markup:
    """The style sheets of the page or of a fragment, one after the other."""
    sheets = "\n".join(_lean(template_text(f"css/{name}.css")) for name in STYLES)
    older = _light_alone(sheets)
    if not setting().options.embed:
        return trusted(f"{sheets}\n{older}")
    return trusted("\n".join([RESET, scoped(sheets), _lean(template_text("css/embed.css")), scoped(older)]))


def _light_alone(sheets: str) -> str:
    """The light colours for browsers without ``light-dark()``: Chrome 122, Firefox 119, Safari 17.4 and before."""
    light = dict(reversed(_TWO_COLOURS.findall(sheets)))  # what is said first holds: others are for high contrast
    tokens = "".join(f"{name}:{colour};" for name, colour in sorted(light.items()))
    always = ":root,:root[data-theme],:root:not([data-theme])"
    return f"@supports not (color:light-dark(red,red)){{{always}{{color-scheme:light;{tokens}--tint:22%}}}}"


@cache
def _lean(style: str) -> str:
    """A style sheet without remarks, and without the spaces that only make it readable."""
    parts = re.split(r'("[^"]*")', re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    for i in range(0, len(parts), 2):  # every other part is a string
        parts[i] = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", parts[i])).replace(": ", ":")
    return "".join(parts).replace(";}", "}").strip()


def trusted(text: str) -> Markup:
    """Text of our own making (a painted template, a script, a style sheet) as markup."""
    return Markup(text)  # noqa: S704 - never given anything from a checkpoint that a template has not escaped
