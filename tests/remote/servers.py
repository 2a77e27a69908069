"""A web server on this machine that serves a folder and counts what it is asked for; it can misbehave."""

from __future__ import annotations

import json
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

HEAD = 1 << 14


@dataclass
class Web:
    """What a server does, and what it has done."""

    folder: Path
    port: int = 0
    ranges: bool = True
    listed: bool = True
    """Whether folders are answered with a page of links."""
    fails: dict[str, list[int]] = field(default_factory=dict)
    """Statuses to answer with, by name: one for each request, the last one again and again (0: as usual)."""
    silent_after: int | None = None
    """So many requests are answered, later ones wait until the server is let go; ``None``: all are answered."""
    waits: threading.Event = field(default_factory=threading.Event)
    """Set once a request waits for its answer."""
    let_go: threading.Event = field(default_factory=threading.Event)
    cuts: int = 0
    """How many answers break off in the middle."""
    etag: str = '"one"'
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of each request."""
    query: str = ""
    """Query of the last request."""
    served: int = 0

    def url(self, name: str = "", user: str = "", query: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.port}/{name}{query}"

    def forget(self) -> None:
        self.requests.clear()
        self.served = 0


def handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            name = unquote(parts.path).lstrip("/")
            asked = self.headers.get("Range", "")
            web.requests.append((name, asked))
            web.query = parts.query
            if web.silent_after is not None and len(web.requests) > web.silent_after:
                web.waits.set()
                web.let_go.wait(300)
            statuses = web.fails.get(name, [0])
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            place = web.folder / name
            if status:
                self.answer(status, b"no", {})
            elif place.is_dir() and web.listed:
                links = "".join(f'<a href="{p.name}{"/" * p.is_dir()}">{p.name}</a>' for p in place.iterdir())
                self.answer(200, links.encode(), {"Content-Type": "text/html"})
            elif not place.is_file():
                self.answer(404, b"", {})
            else:
                self.file(place, asked)

        def file(self, place: Path, asked: str) -> None:
            size, found = place.stat().st_size, re.fullmatch(r"bytes=(\d+)-(\d+)", asked)
            if not (found and web.ranges):
                self.answer(200, place.read_bytes(), {"ETag": web.etag})
                return
            first, last = int(found[1]), min(int(found[2]), size - 1)
            if first >= size:
                self.answer(416, b"", {"Content-Range": f"bytes */{size}"})
                return
            with place.open("rb") as file:
                file.seek(first)
                data = file.read(last - first + 1)
            self.answer(206, data, {"ETag": web.etag, "Content-Range": f"bytes {first}-{last}/{size}"})

        def answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if web.cuts and len(data) > HEAD:
                web.cuts -= 1
                data = data[: len(data) // 2]
                self.close_connection = True
            web.served += len(data)  # before the client has it and looks
            try:
                self.wfile.write(data)
            except OSError:  # the client has seen enough
                self.close_connection = True

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is no news."""


@contextmanager
def web_of(folder: Path) -> Iterator[Web]:
    """A server of the folder until the block ends."""
    web = Web(folder)
    server = _Server(("127.0.0.1", 0), handler(web))
    web.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield web
    finally:
        web.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


def write_safetensors(path: Path, tensors: dict[str, Any]) -> None:
    """A safetensors file of float32 arrays."""
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))


def weights(count: int = 6, rows: int = 500) -> dict[str, Any]:
    """Layers of a thousand columns and their biases."""
    generator = np.random.default_rng(0)
    found: dict[str, Any] = {}
    for layer in range(count):
        found[f"layers.{layer}.weight"] = generator.standard_normal((rows, 1000), np.float32) * np.float32(0.02)
        found[f"layers.{layer}.bias"] = generator.standard_normal(rows, np.float32)
    return found


def write_shards(folder: Path, count: int = 3, rows: int = 500) -> None:
    """A sharded checkpoint with its index and a configuration."""
    places: dict[str, str] = {}
    for number in range(count):
        name = f"model-{number + 1:05d}-of-{count:05d}.safetensors"
        values = {f"part{number}.{key}": value for key, value in weights(2, rows).items()}
        write_safetensors(folder / name, values)
        places |= dict.fromkeys(values, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (folder / "config.json").write_text(json.dumps({"model_type": "unheard-of", "hidden_size": 1000}))
