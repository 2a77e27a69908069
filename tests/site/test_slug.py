"""Names of pages."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from modelreport.site.slug import hidden_slug, slug


def test_a_plain_name_stays_readable() -> None:
    assert slug("resnet50.pth") == "resnet50.pth"
    assert slug("vision/resnet-50.v2.pth") == "vision--resnet-50.v2.pth"


def test_names_that_would_clash_are_told_apart() -> None:
    clashing = ["a/b.pt", "a--b.pt", "a b.pt", "a?b.pt", "a#b.pt", "..", ".a", "a" * 300, "b" * 300, "ü", "ö"]
    assert len({slug(name) for name in clashing}) == len(clashing)


def test_a_private_name_says_nothing() -> None:
    first = hidden_slug("digest", set())
    assert re.fullmatch(r"model-[0-9a-f]{8}", first)
    assert hidden_slug("digest", {first}) == f"{first}-2"
    assert hidden_slug("digest", {first, f"{first}-2"}) == f"{first}-3"
    assert hidden_slug("another", set()) != first


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_a_name_is_safe_in_any_file_system_and_address(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}", slug(one))
    assert (slug(one) == slug(other)) == (one == other)
