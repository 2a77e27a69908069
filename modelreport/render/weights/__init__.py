"""The parts of the weights section, in their order on the page.

To add a part:

1. ``render/weights/<noun>.py`` with a ``PART``: its id, its title and ``context(report, weights)``, which returns a
   ``Told`` (see ``part.py``), a ``Skipped`` with the reason, or ``None`` when there is nothing to speak of. Its
   ``line`` is the outcome as one ``Message``, such as ``Message(text="int8 per channel keeps {sqnr_value} dB; "
   "{layer_count} layers stay in fp16.", values=…)``: numbers are formatted by the ends of their names, text values are
   names from the file and are set as code, so fixed words belong into ``text``. ``rules`` is a pattern of the ids of
   the findings that belong to the part: the worst that was found gives the fold its sign.
2. ``templates/weights/<id>.html``. The usual one is the two lines of ``distributions.html``: ``body(part)`` paints
   the sentences, the charts, the tables and the notes. ``part`` is a ``Shown``; own variables are in ``part.more``.
3. Charts in ``render/charts/<noun>.py``, with a line in ``CHARTS`` there; the part only names them. On the page a
   chart stands as a static drawing in the fold and comes alive when the fold is open and in view; keep the drawing
   small (at most some 50 rows). Tables are ``render/table.py``'s, with ids like ``weights-<id>``, numbered row ids and
   links by ``render/anchors.py``; the page's script makes them live when their fold is opened.
4. A line in ``PARTS`` and ``tests/render/weights/test_<noun>.py``.

The PDF and Markdown need nothing more: they show the line, the sentences, the charts (Markdown: the numbers of the
first chart where there is no table), ``print_rows`` rows of each table, and the notes. A part that needs its own form
on paper sets ``own_print`` and brings ``templates/print/weights/<id>.html``.
"""

from __future__ import annotations

from modelreport.facts import Report, Weights
from modelreport.render.anchors import Anchors
from modelreport.render.weights import (
    adapter,
    distributions,
    optimizer,
    peers,
    pictures,
    precision,
    pruning,
    spectra,
    units,
)
from modelreport.render.weights.part import Part, Shown, show

PARTS: tuple[Part, ...] = (
    adapter.PART,
    distributions.PART,
    peers.PART,
    units.PART,
    optimizer.PART,
    pictures.PART,
    spectra.PART,
    precision.PART,
    pruning.PART,
)


def shown_parts(report: Report, weights: Weights, places: Anchors) -> tuple[Shown, ...]:
    """Every part that has something to say or a reason why not, ready to be painted."""
    made = (show(part, report, weights, places) for part in PARTS)
    return tuple(each for each in made if each is not None)
