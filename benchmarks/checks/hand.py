"""Multiply-adds and parameters written out by hand, from the papers' descriptions of six networks.

Convention: a product of an (m, k) with a (k, n) matrix is m·k·n multiply-adds; a convolution is one for each output
element, input channel of its group and kernel element. Attention is counted over the full S×S square. Biases, norms and
activations are no multiply-adds. A LayerNorm or BatchNorm has two parameters a channel, an RMSNorm one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.checks.zoo import Case, hugging_face, ids, spec, torchvision_model


@dataclass(frozen=True)
class Hand:
    """A network with its figures."""

    case: Case
    macs: int
    parameters: int
    formula: str
    source: str


def resnet50(side: int = 224, classes: int = 1000) -> tuple[int, int]:
    """He et al. 2015, table 1, with the stride in the 3×3 convolution (as torchvision has it).

    Stem: 7×7, 3→64, stride 2. Four stages of 3, 4, 6, 3 bottlenecks of width w = 64, 128, 256, 512 at sides s = 56, 28,
    14, 7: 1×1 in→w at the side of the input, 3×3 w→w at s, 1×1 w→4w at s; the first of a stage also projects its input
    to 4w at s. Then the mean, and 2048→classes. Each convolution is followed by a BatchNorm.
    """
    here = side // 2
    macs = here * here * 64 * 3 * 7 * 7
    parameters = 64 * 3 * 7 * 7 + 2 * 64
    here //= 2  # the pooling
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        width, before = 64 << stage, here
        if stage:
            here //= 2
        for block in range(blocks):
            outer = before if block == 0 else here
            macs += outer * outer * channels * width + here * here * (9 * width * width + width * 4 * width)
            parameters += channels * width + 9 * width * width + 4 * width * width + 2 * (width + width + 4 * width)
            if block == 0:
                macs += here * here * channels * 4 * width
                parameters += channels * 4 * width + 2 * 4 * width
            channels = 4 * width
    return macs + channels * classes, parameters + channels * classes + classes


def vit(side: int = 224, patch: int = 16, width: int = 768, layers: int = 12, classes: int = 1000) -> tuple[int, int]:
    """Dosovitskiy et al. 2020: patches of side p as one product each, a class token, L blocks of width d.

    A block: query, key, value and output projections 4·N·d²; scores and weighted sum 2·N²·d; two products with a hidden
    width of 4d, 8·N·d². With biases, two LayerNorms in each block and one at the end, and a position for each token.
    """
    patches = (side // patch) ** 2
    tokens = patches + 1
    macs = patches * width * 3 * patch * patch
    macs += layers * (4 * tokens * width**2 + 2 * tokens**2 * width + 8 * tokens * width**2)
    parameters = width * 3 * patch * patch + width + width + tokens * width
    parameters += layers * (4 * (width**2 + width) + 2 * 4 * width**2 + 5 * width + 4 * width) + 2 * width
    return macs + width * classes, parameters + width * classes + classes


def gpt2(length: int, width: int = 768, layers: int = 12, vocabulary: int = 50257) -> tuple[int, int]:
    """Radford et al. 2019: L blocks of 12·S·d² + 2·S²·d, then S·d·V with the embedding's own matrix."""
    macs = layers * (12 * length * width**2 + 2 * length**2 * width) + length * width * vocabulary
    parameters = vocabulary * width + 1024 * width + 2 * width
    return macs, parameters + layers * (12 * width**2 + 13 * width)


