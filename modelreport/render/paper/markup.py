"""The markup of the document as the tree that WeasyPrint lays out."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from xml.etree import ElementTree


def parsed(weasyprint: ModuleType, page: str, fetcher: Any) -> Any:
    """A page as WeasyPrint's ``HTML``.

    Our templates are XML too, which a parser in C reads in a hundredth of the time; a page that is none, for a
    character XML has no place for or a template of the caller's, is read as HTML. Both give the same tree.
    """
    try:
        tree = ElementTree.fromstring(page)  # noqa: S314 - we wrote it, and it has no document type of its own
    except ElementTree.ParseError:
        return weasyprint.HTML(string=page, url_fetcher=fetcher, base_url=None)
    return _read(weasyprint, tree, fetcher)


def _read(weasyprint: ModuleType, tree: ElementTree.Element, fetcher: Any) -> Any:
    """What ``weasyprint.HTML`` makes of a page once it is a tree."""
    from weasyprint import cssselect2

    made = weasyprint.HTML.__new__(weasyprint.HTML)
    made.base_url, made.url_fetcher, made.media_type = None, fetcher, "print"
    made.wrapper_element = cssselect2.ElementWrapper.from_html_root(tree, content_language=None)
    made.etree_element = tree
    return made
