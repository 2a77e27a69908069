"""The library's front door: ``build`` and ``Report``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import msgspec

from modelreport import facts
from modelreport.errors import CorruptFileError, MissingFileError, OptionsError, OutputError
from modelreport.options import SPECTRA, Options, RenderOptions, check_choice, no_progress, parse_input
from modelreport.remote import locate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_WORKERS = 256
"""Threads that one process may be asked for: each holds a piece of 32 MiB."""


REPORT_HINT = "Give a report that was written as .json; 'modelreport build' reads checkpoints."


class Report(facts.Report, frozen=True, kw_only=True, tag=False):
    """All facts of one checkpoint, and ways to show and keep them.

    The fields are those of ``modelreport.facts.Report``: ``title``, ``source``, ``structure``, ``trace``, ``weights``,
    ``findings``, ``verdict`` … Equal input gives equal bytes.
    """

    @classmethod
    def from_facts(cls, report: facts.Report) -> Self:
        """The same facts with the methods of this class."""
        return cls(**{name: getattr(report, name) for name in report.__struct_fields__})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read back a report that was saved as ``.json``.

        Raises ``MissingFileError`` when it cannot be opened and ``CorruptFileError`` when it is not such a report.
        """
        from modelreport.render.json import decode

        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise MissingFileError(f"{os.fspath(path)}: {error.strerror or error}.", REPORT_HINT) from error
        try:
            return decode(data, cls)
        except CorruptFileError as error:
            raise CorruptFileError(f"{os.fspath(path)}: {error.message}", error.hint or REPORT_HINT) from error

    def to_json(self) -> str:
        """The report as JSON text, the form that ``load`` reads."""
        return self.render(".json").decode()

    def render(self, suffix: str, options: RenderOptions | None = None) -> bytes:
        """The report as a document: ``.html``, ``.pdf``, ``.md`` or ``.json``; ``.csv`` is the table of tensors."""
        from modelreport.render import render

        return render(self, suffix, options)

    def render_files(self, suffix: str, options: RenderOptions | None = None) -> Mapping[str, bytes]:
        """The document under the empty name; with ``assets="split"`` also the files it needs beside it, by name."""
        from modelreport.render import render_files

        return render_files(self, suffix, options)

    def save(self, path: str | os.PathLike[str], form: str = "", options: RenderOptions | None = None) -> Path:
        """Write the report; the suffix decides the form, or ``form``, such as ``.csv``. Returns the path.

        The file appears whole or not at all; with ``assets="split"`` what it shares with other reports comes first, in
        files beside it whose names say their content. Markdown shows the map from ``<name>.map.svg`` beside it.
        Raises ``OptionsError`` for an unknown suffix, ``OutputError`` when it cannot be written and
        ``MissingDependencyError`` when the form needs a package that is not installed.
        """
        target = Path(path)
        form = form or target.suffix.lower()
        check_output(target, form)
        if form == ".md":
            options = replace(options or RenderOptions(), picture=f"{target.stem}.map.svg")
        files = dict(self.render_files(form, options))
        document = files.pop("")
        for name, data in files.items():
            write_shared(target.with_name(name), data)
        write_atomically(target, document)
        return target

    @property
    def figures(self) -> Mapping[str, Figure]:
        """The charts and the architecture map as ``plotly.graph_objects.Figure``, by name; made when asked for."""
        from modelreport.render import figures

        return figures(self)

    def _repr_html_(self) -> str:
        """The whole page in a frame of its own, for notebooks."""
        from markupsafe import escape

        page = escape(self.render(".html").decode())
        style = "width:100%;height:800px;border:0"
        return f'<iframe srcdoc="{page}" style="{style}" title="{escape(self.title)}"></iframe>'


def build(
    subject: str | os.PathLike[str] | Any,
    *,
    input: str | Iterable[int] | Iterable[str] | Mapping[str, str | Iterable[int]] | None = None,  # noqa: A002 the word users expect
    model: str | Callable[..., Any] = "",
    arguments: Mapping[str, Any] | None = None,
    code: str | os.PathLike[str] = "",
    base: str | os.PathLike[str] = "",
    pick: str = "",
    device: str = "",
    title: str = "",
    trace: bool = True,
    weights: bool = True,
    spectra: str = "sample",
    workers: int = 0,
    dask: str = "",
    progress: Callable[[str, int, int], None] = no_progress,
) -> Report:
    """The report on a checkpoint file or folder, by path or address, an ``nn.Module`` or a state_dict.

    ``input`` describes the dummy input: a shape, ``"1,3,224,224"``, ``"input_ids:int64[1,128]"``, several of these, or
    a mapping from argument names to them. ``model`` is your own code that builds the architecture: a class or function,
    or ``"package.module:factory"``, with ``arguments`` for it; ``code`` is a Python file with the classes of the model;
    both are run. ``base`` is the folder of the model that an adapter belongs to. ``pick`` names one of several models
    in a file. ``device`` is the one to estimate the time of a pass for: an id of ``modelreport devices``, or
    ``"flops=100T,bandwidth=1T,memory=80G"``. Without ``trace`` there is no forward pass, without ``weights`` only
    headers are read. ``spectra`` says of which weight matrices singular values are computed: a ``sample``, ``all`` or
    ``none``. ``workers`` is the number of threads that measure, ``dask`` the address of a Dask scheduler whose
    workers do; the report is the same. Raises ``LoadError`` or ``OptionsError``.
    """
    from modelreport.pipeline import build as build_facts

    options = Options(
        inputs=tuple(parse_inputs(input)), model=model if isinstance(model, str) else name_of(model),
        factory=None if isinstance(model, str) else model, arguments=tuple((arguments or {}).items()),
        code=os.fspath(code), base=os.fspath(base), pick=pick, device=device, title=title, trace=trace, weights=weights,
        spectra=check_spectra(spectra),
        workers=check_workers(workers), dask=dask, progress=progress,
    )  # fmt: skip
    where = locate(subject) if isinstance(subject, (str, os.PathLike)) else subject
    return Report.from_facts(build_facts(where, options))


