"""Every page that a browser test opens must be quiet: no message, no error, no dialog, no request beyond its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

PATIENCE_MS = 120_000  # a slow machine is no failure
OWN = re.compile(r"(file:///|data:|blob:|about:)")


class Listening:
    """A browser that writes down what the pages of its contexts say and ask for."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.said: list[str] = []
        self.contexts: list[Any] = []

    def new_context(self, **options: Any) -> Any:
        """A context of the browser."""
        made = self.browser.new_context(**options)
        made.set_default_timeout(PATIENCE_MS)
        self.contexts.append(made)
        made.on("console", lambda message: self.said.append(f"console: {message.text}"))
        made.on("weberror", lambda error: self.said.append(f"error: {error.error}"))
        made.on("request", lambda request: OWN.match(request.url) or self.said.append(f"request: {request.url[:200]}"))
        made.on("dialog", self._dismissed)
        return made

    def new_page(self, **options: Any) -> Any:
        """A page in a context of its own."""
        return self.new_context(**options).new_page()

    def _dismissed(self, dialog: Any) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def chromium(chromium: Any) -> Iterator[Any]:
    """The browser, for one test: what its pages say or ask for fails that test."""
    listening = Listening(chromium)
    yield listening
    for context in listening.contexts:
        context.close()
    assert listening.said == []
