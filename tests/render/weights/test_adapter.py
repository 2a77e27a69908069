"""What an adapter changes, as the page tells it."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import AdapterDelta, AdapterEffect, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.html import write_html
from modelreport.render.weights.adapter import context
from modelreport.render.weights.part import Told
from tests.factories import HOSTILE_NAMES, make_report


def delta(target: str, relative: float | None = 0.02, **changes: object) -> AdapterDelta:
    made: dict[str, object] = {
        "target": target, "rank": 8, "alpha": 16.0, "scale": 2.0, "norm": 1.0, "stable_rank": 3.0,
        "effective_rank": 6.0, "parameters": 1024, "relative": relative,
    }  # fmt: skip
    return AdapterDelta(**(made | changes))  # type: ignore[arg-type]


def with_adapter(*deltas: AdapterDelta, **changes: object) -> Report:
    report = make_report()
    assert isinstance(report.weights, Weights)
    effect = AdapterEffect(kind="LoRA", deltas=deltas, **changes)  # type: ignore[arg-type]
    return replace(report, weights=replace(report.weights, adapter=effect))


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = context(report, report.weights)
    assert isinstance(made, Told), made
    return made


def test_the_outcome_is_the_size_of_the_change() -> None:
    made = told(with_adapter(delta("layers.0.q", 0.01), delta("layers.1.q", 0.04), base="base"))
    assert text.message(made.line) == (
        "A LoRA adapter of rank 8 on 2 layers: the norm of the change is 1 % to 4 % of the weight's, largest in "
        "layers.1.q."
    )
    assert made.notes[0] == "Weights of the base model: base."


def test_without_a_base_norms_are_told_and_ranks_that_differ_are_a_range() -> None:
    made = told(with_adapter(delta("a", None, norm=0.5, rank=4), delta("b", None, norm=2.0)))
    assert text.message(made.line) == (
        "A LoRA adapter of ranks 4 to 8 on 2 layers: the norm of the change is 0.500 to 2, largest in b."
    )


def test_an_untrained_adapter_says_so_and_untrained_layers_are_named() -> None:
    fresh = delta("a", 0.0, norm=0.0, fresh=True, effective_rank=None, stable_rank=None)
    assert text.message(told(with_adapter(fresh)).line) == (
        "A LoRA adapter of rank 8 on 1 layer: untrained, it changes nothing."
    )
    mixed = told(with_adapter(fresh, delta("b")))
    assert text.message(mixed.sentences[0]) == ("1 of 2 layers have a factor of zeros and change nothing, such as a.")
    assert [row.note for row in mixed.tables[0].rows] == ["untrained", ""]


def test_a_rank_that_is_hardly_used_is_worth_a_word() -> None:
    little = text.message(told(with_adapter(delta("a", effective_rank=1.5))).sentences[0])
    assert little == (
        "In the median layer the change uses 1.50 of its 8 directions by effective rank: a smaller rank could hold "
        "most of it."
    )
    assert "smaller rank" not in text.message(told(with_adapter(delta("a"))).sentences[0])


def test_what_could_not_be_computed_is_said() -> None:
    unknown = delta("a", None, norm=None, effective_rank=None, stable_rank=None)
    made = told(with_adapter(unknown, notes=("Not computed: a: it holds NaN or infinite values.",)))
    assert text.message(made.line).endswith("its changes could not be computed.")
    assert any("Not computed" in note for note in made.notes)


def test_a_plain_model_has_no_such_part_and_another_kind_says_what_it_is() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert context(report, report.weights) is None
    other = Skipped(stage="measure", reason="Prompt tuning adds inputs; it changes no weight.")
    assert context(report, replace(report.weights, adapter=other)) == other


def test_names_from_the_file_are_only_data_on_the_page() -> None:
    page = write_html(with_adapter(*(delta(name) for name in HOSTILE_NAMES))).decode()
    assert 'id="weights-adapter"' in page
    assert "<script>alert(1)" not in page
    assert "<img src=" not in page
