"""Other names for what must not be told."""

from __future__ import annotations

from modelreport.render.redaction.pseudonyms import Pseudonyms


def test_a_name_keeps_its_numbers_and_what_pytorch_calls_its_tensors() -> None:
    known = Pseudonyms(frozenset())
    assert known.name("zephyr.layers.0.weight") == "n1.n2.0.weight"
    assert known.name("zephyr.layers.#.bias_ih_l0_reverse") == "n1.n2.#.bias_ih_l0_reverse"
    assert known.name("/zephyr/Gadget_output_0") == "/n1/n3"
    assert known.name("") == ""


def test_a_sentence_loses_every_name_it_holds_and_nothing_else() -> None:
    known = Pseudonyms(frozenset({"head"}))
    known.name("zephyr.head.weight")
    known.name("two words")
    known.class_name("FlurbNet")
    told = known.text("FlurbNet: zephyr.head.weight (the head of zephyr, two words) is odd.", paths=False)
    assert told == "Class1: n1.n2.weight (the head of n1, n3) is odd."


def test_paths_in_a_sentence_are_known_or_gone() -> None:
    known = Pseudonyms(frozenset())
    assert known.file("/srv/acme/zephyr-v2.pt") == "file1.pt"
    told = known.text("Read /srv/acme/zephyr-v2.pt and s3://bucket/key; zephyr-v2.pt has 3/4, and/or.", paths=True)
    assert told == "Read file1.pt and redacted; file1.pt has 3/4, and/or."


def test_public_classes_stay_and_values_are_not_repeated() -> None:
    known = Pseudonyms(frozenset())
    assert known.class_path("torch.nn.modules.conv.Conv2d") == "torch.nn.modules.conv.Conv2d"
    assert known.class_path("acme.nets.FlurbNet") == "redacted.Class1"
    known.value("licensed to Quux")
    known.value("0.1")
    assert known.text("It is licensed to Quux, rate 0.1.", paths=False) == "It is redacted, rate 0.1."
