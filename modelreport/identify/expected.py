"""The tensors of a model whose weights are not here: from its configuration, and from the names in an index.

``config.json`` says what the class builds, an index says under which names the files hold it. Shapes are those of the
class, dtypes those that the configuration states; there are no values.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modelreport.checkpoint import LazyTensor
from modelreport.facts import DTYPE_BITS
from modelreport.identify.conversions import Conversions
from modelreport.identify.fitting import Shape, spellings

_SCALE = re.compile(r"_scale_inv$")
NO_FILE = "the file that holds it is not here: shape and dtype are those of config.json"


def expected_tensors(
    module: Any, config: Mapping[str, Any], names: Sequence[str], conversions: Conversions, prefixes: Sequence[str]
) -> tuple[list[LazyTensor], list[str]]:
    """Every tensor that the files of this model hold, without values, and the names whose shape is not known.

    With ``names``, those of an index, the tensors have them; otherwise they are named as the class names them.
    """
    dtype = stated_dtype(config)
    kept = _kept_in_float32(module)
    own = _own(module)

    def typed(name: str, stored: str) -> str:
        wide = stored in ("float32", "float64")
        return dtype if wide and not any(part in kept for part in name.split(".")) else stored

    if not names:
        return [_tensor(n, typed(n, d), s, role) for n, (s, d, role) in own.items()], []
    found: dict[str, LazyTensor] = {}
    shared = Counter(target for targets in conversions.joined.values() for target in targets[:1])
    for name in names:
        if targets := conversions.joined.get(name):
            shape = _part(own[targets[0]][0], shared[targets[0]]) if targets[0] in own else None
            if shape is not None and len(targets) == 1:
                found[name] = _tensor(name, typed(name, "float32"), shape, "parameter")
        elif (target := next((n for n in spellings(name, prefixes, conversions) if n in own), None)) is not None:
            shape, stored, role = own[target]
            found[name] = _tensor(name, typed(target, stored), shape, role)
    _quantise(found, names, config)
    return [found[n] for n in names if n in found], [n for n in names if n not in found]


def stated_dtype(config: Mapping[str, Any]) -> str:
    """The dtype that a configuration states for its weights, also one level down; ``float32`` when it states none."""
    for place in (config, config.get("text_config"), config.get("llm_config")):
        if isinstance(place, Mapping):
            for key in ("dtype", "torch_dtype"):
                value = place.get(key)
                if isinstance(value, str) and value.removeprefix("torch.") in DTYPE_BITS:
                    return value.removeprefix("torch.")
    return "float32"


def _kept_in_float32(module: Any) -> set[str]:
    """Parts of names of the parameters that the library keeps in float32 whatever the configuration states."""
    strict = getattr(module, "_keep_in_fp32_modules_strict", None) or ()
    return {str(part) for part in strict}


def _own(module: Any) -> dict[str, tuple[Shape, str, str]]:
    """Shape, dtype and role of what a class saves; of tied parameters the first name."""
    saved = module.state_dict(keep_vars=True)
    seen: set[int] = set()
    found: dict[str, tuple[Shape, str, str]] = {}
    parameters = {id(p) for p in module.parameters()}
    for name, value in saved.items():
        if not hasattr(value, "shape") or id(value) in seen:
            continue
        seen.add(id(value))
        role = "parameter" if id(value) in parameters else "buffer"
        found[name] = (tuple(value.shape), str(value.dtype).removeprefix("torch."), role)
    return found


def _part(whole: Shape, parts: int) -> Shape | None:
    """Shape of one of the equal tensors that are joined into a parameter: experts, or their gate and up matrices."""
    if len(whole) == 3 and parts == whole[0]:
        return whole[1:]
    if len(whole) == 3 and parts == 2 * whole[0] and whole[1] % 2 == 0:
        return (whole[1] // 2, whole[2])
    return None


def _quantise(found: dict[str, LazyTensor], names: Iterable[str], config: Mapping[str, Any]) -> None:
    """Give weights that the index pairs with a scale for each block the dtype of their scheme, and add the scales."""
    stated = config.get("quantization_config")
    block = stated.get("weight_block_size") if isinstance(stated, Mapping) else None
    if not isinstance(block, list) or len(block) != 2 or not all(type(n) is int and n > 0 for n in block):
        return
    for name in names:
        weight = found.get(_SCALE.sub("", name)) if _SCALE.search(name[-20:]) else None
        if weight is not None and len(weight.shape) == 2:
            weight.dtype = "float8_e4m3fn"
            shape = tuple(math.ceil(size / step) for size, step in zip(weight.shape, block, strict=True))
            found[name] = _tensor(name, "float32", shape, "parameter")


def _tensor(name: str, dtype: str, shape: Shape, role: Any) -> LazyTensor:
    return LazyTensor(name, dtype, shape, None, role=role, missing=NO_FILE)
