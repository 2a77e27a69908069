"""Hugging Face folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from modelreport.errors import LoadError
from modelreport.facts import Security
from modelreport.load.huggingface import FORMAT, find_weights
from tests.load.files import names, opened, recognising, same

CONFIG = {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 4, "text_config": {"layers": 2}}


def make(folder: Path, config: object = CONFIG, weights: str = "model.safetensors") -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    if weights:
        save_file({"w": torch.arange(4.0)}, folder / weights)
    return folder


def items(checkpoint: object) -> dict[str, str]:
    return {item.name: item.value for item in checkpoint.source.metadata}  # type: ignore[attr-defined]


def test_a_published_model_is_read_with_all_it_says(minilm: Path) -> None:
    from safetensors.torch import load_file

    expected = load_file(minilm / "model.safetensors")
    with opened(minilm) as checkpoint:
        assert checkpoint.config is not None
        assert checkpoint.config["model_type"] == "bert"
        assert len(checkpoint.tensors) == 104
        assert all(same(tensor, expected[tensor.name]) for tensor in checkpoint.tensors)
        facts = items(checkpoint)
        assert facts["config.hidden_size"] == "384"
        assert facts["tokenizer.algorithm"] == "WordPiece"
        assert facts["readme.license"] == "apache-2.0"
        assert facts["stage 1"] == "sentence_transformers.models.Pooling"
        assert facts["stage 1.pooling_mode_mean_tokens"] == "true"
        assert checkpoint.source.notes == ()
        assert checkpoint.source.files[0].name == "model.safetensors"
        assert checkpoint.security == Security(calls=(), executes=False, pickles=0)


def test_a_folder_without_weights_is_its_configuration(tmp_path: Path) -> None:
    with opened(make(tmp_path, weights="")) as checkpoint:
        assert checkpoint.tensors == ()
        assert checkpoint.config == CONFIG
        assert items(checkpoint)["config.text_config.layers"] == "2"
        assert any("holds no weights" in note for note in checkpoint.source.notes)


def test_code_of_the_author_is_listed_and_never_run(tmp_path: Path) -> None:
    canary = tmp_path.parent / "CANARY"
    code = f"open({str(canary)!r}, 'w')\nclass X: pass\n"
    make(tmp_path, {**CONFIG, "auto_map": {"AutoModel": "modeling_x.X", "AutoTokenizer": ["tok.T", None]}})
    (tmp_path / "modeling_x.py").write_text(code)
    template = "{{ ''.__class__.__mro__ }}"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    (tmp_path / "chat_template.jinja").write_text(template)
    with opened(tmp_path) as checkpoint:
        assert isinstance(checkpoint.security, Security)
        text = " ".join(checkpoint.security.notes)
        assert not checkpoint.security.executes
        assert {item.name: item.value for item in checkpoint.source.code} == {"modeling_x.py": code}
    assert "'modeling_x.X' for 'AutoModel' (auto_map)" in text
    assert "tok.T" in text
    assert "tokenizer_config.json holds a chat template" in text
    assert "Python files: 'modeling_x.py'" in text
    assert not canary.exists()


def test_a_pickle_left_unread_beside_the_weights_is_said_aloud(tmp_path: Path) -> None:
    make(tmp_path)
    torch.save({"w": torch.zeros(1)}, tmp_path / "pytorch_model.bin")
    with opened(tmp_path) as checkpoint:
        assert any("'pytorch_model.bin'" in note and "not read" in note for note in checkpoint.source.notes)
        assert isinstance(checkpoint.security, Security)
        assert any("'pytorch_model.bin'" in note for note in checkpoint.security.notes)


def test_pickled_weights_are_read_as_data(tmp_path: Path) -> None:
    make(tmp_path, weights="")
    torch.save({"w": torch.arange(3.0)}, tmp_path / "pytorch_model.bin")
    with opened(tmp_path) as checkpoint:
        assert names(checkpoint) == ["w"]
        assert isinstance(checkpoint.security, Security)
        assert checkpoint.security.pickles == 1


def test_shards_are_found_through_their_index_and_without_one(tmp_path: Path) -> None:
    make(tmp_path, weights="model-00001-of-00002.safetensors")
    save_file({"v": torch.zeros(1)}, tmp_path / "model-00002-of-00002.safetensors")
    with opened(tmp_path) as checkpoint:
        assert names(checkpoint) == ["w", "v"]
        assert any("no index beside the 2 numbered" in note for note in checkpoint.source.notes)
    places = {"w": "model-00001-of-00002.safetensors", "v": "model-00002-of-00002.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    with opened(tmp_path) as checkpoint:
        assert names(checkpoint) == ["w", "v"]
        assert checkpoint.source.notes == ()


@pytest.mark.parametrize("content", ["{", "[]", '{"a": NaN}', "[" * 100_000])
def test_a_damaged_configuration_costs_a_note_and_the_weights_stay(tmp_path: Path, content: str) -> None:
    make(tmp_path)
    (tmp_path / "config.json").write_text(content)
    with opened(tmp_path) as checkpoint:
        assert names(checkpoint) == ["w"]
        assert checkpoint.config is None
        assert any("config.json" in note for note in checkpoint.source.notes)


def test_a_damaged_file_that_is_asked_twice_is_noted_once(tmp_path: Path) -> None:
    folder = make(tmp_path)
    for name in ("tokenizer_config.json", "preprocessor_config.json"):
        (folder / name).write_text("{")
    (folder / "generation_config.json").write_text("null")
    with opened(folder) as checkpoint:
        notes = checkpoint.source.notes
        assert sum("'tokenizer_config.json'" in note for note in notes) == 1
        assert sum("'preprocessor_config.json'" in note for note in notes) == 1
        assert sum("'generation_config.json' holds nothing" in note for note in notes) == 1


def test_damaged_weights_are_a_clear_line(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"garbage that is no checkpoint")
    with pytest.raises(LoadError, match=r"'model\.safetensors' is not a weight file"), opened(tmp_path):
        pass


def test_weights_linked_from_outside_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"w": torch.ones(1)}, tmp_path / "secret.safetensors")
    make(folder, weights="")
    (folder / "model.safetensors").symlink_to(tmp_path / "secret.safetensors")
    with pytest.raises(LoadError, match="leads out of the folder"), opened(folder):
        pass


def test_a_snapshot_of_the_download_cache_is_read(tmp_path: Path) -> None:
    snapshot, blobs = tmp_path / "models--x" / "snapshots" / "r1", tmp_path / "models--x" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    make(blobs)
    for name in ("config.json", "model.safetensors"):
        (snapshot / name).symlink_to(Path("../../blobs") / name)
    with opened(snapshot) as checkpoint:
        assert names(checkpoint) == ["w"]
        assert checkpoint.config == CONFIG


def test_an_adapter_and_a_pipeline_say_what_they_are(tmp_path: Path) -> None:
    save_file({"lora_A": torch.ones(1)}, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text('{"r": 8, "base_model_name_or_path": "base"}')
    with opened(tmp_path) as checkpoint:
        assert names(checkpoint) == ["lora_A"]
        assert items(checkpoint)["adapter.r"] == "8"
    pipeline = tmp_path / "pipeline"
    pipeline.mkdir()
    (pipeline / "model_index.json").write_text('{"unet": ["diffusers", "UNet2DConditionModel"]}')
    with opened(pipeline) as checkpoint:
        assert items(checkpoint)["pipeline.unet"] == "diffusers, UNet2DConditionModel"
        assert any("none of their folders with weights is here" in note for note in checkpoint.source.notes)


def test_weights_are_chosen_as_the_libraries_choose() -> None:
    assert find_weights(("model.safetensors", "pytorch_model.bin")) == ["model.safetensors"]
    assert find_weights(("model.fp16.safetensors", "x.txt")) == ["model.fp16.safetensors"]
    assert find_weights(("pytorch_model.bin", "pytorch_model.bin.index.json")) == ["pytorch_model.bin"]
    assert find_weights(("consolidated.safetensors", "params.json")) == ["consolidated.safetensors"]
    assert find_weights(("vae.safetensors",)) == ["vae.safetensors"]
    assert find_weights(("a.safetensors", "b.safetensors")) == []


def test_folders_are_recognised_by_what_they_hold() -> None:
    assert recognising(b"", ("config.json", "model.safetensors")) == [FORMAT.id]
    assert recognising(b"", ("modules.json",)) == [FORMAT.id]
    assert recognising(b"", ("pytorch_model.bin",)) == [FORMAT.id]
    assert recognising(b"", ("notes.txt",)) == []
    assert recognising(b"", ()) == []
