"""The contract between the rooms: frozen facts about one checkpoint.

Everything a report shows is one of these structures. They hold no live thing (no file, no tensor, no module), no
non-finite float (``None`` beside a count instead) and no formatted number: text is made in ``render/format.py``.
``Report`` is also the contract on disk; ``schema_version`` changes when a field is renamed, removed or re-defined.

Units are part of the names: ``_bytes``, ``_s``, ``flops`` (floating-point operations, a multiply-add is two),
``macs`` (multiply-adds). Counts are exact integers.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

SCHEMA_VERSION = 4
READABLE_VERSIONS: Final = (3, 4)
"""Versions that read back. In 3 a check that had nothing to look at counted as clean."""

Stage = Literal["load", "identify", "trace", "measure", "judge", "security"]
SourceKind = Literal["file", "folder", "object"]
Content = Literal["state_dict", "module", "training checkpoint", "weights", "graph", "script", "folder", "object"]
CallKind = Literal["call", "import", "build"]
Danger = Literal["code", "class", "expected"]
Severity = Literal["error", "warning", "note"]
FindingState = Literal["found", "clean", "not_applicable", "not_checked"]
FormulaKind = Literal["matrix", "arithmetic", "free", "none"]
PatternKind = Literal["attention", "mlp", "experts", "residual", "norm", "convolution", "recurrent", "state space"]
Bound = Literal["compute", "memory"]
Role = Literal["parameter", "buffer", "optimizer", "constant", "other"]
Family = Literal[
    "conv", "linear", "recurrent", "attention", "norm", "activation", "pool", "embedding",
    "shape", "arithmetic", "io", "module", "other",
]  # fmt: skip
FAMILIES: tuple[Family, ...] = (
    "conv", "linear", "recurrent", "attention", "norm", "activation", "pool", "embedding",
    "shape", "arithmetic", "io", "module", "other",
)  # fmt: skip

DTYPE_BITS: dict[str, int] = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16,
    "float8_e4m3fn": 8, "float8_e4m3fnuz": 8, "float8_e5m2": 8, "float8_e5m2fnuz": 8, "float8_e8m0fnu": 8,
    "float6_e2m3": 6, "float6_e3m2": 6, "float4_e2m1fn": 4, "float4_e2m1fn_x2": 8,
    "int64": 64, "int32": 32, "int16": 16, "int8": 8, "int4": 4, "int2": 2, "int1": 1,
    "uint64": 64, "uint32": 32, "uint16": 16, "uint8": 8, "uint4": 4, "uint2": 2, "uint1": 1,
    "complex128": 128, "complex64": 64, "complex32": 32, "bool": 8,
    "qint8": 8, "quint8": 8, "qint32": 32, "quint4x2": 8, "quint2x4": 8,
    "bits8": 8, "bits16": 16, "bits1x8": 8, "bits2x4": 8, "bits4x2": 8, "string": 0, "unknown": 0,
}  # fmt: skip
"""Bits that one element of a dtype takes in a file. Keys are torch's names; ``int4`` and the like are ONNX's too."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all facts: immutable, keyword-only."""


# --- shared small facts ---------------------------------------------------------------------------------------------


class Skipped(Fact, frozen=True, kw_only=True, tag="skipped"):
    """A part of the report that could not be made: a value, never an exception."""

    stage: Stage
    reason: str
    """One sentence, complete, for the reader of the report."""
    hint: str = ""
    """What the reader can do: a command or an option, or nothing."""


FAILED: Final = "This part failed"
"""How a reason begins where something was there and could not be made; any other says that there is nothing."""

NO_ADAPTER: Final = Skipped(stage="measure", reason="The weights are not those of an adapter.")
"""The usual case: the report does not speak of adapters then."""


class Message(Fact, frozen=True, kw_only=True):
    """A sentence with named values, filled in by ``render/format.py`` so that numbers look alike everywhere.

    ``text`` holds ``{name}`` placeholders; ``{name:one|many}`` chooses a word by the value. A value's unit is the end
    of its name: ``…_bytes`` (memory), ``…_file_bytes``, ``…_share`` (0–1, shown in percent), ``…_flops``, ``…_macs``,
    ``…_count``; other numbers are shown to three significant digits, text as it is.
    """

    text: str
    values: dict[str, str | int | float | None] = {}


class Item(Fact, frozen=True, kw_only=True):
    """One named value of metadata, as text (cut by the reader of the file when very long)."""

    name: str
    value: str


class TensorSpec(Fact, frozen=True, kw_only=True):
    """Shape and dtype of a tensor that flows through the model. A dimension of -1 is unknown (ONNX symbolic)."""

    shape: tuple[int, ...]
    dtype: str
    name: str = ""
    """Argument or value name where it has one."""


# --- room 1: the file -----------------------------------------------------------------------------------------------


class SourceFile(Fact, frozen=True, kw_only=True):
    """One file that was read."""

    name: str
    """Relative to the given path; the file's own name when a file was given."""
    size_bytes: int
    sha256: str | None = None
    """Hex digest of the whole file, ``None`` when it was not computed."""


class ModelChoice(Fact, frozen=True, kw_only=True):
    """One model among several in the same file."""

    name: str
    """Its key in the file, such as ``ema`` or ``generator.state_dict``; empty for the root."""
    tensors: int
    parameters: int
    chosen: bool


class TrainingPoint(Fact, frozen=True, kw_only=True):
    """What a trainer logged at one step."""

    step: int
    """Updates of the weights so far."""
    loss: float | None = None
    """On the training data; each ``None`` here was not logged, or was not finite."""
    evaluation_loss: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    """Of all gradients together, before they were clipped."""


class TrainingState(Fact, frozen=True, kw_only=True):
    """What a training checkpoint says besides weights."""

    items: tuple[Item, ...]
    """Epoch, step, best metric, arguments … as found, secrets masked."""
    optimizer: str = ""
    """Kind of optimizer, inferred from its state (AdamW-like, SGD with momentum …), empty when there is none."""
    optimizer_tensors: int = 0
    optimizer_bytes: int = 0
    history: tuple[TrainingPoint, ...] = ()
    """What was logged over the steps, at most 500 of them, evenly thinned."""


