"""Options that several commands share, each said once: how a report is made, judged and written.

A command takes a whole group of them as one parameter, such as ``look: Look``; ``shared`` puts the options of the group
in its place, which is what typer reads for help and completion.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from modelreport.errors import OptionsError
from modelreport.options import ASSETS, FAIL_LEVELS, PAPERS, REDACTIONS, SPECTRA, RenderOptions, render_options

Complete = Callable[[str], list[str]]


class Group:
    """Marks a parameter of a command that stands for several options: those of ``make``, which is called with them."""

    def __init__(self, make: Callable[..., Any], leave_out: Sequence[str] = ()) -> None:
        self.make = make
        hints = get_type_hints(make, include_extras=True)
        self.parameters = [
            each.replace(annotation=hints[name])
            for name, each in inspect.signature(make).parameters.items()
            if name not in leave_out
        ]


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of each ``Group`` in its signature, in place of the parameter for it."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Group] = {}
    parameters: list[inspect.Parameter] = []
    for name, each in inspect.signature(command).parameters.items():
        found = [mark for mark in getattr(hints[name], "__metadata__", ()) if isinstance(mark, Group)]
        groups |= dict.fromkeys([name], found[0]) if found else {}
        parameters += found[0].parameters if found else [each.replace(annotation=hints[name])]

    @wraps(command)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group.make(**{each.name: given.pop(each.name) for each in group.parameters})
        command(**given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    run.__dict__["__signature__"] = inspect.Signature([each.replace(kind=keyword) for each in parameters])
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def one_of(choices: Sequence[str]) -> Complete:
    """Completes a word to those of the choices that begin so."""
    return lambda incomplete: [word for word in choices if word.startswith(incomplete)]


def some_of(choices: Sequence[str]) -> Complete:
    """Completes the last of words with commas between."""

    def complete(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        free = [word for word in choices if word not in before.split(",")]
        return [f"{before}{comma}{word}" for word in free if word.startswith(last)]

    return complete


def languages_from(incomplete: str) -> list[str]:
    """The languages there is a catalogue for."""
    from modelreport.render.language import languages

    return one_of(languages())(incomplete)


def devices_from(incomplete: str) -> list[str]:
    """The devices that are known."""
    from modelreport.trace import devices

    return one_of([device.id for device in devices()])(incomplete)


def make_look(
    *,
    lang: Annotated[
        str, typer.Option(metavar="CODE", help="Language of the report: en or zh.", autocompletion=languages_from)
    ] = "en",
    paper: Annotated[
        str, typer.Option(metavar="SIZE", help="Paper of the PDF: a4 or letter.", autocompletion=one_of(PAPERS))
    ] = "a4",
    embed: Annotated[
        bool,
        typer.Option(
            "--embed", help="Write the HTML as a fragment for a page of your own: no html or head, styles scoped."
        ),
    ] = False,
    assets: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="Scripts and styles of the HTML: inline, or split into files that several reports share.",
            autocompletion=one_of(ASSETS),
        ),
    ] = "inline",
    max_size: Annotated[
        str,
        typer.Option(
            metavar="SIZE", help="Leave detail out of an HTML report that would be larger, and say so; 0: no limit."
        ),
    ] = "5MB",
    redact: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT",
            help="Replace what is not for others before anything is written: names, paths, metadata; several with "
            "commas.",
            autocompletion=some_of(REDACTIONS),
        ),
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Begin the Markdown with the YAML header of a Hugging Face model card.")
    ] = False,
    template_dir: Annotated[
        str,
        typer.Option(metavar="FOLDER", help="Your own templates and style tokens, in place of those of the same name."),
    ] = "",
) -> RenderOptions:
    """How a report is written."""
    hidden = ",".join(redact or ())
    if not all(part.strip(", ") for part in redact or ()):
        raise OptionsError("--redact: names nothing to hide.", f"Use --redact {','.join(REDACTIONS)} or some of them.")
    return render_options(
        lang=lang, paper=paper, embed=embed, assets=assets, max_size=max_size, redact=hidden, card=card,
        template_dir=template_dir,
    )  # fmt: skip


def make_run(
    *,
    device: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="Device that the time of a pass is estimated for: h100, a100, l4, rtx4090, m3-max, cpu … or "
            "flops=100T,bandwidth=1T,memory=80G. 'modelreport devices' lists them.",
            autocompletion=devices_from,
        ),
    ] = "",
    no_trace: Annotated[bool, typer.Option("--no-trace", help="Do not run the dummy forward pass.")] = False,
    no_weights: Annotated[
        bool, typer.Option("--no-weights", help="Read headers only: no statistics of the values, no hashes.")
    ] = False,
    spectra: Annotated[
        str,
        typer.Option(
            metavar="WHICH",
            help="Weight matrices whose singular values are computed: sample (as many as a fixed amount of arithmetic "
            "reaches), all (about an hour for eight billion parameters) or none.",
            autocompletion=one_of(SPECTRA),
        ),
    ] = "sample",
    workers: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Threads that measure the weights. [default: one for each processor]",
            show_default=False,
        ),
    ] = 0,
) -> dict[str, Any]:
    """How a model is run and measured, as ``api.build`` takes it."""
    return {
        "device": device, "trace": not no_trace, "weights": not no_weights, "spectra": spectra, "workers": workers,
    }  # fmt: skip


Look = Annotated[RenderOptions, Group(make_look)]
PageLook = Annotated[RenderOptions, Group(make_look, leave_out=("paper", "embed", "assets", "card"))]
Run = Annotated[dict[str, Any], Group(make_run)]
FailOn = Annotated[
    str,
    typer.Option(
        metavar="LEVEL",
        help="Exit with 1 when there are findings of this level: error or warning.",
        autocompletion=one_of(FAIL_LEVELS),
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Say more on stderr: the time of each stage, the cause of every part that failed."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
