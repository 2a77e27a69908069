"""The index of ``docs/gallery``: our pictures next to those of other programs, with a sentence on each."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODELS: Final = {
    "resnet50": (
        "ResNet-50",
        "The whole model fits the first screen; stages are boxes, repeats one box with ×N, skip connections a colour.",
        "The best cards of single operations, and every one of them at once: 122 in a column that must be scrolled.",
        "Modules fold and unfold, yet all are shut at first, in a thin strip.",
    ),
    "vit_b_16": (
        "ViT-B/16",
        "The twelve layers stand in one box ×12, beside the operations around them.",
        "Every operation of the exporter, reshapes included, on a card of its own, in one long column.",
        "The tree of modules is there to be opened, one click a level.",
    ),
    "bert": (
        "BERT, 12 layers of width 384",
        "Embeddings, the twelve layers in one box ×12, the pooler: the whole model on the first screen.",
        "The same cards for a reshape as for attention, which the exporter has taken apart; modules are not shown.",
        "Layers are boxes of equal size; what they cost shows once data is added.",
    ),
    "synthetic": (
        "50,000 operations that hardly repeat",
        "Forty stages at a glance, each opened by zooming.",
        "One column of 50,000 cards, after a warning that laying it out may take very long.",
        "Shown in seconds, shut.",
    ),
}
"""Title, and a sentence on our map, Netron's graph and Model Explorer's."""
PAGES: Final = (
    ("first-screen-light", "The first screen: what it is, how large, how costly, whether it is healthy."),
    ("first-screen-dark", "The same, dark: it follows the system."),
    ("first-screen-narrow", "On a telephone, 390 pixels wide."),
    ("resnet50-layers", "The table of layers, with the panel of a chosen one."),
    ("resnet50-compute", "Where the floating-point operations go, and when memory is needed."),
    ("resnet50-weights", "Weights of an untrained model: a card for each question, the figures in folds below."),
    ("weights-trained", "Weights of a trained one."),
    ("resnet50-pdf", "The PDF of ResNet-50: cover, contents, findings, the map and its parts, tables."),
    ("bert-pdf", "The PDF of BERT."),
)


def write_index(folder: Path) -> None:
    """``README.md`` in the folder, of the pictures that are there."""
    (folder / "README.md").write_text(index(folder), encoding="utf-8")


def index(folder: Path) -> str:
    """The text of the index."""
    parts = [
        "# Gallery",
        "",
        "Pictures of reports, and of the same models in [Netron](https://github.com/lutzroeder/netron) and",
        "[Model Explorer](https://github.com/google-ai-edge/model-explorer), all in headless Chromium, each as",
        "it opens. `make gallery` makes them anew; `python benchmarks/page.py` measures what each costs to open.",
        "",
    ]
    for name, (title, ours, netron, explorer) in MODELS.items():
        parts += [f"## {title}", "", *picture(folder, f"{name}-map", ours)]
        near = [
            f"![{title}, nearer]({name}-map-{each}.png)"
            for each in ("near", "nearest")
            if there(folder, f"{name}-map-{each}")
        ]
        if near:
            parts += ["| Nearer | Nearest |", "| --- | --- |", "| " + " | ".join(near) + " |", ""]
        parts += ["| Netron | Model Explorer |", "| --- | --- |"]
        peers = [peer_of(folder, name, title, peer) for peer in ("Netron", "Model Explorer")]
        parts += [f"| {' | '.join(peers)} |", f"| {netron} | {explorer} |", ""]
    parts += ["## The page and the PDF", ""]
    for name, words in PAGES:
        parts += picture(folder, name, words)
    return "\n".join(parts).rstrip() + "\n"


def picture(folder: Path, name: str, words: str) -> list[str]:
    """A sentence and the picture it is about; nothing where there is none."""
    return [words, "", f"![{words}]({name}.png)", ""] if there(folder, name) else []


def peer_of(folder: Path, name: str, title: str, peer: str) -> str:
    """The picture of another program, or that there is none."""
    file = f"{name}-{peer.rsplit(maxsplit=1)[-1].lower()}"
    return (
        f"![{title} in {peer}]({file}.png)"
        if there(folder, file)
        else "not drawn within five minutes on a busy machine with two cores"
    )


def there(folder: Path, name: str) -> bool:
    """Whether the picture was made."""
    return (folder / f"{name}.png").is_file()
