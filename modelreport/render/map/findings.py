"""Which boxes of the map the findings point at."""

from __future__ import annotations

from modelreport.facts import Report
from modelreport.render.map.scene import Scene


def point_findings(report: Report, scene: Scene) -> None:
    """Give every node the findings whose evidence is its module or one of the tensors it reads."""
    modules: dict[str, list[int]] = {}
    tensors: dict[str, list[int]] = {}
    for index, finding in enumerate(report.findings):
        if finding.state != "found":
            continue
        for evidence in finding.evidence:
            if evidence.kind == "module" and evidence.name:
                modules.setdefault(evidence.name, []).append(index)
            elif evidence.kind == "tensor":
                tensors.setdefault(evidence.name, []).append(index)
    if not modules and not tensors:
        return
    owners = {tensor.name: tensor.module for tensor in report.structure.tensors if tensor.name in tensors}
    owned: dict[str, list[str]] = {}
    for name, path in owners.items():
        owned.setdefault(path, []).append(name)
    for node in scene.nodes:
        if node.kind not in {"module", "operation"}:
            continue
        found = list(modules.get(node.path, ())) if node.kind == "module" else []
        names = [tensor.name for tensor in node.reads] if node.operation >= 0 else owned.get(node.path, [])
        found += [index for name in names for index in tensors.get(name, ())]
        node.findings = sorted(set(found))
