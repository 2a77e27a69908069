"""The pictures in ``docs/gallery``: reports of four models, and the same models in Netron and Model Explorer.

    python tools/gallery.py [--only resnet50] [--without-peers]

Builds the models (untrained: ResNet-50, ViT-B/16, a BERT of 12 layers, 50,000 synthetic operations), writes their
reports as HTML and PDF, opens everything in headless Chromium and writes the pictures and an index of them. Needs
torchvision, transformers, onnxscript, Netron, Model Explorer, Chromium, Playwright, Pillow and poppler's pdftoppm.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.browser.measure import wait_until_drawn, watched  # noqa: E402 - found by the path above
from benchmarks.browser.models import Subject, export, subject, synthetic  # noqa: E402 - found by the path above
from benchmarks.browser.programs import EXPLORER, NETRON, OURS, Program, new_page, served, start_browser  # noqa: E402 - found by the path above
from modelreport import build  # noqa: E402 - found by the path above
from tools.gallery_index import PAGES, write_index  # noqa: E402 - found by the path above

FOLDER = ROOT / "docs" / "gallery"
WIDE = {"width": 1400, "height": 860}
NARROW = {"width": 390, "height": 844}
COLOURS = 256
"""Of a picture's palette: pages have few colours, and a picture of them is a third as large so."""
EXACT = 192
"""Of these, how many are the picture's most frequent ones as they are; the others stand for all the rest."""
PDF_PAGES = 12
"""Pages on the sheet of a PDF, at most."""
PAGES_ACROSS = 4


@dataclass(frozen=True)
class Example:
    """A model of the gallery."""

    name: str
    make: Callable[[Path], Subject]
    near: tuple[str, str]
    """Paths of the modules whose pictures are the second and the third of the map."""


def resnet50(folder: Path) -> Subject:
    """From a file of weights alone, as most people have it."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    return _from_weights(folder, "resnet50", load_library("torchvision").models.resnet50(weights=None))


def vit_b_16(folder: Path) -> Subject:
    """The same."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    return _from_weights(folder, "vit_b_16", load_library("torchvision").models.vit_b_16(weights=None))


def _from_weights(folder: Path, name: str, module: Any) -> Subject:
    import torch

    onnx, weights = folder / f"{name}.onnx", folder / f"{name}.pth"
    torch.save(module.state_dict(), weights)
    export(module.eval(), (torch.zeros(1, 3, 224, 224),), onnx)
    return subject(name, build(weights), onnx, folder)


