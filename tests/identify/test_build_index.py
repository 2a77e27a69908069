from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelreport.identify import build_index, families
from modelreport.identify.index import PATH, decode, load_index


def test_the_shipped_index_knows_every_architecture_of_the_installed_versions() -> None:
    index = load_index()
    known = {(a.library, a.name) for a in index.architectures}
    for library in build_index.LIBRARIES:
        assert index.versions[library]
        names = build_index.model_names(library)
        assert len(names) > 100
        assert {(library, n) for n in names} <= known


def test_a_second_copy_of_the_quantised_models_is_left_out() -> None:
    assert not [n for n in build_index.model_names("torchvision") if n.startswith("quantized_")]
    assert build_index.model_names("no_such_library") == ()


@pytest.mark.parametrize(
    ("library", "name"),
    [("torchvision", "resnet18"), ("torchvision", "regnet_y_400mf"), ("timm", "swin_tiny_patch4_window7_224")],
)
def test_what_is_built_today_is_what_the_index_says(library: str, name: str) -> None:
    _, _, class_path, shapes = build_index.describe_architecture(library, name)
    best = load_index().nearest(shapes)[0]
    same = [c for c in load_index().nearest(shapes) if c.similarity == 1]
    assert best.similarity == 1
    assert (library, name, class_path) in [
        (c.architecture.library, c.architecture.name, c.architecture.class_path) for c in same
    ]


def test_the_command_writes_files_that_read_back(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    names = {"timm": ("resnet18", "no_such_model")}
    monkeypatch.setattr(build_index, "model_names", lambda library: names.get(library, ()))
    monkeypatch.setattr(build_index, "model_types", lambda: ("gpt2", "no_such_type"))
    assert build_index.main([str(tmp_path)]) == 0
    assert [a.name for a in decode((tmp_path / PATH.name).read_bytes()).architectures] == ["resnet18"]
    made = families.decode((tmp_path / families.PATH.name).read_bytes())
    assert made.names == ("gpt2",)
    assert made.versions["transformers"]
    told = capsys.readouterr().err
    assert "no_such_model left out" in told
    assert "no_such_type left out" in told
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted((PATH.name, families.PATH.name))


def test_the_indexes_stay_small_enough_to_ship() -> None:
    assert PATH.stat().st_size + families.PATH.stat().st_size < 1_600_000
