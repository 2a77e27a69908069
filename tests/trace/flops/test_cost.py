"""How operators are looked up."""

from __future__ import annotations

import pytest
import torch

from modelreport.meta import on_meta
from modelreport.trace.flops import cost_of
from modelreport.trace.flops.registry import ARITHMETIC, BESIDE, ELEMENTS, MATRIX
from tests.trace.models import Function, complete_trace_of, spec, vision

aten = torch.ops.aten
ELSEWHERE = {"torchvision", "quantized", "sparse", "onednn"}


def test_every_formula_is_of_an_operator_that_torch_knows():
    names = {*MATRIX, *ARITHMETIC, *ELEMENTS}
    unknown = {n for n in names if "." not in n and not hasattr(aten, n) and not hasattr(aten, f"{n}_")}
    assert {n.partition(".")[0] for n in names if "." in n} <= ELSEWHERE
    assert unknown <= {"_mixed_dtypes_linear", "_scaled_mm_v2", "miopen_rnn"}  # of other versions and builds
    assert set(BESIDE) <= set(MATRIX)


def test_views_and_copies_are_free_and_only_copies_move_bytes():
    view, copy, unsafe = cost_of(aten.view.default), cost_of(aten.cat.default), cost_of(aten._unsafe_view.default)
    assert view.kind == copy.kind == unsafe.kind == "free"
    assert view.view
    assert unsafe.view
    assert not copy.view


def test_forms_in_place_and_of_lists_count_as_the_plain_ones():
    assert cost_of(aten.relu_.default).elements == cost_of(aten.relu.default).elements == 1
    assert cost_of(aten.add_.Tensor).formula is cost_of(aten.add.Tensor).formula
    assert cost_of(aten._foreach_mul.Scalar).formula is cost_of(aten.mul.Tensor).formula
    assert cost_of(aten._softmax.default).name == "aten._softmax"


def test_matrix_operators_are_known_by_their_kind():
    assert cost_of(aten.mm.default).kind == "matrix"
    assert cost_of(aten.relu.default).kind == "arithmetic"
    assert cost_of(aten.convolution_backward.default).kind == "matrix"  # torch's own registry
    assert not cost_of(aten.mm.default).composite
    assert cost_of(aten.upsample_bilinear2d.vec).composite


def test_what_was_counted_has_a_value_and_what_moved_is_nothing():
    found = complete_trace_of(Function(lambda x: torch.relu(x).exp().reshape(4, 1)), spec(2, 2))
    assert [o.flops for o in found.operations] == [4, 4, 0]
    assert [o.macs for o in found.operations] == [0, 0, 0]
    assert found.uncounted == ()


def test_whole_numbers_cost_no_floating_point_operation():
    found = complete_trace_of(Function(lambda x: (x + 1).cumsum(0)), spec(4, dtype="int64"))
    assert [o.flops for o in found.operations] == [0, 0]
    assert {line.formula for line in found.ledger} == {"free"}


def test_comparisons_of_real_numbers_count_and_of_whole_ones_do_not():
    found = complete_trace_of(Function(lambda x: (x > 0) & (x.long() == 1)), spec(4))
    assert found.flops == 4


def test_an_operator_outside_torch_has_unknown_multiply_adds():
    with torch.library._scoped_library("modelreport_test", "DEF") as library:
        library.define("twice(Tensor x) -> Tensor")
        library.impl("twice", lambda x: x * 2, "CompositeExplicitAutograd")
        found = complete_trace_of(Function(torch.ops.modelreport_test.twice), spec(4))
    assert found.operations[0].macs is None
    assert found.operations[0].flops is None
    assert found.uncounted[0].kernel == "modelreport_test.twice"
    assert [(line.kernel, line.calls, line.flops, line.formula) for line in found.ledger] == [
        ("modelreport_test.twice", 1, None, "none")
    ]


@pytest.mark.parametrize("name", ["swin_v2_t", "mobilenet_v3_small", "efficientnet_v2_s", "convnext_tiny", "maxvit_t"])
def test_every_operator_of_known_networks_is_counted_or_free(torchvision, name):
    assert vision(name).uncounted == ()


@pytest.mark.parametrize("kind", ["Bert", "T5", "Wav2Vec2", "Mamba", "Mixtral"])
def test_every_operator_of_text_and_audio_models_is_counted_or_free(kind):
    import transformers

    small = {
        "Bert": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64},
        "T5": {"d_model": 32, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2},
        "Wav2Vec2": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64},
        "Mamba": {"hidden_size": 32, "num_hidden_layers": 1, "state_size": 8},
        "Mixtral": {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
                    "intermediate_size": 64, "num_local_experts": 4},
    }[kind]  # fmt: skip
    with on_meta():
        module = getattr(transformers, f"{kind}Model")(getattr(transformers, f"{kind}Config")(**small)).eval()
    found = complete_trace_of(module, how="config", library="transformers")
    assert found.uncounted == ()
    assert sum(line.flops for line in found.ledger) == found.flops > 2 * found.macs > 0
