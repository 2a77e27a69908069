"""Which models a folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelreport.digests import files_of
from modelreport.errors import OptionsError
from modelreport.site.find import find_models
from tests.site.models import write_model, write_repository, write_sharded


def names(root: Path, *leave_out: Path) -> list[str]:
    return [found.name for found in find_models(root, frozenset(path.resolve() for path in leave_out))]


def test_every_checkpoint_is_found_once_however_deep(tmp_path: Path) -> None:
    write_model(tmp_path / "a.safetensors")
    write_model(tmp_path / "deep" / "er" / "b.safetensors")
    write_repository(tmp_path / "hub" / "bert")
    write_sharded(tmp_path / "sharded")
    assert names(tmp_path) == ["a.safetensors", "deep/er/b.safetensors", "hub/bert", "sharded"]


def test_what_is_no_checkpoint_is_passed_over(tmp_path: Path) -> None:
    for name in ("README.md", "train.py", "data.csv", "types.ts", "notes", "picture.bin", "config.yaml"):
        (tmp_path / name).write_text("const a: number = 1;\n")
    write_model(tmp_path / ".hidden" / "a.safetensors")
    write_model(tmp_path / "__pycache__" / "a.safetensors")
    assert names(tmp_path) == []


def test_what_is_named_like_a_checkpoint_and_is_none_is_listed(tmp_path: Path) -> None:
    (tmp_path / "broken.pth").write_text("<html>")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    (tmp_path / "gone.pt").symlink_to(tmp_path / "nowhere.pt")
    assert names(tmp_path) == ["broken.pth", "empty.safetensors", "gone.pt"]


def test_a_file_beside_shards_is_a_model_of_its_own(tmp_path: Path) -> None:
    write_sharded(tmp_path / "two")
    write_model(tmp_path / "two" / "other.safetensors")
    assert names(tmp_path) == ["two", "two/other.safetensors"]


def test_files_with_common_names_in_a_plain_folder_are_models_each(tmp_path: Path) -> None:
    write_model(tmp_path / "model.safetensors")
    write_model(tmp_path / "resnet.safetensors")
    assert names(tmp_path) == ["model.safetensors", "resnet.safetensors"]


def test_states_of_training_in_a_repository_are_models_each(tmp_path: Path) -> None:
    write_repository(tmp_path / "bert")
    write_repository(tmp_path / "bert" / "checkpoint-500")
    assert names(tmp_path) == ["bert", "bert/checkpoint-500"]
    assert not any("checkpoint-500" in str(path) for path in files_of(tmp_path / "bert"))


def test_the_folder_itself_can_be_the_model(tmp_path: Path) -> None:
    write_repository(tmp_path / "bert")
    assert names(tmp_path / "bert") == ["bert"]


def test_the_catalogue_is_not_looked_into(tmp_path: Path) -> None:
    write_model(tmp_path / "a.safetensors")
    write_model(tmp_path / "site" / "b.safetensors")
    assert names(tmp_path, tmp_path / "site") == ["a.safetensors"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    write_model(tmp_path / "a" / "m.safetensors")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert names(tmp_path) == ["a/m.safetensors"]


@pytest.mark.parametrize("name", ["nowhere", "file.txt"])
def test_what_is_no_folder_is_a_clear_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(OptionsError, match="folder"):
        find_models(tmp_path / name)
