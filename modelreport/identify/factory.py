"""The user's own code, named by ``--model package.module:factory``: trusted because the user typed it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.errors import OptionsError
from modelreport.facts import Identification
from modelreport.identify.arguments import Arguments, check
from modelreport.identify.construct import build, error_line
from modelreport.identify.fitting import Fit, compare, module_shapes
from modelreport.identify.index import prefix_variants
from modelreport.identify.known import shapes_of
from modelreport.identify.quantised import NONE, quantised_in
from modelreport.identify.user_code import MISTAKES, load_target, package_of, where
from modelreport.options import MODEL_HINT, Options, Target, parse_target

REAL = "It was built with real tensors, because it does not build on the meta device."


def identify_factory(checkpoint: Checkpoint, options: Options) -> Model:
    """The model that the user's factory builds, with the file's tensors matched by name and shape.

    Raises ``OptionsError`` when the code cannot be imported, fails, or builds something that none of the tensors fits.
    """
    target, factory = _target(options)
    keywords = _keywords(target, options)
    module, notes = make(factory, target.text, target.positional, keywords)
    shapes = shapes_of(checkpoint)
    fit, packed = compare_own(module, shapes), quantised_in(checkpoint)
    if packed.weights and not fit.exact:  # the code may build the unquantised architecture
        unpacked = compare_own(module, packed.unpacked(checkpoint.tensors, module_shapes(module)))
        fit, packed = (unpacked, packed) if len(unpacked.missing) < len(fit.missing) else (fit, NONE)
    else:
        packed = NONE
    kind = type(module)
    if shapes and not fit.matched:
        raise OptionsError(
            f"--model {target.text} builds a {kind.__qualname__}, but none of the {len(shapes)} tensors in "
            f"{checkpoint.source.name} fits it by name and shape.",
            f"Its first tensor is {next(iter(module.state_dict()), '')!r}, the file's is {next(iter(shapes))!r}.",
        )
    given = "" if options.factory is None else ", an object that the caller gave"
    ran = f"{target.text} in {options.code}" if options.code and not target.place else target.text
    built = [f"Built by {ran}, code that the user named: it was run.", *notes, *packed.notes({})]
    return packed.as_stored(as_model(module, fit, f"--model {ran}{given}", built))


def _target(options: Options) -> tuple[Target, Any]:
    """What was named, and the object."""
    if options.factory is not None:
        return Target(options.model, "", options.model), options.factory
    target = parse_target(options.model)
    return target, load_target(target, options.code)


def _keywords(target: Target, options: Options) -> Arguments:
    """The arguments in ``--model`` and those of the caller; ``OptionsError`` when one is given twice."""
    keywords = dict(target.keywords)
    for name, value in options.arguments:
        if name in keywords:
            raise OptionsError(f"--model {target.text}: {name} is given twice.", "Give each argument once.")
        keywords[name] = value
    return keywords


def compare_own(module: Any, shapes: dict[str, tuple[int, ...]]) -> Fit:
    """The fit of a file to a module of the user's, prefixes such as ``module.`` and ``net.`` taken off."""
    return compare(module, shapes, prefixes=[prefix for prefix, _ in prefix_variants(shapes) if prefix])


def as_model(module: Any, fit: Fit, ran: str, notes: list[str], equal: tuple[str, ...] = ()) -> Model:
    """A module of the user's with its identification."""
    kind = type(module)
    package, version = package_of(kind)
    facts = Identification(
        name=kind.__qualname__, library=package, library_version=version, how="factory",
        class_path=f"{kind.__module__}.{kind.__qualname__}", matched=fit.matched, total=fit.total, equal=equal,
        changed=fit.changed, missing=fit.missing, unexpected=fit.unexpected, user_code=ran, notes=tuple(notes),
    )  # fmt: skip
    return Model(facts, module, fit.renamed)


def make(factory: Any, text: str, positional: tuple[Any, ...], keywords: Arguments) -> tuple[Any, list[str]]:
    """The module that the factory returns, on meta if it can be built there, and what had to be done.

    Raises ``OptionsError`` for arguments that do not suit it and for whatever it raises.
    """
    from torch import nn

    if isinstance(factory, nn.Module):
        if positional or keywords:
            raise OptionsError(f"--model {text}: it is a module already, which takes no arguments.", "Name its class.")
        return factory.eval(), []
    if not callable(factory):
        raise OptionsError(
            f"--model {text} names an object of type {type(factory).__name__}, which cannot be called.", MODEL_HINT
        )
    keywords = without_download(factory, keywords)
    check(text, factory, positional, keywords)
    try:
        module, notes = call(factory, positional, keywords)
    except MISTAKES as error:
        raise OptionsError(
            f"--model {text}: calling it failed: {error_line(error)}", where(error) or MODEL_HINT
        ) from error
    if not isinstance(module, nn.Module):
        hint = MODEL_HINT if not isinstance(module, tuple) else "Name a function that returns the model alone."
        raise OptionsError(f"--model {text} returns an object of type {type(module).__name__}, not an nn.Module.", hint)
    return module.eval(), notes


def call(factory: Callable[..., Any], positional: tuple[Any, ...], keywords: Arguments) -> tuple[Any, list[str]]:
    """What the factory returns, on meta, or with real tensors where its code needs real values while it builds."""
    try:
        return build(factory, *positional, **keywords), []
    except TypeError:
        raise
    except Exception:
        return factory(*positional, **keywords), [REAL]


def without_download(factory: Any, keywords: Arguments) -> Arguments:
    """The arguments, with no weights to fetch for a factory of torchvision, which would fetch those of a backbone."""
    if not str(getattr(factory, "__module__", "")).startswith("torchvision.models."):
        return keywords
    known = inspect.signature(factory).parameters
    return {**{n: None for n in ("weights", "weights_backbone") if n in known}, **keywords}
