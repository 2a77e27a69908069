"""Configurations asked for what inputs depend on."""

from __future__ import annotations

from modelreport.trace.inputs.config import MOST_LEVELS, Config
from tests.trace.inputs.subjects import Settings


def test_the_outer_level_answers_before_inner_ones():
    config = Config(Settings(hidden_size=8, text_config=Settings(hidden_size=16, vocab_size=30)))
    assert config.width == 8
    assert config.vocabulary == 30


def test_a_part_answers_before_the_whole_where_it_is_asked():
    config = Config(Settings(text_config=Settings(patch_size=3), vision_config=Settings(patch_size=14)))
    assert config.patch == 14
    assert config.has("image")
    assert not config.has("audio")


def test_sizes_of_images_have_many_forms():
    for given, expected in (
        (64, (64, 64)), ([32, 48], (32, 48)), ({"height": 10, "width": 20}, (10, 20)), ("large", (224, 224)),
        ([16], (16, 16)), (10**9, (224, 224)), ([], (224, 224)),
    ):  # fmt: skip
        assert Config(Settings(image_size=given)).image == expected


def test_ids_with_a_meaning_are_collected_from_all_levels():
    config = Config(
        Settings(pad_token_id=1, eos_token_id=[2, 3], text_config=Settings(image_token_index=9, bos_token_id=None))
    )
    assert config.special == (1, 2, 3, 9)
    assert config.token("image") == 9
    assert config.token("audio") == -1


def test_a_configuration_inside_itself_ends():
    ring = Settings(hidden_size=4)
    ring.inner = ring
    wide = Settings(**{f"part_{i}": Settings(hidden_size=i) for i in range(100)})
    assert len(Config(ring).levels) == 1
    assert len(Config(wide).levels) == MOST_LEVELS


def test_short_models_get_short_sequences():
    assert Config(Settings(max_position_embeddings=24)).sequence == 24
    assert Config(Settings(max_position_embeddings=4096)).sequence == 128
    assert Config(Settings(max_position_embeddings=0)).sequence == 128


def test_images_are_cut_into_whole_squares_where_a_shuffle_puts_patches_together():
    text = Settings(hidden_size=64)
    whole = Config(Settings(text_config=text, image_size=224, patch_size=16, pixel_shuffle_factor=4))
    assert whole.image == (256, 256), "fourteen patches do not make squares of four"
    assert Config(Settings(image_size=224, patch_size=16, scale_factor=4)).image == (224, 224), "no text, no shuffle"


def test_vectors_of_words_are_as_wide_as_the_text_part():
    config = Config(Settings(vision_config=Settings(hidden_size=32), text_config=Settings(hidden_size=64)))
    assert (config.width, config.text_width) == (32, 64)
