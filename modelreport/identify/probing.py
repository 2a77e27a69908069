"""How the shapes of a model of transformers follow from its configuration, found by changing one value at a time.

Only used to make the index. Every class of a model type is built on meta from the default configuration; then each
number, each list element and each switch is changed in turn, and what changes in the names and shapes is written down.
"""

from __future__ import annotations

import importlib
import logging
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from modelreport.identify.configurations import (
    choices_of,
    is_list,
    names_of,
    optional_kind,
    others_than,
    value_of,
)
from modelreport.identify.construct import build
from modelreport.identify.families import Family
from modelreport.identify.fitting import DISPENSABLE, module_shapes
from modelreport.identify.forms import expression, grouped, locators
from modelreport.identify.reconstruct import arguments_of
from modelreport.identify.relations import Expression, Shape, count_at, fields_of, fold
from modelreport.meta import quiet

log = logging.getLogger(__name__)
Shapes = dict[str, Shape]
Built = dict[tuple[str, bool], Shapes]
"""By class name, and whether the names are those that files had before transformers 5, the shape of each tensor."""

DEPTH = re.compile(r"(^|_)(num_\w*layers|n_layers?|layers|num_layers|depth|n_layer|num_blocks)$")
HEADS = re.compile(r"(^|_)(heads?|n_head|heads_kv|head_kv)$|^(num_heads|n_heads|n_head)\w*$")
_SKIPPED = re.compile(
    r"(_id|_ids|_idx|_index|^output_\w+|^return_dict|^use_cache|^torchscript|^problem_type|^chunk_size_feed_forward"
    r"|^is_encoder_decoder|^is_decoder|_token|^num_return_sequences|^num_beams|^tie_word_embeddings|^use_return_dict)$"
)
_STRINGS: dict[str, tuple[str, ...]] = {
    "feed_forward_proj": ("gated-gelu",), "feat_extract_norm": ("layer",), "position_embedding_type": ("absolute",),
    "attention_type": ("original_full",), "mlp_activation": ("swiglu",), "encoder_layer_type": ("conformer",),
    "norm_type": ("layer_norm",),
}  # fmt: skip
"""Values other than the default of options given as text without a list of choices."""
_MOST_FIELDS = 160  # of one configuration, the inner ones included
_MOST_TENSORS = 250_000
"""Tensors of all the builds of one model type after which no more values are tried: about 20 seconds."""


def model_types() -> tuple[str, ...]:
    """Every model type of the installed transformers that has a base model, sorted; not its wrappers of timm's."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    return tuple(sorted(t for t in MODEL_MAPPING_NAMES if not t.startswith("timm_")))


def probe(model_type: str) -> Family:
    """The family of one model type. Raises what its configuration or its constructors raise when none can be built."""
    with quiet():
        return Probe(model_type).family()


def classes_of(base: type[Any], config: Any) -> list[type[Any]]:
    """The classes of the base model's source file that are built from this configuration, the base first."""
    from transformers import PreTrainedModel

    module = importlib.import_module(base.__module__)
    found = [base]
    for name in getattr(module, "__all__", ()):
        kind = getattr(module, name, None)
        if (
            isinstance(kind, type)
            and issubclass(kind, PreTrainedModel)
            and kind not in found
            and getattr(kind, "config_class", None) is type(config)
            and not name.endswith(("Backbone", "PreTrainedModel"))
        ):
            found.append(kind)
    return found


def saved_shapes(kind: type[Any], config: Any) -> tuple[Shapes, Shapes | None, list[str]]:
    """Shapes as the class has them and as its files have them (``None`` if the same), and names that are tied."""
    module = _on_meta(kind, config)
    own = {n: s for n, s in module_shapes(module).items() if not DISPENSABLE.search(n)}
    tied = getattr(module, "_tied_weights_keys", None) or ()
    tied = [n for n in own if any(_matches(t, n) for t in tied)]
    files = own
    try:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import revert_weight_conversion

        if get_model_conversion_mapping(module, add_legacy=False):
            old = revert_weight_conversion(module, module.state_dict())
            files = {n: tuple(v.shape) for n, v in old.items() if not DISPENSABLE.search(n)}
    except Exception:  # an interface of the library's inside, or values that meta tensors do not have
        files = own
    return own, (None if files == own else files), tied


