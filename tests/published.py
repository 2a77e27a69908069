"""What pages of documentation sites say of the files that their reports share."""

from __future__ import annotations

import re
from pathlib import Path


def shared_by(page: Path, folder: str) -> set[str]:
    """The links of a page into the folder of shared files; each leads to a file."""
    links = set(re.findall(rf'(?:href|src|data-src)="([^"]*{folder}/[^"]+)"', page.read_text()))
    assert all((page.parent / link).is_file() for link in links)
    return links


def fragments_of(text: str) -> list[str]:
    """The names of the reports in a page; no two are the same."""
    names = re.findall(r'<model-report id="([^"]+)"', text)
    assert len(names) == len(set(names))
    return names
