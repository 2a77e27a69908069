"""Faults planted in real checkpoints are found by name, and none of them is claimed on the clean twin.

Two twins: a small transformer trained here on scikit-learn's digits, with AdamW's state and averaged weights, and
MiniLM, a published sentence encoder. Everything goes through the front door.
"""

from __future__ import annotations

import copy
import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import modelreport
from modelreport.facts import Finding
from tests.small_transformer import HEADS, WIDTH, DigitsTransformer, train

State = dict[str, Tensor]
HEAD = WIDTH // HEADS


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    id: str
    plant: Callable[[dict[str, Any]], None]
    """Changes a checkpoint (of the digits model) or a state_dict (of MiniLM) in place."""
    rule: str
    named: tuple[str, ...]
    """What the finding must name."""
    also: tuple[str, ...] = ()
    """Other rules that may rightly speak of the same tensors."""
    severity: str = "warning"
    traced: bool = False
    """Whether it takes the forward pass to see it: where one head ends and the next begins."""


def change(name: str, work: Callable[[Tensor], Tensor]) -> Callable[[dict[str, Any]], None]:
    """Replace one tensor of the model."""

    def plant(checkpoint: dict[str, Any]) -> None:
        state = checkpoint.get("model", checkpoint)
        state[name] = work(state[name].clone())

    return plant


def put(index: Any, value: float | Tensor) -> Callable[[Tensor], Tensor]:
    """Set some values."""

    def work(tensor: Tensor) -> Tensor:
        tensor[index] = value
        return tensor

    return work


def flip(tensor: Tensor) -> Tensor:
    """Flip the highest bit of the exponent of one value."""
    bits = tensor.view(torch.int32)
    bits[3, 5] ^= 1 << 30
    return tensor


def fresh_block(checkpoint: dict[str, Any]) -> None:
    """One block as ``nn.Linear`` and ``nn.LayerNorm`` make it."""
    state = checkpoint["model"]
    generator = torch.Generator().manual_seed(3)
    for name in [n for n in state if n.startswith("blocks.4.")]:
        shape = state[name].shape
        if len(shape) == 2:
            bound = 1 / math.sqrt(shape[1])
            state[name] = torch.empty(shape).uniform_(-bound, bound, generator=generator)


def same_deviation(state: State) -> None:
    """One layer of MiniLM drawn anew with the deviation that each matrix had: only the training is lost."""
    generator = torch.Generator().manual_seed(3)
    for name in matrices(state, "encoder.layer.3."):
        state[name] = torch.empty_like(state[name]).normal_(0, float(state[name].std()), generator=generator)


def matrices(state: State, prefix: str) -> list[str]:
    return [name for name, tensor in state.items() if name.startswith(prefix) and tensor.ndim == 2]


def repeated_head(checkpoint: dict[str, Any]) -> None:
    """The second head is the first."""
    state = checkpoint["model"]
    for part in "qkv":
        for leaf in ("weight", "bias"):
            tensor = state[f"blocks.2.attn.{part}.{leaf}"]
            tensor[HEAD : 2 * HEAD] = tensor[:HEAD]
    out = state["blocks.2.attn.o.weight"]
    out[:, HEAD : 2 * HEAD] = out[:, :HEAD]


def repeated_head_of_minilm(state: State) -> None:
    for part in ("query", "key", "value"):
        for leaf in ("weight", "bias"):
            tensor = state[f"encoder.layer.2.attention.self.{part}.{leaf}"]
            tensor[64:96] = tensor[32:64]


def copied_tensor(checkpoint: dict[str, Any]) -> None:
    checkpoint["model"]["blocks.5.up.weight"] = checkpoint["model"]["blocks.1.up.weight"].clone()


def stale_average(checkpoint: dict[str, Any]) -> None:
    """Averaged weights that nobody updated since they were copied from the raw ones."""
    checkpoint["ema"] = {name: tensor.clone() for name, tensor in checkpoint["model"].items()}


def torn(name: str, share: float) -> Callable[[dict[str, Any]], None]:
    """Zeros from some place to the end, as a file that was made at full size and never filled."""

    def work(tensor: Tensor) -> Tensor:
        flat = tensor.flatten()
        flat[int(share * flat.numel()) :] = 0
        return flat.reshape(tensor.shape)

    return change(name, work)


def never_updated(checkpoint: dict[str, Any]) -> None:
    """A layer in the optimizer whose second moment is zero throughout: no gradient ever reached it."""
    names = list(checkpoint["model"])
    for name in (n for n in names if n.startswith("blocks.1.attn.v.")):
        entry = checkpoint["optimizer"]["state"][names.index(name)]
        entry["exp_avg"], entry["exp_avg_sq"] = (torch.zeros_like(entry[key]) for key in ("exp_avg", "exp_avg_sq"))


