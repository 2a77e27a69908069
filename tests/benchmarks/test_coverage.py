"""The sweep over the models of the libraries, on a few small ones."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from benchmarks import coverage
from benchmarks.sweep.processes import each
from benchmarks.sweep.record import record_of
from benchmarks.sweep.shrink import completed, shrunk
from benchmarks.sweep.table import page, totals, verdict
from benchmarks.sweep.zoo import held_out


class Settings(SimpleNamespace):
    """A configuration as far as the sweep looks at it."""

    model_type = "made up"

    def to_dict(self):
        return vars(self)


def test_a_model_that_fits_is_compared_with_a_real_pass():
    record = record_of("torchvision", "mnasnet0_5")
    assert verdict(record) == "works"
    assert record["check"] == "equal"
    assert record["outputs"] == ["float32[1,1000]"]
    assert record["untouched"] == 0


def test_what_cannot_be_built_is_told_apart():
    record = record_of("transformers", "blip_text_model")
    assert verdict(record) == "unbuildable"
    assert "LookupError" in record["reason"]


def test_a_process_may_use_so_much_time_and_memory_and_may_die():
    works = {
        "fine": lambda: {"status": "ran"},
        "large": lambda: {"status": str(len(bytearray(1 << 30)))},
        "dead": lambda: (_ for _ in ()).throw(SystemExit(9)),
    }
    found = dict(each(list(works), lambda name: works[name](), 2, 300.0, 1 << 28))
    assert found["fine"]["status"] == "ran"
    assert found["large"]["died"] == "needed more memory than allowed"
    assert found["dead"]["died"] == "ended without an answer"
    (_, slow), *_ = each(["slow"], lambda _: time.sleep(600) or {}, 1, 1.0, 1 << 28)
    assert slow["died"] == "took longer than 1 s"


def ran(name: str, **changes) -> dict:
    return {
        "library": "transformers", "name": name, "status": "ran", "check": "equal", "seconds": 1.0, "tries": 1,
        "guesses": {}, "steered": 0, "untouched": 0, "untouched_share": 0.0, "untouched_names": [], **changes,
    }  # fmt: skip


def test_the_page_counts_and_lists_what_needs_a_word():
    records = [
        ran("one"),
        ran("two", check="different", difference=[["a[1]", "a[2]"]], guesses={"item": 3}, steered=1),
        ran("three", untouched=2, untouched_share=0.25, untouched_names=["head.weight", "head.bias"]),
        {"library": "transformers", "name": "four", "status": "failed", "reason": "no | way", "seconds": 2.0},
        {"library": "transformers", "name": "five", "status": "unbuildable", "reason": "nothing", "seconds": 0.1},
    ]
    counted = totals(records)
    assert (counted["models"], counted["works"], counted["share"], counted["unbuildable"]) == (4, 2, 50.0, 1)
    assert (counted["compared"], counted["equal"], counted["guessed"], counted["partial"]) == (3, 2, 1, 1)
    told = page({"transformers": records}, {"date": "today"}, 60_000_000)
    assert "| transformers | 4 | 2 | 50.0 % |" in told
    assert "`four`: no / way" in told
    assert "a[1] where a real pass gives a[2]; depends on values, which were guessed" in told
    assert "2 tensors, 25.0 % of the parameters: head.weight, head.bias" in told


def test_configurations_are_made_small_and_what_they_leave_open_is_filled_in():
    config = Settings(
        num_hidden_layers=40, num_experts=64, layer_types=["a"] * 39 + ["b"], num_experts_per_tok=None,
        image_token_id=900,
        text_config=Settings(hidden_size=64, num_attention_heads=4, vocab_size=500, rope_parameters={"theta": 1.0}),
        vision_config=Settings(depth=12, out_hidden_size=99),
    )  # fmt: skip
    found = completed(shrunk(config))
    assert (found.num_hidden_layers, found.num_experts, found.layer_types) == (2, 8, ["a", "b"])
    assert found.num_experts_per_tok == 2
    assert (found.vision_config.depth, found.vision_config.out_hidden_size) == (2, 64)
    assert found.text_config.vocab_size == 901
    assert sum(found.text_config.rope_parameters["mrope_section"]) == 64 // 4 // 2


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    state = tmp_path / "state.jsonl"
    kept = {"library": "torchvision", "name": "alexnet", "status": "ran", "check": "equal", "seconds": 1.0}
    state.write_text(json.dumps(kept) + "\n")
    monkeypatch.setattr(coverage, "names_of", lambda *_: ["alexnet", "squeezenet1_1"])
    options = coverage.arguments(["--state", str(state)])
    records = coverage.sweep(options, "torchvision")
    assert [r["name"] for r in records] == ["alexnet", "squeezenet1_1"]
    assert records[0] == kept
    assert len(state.read_text().splitlines()) == 2
    assert capsys.readouterr().out.startswith("torchvision squeezenet1_1: works")


def test_the_held_out_third_is_always_the_same():
    names = [f"type{i}" for i in range(30)]
    assert held_out(names) == held_out(names[::-1])
    assert len(held_out(names)) == 10


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ({"died": "killed"}, "failed"),
        ({"status": "failed"}, "failed"),
        ({"status": "ran", "check": "too large"}, "works"),
        ({"status": "ran", "check": "different"}, "wrong shapes"),
    ],
)
def test_one_word_tells_what_became_of_a_model(record, word):
    assert verdict(record) == word


def test_settings_that_contradict_each_other_are_made_to_fit():
    config = Settings(hidden_size=2048, num_attention_heads=28)
    assert completed(config).head_dim == 128, "28 heads do not divide 2048"
    assert not hasattr(completed(Settings(hidden_size=2048, num_attention_heads=32)), "head_dim")
    shuffled = Settings(pixel_shuffle_ratio=0.5, intermediate_size=5632, hidden_size=768, projector_input_dim=4096,
                        projector_output_dim=4096)  # fmt: skip
    assert completed(shuffled).hidden_size == 1408, "four vectors side by side are 5632 wide"


def test_windows_slide_only_where_layers_have_them():
    assert completed(Settings(layer_types=["sliding_attention"], sliding_window=None)).sliding_window == 512
    assert completed(Settings(layer_types=["full_attention"], sliding_window=None)).sliding_window is None
    assert completed(Settings(layer_types=["sliding_attention"], sliding_window=64)).sliding_window == 64


def test_a_pass_that_had_to_be_real_is_not_compared_with_itself():
    found = totals([ran("a"), ran("b", check="was real")])
    assert (found["works"], found["compared"], found["run for real"]) == (2, 1, 1)


def test_layers_whose_outputs_are_used_are_among_those_that_are_left():
    config = shrunk(Settings(deepstack_visual_indexes=[8, 16, 24], intermediate_layers_indices=[3, 7, 30]))
    assert config.deepstack_visual_indexes == [0, 1], "each has a part of its own"
    assert config.intermediate_layers_indices == [1, 1, 0], "as many as before, for the width behind them"


def test_images_and_sounds_are_as_wide_as_the_text_they_join():
    config = Settings(
        text_config=Settings(hidden_size=64),
        vision_config=Settings(hidden_size=32, embed_dim=16, spatial_merge_size=2),
        audio_config=Settings(output_dim=8),
    )
    fitted = completed(config)
    assert (fitted.vision_config.hidden_size, fitted.audio_config.output_dim) == (64, 64)


def test_images_are_cut_into_squares_that_fit_what_comes_behind_them():
    def side(**settings) -> int:
        config = Settings(vision_config=Settings(image_size=224, patch_size=16), hidden_size=8, **settings)
        return completed(config).vision_config.image_size

    assert side(pixel_shuffle_factor=4) == 256, "fourteen rows make no squares of four"
    assert side(mm_tokens_per_image=256) == 256, "sixteen rows of tokens"
    assert side(pixel_shuffle_factor=2) == 224


def test_a_projector_is_as_wide_as_the_encoder_before_it():
    config = Settings(
        hidden_size=8, encoder_config=Settings(hidden_dim=24), projector_config=Settings(encoder_hidden_size=99)
    )
    assert completed(config).projector_config.encoder_hidden_size == 24
