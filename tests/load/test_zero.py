"""Folders of DeepSpeed ZeRO as one model."""

from __future__ import annotations

import contextlib
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from modelreport.errors import LoadError, MissingFileError
from modelreport.facts import Security
from modelreport.load.contents import Finder
from modelreport.load.torch_files import TorchFiles
from modelreport.load.zero import recognises
from tests.load.files import names, opened, recognising, same

DATA = Path(__file__).parent / "deepspeed"
STEP = "global_step4"
MODEL = "mp_rank_00_model_states.pt"
PREFIX = "bf16_zero_pp_rank"


def state(stage: int, rank: int) -> dict[str, Any]:
    """The tensors that one process wrote of its optimizer, by their path."""
    files = TorchFiles(DATA / f"zero{stage}" / STEP)
    file = files.read(f"{PREFIX}_{rank}_mp_rank_00_optim_states.pt")
    assert file is not None
    found = Finder(file.tensors).find(file.value)
    tensors = {tensor.name: np.array(tensor.array()) for tensor in found.optimizer}
    files.files[0].close()
    return tensors


def copied(stage: int, folder: Path) -> Path:
    return Path(shutil.copytree(DATA / f"zero{stage}", folder / "run"))


def test_it_is_recognised_by_its_step_or_the_folder_of_steps() -> None:
    assert recognises(b"", ("global_step4", "latest"))
    assert recognises(b"", ("latest", "tag", "zero_to_fp32.py"))
    assert recognises(b"", (MODEL,))
    assert recognises(b"", ("zero_pp_rank_0_mp_rank_00_model_states.pt",))
    assert not recognises(b"", ("latest",))
    assert not recognises(b"", ("config.json", "latest", "global_step4"))
    assert not recognises(b"x", (MODEL,))
    assert recognising(b"", ("global_step4", "latest")) == ["deepspeed-zero"]


@pytest.mark.parametrize("stage", [1, 2])
def test_below_stage_3_the_module_itself_is_reported(stage: int) -> None:
    whole = load_file(DATA / "zero2.safetensors")
    with opened(DATA / f"zero{stage}") as checkpoint:
        source = checkpoint.source
        assert (source.format, source.content, source.model_key) == ("deepspeed-zero", "training checkpoint", "module")
        assert set(names(checkpoint)) == set(whole)
        for tensor in checkpoint.tensors:
            error = np.abs(np.asarray(tensor.array(), np.float32) - whole[tensor.name].float().numpy())
            assert error.max() <= 2**-8 * np.abs(whole[tensor.name].float().numpy()).max()  # rounded to bfloat16
        assert source.notes[0] == "This is the step 'global_step4'."
        assert f"ZeRO stage {stage} over 2 processes" in source.notes[1]
        assert source.unreadable == ()


