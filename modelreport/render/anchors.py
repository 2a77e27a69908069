"""Where on the page a thing is: numbered anchors, so that no name from a checkpoint becomes one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelreport.facts import Evidence, Finding, Report, Weights
from modelreport.render.modules import Line, ordered
from modelreport.render.setting import once
from modelreport.render.table import ROWS_IN_MARKUP, Row, Table

SECTION_OF_KIND = {"call": "security", "file": "files", "key": "provenance"}
"""Anchors of evidence that has no row of its own."""


@dataclass(frozen=True)
class Anchors:
    """Rows of modules and tensors by name. Every anchor returned stands in the page's markup."""

    modules: dict[str, int]
    """Index in ``Structure.modules`` by path; of equal paths the first."""
    tensors: dict[str, int]
    """Index in ``Structure.tensors`` by name."""
    statistics: dict[str, int]
    """Index in ``Weights.tensors`` by name; empty when the weights were not measured."""
    shown: frozenset[int]
    """Modules whose row stands in the markup."""

    def module(self, path: str) -> str:
        """The row of a module, such as ``#layer-3``, or the section when it has no row in the markup."""
        index = self.modules.get(path)
        return f"#layer-{index}" if index is not None and index in self.shown else "#layers"

    def tensor(self, name: str) -> str:
        """The row of a tensor: its statistics where there are any, else its facts."""
        index = self.statistics.get(name)
        if index is not None:
            return f"#weight-{index}" if index < ROWS_IN_MARKUP else "#weights"
        index = self.tensors.get(name)
        return f"#tensor-{index}" if index is not None and index < ROWS_IN_MARKUP else "#appendix"

    def evidence(self, evidence: Evidence, section: str) -> str:
        """The place of one piece of evidence; the finding's section where there is no better."""
        if evidence.kind == "tensor" and (evidence.name in self.tensors or evidence.name in self.statistics):
            return self.tensor(evidence.name)
        if evidence.kind == "module" and evidence.name in self.modules:
            return self.module(evidence.name)
        return f"#{SECTION_OF_KIND.get(evidence.kind, section)}"

    def hidden(self, evidence: Evidence) -> str:
        """The row of a piece of evidence that only the page's script can show; empty where it stands in the markup."""
        if evidence.kind == "tensor":
            place = self.tensor(evidence.name)
            index, rows = self.statistics.get(evidence.name), "weight"
            if index is None:
                index, rows = self.tensors.get(evidence.name), "tensor"
        elif evidence.kind == "module":
            place, index, rows = self.module(evidence.name), self.modules.get(evidence.name), "layer"
        else:
            return ""
        return f"{rows}-{index}" if index is not None and place in {"#layers", "#weights", "#appendix"} else ""

    def finding(self, finding: Finding) -> str:
        """The place to look at first: the one piece of evidence, else the finding's section."""
        if len(finding.evidence) == 1 and finding.evidence_count <= 1:
            return self.evidence(finding.evidence[0], finding.section)
        return f"#{finding.section}"


def anchors(report: Report) -> Anchors:
    """The anchors of a report; every section asks for them."""
    return once("anchors", report, _anchors)


def _anchors(report: Report) -> Anchors:
    weights = report.weights.tensors if isinstance(report.weights, Weights) else ()
    return Anchors(
        modules=_first(module.path for module in report.structure.modules),
        tensors=_first(tensor.name for tensor in report.structure.tensors),
        statistics=_first(tensor.name for tensor in weights),
        shown=_shown(ordered(report.structure)),
    )


def _shown(lines: Sequence[Line]) -> frozenset[int]:
    """Modules with a row in the markup, as ``Table.head`` chooses them."""
    rows = [Row(str(i), (), line.depth, group=line.module is None, period=line.period) for i, line in enumerate(lines)]
    head = Table("layers", "", (), tuple(rows), tree=True).head
    return frozenset(module for row in head if (module := lines[int(row.id)].module) is not None)


def _first(names: Iterable[str]) -> dict[str, int]:
    """Where each name stands first."""
    found: dict[str, int] = {}
    for index, name in enumerate(names):
        found.setdefault(name, index)
    return found
