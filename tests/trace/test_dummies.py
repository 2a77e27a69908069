from __future__ import annotations

from dataclasses import replace

import torch

from modelreport.meta import Shadows
from modelreport.trace.dummies import Candidate, Dummy, Mark, given
from tests.trace.models import spec


def test_ids_are_known_values_below_the_vocabulary():
    shadows = Shadows()
    made = Dummy((2, 50), "ids", "int64", 7).make(shadows)
    assert made.is_meta
    value = shadows.twin(made).value
    assert int(value.max()) < 7
    assert torch.equal(value, Dummy((2, 50), "ids", "int64", 7).make(None))


def test_noise_is_unknown_on_meta_and_the_same_each_time_for_real():
    assert Shadows().twin(Dummy((2, 2)).make(Shadows())) is None
    assert torch.equal(Dummy((2, 2)).make(None), Dummy((2, 2)).make(None))


def test_placeholders_stand_where_they_should():
    made = Dummy((1, 20), "ids", "int64", 30, marks=(Mark(9, 5, "image"),)).make(None)
    assert int((made == 9).sum()) == 5
    assert (made[0, 1:6] == 9).all()


def test_tokens_with_a_meaning_stand_only_where_they_are_marked():
    made = Dummy((1, 200), "ids", "int64", 9, marks=(Mark(7), Mark(8, 3, "image")), avoid=(0, 3, 8)).make(None)[0]
    assert made[1:5].tolist() == [7, 8, 8, 8]
    assert not set(made[5:].tolist()) & {0, 3, 8}


def test_kinds_of_tokens_follow_the_marks():
    marks = (Mark(7), Mark(8, 2, "image"), Mark(9, 3, "audio"))
    assert Dummy((1, 8), "kinds", "int64", marks=marks).make(None).tolist() == [[0, 0, 1, 1, 3, 3, 3, 0]]


def test_given_inputs_are_placed_by_name_and_kind():
    candidate = given(
        (spec(1, 3, 8, 8), spec(1, 8, dtype="int64", name="input_ids"), spec(1, 8, dtype="int64", name="mask")), 50
    )
    args, kwargs = candidate.make(None)
    assert args[0].shape == (1, 3, 8, 8)
    assert int(kwargs["input_ids"].max()) < 50
    assert (kwargs["mask"] == 1).all()
    assert candidate.origin == "given"


def test_making_inputs_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    Candidate("", (Dummy((4,)), Dummy((4,), "ids", "int64"))).make(None)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_changed_candidate_says_why_once():
    candidate = Candidate("from the configuration", (Dummy((1,)),))
    changed = candidate.changed(lambda d: Dummy((2,)), "larger").changed(lambda d: d, "larger")
    assert changed.origin == "from the configuration; larger"
    assert changed.key != candidate.key
    assert str(changed) == "2"


def test_lists_and_dictionaries_of_tensors_are_made_and_changed_and_told():
    fed = Candidate("", (), {"levels": [Dummy((1, 4)), Dummy((1, 2))], "added": {"size": Dummy((1, 3)), "none": None}})
    assert str(fed) == "levels 1×4, 1×2, added 1×3"
    _, made = fed.make(None)
    assert [tuple(t.shape) for t in made["levels"]] == [(1, 4), (1, 2)]
    assert tuple(made["added"]["size"].shape) == (1, 3)
    assert made["added"]["none"] is None
    half = fed.changed(lambda d: replace(d, dtype="float16"), "")
    assert {d.dtype for d in half.dummies} == {"float16"}
    assert len(half.dummies) == 3
