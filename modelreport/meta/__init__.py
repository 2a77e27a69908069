"""Meta tensors that remember what they stand for, so that models can be built and run without data.

A tensor on the meta device has a shape and no values. Code that needs a value (``.item()``, ``.tolist()``, boolean
masks, routing) fails on it. Here every meta tensor whose value is known (literals, index ranges, dummy token ids, small
buffers) carries a small real *twin* on the CPU; an operation whose inputs all have twins runs on the twins too. Where a
value is needed and none is known it is invented, and counted in ``Shadows.guesses``.

Devices written into the code (``"cuda"``, ``.cpu()``) become the meta device.
"""

from __future__ import annotations

from modelreport.meta.building import on_meta
from modelreport.meta.devices import on_cpu
from modelreport.meta.kernels import RANKINGS
from modelreport.meta.pretence import pretended
from modelreport.meta.quiet import quiet, unheard, without_warnings
from modelreport.meta.shadows import TWIN_LIMIT, Shadows, Twin
from modelreport.meta.tensors import meta_parameter, replace_tensors, shape_of, size_of, tensors_in
from modelreport.meta.together import Together, set_here

__all__ = [
    "RANKINGS", "TWIN_LIMIT", "Shadows", "Together", "Twin", "meta_parameter", "on_cpu", "on_meta", "pretended",
    "quiet", "replace_tensors", "set_here", "shape_of", "size_of", "tensors_in", "unheard", "without_warnings",
]  # fmt: skip
