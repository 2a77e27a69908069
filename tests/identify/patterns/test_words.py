from __future__ import annotations

import pytest

from modelreport.identify.patterns.words import activation_title, kind_of, norm_title, plain


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("linear", "addmm", "Gemm"), "linear"),
        (("matmul", "bmm", "MatMul", "einsum"), "product"),
        (("conv2d", "Conv", "conv_transpose1d"), "conv"),
        (("relu", "relu_", "Relu", "com.microsoft.Gelu"), "activation"),
        (("view", "Reshape", "transpose", "dropout_"), "same"),
        (("add", "add_", "Add"), "add"),
        (("nothing_of_this_name",), "other"),
    ],
)
def test_torch_and_onnx_speak_of_the_same_things(names: tuple[str, ...], kind: str) -> None:
    assert {kind_of(name) for name in names} == {kind}


def test_people_read_titles() -> None:
    assert activation_title("silu_") == "SiLU"
    assert activation_title("hardtanh", "min_val=0, max_val=6") == "ReLU6"
    assert norm_title("LayerNormalization") == norm_title("layer_norm") == "LayerNorm"
    assert plain("aten.relu_") == "relu"
