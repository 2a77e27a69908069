"""The architecture in words: patterns that shapes and operations prove, and sentences made from them."""

from __future__ import annotations

from modelreport.identify.patterns.outline import outline

__all__ = ["outline"]
