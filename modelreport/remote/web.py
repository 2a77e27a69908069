"""Files behind ``https://``: ranges where the server serves them, and folders where it lists them."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from modelreport.errors import ChangedError, LoadError, MissingFileError
from modelreport.remote.path import RemotePath
from modelreport.remote.store import Found, Store

if TYPE_CHECKING:
    from aiohttp import ClientResponse

HEAD_BYTES = 1 << 14
"""What the first request asks for: it tells the size as well."""
IDLE_S = 30.0
"""How long a server may be silent."""
USUAL = (
    "config.json", "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "adapter_config.json", "adapter_model.safetensors", "modules.json",
    "model_index.json", "README.md", "tokenizer_config.json",
)  # fmt: skip
"""Files looked for in a folder whose server does not list it."""
_SPARE_BYTES = 1 << 30
"""Room that a whole download leaves on the disk."""


class WebStore(Store):
    """A web server."""

    patience_s = IDLE_S

    async def get(self, path: RemotePath, first: int = -1, last: int = -1, slash: str = "") -> Any:
        """The response to a request, of the bytes from ``first`` to ``last`` (included) where they are given."""
        from aiohttp import ClientTimeout

        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={first}-{last}"} if first >= 0 else {})
        session = await self.fs.set_session()
        patience = ClientTimeout(total=None, sock_connect=IDLE_S, sock_read=IDLE_S)
        place, mark, query = path.url.partition("?")
        return session.get(self.fs.encode_url(f"{place}{slash}{mark}{query}"), headers=headers, timeout=patience)

    async def _info(self, path: RemotePath) -> Found:
        if path.url.partition("?")[0].endswith("/"):
            return await self._folder(path)
        async with await self.get(path, 0, HEAD_BYTES - 1) as response:
            if response.status == 416:  # there is no byte 0
                return Found(folder=False, size_bytes=0, stamp=stamp_of(response))
            response.raise_for_status()
            if response.url.path.endswith("/") and response.content_type == "text/html":
                return Found(folder=True, size_bytes=0, stamp="")
            if response.status == 206:
                return Found(False, total_of(response, path), stamp_of(response), await response.read())
            if response.content_length is not None and response.content_length <= HEAD_BYTES:
                head = await response.read()
                return Found(False, len(head), stamp_of(response), head)
            size = response.content_length
            return Found(False, -1 if size is None else size, stamp_of(response), ranges=False)

    async def _folder(self, path: RemotePath) -> Found:
        if not await self._names(path):
            raise MissingFileError(
                f"{path} is a folder that the server does not list, with none of the usual files of a model.",
                "Give the address of the weights, or of their index.",
            )
        return Found(folder=True, size_bytes=0, stamp="")

    async def _names(self, path: RemotePath) -> list[str]:
        place = path.url.partition("?")[0].rstrip("/") + "/"
        try:
            links = await self.fs._ls(place, detail=False)  # noqa: SLF001 - called on the loop
        except Exception:
            links = []  # not listed: the usual names are tried
        here = unquote(urlsplit(place).path)
        found = []
        for link in links:
            below = unquote(urlsplit(link).path).removeprefix(here).rstrip("/")
            if below and "/" not in below and below not in (".", ".."):
                found.append(below)
        return found or await self._usual(path)

    async def _usual(self, path: RemotePath) -> list[str]:
        """Those of the usual names that the server has."""

        async def there(name: str) -> bool:
            try:
                return not (await self._info(path / name)).folder
            except Exception:
                return False

        answers = await asyncio.gather(*map(there, USUAL))
        return [name for name, answer in zip(USUAL, answers, strict=True) if answer]

    async def fetch(self, path: RemotePath, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end`` (excluded); ``ChangedError`` when they are those of another file."""
        from aiohttp import ClientPayloadError

        known = self._known.get(path.url)
        async with await self.get(path, start, end - 1) as response:
            response.raise_for_status()
            if isinstance(known, Found):
                check_same(response, known, path)
            if response.status != 206:
                raise LoadError(f"{path}: the server stopped serving ranges.", "Fetch the file, and give its path.")
            data: bytes = await response.read()
        if len(data) != end - start:
            raise ClientPayloadError(f"{len(data)} of {end - start} bytes came")
        return data

    def download(self, path: RemotePath) -> IO[bytes]:
        """The whole file in a temporary one without a name, which is gone when it is closed. Raises ``LoadError``."""
        file = tempfile.TemporaryFile(prefix="modelreport-")  # noqa: SIM115 - the caller closes it
        try:
            self.wait(path, self.ask(self._download, path, file.fileno()))
        except BaseException:
            file.close()
            raise
        return file

    async def _download(self, path: RemotePath, descriptor: int) -> None:
        room = shutil.disk_usage(tempfile.gettempdir()).free - _SPARE_BYTES
        os.ftruncate(descriptor, 0)
        done = 0
        async with await self.get(path) as response:
            response.raise_for_status()
            async for chunk in response.content.iter_chunked(1 << 20):
                if max(done + len(chunk), response.content_length or 0) > room:
                    raise LoadError(f"{path} does not fit into {tempfile.gettempdir()}.", "Set TMPDIR to another disk.")
                done += os.pwrite(descriptor, chunk, done)


def total_of(response: ClientResponse, path: RemotePath) -> int:
    """Size of the whole file, from a response to a range."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if not total.isdecimal():
        raise LoadError(f"{path}: the server does not tell the size of the file.", "Fetch it, and give its path.")
    return int(total)


def stamp_of(response: ClientResponse) -> str:
    """What changes when the file does. A weak ETag may be another on each machine behind one address."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")


def check_same(response: ClientResponse, known: Found, path: RemotePath) -> None:
    """``ChangedError`` when a response is of another file than the first one was."""
    if stamp_of(response) != known.stamp or (response.status == 206 and total_of(response, path) != known.size_bytes):
        raise ChangedError(path)
