"""Which of several passes is kept."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from torch import nn

from modelreport.facts import Skipped
from modelreport.trace import search
from modelreport.trace.search import parameters_of
from tests.trace.models import complete_trace_of, outcome_of, spec, trace_of


def test_given_input_is_the_only_one_tried_and_its_error_is_told():
    module = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    found = outcome_of(module, spec(1, 5))
    assert isinstance(found, Skipped)
    assert "in 0, at linear" in found.reason
    assert found.hint


def test_the_attempt_that_got_furthest_is_kept():
    class Never(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, 4)

        def forward(self, x):
            x = self.conv(x).mean((2, 3))
            raise ValueError("no way")

    found = trace_of(Never())
    assert not found.complete
    assert len(found.operations) == 2
    assert "ValueError in the model's own forward: no way." in found.error
    assert "dummy inputs were tried" in found.notes[0]


def test_the_same_error_deep_inside_is_not_provoked_by_all_sizes():
    calls = []

    class Never(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(*[nn.Conv2d(3, 3, 3) for _ in range(12)])

        def forward(self, x):
            calls.append(1)
            self.layers(x)
            raise ValueError("always")

    trace_of(Never())
    assert len(calls) <= search.SAME_ERRORS_DEEP + 1


def test_waiting_for_a_busy_machine_ends_no_search(monkeypatch):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 30 * 30, 2))
    hours = itertools.count(step=3600.0)
    monkeypatch.setattr(search, "time", SimpleNamespace(monotonic=hours.__next__, thread_time=lambda: 0.0))
    assert trace_of(module).complete
    monkeypatch.setattr(search, "time", SimpleNamespace(thread_time=hours.__next__))
    assert isinstance(outcome_of(module), Skipped)


def test_a_richer_input_wins_when_the_first_leaves_parameters_untouched(monkeypatch):
    from modelreport.trace.dummies import Candidate, Dummy

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x, y=None):
            return self.a(x) if y is None else self.a(x) + self.b(y)

    one = Candidate("one", (Dummy((1, 4)),))
    two = Candidate("two", (Dummy((1, 4)), Dummy((1, 4))), richer=True)
    monkeypatch.setattr(search, "candidates", lambda *_: iter([one, two]))
    found = complete_trace_of(Both())
    assert found.input_origin == "two"
    assert found.untouched == ()


def test_parameters_nobody_reads_are_named():
    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.used(x)

    assert complete_trace_of(Spare()).untouched == ("spare.weight", "spare.bias")


def test_what_only_meta_cannot_do_is_done_on_the_cpu():
    class Real(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            if x.is_meta:
                raise NotImplementedError("no kernel for the meta device")
            return self.fc(x)

    module = Real()
    found = complete_trace_of(module, spec(1, 4))
    assert found.method == "cpu"
    assert found.macs == 16
    assert "on the CPU" in found.notes[0]
    assert module.training
    without_weights = Real().to("meta")
    assert complete_trace_of(without_weights, spec(1, 4)).macs == 16
    assert without_weights.fc.weight.is_meta


def test_tied_parameters_are_named_once():
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    module[1].weight = module[0].weight
    assert parameters_of(module) == {"0.weight", "0.bias", "1.bias"}


def test_another_form_of_the_same_arguments_is_not_tried_for_what_was_left_untouched(monkeypatch):
    from modelreport.trace.dummies import Candidate, Dummy

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x, y=None):
            return self.a(x) if y is None else self.a(x) + self.b(y)

    forms = [Candidate("x", (), {"x": Dummy((n, 4))}, richer=True) for n in range(1, 9)]
    both = Candidate("both", (), {"x": Dummy((1, 4)), "y": Dummy((1, 4))}, richer=True)
    monkeypatch.setattr(search, "candidates", lambda *_: iter([*forms, both]))
    found = complete_trace_of(Both())
    assert found.input_origin == "both", "the forms before it would have used up the tries"
