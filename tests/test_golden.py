"""A golden for meaning and a golden for looks.

``make golden`` rewrites them after an intended change; a failure leaves what came out in ``tests/actual``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import modelreport
from modelreport import Report, facts

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_models"
STILL = facts.Generator(version="0", created="2026-01-01T00:00:00Z", python="3", platform="any", packages=())
CASES = {
    "digits_mlp_module": {"subject": "digits_mlp_module.pt"},
    "digits_cnn_training": {
        "subject": "digits_cnn_training.pt",
        "model": "sample_models.nets:DigitsCNN",
        "input": "1,1,8,8",
    },
    "hostile_names": {"subject": "hostile_names.pth"},
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, Report]:
    settings = dict(CASES[request.param])
    report = modelreport.build(SAMPLES / settings.pop("subject"), **settings)
    return request.param, Report(
        **{f: getattr(report, f) for f in report.__struct_fields__ if f != "generator"}, generator=STILL
    )


def rounded(value: Any) -> Any:
    """Floats to nine significant digits: sums differ in the last ones between processors."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def compare(name: str, text: str) -> None:
    golden = HERE / "golden" / name
    if os.environ.get("MODELREPORT_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    actual = HERE / "actual" / name
    if not golden.exists() or golden.read_text() != text:
        actual.parent.mkdir(exist_ok=True)
        actual.write_text(text)
        pytest.fail(f"compare tests/golden/{name} with tests/actual/{name}; make golden accepts the change")


def test_the_facts_are_as_before(case: tuple[str, Report]) -> None:
    name, report = case
    compare(
        f"{name}.json",
        json.dumps(rounded(json.loads(report.render(".json"))), indent=1, sort_keys=True, ensure_ascii=False) + "\n",
    )


def test_the_markdown_is_as_before(case: tuple[str, Report]) -> None:
    name, report = case
    compare(f"{name}.md", report.render(".md").decode())


def test_the_markup_of_the_page_is_as_before(case: tuple[str, Report]) -> None:
    name, report = case
    page = report.render(".html").decode()
    page = re.sub(r"<(script|style)\b[^>]*>.*?</\1>", r"<\1/>", page, flags=re.DOTALL)
    compare(f"{name}.html", re.sub(r"'sha256-[^']+'", "'sha256'", page))
