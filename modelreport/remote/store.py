"""A store of files that fsspec knows, asked by ranges, several at a time; every failure is a ``LoadError``."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from modelreport.errors import LoadError, MissingDependencyError, MissingFileError, ModelReportError
from modelreport.remote.path import WEB, RemotePath, hide

if TYPE_CHECKING:
    from modelreport.remote.file import RemoteFile

PARALLEL = 8
"""Requests under way at a time."""
ANSWER_S = 300.0
"""Longest time for one request."""
TRIES = 4
PAUSE_S = 0.25
"""Before the first repetition of a request that failed for the moment; each later one waits twice as long."""
NAMES_LIMIT = 200_000
_SILENT = logging.NullHandler()
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "hf": "huggingface_hub"}
"""What the extra ``remote`` installs, by scheme."""
OTHERS = {
    "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "adl": "adlfs", "ssh": "paramiko", "sftp": "paramiko",
    "smb": "smbprotocol", "hdfs": "pyarrow", "oci": "ocifs", "oss": "ossfs",
}  # fmt: skip
"""What other stores need, by scheme: the name to install is not always the one that is imported."""
CREDENTIALS = {
    "s3": "Credentials are those of s3fs: AWS_PROFILE, AWS_ACCESS_KEY_ID …; FSSPEC_S3_ANON=true for a public bucket.",
    "gs": "Credentials are those of gcsfs: gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS.",
    "hf": "Credentials are those of huggingface_hub: hf auth login, or HF_TOKEN.",
    "az": "Credentials are those of adlfs: AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or a SAS token.",
    "ssh": "Credentials are those of ssh: a key that its agent holds, and the user in the address, ssh://me@host/path.",
}
_SAME = {"s3a": "s3", "gcs": "gs", "abfs": "az", "abfss": "az", "adl": "az", "sftp": "ssh"}
"""Other names of a scheme."""
T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """What a store says of an address."""

    folder: bool
    size_bytes: int
    stamp: str
    """Changes when the file does: its ETag, or the time it was written; empty when the store tells neither."""
    head: bytes = b""
    """First bytes, where they came along."""
    ranges: bool = True
    """Whether a part can be asked for."""


class Store:
    """One file system of fsspec for the length of a build."""

    patience_s = ANSWER_S
    """How long an answer may take."""

    def __init__(self, path: RemotePath) -> None:
        self.fs = _file_system(path)
        self._known: dict[str, Found | LoadError] = {}
        self._listed: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, RemoteFile] = {}
        self._lock = threading.RLock()
        self._pool: ThreadPoolExecutor | None = None

    def info(self, path: RemotePath, *, again: bool = False) -> Found:
        """Kind and size of what lies at an address; asked once. Raises ``LoadError``."""
        key = path.url
        with self._lock:
            known = None if again else self._known.get(key)
            if known is None:
                try:
                    known = self.wait(path, self.ask(self._info, path))
                except LoadError as error:
                    known = error
                self._known[key] = known
        if isinstance(known, LoadError):
            raise known
        return known

    def remember(self, path: RemotePath, found: Found) -> None:
        """What is known of an address from elsewhere."""
        self._known.setdefault(path.url, found)

    def names(self, path: RemotePath) -> tuple[str, ...]:
        """Names of the entries of a folder, sorted. Raises ``LoadError``."""
        key = path.url
        if key not in self._listed:
            found = self.wait(path, self.ask(self._names, path))
            self._listed[key] = tuple(sorted(set(found))[:NAMES_LIMIT])
        return self._listed[key]

    def file(self, path: RemotePath) -> RemoteFile:
        """The file at an address, opened once until it is closed. Raises ``LoadError``."""
        from modelreport.remote.file import RemoteFile

        with self._lock:
            known = self._files.get(path.url)
            if known is None or known.closed:
                found = self.info(path)
                if found.folder:
                    raise MissingFileError(f"{path} is a folder.")
                known = self._files[path.url] = RemoteFile(path, found)
            return known

    def ask(self, work: Callable[..., Coroutine[Any, Any, T]], path: RemotePath, *arguments: int) -> Future[T]:
        """Begin a request; ``wait`` gives what came of it."""
        if self.fs.async_impl:
            return asyncio.run_coroutine_threadsafe(_tried(work, path, *arguments), self.fs.loop)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(PARALLEL if path.scheme == "hf" else 1, thread_name_prefix="remote")
        return self._pool.submit(asyncio.run, _tried(work, path, *arguments))

    def wait(self, path: RemotePath, future: Future[T]) -> T:
        """The answer to a request, as bytes or facts. Raises ``LoadError``."""
        try:
            return future.result(ANSWER_S * TRIES)
        except CancelledError as error:
            raise LoadError(f"Reading {path} was stopped.") from error
        except Exception as error:
            future.cancel()
            raise explain(error, path, self.patience_s) from error

    def close(self) -> None:
        """Let go of threads; connections are closed by the file system itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    async def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """A method of the file system."""
        if self.fs.async_impl:
            return await getattr(self.fs, f"_{name}")(*arguments, **options)
        return getattr(self.fs, name)(*arguments, **options)

    def inner(self, path: RemotePath) -> str:
        """The address as the file system wants it."""
        return str(self.fs._strip_protocol(path.url))  # noqa: SLF001 - there is no other name for it

    async def _info(self, path: RemotePath) -> Found:
        told = await self.call("info", self.inner(path))
        folder = told.get("type") == "directory"
        size = told.get("size")
        if not folder and not isinstance(size, int):
            raise LoadError(f"{path}: the store does not tell the size of the file.", "Fetch it, and give its path.")
        stamp = next(
            (told[key] for key in ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created") if told.get(key)), ""
        )
        return Found(folder, 0 if folder else int(size), str(stamp))

    async def _names(self, path: RemotePath) -> list[str]:
        folder = self.inner(path).rstrip("/")
        listed = await self.call("ls", folder, detail=False)
        return [
            name for entry in listed if (name := str(entry).rstrip("/").rpartition("/")[2]) and str(entry) != folder
        ]

    async def fetch(self, path: RemotePath, start: int, end: int) -> bytes:
        """The bytes from ``start`` to ``end`` (excluded)."""
        place = self.inner(path)
        if self.fs.async_impl or type(self.fs).cat_file is not _plain_cat():
            return bytes(await self.call("cat_file", place, start=start, end=end))
        with self.fs.open(place, "rb", cache_type="none") as file:  # a cache would read more than was asked for
            file.seek(start)
            return bytes(file.read(end - start))


def _plain_cat() -> Any:
    from fsspec import AbstractFileSystem

    return AbstractFileSystem.cat_file


def open_store(path: RemotePath) -> Store:
    """The store that an address belongs to. Raises ``MissingDependencyError`` and ``LoadError``."""
    if path.scheme in WEB:
        from modelreport.remote.web import WebStore

        return WebStore(path)
    return Store(path)


def _file_system(path: RemotePath) -> Any:
    """A file system of fsspec's; credentials are those of its own environment."""
    purpose = f"Reading {path.scheme}:// addresses"
    try:
        import fsspec
    except ImportError as error:
        raise MissingDependencyError("fsspec", "remote", purpose) from error
    try:
        kind = fsspec.get_filesystem_class(path.scheme)
        if _SAME.get(path.scheme, path.scheme) == "gs":
            kind = _plain_gcs(kind)
        options = {} if path.scheme in WEB else kind._get_kwargs_from_urls(path.url)  # noqa: SLF001 - as fsspec does it
        return kind(**options, skip_instance_cache=True, use_listings_cache=False)
    except ImportError as error:
        raise _missing(path.scheme, purpose, str(error)) from error
    except ValueError as error:
        if path.scheme in OTHERS and "not known" in str(error):  # some are known once their package is there
            raise _missing(path.scheme, purpose) from error
        raise LoadError(
            f"{path}: no store is known for {path.scheme}:// ({hide(str(error))}).",
            "Addresses begin with s3://, gs://, https://, hf:// or another name that fsspec knows.",
        ) from error
    except Exception as error:  # credentials that cannot be found or used
        raise explain(error, path, ANSWER_S) from error


def _missing(scheme: str, purpose: str, told: str = "") -> ModelReportError:
    """What to install to read a scheme; ``told`` is what fsspec says of one that is not in the lists above."""
    if scheme in PACKAGES or scheme in OTHERS:
        extra = "remote" if scheme in PACKAGES else ""
        return MissingDependencyError(PACKAGES.get(scheme) or OTHERS[scheme], extra, purpose)
    return LoadError(f"{purpose} needs a package that is not installed.", hide(told)[:200])


def _plain_gcs(kind: Any) -> Any:
    """The file system of Google's storage that asks for nothing but ranges, and repeats nothing itself.

    Since 2026 gcsfs asks by gRPC before each read what kind of bucket it is, for a minute each time where a network
    lets no gRPC through; only zonal buckets need that, and who has one sets the variable that gcsfs knows for it. Its
    repetitions take half a minute and write tracebacks: ours are told from what will not pass.
    """
    if "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT" in os.environ:
        return kind
    from gcsfs.core import GCSFileSystem

    if not issubclass(kind, GCSFileSystem):
        return kind
    for name in ("gcsfs", "google"):  # what they would write to the terminal is in the error, or was no failure
        logging.getLogger(name).addHandler(_SILENT)
    request = GCSFileSystem._request  # noqa: SLF001 - the one place that repeats
    return type("GCSFileSystem", (GCSFileSystem,), {"_request": getattr(request, "__wrapped__", request)})


async def _tried(work: Callable[..., Awaitable[T]], path: RemotePath, *arguments: int) -> T:
    """What the request gives; one that fails for the moment is repeated."""
    pause = PAUSE_S
    for left in range(TRIES - 1, -1, -1):
        try:
            return await asyncio.wait_for(work(path, *arguments), ANSWER_S)
        except Exception as error:
            if not left or not is_passing(error):
                raise
        await asyncio.sleep(pause)
        pause *= 2
    raise TimeoutError  # not reached: the last try raises


def status_of(error: BaseException) -> int:
    """The HTTP status behind an error; 0 when there is none."""
    response = getattr(error, "response", None)
    told = getattr(error, "status", None) or getattr(response, "status_code", None) or getattr(error, "code", None)
    if isinstance(response, dict):  # botocore
        told = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return told if isinstance(told, int) else 0


_OF_THE_MOMENT = {"ClientConnectionError", "ClientPayloadError", "ChecksumError", "ProxyError", "TransportError"}
"""Names of the classes of libraries' errors: aiohttp, gcsfs, requests, google.auth."""


def is_passing(error: BaseException) -> bool:
    """Whether the same request may succeed a moment later."""
    if isinstance(error, (LoadError, FileNotFoundError, PermissionError, NotImplementedError)):
        return False
    status = status_of(error)
    if status:
        return status >= 500 or status in (408, 429)
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (ConnectionError, TimeoutError)) or bool(names & _OF_THE_MOMENT)


def explain(error: Exception, path: RemotePath, patience_s: float) -> LoadError:
    """A failure of a library as one clear line, without the secrets of the address."""
    if isinstance(error, LoadError):
        return error
    status, hint = status_of(error), CREDENTIALS.get(_SAME.get(path.scheme, path.scheme), "")
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return MissingFileError(f"{path} does not exist{f' ({status})' if status else ''}.")
    if isinstance(error, PermissionError) or status in (401, 403) or str(error).startswith("Forbidden: "):  # gcsfs
        denied = f"{path} may not be read{f' ({status})' if status else ''}."
        return MissingFileError(denied, hint or "The address may need a token, or its signature may have expired.")
    if isinstance(error, TimeoutError):
        return LoadError(f"{path}: no answer within {patience_s:.0f} seconds.", "Try again, or fetch the file first.")
    if status:
        return LoadError(f"{path}: the server answers with the error {status}.", "Try again later.")
    told = hide(next(iter(str(error).splitlines()), ""))[:200]
    return LoadError(f"{path} cannot be read ({type(error).__name__}{f': {told}' if told else ''}).", hint)