class Source(Fact, frozen=True, kw_only=True):
    """Where the model came from and how it was read."""

    name: str
    kind: SourceKind
    format: str
    """Id of the format in ``load.FORMATS``, such as ``torch-zip``."""
    format_title: str
    """The format's name for people."""
    content: Content
    files: tuple[SourceFile, ...]
    size_bytes: int
    model_key: str = ""
    """Where in the file the chosen model lies (dotted path), empty for the root."""
    stripped_prefix: str = ""
    """Prefix common to all tensor names that was removed, such as ``module.``."""
    choices: tuple[ModelChoice, ...] = ()
    """All models found in the file when there is more than one."""
    training: TrainingState | None = None
    metadata: tuple[Item, ...] = ()
    """Facts the file states about itself: opset, producer, safetensors metadata, config values, README front matter."""
    code: tuple[Item, ...] = ()
    """Source text found in the file (TorchScript, legacy modules): name and text; shown, never run."""
    unreadable: tuple[Item, ...] = ()
    """Tensors of the file, optimizer state included, whose bytes are missing or damaged, each with the reason: the
    ordinary loader would stop there."""
    notes: tuple[str, ...] = ()
    """Oddities a reviewer should know: duplicate members, trailing bytes, unreadable tensors, refused external data."""


class Call(Fact, frozen=True, kw_only=True):
    """Something that opening the file the ordinary way (unpickling) would have called or imported."""

    target: str
    """Dotted name, such as ``os.system``."""
    arguments: str
    """Short text of the arguments, as recorded; never evaluated."""
    kind: CallKind
    where: str
    """Member of the archive and position, such as ``archive/data.pkl``."""
    danger: Danger
    """``code``: outside the exact allow-list; ``class``: constructs a class of a library or of the author;
    ``expected``: torch's own."""
    count: int = 1


class Security(Fact, frozen=True, kw_only=True, tag="security"):
    """What the file would have run; nothing was."""

    calls: tuple[Call, ...]
    executes: bool
    """True when at least one call is outside the allow-list."""
    pickles: int
    """Pickle streams read as data; 0 for formats without code."""
    notes: tuple[str, ...] = ()


# --- room 2: identity and structure ---------------------------------------------------------------------------------


class Identification(Fact, frozen=True, kw_only=True, tag="identification"):
    """Which architecture the weights belong to, and how that is known."""

    name: str
    """Library name of the architecture, such as ``resnet50``, or the class name."""
    library: str
    """``torchvision``, ``timm``, ``transformers``, ``onnx``, the user's package, or empty."""
    library_version: str = ""
    how: Literal["live", "factory", "pickled class", "config", "keys and shapes", "graph", "standard layers"]
    class_path: str = ""
    """Dotted path of the class whose ``forward`` was traced."""
    task: str = ""
    """What it is in one line where that is known, such as *image classifier*."""
    matched: int = 0
    """Tensors of the file whose key and shape fit the architecture."""
    total: int = 0
    """Tensors of the file compared."""
    equal: tuple[str, ...] = ()
    """Other architectures that fit the keys and shapes equally well."""
    changed: tuple[str, ...] = ()
    """Keys present in both with another shape (a new head, another stem)."""
    missing: tuple[str, ...] = ()
    """Keys the architecture has and the file lacks."""
    unexpected: tuple[str, ...] = ()
    """Keys the file has and the architecture lacks."""
    user_code: str = ""
    """What the user named to be run (``--model``, ``--code``), empty when none of the user's code ran."""
    notes: tuple[str, ...] = ()


class Nearest(Fact, frozen=True, kw_only=True):
    """A known architecture that is like the weights, where none fits: a comparison, never an identification."""

    name: str
    library: str
    matched: int
    """Tensors of the file whose key and shape it has."""
    total: int
    """Tensors of both together, common ones once: ``matched / total`` is the likeness (Jaccard index)."""


class ModuleFact(Fact, frozen=True, kw_only=True):
    """One module, in the order of registration (parents before children)."""

    path: str
    """Dotted path; empty for the root."""
    name: str
    """Last part of the path; the model's name for the root."""
    type: str
    """Class name, such as ``Conv2d``; a guess from the shapes when ``Structure.origin`` is ``names``."""
    type_path: str = ""
    """Dotted path of the class, empty when unknown."""
    parent: int
    """Index of the parent in ``Structure.modules``; -1 for the root."""
    attributes: tuple[Item, ...] = ()
    """Hyper-parameters such as ``kernel_size``, in the class's order."""
    parameters: int
    """Elements of parameters in this module and below, shared ones once."""
    own_parameters: int
    """Elements of parameters registered on this module itself."""
    buffers: int = 0
    """Elements of buffers in this module and below."""
    size_bytes: int = 0
    """Bytes of parameters and buffers in this module and below, shared storages once."""
    shared_with: str = ""
    """Path under which the same module object appeared first, empty if this is the first."""
    signature: str = ""
    """Structural hash: equal for modules of equal type, shapes and children, so that repeats can be folded as ×N."""


