"""Where a checkpoint lies: a path of this machine, or an address such as ``s3://bucket/model.safetensors``."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from modelreport.errors import LoadError, OptionsError

if TYPE_CHECKING:
    from modelreport.remote.store import Store

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<place>[^?#]*)(?P<query>[?#].*)?", re.DOTALL)
_CHAIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+::")
_LOCAL = ("file", "local")
WEB = ("http", "https")
_HUB = re.compile(r"(https://huggingface\.co/[^/]+/[^/]+)/blob/")


@dataclass(frozen=True)
class RemoteStatus:
    """What ``os.stat`` says of a file, as far as a store knows it."""

    st_mode: int
    st_size: int
    st_nlink: int = 1


class RemotePath:
    """An address, with the part of the interface of ``Path`` that reading a checkpoint needs.

    As text it has no credentials and no query string: signed addresses are secrets. Only the store sees them whole.
    """

    def __init__(self, scheme: str, place: str, query: str = "", store: Store | None = None) -> None:
        self.scheme = scheme
        self._place = place
        self._query = query
        self._store = store

    @property
    def url(self) -> str:
        """The whole address, with its secrets: never to be shown."""
        return f"{self.scheme}://{self._place}{self._query}"

    @property
    def store(self) -> Store:
        """What reads it; one for all addresses made from another."""
        if self._store is None:
            from modelreport.remote.store import open_store

            self._store = open_store(self)
        return self._store

    def __str__(self) -> str:
        host, slash, rest = self._place.partition("/")
        shown = host if self.scheme == "hf" else host.rpartition("@")[2]
        return f"{self.scheme}://{shown}{slash}{rest}"

    def __repr__(self) -> str:
        return f"RemotePath({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and self.url == other.url

    def __hash__(self) -> int:
        return hash(self.url)

    def __truediv__(self, name: str | RemotePath) -> RemotePath:
        return self._at(f"{self._place.rstrip('/')}/{str(name).lstrip('/')}")

    def _at(self, place: str) -> RemotePath:
        return RemotePath(self.scheme, place, self._query, self.store)

    @property
    def parts(self) -> tuple[str, ...]:
        """Host or bucket and the names below it."""
        shown = [part for part in str(self).partition("://")[2].split("/") if part]
        return tuple(map(unquote, shown)) if self.scheme in WEB else tuple(shown)

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1] if self.parts else self.scheme

    @property
    def suffix(self) -> str:
        """The ending of the name with its dot; empty without one."""
        return Path(self.name).suffix

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return Path(self.name).stem

    @property
    def parent(self) -> RemotePath:
        """The address one level up; its own at the top."""
        above, _, last = self._place.rstrip("/").rpartition("/")
        return self._at(f"{above}/") if above and last else self

    def absolute(self) -> RemotePath:
        """Itself."""
        return self

    def resolve(self) -> RemotePath:
        """Itself."""
        return self

    def is_absolute(self) -> bool:
        """Always."""
        return True

    def is_symlink(self) -> bool:
        """Never: stores have no links."""
        return False

    def stat(self) -> RemoteStatus:
        """Size and kind. Raises ``LoadError``."""
        found = self.store.info(self)
        return RemoteStatus(stat.S_IFDIR if found.folder else stat.S_IFREG, found.size_bytes)

    def exists(self) -> bool:
        """Whether there is a file or a folder that may be read."""
        try:
            self.stat()
        except LoadError:
            return False
        return True

    def is_dir(self) -> bool:
        """Whether there is a folder."""
        return self.exists() and stat.S_ISDIR(self.stat().st_mode)

    def is_file(self) -> bool:
        """Whether there is a file."""
        return self.exists() and stat.S_ISREG(self.stat().st_mode)

    def iterdir(self) -> Iterator[RemotePath]:
        """The entries of a folder. Raises ``LoadError``."""
        for name in self.store.names(self):
            yield self / name

    def open(self, mode: str = "rb") -> io.BufferedReader:
        """A stream of the file's bytes. Raises ``LoadError``."""
        if mode != "rb":
            raise ValueError(f"mode {mode} of {self}")
        from modelreport.files import FileStream

        return io.BufferedReader(FileStream(self.store.file(self)), 1 << 14)

    def read_bytes(self) -> bytes:
        """All bytes of a file. Raises ``LoadError``."""
        file = self.store.file(self)
        return file.pread(file.size_bytes, 0)


Location = Path | RemotePath
"""Where a checkpoint, or a file or folder of one, lies."""


def is_address(text: str) -> bool:
    """Whether a text is an address of another machine rather than a path."""
    return bool(_ADDRESS.match(text) or _CHAIN.match(text))


def locate(given: str | os.PathLike[str]) -> Location:
    """The place that a text names. Nothing is opened. ``OptionsError`` for a chain of addresses."""
    text = os.fspath(given)
    if not isinstance(given, str) or not is_address(text):
        return Path(text)
    found = _ADDRESS.fullmatch(_HUB.sub(r"\1/resolve/", text))
    if found is None or not found["place"] or "::" in found["place"]:
        raise OptionsError(f"{hide(text)} is not an address that is read.", "Give one of a file or folder, unchained.")
    scheme = found["scheme"].lower()
    if scheme in _LOCAL:
        return Path(unquote(urlsplit(text).path))
    return RemotePath(scheme, found["place"], found["query"] or "")


def hide(text: str) -> str:
    """A text of a library without the secrets that addresses in it may carry."""
    text = re.sub(r"(?<=://)[^/\s'\"?#]*@", "", text)
    return re.sub(r"(://[^\s'\"?#]*)[?#][^\s'\"<>)]*", r"\1", text)
