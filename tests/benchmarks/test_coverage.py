"""The sweep over the models of the libraries, on a few small ones."""

from __future__ import annotations

import json
import time

import pytest

from benchmarks import coverage
from benchmarks.sweep.processes import each
from benchmarks.sweep.record import record_of
from benchmarks.sweep.table import verdict
from benchmarks.sweep.zoo import held_out


def test_a_model_that_fits_is_compared_with_a_real_pass():
    record = record_of("torchvision", "mnasnet0_5")
    assert verdict(record) == "works"
    assert record["check"] == "equal"
    assert record["outputs"] == ["float32[1,1000]"]
    assert record["untouched"] == 0


def test_what_cannot_be_built_is_told_apart():
    record = record_of("transformers", "blip_text_model")
    assert verdict(record) == "unbuildable"
    assert "LookupError" in record["reason"]


def test_a_process_may_use_so_much_time_and_memory_and_may_die():
    works = {
        "fine": lambda: {"status": "ran"},
        "slow": lambda: time.sleep(60),
        "large": lambda: {"status": str(len(bytearray(1 << 30)))},
        "dead": lambda: (_ for _ in ()).throw(SystemExit(9)),
    }
    found = dict(each(list(works), lambda name: works[name](), 2, 2.0, 1 << 28))
    assert found["fine"]["status"] == "ran"
    assert found["slow"]["died"] == "took longer than 2 s"
    assert found["large"]["died"] == "needed more memory than allowed"
    assert found["dead"]["died"] == "ended without an answer"


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    state = tmp_path / "state.jsonl"
    kept = {"library": "torchvision", "name": "alexnet", "status": "ran", "check": "equal", "seconds": 1.0}
    state.write_text(json.dumps(kept) + "\n")
    monkeypatch.setattr(coverage, "names_of", lambda *_: ["alexnet", "squeezenet1_1"])
    options = coverage.arguments(["--state", str(state)])
    records = coverage.sweep(options, "torchvision")
    assert [r["name"] for r in records] == ["alexnet", "squeezenet1_1"]
    assert records[0] == kept
    assert len(state.read_text().splitlines()) == 2
    assert capsys.readouterr().out.startswith("torchvision squeezenet1_1: works")


def test_the_held_out_third_is_always_the_same():
    names = [f"type{i}" for i in range(30)]
    assert held_out(names) == held_out(names[::-1])
    assert len(held_out(names)) == 10


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({"died": "killed"}, "failed"),
        ({"status": "failed"}, "failed"),
        ({"status": "ran", "check": "too large"}, "works"),
        ({"status": "ran", "check": "different"}, "wrong shapes"),
    ],
)
def test_one_word_tells_what_became_of_a_model(record, word):
    assert verdict(record) == word