class TensorFact(Fact, frozen=True, kw_only=True):
    """One named tensor of the model."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    role: Role
    module: str
    """Path of the module that owns it."""
    count: int
    """Elements, the product of the shape (packed formats: stored elements)."""
    size_bytes: int
    """Bytes of its elements, ``count`` × width, before sharing."""
    stored_bytes: int
    """Bytes it adds to the file: 0 when tied to an earlier one, less than ``size_bytes`` for an expanded view."""
    trainable: bool | None = None
    """``requires_grad`` where known."""
    tied_to: str = ""
    """Name of the earlier tensor with the same storage, offset, shape and strides."""
    overlaps: str = ""
    """Name of an earlier tensor that shares part of the storage without being the same view."""
    contiguous: bool = True
    expanded: bool = False
    """A stride of zero over a dimension larger than one: fewer elements stored than shown."""
    layout: Literal["dense", "sparse", "quantized", "meta"] = "dense"
    scheme: str = ""
    """Quantisation scheme whose part it is: ``GPTQ``, ``AWQ``, ``bitsandbytes nf4``, ``MXFP4`` …; empty for none."""
    stands_for: int | None = None
    """Parameters it stands for where that is not ``count``: the unpacked number for packed weights, 0 for scales, zero
    points and the like of a quantised weight. ``None`` means ``count``."""
    file: int = 0
    """Index into ``Source.files``."""
    note: str = ""


class DtypeTotal(Fact, frozen=True, kw_only=True):
    """Totals of one dtype over parameters and buffers, tied tensors once."""

    dtype: str
    tensors: int
    count: int
    size_bytes: int


class Structure(Fact, frozen=True, kw_only=True):
    """The module tree and the tensors of the model."""

    origin: Literal["live", "pickle", "identified", "names", "graph"]
    """How the tree is known: a live object, the pickled tree, the identified architecture, only tensor names, ONNX."""
    modules: tuple[ModuleFact, ...]
    tensors: tuple[TensorFact, ...]
    """Parameters and buffers in file order (optimizer state is only counted, in ``Source.training``)."""
    parameters: int
    """Elements of all parameters, tied ones once, packed ones unpacked."""
    trainable: int | None
    """Elements of parameters with ``requires_grad``, tied once; ``None`` when the file does not say."""
    buffers: int
    parameter_tensors: int
    buffer_tensors: int
    size_bytes: int
    """Bytes of parameters and buffers, shared storages once."""
    dtypes: tuple[DtypeTotal, ...]


# --- room 3: the dummy forward pass ---------------------------------------------------------------------------------


class Operation(Fact, frozen=True, kw_only=True):
    """One operation as the user wrote it (``conv2d``, ``cat``, ``+``), in the order of execution."""

    id: int
    """Index in ``Trace.operations``."""
    name: str
    """Function name, such as ``conv2d``; ONNX: the op type."""
    family: Family
    call: int
    """Index of the innermost module call in ``Trace.calls`` it ran in."""
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    sources: tuple[int, ...]
    """Ids of the operations whose output it reads, ascending, no repeats (the data-flow edges into it)."""
    reads_input: tuple[int, ...] = ()
    """Indices into ``Trace.inputs`` of model inputs it reads directly."""
    parameters: tuple[str, ...] = ()
    """Names of the parameters and buffers it reads."""
    label: str = ""
    """The attributes that matter, short: ``3×3, s2, p1`` for a convolution."""
    flops: int | None
    """All floating-point operations, a multiply-add counted as two; ``None`` where no formula is known."""
    macs: int | None
    """Multiply-adds of matrix-class operations (convolution, matmul, attention, recurrent); 0 for others. Twice this
    is the matrix-class part of ``flops``: the figure that papers publish."""
    read_bytes: int = 0
    written_bytes: int = 0
    kernels: tuple[str, ...] = ()
    """The aten operators it consisted of."""
    exact: bool = True
    """False when its cost or shape rests on a guessed value."""


class ModuleCall(Fact, frozen=True, kw_only=True):
    """One call of one module during the pass; a module called three times has three."""

    path: str
    type: str
    parent: int
    """Index of the enclosing call in ``Trace.calls``; -1 for the root."""
    number: int
    """0 for the first call of this module, 1 for the second …"""
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    first: int
    """First operation id inside."""
    last: int
    """One past the last operation id inside; equal to ``first`` for an empty call."""
    flops: int
    macs: int
    signature: str = ""
    """Structural hash: equal for calls that do the same operations on the same shapes."""


class Repeat(Fact, frozen=True, kw_only=True):
    """Sibling module calls that do the same one after the other, to be folded as ×N."""

    calls: tuple[int, ...]
    """Index in ``Trace.calls`` of the first call of each repetition, in order; two or more."""
    period: int = 1
    """Sibling calls in one repetition."""


class KernelTotal(Fact, frozen=True, kw_only=True):
    """One line of the coverage ledger: an operator and how it was counted."""

    kernel: str
    calls: int
    flops: int | None
    """Over all calls; ``None`` without a formula."""
    formula: FormulaKind
    """``matrix`` and ``arithmetic`` have a formula; ``free`` only moves data or works on whole numbers."""


class Uncounted(Fact, frozen=True, kw_only=True):
    """An operator without a FLOP formula, and how often it ran."""

    kernel: str
    calls: int


class Guess(Fact, frozen=True, kw_only=True):
    """A value that does not exist on meta tensors and had to be invented."""

    what: str
    """What was needed, such as ``item`` or ``topk``."""
    calls: int
    steered: int = 0
    """Of these, how many decided what the code did next: a branch, a loop, a shape."""


class MemoryPoint(Fact, frozen=True, kw_only=True):
    """Live activation memory after one operation."""

    operation: int
    live_bytes: int


class Alive(Fact, frozen=True, kw_only=True):
    """What one operation made and is still in memory."""

    operation: int
    size_bytes: int


class Memory(Fact, frozen=True, kw_only=True):
    """Activation memory of the pass: storages created by it and alive at the same time; weights and inputs excluded."""

    peak_bytes: int
    peak_operation: int
    points: tuple[MemoryPoint, ...]
    """At most a few hundred points, the peak always among them."""
    alive: tuple[Alive, ...] = ()
    """What is alive at the peak, the largest first, at most 50; together with what is left out it is ``peak_bytes``."""


class Trace(Fact, frozen=True, kw_only=True, tag="trace"):
    """What one forward pass did."""

    method: Literal["meta", "cpu", "graph"]
    """Dummy pass on meta tensors, a real pass on the CPU, or read off an ONNX graph."""
    inputs: tuple[TensorSpec, ...]
    input_origin: str
    """How the dummy input was found, for people: *given*, *config*, *first layer is Conv2d, 224×224 tried first* …"""
    outputs: tuple[TensorSpec, ...]
    output_sources: tuple[int, ...] = ()
    """For each output, the id of the operation that made it; -1 where it is an input or a parameter itself."""
    operations: tuple[Operation, ...]
    calls: tuple[ModuleCall, ...]
    flops: int
    """Sum over operations with a formula, arithmetic included."""
    macs: int
    """Multiply-adds of matrix-class operations; twice this is the matrix-class part of ``flops``."""
    ledger: tuple[KernelTotal, ...] = ()
    """Every operator that ran, the costliest first."""
    repeats: tuple[Repeat, ...] = ()
    """Runs of equal sibling calls, outer ones before those inside them."""
    uncounted: tuple[Uncounted, ...]
    guesses: tuple[Guess, ...]
    memory: Memory | None
    complete: bool
    """False when the pass ended early; what was seen so far is here."""
    error: str = ""
    """Why it ended early."""
    untouched: tuple[str, ...] = ()
    """Parameters that no operation read."""
    notes: tuple[str, ...] = ()


# --- what it costs to use -------------------------------------------------------------------------------------------


class TrainingMemory(Fact, frozen=True, kw_only=True):
    """Memory of one training step with one optimizer, for the batch of the traced input."""

    optimizer: str
    """``AdamW``, ``SGD``, ``SGD with momentum``, ``8-bit AdamW`` …"""
    precision: str
    """In words: *float32*, *bfloat16 mixed* …"""
    weights_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    """Moments, and master weights where the precision needs them."""
    activations_bytes: int
    """Tensors kept for the backward pass, measured on the forward pass with gradients on."""
    total_bytes: int


class Generation(Fact, frozen=True, kw_only=True, tag="generation"):
    """Cost of generating text with a causal model: the prompt at once, then token after token with a cache."""

    prompt: int
    """Tokens in the prompt."""
    cache_bytes_per_token: int
    """Bytes that one more token adds to the cache, over all layers, batch 1."""
    cache_bytes: int
    """Bytes of the cache after the prompt."""
    prefill_flops: int
    prefill_macs: int
    decode_flops: int
    """For one token after the prompt."""
    decode_macs: int
    decode_read_bytes: int
    """Weights and cache read for that token."""
    notes: tuple[str, ...] = ()


class Law(Fact, frozen=True, kw_only=True):
    """How a cost grows with one size of the input: a polynomial through passes at several sizes."""

    variable: str
    """*batch*, *sequence*, *image side*, *frames* …"""
    quantity: Literal["macs", "flops", "peak_bytes", "kept_bytes"]
    """``kept_bytes``: activations that training keeps for the backward pass."""
    points: tuple[tuple[int, int], ...]
    """Size and cost of each pass, ascending."""
    coefficients: tuple[float, ...]
    """Of powers 0, 1, 2 …; fitted to all points but the last."""
    deviation_share: float
    """Relative error of the law at the last point, which it was not fitted to."""


class Device(Fact, frozen=True, kw_only=True):
    """Published peak figures of a device."""

    id: str
    """As ``--device`` takes it."""
    title: str
    flops_per_s: dict[str, float]
    """Dense peak for each dtype that matrix units take, floating-point operations in a second."""
    vector_flops_per_s: float | None = None
    """Float32 peak of the ordinary units, which do everything that is no matrix product; ``None``: not published."""
    bytes_per_s: float
    """Memory bandwidth."""
    memory_bytes: int
    source: str
    """Document the figures are from."""


class DeviceEstimate(Fact, frozen=True, kw_only=True):
    """Lower bound of the time of the traced pass on one device: each operation at its roof, one after the other."""

    device: Device
    dtype: str
    """Dtype whose peak was used."""
    time_s: float
    compute_bound: int
    """Operations whose arithmetic takes longer than their memory traffic."""
    memory_bound: int
    compute_bound_share: float
    """Share of the time spent in compute-bound operations."""
    fits: bool
    """Weights and peak activations fit its memory."""


class LayerTime(Fact, frozen=True, kw_only=True):
    """One module call on the chosen device: the operations that ran in it and in no module inside it."""

    call: int
    """Index in ``Trace.calls``."""
    flops: int
    moved_bytes: int
    """Bytes read and written by its operations."""
    time_s: float
    bound: Bound


class Roofline(Fact, frozen=True, kw_only=True, tag="roofline"):
    """The pass against the peaks of devices."""

    device: str
    """Id of the chosen device."""
    chosen: bool
    """Whether the user asked for it; otherwise it is the default, for comparison only."""
    estimates: tuple[DeviceEstimate, ...]
    """All devices of the table, the chosen one first; each in the dtype of the pass and, where that is wider, in 16
    bits."""
    layers: tuple[LayerTime, ...]


class Usage(Fact, frozen=True, kw_only=True, tag="usage"):
    """What it costs to train and to run the model."""

    training: tuple[TrainingMemory, ...] | Skipped
    generation: Generation | Skipped
    scaling: tuple[Law, ...] | Skipped
    roofline: Roofline | Skipped
    notes: tuple[str, ...] = ()


# --- the architecture in words --------------------------------------------------------------------------------------


class Pattern(Fact, frozen=True, kw_only=True):
    """A part of the network whose kind its shapes and operations prove."""

    kind: PatternKind
    path: str
    """Module in which it lies, of the first one when it is repeated."""
    count: int
    """How often it occurs with the same figures."""
    values: tuple[Item, ...] = ()
    """Figures that were proved: heads, key-value heads, head width, width, expansion, gate, experts …"""
    proof: Message
    """What proves it."""


class BlockRun(Fact, frozen=True, kw_only=True):
    """A block that is repeated."""

    path: str
    """With ``#`` for the running number, such as ``encoder.layer.#``."""
    count: int
    type: str
    parameters: int
    """Of one block."""


