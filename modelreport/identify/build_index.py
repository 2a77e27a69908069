"""Make the two indexes of known architectures: ``python -m modelreport.identify.build_index [FOLDER]``.

Builds every model of the installed torchvision and timm on the meta device, and every model type of transformers many
times with one value of its configuration changed, one after the other (about half an hour of one quiet core).
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from modelreport.identify import families, index
from modelreport.identify.construct import build_known
from modelreport.identify.families import Family
from modelreport.identify.fitting import module_shapes
from modelreport.identify.libraries import library_version, load_library
from modelreport.identify.probing import model_types, probe

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
    shapes = module_shapes(module)
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


def probed(report: Callable[[str], object]) -> Iterator[Family]:
    """Every family of the installed transformers; one that does not build is reported and left out."""
    if load_library("transformers") is None:
        return
    for number, model_type in enumerate(model_types()):
        try:
            yield probe(model_type)
        except Exception as error:
            report(f"transformers {model_type} left out: {type(error).__name__}: {error}\n")
        if number % 20 == 0:
            gc.collect()
            report(f"transformers {number}\n")


def write(target: Path, data: bytes) -> None:
    """Put the data in the place of a file, whole or not at all."""
    temporary = target.with_suffix(".part")
    temporary.write_bytes(data)
    temporary.replace(target)


def main(arguments: list[str]) -> int:
    """Write the indexes to the folder given, or where the package looks for them."""
    folder = Path(arguments[0]) if arguments else index.PATH.parent
    versions = {name: library_version(name) for name in (*LIBRARIES, "transformers") if library_version(name)}
    found = list(rows(sys.stderr.write))
    types = list(probed(sys.stderr.write))
    by_sizes = index.encode({n: v for n, v in versions.items() if n in LIBRARIES}, found)
    by_names = families.encode({n: v for n, v in versions.items() if n == "transformers"}, types)
    write(folder / index.PATH.name, by_sizes)
    write(folder / families.PATH.name, by_names)
    sys.stderr.write(
        f"{len(found)} architectures, {len(by_sizes)} bytes; {len(types)} families, {len(by_names)} bytes: {folder}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
