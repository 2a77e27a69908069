"""The index of the gallery shows the pictures that are there, ours next to the others'."""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image

from tools.gallery import EXAMPLES, PAGES_ACROSS, save, sheet_of
from tools.gallery_index import MODELS, PAGES, index, write_index

ROOT = Path(__file__).parent.parent.parent


def picture(width: int = 40, height: int = 30) -> bytes:
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def test_only_pictures_that_were_made_are_shown(tmp_path: Path) -> None:
    save("resnet50-map", picture(), tmp_path)
    save("first-screen-dark", picture(), tmp_path)
    write_index(tmp_path)
    shown = set(re.findall(r"\]\(([\w-]+)\.png\)", (tmp_path / "README.md").read_text()))
    assert {"resnet50-map", "first-screen-dark"} <= shown
    assert not any(name.endswith(("-near", "-pdf", "-light")) for name in shown)


def test_every_model_stands_beside_both_other_programs(tmp_path: Path) -> None:
    text = index(tmp_path)
    assert [example.name for example in EXAMPLES] == list(MODELS)
    gone = "not drawn within five minutes on a busy machine with two cores"
    assert text.count(f"| {gone} | {gone} |") == len(MODELS)
    for name in MODELS:
        save(f"{name}-netron", picture(), tmp_path)
        save(f"{name}-explorer", picture(), tmp_path)
    shown = re.findall(r"\]\(([\w-]+)\.png\)", index(tmp_path))
    assert shown == [f"{name}-{peer}" for name in MODELS for peer in ("netron", "explorer")]


def test_the_gallery_of_the_repository_is_whole_and_small() -> None:
    folder = ROOT / "docs" / "gallery"
    text = (folder / "README.md").read_text()
    assert text == index(folder)
    for name in re.findall(r"\]\(([\w-]+\.png)\)", text):
        assert (folder / name).read_bytes().startswith(b"\x89PNG"), name
    assert {f"{name}.png" for name, _ in PAGES} <= {path.name for path in folder.iterdir()}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 6_000_000


def test_a_picture_is_kept_in_few_colours(tmp_path: Path) -> None:
    save("gradient", picture(400, 300), tmp_path)
    with Image.open(tmp_path / "gradient.png") as kept:
        assert kept.mode == "P"
        assert kept.size == (400, 300)


def test_pages_lie_side_by_side_in_their_order() -> None:
    colours = ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff"]
    sheet = Image.open(io.BytesIO(sheet_of([Image.new("RGB", (20, 30), colour) for colour in colours])))
    assert PAGES_ACROSS == 4
    assert sheet.getpixel((10, 10)) == (255, 0, 0)
    assert sheet.getpixel((10 + 28, 10)) == (0, 255, 0)
    assert sheet.getpixel((10, 10 + 38)) == (0, 255, 255)


def test_fills_and_legends_keep_their_colours(tmp_path: Path) -> None:
    image = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    image.paste(Image.effect_noise((400, 100), 90).convert("RGB"), (0, 200))
    tokens = [(47, 111, 203), (207, 224, 245), (194, 51, 77), (60, 138, 60)]
    for place, colour in enumerate(tokens):
        image.paste(colour, (10 + 40 * place, 10, 40 + 40 * place, 40))
    written = io.BytesIO()
    image.save(written, "PNG")
    save("legend", written.getvalue(), tmp_path)
    with Image.open(tmp_path / "legend.png") as kept:
        shown = kept.convert("RGB")
        assert [shown.getpixel((20 + 40 * place, 20)) for place in range(len(tokens))] == tokens
