"""Options that several commands share: how a report is made and written."""

from __future__ import annotations

from typing import Annotated

import typer

Lang = Annotated[str, typer.Option(metavar="CODE", help="Language of the report: en or zh.")]
Paper = Annotated[str, typer.Option(metavar="SIZE", help="Paper of the PDF: a4 or letter.")]
Embed = Annotated[
    bool,
    typer.Option(
        "--embed", help="Write the HTML as a fragment for a page of your own: no html or head, styles scoped."
    ),
]
Assets = Annotated[
    str,
    typer.Option(
        metavar="HOW", help="Scripts and styles of the HTML: inline, or split into files that several reports share."
    ),
]
MaxSize = Annotated[
    str,
    typer.Option(
        metavar="SIZE", help="Leave detail out of an HTML report that would be larger, and say so; 0: no limit."
    ),
]
Redact = Annotated[
    str,
    typer.Option(
        metavar="WHAT", help="Replace what is not for others before anything is written: names, paths, metadata."
    ),
]
Card = Annotated[
    bool, typer.Option("--card", help="Begin the Markdown with the YAML header of a Hugging Face model card.")
]
TemplateDir = Annotated[
    str,
    typer.Option(metavar="FOLDER", help="Your own templates and style tokens, in place of those of the same name."),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Device that the time of a pass is estimated for: h100, a100, l4, rtx4090, m3-max, cpu … or "
        "flops=100T,bandwidth=1T,memory=80G. 'modelreport devices' lists them.",
    ),
]
FailOn = Annotated[
    str, typer.Option(metavar="LEVEL", help="Exit with 1 when there are findings of this level: error or warning.")
]
NoTrace = Annotated[bool, typer.Option("--no-trace", help="Do not run the dummy forward pass.")]
NoWeights = Annotated[
    bool, typer.Option("--no-weights", help="Read headers only: no statistics of the values, no hashes.")
]
Spectra = Annotated[
    str,
    typer.Option(
        metavar="WHICH",
        help="Weight matrices whose singular values are computed: sample (as many as a fixed amount of arithmetic "
        "reaches), all (about an hour for eight billion parameters) or none.",
    ),
]
Workers = Annotated[
    int, typer.Option(metavar="N", help="Threads that measure the weights. [default: one for each processor]")
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Say more on stderr: the time of each stage, the cause of every part that failed."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
