"""Which tensors are stored in fewer bits, and which usually stay as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelreport.facts import Structure, TensorFact
from modelreport.measure.precision.layout import layout
from modelreport.measure.precision.losses import FLOATS

_STAYS = re.compile(r"embed|\bwte\b|\bwpe\b|position|pos_enc|relative_attention_bias|cls_token|_table\b", re.IGNORECASE)
"""Names of lookup tables and learned positions."""

_NARROW = re.compile(r"u?int[1-8]|float[4-8]_.*|bool")
"""Dtypes of 8 bits or fewer."""


@dataclass(frozen=True)
class Chosen:
    """Tensors of a model, tied ones once."""

    matrices: tuple[TensorFact, ...]
    """Weights of linear, convolution, recurrent and attention layers."""
    floats: tuple[TensorFact, ...]
    """All floating-point tensors of 16 bits or more, the matrices among them."""
    packed: int
    """Tensors that are quantised already, or belong to such a one."""
    narrow: int
    """Other matrices of parameters that are stored in 8 bits or fewer."""
    tables: int
    """Embeddings and learned positions."""


def choose(structure: Structure) -> Chosen:
    """What quantisation usually takes: matrices of parameters that are multiplied with activations."""
    types = {module.path: module.type for module in structure.modules}
    facts = [fact for fact in structure.tensors if not fact.tied_to and fact.layout == "dense"]
    plain = [fact for fact in facts if not fact.scheme]
    floats = tuple(fact for fact in plain if fact.dtype in FLOATS)
    weights = [fact for fact in floats if fact.role == "parameter" and layout(fact.shape)]
    matrices = tuple(fact for fact in weights if not is_table(fact, types.get(fact.module, "")) and not is_bias(fact))
    return Chosen(
        matrices=matrices,
        floats=floats,
        packed=len(facts) - len(plain),
        narrow=sum(f.role == "parameter" and is_narrow(f.dtype) and layout(f.shape) is not None for f in plain),
        tables=sum(is_table(fact, types.get(fact.module, "")) for fact in weights),
    )


def is_narrow(dtype: str) -> bool:
    """Whether values of a dtype take 8 bits or fewer."""
    return _NARROW.fullmatch(dtype) is not None


def is_table(fact: TensorFact, module_type: str) -> bool:
    """Whether rows are looked up rather than multiplied: embeddings, learned positions."""
    if module_type.startswith(("Linear", "Conv", "MatMul", "Gemm")):
        return False
    if module_type.startswith("Embedding") or module_type.endswith(("Embedding", "Gather")):
        return True
    own = fact.name.removesuffix(".weight").rpartition(".")[2]
    return _STAYS.search(own) is not None


def is_bias(fact: TensorFact) -> bool:
    """Whether it is added: its name ends so, whatever its shape."""
    return "bias" in fact.name.rpartition(".")[2]
