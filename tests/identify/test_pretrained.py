from __future__ import annotations

from modelreport.identify.fitting import module_shapes
from modelreport.identify.libraries import load_library
from modelreport.identify.pretrained import build_pretrained, compare_pretrained, prefixes_of

transformers = load_library("transformers")
assert transformers is not None
SIZES = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12, "vocab_size": 20}


def test_a_class_is_built_without_memory_and_its_tied_parameters_are_one() -> None:
    module = build_pretrained(transformers.BertForMaskedLM, transformers.BertConfig(**SIZES))
    assert all(p.is_meta for p in module.parameters())
    assert module.cls.predictions.decoder.weight is module.bert.embeddings.word_embeddings.weight


def test_files_of_the_base_model_and_without_tied_names_fit() -> None:
    config = transformers.BertConfig(**SIZES)
    module = build_pretrained(transformers.BertForMaskedLM, config)
    assert prefixes_of(module) == ("bert.",)
    whole = module_shapes(module)
    untied = {n: s for n, s in whole.items() if n != "cls.predictions.decoder.weight"}
    assert compare_pretrained(module, config, untied).exact
    base = {n.removeprefix("bert."): s for n, s in whole.items() if n.startswith("bert.")}
    fit = compare_pretrained(module, config, base)
    assert fit.renamed["bert.embeddings.word_embeddings.weight"] == "embeddings.word_embeddings.weight"
    assert not fit.unexpected
    assert fit.missing
    assert all(n.startswith("cls.") for n in fit.missing)


def test_names_of_earlier_versions_are_converted() -> None:
    config = transformers.ViTConfig(**SIZES, image_size=8, patch_size=4)
    module = build_pretrained(transformers.ViTModel, config)
    old = {
        n.replace("layers.0.attention.q_proj", "encoder.layer.0.attention.attention.query"): s
        for n, s in module_shapes(module).items()
    }
    fit = compare_pretrained(module, config, old)
    assert not fit.unexpected
    assert fit.renamed["layers.0.attention.q_proj.weight"] == "encoder.layer.0.attention.attention.query.weight"
