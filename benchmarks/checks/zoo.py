"""The models that are checked: how each is built, what is fed, and what is published about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from modelreport.facts import TensorSpec
from modelreport.identify.construct import build
from modelreport.identify.libraries import load_library

FRAMES = 16
"""Frames of a clip at which torchvision measured its video models (references/video_classification)."""
SEGMENTATION_SIDE = 520
"""Side to which the presets of its segmentation weights resize."""


@dataclass(frozen=True)
class Case:
    """A model with its input."""

    library: str
    name: str
    make: Callable[[], Any]
    """The module, on meta when it is called inside ``construct.build`` and with random weights otherwise."""
    inputs: tuple[TensorSpec, ...]
    gflops: float | None = None
    """As published: torchvision counts a multiply-add as one."""
    parameters: int | None = None
    weights: str = ""

    def on_meta(self) -> Any:
        """The module without weights."""
        return build(self.make)


def spec(*shape: int, dtype: str = "float32", name: str = "") -> TensorSpec:
    """An input."""
    return TensorSpec(shape=shape, dtype=dtype, name=name)


def ids(length: int, batch: int = 1, name: str = "input_ids") -> TensorSpec:
    """Token ids."""
    return spec(batch, length, dtype="int64", name=name)


def published() -> Iterator[Case]:
    """Every torchvision model whose weights state operations and parameters, at the settings of those weights.

    Detection models are left out: they need torchvision's compiled operators, and what they compute depends on what
    they find in a picture. So are those for optical flow, whose input size is not stated. Quantised models are built in
    their float form, for which the figures are published.
    """
    torchvision = load_library("torchvision")
    assert torchvision is not None, "torchvision is not installed"
    from torchvision import models

    for name in models.list_models():
        seen: set[tuple[Any, ...]] = set()
        for weights in models.get_model_weights(name):
            found = _published(name, weights)
            key = () if found is None else (found.inputs, found.gflops, found.parameters)
            if found is not None and key not in seen:
                seen.add(key)
                yield found


def _published(name: str, weights: Any) -> Case | None:
    meta, preset = weights.meta, weights.transforms()
    kind = type(preset).__name__
    settings: dict[str, Any] = {}
    if "_ops" not in meta:
        return None
    if kind == "ImageClassification":
        side = preset.crop_size[0]
        inputs: tuple[TensorSpec, ...] = (spec(1, 3, side, side),)
        if name.startswith("vit_"):
            settings["image_size"] = side
        if name.endswith(("googlenet", "inception_v3")):  # published without the first's training heads
            settings |= {"aux_logits": name.endswith("inception_v3"), "init_weights": False, "transform_input": True}
    elif kind == "SemanticSegmentation":
        inputs = (spec(1, 3, SEGMENTATION_SIDE, SEGMENTATION_SIDE),)
        settings["weights_backbone"] = None
        if not name.startswith("lraspp"):
            settings["aux_loss"] = True
    elif kind == "VideoClassification":
        inputs = (spec(1, 3, FRAMES, *preset.crop_size),)
    else:
        return None
    if name.startswith("quantized_"):
        settings["quantize"] = False
    return Case(
        "torchvision", name, torchvision_model(name, settings), inputs, meta["_ops"], meta["num_params"], weights.name
    )


def torchvision_model(name: str, settings: dict[str, Any] | None = None) -> Callable[[], Any]:
    """What builds a model of torchvision without weights."""

    def make() -> Any:
        assert load_library("torchvision") is not None, "torchvision is not installed"
        from torchvision import models

        return models.get_model(name, weights=None, **(settings or {}))

    return make


def timm_model(name: str) -> Callable[[], Any]:
    """What builds a model of timm without weights."""

    def make() -> Any:
        timm = load_library("timm")
        assert timm is not None, "timm is not installed"
        return timm.create_model(name, pretrained=False)

    return make


def hugging_face(class_name: str, config: str, **settings: Any) -> Callable[[], Any]:
    """What builds a model of transformers without weights."""

    def make() -> Any:
        transformers = load_library("transformers")
        assert transformers is not None, "transformers is not installed"
        return getattr(transformers, class_name)(getattr(transformers, config)(**settings))

    return make


TIMM = (
    "resnet18", "resnext50_32x4d", "convnext_atto", "convnextv2_atto", "vit_tiny_patch16_224", "deit_tiny_patch16_224",
    "swin_tiny_patch4_window7_224", "beit_base_patch16_224", "cait_xxs24_224", "coat_tiny", "convit_tiny",
    "crossvit_tiny_240", "densenet121", "dla34", "edgenext_xx_small", "efficientnet_b0", "efficientformer_l1",
    "eva02_tiny_patch14_224", "fastvit_t8", "focalnet_tiny_srf", "ghostnet_050", "hrnet_w18_small", "levit_128s",
    "mixer_s32_224", "mobilenetv3_small_050", "mobilenetv4_conv_small", "mobileone_s0", "mobilevit_xxs", "nfnet_l0",
    "pit_ti_224", "poolformer_s12", "pvt_v2_b0", "regnetx_002", "repvgg_a0", "resmlp_12_224", "rexnet_100",
    "tiny_vit_5m_224", "twins_svt_small", "visformer_tiny", "xcit_nano_12_p16_224",
)  # fmt: skip
"""One for each of forty families, the smallest of each."""

_MEL = spec(1, 80, 3000, name="input_features")
TRANSFORMERS: tuple[tuple[str, Callable[[], Any], tuple[TensorSpec, ...]], ...] = (
    ("bert-base", hugging_face("BertModel", "BertConfig"), (ids(128),)),
    ("roberta-base", hugging_face("RobertaModel", "RobertaConfig"), (ids(128),)),
    ("distilbert", hugging_face("DistilBertModel", "DistilBertConfig"), (ids(128),)),
    ("albert-xxlarge", hugging_face("AlbertModel", "AlbertConfig"), (ids(64),)),
    ("electra-small", hugging_face("ElectraModel", "ElectraConfig"), (ids(128),)),
    ("mpnet-base", hugging_face("MPNetModel", "MPNetConfig"), (ids(64),)),
    ("gpt2", hugging_face("GPT2LMHeadModel", "GPT2Config"), (ids(1024),)),
    ("opt-350m shape", hugging_face("OPTForCausalLM", "OPTConfig"), (ids(128),)),
    ("bloom shape", hugging_face("BloomForCausalLM", "BloomConfig", n_layer=4), (ids(64),)),
    ("gpt-neox shape", hugging_face("GPTNeoXForCausalLM", "GPTNeoXConfig", num_hidden_layers=4), (ids(64),)),
    ("llama-7b", hugging_face("LlamaForCausalLM", "LlamaConfig"), (ids(128),)),
    ("mistral-7b", hugging_face("MistralForCausalLM", "MistralConfig"), (ids(128),)),
    ("qwen2-7b", hugging_face("Qwen2ForCausalLM", "Qwen2Config"), (ids(128),)),
    ("gemma-7b", hugging_face("GemmaForCausalLM", "GemmaConfig"), (ids(128),)),
    ("phi-2 shape", hugging_face("PhiForCausalLM", "PhiConfig"), (ids(128),)),
    ("t5-small", hugging_face("T5Model", "T5Config"), (ids(64), ids(32, name="decoder_input_ids"))),
    ("bart-large", hugging_face("BartModel", "BartConfig"), (ids(64),)),
    ("vit-base", hugging_face("ViTModel", "ViTConfig"), (spec(1, 3, 224, 224, name="pixel_values"),)),
    ("deit-base", hugging_face("DeiTModel", "DeiTConfig"), (spec(1, 3, 224, 224, name="pixel_values"),)),
    ("convnext-tiny", hugging_face("ConvNextModel", "ConvNextConfig"), (spec(1, 3, 224, 224, name="pixel_values"),)),
    ("segformer-b0", hugging_face("SegformerModel", "SegformerConfig"), (spec(1, 3, 512, 512, name="pixel_values"),)),
    ("whisper-base encoder and decoder", hugging_face("WhisperModel", "WhisperConfig"),
     (_MEL, ids(16, name="decoder_input_ids"))),
    ("clip vit-b/32", hugging_face("CLIPVisionModel", "CLIPVisionConfig"),
     (spec(1, 3, 224, 224, name="pixel_values"),)),
)  # fmt: skip


def others() -> Iterator[Case]:
    """Models of timm and transformers at their usual input."""
    timm = load_library("timm")
    assert timm is not None, "timm is not installed"
    for name in TIMM:
        size = timm.get_pretrained_cfg(name).input_size
        yield Case("timm", name, timm_model(name), (spec(1, *size),))
    for name, make, inputs in TRANSFORMERS:
        yield Case("transformers", name, make, inputs)
