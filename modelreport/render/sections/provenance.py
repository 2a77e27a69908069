"""Where the model came from, how it is known what it is, and what opening the file would have run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelreport.facts import Call, Identification, Item, Report, Security, Skipped
from modelreport.render import format as text
from modelreport.render.language import _, mark, tell
from modelreport.render.section import Section
from modelreport.render.table import Cell, Column, Row, Table

HOW = {
    "live": mark("given as a live module"),
    "factory": mark("built by the user's own code"),
    "pickled class": mark("the class named in the pickle, from the installed library"),
    "config": mark("the configuration in the folder"),
    "keys and shapes": mark("names and shapes of the tensors"),
    "graph": mark("the graph in the file"),
    "standard layers": mark("standard layers pickled in the file"),
}
OWN_PICKLED = mark("the class named in the pickle, from the user's own code")
DANGER = {"code": 0, "class": 1, "expected": 2}
DANGER_WORDS = {"code": mark("✖ Foreign code"), "class": mark("● Class"), "expected": mark("✓ Expected")}
KIND_WORDS = {"call": mark("call"), "import": mark("import"), "build": mark("construct")}

FILE_COLUMNS = (
    Column("name", "File", "name"),
    Column("size", "Size", "number"),
    Column("sha256", "sha256", "hash"),
)
CALL_COLUMNS = (
    Column("target", "Name", "name"),
    Column("danger", "Judgement"),
    Column("kind", "Use"),
    Column("count", "Times", "number"),
    Column("arguments", "Arguments", "code", "As recorded, never evaluated"),
    Column("where", "Where", "code"),
)
CHOICE_COLUMNS = (
    Column("name", "Model in the file", "name"),
    Column("tensors", "Tensors", "number"),
    Column("parameters", "Parameters", "number"),
    Column("chosen", "In this report"),
)
SHOWN_ITEMS = 40
"""Metadata in the open; more are folded."""


def files(report: Report) -> Table:
    """Every file that was read, with its hash."""
    rows = tuple(
        Row(
            f"file-{index}",
            (
                Cell(text.name(file.name)),
                Cell(text.bytes_decimal(file.size_bytes), text.exact(file.size_bytes)),
                Cell(text.name(file.sha256) if file.sha256 else _("not computed")),
            ),
        )
        for index, file in enumerate(report.source.files)
    )
    return Table("files", "Files read", FILE_COLUMNS, rows, noun=("file", "files"), limit=200)


def calls(security: Security) -> Table:
    """What unpickling would have imported and called, foreign code first."""
    listed = sorted(security.calls, key=lambda call: (DANGER[call.danger], call.target, call.where))
    rows = tuple(Row(f"call-{index}", _call(call)) for index, call in enumerate(listed))
    return Table("calls", "What unpickling would have used", CALL_COLUMNS, rows, noun=("name", "names"), limit=500)


def _call(call: Call) -> tuple[Cell, ...]:
    return (
        Cell.name(call.target),
        Cell(_(DANGER_WORDS[call.danger])),
        Cell(_(KIND_WORDS[call.kind])),
        Cell.count(call.count),
        Cell(text.name(call.arguments, 400)),
        Cell(text.name(call.where, 120)),
    )


def choices(report: Report) -> Table:
    """The models found in the file, where there are several."""
    rows = tuple(
        Row(
            f"choice-{index}",
            (
                Cell(text.name(choice.name) or _("(root)")),
                Cell.count(choice.tensors),
                Cell.count(choice.parameters),
                Cell(_("✓ this one") if choice.chosen else ""),
            ),
        )
        for index, choice in enumerate(report.source.choices)
    )
    return Table("choices", "Models in the file", CHOICE_COLUMNS, rows, noun=("model", "models"), limit=200)


@dataclass(frozen=True)
class Safety:
    """The security verdict in words: colour, icon with word, sentence."""

    css: str
    pill: str
    sentence: str


def safety(security: Security) -> Safety:
    """What opening the file the ordinary way would mean; this report ran none of it."""
    foreign = sum(call.count for call in security.calls if call.danger == "code")
    if security.executes:
        what = text.plural(max(foreign, 1), "use")
        return Safety(
            "error",
            _("✖ Runs code"),
            _("Unpickling this file would run code: {uses} of names outside the allow-list.", uses=what),
        )
    if not security.pickles:
        return Safety("ok", _("✓ No code"), _("The format holds no pickle, so opening it runs nothing."))
    classes = sum(call.danger == "class" for call in security.calls)
    if classes:
        what = text.plural(classes, "class", "classes")
        return Safety(
            "note",
            _("● Classes"),
            _("Unpickling would construct {classes} that are not torch's own, and call nothing else.", classes=what),
        )
    return Safety("ok", _("✓ Expected"), _("Unpickling would use nothing but what torch itself writes."))


def own_code(report: Report) -> str:
    """What the user named to be run, for people; empty when none of the user's code was run."""
    known = report.identification
    if isinstance(known, Identification):
        return known.user_code
    given = {item.name: item.value for item in report.generator.options}
    return " ".join(f"{name} {given[name]}" for name in ("--code", "--model") if name in given)


