"""What a page depends on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modelreport.options import RenderOptions
from modelreport.site.fingerprint import page_key, report_key
from modelreport.site.plan import Plan


def test_facts_follow_from_build_options_and_pages_from_all(tmp_path: Path) -> None:
    plan = Plan(folder=tmp_path, output=tmp_path / "site")
    key = report_key("a", "digest", plan)
    assert key == report_key("a", "digest", plan)
    assert key != report_key("a", "digest", replace(plan, build={"trace": False}))
    assert key != report_key("a", "digest", replace(plan, look=RenderOptions(redact=frozenset({"names"}))))
    assert key == report_key("a", "digest", replace(plan, look=RenderOptions(lang="zh")))
    page = page_key(key, RenderOptions(), ["a.js"])
    assert page == page_key(key, RenderOptions(), ["a.js"])
    others = [
        page_key(key, RenderOptions(lang="zh"), ["a.js"]),
        page_key(key, RenderOptions(), ["b.js"]),
        page_key("other", RenderOptions(), ["a.js"]),
        page_key(key, RenderOptions(template_dir=str(tmp_path)), ["a.js"]),
    ]
    assert len({page, *others}) == 5
