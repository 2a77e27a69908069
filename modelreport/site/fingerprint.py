"""What a page of the catalogue depends on, as hashes: the bytes of the model, the options, the versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modelreport.digests import short, versions
from modelreport.options import RenderOptions
from modelreport.render.folders import templates_folder
from modelreport.site.plan import Plan


def report_key(name: str, digest: str, plan: Plan) -> str:
    """What the facts of a report follow from."""
    return short(name, digest, sorted(plan.build.items()), sorted(plan.look.redact), versions())


def page_key(report: str, look: RenderOptions, shared: Iterable[str]) -> str:
    """What a page follows from: the report's facts, how it is written, the templates and the shared files."""
    own = _contents(Path(look.template_dir)) if look.template_dir else ""
    return short(report, _told(look), sorted(shared), _contents(templates_folder()), own)


def _told(look: RenderOptions) -> list[tuple[str, Any]]:
    return [
        (name, sorted(value) if isinstance(value, frozenset) else value) for name, value in sorted(vars(look).items())
    ]


def _contents(folder: Path) -> str:
    """Names and hashes of all files in a folder of templates."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return short(*((p.relative_to(folder).as_posix(), hashlib.sha256(p.read_bytes()).hexdigest()) for p in files))
