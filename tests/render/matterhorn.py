"""PDF/UA-1 by program: the failure conditions of the Matterhorn Protocol 1.1 that need no human.

Each function yields what fails under its number in the protocol (PDF Association, "Matterhorn Protocol 1.1", 2021).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont

STANDARD = {
    "/Document", "/Part", "/Art", "/Sect", "/Div", "/BlockQuote", "/Caption", "/TOC", "/TOCI", "/Index", "/NonStruct",
    "/Private", "/P", "/H", *(f"/H{n}" for n in range(1, 7)), "/L", "/LI", "/Lbl", "/LBody", "/Table", "/TR", "/TH",
    "/TD", "/THead", "/TBody", "/TFoot", "/Span", "/Quote", "/Note", "/Reference", "/BibEntry", "/Code", "/Link",
    "/Annot", "/Ruby", "/Warichu", "/Figure", "/Formula", "/Form",
}  # fmt: skip
INSIDE = {
    "/L": {"/L", "/LI", "/Caption"},
    "/LI": {"/Lbl", "/LBody"},
    "/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"},
    "/THead": {"/TR"},
    "/TBody": {"/TR"},
    "/TR": {"/TH", "/TD"},
}
PAINTING = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "EI"}


def failures(document: pikepdf.Pdf) -> list[str]:
    """All failed conditions as ``number: what``; empty for a document that conforms."""
    return [f"{number}: {what}" for number, check in CHECKS.items() for what in check(document)]


def elements(document: pikepdf.Pdf) -> Iterator[Any]:
    """The structure elements that hang on the tree, parents first."""
    todo = [document.Root.StructTreeRoot.K]
    while todo:
        item = todo.pop()
        if isinstance(item, pikepdf.Array):
            todo.extend(reversed(list(item)))
        elif isinstance(item, pikepdf.Dictionary) and "/S" in item:
            yield item
            if "/K" in item:
                todo.append(item.K)


def kids(element: Any, kind: type = pikepdf.Dictionary) -> list[Any]:
    found = element.get("/K", [])
    listed = list(found) if isinstance(found, pikepdf.Array) else [found]
    return [each for each in listed if isinstance(each, kind)]


def marked(document: pikepdf.Pdf) -> Iterator[tuple[int, int | None, bool]]:
    """For each painting operator of each page: the page, its content id, whether it is an artifact."""
    for number, page in enumerate(document.pages):
        stack: list[tuple[int | None, bool]] = []
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in {"BDC", "BMC"}:
                properties = operands[1] if len(operands) > 1 else {}
                mcid = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
                stack.append((None if mcid is None else int(mcid), str(operands[0]) == "/Artifact"))
            elif name == "EMC":
                stack.pop()
            elif name in PAINTING:
                ids = [mcid for mcid, _ in stack if mcid is not None]
                yield number, ids[-1] if ids else None, any(artifact for _, artifact in stack)


def content_is_artifact_or_tagged(document: pikepdf.Pdf) -> Iterator[str]:
    for number, mcid, artifact in set(marked(document)):
        if mcid is None and not artifact:
            yield f"page {number + 1} paints what is neither tagged nor an artifact"
        if mcid is not None and artifact:
            yield f"page {number + 1} has tagged content in an artifact"


def content_and_tree_agree(document: pikepdf.Pdf) -> Iterator[str]:
    """Each content id belongs to one element on the tree, and the parent tree says which."""
    tree = dict(number_tree(document))
    places = {page.objgen: number for number, page in enumerate(document.pages)}
    owned: dict[tuple[int, int], Any] = {}
    for element in elements(document):
        for mcid in kids(element, int):
            place = (places[element.Pg.objgen], int(mcid))
            if place in owned:
                yield f"content {place} has two elements"
            owned[place] = element
    painted = {(number, mcid) for number, mcid, _ in marked(document) if mcid is not None}
    yield from (f"content {place} hangs on no element" for place in sorted(painted - owned.keys()))
    for (number, mcid), element in owned.items():
        listed = tree[int(document.pages[number].StructParents)]
        if listed[mcid].objgen != element.objgen:
            yield f"the parent tree is wrong for content {mcid} of page {number + 1}"


def number_tree(document: pikepdf.Pdf) -> Iterator[tuple[int, Any]]:
    nums = document.Root.StructTreeRoot.ParentTree.Nums
    yield from ((int(nums[i]), nums[i + 1]) for i in range(0, len(nums), 2))


def tags_are_standard(document: pikepdf.Pdf) -> Iterator[str]:
    yield from (f"{each.S}" for each in elements(document) if str(each.S) not in STANDARD)


def metadata_says_what_it_is(document: pikepdf.Pdf) -> Iterator[str]:
    with document.open_metadata() as metadata:
        if metadata.get("pdfuaid:part") != "1":
            yield "no pdfuaid:part"
        if not metadata.get("dc:title"):
            yield "no dc:title"
    if not document.Root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "the title is not displayed"


def tags_nest_as_they_may(document: pikepdf.Pdf) -> Iterator[str]:
    for each in elements(document):
        allowed = INSIDE.get(str(each.S))
        wrong = {str(kid.S) for kid in kids(each) if "/S" in kid} - allowed if allowed else set()
        if wrong:
            yield f"{wrong} in {each.S}"
        within = {"/LI": {"/L"}, "/TR": {"/Table", "/THead", "/TBody", "/TFoot"}, "/TH": {"/TR"}, "/TD": {"/TR"}}
        if str(each.S) in within and str(each.P.S) not in within[str(each.S)]:
            yield f"{each.S} in {each.P.S}"


def fonts_map_to_unicode(document: pikepdf.Pdf) -> Iterator[str]:
    for font in fonts(document):
        if "/ToUnicode" not in font:
            yield f"{font.BaseFont}"


def fonts(document: pikepdf.Pdf) -> list[Any]:
    return [
        each for each in document.objects
        if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font" and "/DescendantFonts" in each
    ]  # fmt: skip


def language_is_known(document: pikepdf.Pdf) -> Iterator[str]:
    if not str(document.Root.get("/Lang", "")):
        yield "no language"


def figures_have_words(document: pikepdf.Pdf) -> Iterator[str]:
    places = {page.objgen: page for page in document.pages}
    for each in elements(document):
        if str(each.S) in {"/Figure", "/Formula"}:
            if not str(each.get("/Alt", "")).strip():
                yield "a figure without alternative text"
            x1, y1, x2, y2 = (float(value) for value in each.A.BBox)
            box = [float(value) for value in places[each.Pg.objgen].MediaBox]
            if not (box[0] <= x1 < x2 <= box[2] + 1 and box[1] <= y1 < y2 <= box[3] + 1):
                yield f"a figure lies outside its page: {(x1, y1, x2, y2)}"


def headings_do_not_skip(document: pikepdf.Pdf) -> Iterator[str]:
    level = 0
    for each in elements(document):
        name = str(each.S)
        if len(name) == 3 and name.startswith("/H"):
            if int(name[2]) > level + 1:
                yield f"{name} after level {level}"
            level = int(name[2])
    if not level:
        yield "no heading"


def header_cells_are_found(document: pikepdf.Pdf) -> Iterator[str]:
    names = document.Root.StructTreeRoot.get("/IDTree", {}).get("/Names", [])
    known = {bytes(names[i]): names[i + 1].objgen for i in range(0, len(names), 2)}
    for each in elements(document):
        attributes = each.get("/A", {})
        if str(each.S) == "/TH" and str(attributes.get("/Scope", "")) not in {"/Row", "/Column", "/Both"}:
            yield "a header cell without scope"
        if "/ID" in each and known.get(bytes(each.ID)) != each.objgen:
            yield "an id that the tree of ids does not know"
        for header in attributes.get("/Headers", []) if str(each.S) == "/TD" else []:
            if bytes(header) not in known:
                yield "a cell whose header does not exist"


def embedded_files_have_names(document: pikepdf.Pdf) -> Iterator[str]:
    for each in document.objects:
        if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Filespec" and not {"/F", "/UF"} <= set(each):
            yield "a file without F or UF"


def annotations_have_words_and_tags(document: pikepdf.Pdf) -> Iterator[str]:
    tree = dict(number_tree(document))
    on_tree = {each.objgen for each in elements(document)}
    for number, page in enumerate(document.pages, 1):
        if "/Annots" in page and page.get("/Tabs") != "/S":
            yield f"page {number} does not order its annotations by structure"
        for each in page.get("/Annots", []):
            owner = tree.get(int(each.StructParent))
            if owner is None or str(owner.S) != "/Link" or owner.objgen not in on_tree:
                yield f"an annotation on page {number} is in no Link"
            elif not any(kid.get("/Type") == "/OBJR" and kid.Obj.objgen == each.objgen for kid in kids(owner)):
                yield f"the Link of an annotation on page {number} does not refer to it"
            if not str(each.get("/Contents", "")):
                yield f"an annotation on page {number} without words"
            if not int(each.get("/F", 0)) & 4:
                yield f"an annotation on page {number} is not printed"


def fonts_are_embedded_whole(document: pikepdf.Pdf) -> Iterator[str]:
    """Every glyph that is shown is in the font, and none of them says that it is missing."""
    shown: dict[tuple[int, int], set[int]] = {}
    forms = [e for e in document.objects if isinstance(e, pikepdf.Stream) and e.get("/Subtype") == "/Form"]
    for holder in (*document.pages, *forms):
        name = None
        for operands, operator in pikepdf.parse_content_stream(holder):
            if str(operator) == "Tf":
                name = holder.Resources.Font[str(operands[0])].objgen
            elif str(operator) in {"Tj", "TJ"} and name is not None:
                strings = operands[0] if str(operator) == "TJ" else [operands[0]]
                for each in strings:
                    if isinstance(each, pikepdf.String):
                        data = bytes(each)
                        shown.setdefault(name, set()).update(
                            int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)
                        )
    for font in fonts(document):
        descriptor = font.DescendantFonts[0].FontDescriptor
        files = [descriptor[key] for key in ("/FontFile2", "/FontFile3") if key in descriptor]
        if not files:
            yield f"{font.BaseFont} is not embedded"
            continue
        glyphs = shown.get(font.objgen, set())
        if 0 in glyphs:
            yield f"{font.BaseFont} shows a glyph for what is missing"
        if "/FontFile2" in descriptor:
            count = TTFont(io.BytesIO(files[0].read_bytes()), lazy=True)["maxp"].numGlyphs
            if any(glyph >= count for glyph in glyphs):
                yield f"{font.BaseFont} shows glyphs that it does not have"


def it_is_open(document: pikepdf.Pdf) -> Iterator[str]:
    if document.is_encrypted:
        yield "encrypted"


CHECKS: dict[str, Callable[[pikepdf.Pdf], Iterator[str]]] = {
    "01-003 to 01-005": content_is_artifact_or_tagged,
    "01-006, 01-007": content_and_tree_agree,
    "02-001 to 02-004": tags_are_standard,
    "06-001 to 07-002": metadata_says_what_it_is,
    "09-004 to 09-008": tags_nest_as_they_may,
    "10-001": fonts_map_to_unicode,
    "11-001 to 11-006": language_is_known,
    "13-004": figures_have_words,
    "14-001 to 14-003": headings_do_not_skip,
    "15-003": header_cells_are_found,
    "21-001": embedded_files_have_names,
    "26-001": it_is_open,
    "28-002 to 28-018": annotations_have_words_and_tags,
    "31-001 to 31-030": fonts_are_embedded_whole,
}
