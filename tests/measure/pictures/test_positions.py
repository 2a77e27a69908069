from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import Picture
from modelreport.measure.pictures.positions import NAME, bias_pictures, cosines, grid_side, is_table, position_pictures
from tests.measure.tensors import make_tensor
from tests.measure.units.tables import make_fact, make_structure


def pictures_of(arrays: dict[str, NDArray[Any]]) -> list[Picture]:
    tensors = {name: make_tensor(array, name=name) for name, array in arrays.items()}
    structure = make_structure(arrays)
    return [*position_pictures(structure, tensors), *bias_pictures(structure, tensors)]


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("embeddings.position_embeddings.weight", True),
        ("transformer.wpe.weight", True),
        ("pos_embed", True),
        ("encoder.pos_embedding", True),
        ("positional_embedding", True),
        ("model.decoder.embed_positions.weight", True),
        ("vision_model.embeddings.position_embedding.weight", True),
        ("embeddings.position_ids", False),
        ("encoder.relative_position_embeddings.weight", False),
        ("post_embed.weight", False),
        ("word_embeddings.weight", False),
    ],
)
def test_tables_of_positions_are_known_by_the_names_they_have(name: str, want: bool) -> None:
    assert is_table(make_fact(name, (1, 64, 32))) is want


def test_a_name_alone_is_no_table() -> None:
    assert not is_table(make_fact("pos_embed", (1, 64, 8, 8)))
    assert not is_table(make_fact("pos_embed", (3, 32)))
    assert not is_table(make_fact("pos_embed", (64, 32), dtype="int64"))
    assert not is_table(make_fact("pos_embed", (1 << 20, 32)))
    assert NAME.search("a.pos_emb.weight")


def test_cosines_are_those_of_the_definition_and_zero_rows_are_like_none() -> None:
    rows = random(5, 9).astype(np.float64)
    rows[2] = 0
    found = cosines(rows)
    assert found[0, 1] == pytest.approx(rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]))
    assert (found[2] == 0).all()


def test_positions_of_a_text_are_one_image_with_a_bright_diagonal() -> None:
    angle = np.arange(40)[:, None] * np.geomspace(0.3, 0.01, 16)[None]
    table = np.concatenate((np.sin(angle), np.cos(angle)), axis=1).astype(np.float32)
    (found,) = pictures_of({"wpe.weight": table})
    image = np.frombuffer(found.tiles[0], np.uint8).reshape(40, 40)
    assert (np.diag(image) == 255).all()
    assert (image == image.T).all()
    assert found.neighbours is not None and found.apart is not None  # noqa: PT018
    assert found.neighbours > 0.95
    assert found.neighbours > found.apart
    assert found.low == pytest.approx(cosines(table.astype(np.float64)).min())


def test_long_tables_are_thinned_and_say_so_by_their_indices() -> None:
    (found,) = pictures_of({"wpe.weight": random(1000, 16)})
    assert (found.width, found.total, found.indices[1]) == (128, 1000, 7)
    assert len(found.tiles[0]) == 128 * 128


def test_a_table_beside_an_embedding_of_patches_is_a_grid() -> None:
    rows, columns = np.divmod(np.arange(49), 7)
    table = np.zeros((1, 50, 24), np.float32)
    table[0, 1 + np.arange(49), rows] = 1
    table[0, 1 + np.arange(49), 7 + columns] = 1
    (found,) = pictures_of({"pos_embed": table, "patch_embed.proj.weight": random(24, 3, 4, 4)})
    assert (found.width, found.height, len(found.tiles), found.columns) == (7, 7, 49, 7)
    tile = np.frombuffer(found.tiles[10], np.uint8).reshape(7, 7)  # row 1, column 3
    assert tile[1, 3] == 255
    assert (tile[1, [0, 1, 2, 4, 5, 6]] == tile[0, 3]).all()
    assert tile[0, 0] == 0
    assert found.indices[10] == 11
    assert "a token before the grid" in found.notes[0]


def test_a_large_grid_is_thinned_along_both_sides() -> None:
    (found,) = pictures_of({"pos_embed": random(1, 24 * 24, 16), "patch.weight": random(16, 3, 4, 4)})
    assert (len(found.tiles), found.columns, found.indices[1]) == (64, 8, 3)
    assert sum(map(len, found.tiles)) <= 49_152


@pytest.mark.parametrize(
    ("positions", "patch", "want"),
    [
        (50, (32, 3, 4, 4), 7),
        (49, (32, 3, 4, 4), 7),
        (51, (32, 3, 4, 4), 7),
        (52, (32, 3, 4, 4), 0),
        (49, (64, 3, 4, 4), 0),
        (49, (32, 3, 1, 1), 0),
        (77, (32, 3, 4, 4), 0),
    ],
)
def test_a_grid_must_be_proved(positions: int, patch: tuple[int, ...], want: int) -> None:
    structure = make_structure({"pos_embed": np.empty((1, positions, 32)), "patch.weight": np.empty(patch)})
    assert grid_side(structure.tensors[0], positions, structure) == want


def test_the_patches_of_another_tower_prove_nothing() -> None:
    arrays = {
        "text.embeddings.position_embedding.weight": np.empty((49, 32)),
        "vision.patch.weight": np.empty((32, 3, 4, 4)),
    }
    structure = make_structure(arrays)
    assert grid_side(structure.tensors[0], 49, structure) == 0


def test_a_window_of_relative_positions_has_a_tile_for_each_head() -> None:
    table = random(49, 3)
    (found,) = pictures_of({"layers.0.attn.relative_position_bias_table": table})
    assert (found.kind, found.width, len(found.tiles)) == ("bias", 7, 3)
    assert found.high == pytest.approx(np.abs(table).max())
    middle = np.frombuffer(found.tiles[1], np.uint8)
    want = np.rint((table[:, 1].astype(np.float64) + found.high) * 255 / (2 * found.high))
    assert np.array_equal(middle, want.astype(np.uint8))


def test_the_buckets_of_t5_are_one_image_of_heads() -> None:
    (found,) = pictures_of({"encoder.block.0.relative_attention_bias.weight": random(32, 8)})
    assert (found.width, found.height, len(found.tiles)) == (32, 8, 1)


def test_tables_of_zeros_and_of_other_shapes_have_no_picture() -> None:
    assert pictures_of({"a.relative_position_bias_table": np.zeros((49, 3), np.float32)}) == []
    assert pictures_of({"a.relative_position_bias_table": random(48, 3)}) == []
    assert pictures_of({"pos_embed": np.zeros((1, 5, 8), np.float32)})[0].notes == (
        "5 positions are all zero and similar to none.",
    )
