"""Reports made by hand for tests: a small complete one, one with parts skipped, and one with hostile names."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np

from modelreport.facts import (
    QUANTILES,
    Alive,
    BlockRun,
    Call,
    DtypeTotal,
    Evidence,
    Finding,
    Generator,
    Guess,
    Histogram,
    Identification,
    Item,
    KernelTotal,
    Memory,
    MemoryPoint,
    Message,
    ModelChoice,
    ModuleCall,
    ModuleFact,
    Nearest,
    Operation,
    Outline,
    Pattern,
    Peers,
    Report,
    RowFigures,
    Security,
    Skipped,
    Source,
    SourceFile,
    Structure,
    TensorFact,
    TensorSpec,
    TensorStatistics,
    Trace,
    TrainingState,
    Uncounted,
    Verdict,
    Weights,
)
from modelreport.measure.peers import peers
from tests.factories_usage import hostile_usage, make_usage

Shape = tuple[int, ...]
HOSTILE_NAMES = (
    "</script><script>alert(1)</script>",
    "x" * 1_000_000,
    "\u202egnp.exe\u202c אבג العربية",
    "bell\x07 null\x00 line\nbreak\r tab\t zero\u200bwidth",
    "lone \ud800 surrogate \udfff",
    "`code` | pipe | ~~~ ``` **bold** [link](javascript:alert(1)) <b>html</b> ![i](http://example.org/x.png)",
    '<link rel=attachment href="file:///etc/passwd">',
    '<img src="http://example.org/x.png" onerror="alert(1)">{{ 7*7 }}{% raw %}',
    "q\"uo'te & amp &amp; \\ back; $\\alpha$ %(x)s {0.__class__}",
    "Z" + "\u0301" * 400,
    "__proto__",
    "",
)


@dataclass
class _Maker:
    """Collects modules, tensors and operations of a small network in the order of its forward pass."""

    modules: list[dict[str, Any]] = field(default_factory=list)
    tensors: list[tuple[str, Shape, str, str, str]] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    open_calls: list[int] = field(default_factory=list)

    def module(self, path: str, kind: str, attributes: dict[str, object] | None = None) -> None:
        parent = -1 if not path else next(i for i, m in enumerate(self.modules) if m["path"] == path.rpartition(".")[0])
        items = tuple(Item(name=k, value=str(v)) for k, v in (attributes or {}).items())
        self.modules.append({"path": path, "type": kind, "parent": parent, "attributes": items})

    def tensor(self, name: str, shape: Shape, role: str = "parameter", dtype: str = "float32") -> None:
        self.tensors.append((name, shape, role, dtype, name.rpartition(".")[0]))

    def enter(self, path: str, inputs: Shape) -> None:
        number = sum(c["path"] == path for c in self.calls)
        parent = self.open_calls[-1] if self.open_calls else -1
        self.calls.append(
            {"path": path, "inputs": inputs, "first": len(self.operations), "number": number, "parent": parent}
        )
        self.open_calls.append(len(self.calls) - 1)

    def leave(self, outputs: Shape) -> None:
        self.calls[self.open_calls.pop()] |= {"outputs": outputs, "last": len(self.operations)}

    def run(
        self,
        name: str,
        family: str,
        sources: tuple[int, ...],
        out: Shape,
        *,
        flops: int | None = 0,
        macs: int | None = 0,
        parameters: tuple[str, ...] = (),
        label: str = "",
        kernels: tuple[str, ...] = (),
        reads_input: tuple[int, ...] = (),
    ) -> int:
        inputs = tuple(self.operations[s].outputs[0] for s in sources) + tuple(
            _spec((1, 3, 32, 32)) for _ in reads_input
        )
        self.operations.append(
            Operation(
                id=len(self.operations), name=name, family=family, call=self.open_calls[-1], inputs=inputs,
                outputs=(_spec(out),), sources=sources, reads_input=reads_input, parameters=parameters, label=label,
                flops=flops, macs=macs, read_bytes=sum(4 * math.prod(i.shape) for i in inputs),
                written_bytes=4 * math.prod(out), kernels=kernels or (f"aten.{name}",),
            )
        )  # fmt: skip
        return len(self.operations) - 1

    # layers: each registers its module and tensors once, and runs

    def conv(self, path: str, source: int | None, size: Shape, out: int, kernel: int, stride: int) -> tuple[int, Shape]:
        channels, side = size[1], size[2] // stride
        shape, result = (out, channels, kernel, kernel), (1, out, side, side)
        padding = kernel // 2
        self.module(
            path, "Conv2d",
            {"in_channels": channels, "out_channels": out, "kernel_size": (kernel, kernel), "stride": (stride, stride),
             "padding": (padding, padding), "bias": False},
        )  # fmt: skip
        self.tensor(f"{path}.weight", shape)
        self.enter(path, size)
        macs = math.prod(shape) * side * side
        op = self.run(
            "conv2d", "conv", () if source is None else (source,), result, flops=2 * macs, macs=macs,
            parameters=(f"{path}.weight",), label=f"{kernel}×{kernel}, s{stride}, p{padding}",
            kernels=("aten.convolution",), reads_input=(0,) if source is None else (),
        )  # fmt: skip
        self.leave(result)
        return op, result

    def norm(self, path: str, source: int, size: Shape) -> int:
        self.module(path, "BatchNorm2d", {"num_features": size[1], "eps": 1e-05, "momentum": 0.1, "affine": True})
        names = []
        roles = {"weight": "parameter", "bias": "parameter", "running_mean": "buffer", "running_var": "buffer"}
        for leaf, role in roles.items():
            names.append(f"{path}.{leaf}")
            self.tensor(names[-1], (size[1],), role)
        self.tensor(f"{path}.num_batches_tracked", (), "buffer", "int64")
        self.enter(path, size)
        op = self.run("batch_norm", "norm", (source,), size, flops=4 * math.prod(size), parameters=tuple(names))
        self.leave(size)
        return op

    def leaf(self, path: str, kind: str, op: str, family: str, source: int, size: Shape, out: Shape, cost: int) -> int:
        if all(m["path"] != path for m in self.modules):
            self.module(path, kind)
        self.enter(path, size)
        result = self.run(op, family, (source,), out, flops=cost)
        self.leave(out)
        return result

    def block(self, path: str, source: int, size: Shape, out: int, stride: int) -> tuple[int, Shape]:
        self.module(path, "BasicBlock", {"stride": stride})
        self.enter(path, size)
        a, inner = self.conv(f"{path}.conv1", source, size, out, 3, stride)
        a = self.norm(f"{path}.bn1", a, inner)
        a = self.leaf(f"{path}.relu", "ReLU", "relu", "activation", a, inner, inner, math.prod(inner))
        a, inner = self.conv(f"{path}.conv2", a, inner, out, 3, 1)
        a = self.norm(f"{path}.bn2", a, inner)
        skip = source
        if stride != 1:
            self.module(f"{path}.downsample", "Sequential")
            self.enter(f"{path}.downsample", size)
            skip, _ = self.conv(f"{path}.downsample.0", source, size, out, 1, stride)
            skip = self.norm(f"{path}.downsample.1", skip, inner)
            self.leave(inner)
        a = self.run(
            "+=", "arithmetic", tuple(sorted((a, skip))), inner, flops=math.prod(inner), kernels=("aten.add_",)
        )
        a = self.leaf(f"{path}.relu", "ReLU", "relu", "activation", a, inner, inner, math.prod(inner))
        self.leave(inner)
        return a, inner


def _spec(shape: Shape, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(shape=shape, dtype=dtype)


def _network() -> _Maker:
    make = _Maker()
    size: Shape = (1, 3, 32, 32)
    make.module("", "DigitsResNet")
    make.enter("", size)
    op, size = make.conv("conv1", None, size, 16, 3, 1)
    op = make.norm("bn1", op, size)
    op = make.leaf("relu", "ReLU", "relu", "activation", op, size, size, math.prod(size))
    make.module("layers", "Sequential")
    make.enter("layers", size)
    for number, (width, stride) in enumerate(((16, 1), (16, 1), (32, 2), (64, 2))):
        op, size = make.block(f"layers.{number}", op, size, width, stride)
    make.leave(size)
    op = make.leaf(
        "avgpool", "AdaptiveAvgPool2d", "adaptive_avg_pool2d", "pool", op, size, (1, 64, 1, 1), math.prod(size)
    )
    op = make.run("flatten", "shape", (op,), (1, 64), kernels=("aten.view",))
    make.module("fc", "Linear", {"in_features": 64, "out_features": 10, "bias": True})
    make.tensor("fc.weight", (10, 64))
    make.tensor("fc.bias", (10,))
    make.enter("fc", (1, 64))
    make.run(
        "linear", "linear", (op,), (1, 10), flops=2 * 640 + 10, macs=640, parameters=("fc.weight", "fc.bias"),
        label="64 → 10", kernels=("aten.addmm",),
    )  # fmt: skip
    make.leave((1, 10))
    make.leave((1, 10))
    return make


def _structure(make: _Maker) -> Structure:
    tensors = tuple(
        TensorFact(
            name=name, shape=shape, dtype=dtype, role=role, module=module, count=math.prod(shape),
            size_bytes=math.prod(shape) * (8 if dtype == "int64" else 4),
            stored_bytes=math.prod(shape) * (8 if dtype == "int64" else 4),
            trainable=True if role == "parameter" else None,
        )
        for name, shape, role, dtype, module in make.tensors
    )  # fmt: skip

    def total(path: str, role: str | None, *, own: bool = False) -> list[TensorFact]:
        inside = [t for t in tensors if t.module == path or (not own and (not path or t.module.startswith(f"{path}.")))]
        return [t for t in inside if role is None or t.role == role]

    modules = tuple(
        ModuleFact(
            path=m["path"], name=m["path"].rpartition(".")[2] or "DigitsResNet", type=m["type"],
            type_path=f"torch.nn.modules.{m['type']}" if m["path"] else "digits.DigitsResNet", parent=m["parent"],
            attributes=m["attributes"], parameters=sum(t.count for t in total(m["path"], "parameter")),
            own_parameters=sum(t.count for t in total(m["path"], "parameter", own=True)),
            buffers=sum(t.count for t in total(m["path"], "buffer")),
            size_bytes=sum(t.size_bytes for t in total(m["path"], None)),
            signature=hashlib.sha256(
                repr([m["type"], [t.shape for t in total(m["path"], None)]]).encode()
            ).hexdigest()[:16],
        )
        for m in make.modules
    )  # fmt: skip
    parameters, buffers = total("", "parameter"), total("", "buffer")
    kinds = {d: [t for t in tensors if t.dtype == d] for d in ("float32", "int64")}
    return Structure(
        origin="live", modules=modules, tensors=tensors, parameters=sum(t.count for t in parameters),
        trainable=sum(t.count for t in parameters), buffers=sum(t.count for t in buffers),
        parameter_tensors=len(parameters), buffer_tensors=len(buffers), size_bytes=sum(t.size_bytes for t in tensors),
        dtypes=tuple(
            DtypeTotal(
                dtype=d, tensors=len(ts), count=sum(t.count for t in ts), size_bytes=sum(t.size_bytes for t in ts)
            )
            for d, ts in kinds.items()
        ),
    )  # fmt: skip


def _trace(make: _Maker) -> Trace:
    operations = tuple(make.operations)

    def cost(call: dict[str, Any], what: str) -> int:
        return sum(getattr(o, what) or 0 for o in operations[call["first"] : call["last"]])

    types = {m["path"]: m["type"] for m in make.modules}
    calls = tuple(
        ModuleCall(
            path=c["path"], type=types[c["path"]], parent=c["parent"], number=c["number"], inputs=(_spec(c["inputs"]),),
            outputs=(_spec(c["outputs"]),), first=c["first"], last=c["last"],
            flops=cost(c, "flops"), macs=cost(c, "macs"),
        )
        for c in make.calls
    )  # fmt: skip
    last_use = {o.id: max([p.id for p in operations if o.id in p.sources], default=o.id) for o in operations}
    points = tuple(
        MemoryPoint(
            operation=o.id, live_bytes=sum(p.written_bytes for p in operations[: o.id + 1] if last_use[p.id] >= o.id)
        )
        for o in operations
    )
    peak = max(points, key=lambda p: p.live_bytes)
    alive = tuple(
        Alive(operation=p.id, size_bytes=p.written_bytes)
        for p in operations[: peak.operation + 1]
        if last_use[p.id] >= peak.operation
    )
    return Trace(
        method="meta", inputs=(TensorSpec(shape=(1, 3, 32, 32), dtype="float32", name="x"),),
        input_origin="first layer is Conv2d with 3 channels; 32×32 was the first size that ran",
        outputs=(_spec((1, 10)),), output_sources=(len(operations) - 1,),
        operations=operations, calls=calls, flops=sum(o.flops or 0 for o in operations),
        macs=sum(o.macs or 0 for o in operations), uncounted=(Uncounted(kernel="aten.bucketize", calls=1),),
        ledger=(
            *(
                KernelTotal(
                    kernel=f"aten.{name}", calls=sum(o.name == name for o in operations),
                    flops=sum(o.flops or 0 for o in operations if o.name == name), formula="matrix",
                )
                for name in dict.fromkeys(o.name for o in operations)
            ),
            KernelTotal(kernel="aten.bucketize", calls=1, flops=None, formula="none"),
        ),
        guesses=(Guess(what="item", calls=2, steered=1),),
        memory=Memory(peak_bytes=peak.live_bytes, peak_operation=peak.operation, points=points, alive=alive),
        complete=True,
    )  # fmt: skip


def make_statistics(name: str, values: np.ndarray) -> TensorStatistics:
    """Statistics of finite values, computed plainly with numpy."""
    flat = values.astype(np.float64).ravel()
    counts, edges = np.histogram(flat, 64)
    rows = flat.reshape(values.shape[0], -1) if values.ndim > 1 else None
    scores = (flat - flat.mean()) / flat.std() if flat.std() else None
    return TensorStatistics(
        name=name, count=flat.size, nan=0, positive_infinity=0, negative_infinity=0, zeros=int((flat == 0).sum()),
        minimum=float(flat.min()), maximum=float(flat.max()), mean=float(flat.mean()), std=float(flat.std()),
        absolute_mean=float(np.abs(flat).mean()), norm=float(np.linalg.norm(flat)),
        quantiles=tuple(float(q) for q in np.quantile(flat, QUANTILES)),
        histogram=Histogram(low=float(edges[0]), high=float(edges[-1]), counts=tuple(int(c) for c in counts)),
        channels=None if rows is None else len(rows),
        zero_channels=None if rows is None else int((rows == 0).all(1).sum()),
        constant_channels=None if rows is None else int((rows == rows[:, :1]).all(1).sum()),
        skewness=None if scores is None else float((scores**3).mean()),
        kurtosis=None if scores is None else float((scores**4).mean()) - 3,
        rows=None if rows is None or len(rows) < 2 else row_figures(rows),
        digest=hashlib.sha256(values.tobytes()).hexdigest()[:32],
    )  # fmt: skip


def row_figures(rows: np.ndarray) -> RowFigures:
    """Norms of the rows of a matrix of finite values, and how far the largest stands out."""
    norms, largest = np.linalg.norm(rows, axis=1), np.abs(rows).max(axis=1)
    middle = float(np.median(largest))
    return RowFigures(
        norms=tuple(float(q) for q in np.quantile(norms, (0, 0.25, 0.5, 0.75, 1))),
        outlier_ratio=float(largest.max()) / middle if middle else None,
        outliers=tuple(int(i) for i in np.argsort(-largest) if middle and largest[i] > 5 * middle)[:16],
    )


def _weights(structure: Structure) -> Weights:
    rng = np.random.default_rng(50)

    def values(tensor: TensorFact) -> np.ndarray:
        leaf = tensor.name.rpartition(".")[2]
        if leaf == "num_batches_tracked":
            return np.array(4690, np.int64)
        if len(tensor.shape) > 1:
            result = rng.standard_t(5, tensor.shape) * math.sqrt(1.2 / math.prod(tensor.shape[1:]))
            if tensor.name == "layers.2.conv1.weight":
                result[[3, 17]] = 0
            return result.astype(np.float32)
        centre = {"weight": 1.0, "running_var": 0.8}.get(leaf, 0.0)
        return (centre + rng.normal(0, 0.2, tensor.shape)).astype(np.float32)

    tensors = tuple(make_statistics(t.name, values(t)) for t in structure.tensors)
    alone = Peers(statistics=("scale",), roles=(), odd=())
    return Weights(tensors=tensors, read_bytes=structure.size_bytes, peers=alone)


def with_peers(structure: Structure, weights: Weights) -> Weights:
    """The weights with every tensor compared with its like; there is no file to read further values from."""
    measured = SimpleNamespace(checkpoint=SimpleNamespace(tensors=()), structure=structure, weights=weights)
    return msgspec.structs.replace(weights, peers=peers(measured))  # type: ignore[arg-type]


def _findings() -> tuple[Finding, ...]:
    return (
        Finding(
            id="W003", severity="error", state="found", title="Dead output channels",
            message=Message(
                text="{dead_count} of {all_count} output channels of {tensor} are entirely zero ({dead_share}).",
                values={"dead_count": 2, "all_count": 32, "tensor": "layers.2.conv1.weight", "dead_share": 2 / 32},
            ),
            advice="Remove the channels, or look at the training run for units that died early.",
            evidence=(
                Evidence(
                    kind="tensor", name="layers.2.conv1.weight",
                    detail=Message(text="{dead_count} zero channels", values={"dead_count": 2}),
                ),
            ),
            evidence_count=1, section="weights",
        ),
        Finding(
            id="P002", severity="warning", state="found", title="Optimizer state in the file",
            message=Message(
                text="The file carries {optimizer_bytes} of optimizer state, {optimizer_share} of its size.",
                values={"optimizer_bytes": 1_405_696, "optimizer_share": 0.664},
            ),
            advice="Save the model alone for a release: torch.save(model.state_dict(), path).",
            evidence=(Evidence(kind="key", name="optimizer"),), evidence_count=1, section="provenance",
        ),
        Finding(
            id="C001", severity="note", state="found", title="One layer dominates the compute",
            message=Message(
                text="{module} does {module_macs} of {all_macs}.",
                values={"module": "layers.0", "module_macs": 4_718_592, "all_macs": 17_220_224},
            ),
            evidence=(Evidence(kind="module", name="layers.0"), Evidence(kind="operation", name="conv2d")),
            evidence_count=2, section="compute",
        ),
        Finding(
            id="W001", severity="error", state="clean", title="Non-finite weights",
            message=Message(text="All {value_count} values are finite.", values={"value_count": 175_258}),
        ),
        Finding(
            id="S001", severity="error", state="clean", title="Code in the pickle",
            message=Message(text="Nothing outside torch's own classes would be called."), section="provenance",
        ),
        Finding(
            id="W050", severity="warning", state="not_applicable", title="Parameters without a gradient",
            message=Message(text="{reason}", values={"reason": "The file holds no optimizer state."}),
        ),
        Finding(
            id="W052", severity="warning", state="not_applicable", title="Gradients vanish or explode",
            message=Message(text="{reason}", values={"reason": "The file holds no optimizer state."}),
        ),
        Finding(
            id="A004", severity="warning", state="not_checked", title="Keys against the architecture",
            message=Message(text="The model was given live, so there was nothing to compare its keys with."),
            section="architecture",
        ),
    )  # fmt: skip


def _verdict() -> Verdict:
    return Verdict(
        level="error", sentence=Message(text="Runs, but {error_count} error needs a look.", values={"error_count": 1}),
        rule="An error makes it a problem, a warning a check; notes do not count.", errors=1, warnings=1, notes=1,
        clean=2, not_applicable=2, not_checked=1,
    )  # fmt: skip


def _source(structure: Structure) -> Source:
    size = structure.size_bytes * 3 + 12_345
    return Source(
        name="digits_resnet.pt", kind="file", format="torch-zip", format_title="PyTorch checkpoint (zip)",
        content="training checkpoint",
        files=(SourceFile(name="digits_resnet.pt", size_bytes=size, sha256=hashlib.sha256(b"digits").hexdigest()),),
        size_bytes=size, model_key="model", stripped_prefix="module.",
        choices=(
            ModelChoice(name="model", tensors=len(structure.tensors), parameters=structure.parameters, chosen=True),
            ModelChoice(name="ema", tensors=len(structure.tensors), parameters=structure.parameters, chosen=False),
        ),
        training=TrainingState(
            items=(Item(name="epoch", value="12"), Item(name="best_accuracy", value="0.983")), optimizer="AdamW-like",
            optimizer_tensors=66, optimizer_bytes=1_405_696,
        ),
        metadata=(Item(name="torch version", value="2.13.0"),), notes=("12 bytes follow the end of the archive.",),
    )  # fmt: skip


@cache
def _report() -> Report:
    make = _network()
    structure = _structure(make)
    trace = _trace(make)
    return Report(
        title="DigitsResNet",
        generator=Generator(
            version="0.1.0", created="2026-11-21T09:21:00Z", python="3.11.9", platform="Linux x86_64",
            packages=(Item(name="torch", value="2.13.0"), Item(name="numpy", value="2.3.0")),
            options=(Item(name="input", value="1,3,32,32"),),
        ),
        source=_source(structure),
        security=Security(
            calls=(
                Call(
                    target="torch._utils._rebuild_tensor_v2", arguments="", kind="call", where="archive/data.pkl",
                    danger="expected", count=68,
                ),
                Call(
                    target="digits.DigitsResNet", arguments="", kind="build", where="archive/data.pkl at 112",
                    danger="class",
                ),
            ),
            executes=False, pickles=1,
        ),
        identification=Identification(
            name="DigitsResNet", library="digits", how="live", class_path="digits.DigitsResNet",
            task="image classifier, 3×32×32 → 10 classes", matched=len(structure.tensors), total=len(structure.tensors),
        ),
        structure=structure, trace=trace, usage=make_usage(trace), weights=_weights(structure), findings=_findings(),
        verdict=_verdict(), outline=make_outline(),
    )  # fmt: skip


def make_outline(names: Sequence[str] = ("layers.1", "layers.#", "BasicBlock", "resnet18")) -> Outline:
    """Two sentences, a pattern, a run of blocks and a like architecture, with these names in them."""
    path, block, kind, near = (names[i % len(names)] for i in range(4))
    return Outline(
        description=(
            Message(text="A network of {n1_value} blocks (in {n2_value}).", values={"n1_value": 4, "n2_value": path}),
            Message(text="{n1_count} parameters.", values={"n1_count": 82_714}),
        ),
        patterns=(
            Pattern(
                kind="residual", path=path, count=4, values=(Item(name="norm", value="last in each branch"),),
                proof=Message(text="a sum at {n1_value}.", values={"n1_value": "1×16×32×32"}),
            ),
            Pattern(
                kind="mlp", path=path, count=12, proof=Message(text="linear layers.", values={}),
                values=(Item(name="widths", value="768 → 3072 → 768"), Item(name="gated", value="yes")),
            ),
        ),
        blocks=(BlockRun(path=block, count=3, type=kind, parameters=4_704),),
        nearest=(Nearest(name=near, library=kind, matched=83, total=100),),
    )  # fmt: skip


def make_report(**overrides: Any) -> Report:
    """A small, complete and consistent report: a residual CNN for 32×32 images, with findings of every state."""
    return msgspec.structs.replace(_report(), **overrides)


def skipped_report(**overrides: Any) -> Report:
    """A bare state_dict that could not be identified, run or read: only names, shapes and reasons."""
    report = _report()
    reason = {
        "security": Skipped(stage="security", reason="The format holds no pickle."),
        "identification": Skipped(
            stage="identify", reason="No installed architecture has these keys and shapes.",
            hint="modelreport build model.pth --model package.module:factory",
        ),
        "trace": Skipped(stage="trace", reason="There is no architecture to run.", hint="Give one with --model."),
        "usage": Skipped(stage="trace", reason="Without a forward pass its costs are not known."),
        "weights": Skipped(stage="measure", reason="The file holds no values (all tensors are on the meta device)."),
        "structure": msgspec.structs.replace(report.structure, origin="names", trainable=None),
        "source": msgspec.structs.replace(report.source, training=None, choices=(), content="state_dict", notes=()),
        "findings": (), "verdict": None,
    }  # fmt: skip
    return msgspec.structs.replace(report, **(reason | overrides))


def hostile_report(**overrides: Any) -> Report:
    """The small report with every kind of hostile text wherever text from a checkpoint can stand."""
    report = _report()
    names = [HOSTILE_NAMES[i % len(HOSTILE_NAMES)] + ("" if i < len(HOSTILE_NAMES) else f" {i}") for i in range(200)]
    items = tuple(Item(name=n, value=v) for n, v in zip(HOSTILE_NAMES, reversed(HOSTILE_NAMES), strict=True))
    modules = {m.path: names[i] for i, m in enumerate(report.structure.modules) if m.path}
    tensors = {t.name: names[i] for i, t in enumerate(report.structure.tensors)}
    change = msgspec.structs.replace
    structure = change(
        report.structure,
        modules=tuple(
            change(m, path=modules.get(m.path, ""), name=names[i], type=names[i + 1], attributes=items)
            for i, m in enumerate(report.structure.modules)
        ),
        tensors=tuple(
            change(t, name=tensors[t.name], module=modules.get(t.module, ""), note=names[i])
            for i, t in enumerate(report.structure.tensors)
        ),
    )  # fmt: skip
    assert isinstance(report.trace, Trace)
    assert isinstance(report.weights, Weights)
    trace = change(
        report.trace,
        operations=tuple(
            change(o, name=names[o.id], label=names[o.id + 1], parameters=tuple(tensors[p] for p in o.parameters))
            for o in report.trace.operations
        ),
        calls=tuple(
            change(c, path=modules.get(c.path, ""), type=names[i]) for i, c in enumerate(report.trace.calls)
        ),
        uncounted=(Uncounted(kernel=names[0], calls=1),),
        ledger=tuple(change(k, kernel=names[i]) for i, k in enumerate(report.trace.ledger)),
        guesses=(Guess(what=names[2], calls=1, steered=1),),
    )  # fmt: skip
    findings = tuple(
        change(
            f, message=Message(text="Look at {tensor}.", values={"tensor": names[i]}), evidence_count=len(items),
            evidence=tuple(
                Evidence(kind="tensor", name=n, detail=Message(text="{x}", values={"x": n})) for n in HOSTILE_NAMES
            ),
        )
        for i, f in enumerate(report.findings)
    )  # fmt: skip
    reason = {
        "title": HOSTILE_NAMES[0],
        "source": change(
            report.source, name=HOSTILE_NAMES[2], metadata=items, code=items, notes=HOSTILE_NAMES, model_key=names[6],
            files=(SourceFile(name=HOSTILE_NAMES[6], size_bytes=10),),
        ),
        "security": Security(
            calls=tuple(
                Call(target=n, arguments=n, kind="call", where="data.pkl", danger="code") for n in HOSTILE_NAMES
            ),
            executes=True, pickles=1, notes=HOSTILE_NAMES,
        ),
        "identification": change(report.identification, name=names[0], class_path=names[3], task=names[5]),
        "structure": structure, "trace": trace, "findings": findings, "outline": make_outline(HOSTILE_NAMES),
        "usage": hostile_usage(trace, HOSTILE_NAMES),
        "weights": change(
            report.weights, tensors=tuple(change(t, name=tensors[t.name]) for t in report.weights.tensors), unread=items
        ),
    }  # fmt: skip
    return msgspec.structs.replace(report, **(reason | overrides))
