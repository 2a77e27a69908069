"""Arguments that hold text."""

from __future__ import annotations

from modelreport.trace.inputs.text import text_forms
from tests.trace.inputs.subjects import subject


def test_ids_stay_below_the_vocabulary_and_avoid_padding():
    (ids,) = text_forms("input_ids", subject(vocab_size=50, pad_token_id=1, max_position_embeddings=20))
    assert (ids.shape, ids.high, ids.avoid) == ((1, 20), 50, (1,))


def test_a_text_ends_with_the_token_that_ends_texts():
    (ids,) = text_forms("input_ids", subject(vocab_size=50, eos_token_id=2))
    made = ids.make(None)[0].tolist()
    assert made[-1] == 2
    assert 2 not in made[:-1]
    assert text_forms("input_ids", subject(vocab_size=50, eos_token_id=99))[0].end == -1


def test_codebooks_are_ordered_as_documented():
    def forward(input_ids):
        """Args:
        input_ids (`torch.LongTensor` of shape `(batch_size, sequence_length, num_codebooks)`): codes.
        """

    (ids,) = text_forms("input_ids", subject(forward, num_codebooks=9))
    assert ids.shape == (1, 128, 9)


def test_boxes_types_and_positions_have_their_forms():
    model = subject(max_position_embeddings=6, hidden_size=8)
    assert text_forms("bbox", model)[0].shape == (1, 6, 4)
    assert text_forms("token_type_ids", model)[0].fill == "zeros"
    assert text_forms("position_ids", model)[0].literal == ((0, 1, 2, 3, 4, 5),)
    assert text_forms("decoder_inputs_embeds", model)[0].shape == (1, 6, 8)
    assert text_forms("pixel_values", model) == []