NAMES_OF_FRESH = tuple(f"blocks.4.{n}.weight" for n in ("attn.q", "attn.k", "attn.v", "attn.o", "up", "down"))

DIGITS = (
    Fault("NaN in one block", change("blocks.3.down.weight", put((7, 11), math.nan)), "W001", ("blocks.3.down.weight",),
          severity="error"),
    Fault("infinity in a bias", change("blocks.3.up.bias", put(4, math.inf)), "W001", ("blocks.3.up.bias",),
          severity="error"),
    Fault("a block initialised anew", fresh_block, "W010", NAMES_OF_FRESH),
    Fault("norm scales never trained", change("blocks.2.norm1.weight", torch.ones_like), "W010",
          ("blocks.2.norm1.weight",)),
    Fault("a layer ten times as large", change("blocks.3.attn.o.weight", lambda t: t * 10), "W010",
          ("blocks.3.attn.o.weight",)),
    Fault("repeated head", repeated_head, "W021", tuple(f"blocks.2.attn.{n}.weight" for n in "qkv"), traced=True),
    Fault("repeated tensor", copied_tensor, "S001", ("blocks.5.up.weight",),
          severity="note"),
    Fault("a value beyond float16", change("blocks.0.up.weight", put((3, 5), 7e4)), "W006", ("blocks.0.up.weight",),
          also=("W011",), severity="note"),
    Fault("flipped bit", change("blocks.0.up.weight", flip), "W011", ("blocks.0.up.weight",)),
    Fault("dead channels", change("blocks.1.up.weight", put(slice(10, 20), 0.0)), "W003", ("blocks.1.up.weight",)),
    Fault("all zero", change("blocks.1.up.weight", torch.zeros_like), "W002", ("blocks.1.up.weight",)),
    Fault("torn matrix", torn("blocks.5.down.weight", 0.53), "W025", ("blocks.5.down.weight",),
          also=("W003", "W010")),
    Fault("one layer in another dtype", change("blocks.3.up.weight", lambda t: t.half()), "S006",
          ("blocks.3.up.weight",), severity="note"),
    Fault("average never updated", stale_average, "W056", ("ema",), severity="note"),
    Fault("a layer without gradients", never_updated, "W050", ("blocks.1.attn.v.weight", "blocks.1.attn.v.bias")),
)  # fmt: skip

WORDS = "embeddings.word_embeddings.weight"
MINILM = (
    Fault("NaN in one block", change("encoder.layer.4.output.dense.weight", put((0, 0), math.nan)), "W001",
          ("encoder.layer.4.output.dense.weight",), severity="error"),
    Fault("a layer drawn anew with the same deviation", same_deviation, "W010",
          tuple(f"encoder.layer.3.{n}.weight" for n in (
              "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
              "intermediate.dense", "output.dense"))),
    Fault("repeated head", repeated_head_of_minilm, "W021",
          tuple(f"encoder.layer.2.attention.self.{n}.weight" for n in ("query", "key", "value")), traced=True),
    Fault("equal rows in an embedding", change(WORDS, put(slice(5000, 5100), 0.1)), "W024", (WORDS,), also=("W020",),
          severity="note"),
    Fault("flipped bit", change("encoder.layer.1.intermediate.dense.weight", flip), "W011",
          ("encoder.layer.1.intermediate.dense.weight",)),
)  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> dict[str, Any]:
    """A training checkpoint."""
    return train()


@pytest.fixture(scope="module")
def sentences(minilm: Path) -> State:
    """The state_dict of MiniLM."""
    return load_file(minilm / "model.safetensors")


def findings(path: Path, **options: Any) -> dict[str, Finding]:
    """What is found in a file, by rule."""
    report = modelreport.build(path, **({"trace": False, "spectra": "none"} | options))
    return {f.id: f for f in report.findings if f.state == "found"}


def found_in(checkpoint: dict[str, Any], folder: Path, *, traced: bool = False) -> dict[str, Finding]:
    path = folder / "checkpoint.pt"
    torch.save(checkpoint, path)
    return findings(path, **({"trace": True, "model": DigitsTransformer, "input": "1,1,8,8"} if traced else {}))


def found_in_minilm(state: State, folder: Path, config: Path, *, traced: bool = False) -> dict[str, Finding]:
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    for path in config.iterdir():
        if path.suffix in (".json", ".txt"):
            shutil.copyfile(path, folder / path.name)
    return findings(folder, trace=traced)


