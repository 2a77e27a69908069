"""Messages for sentences that are put together from parts: the paragraph on the architecture and what proves it.

Their parts stand in many places of the source and none of them is a sentence, so that they are written out here as they
come to be. ``render/patterns.py`` recognises them; tests see to it that every sentence of the sample reports is.
"""

from __future__ import annotations

from typing import Final

from modelreport.render.language import mark

LAYERS: Final = (
    mark(
        "{article:A|An} {layers}-layer {norm:pre-norm |post-norm |}{noun:transformer encoder|transformer decoder|"
        "decoder-only transformer|causal transformer|hierarchical transformer|transformer|state-space network|"
        "MLP network|network of convolutions and MLPs|hybrid of state-space and attention layers}"
    ),
    mark(
        "{article:A|An} {norm:pre-norm |post-norm |}{noun:transformer encoder|transformer decoder|"
        "decoder-only transformer|causal transformer|hierarchical transformer|transformer|state-space network|"
        "MLP network|network of convolutions and MLPs|hybrid of state-space and attention layers}"
    ),
    mark(
        "{article:A|An} {norm:pre-norm |post-norm |}{noun:transformer encoder|transformer decoder|"
        "decoder-only transformer|causal transformer|hierarchical transformer|transformer|state-space network|"
        "MLP network|network of convolutions and MLPs|hybrid of state-space and attention layers} of {count} "
        "{word:block|blocks}"
    ),
    mark("{what} of {stages} stages with {layers} {word:layers|blocks}, {count:width|widths} {span}"),
    mark("{what} of {stages} stages with {layers} {word:layers|blocks}"),
    mark("{text} with {norm:LayerNorm|RMSNorm|batch norm|group norm|instance norm|local response norm}"),
    mark("{text} of width {width}"),
    mark("in each {stack:layer|block} {contents}"),
    mark("{text} with {heads} {word:head|heads} of width {width}"),
    mark("{text} with {heads} heads and {keys} key-value {word:head|heads} of width {width}"),
    mark("{text} with {heads} heads and {keys} key-value {word:head|heads}"),
    mark("{text} with {heads} {word:head|heads}"),
    mark("{text} in {count} {word:layer|layers}"),
    mark("{text} and rotary positions"),
    mark("{text} and relative positions from a table"),
    mark("{gate:a gated MLP|an MLP} of {ratio} times the width ({activation})"),
    mark("{gate:a gated MLP|an MLP} of inner {word:width|widths} {inner}"),
    mark("an MLP {widths} ({activation})"),
    mark("side by side"),
    mark("all layers use the same weights"),
    mark("A network of {counts} {norm:pre-norm |post-norm |}residual blocks"),
    mark("{count} times {article:a|an} {layers}-layer {both:bidirectional |}{kind} with {inputs} inputs and {hidden} "
         "hidden units{each: in each direction|}"),
    mark("{article:a|an|A|An} {layers}-layer {both:bidirectional |}{kind} with {inputs} inputs and {hidden} hidden "
         "units{each: in each direction|}"),
)  # fmt: skip

CONVOLUTIONS: Final = (
    mark(
        "A convolutional network of {stages} stages with {counts} {kind:basic residual|residual|bottleneck|"
        "grouped bottleneck|inverted residual|depthwise bottleneck|depthwise} blocks{note}"
    ),
    mark(
        "A convolutional network with {count} {kind:basic residual|residual|bottleneck|grouped bottleneck|"
        "inverted residual|depthwise bottleneck|depthwise} blocks{note}"
    ),
    mark("(two convolutions each)"),
    mark("(in {number} groups)"),
    mark("{word:width|widths} {low} to {high}"),
    mark("{word:width|widths} {width}"),
    mark("squeeze-excite in {which:each|all of them}"),
    mark("squeeze-excite in {count} of them"),
    mark("squeeze-excite in {count}"),
    mark("{low} to {high} channels"),
    mark("{count} channels"),
    mark(
        "{start:A convolutional network of|It begins with|Beside these there are} {count} "
        "{adjective:transposed |depthwise |}{word:convolution|convolutions} ({kinds})"
    ),
    mark(
        "{start:A convolutional network of|It begins with|Beside these there are} {count} "
        "{adjective:transposed |depthwise |}{word:convolution|convolutions} of {kernel}"
    ),
    mark("{count} {adjective:transposed |depthwise |}of {height}×{width}"),
    mark("{count} {adjective:transposed |depthwise |}of kernel {kernel}"),
    mark("kernel {kernel}"),
)

