"""Reports of well-known shapes of networks, written down by hand, for testing the map without running anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from modelreport.facts import (
    Family,
    Generator,
    Item,
    ModuleCall,
    ModuleFact,
    Operation,
    Report,
    Skipped,
    Source,
    Structure,
    TensorFact,
    TensorSpec,
    Trace,
)

Shape = tuple[int, ...]


@dataclass
class Network:
    """Writes down modules, tensors, calls and operations in the order of a forward pass."""

    title: str
    modules: dict[str, tuple[str, int]] = field(default_factory=dict)
    tensors: list[TensorFact] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    calls: list[list[object]] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    inputs: list[TensorSpec] = field(default_factory=list)
    outputs: list[TensorSpec] = field(default_factory=list)
    makers: list[int] = field(default_factory=list)
    shapes: dict[int, Shape] = field(default_factory=dict)

    def input(self, name: str, *shape: int, dtype: str = "float32") -> int:
        """A model input; refer to it by the negative number returned."""
        self.inputs.append(TensorSpec(shape=shape, dtype=dtype, name=name))
        self.shapes[-len(self.inputs)] = shape
        return -len(self.inputs)

    def output(self, source: int, name: str = "") -> None:
        self.makers.append(max(source, -1))
        self.outputs.append(TensorSpec(shape=self.shapes[source], dtype="float32", name=name))

    @contextmanager
    def module(self, path: str, kind: str) -> Iterator[None]:
        """A call of a module around what runs inside the ``with``."""
        number = sum(1 for call in self.calls if call[0] == path)
        self.modules.setdefault(path, (kind, 0))
        parent = self.stack[-1] if self.stack else -1
        self.calls.append([path, kind, parent, number, len(self.operations), 0])
        self.stack.append(len(self.calls) - 1)
        yield
        self.calls[self.stack.pop()][5] = len(self.operations)

    def run(
        self,
        name: str,
        family: Family,
        shape: Shape,
        *sources: int,
        weight: Shape = (),
        label: str = "",
        flops: int = 0,
    ) -> int:
        """One operation; ``weight`` makes it read a parameter of the module it runs in."""
        index = len(self.operations)
        path = str(self.calls[self.stack[-1]][0])
        read: tuple[str, ...] = ()
        if weight:
            read = (f"{path}.weight".lstrip("."),)
            if all(tensor.name != read[0] for tensor in self.tensors[-50:]):
                self.tensors.append(_tensor(read[0], weight, path))
        self.operations.append(
            Operation(
                id=index, name=name, family=family, call=self.stack[-1],
                inputs=tuple(self._spec(source) for source in sources),
                outputs=(TensorSpec(shape=shape, dtype="float32"),),
                sources=tuple(sorted({source for source in sources if source >= 0})),
                reads_input=tuple(sorted({-source - 1 for source in sources if source < 0})),
                parameters=read, label=label, flops=flops, macs=flops // 2,
            )
        )  # fmt: skip
        self.shapes[index] = shape
        return index

    def leaf(
        self, path: str, kind: str, family: Family, shape: Shape, *sources: int, weight: Shape = (), label: str = ""
    ) -> int:
        """A module of one operation."""
        with self.module(path, kind):
            count = 1
            for size in weight:
                count *= size
            return self.run(
                kind.lower(), family, shape, *sources, weight=weight, label=label, flops=count if weight else 0
            )

    def _spec(self, source: int) -> TensorSpec:
        return TensorSpec(shape=self.shapes[source], dtype="float32")

    def report(self, *, traced: bool = True) -> Report:
        """The report of what was written down; without ``traced`` only its module tree."""
        structure = self._structure()
        calls = tuple(
            ModuleCall(
                path=str(path), type=str(kind), parent=int(parent), number=int(number),  # type: ignore[call-overload]
                inputs=(), outputs=self.operations[last - 1].outputs if last > first else (), first=first, last=last,
                flops=sum(op.flops or 0 for op in self.operations[first:last]) if last - first < 5000 else 0,
                macs=sum(op.macs or 0 for op in self.operations[first:last]) if last - first < 5000 else 0,
            )
            for path, kind, parent, number, first, last in self.calls
        )  # fmt: skip
        trace = Trace(
            method="meta", inputs=tuple(self.inputs), input_origin="given", outputs=tuple(self.outputs),
            output_sources=tuple(self.makers),
            operations=tuple(self.operations), calls=calls, flops=0, macs=0, uncounted=(), guesses=(), memory=None,
            complete=True,
        )  # fmt: skip
        skipped = Skipped(stage="trace", reason="No architecture fits these tensors.")
        return Report(
            title=self.title,
            generator=Generator(version="0", created="2026-01-01T00:00:00Z", python="3", platform="test", packages=()),
            source=Source(
                name="model.pth", kind="file", format="torch-zip", format_title="PyTorch", content="module", files=(),
                size_bytes=1,
            ),
            security=Skipped(stage="security", reason="not looked at"),
            identification=Skipped(stage="identify", reason="not looked at"),
            structure=structure,
            trace=trace if traced else skipped,
            weights=Skipped(stage="measure", reason="not looked at"),
        )  # fmt: skip

    def _structure(self) -> Structure:
        paths = self._paths()
        place = {path: index for index, path in enumerate(paths)}
        counts = dict.fromkeys(paths, 0)
        owned = dict.fromkeys(paths, 0)
        for tensor in self.tensors:
            owned[tensor.module] += tensor.count
            path = tensor.module
            while True:
                counts[path] += tensor.count
                if not path:
                    break
                path = path.rpartition(".")[0]
        modules = tuple(
            ModuleFact(
                path=path, name=path.rpartition(".")[2] or self.title,
                type=self.modules.get(path, ("ModuleList", 0))[0],
                parent=place[path.rpartition(".")[0]] if path else -1,
                attributes=(Item(name="kernel_size", value="(3, 3)"),) if "conv" in path else (),
                parameters=counts[path], own_parameters=owned[path], size_bytes=4 * counts[path],
            )
            for path in paths
        )  # fmt: skip
        total = counts[""]
        return Structure(
            origin="live", modules=modules, tensors=tuple(self.tensors), parameters=total, trainable=total, buffers=0,
            parameter_tensors=len(self.tensors), buffer_tensors=0, size_bytes=4 * total, dtypes=(),
        )  # fmt: skip

    def _paths(self) -> list[str]:
        """All module paths, parents before children."""
        paths = {"": None}
        for path in self.modules:
            parts = path.split(".") if path else []
            for end in range(1, len(parts) + 1):
                paths.setdefault(".".join(parts[:end]))
        return list(paths)


def _tensor(name: str, shape: Shape, module: str) -> TensorFact:
    count = 1
    for size in shape:
        count *= size
    return TensorFact(
        name=name, shape=shape, dtype="float32", role="parameter", module=module, count=count, size_bytes=4 * count,
        stored_bytes=4 * count,
    )  # fmt: skip


def resnet(blocks: tuple[int, ...] = (3, 4, 6, 3)) -> Network:
    """A bottleneck residual network: a stem, four stages, residuals, a downsampling branch in each first block."""
    net = Network("resnet50")
    x = net.input("x", 1, 3, 224, 224)
    with net.module("", "ResNet"):
        x = net.leaf("conv1", "Conv2d", "conv", (1, 64, 112, 112), x, weight=(64, 3, 7, 7), label="7×7, s2, p3")
        x = net.leaf("bn1", "BatchNorm2d", "norm", (1, 64, 112, 112), x, label="64")
        x = net.leaf("relu", "ReLU", "activation", (1, 64, 112, 112), x)
        x = net.leaf("maxpool", "MaxPool2d", "pool", (1, 64, 56, 56), x, label="3×3, s2, p1")
        before = 64
        for stage, count in enumerate(blocks):
            wide, side = 64 << stage, 56 >> stage
            with net.module(f"layer{stage + 1}", "Sequential"):
                for number in range(count):
                    x = _bottleneck(net, f"layer{stage + 1}.{number}", x, before, wide, side, first=number == 0)
                    before = 4 * wide
        x = net.leaf("avgpool", "AdaptiveAvgPool2d", "pool", (1, before, 1, 1), x)
        x = net.run("flatten", "shape", (1, before), x)
        x = net.leaf("fc", "Linear", "linear", (1, 1000), x, weight=(1000, before))
    net.output(x)
    return net


def _bottleneck(net: Network, path: str, x: int, before: int, wide: int, side: int, *, first: bool) -> int:
    with net.module(path, "Bottleneck"):
        y, shape = x, (1, wide, side, side)
        for k, (size, weight) in enumerate(
            ((1, (wide, before, 1, 1)), (3, (wide, wide, 3, 3)), (1, (4 * wide, wide, 1, 1))), 1
        ):
            shape = (1, 4 * wide, side, side) if k == 3 else (1, wide, side, side)
            y = net.leaf(f"{path}.conv{k}", "Conv2d", "conv", shape, y, weight=weight, label=f"{size}×{size}")
            y = net.leaf(f"{path}.bn{k}", "BatchNorm2d", "norm", shape, y)
            if k < 3:
                y = net.leaf(f"{path}.relu", "ReLU", "activation", shape, y)
        if first:
            with net.module(f"{path}.downsample", "Sequential"):
                x = net.leaf(
                    f"{path}.downsample.0", "Conv2d", "conv", shape, x, weight=(4 * wide, before, 1, 1), label="1×1, s2"
                )
                x = net.leaf(f"{path}.downsample.1", "BatchNorm2d", "norm", shape, x)
        y = net.run("add", "arithmetic", shape, y, x)
        return net.leaf(f"{path}.relu", "ReLU", "activation", shape, y)


def bert(layers: int = 12, width: int = 768) -> Network:
    """A transformer encoder with an attention mask that every layer reads."""
    net, shape = Network("bert-base"), (1, 128, width)
    ids = net.input("input_ids", 1, 128, dtype="int64")
    mask = net.input("attention_mask", 1, 128, dtype="int64")
    with net.module("", "BertModel"):
        m = net.run("getitem", "shape", (1, 1, 1, 128), mask)
        m = net.run("to", "shape", (1, 1, 1, 128), m)
        m = net.run("rsub", "arithmetic", (1, 1, 1, 128), m)
        m = net.run("mul", "arithmetic", (1, 1, 1, 128), m)
        with net.module("embeddings", "BertEmbeddings"):
            x = net.leaf("embeddings.word_embeddings", "Embedding", "embedding", shape, ids, weight=(30522, width))
            t = net.leaf("embeddings.token_type_embeddings", "Embedding", "embedding", shape, weight=(2, width))
            x = net.run("add", "arithmetic", shape, x, t)
            p = net.leaf("embeddings.position_embeddings", "Embedding", "embedding", shape, weight=(512, width))
            x = net.run("add", "arithmetic", shape, x, p)
            x = net.leaf("embeddings.LayerNorm", "LayerNorm", "norm", shape, x)
            x = net.leaf("embeddings.dropout", "Dropout", "other", shape, x)
        with net.module("encoder", "BertEncoder"):
            for number in range(layers):
                x = _bert_layer(net, f"encoder.layer.{number}", x, m, width)
        with net.module("pooler", "BertPooler"):
            y = net.run("getitem", "shape", (1, width), x)
            y = net.leaf("pooler.dense", "Linear", "linear", (1, width), y, weight=(width, width))
            y = net.leaf("pooler.activation", "Tanh", "activation", (1, width), y)
    net.output(x, "last_hidden_state")
    net.output(y, "pooler_output")
    return net


def _bert_layer(net: Network, path: str, x: int, mask: int, width: int) -> int:
    shape = (1, 128, width)
    with net.module(path, "BertLayer"):
        with net.module(f"{path}.attention", "BertAttention"):
            with net.module(f"{path}.attention.self", "BertSelfAttention"):
                heads = []
                for name in ("query", "key", "value"):
                    h = net.leaf(f"{path}.attention.self.{name}", "Linear", "linear", shape, x, weight=(width, width))
                    h = net.run("view", "shape", (1, 128, 12, 64), h)
                    heads.append(net.run("transpose", "shape", (1, 12, 128, 64), h))
                a = net.run("scaled_dot_product_attention", "attention", (1, 12, 128, 64), *heads, mask)
                a = net.run("transpose", "shape", (1, 128, 12, 64), a)
                a = net.run("reshape", "shape", shape, a)
            with net.module(f"{path}.attention.output", "BertSelfOutput"):
                a = net.leaf(f"{path}.attention.output.dense", "Linear", "linear", shape, a, weight=(width, width))
                a = net.leaf(f"{path}.attention.output.dropout", "Dropout", "other", shape, a)
                a = net.run("add", "arithmetic", shape, a, x)
                a = net.leaf(f"{path}.attention.output.LayerNorm", "LayerNorm", "norm", shape, a)
        with net.module(f"{path}.intermediate", "BertIntermediate"):
            h = net.leaf(
                f"{path}.intermediate.dense", "Linear", "linear", (1, 128, 4 * width), a, weight=(4 * width, width)
            )
            h = net.leaf(f"{path}.intermediate.act", "GELU", "activation", (1, 128, 4 * width), h)
        with net.module(f"{path}.output", "BertOutput"):
            h = net.leaf(f"{path}.output.dense", "Linear", "linear", shape, h, weight=(width, 4 * width))
            h = net.leaf(f"{path}.output.dropout", "Dropout", "other", shape, h)
            h = net.run("add", "arithmetic", shape, h, a)
            return net.leaf(f"{path}.output.LayerNorm", "LayerNorm", "norm", shape, h)


def unet(depth: int = 4) -> Network:
    """An encoder and a decoder with a skip connection at each level."""
    net = Network("unet")
    x = net.input("image", 1, 3, 256, 256)
    with net.module("", "UNet"):
        kept = []
        for level in range(depth):
            shape = (1, 32 << level, 256 >> level, 256 >> level)
            x = _double(net, f"down{level}", x, shape)
            kept.append((x, shape))
            x = net.leaf("pool", "MaxPool2d", "pool", (1, shape[1], shape[2] // 2, shape[3] // 2), x)
        x = _double(net, "bottom", x, (1, 32 << depth, 256 >> depth, 256 >> depth))
        for level in range(depth - 1, -1, -1):
            skip, shape = kept[level]
            x = net.leaf(f"up{level}", "ConvTranspose2d", "conv", shape, x, weight=(2 * shape[1], shape[1], 2, 2))
            x = net.run("cat", "shape", (1, 2 * shape[1], *shape[2:]), skip, x)
            x = _double(net, f"merge{level}", x, shape)
        x = net.leaf("head", "Conv2d", "conv", (1, 2, 256, 256), x, weight=(2, 32, 1, 1))
    net.output(x)
    return net


def _double(net: Network, path: str, x: int, shape: Shape) -> int:
    with net.module(path, "DoubleConv"):
        for k in range(2):
            x = net.leaf(
                f"{path}.conv{k}", "Conv2d", "conv", shape, x, weight=(shape[1], shape[1], 3, 3), label="3×3, p1"
            )
            x = net.leaf(f"{path}.relu{k}", "ReLU", "activation", shape, x)
    return x


def dense(layers: int = 24) -> Network:
    """A block in which every layer reads the outputs of all earlier ones."""
    net = Network("densenet")
    x = net.input("x", 1, 64, 56, 56)
    with net.module("", "DenseNet"), net.module("denseblock", "_DenseBlock"):
        kept = [net.run("conv2d", "conv", (1, 64, 56, 56), x)]
        for number in range(layers):
            path = f"denseblock.denselayer{number + 1}"
            with net.module(path, "_DenseLayer"):
                y = net.run("cat", "shape", (1, 64 + 32 * number, 56, 56), *kept)
                y = net.leaf(f"{path}.norm1", "BatchNorm2d", "norm", (1, 64 + 32 * number, 56, 56), y)
                y = net.leaf(f"{path}.conv1", "Conv2d", "conv", (1, 32, 56, 56), y, weight=(32, 64 + 32 * number, 3, 3))
            kept.append(y)
        x = net.run("cat", "shape", (1, 64 + 32 * layers, 56, 56), *kept)
    net.output(x)
    return net


def flat(count: int = 50_000) -> Network:
    """Very many operations in one module, mostly in a row, with edges that reach back."""
    net, shape = Network("flat"), (1, 64)
    x = net.input("x", 1, 64)
    kinds: tuple[tuple[str, Family], ...] = (("MatMul", "linear"), ("Add", "arithmetic"), ("Relu", "activation"))
    with net.module("", "Graph"):
        for number in range(count):
            name, family = kinds[number % 3]
            far = (max(0, number - 2 - 7 * (number % 11)),) if number > 10 and number % 5 == 0 else ()
            x = net.run(name, family, shape, x, *[source for source in far if source != x])
    net.output(x)
    return net


def nested(stages: int = 50, blocks: int = 50, steps: int = 20) -> Network:
    """Fifty thousand operations in a regular hierarchy, no two stages alike."""
    net = Network("nested")
    x = net.input("x", 1, 64)
    with net.module("", "Nested"):
        for stage in range(stages):
            with net.module(f"stage{stage}", "Stage"):
                for block in range(blocks):
                    path = f"stage{stage}.block{block}"
                    with net.module(path, "Block"):
                        start = x
                        for step in range(steps - 1):
                            width = 8 + (stage * 7 + block * 3 + step) % 40
                            x = net.run("linear", "linear", (1, width), x, label=f"{width}")
                        x = net.run("add", "arithmetic", (1, 64), x, start)
    net.output(x)
    return net


def deep(depth: int = 3000) -> Network:
    """Modules nested far deeper than any real model, each with an operation of its own."""
    net = Network("deep")
    x = net.input("x", 1, 8)
    for level in range(depth):
        call = net.module(".".join("m" for _ in range(min(level, 60))) + ("" if level <= 60 else str(level)), "Deep")
        call.__enter__()
        x = net.run("relu", "activation", (1, 8), x)
    for call_index in range(len(net.calls)):
        net.calls[call_index][5] = len(net.operations)
    net.output(x)
    return net


def vit(layers: int = 12, width: int = 768) -> Network:
    """A vision transformer: patches, a class token, pre-norm blocks with two residuals each."""
    net, shape = Network("vit_b_16"), (1, 197, width)
    x = net.input("x", 1, 3, 224, 224)
    with net.module("", "VisionTransformer"):
        x = net.leaf(
            "conv_proj", "Conv2d", "conv", (1, width, 14, 14), x, weight=(width, 3, 16, 16), label="16×16, s16"
        )
        x = net.run("reshape", "shape", (1, width, 196), x)
        x = net.run("permute", "shape", (1, 196, width), x)
        token = net.run("expand", "shape", (1, 1, width), weight=(1, 1, width))
        x = net.run("cat", "shape", shape, token, x)
        with net.module("encoder", "Encoder"):
            x = net.run("add", "arithmetic", shape, x, weight=shape)
            x = net.leaf("encoder.dropout", "Dropout", "other", shape, x)
            with net.module("encoder.layers", "Sequential"):
                for number in range(layers):
                    x = _vit_block(net, f"encoder.layers.encoder_layer_{number}", x, width)
            x = net.leaf("encoder.ln", "LayerNorm", "norm", shape, x)
        x = net.run("getitem", "shape", (1, width), x)
        x = net.leaf("heads.head", "Linear", "linear", (1, 1000), x, weight=(1000, width))
    net.output(x)
    return net


def _vit_block(net: Network, path: str, x: int, width: int) -> int:
    shape, wide = (1, 197, width), (1, 197, 4 * width)
    with net.module(path, "EncoderBlock"):
        y = net.leaf(f"{path}.ln_1", "LayerNorm", "norm", shape, x)
        y = net.leaf(f"{path}.self_attention", "MultiheadAttention", "attention", shape, y, weight=(3 * width, width))
        y = net.leaf(f"{path}.dropout", "Dropout", "other", shape, y)
        x = net.run("add", "arithmetic", shape, y, x)
        y = net.leaf(f"{path}.ln_2", "LayerNorm", "norm", shape, x)
        with net.module(f"{path}.mlp", "MLPBlock"):
            y = net.leaf(f"{path}.mlp.0", "Linear", "linear", wide, y, weight=(4 * width, width))
            y = net.leaf(f"{path}.mlp.1", "GELU", "activation", wide, y)
            y = net.leaf(f"{path}.mlp.3", "Linear", "linear", shape, y, weight=(width, 4 * width))
        return net.run("add", "arithmetic", shape, x, y)


def varied(stages: int = 12, seed: int = 1) -> Network:
    """Blocks of three kinds in which nothing repeats: residual chains, parallel branches, attention with a mask."""
    chance = Random(seed)
    net = Network("varied")
    x, mask = net.input("x", 1, 64), net.input("mask", 1, 64)
    with net.module("", "Varied"):
        for stage in range(stages):
            with net.module(f"stage{stage}", "Stage"):
                for block in range(chance.randint(4, 9)):
                    path = f"stage{stage}.block{block}"
                    with net.module(path, "Block"):
                        x = _varied_block(net, path, x, mask, chance)
    net.output(x)
    return net


def _varied_block(net: Network, path: str, x: int, mask: int, chance: Random) -> int:
    def chain(name: str, start: int, most: int) -> int:
        y = start
        for step in range(chance.randint(1, most)):
            size = chance.randint(8, 999)
            y = net.leaf(f"{path}.{name}{step}", "Linear", "linear", (1, size), y, weight=(size, 64), label=f"{size}")
        return y

    kind = chance.randrange(3)
    if kind == 0:
        return net.run("add", "arithmetic", (1, 64), chain("step", x, 14), x)
    if kind == 1:
        return net.run("cat", "shape", (1, 64), *(chain(f"way{k}_", x, 5) for k in range(chance.randint(2, 5))))
    heads = [net.leaf(f"{path}.{name}", "Linear", "linear", (1, 64), x, weight=(64, 64)) for name in "qkv"]
    y = net.run("attention", "attention", (1, 64), *heads, mask)
    return net.run("add", "arithmetic", (1, 64), y, x)
