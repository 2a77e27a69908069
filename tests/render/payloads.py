"""The data of a page, as its scripts read it."""

from __future__ import annotations

import re
from typing import Any

from modelreport.render.payload import unpack_all


def payloads_of(page: str) -> dict[str, Any]:
    """All of it by name, unpacked; no name stands twice."""
    found = re.findall(r'id="payload-([a-z-]+)"[^>]*>([^<]+)<', page)
    assert len({name for name, _ in found}) == len(found)
    return unpack_all(dict(found))
