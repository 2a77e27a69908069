"""The outline of a model: what was recognised, as facts and as a paragraph."""

from __future__ import annotations

from modelreport.facts import Identification, Message, Nearest, Outline, Skipped, Structure, Trace
from modelreport.identify.patterns.blocks import find_blocks
from modelreport.identify.patterns.convnet import describe_convolutions
from modelreport.identify.patterns.parts import Parts, find_parts
from modelreport.identify.patterns.proofs import pattern_facts
from modelreport.identify.patterns.sentences import (
    describe_blocks,
    describe_inputs,
    describe_outputs,
    describe_perceptron,
    describe_recurrent,
    describe_size,
)
from modelreport.identify.patterns.transformer import describe_layers
from modelreport.identify.patterns.unknown import describe_unknown, linear_macs_per_token

ASSUMED = "Assumed, because no shape shows it: "
"""Start of the note of an identification that tells what the weights do not."""


def outline(
    structure: Structure,
    trace: Trace | Skipped,
    identification: Identification | Skipped,
    nearest: tuple[Nearest, ...] = (),
) -> Outline:
    """The architecture in words, from facts alone.

    Of a pass that ran to its end the paragraph tells what operations and shapes prove. Without one it tells what names
    and shapes say, and no total cost. ``nearest`` are like architectures where ``identification`` found none.
    """
    blocks = find_blocks(structure)
    like = nearest if isinstance(identification, Skipped) else ()
    if isinstance(trace, Skipped) or not trace.complete or not trace.operations:
        patterns = () if isinstance(trace, Skipped) else pattern_facts(find_parts(trace, structure))
        return Outline(
            description=describe_unknown(structure, blocks),
            patterns=patterns,
            blocks=blocks,
            linear_macs_per_token=linear_macs_per_token(structure),
            nearest=like,
        )
    parts = find_parts(trace, structure)
    words = (*describe(parts, structure), *describe_assumed(identification))
    return Outline(description=words, patterns=pattern_facts(parts), blocks=blocks, nearest=like)


def describe_assumed(identification: Identification | Skipped) -> tuple[Message, ...]:
    """What the traced network assumes beyond the weights, such as its number of heads; nothing where all is known."""
    if isinstance(identification, Skipped) or identification.how != "keys and shapes":
        return ()
    notes = [n.removeprefix(ASSUMED).partition(". ")[0] for n in identification.notes if n.startswith(ASSUMED)]
    return tuple(Message(text="Not proved by the weights but assumed: {given}.", values={"given": n}) for n in notes)


def describe(parts: Parts, structure: Structure) -> tuple[Message, ...]:
    """The paragraph, sentence by sentence, in the order in which the parts run."""
    placed = [
        *describe_layers(parts),
        *describe_convolutions(parts),
        *describe_recurrent(parts),
        *describe_perceptron(parts),
        *describe_blocks(parts),
    ]
    main = [message for _, message in sorted(placed, key=lambda pair: pair[0])]
    return (*main, *describe_inputs(parts), *describe_outputs(parts), *describe_size(structure, parts))
