from __future__ import annotations

from typing import Any

import pytest
import torch

from modelreport.checkpoint import Model
from modelreport.identify.construct import build
from modelreport.identify.heads import named_class
from modelreport.identify.huggingface import identify_config
from modelreport.identify.libraries import load_library
from tests.identify.checkpoints import make_checkpoint

SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 20, "vocab_size": 30}
BERT = {**SMALL, "model_type": "bert", "max_position_embeddings": 12}
LLAMA = {**SMALL, "model_type": "llama", "num_key_value_heads": 1}
VIT = {**SMALL, "model_type": "vit", "image_size": 32, "patch_size": 16}


def state(class_name: str, config: dict[str, Any], **more: Any) -> dict[str, torch.Tensor]:
    transformers = load_library("transformers")
    made = transformers.AutoConfig.for_model(**config, **more)
    return dict(build(getattr(transformers, class_name), made).state_dict())


def identified(tensors: dict[str, torch.Tensor], config: dict[str, Any]) -> Model:
    model = identify_config(make_checkpoint(tensors, "folder", config=config, content="folder"))
    assert isinstance(model, Model), model
    return model


@pytest.mark.parametrize(
    ("class_name", "config"),
    [
        ("BertModel", BERT),
        ("BertForMaskedLM", BERT),
        ("BertForPreTraining", BERT),
        ("BertForSequenceClassification", BERT),
        ("BertForQuestionAnswering", BERT),
        ("LlamaModel", LLAMA),
        ("LlamaForCausalLM", LLAMA),
        ("LlamaForSequenceClassification", LLAMA),
        ("ViTForImageClassification", VIT),
    ],
)
def test_without_a_named_class_the_head_in_the_file_decides(class_name: str, config: dict[str, Any]) -> None:
    facts = identified(state(class_name, config), config).identification
    assert (facts.missing, facts.unexpected, facts.changed) == ((), (), ())
    # BERT's token classifier has the very tensors of its sequence classifier without a pooler, and so on: same keys
    assert facts.name == class_name
    assert "config.json names no class" in facts.notes[0]


@pytest.mark.parametrize("labels", [1, 5, 30])
def test_a_number_of_labels_that_the_config_leaves_out_is_the_files(labels: int) -> None:
    tensors = state("BertForSequenceClassification", BERT, num_labels=labels)
    for config in (BERT, {**BERT, "architectures": ["BertForSequenceClassification"]}):
        model = identified(tensors, config)
        assert model.identification.changed == ()
        assert model.module.classifier.weight.shape == (labels, 16)
        assert f"num_labels={labels}" in " ".join(model.identification.notes)


def test_a_number_of_labels_that_the_config_states_is_not_replaced() -> None:
    tensors = state("BertForSequenceClassification", BERT, num_labels=5)
    config = {**BERT, "architectures": ["BertForSequenceClassification"], "num_labels": 3}
    assert set(identified(tensors, config).identification.changed) == {"classifier.weight", "classifier.bias"}


def test_another_change_than_that_of_labels_stays_one() -> None:
    tensors = state("BertForSequenceClassification", BERT)
    tensors["classifier.weight"] = torch.empty(2, 17)
    config = {**BERT, "architectures": ["BertForSequenceClassification"]}
    assert identified(tensors, config).identification.changed == ("classifier.weight",)


def test_a_name_that_is_no_class_of_the_library_is_none() -> None:
    transformers = load_library("transformers")
    for named in (["os"], ["AutoModel"], [3], "BertModel", None, ["__class__"]):
        assert named_class(transformers, {"architectures": named}) is None
    assert named_class(transformers, {"architectures": ["no", "BertModel"]}) is transformers.BertModel
