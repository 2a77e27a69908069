"""Key figures and the line under the title."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import AdapterEffect, Identification, Security, TensorSpec, Trace, Weights
from modelreport.render.format import bytes_decimal
from modelreport.render.sections.summary import context, key_figures, tally, what_it_is
from tests.factories import make_report, skipped_report


def test_six_key_figures_in_their_order() -> None:
    figures = key_figures(make_report())
    assert [(figure.title, figure.value) for figure in figures] == [
        ("Parameters", "82.71 k"),
        ("Compute", "17.22 MMAC"),
        ("Weights", "326 KiB"),
        ("Peak activations", "192 KiB"),
        ("Operations", "38"),
        ("Format", "training checkpoint"),
    ]
    assert figures[0].exact == "82,714"
    assert figures[1].beside == "35.07 MFLOP for 1×3×32×32"
    assert figures[5].beside == "PyTorch checkpoint (zip); no foreign code"


def test_macs_and_flops_are_never_mixed() -> None:
    figure = key_figures(make_report())[1]
    assert "MAC" in figure.value
    assert "FLOP" in figure.beside
    assert "multiply-adds" in figure.exact


def test_without_a_pass_there_is_no_invented_number() -> None:
    figures = {figure.title: figure for figure in key_figures(skipped_report())}
    assert figures["Compute"].value == "–"
    assert figures["Peak activations"].value == "–"
    assert figures["Modules"].beside == "from the tensor names"
    assert figures["Format"].beside.endswith("code not checked")


def test_a_pass_that_ended_early_says_so() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    early = replace(report, trace=replace(report.trace, complete=False))
    assert "pass incomplete" in key_figures(early)[1].beside


def test_two_inputs_are_both_told() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    ids, image = TensorSpec(shape=(1, 77), dtype="int64"), report.trace.inputs[0]
    two = replace(report, trace=replace(report.trace, inputs=(ids, image)))
    assert key_figures(two)[1].beside.endswith(" for 1×77 and 1×3×32×32")
    assert "1×77 and 1×3×32×32 → 1×10" in what_it_is(two)
    three = replace(report, trace=replace(report.trace, inputs=(ids, image, ids)))
    assert key_figures(three)[1].beside.endswith(" for 1×77 and 1×3×32×32 …")


def test_a_file_that_runs_code_says_so() -> None:
    report = make_report()
    assert isinstance(report.security, Security)
    armed = replace(report, security=replace(report.security, executes=True))
    assert "loading it would run code" in key_figures(armed)[5].beside


def test_the_model_in_one_line() -> None:
    assert what_it_is(make_report()) == "image classifier, 3×32×32 → 10 classes · digits · 1×3×32×32 → 1×10"
    assert what_it_is(skipped_report()) == "unknown architecture"
    known = Identification(name="resnet50", library="timm", how="keys and shapes", equal=("a", "b"))
    assert "2 other architectures fit equally" in what_it_is(replace(make_report(), identification=known))


def test_what_could_not_be_built_is_called_what_its_file_says() -> None:
    weights = make_report().weights
    assert isinstance(weights, Weights)
    adapter = replace(weights, adapter=AdapterEffect(kind="DoRA", deltas=()))
    assert what_it_is(replace(skipped_report(), weights=adapter)) == "DoRA adapter without its base model"
    source = replace(make_report().source, content="script", format_title="TorchScript archive")
    assert what_it_is(replace(skipped_report(), source=source)) == "TorchScript archive"


def test_a_module_of_the_user_is_no_library() -> None:
    known = Identification(name="UNet", library="nets", how="factory", user_code="--model nets:UNet")
    assert "nets" not in what_it_is(replace(make_report(), identification=known, title="Title")).split(" · ")


def test_the_tally_counts_every_state() -> None:
    verdict = make_report().verdict
    assert verdict is not None
    assert tally(verdict) == "1 error, 1 warning, 1 note; 2 checks passed, 2 not applicable, 1 not made"
    assert tally(replace(verdict, not_checked=0)) == "1 error, 1 warning, 1 note; 2 checks passed, 2 not applicable"


def test_the_hash_is_shown_for_one_file_only() -> None:
    report = make_report()
    assert context(report)["sha256"] == report.source.files[0].sha256
    two = replace(report, source=replace(report.source, files=report.source.files * 2))
    assert context(two)["sha256"] is None


def test_a_class_and_its_package_are_told_once() -> None:
    def line(**facts: str) -> str:
        known = Identification(how="config", **facts)  # type: ignore[arg-type]
        return what_it_is(replace(make_report(), identification=known, title="Title")).partition(" · 1×3")[0]

    assert line(name="clip", library="nets", class_path="nets.deep.UNet") == "UNet · nets"
    assert line(name="clip", library="timm", class_path="other.UNet") == "other.UNet · timm"


def test_a_format_is_told_once_where_its_name_says_what_it_holds() -> None:
    source = replace(make_report().source, content="folder", format_title="Hugging Face folder")
    shown = key_figures(replace(make_report(), source=source))[-1]
    assert (shown.value, shown.beside) == ("Hugging Face folder", "no foreign code")
    shown = key_figures(replace(make_report(), source=replace(source, format_title="Archive")))[-1]
    assert (shown.value, shown.beside) == ("folder", "Archive; no foreign code")


def test_weights_that_the_file_cannot_hold_are_told_with_its_size() -> None:
    report = make_report()
    assert "the file holds" not in key_figures(report)[2].beside
    adapter = replace(report, source=replace(report.source, size_bytes=report.structure.size_bytes // 100))
    assert key_figures(adapter)[2].beside.endswith(f"; the file holds {bytes_decimal(adapter.source.size_bytes)}")


def test_buffers_are_counted_beside_the_tensors_that_are_learnt() -> None:
    report = make_report()
    buffers = sum(tensor.role == "buffer" for tensor in report.structure.tensors)
    assert f" and {buffers} buffer" in key_figures(report)[0].beside
