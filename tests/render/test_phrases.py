"""Sentences that are put together from parts are recognised as a whole."""

from __future__ import annotations

import pytest

from modelreport.options import RenderOptions
from modelreport.render import phrases
from modelreport.render.language import catalogue, tell
from modelreport.render.patterns import variants
from modelreport.render.setting import under

GROUPS = (
    phrases.LAYERS, phrases.CONVOLUTIONS, phrases.ENDS, phrases.PROOFS, phrases.CHARTS, phrases.WEIGHTS,
    phrases.VERDICTS, phrases.WORDS,
)  # fmt: skip


def test_each_phrase_stands_once_and_few_enough_forms() -> None:
    every = [phrase for group in GROUPS for phrase in group]
    assert len(set(every)) == len(every)
    assert all(len(list(variants(phrase, phrase))) <= 128 for phrase in every)


def test_single_words_in_sentences_are_translated() -> None:
    assert all(catalogue("zh").messages[word] for word in phrases.ALONE)


TRANSFORMER = (
    "A {n1_value}-layer post-norm transformer encoder of width {n2_value} with LayerNorm: in each layer self-attention "
    "with {n3_value} heads of width {n4_value} and an MLP of inner width {n5_value} (GELU)."
)
CONVOLUTIONS = (
    "A convolutional network of {n1_value} stages with {n2_value}, {n1_value}, {n3_value} and {n2_value} bottleneck "
    "blocks, widths {n4_value} to {n5_value}; batch norm and ReLU."
)
LEAVES = (
    "{n3_count} parameters in {n1_value} 2-D convolutions, {n1_value} batch norms and {n2_value} linear layer by names "
    "and shapes."
)
PROOF = (
    "{n1_value} of queries {n2_value}, keys {n2_value} and values {n2_value}; queries, keys and values are made from "
    "the same data."
)
TOLD = {
    TRANSFORMER: "{n1_value} 层的 post-norm Transformer 编码器，宽 {n2_value}，采用 LayerNorm：每层包含自注意力"
    "（{n3_value} 个头，头宽 {n4_value}）和内部宽度 {n5_value} 的 MLP（GELU）。",
    CONVOLUTIONS: "分 {n1_value} 个阶段的卷积网络，各阶段依次有 {n2_value}、{n1_value}、{n3_value} 和 {n2_value} 个"
    "瓶颈块，宽度 {n4_value} 至 {n5_value}；批归一化和 ReLU。",
    LEAVES: "{n3_count} 个参数，分布于{n1_value} 个二维卷积、{n1_value} 个批归一化和 {n2_value} 个线性层"
    "（依名称和形状判断）。",
    PROOF: "{n1_value}，查询 {n2_value}、键 {n2_value}、值 {n2_value}；查询、键和值来自同一数据。",
    "The output comes from a linear layer {n1_value} → {n2_value}.": "输出来自线性层 {n1_value} → {n2_value}。",
}


@pytest.mark.parametrize("english", TOLD)
def test_the_paragraph_on_the_architecture_reads_right_in_chinese(english: str) -> None:
    with under(RenderOptions(lang="zh")):
        assert tell(english) == TOLD[english]
