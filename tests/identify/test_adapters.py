from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import modelreport
from modelreport.checkpoint import Checkpoint, Model
from modelreport.errors import OptionsError
from modelreport.facts import Identification, Skipped, Trace, Usage
from modelreport.identify import identify
from modelreport.identify.adapters import is_adapter
from modelreport.load import open_checkpoint
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint

BASE = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 20, "vocab_size": 30,
}  # fmt: skip
CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "someone/tiny-llama"}
OF_BASE = 2 * 30 * 16 + 16 + 2 * (4 * 16 * 16 + 3 * 16 * 20 + 2 * 16)


def pairs(start: str = "base_model.model.", rank: int = 4) -> dict[str, torch.Tensor]:
    made = {}
    for layer in range(2):
        for name in ("q_proj", "v_proj"):
            path = f"{start}model.layers.{layer}.self_attn.{name}"
            made |= {f"{path}.lora_A.weight": torch.randn(rank, 16), f"{path}.lora_B.weight": torch.randn(16, rank)}
    return made


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    return write(tmp_path / "adapter", CONFIG, pairs())


def write(folder: Path, config: Any, tensors: dict[str, torch.Tensor]) -> Path:
    folder.mkdir(parents=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def write_base(folder: Path, config: Any = BASE) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def identified(path: Path, **options: Any) -> tuple[Model | Skipped, Checkpoint]:
    with open_checkpoint(path, Options(**options)) as checkpoint:
        return identify(checkpoint, Options(**options)), checkpoint


def test_without_its_base_an_adapter_says_what_it_is(adapter: Path) -> None:
    found, _ = identified(adapter)
    assert isinstance(found, Skipped)
    for part in (
        "LoRA adapter for someone/tiny-llama",
        "rank 4, alpha 8",
        "4 layers (q_proj, v_proj)",
        "512 parameters",
    ):
        assert part in found.reason
    assert "--base" in found.hint


def test_with_its_base_the_pass_is_that_of_both(adapter: Path, tmp_path: Path) -> None:
    base = write_base(tmp_path / "base-model")
    plain = modelreport.build(base)
    report = modelreport.build(adapter, base=base)
    assert isinstance(report.identification, Identification)
    assert report.identification.name == "LlamaForCausalLM with LoRA"
    assert (report.identification.matched, report.identification.total) == (8, 8)
    assert (report.structure.parameters, report.structure.trainable) == (OF_BASE + 512, 512)
    assert isinstance(report.trace, Trace)
    assert isinstance(plain.trace, Trace)
    tokens = report.trace.inputs[0].shape[1]
    assert report.trace.macs == plain.trace.macs + tokens * 512
    assert not report.trace.untouched
    usage = report.usage
    assert isinstance(usage, Usage)
    assert not isinstance(usage.training, Skipped)
    assert {row.gradients_bytes for row in usage.training if row.precision == "float32"} == {4 * 512}
    assert {i.value for i in report.weights.unread} == {"it is of the base model, which this file does not hold"}  # type: ignore[union-attr]
    assert not [f for f in report.findings if f.id == "W009" and f.state == "found"]


@pytest.mark.parametrize("place", ["adapter/tiny-llama", "tiny-llama", "adapter/base", "base"])
def test_the_base_is_found_beside_or_inside(adapter: Path, tmp_path: Path, place: str) -> None:
    write_base(tmp_path / place)
    found, _ = identified(adapter)
    assert isinstance(found, Model)


def test_a_base_named_by_its_path_is_found(tmp_path: Path) -> None:
    base = write_base(tmp_path / "far" / "away")
    adapter = write(tmp_path / "adapter", {**CONFIG, "base_model_name_or_path": str(base)}, pairs())
    assert isinstance(identified(adapter)[0], Model)


@pytest.mark.parametrize("named", [3, "", "..", "\0", "x" * 5000, None, "/"])
def test_a_strange_name_of_a_base_finds_nothing(tmp_path: Path, named: Any) -> None:
    adapter = write(tmp_path / "adapter", {**CONFIG, "base_model_name_or_path": named}, pairs())
    assert isinstance(identified(adapter)[0], Skipped)


def test_the_file_alone_is_an_adapter_with_or_without_its_configuration(adapter: Path, tmp_path: Path) -> None:
    base = str(write_base(tmp_path / "base"))
    file = adapter / "adapter_model.safetensors"
    found, checkpoint = identified(file, base=base)
    assert isinstance(found, Model)
    assert checkpoint.adapter == CONFIG
    (adapter / "adapter_config.json").unlink()
    found, _ = identified(file, base=base)
    assert isinstance(found, Model)
    assert "rank 4)" in found.identification.notes[0]


def test_layers_trained_whole_and_names_that_fit_nowhere_are_told(tmp_path: Path) -> None:
    tensors = pairs() | {"base_model.model.lm_head.weight": torch.zeros(30, 16), "base_model.model.odd": torch.zeros(3)}
    adapter = write(tmp_path / "adapter", CONFIG, tensors)
    write_base(tmp_path / "base")
    found, checkpoint = identified(adapter)
    assert isinstance(found, Model)
    assert found.identification.unexpected == ("base_model.model.odd",)
    assert found.renamed["lm_head.weight"] == "base_model.model.lm_head.weight"
    assert "lm_head.weight" not in {t.name for t in checkpoint.tensors}


def test_another_task_than_the_bases_gives_its_class(tmp_path: Path) -> None:
    adapter = write(tmp_path / "adapter", {**CONFIG, "task_type": "SEQ_CLS"}, pairs())
    write_base(tmp_path / "base")
    found, _ = identified(adapter)
    assert isinstance(found, Model)
    assert found.identification.name == "LlamaForSequenceClassification with LoRA"


def test_another_kind_of_adapter_is_described(tmp_path: Path) -> None:
    adapter = write(tmp_path / "adapter", {"peft_type": "IA3"}, {"base_model.model.x.ia3_l": torch.zeros(16)})
    write_base(tmp_path / "base")
    found, _ = identified(adapter)
    assert isinstance(found, Skipped)
    assert "adapter (IA3), 16 parameters" in found.reason


def test_a_base_that_is_none_is_an_options_error(adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"no config\.json"):
        identified(adapter, base=str(tmp_path))
    (tmp_path / "plain").mkdir()
    save_file({"a": torch.zeros(3)}, tmp_path / "plain" / "model.safetensors")
    with pytest.raises(OptionsError, match="not an adapter"):
        identified(tmp_path / "plain" / "model.safetensors", base=str(write_base(tmp_path / "base")))


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "nothing"}', "[" * 100_000])
def test_a_damaged_base_is_a_reason(adapter: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text(text)
    found, _ = identified(adapter)
    assert isinstance(found, Skipped)
    assert "This is a LoRA adapter" in found.reason


def test_a_state_dict_with_a_few_pairs_is_no_adapter() -> None:
    assert is_adapter(make_checkpoint(pairs()))
    assert not is_adapter(make_checkpoint({**pairs(), **{f"layer.{i}": torch.zeros(2) for i in range(20)}}))
    assert not is_adapter(make_checkpoint(pairs(), config=BASE))
    assert not is_adapter(make_checkpoint({}))
