"""The paragraph of a module as one text."""

from __future__ import annotations

from torch import nn

from modelreport.facts import TensorSpec
from modelreport.identify.patterns.outline import describe
from modelreport.identify.patterns.parts import find_parts
from modelreport.render.format import message
from tests.identify.patterns.networks import facts_of


def paragraph_of(module: nn.Module, *inputs: TensorSpec) -> str:
    structure, trace = facts_of(module, *inputs)
    return " ".join(message(sentence) for sentence in describe(find_parts(trace, structure), structure))