@pytest.fixture(scope="module")
def clean(digits: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    """What is found in the digits model as it is."""
    return found_in(digits, tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def clean_minilm(minilm: Path) -> dict[str, Finding]:
    """What is found in MiniLM as it is."""
    return findings(minilm)


def check(fault: Fault, found: dict[str, Finding], clean: dict[str, Finding]) -> None:
    """The right rule names the right tensors, once, and no rule names another tensor than before.

    Notes may speak of the same tensors: what a fault does to a conversion, say.
    """
    assert fault.rule in found, f"found only {sorted(found)}"
    finding = found[fault.rule]
    names = [each.name for each in finding.evidence]
    assert set(fault.named) <= set(names)
    assert finding.severity == fault.severity
    assert len(set(names)) == len(names) == finding.evidence_count
    for rule, each in found.items():
        before = {e.name for e in clean[rule].evidence} if rule in clean else set()
        anew = {e.name for e in each.evidence} - before
        if anew and rule not in (fault.rule, *fault.also) and rule[0] == "W":
            assert each.severity == "note", f"{rule} names {anew}"
            assert anew <= set(names), f"{rule} names {anew}"


@pytest.mark.parametrize("fault", DIGITS, ids=lambda f: f.id)
def test_a_fault_in_a_trained_transformer_is_found(
    fault: Fault, digits: dict[str, Any], clean: dict[str, Finding], tmp_path: Path
) -> None:
    planted = copy.deepcopy(digits)
    fault.plant(planted)
    check(fault, found_in(planted, tmp_path, traced=fault.traced), clean)


@pytest.mark.parametrize("fault", MINILM, ids=lambda f: f.id)
def test_a_fault_in_minilm_is_found(
    fault: Fault, sentences: State, minilm: Path, clean_minilm: dict[str, Finding], tmp_path: Path
) -> None:
    planted = {name: tensor.clone() for name, tensor in sentences.items()}
    fault.plant(planted)
    check(fault, found_in_minilm(planted, tmp_path, minilm, traced=fault.traced), clean_minilm)


def test_the_clean_twins_have_none_of_these_faults(
    digits: dict[str, Any], clean: dict[str, Finding], clean_minilm: dict[str, Finding]
) -> None:
    assert digits["accuracy"] > 0.7, "it was trained"
    rules = {fault.rule for fault in (*DIGITS, *MINILM)}
    assert not rules & set(clean)
    assert rules & set(clean_minilm) <= {"W024"}, "rows of its vocabulary that were never trained are really there"


def test_a_layer_that_was_frozen_in_training_is_found_in_the_state_and_in_the_values(tmp_path: Path) -> None:
    found = found_in(train("blocks.2.", 60), tmp_path)
    held = {each.name for each in found["W050"].evidence}
    assert held == {each.name for each in found["W050"].evidence if each.name.startswith("blocks.2.")}
    assert {f"blocks.2.{n}.weight" for n in ("up", "down", "attn.q", "norm1")} <= held
    values = {each.name for each in found["W010"].evidence}
    assert values
    assert all(name.startswith("blocks.2.") for name in values)


def test_swapped_layers_are_not_claimed_since_they_look_like_their_peers(
    digits: dict[str, Any], clean: dict[str, Finding], tmp_path: Path
) -> None:
    planted = copy.deepcopy(digits)
    state = planted["model"]
    for name in [n for n in state if n.startswith("blocks.2.")]:
        other = name.replace("blocks.2.", "blocks.3.")
        state[name], state[other] = state[other], state[name]
    assert set(found_in(planted, tmp_path)) == set(clean)


def test_a_shard_torn_at_its_end_is_named_tensor_by_tensor(sentences: State, minilm: Path, tmp_path: Path) -> None:
    """The last part of the file was never written: every byte from some place on is zero."""
    path = tmp_path / "model.safetensors"
    save_file(sentences, path, {"format": "pt"})
    size = path.stat().st_size
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        cut = 8 + length + int(0.8 * (size - 8 - length))
        file.seek(cut)
        file.write(bytes(size - cut))
    shutil.copyfile(minilm / "config.json", tmp_path / "config.json")
    begins = {name: 8 + length + entry["data_offsets"][0] for name, entry in header.items() if name != "__metadata__"}
    lost = {name for name, begin in begins.items() if begin >= cut and sentences[name].ndim == 2}
    found = findings(tmp_path)
    assert lost <= {each.name for rule in ("W002", "W025") for each in found[rule].evidence}
    half = max((begin, name) for name, begin in begins.items() if begin < cut)[1]
    assert half in {each.name for each in found["W025"].evidence}


def test_the_planted_bit_is_a_flipped_bit() -> None:
    """What the suite plants is what it says."""
    before = torch.full((8, 8), 0.05)
    after = flip(before.clone())
    changed = before.view(torch.int32) ^ after.view(torch.int32)
    assert np.unique(changed.numpy(), return_counts=True)[1].tolist() == [63, 1]
    assert float(after[3, 5]) > 1e36
