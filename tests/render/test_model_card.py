"""The header of a model card."""

from __future__ import annotations

import yaml
from msgspec.structs import replace

from modelreport.facts import Identification, Item, Report
from modelreport.options import RenderOptions
from modelreport.render import render
from modelreport.render.model_card import front_matter
from tests.factories import make_report


def with_metadata(**values: str) -> Report:
    report = make_report()
    items = tuple(Item(name=name.replace("__", "."), value=value) for name, value in values.items())
    return replace(report, source=replace(report.source, metadata=items))


def header(report: Report) -> dict[str, object]:
    """What a reader of YAML makes of it."""
    _, head, rest = f"{front_matter(report)}\n".split("---\n")
    assert rest == ""
    loaded = yaml.safe_load(head)
    assert isinstance(loaded, dict)
    return loaded


def test_what_the_author_wrote_is_kept() -> None:
    report = with_metadata(
        readme__license="apache-2.0", readme__tags="sentence-similarity, no", readme__language="en",
        readme__pipeline_tag="sentence-similarity", readme__unknown="x",
    )  # fmt: skip
    told = header(report)
    assert told["license"] == "apache-2.0"
    assert told["tags"] == ["sentence-similarity", "no"], "no word is read as false"
    assert told["language"] == ["en"]
    assert told["pipeline_tag"] == "sentence-similarity"
    assert "unknown" not in told


def test_what_the_report_knows_is_added() -> None:
    known = Identification(name="resnet50", library="torchvision", how="keys and shapes", task="image classifier")
    told = header(replace(with_metadata(config__model_type="resnet"), identification=known))
    assert "resnet" in str(told["tags"])
    assert told["library_name"] == "pytorch"
    assert told["pipeline_tag"] == "image-classification"


def test_no_value_ends_the_header() -> None:
    told = header(with_metadata(readme__license="mit\n---\n# owned: true", readme__tags='a", "b: [c'))
    assert "owned" not in told
    assert "owned" in str(told["license"])


def test_the_markdown_has_the_header_only_when_asked() -> None:
    report = make_report()
    assert render(report, ".md").startswith(b"# ")
    card = render(report, ".md", RenderOptions(card=True)).decode()
    assert card.startswith("---\ntags:")
    assert "\n---\n\n# " in card
