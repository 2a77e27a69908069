"""What the optimizer's state tells of the training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.facts import LayerUpdate, ModuleFact, OptimizerEvidence, Skipped, Structure, TensorFact
from modelreport.measure.optimizer import is_ordered, parameters_of
from modelreport.options import Options
from modelreport.pipeline import build


class Net(torch.nn.Module):
    """Two layers, a normalisation, a head, and a parameter that the forward pass does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(6, 8)
        self.norm = torch.nn.BatchNorm1d(8)
        self.second = torch.nn.Linear(8, 8)
        self.unused = torch.nn.Parameter(torch.ones(5))
        self.head = torch.nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.head(torch.relu(self.second(torch.relu(self.norm(self.first(x))))))
        return out


def train(net: Net, optimizer: torch.optim.Optimizer, steps: int = 10) -> None:
    torch.manual_seed(1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.randn(16, 6)), torch.randint(0, 3, (16,)))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def told(folder: Path, state: Any) -> OptimizerEvidence | Skipped:
    torch.save(state, folder / "training.pt")
    report = build(folder / "training.pt", Options(trace=False))
    assert not isinstance(report.weights, Skipped)
    return report.weights.optimizer


def evidence(folder: Path, state: Any) -> OptimizerEvidence:
    found = told(folder, state)
    assert isinstance(found, OptimizerEvidence), found
    return found


def by_name(found: OptimizerEvidence) -> dict[str, LayerUpdate]:
    return {layer.name: layer for layer in found.layers}


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net()


def test_every_layer_has_its_figures_in_the_order_of_the_model(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.0)
    train(net, optimizer, 9)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    train(net, optimizer, 1)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    layers = by_name(found)
    trained = [name for name, _ in net.named_parameters() if name != "unused"]
    assert list(layers) == trained
    for name, parameter in net.named_parameters():
        if name != "unused":
            change, weight = (parameter.detach() - before[name]).norm(), parameter.detach().norm()
            assert layers[name].update_ratio == pytest.approx(float(change / weight), rel=1e-3)
            assert layers[name].weight_rms == pytest.approx(float(weight) / math.sqrt(parameter.numel()), rel=1e-5)
            assert layers[name].step == 10
    assert found.kind == "AdamW"
    assert found.groups[0].learning_rate == 0.01
    assert found.groups[0].parameters == 9