ENDS: Final = (
    mark("{start:The output comes|The outputs come} from {layers}"),
    mark("Of {count} outputs, {some:one comes|some come} from {layers}"),
    mark("{share} of them in the {word:layers|residual blocks}"),
    mark("{size} {parameters:parameter|parameters}, {share} of them in the {word:layers|residual blocks}."),
    mark("{count} {word:parameter|parameters}"),
    mark(
        "{count} {kind:linear layer|linear layers|1-D convolution|1-D convolutions|2-D convolution|2-D convolutions|"
        "3-D convolution|3-D convolutions|embedding table|embedding tables|recurrent layer|recurrent layers|"
        "attention layer|attention layers|LSTM|LSTMs|GRU|GRUs|batch norm|batch norms|layer norm|layer norms|RMS norm|"
        "RMS norms|group norm|group norms|LSTM cell|LSTM cells|GRU cell|GRU cells|recurrent cell|recurrent cells|"
        "transposed convolution|transposed convolutions|quantised linear layer|quantised linear layers}"
    ),
)

UNKNOWN: Final = (
    mark("{count} {word:weight makes|weights make} queries, keys and values of width {width} at once"),
    mark("{count} {word:weight makes|weights make} queries of width {query} from width {width}"),
    mark(
        "{count} {word:weight makes|weights make} queries of width {query} from width {width}, and keys are {key} "
        "wide, so that {shared} query heads share one"
    ),
    mark("For one token its linear layers take {macs}; what a whole pass costs is not known without the code."),
)
"""What names and shapes say where there was no pass."""

LEFT_OUT: Final = (
    mark("Left out: {count} {word:tensor|tensors} of quantised weights, whose codes have no spectrum ({listed})."),
    mark(
        "Left out: {count} {word:tensor that is a factor|tensors that are factors} of an adapter, whose product counts "
        "({listed})."
    ),
    mark(
        "Left out: {count} {word:tensor of grouped convolutions: it is|tensors of grouped convolutions: they are} no "
        "one matrix ({listed})."
    ),
    mark("Left out: {count} {word:tensor|tensors} with NaN or infinite values ({listed})."),
    mark("Left out: {count} {word:tensor|tensors} whose elements are not all stored ({listed})."),
    mark("free dimensions chosen: {filled}, the first sizes tried"),
    mark("free dimensions chosen: {filled}, number {attempt} of the sizes tried"),
)
"""Tensors without a spectrum, and how sizes came to be."""

PROOFS: Final = (
    mark("a sum at {shape} of what {count} operations make and of the same data through fewer layers"),
    mark("queries, keys and values are made from the same data"),
    mark("queries and keys are made from different data"),
    mark("the mask lets each position see itself and those before"),
    mark("the mask is triangular"),
    mark("{layers:1×1 convolutions|linear layers} {widths}"),
    mark("what the last takes is a product of two linear maps of the same data, one through {activation}"),
    mark("softmax over the last dimension of {name}, {rows} by {columns}, then its product with values gives {shape}"),
    mark(
        "means of {channels} channels go through two layers, {width} wide between them, and are multiplied with what "
        "they were taken from"
    ),
    mark("the operation {name} reads weights {shapes}"),
)

