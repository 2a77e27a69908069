"""Work in a child process with limits: what it does to memory, time or the interpreter ends with it.

The child is forked, not spawned. A module is rarely picklable, its class may exist in this process only, and it is here
already: a fork shares it for nothing. Measured on two cores with a module of 210 MB: a fork and its forward pass take
as long as the pass alone (0.1–0.2 s), where a new interpreter takes 2.5 s to import torch before it has any module.
What a fork loses are the other threads. torch's pools would wait for theirs, so the child computes on one thread, as
the workers of ``DataLoader`` do; a lock that another thread held at the fork stays locked, and then the time limit ends
the child: the work has failed, nothing else has.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from modelreport.meta import without_warnings

_LENGTH = struct.Struct("<cQ")
_DONE, _FAILED = b"+", b"-"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may take."""

    wall_s: float = 60.0
    cpu_s: int = 60
    memory_bytes: int = 4 << 30
    """Address space beyond what the process has at the fork."""
    answer_bytes: int = 512 << 20


class ChildError(Exception):
    """The work did not give an answer; the message says why, as the end of a sentence."""


def in_child(work: Callable[[], bytes], limits: Limits = Limits()) -> bytes:
    """What ``work`` returns, computed in a child process that prints nothing and is gone afterwards.

    Raises ``ChildError`` when the work raises, meets a limit or crashes, and where processes cannot be forked.
    """
    if not hasattr(os, "fork"):
        raise ChildError("this system has no fork")
    reader, writer = os.pipe()
    pid, deadline = 0, time.monotonic() + limits.wall_s
    try:
        with _signals_held() as held, without_warnings():  # Python 3.12 warns of forks beside threads: see above
            pid = os.fork()
            if pid == 0:
                _work(work, writer, limits, held)
        os.close(writer)
        writer = -1
        answer = _answer(reader, deadline, limits)
    except OSError as error:
        raise ChildError(f"no process could be started ({error.strerror})") from error
    finally:
        for end in (reader, writer):
            if end >= 0:
                os.close(end)
        status = _end(pid) if pid else 0
    if answer is None:
        raise ChildError(_reason(status, time.monotonic() >= deadline, limits))
    kind, body = answer
    if kind == _FAILED:
        raise ChildError(body.decode("utf-8", "replace"))
    return body


# --- in the parent ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _signals_held() -> Iterator[set[Any]]:
    """Hold signals back around the fork: an interrupt must not raise in the child as if it were the parent."""
    held: set[Any] = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield held
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _answer(reader: int, deadline: float, limits: Limits) -> tuple[bytes, bytes] | None:
    """What the child wrote, whole; ``None`` when it ended, took too long or wrote too much before that."""
    got = bytearray()
    poll = select.poll()
    poll.register(reader, select.POLLIN | select.POLLHUP)
    while True:
        if len(got) >= _LENGTH.size:
            kind, length = _LENGTH.unpack_from(got)
            if length > limits.answer_bytes:
                return None
            if len(got) >= _LENGTH.size + length:
                return kind, bytes(got[_LENGTH.size : _LENGTH.size + length])
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        if poll.poll(min(left, 1.0) * 1000):
            chunk = os.read(reader, 1 << 20)
            if not chunk:
                return None
            got += chunk


def _end(pid: int) -> int:
    """Kill what is left of the child and of processes it started; its exit status."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:  # somebody else waits for all children of this process
        return 0


def _reason(status: int, late: bool, limits: Limits) -> str:
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended == signal.SIGXCPU:
        return f"it took longer than {limits.cpu_s} seconds of processor time"
    if late or ended == signal.SIGALRM:
        return f"it took longer than {limits.wall_s:g} seconds"
    if ended and ended != signal.SIGKILL:
        return f"it crashed ({signal.Signals(ended).name})"
    return "it was ended from outside, or its answer was too large"


# --- in the child ----------------------------------------------------------------------------------------------------


def _work(work: Callable[[], bytes], writer: int, limits: Limits, held: set[Any]) -> NoReturn:
    """Everything the child does. It never returns: the caller's stack is the parent's."""
    try:
        _confine(limits, held)
        try:
            kind, body = _DONE, work()
        except BaseException as error:
            kind, body = _FAILED, _failure(error).encode("utf-8", "replace")
        whole = memoryview(_LENGTH.pack(kind, len(body)) + body)
        while whole:
            whole = whole[os.write(writer, whole) :]
        os._exit(0)
    finally:
        os._exit(1)


def _confine(limits: Limits, held: set[Any]) -> None:
    """Own process group, no terminal, limits of the kernel, one thread; objects of the parent are not collected."""
    import faulthandler
    import gc
    import resource

    gc.freeze()
    os.setsid()
    faulthandler.disable()
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s + 1)  # ends it even when the parent is gone
    signal.pthread_sigmask(signal.SIG_SETMASK, held - {signal.SIGALRM, signal.SIGXCPU})
    _silence()
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_AS, address_space() + limits.memory_bytes),
    ):
        hard = resource.getrlimit(what)[1]
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  as long as the child lives


def address_space() -> int:
    """Bytes of this process's address space; a generous guess where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  no path object in a child
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 64 << 30


def _failure(error: BaseException) -> str:
    text = " ".join(str(error).split())[:300]
    if isinstance(error, MemoryError) or "can't allocate memory" in text:
        return "it needed more memory than it was given"
    return f"{type(error).__name__}: {text.rstrip('.') or 'no message'}"
