"""Messages in the language asked for."""

from __future__ import annotations

from modelreport.options import RenderOptions
from modelreport.render.language import _, languages
from modelreport.render.setting import under


def test_english_is_its_own_key_and_others_come_from_their_catalogue() -> None:
    assert _("Findings") == "Findings"
    with under(RenderOptions(lang="zh")):
        assert _("Findings") == "发现"
        assert _("not a message of {name}", name="ours") == "not a message of ours"


def test_values_are_put_in_once_and_never_read_as_placeholders() -> None:
    assert _("{a} and {b}", a="{b}", b="2") == "{b} and 2"
    assert _("{missing}") == "{missing}"


def test_every_catalogue_is_a_language() -> None:
    assert languages() == ("en", "zh")
