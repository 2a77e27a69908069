"""The module hierarchy that an exporter left in an ONNX graph: in metadata of the nodes, or in their names."""

from __future__ import annotations

import re
from typing import Any

from modelreport.trace.graph_values import Frame

SCOPES_KEY, CLASSES_KEY = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
REWRITES_KEY = "pkg.onnxscript.rewriter.rule_name"
TEXT_LIMIT = 20_000
DEPTH_LIMIT = 64
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_WEIGHT = re.compile(r"^(.+)\.(?:weight|bias)$")


def frames_of(node: Any) -> tuple[Frame, ...]:
    """Modules around a node, outermost first, the root left out; empty where the exporter left no trace.

    PyTorch's newer exporter writes names and classes into metadata; its older one and tf2onnx write the path into the
    node's name: ``/layer1/layer1.0/conv1/Conv`` is ``layer1.0.conv1``.
    """
    metadata = {entry.key: entry.value for entry in node.metadata_props}
    if SCOPES_KEY in metadata:
        frames = _from_metadata(metadata)
        return _unfused(node, frames) if "BatchNorm" in metadata.get(REWRITES_KEY, "") else frames
    return _from_name(node.name)


def _from_metadata(metadata: dict[str, str]) -> tuple[Frame, ...]:
    paths, classes = _strings(metadata[SCOPES_KEY]), _strings(metadata.get(CLASSES_KEY, "[]"))
    classes += [""] * (len(paths) - len(classes))
    pairs = zip(paths[:-1], classes, strict=False)  # the last entry is the operator itself
    return tuple(Frame(path, name.rpartition(".")[2]) for path, name in pairs if path)[:DEPTH_LIMIT]


def _strings(text: str) -> list[str]:
    """The quoted strings in a printed list; empty for anything else."""
    if len(text) > TEXT_LIMIT or not (text.startswith("[") and text.endswith("]")):
        return []
    return [single or double for single, double in _QUOTED.findall(text)]


def _unfused(node: Any, frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """A convolution that absorbed a normalisation carries the latter's place: put it back where its weight belongs."""
    weight = _WEIGHT.match(node.input[1]) if len(node.input) > 1 else None
    if weight is None or not frames or frames[-1].path == weight[1]:
        return frames
    same_parent = frames[-1].path.rpartition(".")[0] == weight[1].rpartition(".")[0]
    return (*frames[:-1], Frame(weight[1], node.op_type)) if same_parent else frames


def _from_name(name: str) -> tuple[Frame, ...]:
    if "/" not in name or len(name) > TEXT_LIMIT:
        return ()
    frames: list[Frame] = []
    path = previous = ""
    for part in name.strip("/").split("/")[:-1][:DEPTH_LIMIT]:
        # an entry of a Sequential repeats the name of its parent: layer1/layer1.0 is layer1.0
        short = part[len(previous) + 1 :] if previous and part.startswith(f"{previous}.") else part
        path = f"{path}.{short}" if path else short
        previous = part
        frames.append(Frame(path))
    return tuple(frames)


def join_frames(outer: tuple[Frame, ...], own: tuple[Frame, ...], *, inside: bool) -> tuple[Frame, ...]:
    """Frames of a node inside ``outer``, a sub-graph or function; levels that it repeats from outside are left out."""
    if not inside:
        return own
    named = {frame.path for frame in outer}
    new = [frame for frame in own if frame.path not in named]
    base = outer[-1].path
    return (*outer, *(Frame(f"{base}.{frame.path}", frame.type, outer[-1].instance) for frame in new))