class Outline(Fact, frozen=True, kw_only=True):
    """The architecture in plain words, made from facts only."""

    description: tuple[Message, ...] = ()
    """One paragraph, sentence by sentence."""
    patterns: tuple[Pattern, ...] = ()
    blocks: tuple[BlockRun, ...] = ()
    linear_macs_per_token: int | None = None
    """Multiply-adds of all linear layers for one token, where there is no pass; never a total for the network."""
    nearest: tuple[Nearest, ...] = ()
    """Known architectures that are like the weights, where none fits."""


# --- room 4: the weights --------------------------------------------------------------------------------------------

QUANTILES: tuple[float, ...] = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
"""The quantiles kept for each tensor, over finite values."""


class Histogram(Fact, frozen=True, kw_only=True):
    """Counts of finite values in equal bins from ``low`` to ``high`` (the last bin closed).

    64 bins; a single one when all values are equal and ``low`` is ``high``.
    """

    low: float
    high: float
    counts: tuple[int, ...]


class TensorStatistics(Fact, frozen=True, kw_only=True):
    """Statistics of one tensor's values; floats are over its finite values and ``None`` when there are none."""

    name: str
    count: int
    nan: int
    positive_infinity: int
    negative_infinity: int
    zeros: int
    subnormals: int = 0
    """Finite values that are not zero but below the smallest normal magnitude of the dtype."""
    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    """Population standard deviation."""
    absolute_mean: float | None
    norm: float | None
    """Euclidean norm."""
    quantiles: tuple[float, ...]
    """At ``QUANTILES``; empty when there are no finite values."""
    histogram: Histogram | None
    skewness: float | None = None
    """Third standardised moment; ``None`` without spread."""
    kurtosis: float | None = None
    """Excess kurtosis: fourth standardised moment minus 3, 0 for a normal distribution; ``None`` without spread."""
    channels: int | None = None
    """Size of the first dimension, for tensors of two dimensions or more."""
    zero_channels: int | None = None
    """Slices along the first dimension that are entirely zero."""
    constant_channels: int | None = None
    """Slices along the first dimension whose values are all equal (zero ones included)."""
    rows: RowFigures | None = None
    """What the slices along the first dimension are like; ``None`` for fewer than two dimensions or two slices."""
    digest: str = ""
    """Hash of dtype, shape and bytes: equal for equal tensors."""


