"""Four questions and their answers."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Finding, Message, Peers, Precision, Report, Skipped, Spectra, Spectrum, Weights
from modelreport.judge import RULES
from modelreport.render import format as text
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.weights import overview as module
from modelreport.render.weights.overview import Card, cards
from tests.factories import make_report
from tests.factories_spectra import make_spectrum
from tests.factories_weights import rich_report


def answers(report: Report) -> dict[str, Card]:
    assert isinstance(report.weights, Weights)
    return {card.id: card for card in cards(report, report.weights)}


def finding(id_: str, state: Any = "found", severity: Any = "warning", **values: Any) -> Finding:
    message = Message(text=f"{id_} says so" + "".join(f" {{{key}}}" for key in values) + ".", values=values)
    return Finding(id=id_, severity=severity, state=state, title=f"Title of {id_}", message=message)


def judged(*findings: Finding) -> dict[str, Card]:
    return answers(rich_report(findings=findings))


def said(card: Card) -> str:
    return " ".join(text.message(each) for each in card.sentences)


def test_nothing_checked_is_not_known_and_not_good() -> None:
    made = judged()
    assert [made[name].level for name in ("trained", "healthy", "odd")] == ["unknown"] * 3
    assert "No rule looked at this." in said(made["healthy"])


def test_a_clean_model_looks_trained_and_healthy() -> None:
    looked = [finding(f"W02{i}", "clean") for i in range(6)]
    clean = [finding("W005", "clean", tensor_count=12), finding("W001", "clean"), finding("W010", "clean"), *looked]
    made = judged(*clean)
    assert [made[name].level for name in ("trained", "healthy", "odd")] == ["ok"] * 3
    assert made["trained"].answer == "It looks so"
    assert "12,340 steps" in said(made["trained"])
    assert "title of W001" in said(made["healthy"])
    assert "and 3 more" in said(made["healthy"])


def test_small_matrices_say_nothing_about_training() -> None:
    made = judged(finding("W005", "not_checked", enough_count=1024))
    assert made["trained"].level == "unknown"
    assert "W005 says so" in said(made["trained"])


def test_spectra_like_those_of_random_values_are_a_doubt() -> None:
    clean = finding("W005", "clean", tensor_count=12)
    random = {"random_distance": 0.03, "random_edge": 1.0}

    def card(*spectra: Spectrum) -> Card:
        report = rich_report(findings=[clean])
        assert isinstance(report.weights, Weights)
        made = Spectra(tensors=spectra, left_out=0, chosen="All.", matrices=len(spectra))
        return answers(replace(report, weights=replace(report.weights, spectra=made)))["trained"]

    drawn, learned = make_spectrum("a.weight", 100, 100, **random), make_spectrum("b.weight", 100, 100)
    one = card(drawn, learned)
    assert one.answer == "It looks so"
    assert "The spectrum of a.weight cannot be told from that of random values." in said(one)
    most = card(*[drawn] * 9, learned)
    assert (most.answer, most.level) == ("Doubtful", "note")
    assert "The spectra of 9 of 10 matrices cannot be told" in said(most)


def test_a_layer_that_is_fresh_among_trained_ones_is_not_called_trained() -> None:
    clean, odd = finding("W005", "clean", tensor_count=12), finding("W010", "found", "warning")
    report = rich_report(findings=[clean, odd])
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.peers, Peers)
    peers = report.weights.peers

    def card(drawn: str) -> Card:
        changed = replace(peers, odd=tuple(replace(each, drawn=drawn) for each in peers.odd))
        return answers(replace(report, weights=replace(report.weights, peers=changed)))["trained"]

    assert (card("normal").answer, card("normal").level) == ("Not all of it", "warning")
    assert "W010 says so" in said(card("normal"))
    assert card("").answer == "It looks so"


def test_copies_are_not_called_unlike_the_others() -> None:
    copied = finding("S001", "found", "note")
    assert judged(copied)["odd"].short == "1 thing stored twice"


def test_an_untrained_model_is_called_so() -> None:
    assert judged(finding("W005", "found", "warning"))["trained"].answer == "No"
    partly = judged(finding("W005", "found", "note"), finding("W004", "clean"))["trained"]
    assert (partly.answer, partly.level) == ("Not all of it", "note")


def test_frozen_parameters_are_a_note_and_no_doubt() -> None:
    card = judged(finding("W005", "clean", tensor_count=12), finding("W051", "found", "note"))["trained"]
    assert (card.answer, card.level) == ("It looks so", "note")
    assert "W051 says so" in said(card)
    without = judged(finding("W005", "clean", tensor_count=12), finding("W050", "found", "warning"))["trained"]
    assert (without.answer, without.level) == ("Not all of it", "warning")


def test_the_worst_finding_answers_and_the_others_are_counted() -> None:
    findings = [finding(f"W02{i}", "found", "note") for i in range(3)] + [finding("W001", "found", "error")]
    card = judged(*findings)["healthy"]
    assert (card.level, card.answer, card.icon) == ("error", "Title of W001", "✖")
    assert "2 more findings" in said(card)
    assert ("#finding-W001", "W001") in card.links


def test_what_could_not_be_checked_is_said_beside_what_passed() -> None:
    card = judged(finding("W001", "clean"), finding("W002", "not_checked"))["healthy"]
    assert card.level == "ok"
    assert "Not checked: title of W002." in said(card)


def test_a_question_whose_rules_do_not_apply_is_not_known() -> None:
    card = judged(finding("W001", "not_applicable"))["healthy"]
    assert (card.level, said(card)) == ("unknown", "W001 says so.")


def test_odd_tensors_are_counted() -> None:
    assert answers(rich_report())["odd"].answer == "1 tensor"
    assert "Compared: 80 tensors in 5 roles." in said(answers(rich_report())["odd"])


def test_compression_comes_from_the_formats_that_were_tried() -> None:
    card = answers(rich_report())["compressible"]
    assert card.answer == "3.8× smaller in 8 bits"
    for words in ("one scale per channel", "41 dB", "2:4 sparsity keeps", "of its rank"):
        assert words in said(card), words


def test_a_model_that_is_small_already_is_called_so() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.precision, Precision)
    schemes = tuple(replace(s, size_bytes=report.structure.size_bytes) for s in report.weights.precision.schemes)
    precision = replace(report.weights.precision, schemes=schemes)
    card = answers(replace(report, weights=replace(report.weights, precision=precision)))["compressible"]
    assert card.answer == "Hardly smaller in 8 bits"
    figures = replace(report.weights, precision=Skipped(stage="measure", reason="No."))
    assert answers(replace(report, weights=figures))["compressible"].answer == "See the figures"


def test_a_finding_stands_beside_the_size_and_other_figures_give_way() -> None:
    card = judged(finding("W031", "found", "note"))["compressible"]
    assert "one scale per channel" in said(card)
    assert "W031 says so" in said(card)
    assert len(card.sentences) == 2


def test_without_them_the_reason_is_given() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    reason = Skipped(stage="measure", reason="The values are {packed}.")
    card = answers(replace(report, weights=replace(report.weights, precision=reason)))["compressible"]
    assert card.level == "unknown"
    assert said(card) == "The values are (packed}."


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.id[0] == "W"], ids=lambda rule: rule.id)
def test_every_rule_about_weights_answers_one_question(rule: Any) -> None:
    asked = (module._TRAINED, module._HEALTHY, module._ODD, module._COMPRESSIBLE)
    assert sum(bool(ids.fullmatch(rule.id)) for ids in asked) == 1


def test_every_output_shows_the_answers_and_the_page_names_them_at_its_top() -> None:
    page, marked = write_html(rich_report()).decode(), write_markdown(rich_report()).decode()
    for words in ("Is it healthy?", "How compressible is it?", "3.8× smaller in 8 bits"):
        assert words in page
        assert words in marked
    top = page[page.index('id="summary"') : page.index('id="findings"')]
    assert 'href="#weights-is-odd"' in top
