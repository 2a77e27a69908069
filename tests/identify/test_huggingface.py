from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.checkpoint import Model
from modelreport.facts import Skipped
from modelreport.identify import describe, huggingface
from modelreport.identify.construct import build
from modelreport.identify.huggingface import absurd_size, identify_config
from modelreport.identify.libraries import load_library
from tests.identify.checkpoints import make_checkpoint
from tests.identify.libraries import state

BERT = {
    "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 20, "vocab_size": 30, "max_position_embeddings": 12,
}  # fmt: skip
GPT2 = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "n_embd": 8,
    "n_layer": 1,
    "n_head": 2,
    "vocab_size": 30,
}


def identified(tensors: dict[str, torch.Tensor], config: dict[str, Any], **fields: Any) -> Model:
    model = identify_config(make_checkpoint(tensors, "folder", config=config, content="folder", **fields))
    assert isinstance(model, Model), model
    return model


def test_the_class_named_by_the_config_is_built_and_every_tensor_fits() -> None:
    config = {**BERT, "architectures": ["BertForSequenceClassification"], "num_labels": 3}
    facts = identified(state("BertForSequenceClassification", config), config).identification
    assert (facts.name, facts.library, facts.how) == ("BertForSequenceClassification", "transformers", "config")
    assert facts.class_path == "transformers.models.bert.modeling_bert.BertForSequenceClassification"
    assert facts.task == "text classifier"
    assert facts.matched == facts.total == 41
    assert not (facts.changed)
    assert not (facts.missing)
    assert not (facts.unexpected)


@pytest.mark.parametrize(
    ("name", "config", "task"),
    [
        ("LlavaForConditionalGeneration", {"vision_config": {}, "text_config": {}}, "vision-language model"),
        ("Qwen2AudioForConditionalGeneration", {"audio_config": {}}, "audio-language model"),
        ("T5ForConditionalGeneration", {"is_encoder_decoder": True}, "sequence to sequence"),
        ("BertModel", {"vocab_size": 30}, "text encoder"),
        ("LlamaForCausalLM", {"vocab_size": 30}, "language model"),
    ],
)
def test_the_task_follows_from_the_class_and_what_the_config_describes(
    name: str, config: dict[str, Any], task: str
) -> None:
    assert huggingface.task_of_config(name, config) == task


def test_a_base_model_fits_a_file_with_a_head_and_the_other_way_round() -> None:
    with_head = identified(state("BertModel", BERT), {**BERT, "architectures": ["BertForMaskedLM"]})
    assert with_head.renamed["bert.embeddings.word_embeddings.weight"] == "embeddings.word_embeddings.weight"
    assert all(n.startswith("cls.") for n in with_head.identification.missing)
    base = identified(state("BertForMaskedLM", BERT), {**BERT, "architectures": ["BertModel"]})
    assert base.renamed["embeddings.word_embeddings.weight"] == "bert.embeddings.word_embeddings.weight"
    assert base.identification.matched == 37


def test_names_of_tensorflow_ports_are_understood() -> None:
    tensors = state("BertModel", BERT)
    old = {
        n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): t
        for n, t in tensors.items()
    }
    facts = identified(old, BERT).identification
    assert facts.matched == facts.total
    assert not facts.missing


def test_a_tied_output_layer_that_the_file_lacks_is_not_missing() -> None:
    tensors = state("GPT2LMHeadModel", GPT2)
    del tensors["lm_head.weight"]
    model = identified(tensors, GPT2)
    assert model.identification.missing == ()
    assert model.identification.task == "language model"
    assert model.module.lm_head.weight is model.module.transformer.wte.weight


def test_an_output_layer_that_is_not_tied_is_missing() -> None:
    tensors = state("GPT2LMHeadModel", GPT2)
    del tensors["lm_head.weight"]
    assert identified(tensors, {**GPT2, "tie_word_embeddings": False}).identification.missing == ("lm_head.weight",)


def test_a_config_without_a_class_gives_the_base_model_and_says_so() -> None:
    facts = identified(state("BertModel", BERT), BERT).identification
    assert facts.name == "BertModel"
    assert "BertModel is used" in facts.notes[0]


