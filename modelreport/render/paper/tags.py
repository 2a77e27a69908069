"""The last touch to the tags of a PDF, where what WeasyPrint writes falls short of PDF/UA-1 (ISO 14289-1).

Everything works on the objects of ``pydyf`` before they become bytes: dictionaries whose references are bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelreport.render.paper.bold import embolden

PIXEL: Final = 0.75
"""Points in a CSS pixel."""


@dataclass(frozen=True)
class _Tree:
    """The structure tree of a document."""

    objects: Mapping[bytes, Any]
    """Everything in the document, by reference."""
    root: Any
    elements: tuple[Any, ...]
    """The structure elements that hang on the tree."""
    loose: tuple[Any, ...]
    """Those that do not: the text of margin boxes."""


def finish(pdf: Any, titles: Mapping[str, str]) -> None:
    """Make the tags of a document whole, in place; ``titles`` has the words for each anchor."""
    embolden(pdf)
    tree = _tree(pdf)
    _margins_are_artifacts(tree)
    _figures_have_places(tree)
    _headers_have_scopes(tree)
    _headers_are_found_by_id(pdf, tree)
    _one_annotation_for_each_link(tree)
    _links_say_where_they_lead(pdf, titles)
    _glyphs_mean_something(pdf)
    pdf.catalog["PageLabels"] = _dictionary({"Nums": [0, _dictionary({"S": "/D"})]})
    pdf.catalog["PageMode"] = "/UseOutlines"


def _glyphs_mean_something(pdf: Any) -> None:
    """Glyphs that stand for no character of their own, such as the rest of a pile of accents (7.21.7): a joiner."""
    for item in pdf.objects:
        for place, line in enumerate(getattr(item, "stream", ())):
            if isinstance(line, bytes) and line.endswith(b"> <>"):
                item.stream[place] = line[:-1] + b"034f>"


def _tree(pdf: Any) -> _Tree:
    objects = {item.reference: item for item in pdf.objects}
    root = objects[pdf.catalog["StructTreeRoot"]]
    hanging = {item.reference for item in _walk(objects, root)}
    every = [item for item in pdf.objects if _is(item, "/StructElem")]
    return _Tree(
        objects=objects,
        root=root,
        elements=tuple(item for item in every if item.reference in hanging),
        loose=tuple(item for item in every if item.reference not in hanging),
    )


def _walk(objects: Mapping[bytes, Any], start: Any) -> Iterator[Any]:
    todo = [start]
    while todo:
        for kid in todo.pop().get("K", ()):
            item = objects.get(kid) if isinstance(kid, bytes) else None
            if item is not None and _is(item, "/StructElem"):
                yield item
                todo.append(item)


def _is(item: Any, kind: str) -> bool:
    return isinstance(item, dict) and item.get("Type") == kind


def _margins_are_artifacts(tree: _Tree) -> None:
    """Running heads and page numbers are no content (7.1, 7.8): artifacts, and nothing in the tree points at them."""
    numbers: dict[bytes, set[int]] = {}
    for item in tree.loose:
        numbers.setdefault(item["Pg"], set()).update(kid for kid in item["K"] if isinstance(kid, int))
        item.clear()  # nothing refers to it now
    nums = tree.objects[tree.root["ParentTree"]]["Nums"]
    parents = {nums[i]: nums[i + 1] for i in range(0, len(nums), 2)}
    for reference, found in numbers.items():
        page = tree.objects[reference]
        content = tree.objects[page["Contents"]].stream
        for place, item in enumerate(content):
            if isinstance(item, dict) and item.get("MCID") in found:
                content[place - 1] = "/Artifact"
                content[place] = _dictionary({"Type": "/Pagination"})
        listed = parents[page["StructParents"]]
        for number in found:
            listed[number] = "null"


def _figures_have_places(tree: _Tree) -> None:
    """The box of a figure in points from the lower left corner of its page (ISO 32000-1, table 344)."""
    for item in tree.elements:
        if item["S"] == "/Figure":
            x1, y1, x2, y2 = item["A"]["BBox"]
            height = tree.objects[item["Pg"]]["MediaBox"][3]
            box = (x1 * PIXEL, height - y2 * PIXEL, x2 * PIXEL, height - y1 * PIXEL)
            item["A"]["BBox"][:] = [round(value, 3) for value in box]


def _headers_have_scopes(tree: _Tree) -> None:
    """Whether a header cell is one of a column or of a row (7.5)."""
    for item in tree.elements:
        if item["S"] == "/TH":
            row = tree.objects[item["P"]]
            group = tree.objects[row["P"]]
            item["A"]["Scope"] = "/Column" if group["S"] == "/THead" else "/Row"


def _headers_are_found_by_id(pdf: Any, tree: _Tree) -> None:
    """The name tree that cells find their headers by (ISO 32000-1, 14.7.2)."""
    named = sorted((item["ID"].string, item) for item in tree.elements if "ID" in item)
    if named:
        names = [part for _name, item in named for part in (item["ID"], item.reference)]
        found = _dictionary({"Names": names})
        pdf.add_object(found)
        tree.root["IDTree"] = found.reference


def _links_say_where_they_lead(pdf: Any, titles: Mapping[str, str]) -> None:
    """The words of a link for those who hear it (7.18.5); it is printed with its page."""
    import pydyf

    for item in pdf.objects:
        if isinstance(item, dict) and item.get("Subtype") == "/Link" and "Dest" in item:
            target = item["Dest"].string
            item["Contents"] = pydyf.String(titles.get(target, target))
            item["F"] = 4


def _one_annotation_for_each_link(tree: _Tree) -> None:
    """Boxes inside a link get annotations of their own, over the same place: they are dropped, with their tags."""
    pages = {item.reference: item for item in tree.objects.values() if _is(item, "/Page")}
    for item in tree.elements:
        if not _annotations(tree, item):
            item["S"] = "/Span" if item["S"] == "/Link" else item["S"]
            continue
        if not any(each["S"] == "/Link" and _annotations(tree, each) for each in _above(tree, item)):
            continue
        for reference in _annotations(tree, item):
            item["K"].remove(reference)
            annotation = tree.objects[tree.objects[reference]["Obj"]]
            pages[item["Pg"]]["Annots"].remove(annotation.reference)
            nums = tree.objects[tree.root["ParentTree"]]["Nums"]
            place = nums[::2].index(annotation["StructParent"])
            del nums[2 * place : 2 * place + 2]
            tree.objects[reference].clear()
            annotation.clear()
        item["S"] = "/Span"


def _annotations(tree: _Tree, item: Any) -> list[bytes]:
    """References to the annotations that an element has of its own."""
    return [kid for kid in item["K"] if isinstance(kid, bytes) and _is(tree.objects.get(kid), "/OBJR")]


def _above(tree: _Tree, item: Any) -> Iterator[Any]:
    while (item := tree.objects[item["P"]]) and _is(item, "/StructElem"):
        yield item


def _dictionary(values: Mapping[str, Any]) -> Any:
    import pydyf

    return pydyf.Dictionary({k: pydyf.Array(v) if isinstance(v, list) else v for k, v in values.items()})