def check_spectra(which: str) -> Literal["sample", "all", "none"]:
    """The choice that was asked for; ``OptionsError`` for another."""
    check_choice("--spectra", which, SPECTRA)
    return cast("Literal['sample', 'all', 'none']", which)


def check_workers(workers: int) -> int:
    """The number of threads that was asked for; ``OptionsError`` where there cannot be so many."""
    if not 0 <= workers <= MOST_WORKERS:
        raise OptionsError(f"--workers {workers}: give a number from 1 to {MOST_WORKERS}.", "0 is one per processor.")
    return workers


def name_of(factory: Any) -> str:
    """A callable or module as ``--model`` would name it, for the report."""
    named = factory if hasattr(factory, "__qualname__") else type(factory)
    return f"{named.__module__}:{named.__qualname__}"


def parse_inputs(given: Any) -> list[facts.TensorSpec]:
    """The forms that ``build(input=…)`` takes, as specifications."""
    if given is None:
        return []
    if isinstance(given, str):
        return [parse_input(given)]
    if isinstance(given, facts.TensorSpec):
        return [given]
    if isinstance(given, Mapping):
        return [msgspec.structs.replace(parse_inputs(value)[0], name=str(name)) for name, value in given.items()]
    values = list(given)
    if values and all(isinstance(v, int) for v in values):
        return [facts.TensorSpec(shape=tuple(values), dtype="float32")]
    return [spec for value in values for spec in parse_inputs(value)]


def check_look(look: RenderOptions) -> None:
    """Refuse a language there is no catalogue for, and a folder of templates that is none, before any work."""
    from modelreport.render.folders import check_template_dir
    from modelreport.render.language import languages

    if look.lang not in languages():
        near = look.lang.lower().replace("_", "-").partition("-")[0]
        hint = f"Did you mean --lang {near}?" if near in languages() else f"Use one of {', '.join(languages())}."
        raise OptionsError(f"--lang {look.lang}: there is no such catalogue.", hint)
    if look.template_dir:
        check_template_dir(Path(look.template_dir))


def check_output(target: Path, form: str = "") -> None:
    """Refuse an output that cannot be written, before any work is done for it."""
    from modelreport.render import WRITERS

    if not target.name:
        raise OptionsError("-o: names no file.", "Write -o report.html.")
    if (form or target.suffix.lower()) not in WRITERS:
        raise OptionsError(
            f"{target}: the suffix {target.suffix or '(none)'} is not a form of report.",
            f"Use one of {', '.join(sorted(WRITERS))}.",
        )
    try:
        is_folder = target.is_dir()
    except OSError as error:  # a name that is too long
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}.", "Choose another name.") from error
    if is_folder:
        raise OutputError(f"{target}: is a folder.", "Name a file in it.")
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{target}: the folder {target.parent} does not exist.", f"Make it: mkdir -p {target.parent}")
    if not os.access(target.absolute().parent, os.W_OK):
        raise OutputError(f"{target}: the folder {target.parent} is not writable.", "Name a file in another folder.")


def write_shared(target: Path, data: bytes) -> None:
    """Write a file that is named by its content, unless it is there already."""
    try:
        if target.read_bytes() == data:
            return
    except OSError:
        pass  # not there, or not readable: written anew, or told by the attempt
    write_atomically(target, data)


def write_atomically(target: Path, data: bytes) -> None:
    """Write beside the target and rename, so that no reader ever sees half a file."""
    mode = 0o666 & ~current_umask()
    try:
        with tempfile.NamedTemporaryFile(
            dir=target.absolute().parent, prefix=f".{target.name[:30]}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                file.write(data)
                file.flush()
                temporary.chmod(mode)
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{target}: cannot be written: {reason}.", "Name a file in another folder.") from error


def current_umask() -> int:
    """The process's file mode mask (there is no way to read it without setting it)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
