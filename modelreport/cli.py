"""The command. Prints one line of outcome; errors are one line and a hint, with exit code 2."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelreport.cli_options import (
    Assets,
    Card,
    Device,
    Embed,
    FailOn,
    Lang,
    MaxSize,
    NoTrace,
    NoWeights,
    Paper,
    Quiet,
    Redact,
    Spectra,
    TemplateDir,
    Verbose,
    Workers,
)
from modelreport.errors import ModelReportError, OptionsError
from modelreport.options import RenderOptions, render_options
from modelreport.progress import Progress, plain, set_up_logging
from modelreport.remote import Location, locate

if TYPE_CHECKING:
    from modelreport.api import Report

RARELY = (200_000, 50, 100)
"""Thresholds of the collector of reference cycles: importing torch and building facts makes many objects that stay, and
looking through them again and again takes a tenth of a short run."""
FAIL_LEVELS = {"error": ("error",), "warning": ("error", "warning")}

app = typer.Typer(
    name="modelreport",
    help="One command turns any deep-learning checkpoint into one report that a reviewer trusts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: quicker to show, whole when copied
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    """Print the version and leave, when asked."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"modelreport {version('modelreport')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """One command turns any deep-learning checkpoint into one report that a reviewer trusts."""


@app.command()
def build(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="Checkpoint: .pth, .pt, .bin, .safetensors, .onnx, an index.json, or a folder; or the address of one: "
            "https://, s3://, gs://, hf://USER/MODEL.",
        ),
    ],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="Report to write: .html, .pdf, .md, .json or .csv (the tensors). May be given several times. "
            "[default: NAME.report.html in the working directory]",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write the table of tensors as CSV: one row a tensor, every statistic, names that a spreadsheet "
            "would run as a formula with an apostrophe before them.",
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="SHAPE",
            help="Input of the dummy forward pass: 1,3,224,224 or input_ids:int64[1,128]. May be given several times. "
            "[default: found from the model]",
        ),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="MODULE:FACTORY",
            help="Your own code that builds the architecture, such as my_package.nets:UNet or "
            "\"path/nets.py:UNet(depth=4, norm='bn')\"; arguments are literals. It is imported and called.",
        ),
    ] = "",
    code: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Your own Python file with the classes of the model. It is run. The class that fits is found; "
            "--model 'Net(depth=4)' names it.",
        ),
    ] = "",
    base: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="The model that an adapter (LoRA) was trained on. [default: looked for beside the adapter]",
        ),
    ] = "",
    pick: Annotated[
        str,
        typer.Option(metavar="KEY", help="Which model to report on, when a file holds several. [default: the largest]"),
    ] = "",
    device: Device = "",
    title: Annotated[
        str, typer.Option(metavar="TEXT", help="Title of the report. [default: found from the model]")
    ] = "",
    fail_on: FailOn = "",
    no_trace: NoTrace = False,
    no_weights: NoWeights = False,
    spectra: Spectra = "sample",
    workers: Workers = 0,
    dask: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler whose workers measure the weights, such as tcp://10.0.0.1:8786. They must see the "
            "files under the same path. The report is the same.",
        ),
    ] = "",
    lang: Lang = "en",
    paper: Paper = "a4",
    embed: Embed = False,
    assets: Assets = "inline",
    max_size: MaxSize = "5MB",
    redact: Redact = "",
    card: Card = False,
    template_dir: TemplateDir = "",
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write a report on the checkpoint at PATH.

    Nothing from the file is executed; of your own code only what --model and
    --code name. Exit codes: 0 done, 1 findings at or above --fail-on, 2 could not.
    """
    check_fail_on(fail_on)
    look = render_options(
        lang=lang, paper=paper, embed=embed, assets=assets, max_size=max_size, redact=redact, card=card,
        template_dir=template_dir,
    )  # fmt: skip
    place = locate(path)
    set_up_logging(verbose=verbose, offline=not path.startswith("hf://"))
    targets = {target: target.suffix.lower() for target in output or [Path(f"{default_stem(place, look)}.report.html")]}
    targets |= {csv: ".csv"} if csv else {}
    options = {
        "input": inputs or [], "model": model, "code": code, "base": base, "pick": pick, "title": title,
        "device": device, "trace": not no_trace, "weights": not no_weights, "spectra": spectra, "workers": workers,
        "dask": dask,
    }  # fmt: skip
    written: list[Path] = []
    try:
        with Progress(enabled=not quiet, timed=verbose and not quiet) as progress:
            report = make(place, targets, options, look, progress, written)
    except KeyboardInterrupt as error:
        raise stopped(written) from error
    if not quiet:
        print_outcome(report, targets, look)
    failing = FAIL_LEVELS.get(fail_on, ())
    if any(f.state == "found" and f.severity in failing for f in report.findings):
        raise typer.Exit(1)


def stopped(written: Iterable[Path]) -> typer.Exit:
    """Say what was written before the interrupt; the exit to raise."""
    done = ", ".join(plain(str(target)) for target in written)
    typer.echo(f"modelreport: stopped; {f'only {done}' if done else 'nothing'} was written.", err=True)
    return typer.Exit(130)


def check_fail_on(level: str) -> None:
    """Refuse a level there is not."""
    if level and level not in FAIL_LEVELS:
        raise OptionsError(f"--fail-on {level}: not a level.", "Use --fail-on error or --fail-on warning.")


def make(
    path: Location, targets: dict[Path, str], options: dict[str, Any], look: RenderOptions, progress: Progress,
    written: list[Path],
) -> Report:  # fmt: skip
    """Check what can be checked at once, build the report and write it to each target in its form.

    ``written`` receives each output made.
    """
    from modelreport import api

    api.check_look(look)
    for target, form in targets.items() if path.exists() else ():  # for a path that is not there, that is what to say
        api.check_output(target, form)
        if target.absolute() == path.absolute():
            raise OptionsError(f"-o {plain(str(target))}: is the checkpoint itself.", "Choose another name.")
    report = api.build(path, **options, progress=progress)
    for target, form in targets.items():
        progress(f"render {form}", 0, 0)
        written.append(report.save(target, form, look))
    return report


@app.command()
def render(
    path: Annotated[Path, typer.Argument(metavar="REPORT.json", help="A report that was written as .json.")],
    output: Annotated[
        list[Path], typer.Option("--output", "-o", metavar="OUT", help="Report to write. May be given several times.")
    ],
    lang: Lang = "en",
    paper: Paper = "a4",
    embed: Embed = False,
    assets: Assets = "inline",
    max_size: MaxSize = "5MB",
    redact: Redact = "",
    card: Card = False,
    template_dir: TemplateDir = "",
    quiet: Quiet = False,
) -> None:
    """Write a report again from its .json, in another form or language, without the model."""
    from modelreport import api

    look = render_options(
        lang=lang, paper=paper, embed=embed, assets=assets, max_size=max_size, redact=redact, card=card,
        template_dir=template_dir,
    )  # fmt: skip
    set_up_logging(verbose=False)
    api.check_look(look)
    for target in output:
        api.check_output(target)
    report = api.Report.load(path)
    written: list[Path] = []
    try:
        written.extend(report.save(target, options=look) for target in output)
    except KeyboardInterrupt as error:
        raise stopped(written) from error
    if not quiet:
        print_outcome(report, output, look)


@app.command()
def site(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of models; those in folders below it too.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SITE", help="Folder that the catalogue is written to.")
    ] = Path("site"),
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the catalogue. [default: the folder's]")] = "",
    force: Annotated[bool, typer.Option("--force", help="Make everything again, also what did not change.")] = False,
    device: Device = "",
    no_trace: NoTrace = False,
    no_weights: NoWeights = False,
    spectra: Spectra = "sample",
    workers: Workers = 0,
    fail_on: FailOn = "",
    lang: Lang = "en",
    max_size: MaxSize = "5MB",
    redact: Redact = "",
    template_dir: TemplateDir = "",
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write a catalogue of all models in FOLDER: an index, and a page for each.

    Run again it makes only what changed. Exit codes: 0 done, 1 findings at or
    above --fail-on, 2 no model was found or nothing could be written.
    """
    from modelreport import api
    from modelreport.site import Plan, build_site

    check_fail_on(fail_on)
    look = render_options(lang=lang, max_size=max_size, redact=redact, template_dir=template_dir)
    api.check_look(look)
    set_up_logging(verbose=verbose)
    options = {
        "device": device, "trace": not no_trace, "weights": not no_weights, "spectra": spectra, "workers": workers,
    }  # fmt: skip
    plan = Plan(folder=folder, output=output, title=title, build=options, look=look, force=force)
    try:
        with Progress(enabled=not quiet, timed=verbose and not quiet) as progress:
            made = build_site(plan, (lambda *_: None) if quiet else say_of_model, progress)
    except KeyboardInterrupt as error:
        typer.echo("modelreport: stopped; the catalogue holds what is done, the next run goes on from there.", err=True)
        raise typer.Exit(130) from error
    if not quiet:
        done = [f"{len(names)} {words}" for what, words in WORDS.items() if (names := getattr(made, what))]
        typer.echo(f"{plain(str(made.index))}  {', '.join(done)}")
    levels = FAIL_LEVELS.get(fail_on, ())
    if any(entry.card.level in levels for entry in made.entries):
        raise typer.Exit(1)


