from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec.structs import replace

from modelreport.facts import Peers, Report, Weights
from modelreport.render.format import message
from tests.factories import skipped_report
from tests.factories_deep import report_of
from tests.judge.cases import finding, plain_report, with_array, with_fact, with_values

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("rule", ["W004", "W005"])
def test_a_trained_model_is_clean_and_one_without_values_is_not_checked(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"
    assert finding(skipped_report(), rule).state == "not_checked"


def fresh_norm(report: Report, layer: str) -> Report:
    size = next(t.count for t in report.structure.tensors if t.name == f"{layer}.running_mean")
    report = with_array(report, f"{layer}.running_mean", np.zeros(size))
    report = with_array(report, f"{layer}.running_var", np.ones(size))
    return with_values(report, f"{layer}.num_batches_tracked", minimum=0.0, maximum=0.0)


def test_untouched_running_statistics_are_found() -> None:
    found = finding(fresh_norm(plain_report(), "layers.1.bn1"), "W004")
    assert (found.state, found.evidence_count, found.evidence[0].name) == ("found", 1, "layers.1.bn1")


def test_a_mean_of_zero_alone_is_no_untouched_layer() -> None:
    report = with_array(plain_report(), "bn1.running_mean", np.zeros(16))
    assert finding(report, "W004").state == "clean"


def initialised(name: str, shape: tuple[int, ...]) -> np.ndarray:
    fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    return {
        "linear": lambda: RNG.uniform(-1, 1, shape) / math.sqrt(fan_in),
        "kaiming uniform": lambda: RNG.uniform(-1, 1, shape) * math.sqrt(6 / fan_in),
        "xavier uniform": lambda: RNG.uniform(-1, 1, shape) * math.sqrt(6 / (fan_in + fan_out)),
        "kaiming normal": lambda: RNG.standard_normal(shape) * math.sqrt(2 / fan_out),
        "bert": lambda: RNG.standard_normal(shape) * 0.02,
    }[name]()


@pytest.mark.parametrize("kind", ["linear", "kaiming uniform", "xavier uniform", "kaiming normal", "bert"])
def test_a_large_fresh_layer_among_trained_ones_is_noted(kind: str) -> None:
    name, shape = "layers.3.conv2.weight", (64, 64, 3, 3)
    found = finding(with_array(plain_report(), name, initialised(kind, shape)), "W005")
    assert (found.state, found.severity, [e.name for e in found.evidence]) == ("found", "note", [name])


def test_a_fresh_model_is_a_warning() -> None:
    report = plain_report()
    for tensor in report.structure.tensors:
        if len(tensor.shape) > 1:
            report = with_array(report, tensor.name, initialised("kaiming normal", tensor.shape))
    found = finding(report, "W005")
    assert (found.state, found.severity) == ("found", "warning")
    assert found.message.text.endswith("the model looks untrained.")


def test_a_model_of_an_initialisation_of_its_own_is_fresh_as_well() -> None:
    """Deviations that shrink with depth, as in BEiT, are no usual ones."""
    rng = np.random.default_rng(0)
    report = report_of(
        {f"blocks.{i}.{n}.weight": rng.normal(0, 0.0137 / (i + 1), (256, 128)) for i in range(6) for n in "ab"}
    )
    found = finding(report, "W005")
    assert (found.state, found.severity, found.evidence_count) == ("found", "warning", 12)
    detail = found.evidence[3].detail
    assert detail
    assert detail.values["initialisation"] == "independent random numbers"


@pytest.mark.parametrize("change", ["step", "decay", "heavy tail", "pruned"])
def test_a_little_training_is_seen(change: str) -> None:
    name, shape = "layers.3.conv2.weight", (64, 64, 3, 3)
    fresh = initialised("linear", shape)
    trained = {
        "step": lambda: fresh + 1e-3 * RNG.choice([-1, 1], shape),
        "decay": lambda: fresh * 0.99,
        "heavy tail": lambda: RNG.standard_t(6, shape) * math.sqrt(2 / 576 / 1.5),
        "pruned": lambda: fresh * (RNG.random(shape) > 0.1),
    }[change]()
    assert finding(with_array(plain_report(), name, trained), "W005").state == "clean"


def fresh_linear(*shape: int) -> np.ndarray:
    return RNG.uniform(-1, 1, shape) / math.sqrt(shape[1])


def test_a_small_model_with_a_uniform_initialisation_is_fresh() -> None:
    report = report_of(
        {"0.weight": fresh_linear(24, 16), "2.weight": fresh_linear(24, 24), "4.weight": fresh_linear(5, 24)}
    )
    found = finding(report, "W005")
    assert (found.state, found.severity, found.evidence_count) == ("found", "warning", 3)


@pytest.mark.parametrize("kind", ["normal", "too few", "trained"])
def test_a_small_model_that_could_be_trained_is_not_judged(kind: str) -> None:
    tensors = {
        "normal": lambda: {"0.weight": initialised("bert", (24, 16)), "2.weight": initialised("bert", (24, 24))},
        "too few": lambda: {"0.weight": fresh_linear(10, 8), "2.weight": fresh_linear(3, 10)},
        "trained": lambda: {"0.weight": fresh_linear(24, 16) * 1.1, "2.weight": fresh_linear(24, 24) * 1.3},
    }[kind]()
    found = finding(report_of(tensors), "W005")
    assert (found.state, "tensor_count" in found.message.values) == ("not_checked", False)
    assert "has 1,024 values or more" in message(found.message)


def test_one_matrix_of_independent_numbers_among_trained_ones_is_noted() -> None:
    """The pooler of MiniLM: no use was made of it in training, and weight decay made it smaller."""
    rng = np.random.default_rng(1)
    trained = {f"layers.{i}.weight": rng.standard_t(4, (256, 192)) * rng.gamma(2, 1, (256, 1)) for i in range(5)}
    found = finding(report_of({**trained, "pooler.weight": rng.normal(0, 0.0091, (256, 192))}), "W005")
    assert (found.state, found.severity, [e.name for e in found.evidence]) == ("found", "note", ["pooler.weight"])
    assert message(found.message) == (
        "pooler.weight is distributed like independent random numbers: nothing that was learned shows in it."
    )


@pytest.mark.parametrize("deviation", [0.02, 0.0091], ids=["a usual initialisation", "a deviation of its own"])
def test_a_matrix_whose_rows_share_directions_is_trained_however_its_values_are_distributed(deviation: float) -> None:
    """IgFold and SemiBin hold such matrices, whose largest singular value is twice that of independent numbers."""
    rng = np.random.default_rng(1)
    trained = {f"layers.{i}.weight": rng.standard_t(4, (256, 192)) * rng.gamma(2, 1, (256, 1)) for i in range(5)}
    report = report_of({**trained, "decoder.weight": rng.normal(0, deviation, (256, 192))})
    assert finding(report, "W005").state == "found"
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.peers, Peers)
    peers = replace(report.weights.peers, drawn=(), related=("decoder.weight",))
    assert finding(replace(report, weights=replace(report.weights, peers=peers)), "W005").state == "clean"


