import numpy as np
import pytest

from modelreport.facts import Skipped, Structure, Weights
from modelreport.measure import parts
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_tensor

EMPTY = Structure(
    origin="names", modules=(), tensors=(), parameters=0, trainable=None, buffers=0, parameter_tensors=0,
    buffer_tensors=0, size_bytes=0, dtypes=(),
)  # fmt: skip


def test_a_part_sees_the_statistics_and_fills_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PARTS", (("hash", lambda measured: str(len(measured.weights.tensors))),))
    weights = parts.measure_all(make_checkpoint(make_tensor(np.ones(3, np.float32))), EMPTY, Options())
    assert isinstance(weights, Weights)
    assert weights.hash == "1"


def test_a_part_that_fails_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ArithmeticError("no such luck")

    monkeypatch.setattr(parts, "PARTS", (("peers", fails), ("hash", lambda _: "fine"), ("pictures", fails)))
    weights = parts.measure_all(make_checkpoint(make_tensor(np.ones(3, np.float32))), EMPTY, Options())
    assert isinstance(weights, Weights)
    assert isinstance(weights.peers, Skipped)
    assert "no such luck" in weights.peers.reason
    assert weights.hash == "fine"
    assert weights.pictures == ()


def test_without_tensors_nothing_is_measured() -> None:
    assert isinstance(parts.measure_all(make_checkpoint(), EMPTY, Options()), Skipped)


def test_every_part_sees_blas_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    import threadpoolctl

    def threads(_: object) -> str:
        return str({each["num_threads"] for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"})

    monkeypatch.setattr(parts, "PARTS", (("hash", threads),))
    weights = parts.measure_all(make_checkpoint(make_tensor(np.ones(3, np.float32))), EMPTY, Options())
    assert isinstance(weights, Weights)
    assert weights.hash == "{1}"