WORDS = {"built": "built", "written": "rewritten", "unchanged": "unchanged", "unread": "not read", "removed": "removed"}


def say_of_model(what: str, name: str) -> None:
    """One line for each model that something was done for."""
    if what != "unchanged":
        typer.echo(f"{WORDS[what]:<14} {plain(name)}")


def default_stem(path: Location, look: RenderOptions) -> str:
    """Name of the report beside nothing else: the file's name without its suffix, or the folder's, unless redacted."""
    if look.redact & {"names", "paths"}:
        return "model"
    name = path.name or path.absolute().name or "model"
    return name if path.is_dir() else Path(name).stem


def print_outcome(report: Report, targets: Iterable[Path], look: RenderOptions) -> None:
    """One line of what was found, redacted like the files, and one for each file written."""
    from modelreport.render.markdown import outcome_line
    from modelreport.render.redaction import redact

    typer.echo(plain(outcome_line(redact(report, look.redact))))
    for target in targets:
        typer.echo(f"{plain(str(target))}  {target.stat().st_size / 1000:,.0f} kB")


@app.command()
def formats() -> None:
    """List what can be read and what can be written."""
    from modelreport.load import FORMATS
    from modelreport.render import WRITERS

    width = max(len(f.title) for f in FORMATS)
    typer.echo("Reads (recognised by content, not by name):")
    for item in FORMATS:
        typer.echo(f"  {item.title:<{width}}  {', '.join(item.suffixes)}\n  {'':<{width}}  {item.summary}")
    typer.echo(f"Writes: {', '.join(sorted(WRITERS))}")


@app.command()
def devices() -> None:
    """List the devices that --device knows, with their published peaks."""
    from modelreport.render.format import bytes_decimal, dtype, rate
    from modelreport.trace import devices as known

    for item in known():
        peaks = ", ".join(f"{dtype(name)} {rate(peak, 'FLOP')}" for name, peak in item.flops_per_s.items())
        memory = f"{bytes_decimal(item.memory_bytes)} at {rate(item.bytes_per_s, 'B')}"
        typer.echo(f"{item.id:<10}  {item.title}\n            {memory}; {peaks}\n            {item.source}")


def main() -> None:
    """Run the command: the entry point of the installed script."""
    gc.set_threshold(*RARELY)
    atexit.register(gc.freeze)  # a process that ends needs no search for cycles through all of torch: 0.8 s
    try:
        app()
    except ModelReportError as error:
        print(f"modelreport: {plain(error.message)}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {plain(error.hint)}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("modelreport: stopped; nothing was written.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