@pytest.mark.parametrize(
    "named", [["os"], ["AutoModel"], ["pipeline"], ["__class__"], [3], "BertModel", [], ["GPT2Config"], None]
)
def test_only_a_model_class_of_the_library_is_taken_from_the_config(named: Any) -> None:
    assert identified(state("BertModel", BERT), {**BERT, "architectures": named}).identification.name == "BertModel"


def test_code_that_the_config_points_to_is_said_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "modeling_evil.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w')\n")
    evil = {"auto_map": {"AutoModel": "modeling_evil.Evil", "AutoConfig": "modeling_evil.EvilConfig"}}
    found = identify_config(make_checkpoint({}, config={"model_type": "evil", **evil}, folder=tmp_path))
    assert isinstance(found, Skipped)
    assert "not run" in found.reason
    model = identified(state("BertModel", BERT), {**BERT, **evil}, folder=tmp_path)
    assert "auto_map" in " ".join(model.identification.notes)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"model_type": 3},
        {"model_type": "no-such-type"},
        {**BERT, "hidden_size": -4},
        {**BERT, "hidden_size": "many"},
        {**BERT, "hidden_size": None, "num_attention_heads": []},
        {**BERT, "num_attention_heads": 0},
        {"architecture": "no_such_timm_model"},
        {"architecture": "resnet18", "model_args": {"no_such_argument": 1}},
    ],
)
def test_a_config_that_builds_nothing_is_a_reason(config: dict[str, Any]) -> None:
    found = identify_config(make_checkpoint({"a.weight": torch.empty(2, 2)}, config=config))
    assert isinstance(found, Skipped)
    assert found.reason.endswith(".")


def test_a_file_that_has_nothing_of_the_model_is_a_reason() -> None:
    found = identify_config(make_checkpoint({"a.weight": torch.empty(2, 2)}, config=BERT))
    assert isinstance(found, Skipped)
    assert "None of the tensors fits BertModel" in found.reason


def test_the_steps_after_the_transformer_are_named(tmp_path: Path) -> None:
    steps = [{"type": f"sentence_transformers.models.{n}"} for n in ("Transformer", "Pooling", "Normalize")]
    (tmp_path / "modules.json").write_text(json.dumps(steps))
    notes = " ".join(identified(state("BertModel", BERT), BERT, folder=tmp_path).identification.notes)
    assert "Pooling and Normalize" in notes
    for damaged in ("{", "[" * 100_000, "[1, {}]", '[{"type": 3}]'):
        (tmp_path / "modules.json").write_text(damaged)
        assert identified(state("BertModel", BERT), BERT, folder=tmp_path)


def test_quantised_weights_are_said() -> None:
    config = {**BERT, "quantization_config": {"quant_method": "gptq", "bits": 4}}
    assert "gptq" in " ".join(identified(state("BertModel", BERT), config).identification.notes)


def test_a_folder_of_timm_is_built_by_timm() -> None:
    tensors = dict(build(load_library("timm").create_model, "resnet18", num_classes=5).state_dict())
    config = {"architecture": "resnet18", "num_classes": 5, "pretrained_cfg": {"url": "http://example.invalid"}}
    facts = identified(tensors, config).identification
    assert (facts.name, facts.library, facts.how) == ("resnet18", "timm", "config")
    assert facts.matched == facts.total == 122
    assert not facts.changed


def test_without_transformers_the_install_that_helps_is_named(monkeypatch: Any) -> None:
    monkeypatch.setattr(huggingface, "load_library", lambda _: None)
    for config, hint in ((BERT, "pip install transformers"), ({"architecture": "resnet18"}, "pip install timm")):
        found = identify_config(make_checkpoint({}, config=config))
        assert isinstance(found, Skipped)
        assert found.hint == hint


@pytest.mark.parametrize(
    "config",
    [
        {**BERT, "num_hidden_layers": 10**9},
        {"model_type": "mixtral", "num_local_experts": 10**12},
        {"model_type": "clip", "vision_config": {"num_hidden_layers": 10**30}},
        {"model_type": "swin", "depths": [2, 10**9]},
        {"architecture": "vit_tiny_patch16_224", "model_args": {"depth": 10**8}},
    ],
)
def test_a_config_that_would_build_for_hours_is_refused_at_once(config: dict[str, Any]) -> None:
    found = identify_config(make_checkpoint({"a.weight": torch.empty(2, 2)}, config=config))
    assert isinstance(found, Skipped)
    assert "which no model has" in found.reason


