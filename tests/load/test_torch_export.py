"""torch.export archives."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.errors import CorruptFileError
from tests.load.files import calls, opened, recognising, same, written
from tests.load.hostile import call, name, stream, zipped


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, torch.Tensor]]:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    path = tmp_path_factory.mktemp("pt2") / "net.pt2"
    torch.export.save(torch.export.export(module, (torch.ones(1, 3, 8, 8),)), path)
    return path, module.state_dict()


def test_weights_are_read_by_name(exported: tuple[Path, dict[str, torch.Tensor]]) -> None:
    path, state = exported
    with opened(path) as checkpoint:
        assert checkpoint.source.format == "torch-export"
        assert {t.name for t in checkpoint.tensors} == set(state)
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)
        roles = {t.name: (t.role, t.trainable) for t in checkpoint.tensors}
        assert (roles["0.weight"], roles["1.running_mean"]) == (("parameter", True), ("buffer", None))
        assert "torch_version" in {item.name for item in checkpoint.source.metadata}


def changed(path: Path, **replaced: bytes | None) -> bytes:
    """The archive with members whose names end so replaced, or left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(buffer, "w") as target:
        for info in source.infolist():
            key = next((k for k in replaced if info.filename.endswith(k)), None)
            data = source.read(info.filename) if key is None else replaced[key]
            if data is not None:
                target.writestr(info.filename, data)
    return buffer.getvalue()


def test_what_opening_would_unpickle_is_named(exported: tuple[Path, Any], tmp_path: Path) -> None:
    attack = zipped(stream(call(name("os", "system"), "touch x")))
    data = changed(exported[0], **{"sample_inputs/model.pt": attack})
    with opened(written(tmp_path, data)) as checkpoint:
        assert [made.target for made in calls(checkpoint) if made.danger == "code"] == ["os.system"]
        assert len(checkpoint.tensors) == 7


def test_tables_that_lie_lose_one_tensor(exported: tuple[Path, Any], tmp_path: Path) -> None:
    with zipfile.ZipFile(exported[0]) as archive:
        member = next(n for n in archive.namelist() if n.endswith("model_weights_config.json"))
        table = json.loads(archive.read(member))
    entries = table["config"]
    entries["0.weight"]["tensor_meta"]["sizes"][0] = {"as_int": 10**9}
    entries["0.bias"]["path_name"] = "../../etc/passwd"
    entries["1.weight"]["tensor_meta"] = 3
    entries["1.bias"]["tensor_meta"]["dtype"] = 99
    data = changed(exported[0], **{"model_weights_config.json": json.dumps(table).encode()})
    with opened(written(tmp_path, data)) as checkpoint:
        readable = {t.name for t in checkpoint.tensors if t.storage is not None}
        assert readable == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
        assert len(checkpoint.source.notes) == 4


@pytest.mark.parametrize("table", [b"not json", b"[]", b'{"config": []}', b"[" * 100_000])
def test_broken_tables_are_refused(table: bytes, exported: tuple[Path, Any], tmp_path: Path) -> None:
    data = changed(exported[0], **{"model_weights_config.json": table})
    with pytest.raises(CorruptFileError), opened(written(tmp_path, data)):
        pass


def test_archives_are_told_by_their_table() -> None:
    assert recognising(b"PK\3\4", ("m/data/weights/model_weights_config.json",)) == ["torch-export"]