CHARTS: Final = (
    mark("All {what:weights with two or more dimensions|parameters}, in the order of {order:the file|execution}."),
    mark(
        "{count} of {total} {what:weights with two or more dimensions|parameters}, at even distances, in the order of "
        "{order:the file|execution}."
    ),
    mark("{speed} at {intensity} FLOP/B"),
    mark("{flops}, {size} moved, {intensity} FLOP/B"),
    mark("{time} each, {bound:compute|memory}-bound"),
    mark("{symbol} = {size}, measured"),
    mark("{label}: own operations does {share} of {flops}"),
    mark("{label} has a standard deviation of {value}"),
    mark("All {count} filters"),
    mark("{count} of {total} filters"),
    mark("compute"),
    mark("memory"),
    mark("multiply-adds"),
    mark("min"),
    mark("max"),
    mark("scale"),
    mark("constant"),
    mark(
        "{statistic:scale|mean over deviation|length of the tails|spread of the rows|share of zeros|constant}: score "
        "{score}"
    ),
    mark("{name}: {count} {kind:dead|repeated|shut|weak}"),
    mark("{format}: nothing changes"),
    mark("step {step}: {what:loss|evaluation loss|learning rate|gradient norm} {value}"),
    mark(
        "{family:Convolution|Linear|Recurrent|Attention|Norm|Activation|Pooling|Embedding|Shape|Arithmetic|"
        "Input and output|Module|Other} does {share} of {flops}"
    ),
    mark(
        "{module}, {family:convolution|linear|recurrent|attention|norm|activation|pooling|embedding|shape|arithmetic|"
        "input and output|module|other}: {flops}"
    ),
    mark(
        "{family:convolution|linear|recurrent|attention|norm|activation|pooling|embedding|shape|arithmetic|"
        "input and output|module|other}: {flops} FLOP in {operations}"
    ),
    mark("{name}: {size}, rank {rank}"),
    mark("{optimizer}, {precision}, {part:weights|gradients|optimizer state|activations}: {size}"),
    mark("8-bit AdamW"),
)

ALONE: Final = frozenset(
    (
        mark("exact"), mark("dead"), mark("repeated"), mark("shut"), mark("weak"), mark("none"),
        mark("batch"), mark("sequence"), mark("frames"),
    )
)  # fmt: skip
"""Single words in a sentence that are ours; any other may be a name."""

WEIGHTS: Final = (
    mark("{times}× smaller in 8 bits at {decibels} dB"),
    mark("Hardly smaller in 8 bits at {decibels} dB"),
    mark("{kind}, {step_count} {word:step|steps}"),
    mark("Filters of {name} look like noise."),
    mark("the norm of the change is {low} to {high} of the weight's, largest in {name}."),
    mark("the norm of the change is {low} to {high}, largest in {name}."),
    mark("{name} is unlike its peers at other depths."),
    mark("{name} looks freshly initialised while its peers do not."),
    mark("Filters of {name} are smooth: weights side by side correlate by {near_value}."),
    mark("{which:the first layer|a layer}, {path}, is {type}"),
    mark("{which:the first layer|a layer}, the module itself, is {type}"),
    mark("lossless"),
    mark("{dummy} was tried"),
)

VERDICTS: Final = (
    mark("{count} {more:further |}{word:warning|warnings}"),
    mark("{count} further {word:error|errors}"),
)

WORDS: Final = (
    mark("given"),
    mark("folder"),
    mark("graph"),
    mark("script"),
    mark("object"),
    mark("image side"),
    mark("call"),
    mark("key"),
    mark("file"),
    mark("tensor"),
    mark("module"),
    mark("operation"),
    mark("heads"),
    mark("key value heads"),
    mark("head width"),
    mark("width"),
    mark("widths"),
    mark("mask"),
    mark("positions"),
    mark("activation"),
    mark("gated"),
    mark("expansion"),
    mark("experts"),
    mark("chosen"),
    mark("inner width"),
    mark("norm"),
    mark("bypass"),
    mark("skip"),
    mark("kernel"),
    mark("channels"),
    mark("squeezed"),
    mark("hidden"),
    mark("layers"),
    mark("bidirectional"),
    mark("states"),
    mark("self"),
    mark("cross"),
    mark("causal"),
    mark("triangular"),
    mark("rotary"),
    mark("relative"),
    mark("projected"),
    mark("basic"),
    mark("bottleneck"),
    mark("convolution"),
    mark("squeeze-excite"),
)
"""Words of facts that stand alone: kinds of evidence, names of figures and what they can be."""
