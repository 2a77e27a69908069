from __future__ import annotations

import pytest

from modelreport.checkpoint import Model
from modelreport.identify import transformer
from modelreport.identify.bare import candidates
from modelreport.identify.fitting import Shape
from modelreport.identify.libraries import load_library
from modelreport.identify.transformer import identify_family, preferred
from tests.identify.libraries import shapes_of_class

transformers = load_library("transformers")
assert transformers is not None
SIZES = {"hidden_size": 128, "num_hidden_layers": 2, "intermediate_size": 96, "num_attention_heads": 4}


@pytest.fixture(scope="module")
def llama() -> dict[str, Shape]:
    return shapes_of_class("LlamaForCausalLM", vocab_size=300, num_key_value_heads=2, **SIZES)


def identified(shapes: dict[str, Shape], hints: str = "") -> Model:
    found = identify_family(candidates(shapes), shapes, hints)
    assert found is not None
    return found


def test_of_families_that_fit_equally_one_is_traced_and_the_others_are_named(llama: dict[str, Shape]) -> None:
    facts = identified(llama).identification
    assert (facts.name, facts.how, facts.matched, facts.total) == ("LlamaForCausalLM", "keys and shapes", 21, 21)
    assert facts.task == "language model"
    assert "transformers MistralForCausalLM" in facts.equal
    assert any("do not tell them apart" in note and "LlamaForCausalLM is the one" in note for note in facts.notes)


def test_what_is_assumed_is_not_said_to_be_read_off(llama: dict[str, Shape]) -> None:
    notes = identified(llama).identification.notes
    read = next(n for n in notes if n.startswith("Configuration read off"))
    assumed = next(n for n in notes if n.startswith("Assumed"))
    assert "hidden_size = 128" in read
    assert "intermediate_size = 96" in read
    assert "head_dim" in assumed
    assert "head_dim" not in read


def test_the_name_of_the_file_decides_between_equals(llama: dict[str, Shape]) -> None:
    assert identified(llama, "mistral-7b.safetensors").identification.name == "MistralForCausalLM"
    found = candidates(llama)
    assert preferred(found, "")[0].name == found[0].name


def test_a_tied_head_that_the_file_leaves_out_is_not_missing(llama: dict[str, Shape]) -> None:
    facts = identified({n: s for n, s in llama.items() if n != "lm_head.weight"}).identification
    assert (facts.name, facts.missing) == ("LlamaForCausalLM", ())


def test_names_of_older_versions_are_understood() -> None:
    shapes = shapes_of_class("BertForMaskedLM", vocab_size=200, **SIZES)
    old = {n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): s
           for n, s in shapes.items()}  # fmt: skip
    assert old != shapes
    facts = identified(old).identification
    assert (facts.name, facts.matched) == ("BertForMaskedLM", facts.total)


def test_a_cut_file_is_no_family(llama: dict[str, Shape]) -> None:
    cut = dict(list(llama.items())[: int(0.6 * len(llama))])
    assert identify_family(candidates(cut), cut, "") is None


def test_without_transformers_it_is_told_by_the_index_all_the_same(
    llama: dict[str, Shape], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformer, "load_library", lambda _: None)
    found = identified(llama)
    assert found.identification.name == "LlamaForCausalLM"
    assert "transformers MistralForCausalLM" in found.identification.equal
    assert "not installed" in found.identification.notes[0]
    assert found.module is None
    assert found.absent is not None
    assert "pip install transformers" in found.absent.hint
    wrong = {**llama, "model.layers.0.mlp.up_proj.weight": (97, 127)}
    assert identify_family(candidates(wrong), wrong, "") is None


def test_another_version_of_the_library_is_a_note(llama: dict[str, Shape], monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("made from" in note for note in identified(llama).identification.notes)
    monkeypatch.setattr(transformer, "library_version", lambda _: "9.9")
    assert any("installed 9.9" in note for note in identified(llama).identification.notes)
