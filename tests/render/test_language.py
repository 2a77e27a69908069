"""Messages in the language asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelreport.facts import Message
from modelreport.options import RenderOptions
from modelreport.render import format as text
from modelreport.render import language
from modelreport.render.language import _, gap, languages, mark, plural, script_messages, tag, tell
from modelreport.render.setting import under

ZH = RenderOptions(lang="zh")


def test_english_is_its_own_key_and_others_come_from_their_catalogue() -> None:
    assert _("Findings") == "Findings"
    with under(ZH):
        assert _("Findings") == "发现"
        assert _("not a message of {name}", name="ours") == "not a message of ours"


def test_values_are_put_in_once_and_never_read_as_placeholders() -> None:
    assert _("{a} and {b}", a="{b}", b="2") == "{b} and 2"
    assert _("{missing}") == "{missing}"


def test_every_catalogue_is_a_language() -> None:
    assert languages() == ("en", "zh")


def test_a_constant_is_marked_and_said_later() -> None:
    assert mark("Findings") == "Findings"


def test_a_number_and_what_it_counts_follow_the_rule_of_the_language() -> None:
    assert plural(1, "1", "tensor", "tensors") == "1 tensor"
    assert plural(1234, "1,234", "tensor", "tensors") == "1,234 tensors"
    with under(ZH):
        assert plural(1, "1", "tensor", "tensors") == "1 个张量"
        assert text.plural(1234, "tensor") == "1,234 个张量"
        assert plural(2, "2", "widget", "widgets") == "2 widgets"


def test_a_language_of_several_forms_chooses_by_its_own_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pl.po"
    file.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2;\\n"\n\n'
        'msgid "{count} tensor"\nmsgid_plural "{count} tensors"\n'
        'msgstr[0] "{count} tensor"\nmsgstr[1] "{count} tensory"\nmsgstr[2] "{count} tensorów"\n'
    )
    monkeypatch.setattr(language, "_file", lambda _lang: file)
    language.catalogue.cache_clear()
    with under(RenderOptions(lang="pl")):
        told = [text.plural(count, "tensor") for count in (1, 3, 5, 22)]
    language.catalogue.cache_clear()
    assert told == ["1 tensor", "3 tensory", "5 tensorów", "22 tensory"]


def test_a_finished_sentence_is_told_by_its_form() -> None:
    sentence = "None of the tensors fits resnet18, which config.json names."
    assert tell(sentence) == sentence
    with under(ZH):
        assert tell(sentence) == "没有一个张量与 config.json 所指的 resnet18 相符。"
        assert tell("A sentence that nobody knows.") == "A sentence that nobody knows."
        assert tell("") == ""


def test_several_sentences_are_told_one_by_one() -> None:
    with under(ZH):
        assert tell("The file holds no tensors. Give the file that holds the weights.") == (
            "文件中没有张量。请给出含有权重的文件。"
        )


def test_what_a_part_of_a_sentence_ends_with_is_told_too() -> None:
    with under(ZH):
        told = tell("The dummy forward pass was switched off; 3 values had to be guessed.")
    assert told == "已关闭虚拟前向传播；有 3 个值只能猜测。"


def test_names_in_a_sentence_stay_as_they_are() -> None:
    with under(ZH):
        assert "weights.tensor" in tell("The tensor weights.tensor cannot be read: it is too large.")
        assert tell("{shown} is missing.".replace("{shown}", "scale")) == "scale 缺失。"


def test_a_message_is_told_and_its_values_are_not() -> None:
    fact = Message(text="All {tensor_count} parameters are {dtype}.", values={"tensor_count": 3, "dtype": "dead"})
    with under(ZH):
        assert text.message(fact) == "全部 3 个参数均为 dead。"
        assert text.parts(fact)[-2] == ("dead", True)


def test_a_reason_among_the_values_is_told() -> None:
    fact = Message(text="{reason}", values={"reason": "The weights could not be measured."})
    with under(ZH):
        assert text.parts(fact) == [("无法测量权重。", False)]


def test_sentences_stand_apart_as_the_language_does_it() -> None:
    assert gap() == " "
    with under(ZH):
        assert gap() == ""


def test_scripts_get_what_they_say_and_nothing_else() -> None:
    source = "t('Filter the rows of: {table}', { table }); mark(\"Copied\"); other('Findings'); t('unknown');"
    assert script_messages(source) == {}
    with under(ZH):
        assert script_messages(source) == {
            "Copied": "已复制",
            "Filter the rows of: {table}": "筛选以下表格的行：{table}",
        }


def test_a_hostile_sentence_takes_no_time() -> None:
    with under(ZH):
        for sentence in (" of " * 20_000, "in each layer " * 200 + "x", "a, " * 900, "x; y: " * 400):
            assert tell(sentence) == sentence


def test_pages_name_the_language_so_that_fonts_know_their_glyphs() -> None:
    assert tag() == "en"
    with under(ZH):
        assert tag() == "zh-CN"
    assert language._tag("pt_BR") == "pt-BR"
    assert language._tag("") == language._tag('zh" onload="x') == ""
