"""Google's storage, through an emulator on this machine that counts what it is asked for and can break off."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import fsspec
import pytest

from modelreport import api
from modelreport.errors import LoadError, MissingDependencyError
from modelreport.remote import RemotePath, locate, store
from tests.remote.servers import weights, write_safetensors, write_shards

EMULATOR = """
import sys
from pathlib import Path
from gcp_storage_emulator import server
asked, cuts = map(Path, sys.argv[1:])
answer = server.RequestHandler.do_GET
def counted(self):
    with asked.open("a") as log:
        log.write(f"{self.path} {self.headers.get('Range', '')}\\n")
    left = int(cuts.read_text() or 0) if "alt=media" in self.path else 0
    if left:
        cuts.write_text(str(left - 1))
        self.close_connection = True
        self.connection.close()
    else:
        answer(self)
server.RequestHandler.do_GET = counted
server.server.HTTPServer = server.server.ThreadingHTTPServer
made = server.create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
made.start()
print(made._api._httpd.server_port, flush=True)
sys.stdin.read()
"""


@dataclass
class Emulator:
    """What the emulator was asked for, and what it is told to do."""

    url: str
    folder: Path

    def put(self, folder: Path) -> None:
        """The files of a folder into the bucket."""
        for path in folder.iterdir():
            name = f"upload/storage/v1/b/bucket/o?uploadType=media&name={folder.name}%2F{path.name}"
            with urlopen(Request(f"{self.url}/{name}", path.read_bytes(), method="POST"), timeout=100) as answer:
                assert answer.status == 200

    def forget(self) -> None:
        (self.folder / "asked").write_text("")

    def ranges(self, name: str) -> list[tuple[int, int]]:
        """First byte and the one past the last of each request for bytes of an object."""
        lines = (self.folder / "asked").read_text().splitlines()
        return [
            (int(found[1]), int(found[2]) + 1)
            for line in lines
            if name in line and (found := re.search(r"alt=media.* bytes=(\d+)-(\d+)$", line))
        ]

    def break_off(self, times: int) -> None:
        """How many of the next answers never come."""
        (self.folder / "cuts").write_text(str(times))


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("google")
    for name in ("asked", "cuts"):
        (folder / name).touch()
    process = subprocess.Popen(
        [sys.executable, "-c", EMULATOR, str(folder / "asked"), str(folder / "cuts")], cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    yield Emulator(f"http://127.0.0.1:{int(process.stdout.readline())}", folder)
    process.kill()
    process.communicate()


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without credentials of this machine, and without asking for any."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.delenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", raising=False)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(store, "PAUSE_S", 0.01)


@pytest.fixture
def bucket(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.url)
    emulator.break_off(0)
    return emulator


def test_a_sharded_checkpoint_of_a_bucket_is_read_as_it_is_here(bucket: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    write_shards(folder, rows=50)
    bucket.put(folder)
    for far, near in (
        ("gs://bucket/m/", folder),
        ("gcs://bucket/m/model.safetensors.index.json", folder / "model.safetensors.index.json"),
    ):
        there, here = api.build(far, trace=False), api.build(near, trace=False)
        assert (there.weights, there.structure) == (here.weights, here.structure)
        assert there.source.files == here.source.files
        assert all(file.sha256 for file in there.source.files)
        assert there.source.metadata[0].value == far


def test_headers_come_first_and_values_once_and_only_when_they_are_wanted(bucket: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    write_safetensors(folder / "m.safetensors", weights(3, 400))
    bucket.put(folder)
    size = (folder / "m.safetensors").stat().st_size
    bucket.forget()
    api.build("gs://bucket/large/m.safetensors", weights=False, trace=False)
    headers = bucket.ranges("m.safetensors")
    assert headers[0][0] == 0
    assert sum(end - start for start, end in headers) <= 1 << 16
    bucket.forget()
    api.build("gs://bucket/large/m.safetensors", spectra="none", trace=False)
    asked = bucket.ranges("m.safetensors")
    assert asked[: len(headers)] == headers
    assert sum(end - start for start, end in asked) <= size + (1 << 16)


def test_an_answer_that_breaks_off_is_asked_for_again(bucket: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    write_safetensors(folder / "m.safetensors", weights(1, 50))
    bucket.put(folder)
    bucket.break_off(store.TRIES - 1)
    there = api.build("gs://bucket/cut/m.safetensors", trace=False)
    assert there.weights == api.build(folder / "m.safetensors", trace=False).weights
    bucket.break_off(1000)
    with pytest.raises(LoadError, match=r"gs://bucket/cut/m\.safetensors cannot be read"):
        api.build("gs://bucket/cut/m.safetensors", trace=False)


@pytest.mark.parametrize("address", ["gs://bucket/n/none.pth", "gs://no-such-bucket/x.pth", "gs://no-such-bucket/"])
def test_what_is_not_in_a_bucket_and_a_bucket_that_is_not_there_are_told(bucket: Emulator, address: str) -> None:
    with pytest.raises(LoadError, match=f"{re.escape(address)} does not exist"):
        api.build(address)


def test_a_store_where_nobody_answers_is_told_soon_and_nothing_else_is_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    with pytest.raises(LoadError, match=r"gs://bucket/x\.pth cannot be read \(ClientConnectorError") as caught:
        api.build("gs://bucket/x.pth")
    assert "gcloud" in caught.value.hint
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("status", [401, 403])
def test_a_bucket_that_wants_credentials_says_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            body = json.dumps({"error": {"code": status, "message": "Anonymous caller does not have access."}}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
    try:
        with pytest.raises(LoadError, match=r"gs://bucket/x\.pth may not be read") as caught:
            api.build("gs://bucket/x.pth")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "gcloud auth application-default login" in caught.value.hint


def test_only_who_asks_for_it_gets_the_file_system_that_asks_by_another_protocol(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = fsspec.get_filesystem_class("gs")
    path = locate("gs://bucket/x.pth")
    assert isinstance(path, RemotePath)
    assert type(path.store.fs) is not kind
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "true")
    assert store._plain_gcs(kind) is kind


def test_what_the_libraries_log_is_not_written_beside_the_error() -> None:
    code = (
        "import logging, fsspec\n"
        "from modelreport.remote import store\n"
        "store._plain_gcs(fsspec.get_filesystem_class('gs'))\n"
        "for name in ('gcsfs', 'google.auth._default'):\n"
        "    logging.getLogger(name).warning('noise')\n"
        "logging.getLogger('other').warning('heard')\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, timeout=200, check=True
    )
    assert done.stderr == "heard\n"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    monkeypatch.setattr(sys.modules["fsspec.registry"], "_registry", {})
    monkeypatch.setattr(sys.modules["fsspec.registry"], "registry", {})
    with pytest.raises(MissingDependencyError, match=r"Reading gs:// addresses needs the package gcsfs") as missing:
        api.build("gs://bucket/x.pth")
    assert missing.value.hint == "pip install 'modelreport[remote]'"