class RowFigures(Fact, frozen=True, kw_only=True):
    """The slices of a tensor along its first dimension: output channels of most layers, rows of an embedding."""

    norms: tuple[float, ...]
    """Euclidean norm of the slices over finite values: minimum, lower quartile, median, upper quartile, maximum."""
    outlier_ratio: float | None
    """Largest magnitude of any slice divided by the median of the slices' largest magnitudes; ``None`` when that
    median is zero."""
    outliers: tuple[int, ...] = ()
    """Slices whose largest magnitude stands out, the most extreme first, at most 16."""
    identical: int = 0
    """Slices equal to an earlier one to the bit; those entirely zero are not counted."""
    groups: tuple[tuple[int, ...], ...] = ()
    """Equal slices, the largest groups first: at most 8 groups of at most 16 indices."""
    copies: tuple[RowCopy, ...] = ()
    """Runs of two slices or more that repeat an earlier run to the bit, the longest first, at most 32."""
    zeros: tuple[int, ...] = ()
    """Slices that are entirely zero: the first 16."""


class RowCopy(Fact, frozen=True, kw_only=True):
    """Slices ``copy`` … ``copy + rows - 1`` equal ``first`` … ``first + rows - 1``: a head, a gate, an expert."""

    first: int
    copy: int
    rows: int


class SchemeError(Fact, frozen=True, kw_only=True):
    """What storing values in a narrower number format would do to them."""

    scheme: str
    """``Scheme.id`` of one of ``Precision.schemes``."""
    overflow: int
    """Finite values beyond the largest number. They would become infinite, or NaN where the format has no infinity;
    ``sqnr_db`` takes them as cut to that number. A scale leaves none."""
    underflow: int
    """Values that are not zero and would become zero; carried over from the sample to the tensor where there is one."""
    sqnr_db: float | None
    """Signal to quantisation-noise ratio, 10·log10(Σx² / Σ(x − x̂)²); ``None`` when nothing changes."""
    size_bytes: int
    """Bytes in that format, scales included."""
    sampled: int = 0
    """Values it was measured on; 0 for all of them."""


class TensorPrecision(Fact, frozen=True, kw_only=True):
    """One tensor under every scheme."""

    name: str
    errors: tuple[SchemeError, ...]


class Scheme(Fact, frozen=True, kw_only=True):
    """One number format for all weights that it is usual for."""

    id: str
    """As in ``SchemeError.scheme``."""
    title: str
    """Such as *fp8 E4M3, one scale per tensor*."""
    size_bytes: int
    """Of the whole model: what is left as it is counted as it is."""
    tensors: int
    """Tensors that would be stored in it."""
    overflow: int
    underflow: int
    sqnr_db: float | None
    """These three as in ``SchemeError``, over all its tensors together."""
    sampled: int = 0
    """Tensors of which only some rows were looked at."""
    worst: tuple[str, ...] = ()
    """The ten tensors to keep in higher precision, those of the lowest ratio first."""


class Precision(Fact, frozen=True, kw_only=True, tag="precision"):
    """The weights in narrower number formats, computed from the real values."""

    schemes: tuple[Scheme, ...]
    tensors: tuple[TensorPrecision, ...]
    notes: tuple[str, ...] = ()


class Pruning(Fact, frozen=True, kw_only=True, tag="pruning"):
    """What could be set to zero."""

    levels: tuple[float, ...]
    """Shares of all weights that are set to zero, those of least magnitude first."""
    thresholds: tuple[float, ...]
    """The magnitude under which they lie, one for the whole model."""
    kept: tuple[float, ...]
    """Share of the sum of squares that is left."""
    tensors: tuple[TensorPruning, ...]
    count: int
    """Weights that were looked at."""
    notes: tuple[str, ...] = ()


class TensorPruning(Fact, frozen=True, kw_only=True):
    """One tensor."""

    name: str
    removed: tuple[float, ...]
    """Share of it under each of ``Pruning.thresholds``."""
    zeros: float
    """Share of it that is exactly zero already."""
    two_four_kept: float | None
    """Share of its sum of squares that 2:4 sparsity keeps (the two largest of every four along the input); ``None``
    where there are fewer than four inputs."""
    two_four: bool = False
    """Whether two of every four are zero already, in all rows that were looked at."""
    sampled: int = 0
    """Values that ``two_four_kept`` was measured on; 0 for all."""


class Spectrum(Fact, frozen=True, kw_only=True):
    """Singular values of one weight matrix; a convolution is seen as out × (in · kernel).

    Figures are rounded to the digits that do not depend on the processor, six at most.
    """

    name: str
    part: str = ""
    """Which matrix of the tensor: a gate of a recurrent layer, an expert of a stack; empty for the whole tensor."""
    role: str = ""
    """The same for matrices that do the same work at other depths: their name with ``#`` for the index."""
    depth: int = 0
    """Place among the tensors of its role, from 0."""
    rows: int
    columns: int
    method: Literal["full", "randomised"]
    """All singular values, or only the largest by a random projection."""
    values: tuple[float, ...]
    """Singular values, descending: the largest ones, thinned to at most 64 along the whole spectrum when it is full."""
    places: tuple[int, ...] = ()
    """The place of each of ``values`` in the spectrum, from 0."""
    largest: float
    smallest: float | None
    """0 where it lies below the resolution of the arithmetic, ``None`` where only the largest were computed."""
    stable_rank: float | None
    """‖W‖_F² / σ₁²."""
    effective_rank: float | None
    """exp of the entropy of the normalised singular values (Roy and Vetterli 2007)."""
    rank: int | None = None
    """Singular values above those that rounding to the dtype makes by itself; ``None`` where only the largest were
    computed."""
    rank_90: int | None
    """Singular values that hold 90 % of the sum of squares."""
    rank_95: int | None = None
    rank_99: int | None = None
    """The same for 95 % and 99 %."""
    alpha: float | None = None
    """Exponent of the power law fitted to the eigenvalues of WᵀW (Martin and Mahoney; Clauset et al. 2009), those of
    all kernel positions together for a convolution, as WeightWatcher does it; ``None`` where there is no fit."""
    alpha_distance: float | None = None
    """Kolmogorov–Smirnov distance of that fit."""
    alpha_count: int | None = None
    """Eigenvalues in the tail that was fitted."""
    condition: float | None = None
    """σ_max / σ_min; ``None`` when singular or not known."""
    random_edge: float | None = None
    """σ₁ over the largest singular value that independent random values of the same variance would have
    (Marchenko and Pastur 1967)."""
    random_distance: float | None = None
    """Largest difference between the distribution of its eigenvalues and that of such a random matrix, 0–1."""


