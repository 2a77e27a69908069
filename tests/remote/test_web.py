"""Checkpoints behind a web server: what it costs, what may go wrong, and what must not be told."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from modelreport import api
from modelreport.errors import CorruptFileError, LoadError, MissingFileError
from modelreport.remote import locate, store
from modelreport.remote import web as web_module
from modelreport.remote.store import explain
from tests.remote.servers import Web, web_of, weights, write_safetensors, write_shards

SECRET = "?X-Amz-Signature=5ec4e7&token=hush"
SECRETS = ("s3cr3t", "alice", "5ec4e7", "hush", "Signature")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with web_of(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAUSE_S", 0.01)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def report_of(subject: Any, **options: Any) -> api.Report:
    return api.build(subject, trace=False, **options)


def same(far: api.Report, near: api.Report) -> bool:
    """Whether two reports say the same of the weights and the files."""
    return (far.weights, far.source.files, far.structure) == (near.weights, near.source.files, near.structure)


def save_legacy(path: Path) -> None:
    torch.save({k: torch.from_numpy(v) for k, v in weights().items()}, path, _use_new_zipfile_serialization=False)


def save_zip(path: Path) -> None:
    torch.save({k: torch.from_numpy(v) for k, v in weights().items()}, path)


def save_onnx(path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    tensors = [numpy_helper.from_array(v, k) for k, v in weights().items()]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:], tensors)
    onnx.save(helper.make_model(graph), path)


@pytest.mark.parametrize(
    ("name", "save", "most_requests"),
    [
        ("m.safetensors", lambda p: write_safetensors(p, weights()), 2),
        ("m.pth", save_zip, 20),
        ("m.pt", save_legacy, 20),
        ("m.onnx", save_onnx, 30),
    ],
    ids=["safetensors", "zip", "legacy", "onnx"],
)
def test_headers_cost_kilobytes_and_values_are_fetched_once(
    web: Web, tmp_path: Path, name: str, save: Any, most_requests: int
) -> None:
    save(tmp_path / name)
    size = (tmp_path / name).stat().st_size
    near = report_of(tmp_path / name, weights=False)
    far = report_of(web.url(name), weights=False)
    assert (far.structure, far.source.name) == (near.structure, name)
    assert size > 12_000_000
    assert web.served < 400_000
    assert len(web.requests) <= most_requests
    web.forget()
    assert same(report_of(web.url(name)), report_of(tmp_path / name))
    assert size <= web.served < size + 400_000


def test_a_file_of_two_gigabytes_shows_its_tensors_for_kilobytes(web: Web, tmp_path: Path) -> None:
    header = {f"w{i}": {"dtype": "F32", "shape": [1 << 26], "data_offsets": [i << 28, (i + 1) << 28]} for i in range(8)}
    text = json.dumps(header).encode()
    with (tmp_path / "big.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + (8 << 28))
    report = report_of(web.url("big.safetensors"), weights=False)
    assert report.structure.parameters == 1 << 29
    assert report.source.size_bytes > 2 << 30
    assert web.served < 100_000


@pytest.mark.parametrize("way", ["index", "folder", "folder without a list"])
def test_shards_and_folders_are_read_as_they_are_here(web: Web, tmp_path: Path, way: str) -> None:
    near = tmp_path / "m"
    near.mkdir()
    write_shards(near, rows=300)
    web.listed = way != "folder without a list"
    name = "model.safetensors.index.json" if way == "index" else ""
    far = report_of(web.url(f"m/{name}"))
    assert same(far, report_of(near / name))
    assert far.source.format == ("sharded" if way == "index" else "huggingface")
    size = sum(path.stat().st_size for path in near.iterdir())
    assert size <= web.served < size + 200_000


def test_neither_credentials_nor_the_query_of_an_address_are_in_the_report_or_in_errors(
    web: Web, tmp_path: Path
) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights(1))
    url = web.url("m.safetensors", "alice:s3cr3t@", SECRET)
    report = report_of(url)
    assert web.query == SECRET[1:]
    for form in (".json", ".html", ".md"):
        text = report.render(form).decode()
        assert not any(word in text for word in SECRETS)
        assert "m.safetensors" in text
    assert report.source.metadata[0].value == web.url("m.safetensors")
    web.fails["m.safetensors"] = [403]
    with pytest.raises(MissingFileError) as caught:
        report_of(url)
    assert caught.value.message == f"{web.url('m.safetensors')} may not be read (403)."
    path = locate(url)
    for error in (ValueError(f"bad {url}"), OSError(f"no {url}, sorry"), ConnectionError(url)):
        assert not any(word in explain(error, path, 1).message for word in SECRETS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "does not exist"), (403, "may not be read"), (401, "may not be read"), (500, "answers with the error 500")],
)
def test_what_the_server_refuses_is_one_clear_line(web: Web, status: int, words: str) -> None:
    web.fails["m.pth"] = [status]
    with pytest.raises(LoadError, match=words) as caught:
        report_of(web.url("m.pth"))
    assert "\n" not in caught.value.message
    assert len(web.requests) == (store.TRIES if status == 500 else 1)


def test_an_address_where_nobody_answers_is_told() -> None:
    with pytest.raises(LoadError, match=r"127\.0\.0\.1:1/m\.pth cannot be read"):
        report_of("http://127.0.0.1:1/m.pth")


def test_errors_of_the_moment_and_broken_answers_are_repeated(web: Web, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights())
    web.fails["m.safetensors"] = [503, 0, 500, 429, 0]
    web.cuts = 2
    assert same(report_of(web.url("m.safetensors")), report_of(tmp_path / "m.safetensors"))
    assert web.cuts == 0


def test_a_silent_server_is_not_waited_for_without_end(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "IDLE_S", 0.05)
    monkeypatch.setattr(store, "TRIES", 2)
    web.silent_after = 0
    with pytest.raises(LoadError, match="no answer within"):
        report_of(web.url("m.pth"))


def test_a_server_without_ranges_is_read_whole_once_and_the_report_says_so(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights())
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    web.ranges = False
    near = report_of(tmp_path / "m.safetensors")
    far = report_of(web.url("m.safetensors"))
    assert same(far, near)
    assert set(far.source.notes) - set(near.source.notes) == {
        "The server of m.safetensors does not serve parts of files: it was fetched whole."
    }
    assert [request for request in web.requests if request[0] == "m.safetensors"][1:] == [("m.safetensors", "")]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_file_that_changes_while_it_is_read_is_an_error(web: Web, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights())

    def replace(stage: str, done: int, total: int) -> None:
        del done, total
        if stage == "measure":
            web.etag = '"two"'

    with pytest.raises(LoadError, match="changed while it was read") as caught:
        report_of(web.url("m.safetensors"), progress=replace)
    assert "nobody writes" in caught.value.hint


def test_a_page_an_empty_file_and_a_truncated_one_are_told_from_a_checkpoint(web: Web, tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<!doctype html><title>Sign in</title>" * 100)
    (tmp_path / "empty.pth").write_bytes(b"")
    write_safetensors(tmp_path / "cut.pth", weights(1))
    data = (tmp_path / "cut.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(data[:-4000])
    for name, words in (("page.pth", "is not a checkpoint"), ("empty.pth", "empty"), ("cut.pth", "past the end")):
        with pytest.raises(LoadError, match=words) as caught:
            report_of(web.url(name))
        assert web.url(name) in caught.value.message
    assert isinstance(caught.value, CorruptFileError)


def test_names_with_spaces_and_signs_are_read(web: Web, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "my model+1.safetensors", weights(1, 50))
    report = report_of(web.url("my%20model+1.safetensors"))
    assert report.source.name == "my model+1.safetensors"


def test_an_address_travels_and_is_read_by_another_process(web: Web, tmp_path: Path) -> None:
    values = weights(1)
    write_safetensors(tmp_path / "m.safetensors", values)
    path: Any = locate(web.url("m.safetensors"))
    file = path.store.file(path)
    there = pickle.loads(pickle.dumps(file))
    assert there is pickle.loads(pickle.dumps(file))
    data = bytes(there.view(file.size_bytes - 2000, 2000))
    assert np.array_equal(np.frombuffer(data, np.float32), values["layers.0.bias"])
    there.close()
    web.etag = '"two"'
    again = pickle.loads(pickle.dumps(file))
    with pytest.raises(LoadError, match="changed"):
        again.view(0, 100_000)
    again.close()
    file.close()
