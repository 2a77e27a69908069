from __future__ import annotations

import pytest
import torch

from modelreport.meta import TWIN_LIMIT, Shadows, on_meta


def test_values_follow_through_operations():
    with on_meta() as shadows:
        x = torch.arange(6).reshape(2, 3) * 2 + 1
    assert x.is_meta
    assert shadows.twin(x).value.tolist() == [[1, 3, 5], [7, 9, 11]]


def test_writing_in_place_follows_too_and_through_views():
    with on_meta() as shadows:
        x = torch.zeros(2, 2)
        x[0].add_(3)
        x[1, 1] = 5
    assert shadows.twin(x).value.tolist() == [[3, 3], [0, 5]]


def test_writing_something_unknown_forgets_every_view():
    with on_meta() as shadows:
        x = torch.zeros(2, 2)
        view = x[0]
        view.copy_(torch.empty(2))
    assert shadows.twin(x) is None
    assert shadows.twin(view) is None


def test_random_numbers_are_unknown():
    with on_meta() as shadows:
        assert shadows.twin(torch.rand(3)) is None
        assert shadows.twin(torch.zeros(3).uniform_()) is None


def test_large_tensors_have_no_twin_but_large_views_of_small_ones_do():
    with on_meta() as shadows:
        large = torch.zeros(TWIN_LIMIT + 1)
        wide = torch.ones(1, 1).expand(TWIN_LIMIT, 2)
    assert shadows.twin(large) is None
    assert shadows.twin(wide).value.shape == (TWIN_LIMIT, 2)


@pytest.mark.parametrize(
    ("make", "expected"),
    [(lambda: [torch.empty(()).item()], [1.0]), (lambda: bool((torch.empty(()) > 0).item()), False),
     (lambda: bool(torch.empty(3).any()), False), (lambda: int(torch.empty((), dtype=torch.int64)), 1),
     (lambda: torch.empty(3).tolist(), [1.0, 1.0, 1.0])],
)  # fmt: skip
def test_unknown_values_are_invented_and_counted(make, expected):
    with on_meta() as shadows:
        assert make() == expected
    assert shadows.guess_calls == 1


def test_rankings_are_permutations_marked_as_invented():
    with on_meta() as shadows:
        _, order = torch.empty(4, 9).topk(9)
        twin = shadows.twin(order)
    assert twin.guess == "topk"
    assert sorted(twin.value[0].tolist()) == list(range(9))
    assert shadows.guess_calls == 0


def test_using_an_invented_ranking_is_counted():
    with on_meta() as shadows:
        _, order = torch.empty(4, 9).topk(2)
        (order == 3).nonzero()
    assert shadows.guesses == {"topk": 1}


def test_invented_values_are_the_same_each_time():
    def once():
        with on_meta() as shadows:
            return shadows.twin(torch.empty(50).argsort()).value

    assert torch.equal(once(), once())


def test_lifting_keeps_strides_and_value():
    shadows = Shadows()
    real = torch.arange(6.0).reshape(2, 3).t()
    made = shadows.lift(real)
    assert made.is_meta
    assert made.stride() == real.stride()
    assert shadows.twin(made).value is real
