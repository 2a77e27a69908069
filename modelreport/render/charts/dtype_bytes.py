"""Which number formats the bytes of the model are in."""

from __future__ import annotations

from modelreport.facts import Skipped, Structure
from modelreport.render import format as text
from modelreport.render.charts.partition import as_float, part_of
from modelreport.render.charts.spec import Axis, Bars, Chart
from modelreport.render.language import mark


def dtype_bytes(structure: Structure) -> Chart | Skipped:
    """Bytes of parameters and buffers by dtype, largest first; skipped when there are none."""
    totals = sorted((t for t in structure.dtypes if t.size_bytes), key=lambda t: (-t.size_bytes, t.dtype))
    if not totals:
        return Skipped(stage="load", reason="The model's tensors take no bytes.")
    all_bytes = sum(total.size_bytes for total in totals)
    shares = [text.share(part_of(total.size_bytes, all_bytes)) for total in totals]
    return Chart(
        id="dtype-bytes",
        title=f"{text.dtype(totals[0].dtype)} takes {shares[0]} of {text.bytes_binary(all_bytes)}",
        caption="Bytes of parameters and buffers by dtype, tied tensors once.",
        x=Axis(title=mark("size"), unit="bytes"),
        y=Axis(categories=tuple(text.dtype(total.dtype) for total in totals)),
        layers=(
            Bars(
                values=tuple(as_float(total.size_bytes) for total in totals),
                colours=("accent",) * len(totals),
                labels=tuple(
                    f"{text.bytes_binary(t.size_bytes)} · {share}" for t, share in zip(totals, shares, strict=True)
                ),
                hover=tuple(
                    f"{text.dtype(t.dtype)}: {text.exact(t.size_bytes)} bytes in {text.plural(t.tensors, 'tensor')}"
                    for t in totals
                ),
            ),
        ),
        header=(mark("Dtype"), mark("Tensors"), mark("Values"), mark("Bytes"), mark("Share")),
        rows=tuple(
            (text.dtype(t.dtype), text.exact(t.tensors), text.exact(t.count), text.exact(t.size_bytes), share)
            for t, share in zip(totals, shares, strict=True)
        ),
    )
