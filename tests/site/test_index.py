"""The index of the catalogue."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from modelreport.options import RenderOptions
from modelreport.site.card import Card, unread
from modelreport.site.index import index_files, write_index
from modelreport.site.manifest import Entry, Manifest
from modelreport.site.plan import Plan
from tests.factories import HOSTILE_NAMES

PLAN = Plan(folder=Path("zoo"), output=Path("site"))


def page(*cards: Card, plan: Plan = PLAN) -> str:
    return write_index(Manifest(models=tuple(Entry(card=card) for card in cards)), plan).decode()


def card(name: str, **facts: object) -> Card:
    values = {"page": f"models/{name}.html", "title": name, "level": "ok", "parameters": 1000, "size_bytes": 4000}
    return Card(name=name, **{**values, **facts})  # type: ignore[arg-type]


def test_every_model_is_there_without_scripts() -> None:
    text = page(card("b", macs=2_000_000), card("a"), unread("c.pth", "c.pth is empty."))
    assert re.findall(r'data-name="([^"]+)"', text) == ["a", "b", "c.pth"]
    assert re.findall(r'<h2><a href="([^"]+)"', text) == ["models/a.html", "models/b.html"]
    for words in ("2.00 MMAC", "1,000", "4.00 kB", "c.pth is empty.", "3 models"):
        assert words in text


def test_numbers_in_names_are_ordered_as_numbers() -> None:
    names = ["b", "run_1", "run_2", "run_10", "Run_11", "run_x", "٣", "模型"]
    text = page(*(card(name) for name in reversed(names)))
    assert re.findall(r'data-name="([^"]+)"', text) == ["٣", *names[:6], "模型"]


def test_only_what_tells_models_apart_is_a_filter() -> None:
    alone = page(card("a", family="classifier"), card("b", family="classifier"))
    assert 'name="family"' not in alone
    both = page(card("a", family="classifier"), card("b", family="detector"))
    assert '<option value="detector">detector (1)</option>' in both


def test_nothing_is_loaded_from_elsewhere_and_no_script_is_inline() -> None:
    text = page(card("a"))
    files = index_files(RenderOptions())
    assert set(re.findall(r'(?:src|href)="assets/([^"]+)"', text)) == set(files)
    assert "script-src 'self'" in text
    assert not re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\son\w+=|style=", text)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_are_data(name: str) -> None:
    text = page(card("a", title=name, family=name, what="", sentence=name), card("b"))
    elements = re.findall(r"<(\w+)", text)
    plain = re.findall(r"<(\w+)", page(card("a", family="x"), card("b")))
    assert [e for e in elements if e != "option"] == [e for e in plain if e != "option"]


def test_an_odd_address_is_escaped() -> None:
    assert 'href="models/a%20%231.html"' in page(card("x", page="models/a #1.html"))


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    assert page(card("a"), card("b")) == page(card("b"), card("a"))


def test_what_would_help_with_an_unread_file_is_said_in_the_language() -> None:
    found = unread("c.pth", "c.pth is empty.", "Give the file that holds the weights.")
    assert "请给出含有权重的文件。" in page(found, plan=replace(PLAN, look=RenderOptions(lang="zh")))
    assert "Give the file that holds the weights." in page(found)
