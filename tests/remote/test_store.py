"""Stores of fsspec's: S3 through a server on this machine, memory, and what is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest

from modelreport import api
from modelreport.errors import LoadError, MissingDependencyError, MissingFileError
from modelreport.remote import locate, store
from tests.remote.servers import weights, write_safetensors, write_shards


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server of S3's protocol in a process of its own, as the environment to use it, and a bucket in it."""
    folder = tmp_path_factory.mktemp("s3")
    code = (
        "import sys, time\n"
        "from moto.server import ThreadedMotoServer\n"
        "server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)\n"
        "server.start()\n"
        "print(server.get_host_and_port()[1], flush=True)\n"
        "sys.stdin.read()\n"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, cwd=folder, env={**os.environ, "AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"},
    )  # fmt: skip
    assert server.stdout is not None
    port = int(server.stdout.readline())
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "moto",
        "AWS_SECRET_ACCESS_KEY": "moto",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server.kill()
    server.communicate()


@pytest.fixture
def bucket(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Puts files of a folder into a bucket."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")

    def put(folder: Path, name: str = "bucket") -> None:
        import s3fs

        files = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
        if not files.exists(name):
            files.mkdir(name)
        for path in folder.rglob("*"):
            if path.is_file():
                files.pipe(f"{name}/{path.relative_to(folder.parent)}", path.read_bytes())

    return put


def test_a_file_and_a_folder_of_a_bucket_are_read_as_they_are_here(bucket: Any, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    write_shards(folder, rows=50)
    write_safetensors(tmp_path / "m" / "one.safetensors", weights(1, 50))
    bucket(folder)
    for far, near in (
        ("s3://bucket/m/", folder),
        ("s3://bucket/m/model.safetensors.index.json", folder / "model.safetensors.index.json"),
        ("s3://bucket/m/one.safetensors", folder / "one.safetensors"),
    ):
        there, here = api.build(far, trace=False), api.build(near, trace=False)
        assert (there.weights, there.structure) == (here.weights, here.structure)
        assert there.source.files == here.source.files
        assert there.source.name == here.source.name
        assert all(file.sha256 for file in there.source.files)
        assert there.source.metadata[0].value == far


def test_what_a_bucket_does_not_have_or_give_is_one_clear_line(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "empty.pth").write_bytes(b"")
    bucket(tmp_path / "n")
    for address, words in (
        ("s3://bucket/n/none.pth", "does not exist"),
        ("s3://no-such-bucket/x.pth", "does not exist"),
        ("s3://bucket/n/empty.pth", "is empty"),
    ):
        with pytest.raises(LoadError, match=words):
            api.build(address)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(store, "PAUSE_S", 0.01)
    with pytest.raises(LoadError, match=r"s3://bucket/n/x\.pth cannot be read") as caught:
        api.build("s3://bucket/n/x.pth")
    assert "AWS_PROFILE" in caught.value.hint


def test_an_object_that_is_replaced_while_it_is_read_is_an_error(bucket: Any, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    write_safetensors(tmp_path / "c" / "m.safetensors", weights(1))
    bucket(tmp_path / "c")

    def replace(stage: str, done: int, total: int) -> None:
        if stage == "measure" and done == total:
            write_safetensors(tmp_path / "c" / "m.safetensors", {k: v + 1 for k, v in weights(1).items()})
            bucket(tmp_path / "c")

    with pytest.raises(LoadError, match="changed while it was read"):
        api.build("s3://bucket/c/m.safetensors", trace=False, progress=replace)


def test_any_store_that_fsspec_knows_is_read(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights(2))
    fsspec.filesystem("memory").pipe("/stored/m.safetensors", (tmp_path / "m.safetensors").read_bytes())
    there = api.build("memory://stored/m.safetensors", trace=False)
    here = api.build(tmp_path / "m.safetensors", trace=False)
    assert (there.weights, there.source.files) == (here.weights, here.source.files)
    with pytest.raises(MissingFileError, match=r"memory://stored/none\.pth does not exist"):
        api.build("memory://stored/none.pth")


def test_an_unknown_scheme_and_a_missing_package_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoadError, match=r"no store is known for nosuch://") as caught:
        api.build("nosuch://a/b.pth")
    assert "s3://" in caught.value.hint
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setattr(sys.modules["fsspec.registry"], "_registry", {})
    monkeypatch.setattr(sys.modules["fsspec.registry"], "registry", {})
    with pytest.raises(MissingDependencyError) as missing:
        api.build("s3://bucket/x.pth")
    assert missing.value.hint == "pip install 'modelreport[remote]'"
    assert "s3fs" in missing.value.message
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingDependencyError, match="fsspec"):
        api.build("https://host/x.pth")


