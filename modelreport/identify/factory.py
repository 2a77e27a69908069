"""The user's own code, named by ``--model package.module:factory``: trusted because the user typed it."""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.errors import OptionsError
from modelreport.facts import Identification
from modelreport.identify.construct import build, error_line
from modelreport.identify.fitting import compare
from modelreport.identify.index import prefix_variants
from modelreport.identify.known import shapes_of
from modelreport.identify.libraries import library_version, load_library

MISTAKES = (Exception, SystemExit)
"""What user code may raise; a script that parses its own command line on import leaves by ``SystemExit``."""
HINT = "Give a function or class that needs no arguments, such as --model my_package.my_model:make_model"


def identify_factory(checkpoint: Checkpoint, target: str) -> Model:
    """The model that the user's factory builds, with the file's tensors matched by name and shape.

    Raises ``OptionsError`` when the code cannot be imported, fails, or builds something that none of the tensors fits.
    """
    factory = import_target(target)
    module, note = _call(factory, target)
    shapes = shapes_of(checkpoint)
    prefixes = [prefix for prefix, _ in prefix_variants(shapes) if prefix]
    fit = compare(module, shapes, prefixes=prefixes)
    kind = type(module)
    if shapes and not fit.matched:
        raise OptionsError(
            f"--model {target} builds a {kind.__qualname__}, but none of the {len(shapes)} tensors in "
            f"{checkpoint.source.name} fits it by name and shape.",
            f"Its first tensor is {next(iter(module.state_dict()), '')!r}, the file's is {next(iter(shapes))!r}.",
        )
    notes = [f"Built by {target}, code that the user named: it was run.", *note]
    package = kind.__module__.partition(".")[0]
    facts = Identification(
        name=kind.__qualname__, library=package, library_version=library_version(package), how="factory",
        class_path=f"{kind.__module__}.{kind.__qualname__}", matched=fit.matched, total=fit.total,
        changed=fit.changed, missing=fit.missing, unexpected=fit.unexpected, notes=tuple(notes),
    )  # fmt: skip
    return Model(facts, module, fit.renamed)


def import_target(target: str) -> Any:
    """What ``package.module:name`` or ``folder/file.py:name`` names; ``OptionsError`` if nothing.

    The working directory, or the folder of the file, is on the path while it is imported.
    """
    module_name, colon, name = target.rpartition(":")
    if not colon or not module_name or not name:
        raise OptionsError(f"--model {target!r} is not of the form package.module:factory.", HINT)
    load_library("torchvision")  # so that code which imports it works where its operators do not load
    added = os.getcwd()  # noqa: PTH109 - sys.path holds text
    if module_name.endswith(".py"):
        file = Path(module_name).absolute()
        if not file.is_file():
            raise OptionsError(f"--model {target}: {module_name} does not exist.", HINT)
        added, module_name = str(file.parent), file.stem
    sys.path.insert(0, added)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise OptionsError(
            f"--model {target}: there is no module {error.name!r}.", f"Looked in {added} and the installed packages."
        ) from error
    except MISTAKES as error:
        raise OptionsError(f"--model {target}: importing {module_name} failed: {error_line(error)}", HINT) from error
    finally:
        sys.path.remove(added)
    for part in name.split("."):
        if not hasattr(found, part):
            near = get_close_matches(part, [n for n in dir(found) if not n.startswith("_")], 1)
            raise OptionsError(
                f"--model {target}: {module_name} has no {part!r}.", f"Did you mean {near[0]!r}?" if near else HINT
            )
        found = getattr(found, part)
    return found


def _call(factory: Any, target: str) -> tuple[Any, list[str]]:
    """The module that the factory returns, on meta if it can be built there, and what had to be done."""
    from torch import nn

    if isinstance(factory, nn.Module):
        return factory.eval(), []
    if not callable(factory):
        raise OptionsError(
            f"--model {target} names an object of type {type(factory).__name__}, which cannot be called.", HINT
        )
    notes: list[str] = []
    factory = _without_download(factory)
    try:
        try:
            module = build(factory)
        except TypeError:
            raise
        except Exception:  # code that needs real values while it builds
            module, notes = factory(), ["It was built with real tensors, because it does not build on the meta device."]
    except MISTAKES as error:
        raise OptionsError(f"--model {target}: calling it failed: {error_line(error)}", HINT) from error
    if not isinstance(module, nn.Module):
        raise OptionsError(
            f"--model {target} returns an object of type {type(module).__name__}, not an nn.Module.", HINT
        )
    return module.eval(), notes


def _without_download(factory: Any) -> Any:
    """The factory, told to fetch no weights where it is one of torchvision, which would fetch those of a backbone."""
    if not str(getattr(factory, "__module__", "")).startswith("torchvision.models."):
        return factory
    given = inspect.signature(factory).parameters
    return functools.partial(factory, **{n: None for n in ("weights", "weights_backbone") if n in given})