class Spectra(Fact, frozen=True, kw_only=True, tag="spectra"):
    """Spectra of the weight matrices that were chosen."""

    tensors: tuple[Spectrum, ...]
    """In the order of the model."""
    left_out: int
    """Matrices that were not decomposed, for the budget."""
    chosen: str
    """How they were chosen, in one sentence."""
    matrices: int = 0
    """Weight matrices of the model that have a spectrum worth the name."""
    notes: tuple[str, ...] = ()
    """What was left out for another reason than the budget."""


class Peer(Fact, frozen=True, kw_only=True):
    """One tensor among those of the same role."""

    name: str
    depth: int
    """The number in its name; where there are several (stage and block), its place in the role, from 0. Parallel ones
    (experts of one layer) share it."""
    values: tuple[float | None, ...] = ()
    """Each of ``Peers.statistics``; ``None`` where it means nothing for this tensor."""
    scores: tuple[float | None, ...]
    """Robust z-score of each of ``Peers.statistics``: the smallest distance to the median of all peers, to the nearest
    ones and to a line through them, in units of the usual spread over depth. ``None`` for fewer than
    ``Peers.enough`` peers."""


class PeerRole(Fact, frozen=True, kw_only=True):
    """Tensors that do the same work at different depths."""

    role: str
    """Their name with ``#`` for the index."""
    members: tuple[Peer, ...]
    """By depth."""
    count: int = 0
    """Values of all of them together."""
    judged: bool = False
    """Whether there are enough of them to tell an odd one."""


class OddTensor(Fact, frozen=True, kw_only=True):
    """A tensor unlike its peers."""

    name: str
    role: str
    statistic: str
    """The one of ``Peers.statistics`` that is most unlike, or ``constant``."""
    value: float
    median: float
    """Of its peers, in the same unit."""
    score: float | None
    """``None`` where it is odd for another reason than a score: it is constant, or ``drawn``."""
    drawn: Literal["", "normal", "uniform", "truncated normal"] = ""
    """Not empty when its values are like independent random numbers of this distribution, with rows as alike as such
    numbers make them, as after an initialisation, while those of most of its peers are not."""
    peers: int = 0
    """Others in its role."""


class Peers(Fact, frozen=True, kw_only=True, tag="peers"):
    """Every tensor against its peers."""

    statistics: tuple[str, ...]
    """Names of the statistics compared: ``scale`` (standard deviation times √inputs of a unit; root mean square of a
    vector), ``centre`` (mean over standard deviation), ``tails`` (range of 99.8 % of the values over that of
    their middle half, 1 for normal values), ``rows`` (spread of the rows' norms over that of independent normal
    values), ``zeros`` (share)."""
    roles: tuple[PeerRole, ...]
    odd: tuple[OddTensor, ...]
    """One for each tensor, the most unlike first."""
    drawn: tuple[str, ...] = ()
    """Weight matrices, repeated or not, whose values are like independent random numbers: see ``OddTensor.drawn``."""
    related: tuple[str, ...] = ()
    """Weight matrices that are distributed as fresh ones, or lie beside one that is, and whose largest singular value
    shows that their values are not independent."""
    enough: int = 6
    """Members of a role from which on its members are judged by scores."""
    threshold: float = 8.0
    """Score from which on a tensor is odd."""


class Duplicate(Fact, frozen=True, kw_only=True):
    """Tensors with the same values that are stored more than once."""

    names: tuple[str, ...]
    size_bytes: int
    """Of one of them."""


class LayerUpdate(Fact, frozen=True, kw_only=True):
    """What the optimizer's state says of one parameter."""

    name: str
    """The parameter; where none could be told, the place of its state in the optimizer."""
    step: int | None
    """Steps that the optimizer took on it; ``None`` where it does not count them."""
    gradient_rms: float | None
    """Root of the mean of the second moment, bias-corrected: RMS of recent gradients. ``None`` when the optimizer keeps
    no second moment or the step is not known."""
    momentum_rms: float | None
    """Root mean square of the first moment or momentum buffer."""
    update_ratio: float | None
    """RMS of a step's update, by the optimizer's rule and the settings in the file and without decoupled weight decay,
    over the RMS of the weight; ``None`` where the state says nothing of it. ``update_told`` says which step's."""
    weight_rms: float | None
    """``None`` where no parameter could be told, or its values could not be read."""
    group: int | None = None
    """Index in ``OptimizerEvidence.groups``."""
    dimensions: int | None = None
    """Of the parameter, as its state has them; ``None`` where it does not say."""
    update_told: Literal["exact", "usual", "least", "most"] = "exact"
    """``exact``: of the last step. Where that needs a gradient that no file holds: ``usual``, the root mean square over
    recent steps of a steady training; ``least``, its lower bound; or ``most``, what no step can exceed."""


class ParameterGroup(Fact, frozen=True, kw_only=True):
    """Settings of one group of parameters."""

    settings: tuple[Item, ...]
    parameters: int
    """Tensors in it."""
    learning_rate: float | None = None