def bert(folder: Path) -> Subject:
    """Twelve layers of width 384, as a folder of the hub."""
    import torch

    from modelreport.identify.libraries import load_library

    torch.manual_seed(0)
    library = load_library("transformers")
    sizes = {"hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 12, "num_hidden_layers": 12}
    module = library.BertModel(library.BertConfig(**sizes)).eval()
    module.save_pretrained(folder / "bert")
    onnx = folder / "bert.onnx"
    export(module, (torch.zeros(1, 128, dtype=torch.int64),), onnx)
    return subject("bert", build(folder / "bert"), onnx, folder)


EXAMPLES = (
    Example("resnet50", resnet50, ("layer3", "layer3.0.conv2")),
    Example("vit_b_16", vit_b_16, ("encoder.layers.encoder_layer_5", "encoder.layers.encoder_layer_5.mlp")),
    Example("bert", bert, ("encoder.layer.5", "encoder.layer.5.attention.self")),
    Example("synthetic", synthetic, ("stage3", "stage3.block4")),
)


def pictures_of(browser: Any, example: Example, made: Subject) -> Iterator[tuple[str, bytes]]:
    """The map at three zooms and in three colourings; of ResNet-50 the rest of the page too."""
    page = opened(browser, OURS, made.html.resolve().as_uri(), WIDE)
    yield f"{example.name}-map", shot_of(page, "#map")
    for place, path in zip(("near", "nearest"), example.near, strict=True):
        page.evaluate("hash => { location.hash = hash; }", f"#map={path}")
        page.wait_for_timeout(1500)
        yield f"{example.name}-map-{place}", shot_of(page, "#map")
    page.context.close()
    if example.name == "resnet50":
        yield from first_screens(browser, made.html.resolve().as_uri())
        yield from sections_of(browser, made.html.resolve().as_uri(), "resnet50")


def first_screens(browser: Any, address: str) -> Iterator[tuple[str, bytes]]:
    """What a reader sees first: light, dark, on a telephone."""
    settings = {"light": (WIDE, "light"), "dark": (WIDE, "dark"), "narrow": (NARROW, "light")}
    for name, (size, scheme) in settings.items():
        page = opened(browser, OURS, address, size, color_scheme=scheme, device_scale_factor=1)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(300)
        yield f"first-screen-{name}", page.screenshot()
        page.context.close()


def sections_of(browser: Any, address: str, name: str) -> Iterator[tuple[str, bytes]]:
    """The top of each section that people read after the map."""
    for section in ("layers", "compute", "weights"):
        page = opened(browser, OURS, address, WIDE)
        page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
        page.wait_for_timeout(2500)
        if section == "layers":
            page.locator("#table-layers tr[id^=layer-] th, #table-layers tr[data-row] th").nth(3).click()
            page.wait_for_timeout(500)
        yield f"{name}-{section}", page.screenshot()
        page.context.close()


def peer_pictures(browser: Any, example: Example, made: Subject) -> Iterator[tuple[str, bytes]]:
    """The same model in the other two programs, as each shows it at first; none of one that takes too long."""
    for program in (NETRON, EXPLORER):
        with served(program, made) as address:
            page, told = watched(browser, program, address, viewport=WIDE)
            page.goto(address, wait_until="commit")
            if wait_until_drawn(page, told) is not None:
                page.wait_for_timeout(1500)
                yield f"{example.name}-{program.name.split()[-1].lower()}", page.screenshot()
            page.context.close()


def opened(browser: Any, program: Program, address: str, size: dict[str, int], **settings: Any) -> Any:
    """A page that has drawn its model; ``TimeoutError`` when it never does."""
    page = new_page(browser, program, address, viewport=size, **settings)
    page.goto(address, wait_until="commit")
    for _ in range(1500):
        page.wait_for_timeout(100)
        near = "document.querySelector('#map')?.scrollIntoView(); " if program is OURS else ""
        if page.evaluate(f"(() => {{ {near}return Boolean({program.drawn}); }})()"):
            page.wait_for_timeout(1500)
            return page
    raise TimeoutError(f"{program.name} has not drawn {address}")


def shot_of(page: Any, selector: str) -> bytes:
    """A part of the page."""
    part = page.locator(selector)
    part.scroll_into_view_if_needed()
    page.mouse.move(1, 1)
    return bytes(part.screenshot())


def pdf_sheet(made: Subject, folder: Path) -> bytes:
    """The first pages of its PDF side by side."""
    from PIL import Image

    pdf = folder / f"{made.name}.pdf"
    made.report.save(pdf)
    command = ["pdftoppm", "-r", "55", "-png", "-l", str(PDF_PAGES), str(pdf), str(folder / f"{made.name}-page")]
    subprocess.run(command, check=True, timeout=120)  # noqa: S603 - a command of our own making
    return sheet_of([Image.open(path).convert("RGB") for path in sorted(folder.glob(f"{made.name}-page-*.png"))])


def sheet_of(pages: Sequence[Any]) -> bytes:
    """Pictures of one size in rows, from the left."""
    from PIL import Image

    width, height = pages[0].size
    rows = -(-len(pages) // PAGES_ACROSS)
    sheet = Image.new("RGB", (PAGES_ACROSS * (width + 8) + 8, rows * (height + 8) + 8), "#c8ced6")
    for place, page in enumerate(pages):
        sheet.paste(page, (8 + place % PAGES_ACROSS * (width + 8), 8 + place // PAGES_ACROSS * (height + 8)))
    written = io.BytesIO()
    sheet.save(written, "PNG")
    return written.getvalue()


def save(name: str, picture: bytes, folder: Path = FOLDER) -> None:
    """A picture with a palette of its own."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    few = in_few_colours(image)
    folder.mkdir(parents=True, exist_ok=True)
    few.save(folder / f"{name}.png", "PNG", optimize=True)
    print(f"{name}.png  {(folder / f'{name}.png').stat().st_size / 1000:,.0f} kB", flush=True)  # noqa: T201 - it tells how far it is


def in_few_colours(image: Any) -> Any:
    """The image with a palette: fills, lines and legends as they are, shades of letters by median cut."""
    import numpy as np
    from PIL import Image

    pixels = np.asarray(image).reshape(-1, 3)
    colours, places, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    palette, rest = colours[order[:EXACT]], colours[order[EXACT:]]
    if len(rest):
        cut = Image.fromarray(rest[None]).quantize(COLOURS - EXACT, method=Image.Quantize.MEDIANCUT).convert("RGB")
        palette = np.concatenate([palette, np.unique(np.asarray(cut).reshape(-1, 3), axis=0)])
    chosen = [int(((palette.astype(int) - colour) ** 2).sum(axis=1).argmin()) for colour in colours.astype(int)]
    made = Image.fromarray(np.array(chosen, np.uint8)[places.reshape(image.height, image.width)])
    made.putpalette(palette.astype(np.uint8).tobytes())
    return made


def weights_of_trained(browser: Any, folder: Path) -> tuple[str, bytes]:
    """The weights of a small model that was trained: those of the others are as they were drawn."""
    page_file = folder / "digits.html"
    sample = ROOT / "sample_models" / "digits_cnn_training.pt"
    build(sample, model="sample_models.nets:DigitsCNN", input="1,1,8,8").save(page_file)
    page = opened(browser, OURS, page_file.resolve().as_uri(), WIDE)
    page.evaluate("document.querySelector('#weights').scrollIntoView()")
    page.evaluate("document.querySelector('#weights details:not([open])')?.setAttribute('open', '')")
    page.wait_for_timeout(2500)
    picture = bytes(page.screenshot())
    page.context.close()
    return "weights-trained", picture


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pictures, then the index."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[example.name for example in EXAMPLES])
    parser.add_argument(
        "--without-peers", action="store_true", help="leave the pictures of the other programs as they are"
    )
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, browser = Path(name), start_browser(playwright)
        for example in EXAMPLES:
            if asked.only not in (None, example.name):
                continue
            made = example.make(folder)
            for picture, data in pictures_of(browser, example, made):
                save(picture, data)
            if f"{example.name}-pdf" in dict(PAGES):
                save(f"{example.name}-pdf", pdf_sheet(made, folder))
            for picture, data in () if asked.without_peers else peer_pictures(browser, example, made):
                save(picture, data)
        if asked.only is None:
            save(*weights_of_trained(browser, folder))
        browser.close()
    write_index(FOLDER)


if __name__ == "__main__":
    main()
