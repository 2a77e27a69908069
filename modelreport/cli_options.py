"""Options that several commands share: how a report is written."""

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