class OptimizerEvidence(Fact, frozen=True, kw_only=True, tag="optimizer"):
    """How training went, from the optimizer's state."""

    kind: str
    layers: tuple[LayerUpdate, ...]
    """In the order of the parameters."""
    without_state: tuple[str, ...]
    """Parameters of the optimizer that never received a gradient: they have no state while others have one."""
    zero_state: tuple[str, ...] = ()
    """Parameters whose second moment, or momentum where there is none, is zero throughout: so was every gradient."""
    non_finite: tuple[str, ...] = ()
    """Parameters whose state holds NaN or infinite values."""
    unread: tuple[Item, ...] = ()
    """Parameters whose state could not be read, each with the reason."""
    outside: tuple[str, ...]
    """Parameters of the model that the optimizer does not hold: frozen."""
    groups: tuple[ParameterGroup, ...]
    matched: str
    """How state and parameters were brought together, in one sentence."""
    notes: tuple[str, ...] = ()


class AverageDrift(Fact, frozen=True, kw_only=True, tag="average"):
    """Averaged weights (EMA, SWA) against the raw ones in the same file."""

    key: str
    """Where the other weights lie."""
    layers: tuple[tuple[str, float], ...]
    """Parameter, and ‖average − raw‖ / ‖raw‖, in the order of the model."""
    equal: int
    """Parameters whose values are all the same."""
    reported: Literal["raw", "average"] = "raw"
    """Which of the two this report is on, by the keys they lie under."""
    unread: tuple[Item, ...] = ()
    """Parameters that could not be compared, each with the reason."""


class AdapterDelta(Fact, frozen=True, kw_only=True):
    """The change that an adapter makes to one weight of the base model."""

    target: str
    """Path of the layer, as the adapter's file names it, without the prefix that the library adds."""
    kind: str = "LoRA"
    """``LoRA``, ``DoRA``, ``LoHa`` or ``LoKr``: how the change is made of the factors."""
    rank: int
    alpha: float | None = None
    """As the file or its configuration gives it."""
    scale: float | None
    """alpha / rank (or alpha / √rank), by which the product is multiplied; ``None`` when it is not known."""
    norm: float | None
    """‖ΔW‖_F, computed from the factors without forming the product; without the scale where that is not known."""
    largest: float | None = None
    """Largest singular value of ΔW, as ``norm``."""
    stable_rank: float | None
    """‖ΔW‖_F² / σ₁²."""
    effective_rank: float | None = None
    """exp of the entropy of its normalised singular values: how many of the ranks are used."""
    fresh: bool = False
    """Whether a factor is zero throughout, so that nothing is changed."""
    parameters: int = 0
    """Elements of the factors."""
    relative: float | None = None
    """‖ΔW‖_F / ‖W‖_F, where the base is at hand."""


class AdapterEffect(Fact, frozen=True, kw_only=True, tag="adapter"):
    """What an adapter does to its base model."""

    kind: str
    deltas: tuple[AdapterDelta, ...]
    """In the order of the file."""
    base: str = ""
    """Name of the folder or file that the base model's values were read from; empty when none was."""
    notes: tuple[str, ...] = ()


class ColumnFigures(Fact, frozen=True, kw_only=True):
    """Output units of a layer whose weight has them along its second dimension.

    ``Conv1D`` of transformers, the ``MatMul`` of ONNX, transposed convolutions.
    """

    name: str
    """The weight."""
    units: int
    """Size of its second dimension."""
    zero: int
    """Units whose weights are all zero."""
    zeros: tuple[int, ...] = ()
    """The first 16 of them."""
    identical: int = 0
    """Units equal to an earlier one to the bit; those entirely zero are not counted."""
    groups: tuple[tuple[int, ...], ...] = ()
    """Equal units, the largest groups first: at most 8 groups of at most 16 indices."""
    copies: tuple[RowCopy, ...] = ()
    """Runs of units that repeat an earlier run, as in ``RowFigures``."""


class ScaleFigures(Fact, frozen=True, kw_only=True):
    """Scales of one normalisation: what is left of each channel's spread after it."""

    name: str
    """The tensor of scales."""
    kind: Literal["batch", "other"]
    """``batch``: with running statistics, which the effective scale |γ|·√(var / (var + ε)) takes into account."""
    channels: int
    scales: tuple[float, ...]
    """Effective scale: minimum, lower quartile, median, upper quartile, maximum."""
    zero: int
    """Scales γ that are exactly zero."""
    weak: int
    """Channels, zero ones included, whose effective scale is below a hundredth of the median."""
    weak_units: tuple[int, ...] = ()
    """The weakest first, at most 64."""
    shut: int = 0
    """Channels with γ = 0 and β ≤ 0: a ReLU behind makes them zero for every input."""
    shut_units: tuple[int, ...] = ()
    """The first 64 of them."""
    seldom: int = 0
    """Further channels with β ≤ -6 · effective scale: above zero for at most 1 in 37 inputs like those of training."""


class EmbeddingRows(Fact, frozen=True, kw_only=True):
    """Rows of one embedding table that training seems to have passed by."""

    name: str
    rows: int
    width: int
    zero: int = 0
    """Rows that are entirely zero."""
    zero_rows: tuple[int, ...] = ()
    """The first 16 of them."""
    zero_tail: int = 0
    """Zero rows at the end of the table: padding of a vocabulary."""
    identical: int = 0
    """Rows equal to an earlier one to the bit, zero ones not counted."""
    untrained: int = 0
    """Rows in a tight cluster of norms apart from the others."""
    how: Literal["", "initialised", "together"] = ""
    """What marks the cluster: rows unrelated to each other with the spread of a normal initialisation, or rows that
    all point the same way: moved only by what moves every row."""
    low: float | None = None
    high: float | None = None
    """Range of the cluster's norms."""
    median: float | None = None
    """Median norm of all rows."""
    alike: float | None = None
    """Length of the mean of the cluster's unit vectors: 1 when all rows point the same way, 0 when unrelated."""
    indices: tuple[int, ...] = ()
    """Rows of the cluster nearest to its middle, at most 64."""
    tokens: tuple[str, ...] = ()
    """What the vocabulary beside the file calls these; empty when there is none."""
    reserved: int | None = None
    """Rows of the cluster that the vocabulary names as unused or reserved."""


class ZeroRun(Fact, frozen=True, kw_only=True):
    """A long run of zeros in a tensor that has hardly any elsewhere, cut across its rows."""

    name: str
    first: int
    """Index of the first zero in row-major order."""
    count: int
    total: int
    """Values of the tensor."""
    outside: int
    """Zeros elsewhere in the tensor."""
    following_bytes: int = 0
    """Bytes behind it in the file that belong to tensors of nothing but zeros."""


