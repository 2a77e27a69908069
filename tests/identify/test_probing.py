from __future__ import annotations

from modelreport.identify.libraries import load_library
from modelreport.identify.probing import Probe, classes_of, model_types, probe
from modelreport.identify.relations import fold

load_library("transformers")


def test_the_relations_of_gpt2_are_found_by_changing_one_value_at_a_time() -> None:
    family = probe("gpt2")
    forms: dict[str, object] = dict(family.keys)  # type: ignore[arg-type]  # pairs
    width = ["=", "n_embd", 1, 1, 0]
    assert forms["wte.weight"] == [["=", "vocab_size", 1, 1, 0], width]
    assert forms["h.#.attn.c_attn.weight"] == [width, ["=", "n_embd", 3, 1, 0]]
    assert forms["h.#.mlp.c_fc.weight"] == [width, ["=", "n_inner", 1, 1, 0]]
    assert family.counts == [["n_layer", "h", 1, 1, 0]]
    assert {"GPT2Model", "GPT2LMHeadModel", "GPT2ForSequenceClassification"} <= {c[0] for c in family.classes}
    assert [family.keys[i][0] for i in family.optional] == ["lm_head.weight"]
    added = next(f for f in family.flags if f[0] == "add_cross_attention")
    assert all("crossattention" in family.keys[i][0] or "ln_cross" in family.keys[i][0] for i in added[2])


def test_lists_are_followed_element_by_element() -> None:
    family = probe("convnext")
    assert {c[0]: c[1] for c in family.counts if c[0].startswith("depths.")} == {
        f"depths.{i}": f"encoder.stages.{i}.layers" for i in range(4)
    }
    assert "hidden_sizes.3" in family.values


def test_names_of_files_and_of_today_are_both_kept() -> None:
    family = probe("mixtral")
    names = {fold(key) for key, _ in family.keys}
    assert {"layers.#.block_sparse_moe.experts.#.w1.weight", "layers.#.mlp.experts.gate_up_proj"} <= names
    assert ["num_local_experts", "layers.#.block_sparse_moe.experts", 1, 1, 0] in family.counts


def test_classes_are_those_of_the_same_configuration() -> None:
    made = Probe("bert")
    names = {k.__name__ for k in classes_of(made.base, made.default)}
    assert {"BertModel", "BertForMaskedLM", "BertForTokenClassification"} <= names
    assert "BertPreTrainedModel" not in names


def test_every_type_has_its_name_once() -> None:
    types = model_types()
    assert len(types) == len(set(types)) > 300
    assert {"bert", "llama"} <= set(types)
