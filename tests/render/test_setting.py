"""How the report at hand is written."""

from __future__ import annotations

from modelreport.options import RenderOptions
from modelreport.render.setting import setting, under


def test_a_setting_holds_inside_its_block_only() -> None:
    with under(RenderOptions(lang="zh"), thinning=2):
        assert (setting().options.lang, setting().thinning) == ("zh", 2)
        with under(RenderOptions()):
            assert setting().options.lang == "en"
        assert setting().options.lang == "zh"
    assert setting().thinning == 0