def test_rows_that_are_all_the_same_say_nothing_of_training() -> None:
    """The state matrices of Mamba begin as 1 to 16 in every row."""
    rows = {f"layers.{i}.A_log": np.log(np.tile(np.arange(1.0, 17), (512, 1))) for i in range(6)}
    fresh = {f"layers.{i}.weight": fresh_linear(64, 64) for i in range(6)}
    report = report_of({**rows, **fresh})
    for name in rows:
        figures = next(t.rows for t in report.weights.tensors if t.name == name)  # type: ignore[union-attr]
        report = with_values(report, name, rows=replace(figures, identical=511))
    found = finding(report, "W005")
    assert (found.severity, found.evidence_count, found.message.values["all_count"]) == ("warning", 6, 6)


def test_weights_that_cannot_show_how_they_began_are_not_judged() -> None:
    report = plain_report()
    for tensor in report.structure.tensors:
        report = with_fact(report, tensor.name, dtype="float8_e4m3fn")
    found = finding(report, "W005")
    assert (found.state, "tensor_count" in found.message.values) == ("not_checked", False)
    assert "not stored in floating point of 16 bits or more" in message(found.message)
    zeros = plain_report()
    for tensor in zeros.structure.tensors:
        zeros = with_values(zeros, tensor.name, minimum=0.0, maximum=0.0)
    assert finding(zeros, "W005").message.text == "Its weight matrices have one value throughout."
    assert finding(zeros, "W005").state == "not_applicable"


def test_a_model_without_normalisation_has_no_running_statistics_to_check() -> None:
    assert finding(report_of({"0.weight": fresh_linear(64, 64)}), "W004").state == "not_applicable"