def statement(known: Identification) -> str:
    """What was found by names and shapes, as exactly as it is known; empty for every other way of knowing."""
    if known.how != "keys and shapes":
        return ""
    differs = []
    if known.changed:
        differs.append(
            _("{tensors} of another shape than published", tensors=text.plural(len(known.changed), "tensor"))
        )
    if known.missing:
        differs.append(_("{tensors} that the file lacks", tensors=text.plural(len(known.missing), "tensor")))
    if known.unexpected:
        differs.append(_("{tensors} beside it", tensors=text.plural(len(known.unexpected), "tensor")))
    share = _("names and shapes, but for {what}", what=_(", ").join(differs)) if differs else _("all names and shapes")
    if known.equal:
        count = text.exact(len(known.equal) + 1)
        return _("{name}, one of {count} that fit equally: {share}", name=known.name, count=count, share=share)
    return _("{name}, the only one that fits: {share}", name=known.name, share=share)


def identity(known: Identification) -> tuple[Item, ...]:
    """How the architecture is known, as names and values."""
    how = _(OWN_PICKLED if known.how == "pickled class" and known.user_code else HOW[known.how])
    items = [Item(name=_("Architecture"), value=known.name), Item(name=_("Known by"), value=how)]
    if told := statement(known):
        items.append(Item(name=_("Identified as"), value=told))
    if known.library:
        items.append(Item(name=_("Library"), value=f"{known.library} {known.library_version}".strip()))
    if known.user_code:
        items.append(Item(name=_("Code of the user that was run"), value=known.user_code))
    if known.class_path:
        items.append(Item(name=_("Class"), value=known.class_path))
    if known.task:
        items.append(Item(name=_("Task"), value=tell(known.task)))
    if known.total:
        share = text.share(known.matched / known.total)
        value = _(
            "{matched} of {tensors} ({share})",
            matched=text.exact(known.matched), tensors=text.plural(known.total, "tensor"), share=share,
        )  # fmt: skip
        items.append(Item(name=_("Tensors that fit"), value=value))
    return tuple(items)


def origin(report: Report) -> tuple[Item, ...]:
    """How the file was read, as names and values."""
    source = report.source
    size = text.bytes_decimal(source.size_bytes)
    items = [
        Item(name=_("Format"), value=tell(source.format_title)),
        Item(name=_("Holds"), value=tell(source.content)),
        Item(name=_("Size"), value=_("{size} ({count} bytes)", size=size, count=text.exact(source.size_bytes))),
    ]
    if source.model_key:
        items.append(Item(name=_("Model lies under"), value=source.model_key))
    if source.stripped_prefix:
        items.append(Item(name=_("Prefix left out of names"), value=source.stripped_prefix))
    return tuple(items)


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    known, security, training = report.identification, report.security, report.source.training
    tables = {
        "files": files(report),
        "choices": choices(report),
        "calls": calls(security) if isinstance(security, Security) else None,
    }
    optimizer = ""
    if training and training.optimizer_tensors:
        size = text.bytes_binary(training.optimizer_bytes)
        kind = text.name(training.optimizer) or _("unknown kind")
        tensors = text.plural(training.optimizer_tensors, "tensor")
        optimizer = _("{kind}: {tensors}, {size}", kind=kind, tensors=tensors, size=size)
    return tables | {
        "source": report.source,
        "origin": origin(report),
        "known": None if isinstance(known, Skipped) else known,
        "unknown": known if isinstance(known, Skipped) else None,
        "identity": () if isinstance(known, Skipped) else identity(known),
        "security": security,
        "safety": safety(security) if isinstance(security, Security) else None,
        "own_code": own_code(report),
        "training": training,
        "optimizer": optimizer,
        "shown_items": SHOWN_ITEMS,
        "payloads": {name: data for each in tables.values() if each for name, data in each.payloads.items()},
    }


def badge(report: Report) -> str | None:
    """A warning where loading the file would run code."""
    return _("✖ code") if isinstance(report.security, Security) and report.security.executes else None


SECTION = Section(id="provenance", title=mark("Provenance and security"), context=context, badge=badge)
