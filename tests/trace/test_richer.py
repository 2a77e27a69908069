"""More to feed a model that left parameters untouched."""

from __future__ import annotations

from torch import nn

from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.richer import enriched
from tests.trace.inputs.subjects import Settings
from tests.trace.models import complete_trace_of

IDS = Dummy((1, 4), "ids", "int64")
SPARE = {
    "entity_ids": IDS, "entity_mask": IDS, "encoder_hidden_states": Dummy((1, 4, 8)), "head_mask": IDS,
    "decoder_inputs_embeds": IDS,
}  # fmt: skip


def added(untouched: set[str]) -> list[set[str]]:
    candidate = Candidate("", (), {"input_ids": IDS}, spare=SPARE)
    return [set(c.kwargs) - {"input_ids"} for c in enriched(candidate, untouched)]


def test_arguments_that_speak_of_untouched_parts_come_together():
    assert added({"entity_embeddings.weight"}) == [{"entity_ids", "entity_mask"}]
    assert added({"layer.0.crossattention.key.weight"}) == [{"encoder_hidden_states"}]
    assert added({"layers.1.encoder_attn.k_proj.weight"}) == [{"encoder_hidden_states"}]
    assert added({"pooler.dense.weight"}) == []


def test_several_kinds_come_together_and_then_each():
    both = added({"entity_embeddings.weight", "cross.key.weight"})
    assert both[0] == {"entity_ids", "entity_mask", "encoder_hidden_states"}
    assert len(both) == 3


def test_a_part_that_only_an_optional_argument_reaches_is_reached():
    class WithEntities(nn.Module):
        main_input_name = "input_ids"

        def __init__(self):
            super().__init__()
            self.config = Settings(vocab_size=50, hidden_size=8)
            self.words, self.entity_embeddings = nn.Embedding(50, 8), nn.Embedding(50, 8)

        def forward(self, input_ids, entity_ids=None):
            out = self.words(input_ids)
            return out if entity_ids is None else out + self.entity_embeddings(entity_ids)

    found = complete_trace_of(WithEntities())
    assert {s.name for s in found.inputs} == {"input_ids", "entity_ids"}
    assert found.untouched == ()
    assert "for parts left untouched" in found.input_origin
