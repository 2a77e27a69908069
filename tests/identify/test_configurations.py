from __future__ import annotations

from typing import Any, Literal

from modelreport.identify.configurations import choices_of, is_list, names_of, optional_kind, others_than, value_of
from modelreport.identify.libraries import load_library

transformers = load_library("transformers")
assert transformers is not None


def test_the_values_of_a_configuration_are_its_own_fields() -> None:
    names = names_of(transformers.LlamaConfig())
    assert {"hidden_size", "num_key_value_heads", "vocab_size"} <= set(names)
    assert not [n for n in names if n.startswith("__")]


def test_a_value_that_refuses_to_be_read_is_none() -> None:
    class Refusing:
        @property
        def head_dim(self) -> int:
            raise RuntimeError("varies across layers")

    assert value_of(Refusing(), "head_dim") is None
    assert value_of(transformers.BertConfig(), "hidden_size") == 768


def test_only_short_lists_of_whole_numbers_are_changed_element_by_element() -> None:
    assert is_list([2, 2, 6, 2])
    assert is_list((96, 192))
    assert not any(map(is_list, ([], [1.5], ["a"], list(range(13)), 3, [True])))


def test_other_values_differ_and_are_positive() -> None:
    assert others_than(768)[0] == 1536
    assert 1 not in others_than(1)
    assert all(v > 0 for v in others_than(1))
    assert others_than(32, 2) == [3, 4]


def test_what_could_be_given_is_told_by_the_annotation() -> None:
    assert optional_kind(int | None, "n_inner") is int
    assert optional_kind(bool | None, "use_bias") is bool
    assert optional_kind(int | None, "pad_token") is None
    assert optional_kind(str | None, "hidden_size") is None


def test_the_texts_of_a_literal_are_choices() -> None:
    kind: Any = Literal["group", "layer"]
    assert choices_of(kind) == ["group", "layer"]
    assert choices_of(kind | None) == ["group", "layer"]
    assert choices_of(str) == []
