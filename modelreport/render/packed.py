"""Quantised weights in words: what a packed tensor stands for, and how a model is packed."""

from __future__ import annotations

from collections import Counter

from modelreport.facts import Structure, TensorFact
from modelreport.render import format as text


def elements(fact: TensorFact) -> int:
    """Elements of a tensor, those of the unpacked weight where it is packed, none where it only scales one."""
    return fact.count if fact.stands_for is None else fact.stands_for


def packing(structure: Structure) -> str:
    """``GPTQ 4 bit: 1.13 B stored int32``: the scheme of most quantised weights; empty where there are none."""
    weights = [t for t in structure.tensors if t.scheme and t.role == "parameter" and not t.tied_to]
    schemes: Counter[str] = Counter()
    for tensor in weights:
        schemes[tensor.scheme] += elements(tensor)
    if not schemes:
        return ""
    scheme = schemes.most_common(1)[0][0]
    more = f" and {len(schemes) - 1} more" if len(schemes) > 1 else ""
    packed = [t for t in weights if t.scheme == scheme]
    stored = f"{text.count(sum(t.count for t in packed))} stored {text.dtype(packed[0].dtype)}"
    return f"{text.name(scheme, 60)}{more}: {stored}"


def remark(fact: TensorFact) -> str:
    """What a row says of a quantised tensor: its scheme and what it stands for."""
    if not fact.scheme:
        return ""
    scheme = text.name(fact.scheme, 60)
    if fact.stands_for == 0:
        return f"{scheme}, no parameters"
    return scheme if fact.stands_for is None else f"{scheme}, {text.exact(fact.stands_for)} parameters"
