"""Other names for what must not be told: the same thing has the same name throughout a report."""

from __future__ import annotations

import re
import sys
from pathlib import PurePosixPath
from typing import Final

_PUBLIC: Final = """
weight bias running_mean running_var num_batches_tracked in_proj_weight in_proj_bias lora_A lora_B default weight_ih
weight_hh bias_ih bias_hh weight_g weight_v original0 original1 parametrizations absmax qweight qzeros scales input_ids
attention_mask token_type_ids pixel_values position_ids input output logits x
"""
PUBLIC_PARTS: Final = frozenset(_PUBLIC.split())
"""Parts of names that PyTorch and its libraries give: they say what a tensor is for, not whose it is."""
PUBLIC_MODULES: Final = (
    frozenset({"torch", "numpy", "onnx", "aten", "prims", "quantized", "ai"}) | sys.stdlib_module_names
)
_SETTINGS: Final = """
in_features out_features in_channels out_channels kernel_size stride padding output_padding dilation groups bias
padding_mode transposed eps momentum affine track_running_stats num_features normalized_shape elementwise_affine
num_channels num_groups num_embeddings embedding_dim padding_idx max_norm norm_type sparse p inplace dim num_heads
embed_dim head_dim kdim vdim batch_first dropout hidden_size input_size proj_size num_layers bidirectional output_size
scale_factor size mode align_corners negative_slope approximate alpha beta threshold start_dim end_dim ceil_mode
return_indices count_include_pad divisor_override upscale_factor lower upper num_parameters min_val max_val training
"""
PUBLIC_SETTINGS: Final = frozenset(_SETTINGS.split())
"""What PyTorch's own layers call their settings; another name is the author's."""
LIBRARIES: Final = frozenset({"", "torch", "torchvision", "timm", "transformers", "onnx"})
HIDDEN: Final = "redacted"
NN_CLASSES: Final = re.compile(
    r"(?:Lazy)?(?:Conv(?:Transpose)?|BatchNorm|InstanceNorm|(?:Max|Avg|LP|FractionalMax|AdaptiveAvg|AdaptiveMax)(?:Un)?Pool"
    r"|Dropout|(?:Reflection|Replication|Zero|Constant|Circular)Pad)[123]d|Linear|Bilinear|Identity|Embedding(?:Bag)?|LayerNorm"
    r"|GroupNorm|RMSNorm|LocalResponseNorm|Dropout|AlphaDropout|ReLU6?|LeakyReLU|PReLU|RReLU|ELU|SELU|CELU|GELU|SiLU|Mish"
    r"|Sigmoid|LogSigmoid|Tanh|Tanhshrink|Softmax|LogSoftmax|Softplus|Softsign|Hardtanh|Hardswish|Hardsigmoid|GLU"
    r"|LSTM(?:Cell)?|GRU(?:Cell)?|RNN(?:Cell)?|MultiheadAttention|Transformer(?:Encoder|Decoder)?(?:Layer)?|Sequential"
    r"|ModuleList|ModuleDict|ParameterList|ParameterDict|Flatten|Unflatten|Upsample|PixelShuffle|Fold|Unfold|module|Module"
)
"""Classes of ``torch.nn``, which name nobody's model."""

_NUMBER: Final = re.compile(r"[\d#]*|\d+[-–,]\d+")
_RECURRENT: Final = re.compile(r"(?:weight|bias)_(?:ih|hh|hr)_l\d+(?:_reverse)?")
_SEPARATORS: Final = re.compile(r"([./:]+)")
_TOKEN: Final = re.compile(r"[^\s,;()\[\]{}'\"“”‘’`<>=|]+")
_PATH: Final = re.compile(r"(?<![\w.])(?:\w{2,}://|[A-Za-z]:\\|~?/|\.{1,2}/)[^\s'\"“”`]*")


