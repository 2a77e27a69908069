"""The command. Prints one line of outcome; errors are one line and a hint, with exit code 2."""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from modelreport.cli_options import FailOn, Look, PageLook, Quiet, Run, Verbose, shared
from modelreport.cli_outputs import check_applies, check_kept, check_parts, given_to, targets_of
from modelreport.errors import ModelReportError, OptionsError
from modelreport.options import FAIL_LEVELS, RenderOptions, check_choice
from modelreport.progress import Progress, plain, set_up_logging
from modelreport.remote import Location, locate

if TYPE_CHECKING:
    from modelreport.api import Report

USAGE: Any = next(each for each in typer.BadParameter.__mro__ if each.__name__ == "UsageError")
"""What the parser of the command line raises; typer has it of click, or its own copy."""
RARELY = (200_000, 50, 100)
"""Thresholds of the collector of reference cycles: importing torch and building facts makes many objects that stay, and
looking through them again and again takes a tenth of a short run."""

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
@shared
def build(
    context: typer.Context,
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
        list[Path] | None,
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
    title: Annotated[
        str, typer.Option(metavar="TEXT", help="Title of the report. [default: found from the model]")
    ] = "",
    *,
    run: Run,
    dask: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler whose workers measure the weights, such as tcp://10.0.0.1:8786. They must see the "
            "files under the same path. The report is the same.",
        ),
    ] = "",
    fail_on: FailOn = "",
    look: Look,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Write a report on the checkpoint at PATH.

    Nothing from the file is executed; of your own code only what --model and
    --code name. Exit codes: 0 done, 1 findings at or above --fail-on, 2 could not.
    """
    check_fail_on(fail_on)
    given, place = given_to(context), locate(path)
    targets = targets_of(output or [Path(f"{default_stem(place, look)}.report.html")], csv or ())
    options = {
        "input": inputs or [], "model": model, "code": code, "base": base, "pick": pick, "title": title, "dask": dask,
        **run,
    }  # fmt: skip
    check_applies(given, targets.values())
    check_parts(given, options)
    set_up_logging(verbose=verbose, offline=not path.startswith("hf://"))
    written: list[Path] = []
    try:
        with Progress(enabled=not quiet, timed=verbose and not quiet) as progress:
            report = make(place, targets, options, look, progress, written)
    except KeyboardInterrupt as error:
        raise stopped(written) from error
    if not quiet:
        print_outcome(report, targets, look)
    if any(f.state == "found" and f.severity in failing(fail_on) for f in report.findings):
        raise typer.Exit(1)


def stopped(written: Iterable[Path]) -> typer.Exit:
    """Say what was written before the interrupt; the exit to raise."""
    done = ", ".join(plain(str(target)) for target in written)
    typer.echo(f"modelreport: stopped; {f'only {done}' if done else 'nothing'} was written.", err=True)
    return typer.Exit(130)


def check_fail_on(level: str) -> None:
    """Refuse a level there is not."""
    if level:
        check_choice("--fail-on", level, FAIL_LEVELS)


def failing(level: str) -> tuple[str, ...]:
    """The severities that ``--fail-on`` of a level is about: its own and worse ones."""
    return FAIL_LEVELS[: FAIL_LEVELS.index(level) + 1] if level else ()


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
        check_kept(target, path, look)
    report = api.build(path, **options, progress=progress)
    for target, form in targets.items():
        progress(f"render {form}", 0, 0)
        written.append(report.save(target, form, look))
    return report


@app.command()
@shared
def render(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="REPORT.json", help="A report that was written as .json.")],
    output: Annotated[
        list[Path], typer.Option("--output", "-o", metavar="OUT", help="Report to write. May be given several times.")
    ],
    *,
    look: Look,
    quiet: Quiet = False,
) -> None:
    """Write a report again from its .json, in another form or language, without the model."""
    from modelreport import api

    targets = targets_of(output)
    check_applies(given_to(context), targets.values())
    set_up_logging(verbose=False)
    api.check_look(look)
    for target in targets if path.exists() else ():
        api.check_output(target)
        check_kept(target, path, look)
    report = api.Report.load(path)
    written: list[Path] = []
    try:
        written.extend(report.save(target, options=look) for target in output)
    except KeyboardInterrupt as error:
        raise stopped(written) from error
    if not quiet:
        print_outcome(report, targets, look)


@app.command()
@shared
def site(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder of models; those in folders below it too.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="SITE", help="Folder that the catalogue is written to.")
    ] = Path("site"),
    title: Annotated[str, typer.Option(metavar="TEXT", help="Title of the catalogue. [default: the folder's]")] = "",
    force: Annotated[bool, typer.Option("--force", help="Make everything again, also what did not change.")] = False,
    *,
    run: Run,
    fail_on: FailOn = "",
    look: PageLook,
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
    check_parts(given_to(context), run)
    api.check_look(look)
    set_up_logging(verbose=verbose)
    plan = Plan(folder=folder, output=output, title=title, build=run, look=look, force=force)
    try:
        with Progress(enabled=not quiet, timed=verbose and not quiet) as progress:
            made = build_site(plan, (lambda *_: None) if quiet else say_of_model, progress)
    except KeyboardInterrupt as error:
        typer.echo("modelreport: stopped; the catalogue holds what is done, the next run goes on from there.", err=True)
        raise typer.Exit(130) from error
    if not quiet:
        done = [f"{len(names)} {words}" for what, words in WORDS.items() if (names := getattr(made, what))]
        typer.echo(f"{plain(str(made.index))}  {', '.join(done)}")
    if any(entry.card.level in failing(fail_on) for entry in made.entries):
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


def refusal(error: typer.BadParameter) -> OptionsError:
    """What the parser of the command line refuses, in the form of our own errors."""
    context, words = error.ctx, error.message
    near = get_close_matches(getattr(error, "option_name", ""), getattr(error, "possibilities", None) or (), 1, 0.7)
    if near:
        return OptionsError(f"{words}.", f"Did you mean {near[0]}?")
    command = context.command_path if context else "modelreport"
    file = re.search(r"No such command '(.*?)'", words)
    if file and Path(file[1]).exists():
        return OptionsError(f"{file[1]} is no command.", f"Did you mean {command} build {file[1]}?")
    if not hasattr(error, "possibilities"):
        words = error.format_message()
    sentence = words if words.endswith((".", "?")) else f"{words}."
    return OptionsError(sentence, f"{command} --help tells what can be asked for.")


def main() -> None:
    """Run the command: the entry point of the installed script."""
    gc.set_threshold(*RARELY)
    atexit.register(gc.freeze)  # a process that ends needs no search for cycles through all of torch: 0.8 s
    try:
        code = app(standalone_mode=False)
    except ModelReportError as error:
        complain(error)
    except USAGE as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            error.show()
            sys.exit(2)
        complain(refusal(error))
    except (KeyboardInterrupt, typer.Abort):
        print("modelreport: stopped; nothing was written.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


def complain(error: ModelReportError) -> NoReturn:
    """The error in one line with its hint below, and the exit code of what could not be done."""
    print(f"modelreport: {plain(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"  hint: {plain(error.hint)}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