def test_a_parameter_that_is_in_no_loss_has_no_state(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    train(net, optimizer)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert found.without_state == ("unused",)
    assert found.outside == ()
    assert found.zero_state == ()


def test_a_gradient_that_is_always_zero_is_told(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    torch.nn.init.constant_(net.norm.weight, 0.0)
    torch.nn.init.constant_(net.norm.bias, -1.0)
    train(net, optimizer, 1)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert {"first.weight", "norm.weight", "second.weight"} <= set(found.zero_state)
    assert "head.bias" not in found.zero_state


def test_a_layer_outside_the_optimizer_is_frozen(tmp_path: Path, net: Net) -> None:
    held = [p for name, p in net.named_parameters() if not name.startswith(("first", "unused"))]
    optimizer = torch.optim.SGD(held, lr=0.1, momentum=0.9)
    train(net, optimizer)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert found.outside == ("unused", "first.weight", "first.bias")
    assert by_name(found)["head.weight"].group == 0
    assert "(the optimizer holds 6, the model 9)" in found.matched


def test_what_order_and_shape_leave_open_is_named_by_its_place(tmp_path: Path) -> None:
    net = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    optimizer = torch.optim.Adam(net[1].parameters())
    net(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert [layer.name for layer in found.layers] == ["optimizer.state.0", "optimizer.state.1"]
    assert all(layer.gradient_rms and layer.weight_rms is None and layer.update_ratio is None for layer in found.layers)
    assert [layer.dimensions for layer in found.layers] == [2, 1]
    assert found.outside == ()
    assert "leave open" in found.matched


def test_named_parameters_leave_nothing_open(tmp_path: Path) -> None:
    net = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    optimizer = torch.optim.Adam([(f"1.{name}", p) for name, p in net[1].named_parameters()])
    net(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert list(by_name(found)) == ["1.weight", "1.bias"]
    assert found.outside == ("0.weight", "0.bias", "2.weight", "2.bias")


def test_sgd_without_momentum_accuses_nobody(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    train(net, optimizer)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert (found.layers, found.without_state) == ((), ())
    assert "keeps nothing" in found.notes[0]


def test_of_two_optimizers_that_of_the_model_is_told(tmp_path: Path, net: Net) -> None:
    other = torch.nn.Linear(2, 2)
    optimizers = torch.optim.Adam(net.parameters()), torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    train(net, optimizers[0])
    other(torch.ones(1, 2)).sum().backward()
    optimizers[1].step()
    state = {
        "generator": net.state_dict(),
        "discriminator": other.state_dict(),
        "optimizer_d": optimizers[1].state_dict(),
        "optimizer_g": optimizers[0].state_dict(),
    }
    found = evidence(tmp_path, state)
    assert found.kind == "Adam"
    assert found.notes == (
        "The file also holds the state of SGD with momentum at optimizer_d.state, which is not that of this model.",
    )


def muon_and_adam(net: Net) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
    """Muon for the matrices, Adam for the rest, as both are used; both have taken their steps."""
    wide = [p for p in net.parameters() if p.ndim > 1]
    narrow = [p for name, p in net.named_parameters() if p.ndim < 2 and name != "unused"]
    optimizers = torch.optim.Muon(wide, lr=1e-2), torch.optim.Adam(narrow, lr=1e-3)
    for optimizer in optimizers:
        train(net, optimizer, 5)
    return optimizers


def test_two_optimizers_that_share_the_parameters_are_told_together(tmp_path: Path, net: Net) -> None:
    muon, adam = (optimizer.state_dict() for optimizer in muon_and_adam(net))
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizers": [muon, adam]})
    layers = by_name(found)
    assert found.kind == "Adam and Muon"
    assert list(layers) == [name for name, _ in net.named_parameters() if name != "unused"]
    assert found.outside == ("unused",)
    assert [found.groups[layers[name].group or 0].learning_rate for name in ("first.weight", "norm.bias")] == [
        1e-2,
        1e-3,
    ]
    assert [layers[name].update_told for name in ("first.weight", "norm.bias")] == ["most", "exact"]


def test_what_muon_alone_does_not_hold_is_not_called_frozen(tmp_path: Path, net: Net) -> None:
    muon, _ = muon_and_adam(net)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": muon.state_dict()})
    assert (found.kind, found.outside) == ("Muon", ())
    assert any("the other 6 parameters" in note for note in found.notes)


def test_values_that_are_not_finite_and_tensors_that_do_not_fit_cost_one_parameter(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    train(net, optimizer)
    state = optimizer.state_dict()
    state["state"][1]["exp_avg_sq"][0, 0] = math.nan
    state["state"][2]["exp_avg_sq"] = torch.ones(3)
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": state})
    order = [name for name, _ in net.named_parameters()]
    assert found.non_finite == (order[1],)
    assert [item.value for item in found.unread] == ["the tensors differ in size"]
    assert len(found.layers) == 7


def test_a_file_without_an_optimizer_says_so(tmp_path: Path, net: Net) -> None:
    found = told(tmp_path, net.state_dict())
    assert isinstance(found, Skipped)
    assert found.reason == "The file holds no optimizer state."


def test_figures_do_not_depend_on_the_number_of_threads(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    train(net, optimizer)
    path = tmp_path / "training.pt"
    torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict()}, path)
    reports = [build(path, Options(trace=False, workers=workers)).weights for workers in (1, 4)]
    assert all(not isinstance(weights, Skipped) for weights in reports)
    assert reports[0].optimizer == reports[1].optimizer  # type: ignore[union-attr]


def structure(*names: str, origin: Any = "identified", modules: tuple[str, ...] = ()) -> Structure:
    tensors = tuple(
        TensorFact(
            name=name, shape=(2,), dtype="float32", role="parameter", module=name.rpartition(".")[0], count=2,
            size_bytes=8, stored_bytes=8,
        )
        for name in names
    )  # fmt: skip
    facts = tuple(
        ModuleFact(path=path, name=path, type="", parent=-1, parameters=0, own_parameters=0) for path in modules
    )
    return Structure(
        origin=origin, modules=facts, tensors=tensors, parameters=0, trainable=None, buffers=0, parameter_tensors=0,
        buffer_tensors=0, size_bytes=0, dtypes=(),
    )  # fmt: skip


def test_parameters_stand_in_the_order_of_the_modules_not_of_the_file() -> None:
    made = structure("a.bias", "a.weight", "b.bias_hh_l0", "b.weight_hh_l0", "b.weight_ih_l0", modules=("", "b", "a"))
    wanted = ["b.weight_ih_l0", "b.weight_hh_l0", "b.bias_hh_l0", "a.weight", "a.bias"]
    assert [name for name, _ in parameters_of(made)] == wanted
    assert is_ordered(made)


def test_sorted_names_without_known_modules_say_nothing_of_the_order() -> None:
    assert not is_ordered(structure("a.bias", "a.weight", origin="names"))
    assert is_ordered(structure("a.weight", "a.bias", origin="names"))
    assert [name for name, _ in parameters_of(structure("z.weight", "a.bias", origin="names"))] == [
        "z.weight",
        "a.bias",
    ]


def test_a_learning_rate_of_zero_gives_no_update_and_is_said(tmp_path: Path, net: Net) -> None:
    optimizer = torch.optim.Adam(net.parameters())
    train(net, optimizer)
    optimizer.param_groups[0]["lr"] = 0.0
    found = evidence(tmp_path, {"model": net.state_dict(), "optimizer": optimizer.state_dict()})
    assert all(layer.update_ratio is None for layer in found.layers)
    assert "learning rate in the file is 0" in found.notes[0]
