"""The chart of an adapter's changes."""

from __future__ import annotations

from modelreport.facts import AdapterDelta, AdapterEffect, Skipped, Weights
from modelreport.render.charts.adapter_depth import adapter_depth, roles_of
from modelreport.render.charts.spec import Chart, Line


def delta(target: str, norm: float | None, relative: float | None = None) -> AdapterDelta:
    return AdapterDelta(target=target, rank=8, scale=2.0, norm=norm, stable_rank=2.0, relative=relative)


def chart_of(*deltas: AdapterDelta) -> Chart:
    effect = AdapterEffect(kind="LoRA", deltas=deltas)
    made = adapter_depth(Weights(tensors=(), read_bytes=0, adapter=effect))
    assert isinstance(made, Chart), made
    return made


def test_layers_of_one_kind_are_a_line_in_the_order_of_their_indices() -> None:
    deltas = [delta(f"layers.{i}.{part}", 1.0 + i) for i in (10, 2, 0) for part in ("q", "v")]
    chart = chart_of(*deltas)
    lines = [layer for layer in chart.layers if isinstance(layer, Line)]
    assert [(line.name, line.x, line.y) for line in lines] == [
        ("q", (0, 1, 2), (1.0, 3.0, 11.0)), ("v", (0, 1, 2), (1.0, 3.0, 11.0)),
    ]  # fmt: skip
    assert chart.title == "layers.10.q is changed most: ‖ΔW‖ is 11"


def test_the_base_makes_it_relative() -> None:
    chart = chart_of(*(delta(f"layers.{i}.q", 5.0, 0.01 * (i + 1)) for i in range(3)))
    assert chart.title == "layers.2.q is changed most: ‖ΔW‖ / ‖W‖ is 3 %"
    assert chart.y.unit == "share"


def test_few_layers_stand_in_the_order_of_the_file_and_unknown_ones_are_counted() -> None:
    chart = chart_of(delta("a", 1.0), delta("b", None), delta("c", 0.0), delta("d", 2.0))
    (line,) = chart.layers
    assert isinstance(line, Line)
    assert (line.name, line.y) == ("all layers", (1.0, 2.0))
    assert "2 layers without a change" in chart.caption


def test_numbers_in_words_are_no_index() -> None:
    names = ["lora_unet_blocks_0_attn1_to_q", "lora_unet_blocks_1_attn1_to_q", "lora_unet_blocks_0_attn2_to_q"]
    found = roles_of([delta(name, 1.0) for name in names])
    assert [(label, len(members)) for label, members in found] == [("attn1_to_q", 2), ("attn2_to_q", 1)]
    both = [f"lora_unet_{part}_blocks_{i}_attentions_0_to_q" for part in ("down", "up") for i in range(2)]
    labels = [label for label, _ in roles_of([delta(name, 1.0) for name in both])]
    assert labels == ["unet_down_blocks_# … to_q", "unet_up_blocks_# … to_q"]


def test_nothing_changed_and_nothing_there_say_why() -> None:
    nothing = AdapterEffect(kind="LoRA", deltas=(delta("a", 0.0),))
    made = adapter_depth(Weights(tensors=(), read_bytes=0, adapter=nothing))
    assert isinstance(made, Skipped)
    assert "No layer is changed" in made.reason
    assert isinstance(adapter_depth(Weights(tensors=(), read_bytes=0)), Skipped)
