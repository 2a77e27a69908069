"""Sentences that are put together from parts are recognised as a whole."""

from __future__ import annotations

import pytest

from modelreport.options import RenderOptions
from modelreport.render import phrases
from modelreport.render.language import catalogue, tell
from modelreport.render.patterns import variants
from modelreport.render.setting import under
from modelreport.trace.usage.devices import DEVICES, described
from tests.words import english

GROUPS = (
    phrases.LAYERS, phrases.CONVOLUTIONS, phrases.ENDS, phrases.UNKNOWN, phrases.LEFT_OUT, phrases.PROOFS,
    phrases.CHARTS, phrases.WEIGHTS, phrases.VERDICTS, phrases.WORDS,
)  # fmt: skip


def test_each_phrase_stands_once_and_few_enough_forms() -> None:
    every = [phrase for group in GROUPS for phrase in group]
    assert len(set(every)) == len(every)
    assert all(len(list(variants(phrase, phrase))) <= 128 for phrase in every)


def test_single_words_in_sentences_are_translated() -> None:
    assert all(catalogue("zh").messages[word] for word in phrases.ALONE)


NAMES = (
    *("NVIDIA", "Tensor", "Core", "Blackwell", "Turing", "Ada", "Ampere", "GeForce", "AMD", "Instinct", "Zen"),
    *("Google", "Cloud", "Apple", "Max", "MacBook", "Pro", "GHz", "PCIe", "device"),
)
"""Of makers, products and documents."""
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
    LEAVES: "{n3_count} 个参数，分布于 {n1_value} 个二维卷积、{n1_value} 个批归一化和 {n2_value} 个线性层"
    "（依名称和形状判断）。",
    PROOF: "{n1_value}，查询 {n2_value}、键 {n2_value}、值 {n2_value}；查询、键和值来自同一数据。",
    "The output comes from a linear layer {n1_value} → {n2_value}.": "输出来自线性层 {n1_value} → {n2_value}。",
    "It holds a {n1_value}-layer LSTM with {n2_value} inputs and {n3_value} hidden units and a linear layer {n3_value} "
    "→ {n4_value}.": "其中有 {n1_value} 层的 LSTM，{n2_value} 个输入，{n3_value} 个隐藏单元和线性层 {n3_value} → "
    "{n4_value}。",
    "{n2_count} parameters in {n1_value} LSTM and {n1_value} linear layer by names and shapes.": "{n2_count} 个参数，"
    "分布于 {n1_value} 个 LSTM 和 {n1_value} 个线性层（依名称和形状判断）。",
    "By their names, {n1_value} weights make queries, keys and values of width {n2_value} at once; how many heads they "
    "are cut into does not show in the shapes.": "从名称看，有 {n1_value} 个权重一次生成宽度为 {n2_value} 的查询、键和"
    "值；形状中看不出分成多少个头。",
    "For one token its linear layers take {n1_macs}; what a whole pass costs is not known without the code.": "其线性层"
    "每个词元需要 {n1_macs}；没有代码，整次前向传播的成本未知。",
    "A pre-norm hierarchical transformer of 2 stages with 2 and 3 layers, widths 32 to 64.": "pre-norm 层级式 "
    "Transformer，分 2 个阶段，依次有 2 和 3 层，宽度 32 至 64。",
    "A convolutional network of 3 convolutions (2 of 3×3 and 1 of 1×1), 4 to 16 channels; ReLU.": "由以下组成的卷积"
    "网络：3 个卷积（2 个 3×3 的卷积和 1 个 1×1 的卷积），4 至 16 个通道；ReLU。",
    "The spectra of {random_count} of {matrix_count} matrices cannot be told from those of independent random values "
    "({tensor0}, {tensor1} and {more_count} more): as at initialisation, nothing was learned there or too little to "
    "show.": "{matrix_count} 个矩阵中有 {random_count} 个的谱与独立随机值的谱无法区分（{tensor0}、{tensor1}，另有 "
    "{more_count} 个）：如同刚初始化，那里没有学到东西，或学到的太少而看不出来。",
    "This is a LoRA adapter for acme/base (rank 8, alpha 16) on 8 layers (query, value): 8,192 parameters.": "这是用于 "
    "acme/base 的 LoRA 适配器（秩 8、alpha 16），作用于 8 个层（query, value）：8,192 个参数。",
    "This is a LoRA adapter (rank 8) on 8 layers (query): 8,192 parameters.": "这是 LoRA 适配器（秩 8），作用于 8 个层"
    "（query）：8,192 个参数。",
    "positions come from tables of 16 × 32 and 12 × 32.": "位置来自 16 × 32 和 12 × 32 的各表。",
    "The convolution is read by batch norm and then ReLU only.": "该卷积之后只接批归一化，再接 ReLU。",
    "Left out: 1 tensor of grouped convolutions: it is no one matrix (a.weight).": "已略去：1 个分组卷积的张量，"
    "不是单个矩阵（a.weight）。",
    "Opening the file with torch.load would run {first}: {call_count} call in all.": "用 torch.load 打开该文件会运行 "
    "{first}：共 {call_count} 次调用。",
}


def test_where_the_figures_of_devices_are_from_is_said_in_chinese() -> None:
    with under(RenderOptions(lang="zh")):
        for device in (*DEVICES, described("flops=1,bandwidth=1")):
            assert tell(device.source) != device.source
            assert english(tell(f"{device.source}; {device.title}"), NAMES) == []


@pytest.mark.parametrize("said", TOLD)
def test_the_paragraph_on_the_architecture_reads_right_in_chinese(said: str) -> None:
    with under(RenderOptions(lang="zh")):
        assert tell(said) == TOLD[said]
