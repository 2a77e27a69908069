"""Pictures of weights: filters, positions, norms of embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from modelreport.facts import Message, Picture, Report, Weights
from modelreport.render import format as text
from modelreport.render.language import _, tell
from modelreport.render.mosaic import Mosaic, mosaic
from modelreport.render.weights.part import Part, Told

_FAR = 5.0
"""Standard errors from which neighbouring weights count as alike."""


@dataclass(frozen=True)
class Drawn:
    """A picture with its words."""

    id: str
    title: str
    tensor: str
    caption: str
    image: Mosaic

    @property
    def alt(self) -> str:
        """What someone who does not see it should know."""
        return _("{title} ({name})", title=self.title, name=text.name(self.tensor, 80))


def context(report: Report, weights: Weights) -> Told | None:  # noqa: ARG001 - the signature of every part
    """Every picture with what to look for; nothing where no such layer was recognised."""
    if not weights.pictures:
        return None
    drawn = tuple(each for each in map(_drawn, weights.pictures) if each is not None)
    norms = any(each.kind == "norms" for each in weights.pictures)
    return Told(line=_line(weights.pictures[0]), charts=("embedding-norms",) if norms else (), more={"pictures": drawn})


def _drawn(picture: Picture) -> Drawn | None:
    image = mosaic(picture)
    if image is None:
        return None
    title, caption = {
        "filters": _filters, "components": _components, "similarity": _similarity, "bias": _bias, "norms": _bias,
    }[picture.kind](picture)  # fmt: skip
    words = " ".join((picture.recognised, *picture.notes, caption))
    return Drawn(f"picture-{picture.id}", tell(title), picture.tensor, tell(words), image)


def smooth(picture: Picture) -> bool:
    """Whether neighbouring weights are more alike than noise is."""
    return (picture.neighbours or 0.0) > _FAR * (picture.apart or 0.0)


def _shown(picture: Picture, what: str) -> str:
    count = len(picture.tiles)
    return f"{count} of {text.exact(picture.total)} {what}" if count < picture.total else f"All {count} {what}"


def _rounded(value: float | None) -> float | None:
    """A correlation to two places: more would be noise."""
    return None if value is None else round(value, 2) + 0.0


def _short(value: float | None) -> str:
    return text.number(_rounded(value))


def _filters(picture: Picture) -> tuple[str, str]:
    found = f"{_short(picture.neighbours)} ± {text.number(picture.apart)}"
    alike = "neighbouring weights are alike" if smooth(picture) else "neighbouring weights are unrelated, as in noise"
    colours = "The channels are drawn as red, green and blue in the order stored, which may be the other way round."
    caption = (
        "Each filter has a scale of its own, with zero in mid-grey.",
        colours if picture.channels == 3 else "",
        f"Weights side by side correlate by {found}; noise gives 0 give or take that error.",
        "Training on images leaves edges, blobs and gratings (Krizhevsky et al. 2012, figure 3).",
        "Grains mean an untrained layer, too short a training or too little regularisation (CS231n).",
        "Kernels of 3×3 may look like noise after training too." if picture.width <= 3 else "",
    )
    return f"{_shown(picture, 'filters')}: {alike}", " ".join(each for each in caption if each)


def _components(picture: Picture) -> tuple[str, str]:
    shown = len(picture.tiles)
    caption = (
        "Of all filters of the embedding of patches, the strongest first, each on its own scale. After training they "
        "are low frequencies within a patch (Dosovitskiy et al. 2021, figure 7). In noise of the same shape as many "
        f"components hold {text.share(picture.apart)}, and look like noise."
    )
    return f"{shown} principal components hold {text.share(picture.explained)} of the filters' variance", caption


def _similarity(picture: Picture) -> tuple[str, str]:
    pair = f"{_short(picture.neighbours)} for neighbours, {_short(picture.apart)} for all pairs"
    scale = f"from {text.number(picture.low)} (dark) to {text.number(picture.high)} (bright)"
    if picture.columns:
        caption = (
            f"Each tile is a place in the image: its cosine with every place of the grid of {picture.height} × "
            f"{picture.width}, {scale}. After training, places nearby and in the same row or column are alike "
            "(Dosovitskiy et al. 2021, figure 7); after initialisation each is alike only to itself."
        )
        return f"Positions in a grid: cosine {pair}", caption
    shown, total = len(picture.indices), text.exact(picture.total)
    some = f"{shown} of {total} positions, evenly spaced" if shown < picture.total else f"{total} positions"
    caption = (
        f"Cosine of every two of {some}; {scale}, the first position at the top left. A bright band along the diagonal "
        "is learnt order, stripes beside it are periods (Wang and Chen 2020). A bare diagonal is what initialisation "
        "leaves, as it does at the end of a table that no training text was long enough to reach."
    )
    return f"Positions in a row: cosine {pair}", caption


def _bias(picture: Picture) -> tuple[str, str]:
    scale = f"from {text.number(picture.low)} (brown) to {text.number(picture.high)} (violet), zero is near white"
    if len(picture.tiles) > 1:
        caption = f"A tile for each head, the window's own place in its middle, {scale} (Liu et al. 2021)."
        return f"What {len(picture.tiles)} heads add for each relative position", caption
    caption = f"A row for each head, a column for each range of distances, {scale} (Raffel et al. 2020)."
    return f"What {picture.height} heads add for each range of distances", caption


def _line(first: Picture) -> Message:
    """What the first picture shows."""
    values: dict[str, str | int | float | None] = {
        "name": first.tensor, "near_value": _rounded(first.neighbours), "far_value": _rounded(first.apart),
    }  # fmt: skip
    if first.kind == "filters":
        smoothly = "are smooth: weights side by side correlate by {near_value}"
        words = f"Filters of {{name}} {smoothly if smooth(first) else 'look like noise'}."
    elif first.kind == "similarity":
        words = "Positions in {name}: neighbours have a cosine of {near_value}, all pairs of {far_value}."
    elif first.kind == "norms":
        words = "Norms of the rows of {name}."
    else:
        words = "Biases of relative positions in {name}."
    return Message(text=words, values=values)


PART = Part(id="pictures", title="Pictures of weights", context=context, own_print=True)
