"""Times and versions: the one place in a report where they come from."""

from __future__ import annotations

import datetime
import os
import platform
from importlib import metadata
from typing import TYPE_CHECKING

from modelreport.facts import Generator, Identification, Item, Skipped

if TYPE_CHECKING:
    from modelreport.options import Options

ALWAYS = ("torch", "numpy", "onnx", "plotly", "weasyprint", "jinja2")


def version_of(package: str) -> str:
    """Version of an installed package, empty when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def creation_time() -> str:
    """Now, or ``SOURCE_DATE_EPOCH`` (seconds since 1970) when that is set; ISO 8601 in UTC, whole seconds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdecimal():
        moment = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC)
    else:
        moment = datetime.datetime.now(datetime.UTC)
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def describe_generator(identification: Identification | Skipped, options: Options) -> Generator:
    """What made the report: versions of the libraries that took part and the options that differ from the defaults."""
    library = identification.library if isinstance(identification, Identification) else ""
    names = [*ALWAYS, *(n for n in ("torchvision", "timm", "transformers") if n == library)]
    return Generator(
        version=version_of("modelreport") or "unknown",
        created=creation_time(),
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages=tuple(Item(name=n, value=v) for n in names if (v := version_of(n))),
        options=tuple(describe_options(options)),
    )


def describe_options(options: Options) -> list[Item]:
    """The options that were given, as the command line spells them."""
    items = [
        Item(name="--input", value=f"{s.name + ':' if s.name else ''}{s.dtype}[{','.join(map(str, s.shape))}]")
        for s in options.inputs
    ]
    items += [
        Item(name=f"--{name}", value=getattr(options, name))
        for name in ("model", "code", "base", "device", "pick", "title")
        if getattr(options, name)
    ]
    if options.arguments:
        given = ", ".join(f"{name}={describe_argument(value)}" for name, value in options.arguments)
        items.append(Item(name="arguments", value=given))
    items += [Item(name=f"--no-{name}", value="") for name in ("trace", "weights") if not getattr(options, name)]
    return items


def describe_argument(value: object) -> str:
    """A plain argument as Python writes it, any other by its class: ``repr`` of an object differs each time."""
    if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict)):
        text = repr(value)
        return text if len(text) <= 200 else f"{text[:200]}…"
    return f"<{type(value).__name__}>"
