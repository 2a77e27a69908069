from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.errors import OptionsError
from modelreport.facts import Item, TrainingState
from modelreport.identify.arguments import check, from_file, needed, neighbours, show_signature, signature_of, stated
from modelreport.identify.fitting import compare
from tests.identify.checkpoints import make_checkpoint


class Net(nn.Module):
    def __init__(self, depth: int, width: int = 8, norm: str = "bn", *, classes: int = 10) -> None:
        super().__init__()
        self.norm = norm
        self.blocks = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.head = nn.Linear(width, classes)


def signature() -> inspect.Signature:
    found = signature_of(Net)
    assert found is not None
    return found


def test_arguments_that_suit_are_no_mistake() -> None:
    check("m:Net", Net, (3,), {"classes": 2})
    check("m:Net", Net, (), {"depth": 3})


@pytest.mark.parametrize(
    ("positional", "keywords", "said", "hinted"),
    [
        ((), {}, "needs an argument: depth: int", '--model "m:Net(depth=…)"'),
        ((2,), {"clases": 3}, "has no argument 'clases'", "Did you mean classes=…?"),
        ((1, 2, 3, 4), {}, "too many positional arguments", "depth: int, width: int = 8"),
        ((1,), {"depth": 2}, "multiple values for argument 'depth'", "Net(depth"),
    ],
)
def test_what_is_wrong_is_named_with_the_signature(
    positional: tuple[Any, ...], keywords: dict[str, Any], said: str, hinted: str
) -> None:
    with pytest.raises(OptionsError) as caught:
        check("m:Net", Net, positional, keywords)
    assert said in caught.value.message
    assert hinted in caught.value.hint


def test_a_signature_is_shown_as_it_is_written_and_cut() -> None:
    assert show_signature("Net", signature()) == (
        "Net(depth: int, width: int = 8, norm: str = 'bn', *, classes: int = 10)"
    )
    many = inspect.Signature([inspect.Parameter(f"a{i}", inspect.Parameter.KEYWORD_ONLY) for i in range(200)])
    assert len(show_signature("f", many)) <= 301


def test_only_arguments_without_default_are_needed() -> None:
    assert [p.name for p in needed(signature())] == ["depth"]
    assert needed(signature(), {"depth": 1}) == []
    assert needed(None) == []


def test_hyper_parameters_that_the_file_states_become_arguments() -> None:
    items = [Item(name="hyper_parameters.depth", value="3"), Item(name="args/norm", value="gn"),
             Item(name="use_amp", value="true"), Item(name="lr", value="0.1")]  # fmt: skip
    checkpoint = make_checkpoint(training=TrainingState(items=tuple(items)))
    known = stated(checkpoint)
    assert known == {"depth": 3, "norm": "gn", "use_amp": True, "lr": 0.1}
    assert from_file(signature(), known) == {"depth": 3, "norm": "gn"}
    assert from_file(None, known) == {}


def test_other_numbers_are_led_to_by_shapes_and_by_the_number_of_blocks() -> None:
    theirs = {n: tuple(t.shape) for n, t in Net(5, 16, classes=7).state_dict().items()}
    module = Net(2)
    tried = list(neighbours(signature(), {"depth": 2}, module, compare(module, theirs)))
    assert {"depth": 5} in tried
    assert {"depth": 2, "width": 16} in tried
    assert {"depth": 2, "classes": 7} in tried
    exact = Net(5, 16, classes=7)
    assert list(neighbours(signature(), {"depth": 5}, exact, compare(exact, theirs))) == []


def test_multiples_follow_the_number_itself() -> None:
    class Wide(nn.Module):
        def __init__(self, width: int = 4) -> None:
            super().__init__()
            self.up = nn.Linear(3, 2 * width)

    module = Wide()
    fit = compare(module, {"up.weight": (12, 3), "up.bias": (12,)})
    found = signature_of(Wide)
    assert found is not None
    assert list(neighbours(found, {}, module, fit)) == [{"width": 6}]
    assert torch.empty(12, 3).shape == Wide(6).up.weight.shape
