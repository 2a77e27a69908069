"""Which parameter a state of the optimizer belongs to."""

from __future__ import annotations

from modelreport.checkpoint import LazyTensor, OptimizerGroup, OptimizerState
from modelreport.measure.matching import match, state_shape

Shape = tuple[int, ...]


def lazy(shape: Shape) -> LazyTensor:
    return LazyTensor("", "float32", shape, None)


def made(*groups: dict[str, Shape | None], names: tuple[str, ...] = ()) -> OptimizerState:
    """An optimizer whose keys have states of these shapes; ``None`` for no state."""
    states = {key: {"exp_avg": lazy(shape)} for group in groups for key, shape in group.items() if shape is not None}
    made_groups = tuple(OptimizerGroup(tuple(group), names=names) for group in groups)
    return OptimizerState("optimizer.state", "Adam", made_groups, dict(states))


BLOCKS = [(f"{i}.{part}", shape) for i in range(3) for part, shape in (("weight", (8, 8)), ("bias", (8,)))]
HEAD = [("head.weight", (4, 8)), ("head.bias", (4,))]


def test_all_parameters_in_order_are_matched_one_by_one() -> None:
    found = match(made({str(i): shape for i, (_, shape) in enumerate(BLOCKS)}), BLOCKS, "")
    assert found.names == {str(i): name for i, (name, _) in enumerate(BLOCKS)}
    assert found.complete
    assert (
        found.sentence == "The 6 parameters of the optimizer were matched in the order of the model; every shape fits."
    )


def test_a_parameter_without_state_keeps_its_place() -> None:
    found = match(made({str(i): shape if i != 2 else None for i, (_, shape) in enumerate(BLOCKS)}), BLOCKS, "")
    assert found.names["2"] == "1.weight"
    assert len(found.names) == 6


def test_matrices_with_decay_and_vectors_without_are_matched_within_their_groups() -> None:
    decay = {str(i): (8, 8) for i in range(3)}
    rest = {str(i): (8,) for i in range(3, 6)}
    for groups in ((decay, rest), (rest, decay)):
        found = match(made(*groups), BLOCKS, "")
        assert found.names["1"] == "1.weight"
        assert found.names["5"] == "2.bias"
        assert "matrices in one group" in found.sentence


def test_two_groups_that_interleave_in_one_way_only_are_matched() -> None:
    parameters = [("a", (2,)), ("b", (3,)), ("c", (4,)), ("d", (5,))]
    found = match(made({"0": (2,), "1": (4,)}, {"2": (3,), "3": (5,)}), parameters, "")
    assert found.names == {"0": "a", "1": "c", "2": "b", "3": "d"}
    assert "the only order of the two groups that fits" in found.sentence


def test_two_groups_that_interleave_in_several_ways_are_left_open() -> None:
    parameters = [("a", (2,)), ("b", (2,)), ("c", (3,)), ("d", (2,))]
    found = match(made({"0": (2,), "1": (3,), "2": (2,)}, {"3": (2,)}), parameters, "")
    assert found.names == {}
    assert not found.complete
    assert "do not fit" in found.sentence


def test_a_head_trained_alone_is_found_by_its_shapes() -> None:
    found = match(made({"0": (4, 8), "1": (4,)}), [*BLOCKS, *HEAD], "")
    assert found.names == {"0": "head.weight", "1": "head.bias"}
    assert found.complete
    assert "(the optimizer holds 2, the model 8)" in found.sentence


def test_whole_modules_are_taken_where_single_shapes_leave_it_open() -> None:
    parameters = [("a.weight", (8, 6)), ("a.bias", (8,)), ("norm.weight", (8,)), ("norm.bias", (8,)), *HEAD]
    found = match(made({"0": (8,), "1": (8,), "2": (4, 8), "3": (4,)}), parameters, "")
    assert found.names == {"0": "norm.weight", "1": "norm.bias", "2": "head.weight", "3": "head.bias"}
    assert found.complete
    assert "the only whole modules" in found.sentence


def test_which_of_equal_blocks_was_trained_is_left_open() -> None:
    found = match(made({"0": (8, 8), "1": (8,), "2": (4, 8), "3": (4,)}), [*BLOCKS, *HEAD], "")
    assert found.names == {"2": "head.weight", "3": "head.bias"}
    assert not found.complete
    assert found.sentence.startswith("Order and shape leave open which of the model's 8 parameters 2 of the 4 are")


def test_an_optimizer_of_more_than_the_model_is_matched_where_only_one_way_fits() -> None:
    found = match(made({"0": (4, 8), "1": (4,), "2": (9, 9), "3": (9,)}), HEAD, "")
    assert found.names == {"0": "head.weight", "1": "head.bias"}
    assert found.complete


def test_shapes_that_do_not_fit_match_nothing() -> None:
    found = match(made({"0": (7, 7)}), HEAD, "")
    assert found.names == {}
    assert not found.complete


def test_names_come_before_order() -> None:
    named = made({"0": (4,), "1": (4, 8)}, names=("head.bias", "head.weight"))
    assert match(named, HEAD, "").names == {"0": "head.bias", "1": "head.weight"}
    keyed = made({"model.head.bias": (4,), "model.head.weight": (4, 8)})
    assert match(keyed, HEAD, "model.").names == {"model.head.bias": "head.bias", "model.head.weight": "head.weight"}
    wrapped = made({"module._fsdp_wrapped_module.head._orig_mod.bias": (4,)})
    assert list(match(wrapped, HEAD, "").names.values()) == ["head.bias"]


def test_a_name_with_another_shape_is_left_out_and_said() -> None:
    found = match(made({"head.bias": (5,), "head.weight": (4, 8)}), HEAD, "")
    assert found.names == {"head.weight": "head.weight"}
    assert "1 of the same name have another shape" in found.sentence
    assert not found.complete


def test_the_shape_of_a_parameter_is_told_by_what_is_kept_for_it() -> None:
    assert state_shape({"step": lazy(()), "momentum_buffer": lazy((2, 3))}) == (2, 3)
    assert state_shape({"exp_avg_sq_row": lazy((5,)), "exp_avg_sq_col": lazy((7,))}) == (5, 7)
    assert state_shape({"row_var": lazy((5, 1)), "col_var": lazy((1, 7))}) == (5, 7)
    assert state_shape({"step": 3}) is None


def test_an_order_that_is_not_the_models_matches_nothing() -> None:
    found = match(made({"0": (4, 8), "1": (4,)}), HEAD, "", ordered=False)
    assert found.names == {}
    assert not found.complete
    assert "sorted by name" in found.sentence


def test_an_empty_optimizer_matches_nothing() -> None:
    assert match(made(), HEAD, "").names == {}
