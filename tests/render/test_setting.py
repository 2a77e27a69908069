"""How the report at hand is written."""

from __future__ import annotations

from modelreport.options import RenderOptions
from modelreport.render.setting import once, setting, under


def test_a_setting_holds_inside_its_block_only() -> None:
    with under(RenderOptions(lang="zh"), thinning=2):
        assert (setting().options.lang, setting().thinning) == ("zh", 2)
        with under(RenderOptions()):
            assert setting().options.lang == "en"
        assert setting().options.lang == "zh"
    assert setting().thinning == 0
    with under(RenderOptions(), packed=False):
        assert not setting().packed
    assert setting().packed


def test_what_several_sections_ask_for_is_made_once_for_each_source_and_setting() -> None:
    made: list[object] = []

    def make(source: object) -> str:
        made.append(source)
        return f"{source} {len(made)}"

    with under(RenderOptions()):
        assert [once("a", "x", make), once("a", "x", make), once("b", "x", make)] == ["x 1", "x 1", "x 2"]
        assert once("a", "y", make) == "y 3", "another source"
        with under(RenderOptions()):
            assert once("a", "y", make) == "y 4", "another setting"
    assert [once("a", "y", make), once("a", "y", make)] == ["y 5", "y 6"], "nothing is kept outside of a writer"
