from __future__ import annotations

import pytest

from modelreport.facts import FAMILIES
from modelreport.trace.families import FAMILY_OF, family_of
from tests.trace.models import vision


def test_every_family_is_one_of_the_contract():
    assert set(FAMILY_OF.values()) <= set(FAMILIES)


@pytest.mark.parametrize(
    ("name", "family"),
    [("conv2d", "conv"), ("relu_", "activation"), ("add_", "arithmetic"), ("cat", "shape"), ("lstm", "recurrent"),
     ("embedding", "embedding"), ("adaptive_avg_pool2d", "pool"), ("layer_norm", "norm"), ("zeros", "io"),
     ("scaled_dot_product_attention", "attention"), ("something_of_ones_own", "other")],
)  # fmt: skip
def test_names_have_their_family(name, family):
    assert family_of(name, "Block", True) == family


def test_a_product_of_activations_in_an_attention_module_is_attention():
    assert family_of("matmul", "BertSelfAttention", False) == "attention"
    assert family_of("matmul", "BertSelfAttention", True) == "linear"
    assert family_of("matmul", "Mixer", False) == "linear"


@pytest.mark.parametrize("name", ["swin_t", "efficientnet_b0", "shufflenet_v2_x0_5"])
def test_whole_networks_leave_nothing_without_family(name):
    assert not {o.name for o in vision(name).operations if o.family == "other"}
