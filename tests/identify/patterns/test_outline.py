from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Identification, Nearest, Outline, Skipped, Structure, Trace
from modelreport.identify.patterns import outline
from modelreport.identify.patterns.outline import ASSUMED, describe_assumed
from modelreport.render.format import message
from tests.factories import make_report
from tests.identify.patterns.networks import TOKENS, facts_of, stack
from tests.trace.models import define_torchvision_operators, vision

KNOWN = Identification(name="m", library="", how="live")
UNKNOWN = Skipped(stage="identify", reason="unknown")
NEAR = (Nearest(name="resnet18", library="timm", matched=9, total=10),)


def text_of(made: Outline) -> str:
    return " ".join(message(sentence) for sentence in made.description)


def test_a_pass_gives_the_paragraph_the_patterns_and_the_blocks() -> None:
    structure, trace = facts_of(stack(3), TOKENS)
    made = outline(structure, trace, KNOWN, NEAR)
    assert text_of(made).startswith("A 3-layer pre-norm transformer encoder of width 32")
    assert {pattern.kind for pattern in made.patterns} == {"attention", "mlp", "residual", "norm"}
    assert ("#", 3) in {(run.path, run.count) for run in made.blocks}
    assert made.linear_macs_per_token is None
    assert made.nearest == ()  # it is known: nothing to compare with


def test_without_a_pass_nothing_is_said_of_how_it_runs() -> None:
    structure, _ = facts_of(stack(3), TOKENS)
    made = outline(structure, Skipped(stage="trace", reason="none"), UNKNOWN, NEAR)
    assert "transformer" not in text_of(made)
    assert made.patterns == ()
    assert made.linear_macs_per_token == sum(t.count for t in structure.tensors if len(t.shape) == 2)
    assert made.nearest == NEAR


def test_a_pass_that_ended_early_is_not_told_as_the_whole() -> None:
    structure, trace = facts_of(stack(3), TOKENS)
    made = outline(structure, replace(trace, complete=False, error="stopped"), KNOWN)
    assert "3-layer" not in text_of(made)
    assert made.patterns


# Published figures: He et al. 2015 (table 1), Sandler et al. 2018 (table 2), Dosovitskiy et al. 2020 (table 1),
# Liu et al. 2021 (Swin-T) and 2022 (ConvNeXt-T), Huang et al. 2016.
PUBLISHED = {
    "resnet50": "of 4 stages with 3, 4, 6 and 3 bottleneck blocks, widths 256 to 2,048",
    "resnet18": "of 4 stages with 2, 2, 2 and 2 basic residual blocks",
    "mobilenet_v2": "16 inverted residual blocks (widened 6 times) and 1 depthwise-separable block",
    "vit_b_16": "A 12-layer pre-norm transformer encoder of width 768 with LayerNorm: in each layer self-attention "
    "with 12 heads of width 64 and an MLP of inner width 3,072 (GELU). The input is cut into patches of 16×16",
    "swin_t": "of 4 stages with 2, 2, 6 and 2 layers, widths 96 to 768 with LayerNorm: in each layer self-attention "
    "with 3 to 24 heads of width 32 and relative positions",
    "convnext_tiny": "4 stages with 3, 3, 9 and 3 blocks, widths 96 to 768 with LayerNorm: in each block a depthwise "
    "convolution of 7×7 and an MLP of 4 times the width (GELU)",
    "vgg16_bn": "13 convolutions of 3×3, 64 to 512 channels; batch norm and ReLU. The output comes from an MLP "
    "25,088 → 4,096 → 4,096 → 1,000 (ReLU)",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_known_architectures_are_told_as_their_papers_tell_them(name: str) -> None:
    empty: Structure = replace(make_report().structure, modules=(), tensors=tensors_of(name), parameters=0)
    made = outline(empty, vision(name), KNOWN)
    assert PUBLISHED[name] in text_of(made)


def tensors_of(name: str) -> tuple[object, ...]:
    """Name, shape and role of every parameter, as the trace needs them."""
    from modelreport.facts import TensorFact
    from modelreport.meta import on_meta

    define_torchvision_operators()
    import torchvision

    with on_meta():
        module = torchvision.models.get_model(name, weights=None)
    return tuple(
        TensorFact(
            name=key, shape=tuple(value.shape), dtype="float32", role="parameter", module=key.rpartition(".")[0],
            count=value.numel(), size_bytes=4 * value.numel(), stored_bytes=4 * value.numel(),
        )
        for key, value in module.state_dict().items()
    )  # fmt: skip


def test_odd_graphs_are_no_error() -> None:
    structure, trace = facts_of(stack(1), TOKENS)
    assert isinstance(trace, Trace)
    odd = replace(
        trace,
        operations=tuple(replace(o, inputs=(), outputs=(), sources=(*o.sources, 10**6, -5)) for o in trace.operations),
        output_sources=(10**6, -1),
        calls=(),
    )
    assert isinstance(outline(structure, odd, KNOWN), Outline)


def test_what_the_weights_do_not_prove_is_said_to_be_assumed() -> None:
    note = f"{ASSUMED}num_attention_heads = 6. Another number of heads changes nothing here."
    known = Identification(name="BertModel", library="transformers", how="keys and shapes", notes=("Fits.", note))
    assert [m.values["given"] for m in describe_assumed(known)] == ["num_attention_heads = 6"]
    assert describe_assumed(replace(known, how="config")) == ()
    assert describe_assumed(Skipped(stage="identify", reason="none")) == ()
