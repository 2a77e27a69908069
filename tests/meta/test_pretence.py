"""A GPU that is not there, and a compiler that is not asked."""

from __future__ import annotations

import threading

import pytest
import torch

from modelreport.meta import on_meta, pretended

NAMES = ("current_device", "synchronize", "Stream", "Event", "stream", "device", "FloatTensor", "get_device_capability")


def test_streams_and_events_do_nothing():
    with pretended():
        assert torch.cuda.current_device() == 0
        stream, start, end = torch.cuda.Stream(), torch.cuda.Event(enable_timing=True), torch.cuda.Event()
        with torch.cuda.device(0), torch.cuda.stream(stream):
            start.record()
            end.record(stream)
        torch.cuda.synchronize()
        assert start.elapsed_time(end) == 0
        assert isinstance(stream, torch.cuda.Stream)


def test_legacy_constructors_make_tensors_of_their_dtype():
    with pretended():
        assert torch.cuda.FloatTensor(2, 3).shape == (2, 3)
        assert torch.cuda.LongTensor([1, 2]).tolist() == [1, 2]
        assert torch.cuda.HalfTensor(2).dtype == torch.float16
    with on_meta():
        made = torch.cuda.FloatTensor(2, 3)
        assert made.is_meta
        assert made.type(torch.cuda.HalfTensor).dtype == torch.float16


def test_nothing_is_compiled():
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    with pretended():
        assert torch.compile(double) is double
        assert torch.compile(dynamic=True)(double) is double


def test_everything_is_put_back_with_the_last_user_whatever_happens():
    before = [getattr(torch.cuda, name) for name in NAMES], torch.compile
    with pretended():
        with pretended():
            pass
        assert torch.compile is not before[1]
    with pytest.raises(KeyboardInterrupt), pretended():
        raise KeyboardInterrupt
    assert ([getattr(torch.cuda, name) for name in NAMES], torch.compile) == before


def test_other_threads_are_answered_as_ever():
    found = []

    def ask() -> None:
        found.append(torch.compile(lambda x: x + 1, backend="eager") is not None)
        found.append(isinstance(torch.compile(torch.nn.Linear(1, 1), backend="eager"), torch.nn.Linear))

    with pretended():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert found == [True, False]
