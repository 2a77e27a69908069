"""What the caller asked for."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from modelreport.errors import OptionsError
from modelreport.facts import DTYPE_BITS, TensorSpec


def no_progress(stage: str, done: int, total: int) -> None:
    """Ignore progress: the default of library calls."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of one build; the defaults are those of ``modelreport build PATH``."""

    inputs: tuple[TensorSpec, ...] = ()
    """Inputs of the dummy forward pass; empty means: find them. A name is a keyword argument of ``forward``."""
    model: str = ""
    """``package.module:factory`` of the user's own code that builds the architecture, with arguments where it needs
    some, as ``parse_target`` reads it; imported and called."""
    factory: Any = field(default=None, repr=False, compare=False)
    """The callable or ``nn.Module`` itself where the caller gave that; ``model`` is then its name."""
    arguments: tuple[tuple[str, Any], ...] = ()
    """Keyword arguments for that factory, beside those in ``model``."""
    code: str = ""
    """A Python file (or folder) of the user's that holds the classes of the model; run."""
    base: str = ""
    """Folder of the model that an adapter belongs to; empty means: looked for beside the adapter."""
    device: str = ""
    """Device of the roofline estimate, by its id; empty means the default one."""
    pick: str = ""
    """Which model of the file to report on, by its key, when there are several; empty means the largest."""
    title: str = ""
    """Title of the report; empty means: derived from what was found."""
    trace: bool = True
    """Whether to run the dummy forward pass."""
    weights: bool = True
    """Whether to read the values of the tensors and hash the files; otherwise headers only."""
    spectra: Literal["sample", "all", "none"] = "sample"
    """Weight matrices whose singular values are computed: some within a fixed budget of arithmetic, all, or none."""
    workers: int = 0
    """Threads that measure weights; 0 means one for each processor."""
    dask: str = ""
    """Address of a Dask scheduler whose workers measure the weights; empty means threads of this process."""
    progress: Callable[[str, int, int], None] = field(default=no_progress, repr=False, compare=False)
    """Called with the stage (``load``, ``identify``, ``trace``, ``measure``, ``spectra``, ``hash``, ``judge``,
    ``render``), how much is done (bytes for ``measure`` and ``hash``, steps otherwise) and the total (0: unknown)."""


PAPERS = ("a4", "letter")
ASSETS = ("inline", "split")
REDACTIONS = ("names", "paths", "metadata")
SPECTRA = ("sample", "all", "none")
FAIL_LEVELS = ("error", "warning")


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """How a report is written; the defaults are those of ``modelreport build``. None of it changes a fact."""

    lang: str = "en"
    """Language of everything that is said, by its code; names and code from the checkpoint stay as they are."""
    paper: Literal["a4", "letter"] = "a4"
    """Size of the pages of the PDF."""
    embed: bool = False
    """Whether the HTML is a fragment for a page of one's own: no ``html`` or ``head``, styles and scripts scoped."""
    assets: Literal["inline", "split"] = "inline"
    """Whether the HTML holds its scripts and styles, or names files beside it that several reports share."""
    max_bytes: int = 5_000_000
    """Size that an HTML report stays under by leaving out detail, which it then says; 0 means no limit."""
    redact: frozenset[Literal["names", "paths", "metadata"]] = frozenset()
    """What is replaced before anything is written, to share a report outside; words with commas between will do."""
    card: bool = False
    """Whether the Markdown begins with the YAML header of a model card, as the Hugging Face hub reads it."""
    template_dir: str = ""
    """A folder whose files stand in for those of ``templates/`` of the same name; empty means none."""
    picture: str = ""
    """Name of the file beside the Markdown that the map is drawn in; empty means none."""
    sections: tuple[str, ...] = ()
    """Sections of the HTML, by their ids; empty means all."""
    assets_at: str = ""
    """Where the shared files are, as the page addresses them: ``../assets/``; empty means beside it."""
    fragment_id: str = ""
    """What the anchors of a fragment begin with; empty means: by the report's facts."""
    back: tuple[tuple[str, str], ...] = ()
    """Pages above this one, the outermost first: address and title."""

    def __post_init__(self) -> None:
        """Refuse what is no choice: a word for ``redact`` that hid nothing would be believed to hide something."""
        words = self.redact.split(",") if isinstance(self.redact, str) else self.redact
        hidden = frozenset(filter(None, (word.strip() for word in words)))
        for flag, given, choices in (
            ("--paper", (self.paper,), PAPERS), ("--assets", (self.assets,), ASSETS),
            ("--redact", sorted(hidden), REDACTIONS),
        ):  # fmt: skip
            for word in given:
                check_choice(flag, word, choices)
        object.__setattr__(self, "redact", hidden)


def check_choice(flag: str, word: str, choices: Sequence[str]) -> None:
    """``OptionsError`` for a word that is none of the choices; it names the one that was probably meant."""
    if word in choices:
        return
    near = difflib.get_close_matches(word.lower(), choices, 1)
    every = f"{', '.join(choices[:-1])} or {choices[-1]}"
    raise OptionsError(
        f"{flag} {word}: not a choice.", f"Did you mean {flag} {near[0]}?" if near else f"Use {flag} {every}."
    )