@pytest.mark.parametrize(
    ("address", "package"),
    [
        ("az://container/x.pth", "adlfs"),
        ("abfs://container@account/x.pth", "adlfs"),
        ("abfss://container@account/x.pth", "adlfs"),
        ("ssh://me@host/x.pth", "paramiko"),
        ("sftp://host/x.pth", "paramiko"),
        ("smb://host/share/x.pth", "smbprotocol"),
    ],
)
def test_stores_of_other_packages_are_told_with_the_name_to_install(
    monkeypatch: pytest.MonkeyPatch, address: str, package: str
) -> None:
    for name in ("adlfs", "paramiko", "smbclient"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(sys.modules["fsspec.registry"], "_registry", {})
    monkeypatch.setattr(sys.modules["fsspec.registry"], "registry", {})
    with pytest.raises(MissingDependencyError) as missing:
        api.build(address)
    assert missing.value.hint == f"pip install {package}"
    assert missing.value.message.startswith(f"Reading {address.partition(':')[0]}:// addresses needs")


def test_a_store_of_a_package_that_is_not_listed_is_told_in_fsspecs_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandbfs", None)
    with pytest.raises(LoadError, match="needs a package that is not installed") as caught:
        api.build("wandb://project/x.pth")
    assert caught.value.hint == "Install wandbfs to access wandb"


def test_an_address_of_this_machine_is_its_path(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "a b.safetensors", weights(1, 20))
    by_path = api.build(tmp_path / "a b.safetensors", trace=False)
    by_address = api.build(f"file://{tmp_path}/a%20b.safetensors", trace=False)
    assert by_address.weights == by_path.weights
    assert by_address.source.files == by_path.source.files


def test_an_adapter_s_configuration_does_not_lead_to_other_addresses(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    write_safetensors(
        tmp_path / "adapter_model.safetensors",
        {f"base_model.model.l.q_proj.lora_{x}.weight": weights(1, 8)["layers.0.weight"][:, :8] for x in "AB"},
    )
    files.pipe("/adapter/adapter_model.safetensors", (tmp_path / "adapter_model.safetensors").read_bytes())
    config = {"base_model_name_or_path": "../elsewhere", "peft_type": "LORA", "r": 8}
    files.pipe("/adapter/adapter_config.json", json.dumps(config).encode())
    files.pipe("/elsewhere/config.json", b'{"model_type": "bert"}')
    report = api.build("memory://adapter", trace=False)
    assert "elsewhere/config" not in report.to_json()


def test_a_request_asks_for_what_is_needed_of_a_store_that_would_read_ahead() -> None:
    path: Any = locate("memory://stored/ahead")
    path.store.fs.pipe("/stored/ahead", bytes(range(256)) * 100)
    asked = path.store.ask(path.store.fetch, path, 10, 20)
    assert path.store.wait(path, asked) == bytes(range(10, 20))
    path.store.close()


def test_credentials_that_a_store_cannot_find_are_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("no credentials for gs://bucket/x.pth?token=hush")

    kind = type("Stubborn", (), {"_get_kwargs_from_urls": staticmethod(lambda _: {}), "__init__": refuse})
    monkeypatch.setattr("fsspec.get_filesystem_class", lambda _: kind)
    with pytest.raises(LoadError, match=r"gs://bucket/x\.pth cannot be read \(RuntimeError: no credentials") as caught:
        api.build("gs://bucket/x.pth")
    assert "gcloud" in caught.value.hint
    assert "hush" not in caught.value.message


class Hub(BaseHTTPRequestHandler):
    """As much of the protocol of the Hugging Face hub as its file system asks for, over one folder."""

    protocol_version = "HTTP/1.1"
    folder = Path()

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        place = self.path.partition("?")[0]
        names = sorted(path.name for path in self.folder.iterdir())
        if "/tree/" in place:
            sizes = ((name, (self.folder / name).stat().st_size) for name in names)
            self.answer([{"type": "file", "path": name, "size": size, "oid": "a" * 40} for name, size in sizes])
        elif "/resolve/" in place:
            data = (self.folder / place.rpartition("/")[2]).read_bytes()
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            part = data[first : last + 1]
            self.send(206, part, {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(data)}"})
        elif place == "/api/models/user/repo":
            self.answer({"_id": "1", "id": "user/repo", "sha": "b" * 40, "siblings": []})
        else:
            self.send(404, b"", {})

    def answer(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)


def test_a_model_of_the_hub_is_read_by_its_name(tmp_path: Path) -> None:
    write_shards(tmp_path, rows=20)
    Hub.folder = tmp_path
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    code = "import sys; from modelreport import api\nprint(api.build(sys.argv[1], trace=False).to_json())"
    env = {**os.environ, "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_DISABLE_XET": "1"}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "home")}
    try:
        command = [sys.executable, "-c", code, "hf://user/repo"]
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 0, done.stderr
    far, near = json.loads(done.stdout), json.loads(api.build(tmp_path, trace=False).to_json())
    assert (far["weights"], far["source"]["files"]) == (near["weights"], near["source"]["files"])
    assert (far["source"]["name"], far["source"]["metadata"][0]["value"]) == ("repo", "hf://user/repo")
