"""What error messages say about the input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.trace.blame import note_names
from modelreport.trace.dummies import Candidate, Dummy, Mark
from modelreport.trace.repair import MOST_LENGTH, MOST_SIDE, repaired

IMAGE = Candidate("image", (Dummy((1, 3, 224, 224)),))


def shapes(message: str, candidate: Candidate = IMAGE) -> list[tuple[int, ...]]:
    return [c.dummies[0].shape for c in repaired(message, candidate)]


@pytest.mark.parametrize(
    ("message", "shape"),
    [
        ("expected input[1, 3, 224, 224] to have 1 channels, but got 3 channels instead", (1, 1, 224, 224)),
        ("Input image size (224*224) doesn't match model (384*384).", (1, 3, 384, 384)),
        ("Input height (224) doesn't match model (518).", (1, 3, 518, 518)),
        ("Wrong image height! Expected 32 but got 224!", (1, 3, 32, 32)),
        ("mat1 and mat2 shapes cannot be multiplied (1x50176 and 3136x10)", (1, 3, 56, 56)),
        ("a and b must have same reduction dim, but got [1, 50176] X [3136, 10].", (1, 3, 56, 56)),
        (
            "The size of tensor a (197) must match the size of tensor b (50) at non-singleton dimension 1",
            (1, 3, 112, 112),
        ),
        ("not enough values to unpack (expected 5)", (1, 8, 3, 224, 224)),
        ("must be a 5D tensor of shape (batch_size, 2, num_channels, height, width)", (1, 2, 3, 224, 224)),
        ("Input image size (448*224) doesn't match model (224*224).", (1, 3, 112, 224)),
        ("length 224 is not a multiple of 320", (1, 3, 320, 320)),
        ("expects length to be a multiple of `n * 2` (100), but got 224.", (1, 3, 300, 300)),
        ("Image size 224x224 is too small to be scaled", (1, 3, 448, 448)),
    ],
)
def test_the_wanted_shape_is_among_the_suggestions(message, shape):
    assert shape in shapes(message)


def test_whole_numbers_are_given_where_they_are_wanted():
    (first, *_) = repaired("Expected tensor for argument #1 'indices' to have scalar types: Long, Int", IMAGE)
    assert first.dummies[0].fill == "ids"


def test_the_number_of_placeholders_is_taken_from_the_message():
    marks = (Mark(8, 4, "audio"), Mark(9, 4, "image"))
    text = Candidate(
        "", (), {n: Dummy((1, 64), fill, "int64", marks=marks) for n, fill in (("ids", "ids"), ("types", "kinds"))}
    )
    (better,) = repaired("Image features and image tokens do not match, tokens: 4, features: 25", text)
    assert [d.marks for d in better.dummies] == [(Mark(8, 4, "audio"), Mark(9, 25, "image"))] * 2
    assert [d.shape for d in better.dummies] == [(1, 61)] * 2


def test_messages_that_count_numbers_rather_than_vectors_are_understood():
    text = Candidate(
        "",
        (),
        {"ids": Dummy((1, 64), "ids", "int64", marks=(Mark(9, 4, "image"),))},
        spare={"inputs_embeds": Dummy((1, 64, 32))},
    )
    better = next(repaired("Image features and image tokens do not match, tokens: 4, features: 512", text))
    assert better.kwargs["ids"].marks == (Mark(9, 16, "image"),)


def test_an_argument_that_the_message_names_is_fed():
    text = Candidate(
        "", (), {"ids": Dummy((1, 4), "ids", "int64")}, spare={"boxes": Dummy((1, 4, 4)), "n": Dummy((1,))}
    )
    (better,) = repaired("`boxes` must be given", text)
    assert set(better.kwargs) == {"ids", "boxes"}
    assert "boxes as an error asks" in better.origin


def test_an_argument_that_the_failing_line_found_missing_is_fed():
    def forward(ids, boxes=None):
        return [
            ids,
            boxes.shape,
        ]

    try:
        forward(1)
    except AttributeError as error:
        note_names(error)
        caught = error
    text = Candidate("", (), {"ids": Dummy((1, 4), "ids", "int64")}, spare={"boxes": Dummy((1, 4, 4))})
    (better,) = repaired(caught, text)
    assert set(better.kwargs) == {"ids", "boxes"}


def test_the_argument_of_the_failing_line_gets_the_rank_that_it_wants():
    def forward(image, mask):
        batch, columns = mask.shape
        return image, batch, columns

    both = Candidate("", (), {"image": Dummy((1, 3, 8, 8)), "mask": Dummy((1, 1, 8), "ones", "int64")})
    try:
        forward(*(d.make(None) for d in both.dummies))
    except ValueError as error:
        note_names(error)
        caught = error
    found = [{n: d.shape for n, d in c.kwargs.items()} for c in repaired(caught, both)]
    assert {"image": (1, 3, 8, 8), "mask": (1, 8)} in found


def test_a_vector_beside_another_input_gets_the_width_of_the_layer_that_refused_it():
    both = Candidate("", (), {"ids": Dummy((1, 4), "ids", "int64"), "states": Dummy((1, 9, 768))})
    first = next(repaired("a and b must have same reduction dim, but got [9, 768] X [1408, 768].", both))
    assert first.kwargs["states"].shape == (1, 9, 1408)


def test_ids_of_several_codebooks_are_given_where_those_of_one_do_not_fit():
    text = Candidate("", (), {"ids": Dummy((1, 128), "ids", "int64")})
    message = (
        "Attempting to broadcast a dimension of length 33 at -1! Mismatching argument at index 1 had torch.Size([33]); "
        "but expected shape should be broadcastable to [1, 128]"
    )
    assert next(repaired(message, text)).dummies[0].shape == (1, 128, 33)


def test_vectors_are_given_where_a_wave_met_a_norm():
    wave = Candidate("", (), {"wave": Dummy((1, 16000))})
    message = (
        "Given normalized_shape=[768], expected input with shape [768], but got input of size torch.Size([1, 16000])"
    )
    assert next(repaired(message, wave)).dummies[0].shape == (1, 128, 768)


def test_a_sequence_ends_where_the_list_of_layers_ends():
    text = Candidate("", (), {"ids": Dummy((1, 128), "ids", "int64")})
    assert next(repaired("index 7 is out of range", text)).dummies[0].shape == (1, 8)


def test_an_argument_that_must_be_left_out_is():
    text = Candidate("", (), {"input_ids": Dummy((1, 4), "ids", "int64")}, spare={"inputs_embeds": Dummy((1, 4, 8))})
    (better,) = repaired("`input_ids` is expected to be `None`.", text)
    assert set(better.kwargs) == {"inputs_embeds"}


def test_messages_about_something_else_suggest_nothing():
    assert shapes("division by zero") == []
    assert shapes("mat1 and mat2 shapes cannot be multiplied (1x5 and 7x2)", Candidate("")) == []


@given(st.text(), st.lists(st.integers(0, 10**30), min_size=2, max_size=4))
def test_hostile_messages_never_raise_and_never_ask_for_monsters(noise, numbers):
    a, b = numbers[:2]
    for message in (
        f"{noise}cannot be multiplied (1x{a} and {b}x2)",
        f"size of tensor a ({a}) must match the size of tensor b ({b})",
        f"({a}*{b}) doesn't match model ({b}*{a})",
        f"to have {a} channels, but got {b} channels",
        f"tokens: {a}, features: {b}",
        f"mel input features to be of length {a}",
        noise,
    ):
        for candidate in (IMAGE, Candidate("", (Dummy((1, 8, 100)),)), Candidate("", (Dummy((1, 8)),))):
            for better in repaired(message, candidate):
                assert all(0 <= n <= max(MOST_SIDE, MOST_LENGTH) for n in better.dummies[0].shape)


def test_what_does_not_fit_another_argument_is_changed_there():
    sound = Candidate("", (), {"wave": Dummy((1, 1, 16000)), "features": Dummy((1, 128, 160))})
    error = "Sizes of tensors must match except in dimension 1. Expected 128 in dimension 2 but got 50 for tensor 1."
    assert (1, 50, 160) in [c.kwargs["features"].shape for c in repaired(error, sound)]


def test_an_argument_is_known_by_the_word_that_its_name_shortens():
    ids = Dummy((1, 8), "ids", "int64")
    text = Candidate("", (), {"input_ids": ids}, spare={"lang_ids": ids, "token_type_ids": ids})
    found = [set(c.kwargs) for c in repaired(ValueError("Input language unknown."), text)]
    assert found == [{"input_ids", "lang_ids"}]
    assert [*repaired(ValueError("Input language is fine."), text)] == []


def test_images_have_as_many_patches_as_the_model_knows():
    found = repaired("Number of patches 49 not found in dict amongst possible values dict_keys([1225]).", image())
    assert [c.dummies[0].shape[-2:] for c in found] == [(1120, 1120)], "five times the side of 224"


def image():
    return Candidate("", (Dummy((1, 3, 224, 224)),))