def render_options(
    *, lang: str = "en", paper: str = "a4", embed: bool = False, assets: str = "inline", max_size: str = "5MB",
    redact: str = "", card: bool = False, template_dir: str = "",
) -> RenderOptions:  # fmt: skip
    """How a report is to be written, from what was typed. Raises ``OptionsError`` for what is not a choice."""
    return RenderOptions(
        lang=lang, paper=cast("Any", paper), embed=embed, assets=cast("Any", assets), max_bytes=parse_size(max_size),
        redact=cast("Any", redact), card=card, template_dir=template_dir,
    )  # fmt: skip


_SIZE = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,6})?)\s*(?P<unit>[kMGT]?i?B?)", re.IGNORECASE)


def parse_size(text: str) -> int:
    """A size in bytes: ``5MB``, ``800 kB``, ``1.5MiB``, ``0``. Raises ``OptionsError`` for anything else."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise OptionsError(f"--max-size {text}: not a size.", "Write --max-size 5MB; 0 is no limit.")
    unit = found["unit"].lower().removesuffix("b")
    base = 1024 if unit.endswith("i") else 1000
    size = float(found["number"]) * base ** ("", "k", "m", "g", "t").index(unit.removesuffix("i"))
    return max(1, int(size)) if size else 0  # less than a byte is not "no limit"


INPUT = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)\s*[:=]\s*)?(?:(?P<dtype>[a-z]+\d*(?:_\w+)?)\s*)?"
    r"(?:\[(?P<bracketed>[\d\s,x×]*)\]|(?P<bare>[\d\s,x×]+))"
)


def parse_input(text: str) -> TensorSpec:
    """One ``--input``: ``1,3,224,224``, ``int64[1,128]``, ``pixel_values:1x3x224x224`` or ``input_ids:int64[1,128]``.

    The dtype is float32 when none is given. Raises ``OptionsError`` for anything else.
    """
    found = INPUT.fullmatch(text.strip())
    dtype = (found["dtype"] or "float32") if found else ""
    dtype = {"float": "float32", "int": "int64", "long": "int64", "half": "float16"}.get(dtype, dtype)
    sizes = re.split(r"[,x×]", (found["bracketed"] or found["bare"] or "").replace(" ", "")) if found else []
    sizes = [] if sizes == [""] else sizes
    if found is None or dtype not in DTYPE_BITS or not all(sizes) or any(len(s) > 9 for s in sizes):
        raise OptionsError(
            f"--input {text}: not a shape.",
            "Write --input 1,3,224,224 or --input input_ids:int64[1,128]",
        )
    return TensorSpec(shape=tuple(map(int, sizes)), dtype=dtype, name=found["name"] or "")


MODEL_HINT = "Give a function or class, such as --model my_package.my_model:make_model or my_nets.py:UNet(depth=4)"
_TARGET = re.compile(r"(?:(?P<place>.+?):)?(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*(?P<call>\(.*\))?", re.DOTALL)


@dataclass(frozen=True)
class Target:
    """What ``--model`` names."""

    text: str
    """As it was given."""
    place: str
    """Dotted name of a module, or path of a ``.py`` file; empty when only a name was given."""
    name: str
    positional: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Any], ...] = ()


def parse_target(text: str) -> Target:
    """One ``--model``: ``package.module:factory``, ``nets.py:UNet`` or ``UNet``, arguments in parentheses behind it.

    Arguments are Python literals: ``UNet(3, depth=4, norm='bn', widths=[32, 64])``. Nothing is evaluated. Raises
    ``OptionsError`` for anything else.
    """
    found = _TARGET.fullmatch(text.strip())
    if found is None:
        raise OptionsError(f"--model {text!r} is not of the form package.module:factory.", MODEL_HINT)
    call = found["call"]
    try:
        node = ast.parse(f"f{call}", mode="eval").body if call else ast.Call(ast.Name("f"), [], [])
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise OptionsError(f"--model {text}: {call} are not arguments of a call.", MODEL_HINT) from error
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise OptionsError(f"--model {text}: {call} are not arguments of a call.", MODEL_HINT)
    return Target(
        text=text,
        place=found["place"] or "",
        name=found["name"],
        positional=tuple(_literal(item, text) for item in node.args),
        keywords=tuple((item.arg or "", _literal(item.value, text, item.arg)) for item in node.keywords),
    )


def _literal(node: ast.expr, text: str, name: str | None = "") -> Any:
    """The value of a literal, which nothing is run for."""
    shown = ast.unparse(node)
    try:
        return ast.literal_eval(node if name is not None else ast.Name(shown))  # a name is no literal, nor is **mapping
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        hint = f"Did you mean {name or ''}{'=' if name else ''}{shown!r}?" if isinstance(node, ast.Name) else ""
        raise OptionsError(
            f"--model {text}: {shown} is not a literal (number, text in quotes, list, dict, True, None).",
            hint or MODEL_HINT,
        ) from error