def _on_meta(kind: type[Any], config: Any) -> Any:
    """The module without initial values; constructors that read values are built the slower way, which knows them."""
    import torch

    try:
        from transformers.initialization import no_init_weights

        with torch.device("meta"), torch.no_grad(), no_init_weights():
            return kind(config)
    except Exception:
        return build(kind, config)


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return pattern == name


class Probe:
    """The experiments on one model type."""

    def __init__(self, model_type: str) -> None:
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING
        from transformers.models.auto.modeling_auto import MODEL_MAPPING

        self.model_type = model_type
        self.configuration = CONFIG_MAPPING[model_type]
        self.default = self._config({})
        base = MODEL_MAPPING[type(self.default)]
        base = base[0] if isinstance(base, (list, tuple)) else base
        self.base = base
        self.kinds = classes_of(base, self.default)
        self.prefix = getattr(base, "base_model_prefix", "") or ""
        self.tied: set[str] = set()
        self.made = 0
        self.fields = self._fields()
        self.fields |= self._usual()
        self.pinned = {p: v for p, v in self.fields.items() if type(v) is int and p != "num_labels"}
        self.shrunk = self._shrink() or self._shrink(pin=False)
        self.start = self._build(self.shrunk)
        if not self.start:
            raise ValueError(f"no class of {model_type} can be built")
        self.kinds = [k for k in self.kinds if (k.__name__, False) in self.start]
        self.telling = self._telling()

    def _config(self, values: Mapping[str, Any]) -> Any:
        return self.configuration(**arguments_of(values, getattr(self, "default", None)))

    def _telling(self) -> list[type[Any]]:
        """Classes that together have every tensor of all: the others need not be built again and again."""
        covered: set[tuple[bool, str, Shape]] = set()
        chosen = []
        for kind in sorted(self.kinds, key=lambda k: -len(self.start[k.__name__, False])):
            both = [
                (old, self.start[kind.__name__, old]) for old in (False, True) if (kind.__name__, old) in self.start
            ]
            own = {(old, n, s) for old, shapes in both for n, s in shapes.items()}
            if not own <= covered:
                covered |= own
                chosen.append(kind)
        return chosen

    def _build(self, values: Mapping[str, Any], kinds: Sequence[type[Any]] | None = None) -> Built:
        found: Built = {}
        for kind in self.kinds if kinds is None else kinds:
            try:
                own, files, tied = saved_shapes(kind, self._config(values))
            except Exception as error:  # this class does not take these values
                log.debug("%s with %s: %s", kind.__name__, values, error)
                continue
            self.made += len(own)
            found[kind.__name__, False] = {self._plain(n): s for n, s in own.items()}
            if files is not None:
                found[kind.__name__, True] = {self._plain(n): s for n, s in files.items()}
            self.tied.update(self._plain(n) for n in tied)
        return found

    def _plain(self, name: str) -> str:
        return name.removeprefix(f"{self.prefix}.") if self.prefix else name

    def _fields(self) -> dict[str, Any]:
        """By dotted path, the value of each number, switch, list of numbers and choice of the configuration."""
        found: dict[str, Any] = {}
        todo: list[tuple[str, Any]] = [("", self.default)]
        while todo:
            path, config = todo.pop(0)
            for name in names_of(config):
                value = value_of(config, name)
                if hasattr(value, "to_dict") and hasattr(value, "model_type"):
                    if path.count(".") < 2:
                        todo.append((f"{path}{name}.", value))
                elif not _SKIPPED.search(name):
                    found[f"{path}{name}"] = value
        found["num_labels"] = 2
        return dict(list(found.items())[:_MOST_FIELDS])

    def _usual(self) -> dict[str, int]:
        """Head width and inner width that the configuration leaves open, as the constructors fill them in."""
        found: dict[str, int] = {}
        for path, value in self.fields.items():
            parent, dot, name = path.rpartition(".")
            near = {n: self.fields.get(f"{parent}{dot}{n}") for n in ("hidden_size", "num_attention_heads", "n_embd")}
            width, heads, inner = near["hidden_size"], near["num_attention_heads"], near["n_embd"]
            if value is None and name == "head_dim" and width and heads and type(width) is type(heads) is int:
                found[path] = width // heads
            elif value is None and name == "n_inner" and type(inner) is int:
                found[path] = 4 * inner
        plain = self._build({})
        if not plain:  # some configurations do not build without values that every file of theirs gives
            for path, value in self.fields.items():
                parent, dot, name = path.rpartition(".")
                heads = self.fields.get(f"{parent}{dot}num_attention_heads")
                if value is None and name in {"vocab_size", "num_key_value_heads"}:
                    found[path] = 1000 if name == "vocab_size" else heads if type(heads) is int else 1
        return found if found and (not plain or self._build(found) == plain) else {}

    def _shrink(self, *, pin: bool = True) -> dict[str, Any]:
        """The fewest layers (2, 4, 8) with which every name pattern of the default is there.

        With ``pin``, numbers that the configuration derives from others are given, as files of configurations have
        them, so that each number is changed alone; empty when that is not the default.
        """
        given = self.pinned if pin else {}
        depths = {p: v for p, v in self.fields.items() if type(v) is int and v > 2 and DEPTH.search(p)}
        whole = {fold(n) for s in (self._build({}) or self._build(given)).values() for n in s}
        for size in (2, 4, 8, 10**9) if depths else (10**9,):
            values = {**given, **{p: min(v, size) for p, v in depths.items()}}
            if {fold(n) for s in self._build(values).values() for n in s} >= whole and whole:
                return values
        return {}

    def family(self) -> Family:
        """Everything that was found out."""
        trials = list(self._trials())
        numbers = [(p, v, w, b) for p, v, w, b in trials if type(v) is int and type(w) is int]
        flags, shape_flags, extra = self._flags([t for t in trials if type(t[1]) is not int or type(t[2]) is not int])
        rows: dict[str, list[Any]] = {}
        places: dict[str, int] = {}
        classes = []
        for which in self.start:
            own = []
            for key, forms in self._keys(which, numbers).items():
                text = f"{key} {forms}"
                rows.setdefault(text, [key, forms])
                own.append(places.setdefault(text, len(places)))
            kind = next(k for k in self.kinds if k.__name__ == which[0])
            classes.append([which[0], kind is not self.base, which[1], sorted(own)])
        for key, forms in extra.items():
            rows.setdefault(f"{key} {forms}", [key, forms])
        keys = list(rows.values())

        def found(patterns: set[str]) -> list[int]:
            return [i for i, (key, _) in enumerate(keys) if fold(key) in patterns]

        counts = [c for p, v, w, b in numbers for c in self._counts(p, v, w, b)]
        used = {f for _, es in keys for e in es for f in fields_of(e)} | {c[0] for c in counts}
        values = {p: v for p, v in self._flat().items() if p in used or HEADS.search(p.rpartition(".")[2])}
        return Family(
            type=self.model_type, module=self.base.__module__, prefix=self.prefix, values=values, keys=keys,
            counts=counts, flags=[[p, v, found(a), found(r)] for p, v, a, r in flags], shape_flags=shape_flags,
            optional=found({fold(n) for n in self.tied}), classes=classes,
        )  # fmt: skip

    def _flat(self) -> dict[str, int]:
        flat: dict[str, int] = {}
        for path, value in self.fields.items():
            if type(value) is int:
                flat[path] = value
            elif is_list(value):
                flat |= {f"{path}.{i}": v for i, v in enumerate(value)}
        return flat

    def _trials(self) -> Iterable[tuple[str, Any, Any, Built]]:
        """Path, value before, value tried, and what was built with it; trials that build nothing are left out."""
        current = {**self._flat(), **self.shrunk}
        ordered = sorted(self.fields.items(), key=lambda field: type(field[1]) is not int)  # sizes first
        for path, value in ordered:
            if is_list(value):
                for i, item in enumerate(value):
                    yield from self._first(f"{path}.{i}", item, others_than(item))
                continue
            before = current.get(path, value)
            if type(value) is int:
                yield from self._first(path, before, others_than(value, before))
            elif isinstance(value, bool):
                yield from self._first(path, value, [not value])
            elif value is None and (kind := optional_kind(self._annotation(path), path)):
                yield from self._first(path, None, [True] if kind is bool else [8, 4, 2])
            elif isinstance(value, str):
                choices = [c for c in choices_of(self._annotation(path)) if c != value]
                for choice in (*choices, *_STRINGS.get(path.rpartition(".")[2], ())):
                    yield from self._first(path, value, [choice])

    def _first(self, path: str, before: Any, options: Sequence[Any]) -> Iterable[tuple[str, Any, Any, Built]]:
        for option in options if self.made < _MOST_TENSORS else ():
            built = self._build({**self.shrunk, path: option}, self.telling)
            if built:
                yield path, before, option, built
                return

    def _annotation(self, path: str) -> Any:
        config = self.default
        *parents, name = path.split(".")
        for parent in parents:
            config = getattr(config, parent)
        try:
            return typing.get_type_hints(type(config)).get(name)
        except Exception:
            return getattr(type(config), "__annotations__", {}).get(name)

    def _keys(
        self, which: tuple[str, bool], trials: Sequence[tuple[str, int, int, Built]]
    ) -> dict[str, list[Expression]]:
        """The dimensions of each tensor of a class, by its name with as many numbers folded as are alike."""
        start = self.start[which]
        changes: dict[str, list[tuple[str, int, int, Shape]]] = {}
        for path, before, after, built in trials:
            now = built.get(which) or self._elsewhere(which, built)
            for name, shape in start.items():
                if name in now and now[name] != shape and len(now[name]) == len(shape):
                    changes.setdefault(name, []).append((path, before, after, now[name]))
        flat = {**self._flat(), **self.shrunk}
        forms = {n: [expression(i, s, changes.get(n, ()), flat) for i in range(len(s))] for n, s in start.items()}
        return {key: forms[names[0]] for key, names in grouped(list(forms), forms)}

    def _elsewhere(self, which: tuple[str, bool], built: Built) -> Shapes:
        """What became of a class's tensors, from the classes that have the same ones."""
        now: Shapes = {}
        for other, shapes in built.items():
            if other[1] == which[1]:
                before = self.start[other]
                now |= {n: s for n, s in shapes.items() if before.get(n) == self.start[which].get(n)}
        return now

    def _counts(self, path: str, before: int, after: int, built: Built) -> Iterable[list[Any]]:
        """Where the running numbers of the names follow a value."""
        places: dict[str, Fraction] = {}
        for which, shapes in self.start.items():
            now = built.get(which, {})
            longer, shorter = (now, shapes) if len(now) > len(shapes) else (shapes, now)
            if not now or len(now) == len(shapes):
                continue
            for locator in locators(longer, shorter):
                a, b = count_at(shapes, locator), count_at(now, locator)
                if a and b and a != b:
                    places[locator] = Fraction(b - a, after - before)
        for locator, slope in places.items():
            first = next((c for s in self.start.values() if (c := count_at(s, locator))), 0)
            rest = first - slope * before
            if slope > 0 and rest.denominator == 1:
                yield [path, locator, slope.numerator, slope.denominator, int(rest)]

    def _flags(
        self, trials: Sequence[tuple[str, Any, Any, Built]]
    ) -> tuple[list[tuple[str, Any, set[str], set[str]]], list[list[Any]], dict[str, list[Expression]]]:
        """Switches that add or remove names, those that only change shapes, and the names they add."""
        flags: list[tuple[str, Any, set[str], set[str]]] = []
        shape_flags: list[list[Any]] = []
        extra: dict[str, list[Expression]] = {}
        for path, _, after, built in trials:
            both = [(self.start[w], s) for w, s in built.items() if w in self.start]
            added = {fold(n) for old, new in both for n in new} - {fold(n) for s in self.start.values() for n in s}
            removed = {fold(n) for old, _ in both for n in old} - {fold(n) for _, new in both for n in new}
            if added or removed:
                flags.append((path, after, added, removed))
                for _, new in both:
                    for name, shape in new.items():
                        if fold(name) in added:
                            extra.setdefault(fold(name), [None] * len(shape))
            elif any(old != new for old, new in both):
                shape_flags.append([path, after])
        return flags, shape_flags, extra