class Pseudonyms:
    """What stands for each part of a name, each class and each file, by order of first appearance."""

    def __init__(self, own_words: frozenset[str]) -> None:
        self.own_words = own_words
        self.parts: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        """Names with spaces or brackets in them, which no word of a sentence is."""

    def name(self, name: str) -> str:
        """A dotted name with its private parts replaced; numbers and public parts stay."""
        told = "".join(part if i % 2 else self._part(part) for i, part in enumerate(_SEPARATORS.split(name)))
        if told != name and not _TOKEN.fullmatch(name):
            self.odd[name] = told
        return told

    def _part(self, part: str) -> str:
        if (
            not part
            or part in PUBLIC_PARTS
            or NN_CLASSES.fullmatch(part)
            or _NUMBER.fullmatch(part)
            or _RECURRENT.fullmatch(part)
        ):
            return part
        return self.parts.setdefault(part, f"n{len(self.parts) + 1}")

    def class_name(self, name: str) -> str:
        """A class that is not public."""
        return self.classes.setdefault(name, f"Class{len(self.classes) + 1}") if name else ""

    def class_path(self, path: str) -> str:
        """A dotted path of a class or function, its own word replaced like the class."""
        if not path or path.partition(".")[0] in PUBLIC_MODULES:
            return path
        home, _, last = path.rpartition(".")
        for part in home.split("."):
            if part not in LIBRARIES:
                self._part(part)
        return f"{HIDDEN}.{self.class_name(last)}"

    def operator(self, name: str) -> str:
        """An operator: one of a custom namespace is replaced."""
        home = re.split(r"[.:]+", name)[0] if re.search(r"[.:]", name) else ""
        return name if not home or home in PUBLIC_MODULES else self.name(name)

    def file(self, path: str) -> str:
        """A file or folder: its last suffix stays."""
        if not path:
            return path
        plain = path.rstrip("/\\")
        last = re.split(r"[/\\]", plain)[-1]
        suffix = PurePosixPath(last).suffix
        suffix = suffix if re.fullmatch(r"\.[a-z0-9]{1,12}", suffix) else ""
        told = self.files.setdefault(plain, f"file{len(self.files) + 1}{suffix}")
        for each in (last, last.removesuffix(suffix), last.split(".")[0]):
            if len(each) > 1:
                self.files.setdefault(each, told)
        return told

    def value(self, value: str) -> None:
        """Remember a value of metadata, so that no sentence repeats it."""
        if len(value) >= 4 and not re.fullmatch(r"[-+\d.e]+|True|False|None|true|false|null", value):
            self.values[value] = HIDDEN
            if not _TOKEN.fullmatch(value):
                self.odd[value] = HIDDEN

    def text(self, text: str, *, paths: bool) -> str:
        """A sentence with every name in it replaced; with ``paths`` whatever looks like a path too."""
        for odd in sorted(self.odd, key=len, reverse=True):
            text = text.replace(odd, self.odd[odd])
        if paths:
            text = _PATH.sub(lambda found: self._path(found[0]), text)
        return _TOKEN.sub(lambda found: self._word(found[0]), text)

    def _path(self, path: str) -> str:
        end = path[len(path.rstrip(".,;:!?)")) :]
        return self.files.get(path[: len(path) - len(end)], HIDDEN if len(path) > 1 + len(end) else path) + end

    def _word(self, word: str) -> str:
        core = word.rstrip(".:!?…")
        tail = word[len(core) :]
        for known in (self.files, self.values, self.classes):
            if core in known and core.lower() not in self.own_words:
                return known[core] + tail
        if core in self.parts:
            return (core if core.lower() in self.own_words else self.parts[core]) + tail
        pieces = _SEPARATORS.split(core)
        if len(pieces) == 1:
            return word
        return "".join(self._known(piece) for piece in pieces) + tail

    def _known(self, piece: str) -> str:
        return self.parts.get(piece) or self.classes.get(piece) or self.files.get(piece) or piece