@dataclass(frozen=True)
class Decoder:
    """Sizes of a Llama-like decoder: grouped-query attention, gated MLP of three matrices, no biases, untied head."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    hidden: int
    vocabulary: int
    experts: int = 1
    active: int = 1

    @property
    def attention(self) -> int:
        """Weights of the four projections: d² for query and output, d·d·kv/heads for key and value."""
        return 2 * self.width**2 + 2 * self.width * (self.width // self.heads * self.kv_heads)

    @property
    def expert(self) -> int:
        """Weights of gate, up and down."""
        return 3 * self.width * self.hidden

    @property
    def router(self) -> int:
        """Weights of the choice among experts, none where there is no choice."""
        return self.width * self.experts if self.experts > 1 else 0


def decoder(length: int, sizes: Decoder) -> tuple[int, int]:
    """Touvron et al. 2023, Jiang et al. 2024: each token meets the attention, the router and its active experts.

    S·(attention + router + active·expert) + 2·S²·d for a layer, S·d·V for the logits of all tokens. Rotary angles are
    products of one frequency and one position each, no sums.
    """
    each = sizes.attention + sizes.router + sizes.active * sizes.expert
    macs = sizes.layers * (length * each + 2 * length**2 * sizes.width) + length * sizes.width * sizes.vocabulary
    held = sizes.attention + sizes.router + sizes.experts * sizes.expert + 2 * sizes.width
    return macs, sizes.layers * held + 2 * sizes.vocabulary * sizes.width + sizes.width


def lstm(steps: int, batch: int, inputs: int, hidden: int, layers: int, directions: int) -> tuple[int, int]:
    """Hochreiter and Schmidhuber 1997: four gates, each a product with the input and one with the state.

    T·B·4H·(I + H) for a layer and direction; from the second layer on the input is what all directions of the layer
    below say. Two biases for each gate, as torch keeps them.
    """
    macs = parameters = 0
    for layer in range(layers):
        width = inputs if layer == 0 else directions * hidden
        macs += directions * steps * batch * 4 * hidden * (width + hidden)
        parameters += directions * (4 * hidden * (width + hidden) + 2 * 4 * hidden)
    return macs, parameters


LLAMA_3_70B = Decoder(8192, 80, 64, 8, 28672, 128256)
MIXTRAL_8X7B = Decoder(4096, 32, 32, 8, 14336, 32000, experts=8, active=2)


def lstm_module() -> object:
    """Two layers in both directions, 256 to 512."""
    from torch import nn

    return nn.LSTM(256, 512, 2, batch_first=True, bidirectional=True)


def decoder_case(name: str, class_name: str, config: str, sizes: Decoder, length: int) -> Case:
    """The class of transformers in these sizes, fed so many tokens."""
    settings = {
        "hidden_size": sizes.width, "num_hidden_layers": sizes.layers, "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads, "intermediate_size": sizes.hidden, "vocab_size": sizes.vocabulary,
        "tie_word_embeddings": False,
    }  # fmt: skip
    if sizes.experts > 1:
        settings |= {"num_local_experts": sizes.experts, "num_experts_per_tok": sizes.active}
    return Case("transformers", name, hugging_face(class_name, config, **settings), (ids(length),))


def networks() -> tuple[Hand, ...]:
    """The six networks with their figures by hand."""
    length = 128
    llama = decoder_case("Llama-3-70B", "LlamaForCausalLM", "LlamaConfig", LLAMA_3_70B, length)
    mixtral = decoder_case("Mixtral 8x7B", "MixtralForCausalLM", "MixtralConfig", MIXTRAL_8X7B, length)
    image = (spec(1, 3, 224, 224),)
    gpt = Case("transformers", "GPT-2", hugging_face("GPT2LMHeadModel", "GPT2Config"), (ids(1024),))
    recurrent = Case("torch", "LSTM, 2 layers, both directions", lstm_module, (spec(4, 50, 256),))
    made: tuple[tuple[Case, Callable[[], tuple[int, int]], str, str], ...] = (
        (Case("torchvision", "resnet50", torchvision_model("resnet50"), image), resnet50,
         "Σ side²·in·out·kernel² over 53 convolutions + 2048·1000", "He et al. 2015, table 1"),
        (Case("torchvision", "vit_b_16", torchvision_model("vit_b_16"), image), vit,
         "196·768·768 + 12·(12·N·d² + 2·N²·d) + 768·1000, N = 197", "Dosovitskiy et al. 2020"),
        (gpt, lambda: gpt2(1024), "12·(12·S·d² + 2·S²·d) + S·d·V", "Radford et al. 2019"),
        (llama, lambda: decoder(length, LLAMA_3_70B), "80·(S·(attention + 3·d·f) + 2·S²·d) + S·d·V",
         "Llama team 2024, table 3"),
        (mixtral, lambda: decoder(length, MIXTRAL_8X7B),
         "32·(S·(attention + router + 2·3·d·f) + 2·S²·d) + S·d·V",
         "Jiang et al. 2024, table 1"),
        (recurrent, lambda: lstm(50, 4, 256, 512, 2, 2), "Σ directions·T·B·4H·(I + H)",
         "Hochreiter and Schmidhuber 1997"),
    )  # fmt: skip
    return tuple(Hand(case, *count(), formula, source) for case, count, formula, source in made)