def test_large_sizes_are_not_numbers_of_layers() -> None:
    sizes = {"vocab_size": 200_000, "max_position_embeddings": 10**6, "num_labels": 50_000, "pad_token_id": 128_004}
    assert absurd_size({**BERT, **sizes, "rope": {"n_positions": 131_072}, "eos_token_id": [128_001, 128_008]}) == ""


def test_names_of_an_older_version_are_those_that_transformers_itself_renames() -> None:
    config = {
        "model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 16,
        "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 20, "image_size": 32, "patch_size": 16,
    }  # fmt: skip
    own = state("ViTForImageClassification", config)
    old = {"layers.": "encoder.layer.", "q_proj": "attention.query", "k_proj": "attention.key",
           "v_proj": "attention.value", "attention.o_proj": "attention.output.dense",
           "mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense"}  # fmt: skip
    written = {}
    for name, tensor in own.items():
        older = name
        for now, before in old.items():
            older = older.replace(now, before)
        written[older] = tensor
    assert "vit.encoder.layer.0.attention.attention.query.weight" in written
    model = identified(written, config)
    facts = model.identification
    assert (facts.matched, facts.total) == (len(own), len(own))
    assert not facts.missing
    assert not facts.unexpected
    new = "vit.layers.0.attention.q_proj.weight"
    assert model.renamed[new] == "vit.encoder.layer.0.attention.attention.query.weight"


MIXTRAL = {
    "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 16, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 20, "vocab_size": 30,
    "num_local_experts": 2,
}  # fmt: skip


def as_separate_experts(own: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors as every Mixtral on the hub holds them: three matrices for each expert."""
    front = "model.layers.0.mlp."
    written = {n.replace(".mlp.", ".block_sparse_moe."): t for n, t in own.items() if ".experts." not in n}
    both, down = own[f"{front}experts.gate_up_proj"], own[f"{front}experts.down_proj"]
    for expert in range(2):
        parts = {"w1": both[expert, :20], "w3": both[expert, 20:], "w2": down[expert]}
        for name, tensor in parts.items():
            written[f"model.layers.0.block_sparse_moe.experts.{expert}.{name}.weight"] = tensor
    return written


def test_experts_that_the_library_joins_fit_as_the_file_holds_them() -> None:
    model = identified(as_separate_experts(state("MixtralForCausalLM", MIXTRAL)), MIXTRAL)
    facts = model.identification
    assert facts.matched == facts.total
    assert not facts.missing
    assert not facts.unexpected
    first = "model.layers.0.block_sparse_moe.experts.0.w1.weight"
    assert model.joined[first] == "model.layers.0.mlp.experts.gate_up_proj"
    assert any("6 tensors of the file together into 2 parameters" in note for note in facts.notes)


def test_experts_stay_with_the_module_that_joins_them() -> None:
    written = as_separate_experts(state("MixtralForCausalLM", MIXTRAL))
    checkpoint = make_checkpoint(written, "folder", config=MIXTRAL, content="folder")
    structure = describe(checkpoint, identify_config(checkpoint))
    owners = {t.name: (t.module, t.role) for t in structure.tensors}
    first = "model.layers.0.block_sparse_moe.experts.0.w1.weight"
    assert owners[first] == ("model.layers.0.mlp.experts", "parameter")
    joined = next(m for m in structure.modules if m.path == "model.layers.0.mlp.experts")
    assert joined.own_parameters == joined.parameters == sum(t.numel() for n, t in written.items() if ".experts." in n)


def test_an_expert_that_is_lacking_changes_the_parameter_it_belongs_to() -> None:
    written = as_separate_experts(state("MixtralForCausalLM", MIXTRAL))
    del written["model.layers.0.block_sparse_moe.experts.1.w2.weight"]
    facts = identified(written, MIXTRAL).identification
    assert facts.changed == ("model.layers.0.mlp.experts.down_proj",)
