"""What a catalogue remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelreport.errors import OutputError
from modelreport.site.card import Card
from modelreport.site.manifest import CACHE, CATALOGUE, Entry, Manifest, encode, read_cache, read_manifest


def test_a_catalogue_reads_back(tmp_path: Path) -> None:
    card = Card(name="a.pth", page="models/a.pth.html", parameters=3, drawing=(("map-conv", "M0 0"),))
    made = Manifest(title="Zoo", models=(Entry(card=card, report="1", written="2"),))
    (tmp_path / CATALOGUE).write_bytes(encode(made))
    assert read_manifest(tmp_path) == made
    assert encode(made) == encode(made)


@pytest.mark.parametrize("text", ["", "{", '{"schema": 99}', '{"models": [{"card": 1}]}'])
def test_a_catalogue_that_is_damaged_or_of_another_time_is_made_anew(text: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("ours")
    (tmp_path / CATALOGUE).write_text(text)
    assert read_manifest(tmp_path) == Manifest()


def test_a_page_of_somebody_elses_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("theirs")
    with pytest.raises(OutputError, match="not of a catalogue"):
        read_manifest(tmp_path)


def test_a_lost_cache_costs_only_time(tmp_path: Path) -> None:
    assert read_cache(tmp_path) == {}
    (tmp_path / CACHE).write_text("{]")
    assert read_cache(tmp_path) == {}
    (tmp_path / CACHE).write_bytes(encode({"a": "c"}))
    assert read_cache(tmp_path) == {"a": "c"}
