"""Code of models and libraries kept from telling, printing and changing what it would for whoever trains the model."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from modelreport.meta.together import Together, set_here

_HERE = threading.local()
_LOGGERS = ("transformers", "timm")


def _ignore_warnings(undo: ExitStack) -> None:
    undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")


without_warnings = Together(_ignore_warnings)
"""Warnings of any code are dropped inside."""


def _hush(undo: ExitStack) -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        undo.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL)


_hushed = Together(_hush)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silences the warnings and log lines of constructors."""
    with without_warnings(), _hushed():
        yield


class _Listener(io.TextIOBase):
    """Takes the place of standard output: what unheard threads write is dropped, what others write goes on."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def write(self, text: str) -> int:
        return len(text) if getattr(_HERE, "unheard", False) else self._before.write(text)

    def flush(self) -> None:
        self._before.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)


def _listen(undo: ExitStack) -> None:
    undo.enter_context(contextlib.redirect_stdout(_Listener(sys.stdout)))


_listened = Together(_listen)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Without what this thread's code prints: it would end up in the output of whoever asked for a report."""
    with _listened(), set_here(_HERE, "unheard", value=True):
        yield