class NearCopy(Fact, frozen=True, kw_only=True):
    """Rows of an attention's projection that are nearly an earlier run of its rows."""

    name: str
    first: int
    copy: int
    rows: int
    cosine: float
    """Of the two runs, each taken as one vector."""


class Units(Fact, frozen=True, kw_only=True, tag="units"):
    """Dead, weak and repeated units that are not told by the rows of single tensors."""

    columns: tuple[ColumnFigures, ...] = ()
    scales: tuple[ScaleFigures, ...] = ()
    embeddings: tuple[EmbeddingRows, ...] = ()
    runs: tuple[ZeroRun, ...] = ()
    near: tuple[NearCopy, ...] = ()
    """Heads that are nearly another of the same weight; those equal to the bit are in ``RowFigures.copies``."""
    unlooked: tuple[Item, ...] = ()
    """Tensors that were not looked at, each with the reason."""


class Picture(Fact, frozen=True, kw_only=True):
    """Weights that can be looked at."""

    id: str
    kind: Literal["filters", "components", "similarity", "norms", "bias"]
    """First-layer convolution filters; their principal components; cosine similarity of positional embeddings; norms of
    embedding rows; a table of relative-position biases, a tile for each head."""
    tensor: str
    width: int
    """Pixels of one tile, or columns."""
    height: int
    channels: Literal[1, 3]
    tiles: tuple[bytes, ...]
    """Row-major, 8 bits a channel; for ``norms`` empty."""
    histogram: Histogram | None = None
    """For ``norms``."""
    indices: tuple[int, ...] = ()
    """Which slice each tile shows."""
    total: int = 0
    """Slices there are; ``tiles`` may show some of them."""
    columns: int = 0
    """Tiles in a row, where their places mean something: a grid of positions."""
    recognised: str = ""
    """Why the tensor is taken for this, in one sentence."""
    neighbours: float | None = None
    """How alike neighbours are. Filters: correlation of weights side by side. Positions: mean cosine of one and the
    next."""
    apart: float | None = None
    """What to hold it against. Filters: one standard error around 0, which is what noise gives. Components: the share
    of variance that as many hold in noise of the same shape. Positions: mean cosine of all pairs."""
    explained: float | None = None
    """For ``components``: share of the filters' variance that the shown ones hold."""
    low: float | None = None
    high: float | None = None
    """Values that 0 and 255 stand for; ``None`` when each tile has its own scale."""
    notes: tuple[str, ...] = ()


class Weights(Fact, frozen=True, kw_only=True, tag="weights"):
    """Statistics of all tensors that could be read."""

    tensors: tuple[TensorStatistics, ...]
    read_bytes: int
    unread: tuple[Item, ...] = ()
    """Tensors whose values could not be read, each with the reason."""
    hash: str = ""
    """BLAKE3 over the sorted names, dtypes, shapes and leaf hashes of all tensors: the same for the same weights,
    whatever file they lie in; empty when some tensor could not be read."""
    duplicates: tuple[Duplicate, ...] = ()
    """Tensors of three values or more stored more than once, the largest first; tied ones are not counted."""
    peers: Peers | Skipped = Skipped(stage="measure", reason="Tensors were not compared.")
    precision: Precision | Skipped = Skipped(stage="measure", reason="Narrower formats were not tried.")
    pruning: Pruning | Skipped = Skipped(stage="measure", reason="Pruning was not looked at.")
    spectra: Spectra | Skipped = Skipped(stage="measure", reason="Spectra were not computed.")
    optimizer: OptimizerEvidence | Skipped = Skipped(stage="measure", reason="The file holds no optimizer state.")
    average: AverageDrift | Skipped = Skipped(stage="measure", reason="The file holds no averaged weights.")
    adapter: AdapterEffect | Skipped = NO_ADAPTER
    units: Units | Skipped = Skipped(stage="measure", reason="Units were not looked at.")
    pictures: tuple[Picture, ...] = ()


# --- room 5: the judgement ------------------------------------------------------------------------------------------


class Evidence(Fact, frozen=True, kw_only=True):
    """One thing a finding points at."""

    kind: Literal["tensor", "module", "operation", "call", "file", "key"]
    name: str
    detail: Message | None = None


class Finding(Fact, frozen=True, kw_only=True):
    """The outcome of one rule."""

    id: str
    """Stable, such as ``W001``."""
    severity: Severity
    state: FindingState
    title: str
    """What the rule looks for, three to six words."""
    message: Message
    """What was found; or what was looked at and is clean; or what the model has nothing of, so that the rule does not
    apply; or why it was not checked."""
    advice: str = ""
    evidence: tuple[Evidence, ...] = ()
    """The first of them, at most 100."""
    evidence_count: int = 0
    """How many there are in all."""
    section: Literal["architecture", "layers", "compute", "weights", "provenance", "appendix"] = "weights"
    """Section of the report where the evidence is."""


class Verdict(Fact, frozen=True, kw_only=True):
    """The one judgement at the top, by the rule it states."""

    level: Literal["ok", "warning", "error"]
    sentence: Message
    rule: str
    """How the level follows from the findings."""
    errors: int
    warnings: int
    notes: int
    clean: int
    """Checks that looked at something and found nothing."""
    not_applicable: int = 0
    """Checks that had nothing to look at; none in reports of ``schema_version`` 3, which count them as clean."""
    not_checked: int


# --- the report -----------------------------------------------------------------------------------------------------


class Generator(Fact, frozen=True, kw_only=True):
    """What made the report: the only place for times and versions."""

    version: str
    created: str
    """ISO 8601, UTC, whole seconds; from ``SOURCE_DATE_EPOCH`` when that is set."""
    python: str
    platform: str
    packages: tuple[Item, ...]
    """Versions of the libraries that took part."""
    options: tuple[Item, ...] = ()
    """Options that differ from the defaults."""


class Report(Fact, frozen=True, kw_only=True):
    """All facts of one checkpoint."""

    schema_version: int = SCHEMA_VERSION
    title: str
    generator: Generator
    source: Source
    security: Security | Skipped
    identification: Identification | Skipped
    structure: Structure
    outline: Outline = Outline()
    trace: Trace | Skipped
    usage: Usage | Skipped = Skipped(stage="trace", reason="The cost of using the model was not estimated.")
    weights: Weights | Skipped
    findings: tuple[Finding, ...] = ()
    verdict: Verdict | None = None
