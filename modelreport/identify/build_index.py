"""Make the index of known architectures: ``python -m modelreport.identify.build_index [OUT]``.

Builds every model of the installed torchvision and timm on the meta device, one after the other (minutes of one core).
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from modelreport.identify.construct import build_known
from modelreport.identify.index import PATH, encode
from modelreport.identify.libraries import library_version, load_library

LIBRARIES = ("torchvision", "timm")
Row = tuple[str, str, str, Mapping[str, tuple[int, ...]]]


def model_names(library: str) -> tuple[str, ...]:
    """The names of all architectures that an installed library can build, sorted; none when it is not installed.

    torchvision's quantised ones are left out: unquantised they are the same networks again.
    """
    package = load_library(library)
    if package is None:
        return ()
    names = package.list_models() if library == "timm" else package.models.list_models()
    return tuple(sorted(n for n in names if not n.startswith("quantized_")))


def describe_architecture(library: str, name: str) -> Row:
    """Library, name, class path and the shape of each tensor in the state dict."""
    module = build_known(library, name)
    kind = type(module)
    shapes = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    return library, name, f"{kind.__module__}.{kind.__qualname__}", shapes


def rows(report: Callable[[str], object]) -> Iterator[Row]:
    """Every architecture of the installed libraries; one that does not build is reported and left out."""
    for library in LIBRARIES:
        for number, name in enumerate(model_names(library)):
            try:
                yield describe_architecture(library, name)
            except Exception as error:
                report(f"{library} {name} left out: {type(error).__name__}: {error}\n")
            if number % 50 == 0:
                gc.collect()
                report(f"{library} {number}\n")


def main(arguments: list[str]) -> int:
    """Write the index to the path given, or where the package looks for it."""
    target = Path(arguments[0]) if arguments else PATH
    versions = {name: library_version(name) for name in LIBRARIES if library_version(name)}
    found = list(rows(sys.stderr.write))
    data = encode(versions, found)
    temporary = target.with_suffix(".part")
    temporary.write_bytes(data)
    temporary.replace(target)
    sys.stderr.write(f"{len(found)} architectures, {len(data)} bytes: {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