def test_stage_3_is_put_together_as_deepspeed_does_it() -> None:
    whole = load_file(DATA / "zero3.safetensors")
    with opened(DATA / "zero3") as checkpoint:
        assert set(names(checkpoint)) == set(whole)
        assert all(same(tensor, whole[tensor.name]) for tensor in checkpoint.tensors)
        assert "float32 partitions of 2 processes" in checkpoint.source.notes[1]


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_moments_are_those_of_the_processes_joined(stage: int) -> None:
    shapes = [
        {"emb.weight": (11, 6), "a.weight": (7, 6), "b.weight": (5, 7)},
        {"a.bias": (7,), "n.weight": (7,), "n.bias": (7,)},
    ]
    inside = "base_optimizer_state" if stage < 3 else "optimizer_state_dict"
    ranks = [state(stage, rank) for rank in (0, 1)]
    with opened(DATA / f"zero{stage}") as checkpoint:
        (optimizer,) = checkpoint.optimizers
        assert [group.keys for group in optimizer.groups] == [tuple(group) for group in shapes]
        assert [group.settings["weight_decay"] for group in optimizer.groups] == [0.1, 0.0]
        for index, group in enumerate(shapes):
            parts = [rank[f"optimizer_state_dict.{inside}.state.{index}.exp_avg_sq"] for rank in ranks]
            at = 0
            for name, shape in group.items():
                count = int(np.prod(shape))
                if stage == 3:
                    half = -(-count // 2)
                    wanted = np.concatenate([part[at : at + half] for part in parts])[:count]
                    at += half
                else:
                    wanted = np.concatenate(parts)[at : at + count]
                    at += count
                found = optimizer.states[name]["exp_avg_sq"].array()  # type: ignore[union-attr]
                assert np.array_equal(found, wanted.reshape(shape)), name


def test_stages_that_trained_alike_tell_alike() -> None:
    moments = []
    for stage in (2, 3):
        with opened(DATA / f"zero{stage}") as checkpoint:
            states = checkpoint.optimizers[0].states
            moments.append({name: np.array(s["exp_avg"].array()) for name, s in states.items()})  # type: ignore[union-attr]
    assert all(np.allclose(moments[0][name], moments[1][name], rtol=1e-3, atol=1e-7) for name in moments[0])


def test_classes_of_deepspeed_are_no_code_of_the_files_choosing() -> None:
    with opened(DATA / "zero2") as checkpoint:
        assert isinstance(checkpoint.security, Security)
        assert not checkpoint.security.executes
        assert checkpoint.security.pickles == 3


def test_the_folder_of_the_step_can_be_given_itself() -> None:
    with opened(DATA / "zero3" / STEP) as checkpoint:
        assert len(checkpoint.tensors) == 10
        assert not any("This is the step" in note for note in checkpoint.source.notes)


def test_a_missing_process_of_stage_3_costs_the_weights_it_held(tmp_path: Path) -> None:
    folder = copied(3, tmp_path)
    (folder / STEP / f"{PREFIX}_1_mp_rank_00_optim_states.pt").unlink()
    with opened(folder) as checkpoint:
        kept = {tensor.name for tensor in checkpoint.tensors if tensor.storage is not None}
        assert kept == {"mean_buffer", "frozen.weight", "frozen.bias"}
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
        assert "process 1 holds is missing" in lost["emb.weight"]
        assert {t.name: t.shape for t in checkpoint.tensors}["emb.weight"] == (11, 6)
        assert any("optimizer states of 1 of 2 processes are missing (1)" in note for note in checkpoint.source.notes)


def test_a_missing_process_of_stage_2_costs_the_moments_it_held(tmp_path: Path) -> None:
    folder = copied(2, tmp_path)
    (folder / STEP / f"{PREFIX}_1_mp_rank_00_optim_states.pt").unlink()
    with opened(folder) as checkpoint:
        assert all(tensor.storage is not None for tensor in checkpoint.tensors)
        states = checkpoint.optimizers[0].states
        assert states["emb.weight"]["exp_avg"].storage is not None  # type: ignore[union-attr]
        assert "process 1 holds is missing" in states["b.weight"]["exp_avg"].missing  # type: ignore[union-attr]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = copied(2, tmp_path)
    path = folder / STEP / f"{PREFIX}_0_mp_rank_00_optim_states.pt"
    path.write_bytes(path.read_bytes()[:-300])
    with opened(folder) as checkpoint:
        assert len(checkpoint.tensors) == 10
        assert any(path.name in note and "damaged" in note for note in checkpoint.source.notes)


def test_without_any_model_the_error_says_so(tmp_path: Path) -> None:
    folder = copied(2, tmp_path)
    (folder / STEP / MODEL).write_bytes(b"not a file of torch")
    with pytest.raises(MissingFileError, match="No model states of this step can be read") as caught, opened(folder):
        pass
    assert MODEL in caught.value.message


@pytest.mark.parametrize("tag", ["../elsewhere", "/etc", "global_step5", "", "latest", "a\nb"])
def test_a_latest_step_outside_the_folder_is_refused(tmp_path: Path, tag: str) -> None:
    folder = copied(2, tmp_path)
    shutil.copytree(folder / STEP, tmp_path / "elsewhere")
    (folder / "latest").write_text(tag)
    with pytest.raises(LoadError, match="not in the folder"), opened(folder):
        pass


def test_tensor_parallel_parts_are_said_and_not_guessed(tmp_path: Path) -> None:
    folder = copied(2, tmp_path)
    shutil.copy(folder / STEP / MODEL, folder / STEP / "mp_rank_01_model_states.pt")
    with opened(folder) as checkpoint:
        assert len(checkpoint.tensors) == 10
        assert any("2 tensor-parallel parts" in note for note in checkpoint.source.notes)


def test_stages_of_a_pipeline_are_named_as_not_read(tmp_path: Path) -> None:
    folder = copied(2, tmp_path)
    shutil.copy(folder / STEP / MODEL, folder / STEP / "layer_00-model_00-model_states.pt")
    with opened(folder) as checkpoint:
        assert any("layer_00-model_00-model_states.pt" in note for note in checkpoint.source.notes)


def test_shapes_that_lie_do_not_reach_beyond_the_partitions(tmp_path: Path) -> None:
    step = tmp_path / STEP
    step.mkdir()
    shapes = [{"w": torch.Size((1 << 40, 4)), "v": torch.Size((2, 2))}]
    module = {"w": torch.empty(0), "v": torch.empty(0), "buffer": torch.ones(3)}
    for rank in range(2):
        torch.save(
            {"module": module, "param_shapes": shapes, "shared_params": {"x": "w", "y": 7}},
            step / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt",
        )
        inner = {"zero_stage": 3, "partition_count": 2, "fp32_flat_groups": [torch.ones(8)]}
        torch.save({"optimizer_state_dict": inner}, step / f"zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")
    with opened(step) as checkpoint:
        assert {t.name for t in checkpoint.tensors if t.storage is not None} == {"buffer"}
        assert {item.name for item in checkpoint.source.unreadable} >= {"w", "v"}


@pytest.mark.parametrize(
    "name", ["zero_pp_rank_0_mp_rank_00_model_states.pt", f"{PREFIX}_0_mp_rank_00_optim_states.pt"]
)
def test_changed_bytes_give_a_report_or_a_load_error(tmp_path: Path, name: str) -> None:
    folder = copied(3, tmp_path)
    path = folder / STEP / name
    original = path.read_bytes()
    generator = random.Random(0)
    for _ in range(100):
        data = bytearray(original)
        for _ in range(generator.choice((1, 3, 30))):
            data[generator.randrange(len(data))] = generator.randrange(256)
        path.write_bytes(data)
        with contextlib.suppress(LoadError), opened(folder) as checkpoint:
            for tensor in checkpoint.tensors:
                with contextlib.suppress(ValueError):
                    tensor.array()


def test_more_processes_than_there_can_be_are_not_gone_through(tmp_path: Path) -> None:
    model = {"module": {"a": torch.ones(8)}, "param_shapes": [{"a": torch.Size([8])}]}
    kept = {"state": {0: {"exp_avg": torch.ones(8)}}, "param_groups": [{"params": [0]}]}
    inner = {"zero_stage": 2, "partition_count": [1 << 50], "base_optimizer_state": kept}
    torch.save(model, tmp_path / MODEL)
    torch.save({"optimizer_state_dict": inner}, tmp_path / f"{PREFIX}_0_mp_rank_00_optim_states.pt")
    with opened(tmp_path) as checkpoint:
        assert [tensor.name for tensor in checkpoint.tensors] == ["a"]
        assert checkpoint.optimizers == ()
        assert any("more than are put together" in note for note in checkpoint.source.notes)
