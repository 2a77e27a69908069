"""Zip checkpoints."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
import torch

from modelreport.errors import CorruptFileError
from tests.load.files import names, opened, recognising, same, saved, written
from tests.load.hostile import call, name, stream, tensor, zipped


def test_the_head_and_members_are_recognised() -> None:
    assert recognising(b"PK\3\4", ("archive/data.pkl", "archive/data/0")) == ["torch-zip"]
    assert recognising(b"PK\3\4", ("data.pkl",)) == ["torch-zip"]
    assert recognising(b"PK\3\4", ("a/b/data.pkl",)) == []
    assert recognising(b"PK\3\4", ("a.txt",)) == []


@pytest.mark.parametrize("kind", ["resnet18", "shufflenet_v2_x0_5"])
@pytest.mark.parametrize("zip_", [True, False])
def test_published_models_are_read_bit_for_bit(kind: str, zip_: bool, tmp_path: Path, torchvision: ModuleType) -> None:
    state = getattr(torchvision.models, kind)().state_dict()
    with opened(saved(tmp_path, state, _use_new_zipfile_serialization=zip_)) as checkpoint:
        assert names(checkpoint) == list(state)
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_every_protocol_of_torch_save(protocol: int, tmp_path: Path) -> None:
    state = torch.nn.Linear(3, 4).state_dict()
    with opened(saved(tmp_path, state, pickle_protocol=protocol)) as checkpoint:
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)


def test_deflated_storages_are_read(tmp_path: Path) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    stored = io.BytesIO(zipped(stream({"w": tensor("0", 2, 3)}, 2)))
    with zipfile.ZipFile(stored) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info.filename))
    with opened(written(tmp_path, buffer.getvalue())) as checkpoint:
        assert checkpoint.tensors[0].array().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_two_pickles_in_two_folders_are_refused(tmp_path: Path) -> None:
    import io
    import zipfile

    buffer = io.BytesIO(zipped(stream({"w": tensor("0", 2, 3)}, 2)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("other/data.pkl", stream({}, 2))
    with (
        pytest.raises(CorruptFileError, match=r"2 members named data\.pkl"),
        opened(written(tmp_path, buffer.getvalue())),
    ):
        pass


def test_pickles_after_the_end_of_the_first_are_judged(tmp_path: Path) -> None:
    data = stream({"w": tensor("0", 2, 3)}, 2) + stream(call(name("os", "system"), "x"))
    with opened(written(tmp_path, zipped(data))) as checkpoint:
        assert [made.where for made in checkpoint.security.calls if made.danger == "code"] == [  # type: ignore[union-attr]
            "archive/data.pkl, after its end"
        ]


def test_a_broken_pickle_is_one_clear_line(tmp_path: Path) -> None:
    path = written(tmp_path, zipped(stream({"w": 1}, 2)[:-4]))
    with pytest.raises(CorruptFileError, match="is damaged: its pickle cannot be read to the end"), opened(path):
        pass
