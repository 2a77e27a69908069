"""English words in what is said in another language: names, code, units and established terms aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec

from modelreport.facts import Item, Message, Report, Skipped

TERMS = {
    "units": "bytes B kB MB GB TB KiB MiB GiB TiB MAC MACs kMAC MMAC GMAC TMAC PMAC FLOP FLOPs kFLOP MFLOP GFLOP TFLOP "
    "PFLOP dB ms ns UTC bit Inf NaN px MiB GFLOPs",
    "formats and programs": "JSON CSV PNG SVG HTML PDF Markdown ONNX PyTorch TorchScript NumPy safetensors pickle zip "
    "Python modelreport torch timm transformers diffusers torchvision Hugging Face README sha SHA SQNR DeepSpeed hub "
    "bitsandbytes WeightWatcher LLM NVIDIA cs CS Transformer Engine Cast GPTQ AWQ HQQ MXFP OCP NF nf ch",
    "architecture": "Transformer MLP ReLU GELU SiLU LSTM GRU RNN Conv LayerNorm RMSNorm BatchNorm softmax tanh sigmoid "
    "pre post norm squeeze excite LoRA DoRA LoHa LoKr VeRA BERT Swin BEiT MatMul FLOPs Conv1D E4M3 E5M2",
    "optimizers": "AdamW Adam SGD Adafactor Nesterov RMS ZeRO Lion epsilon",
    "numbers": "int float bfloat16 float16 float32 float64 int8 int4 fp fp8 FP8 NF4 MXFP4 alpha variance log",
    "authors and titles, as they are cited": "al Kovaleva Busters Puccetti Bondarenko Dettmers Rajbhandari Shazeer "
    "Stern Williams Han Mishra Lin Roy Vetterli Halko Lanczos Martin Peng Mahoney Clauset Kolmogorov Smirnov Marchenko "
    "Pastur Land Bartolo Liu Wu Micikevicius Theil Iglewicz Hoaglin Dosovitskiy Krizhevsky Wang Chen Raffel Cantelli "
    "Karpathy Hu Frobenius Tracy Widom",
    "cards of the map, which name operations as code does": "input output",
    "keys of the keyboard": "Ctrl Shift Enter Esc Home End Page Up Down",
    "what is typed": "depth column build pass path",
    "mathematics": "exp Alpha rank",
    "languages": "JavaScript Jinja",
}
"""Words that stand in every language, by the reason."""
ALLOWED = frozenset(word for words in TERMS.values() for word in words.split())
_TOKEN = re.compile(r"[A-Za-z][A-Za-z’']*")
_CODE = re.compile(
    r"\w+Error: .*|\S*…\S*|"
    r"--\w[\w-]*(?: (?:all|none|\d+))?|[^\s（，。；：]*[\w)][._(=][\w(][^\s，。；：）]*|\\\w+|\w+/\w+"
)
"""What an exception of a library says, names that were cut, options, code with dots and brackets, escapes."""
_MARKED = {"code", "bdi", "pre", "script", "style", "kbd", "samp", "defs", "title-of-names"}
_SAID = {"title", "aria-label", "alt", "placeholder", "aria-description", "aria-roledescription", "content"}


def names(report: Report, *, made_up: bool = False) -> frozenset[str]:
    """Every word of a report that is a name or data: what stands in a text without spaces, and the author's texts.

    Of a report whose facts are ``made_up`` for tests every word: no room says them, and nobody could translate them.
    """
    found: set[str] = set()

    def walk(fact: Any, said: bool) -> None:
        if isinstance(fact, str):
            if made_up or not said or " " not in fact:
                found.update(_TOKEN.findall(fact))
        elif isinstance(fact, Message):
            walk(fact.values, said=True)
            walk(fact.text if made_up else "", said=True)
        elif isinstance(fact, Item):
            found.update(_TOKEN.findall(f"{fact.name} {fact.value}"))
        elif isinstance(fact, msgspec.Struct):
            for field in fact.__struct_fields__:
                walk(getattr(fact, field), said=field not in _DATA and not isinstance(fact, Skipped))
        elif isinstance(fact, dict):
            for value in fact.values():
                walk(value, said)
        elif isinstance(fact, (tuple, list)):
            for value in fact:
                walk(value, said)

    walk(report, said=True)
    return frozenset(found)


_DATA = {"title", "name", "code", "metadata", "arguments", "label", "tokens", "source", "user_code", "platform"}
"""Fields whose texts are data, with or without spaces."""


def english(text: str, known: Iterable[str] = ()) -> list[str]:
    """English words of a text that are not among the known ones nor terms of every language."""
    allowed = ALLOWED | frozenset(known)
    words = _TOKEN.findall(_CODE.sub(" ", text))
    return [word for word in words if len(word) > 1 and word not in allowed and not word.isupper()]


class _Said(HTMLParser):
    """What a page says: texts outside of marked names, and attributes for people."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if not self.silent:
            self.texts += [
                value
                for name, value in attrs
                if value and name in _SAID and not (tag == "meta" or given.get("translate") == "no")
            ]
        if (tag in _MARKED or given.get("translate") == "no" or self.silent) and tag not in _VOID:
            self.silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            while self.silent and self.silent.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.silent and data.strip():
            self.texts.append(data.strip())


_VOID = {"br", "img", "hr", "input", "meta", "link", "path", "rect", "line", "circle", "col", "wbr", "use", "polyline"}


def said(page: str) -> Iterator[str]:
    """The texts and attributes of a page's markup that people read or hear."""
    parser = _Said()
    parser.feed(page)
    parser.close()
    yield from dict.fromkeys(parser.texts)
