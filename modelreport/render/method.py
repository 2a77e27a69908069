"""How each figure of the report is made, and what it does not say: the paragraphs that figures lead to."""

from __future__ import annotations

from dataclasses import dataclass

from modelreport.facts import Report, Trace, Usage, Weights
from modelreport.render.language import _, mark


@dataclass(frozen=True)
class Method:
    """One paragraph of the method."""

    id: str
    """Its anchor is ``method-<id>``."""
    title: str
    text: str
    needs: str = ""
    """Part of the report without which it says nothing: ``trace``, ``usage`` or ``weights``."""


METHODS = (
    Method("reading", mark("Reading the file"), mark(
        "The file is read as data: no name in it is imported and nothing in it is called. What a pickle would have "
        "called is recorded instead. Hashes are SHA-256 of whole files."
    )),
    Method("architecture", mark("Architecture"), mark(
        "Known from the file, its config or the user’s code where they name it, else from the names and shapes of "
        "the tensors against an index of known architectures; names and shapes cannot tell variants with equal ones"
        " apart, and the report says how many fit. Types read off names alone are guesses."
    )),
    Method("parameters", mark("Parameters and bytes"), mark(
        "Elements of all parameters; buffers are counted apart. Tied tensors and shared storages count once, where "
        "they appear first, so that a module’s rows may come to more than its own. Quantised weights count as what "
        "they stand for where the scheme is known."
    )),
    Method("pass", mark("The forward pass"), mark(
        "One pass with a dummy input, in evaluation mode, on tensors without values: every operation runs, nothing is "
        "computed. Where a value decides what the code does, a small model is run for real, or the value is guessed "
        "and the guess named. ONNX graphs are read by shape inference. Figures hold for this input; other shapes and "
        "other branches of the code cost something else."
    ), "trace"),
    Method("macs", mark("Multiply-adds"), mark(
        "Multiply-adds (MAC) of convolutions, matrix products, attention over the full square of the sequence and "
        "recurrent layers, by formula from the shapes: the figure that papers publish, often as FLOPs. Zero in every "
        "other operation."
    ), "trace"),
    Method("flops", mark("FLOPs"), mark(
        "A multiply-add is two floating-point operations; to these come the arithmetic of the others: one for each "
        "addition, multiplication, division or comparison and for each value of an elementary function. Operators "
        "without a formula are listed and not counted, so that totals are then lower bounds."
    ), "trace"),
    Method("memory", mark("Activation memory"), mark(
        "Storages that the pass makes and keeps alive at once, each once; without weights, inputs, gradients and what "
        "an allocator adds. In-place operations and views add nothing. Activations written are all that the pass "
        "makes, also what it has let go; what training keeps is neither, and is told apart. Traffic of an operation is "
        "what it reads and writes once, without caches."
    ), "trace"),
    Method("training", mark("Training memory"), mark(
        "Weights, gradients and optimizer state follow from the parameters; activations are the storages that a pass "
        "with gradients keeps for the backward pass. Temporary buffers, fragmentation and the framework’s own context "
        "come on top."
    ), "usage"),
    Method("growth", mark("Growth"), mark(
        "A polynomial through a few further passes at other sizes, checked at one more; beyond the sizes tried it is "
        "an extrapolation. The cache is counted from the shapes of keys and values."
    ), "usage"),
    Method("roofline", mark("Time on devices"), mark(
        "Each operation takes the larger of its arithmetic over the device’s peak and its traffic over the bandwidth, "
        "one after the other (Williams et al. 2009). It is the least time that published peak figures allow, for "
        "comparison and not a forecast."
    ), "usage"),
    Method("statistics", mark("Statistics of the weights"), mark(
        "Over all finite values, read once; NaN and infinities are counted apart, deviations are of the population. "
        "Counts, minimum and maximum are exact, sums do not depend on the order of reading. Quantiles are exact for "
        "16-bit formats and small tensors; of larger ones in float32 and wider they are interpolated in buckets, to "
        "2⁻⁸ of the value."
    ), "weights"),
    Method("health", mark("Trained, healthy, odd"), mark(
        "Judged by rules on these statistics: against usual initialisations, against the same layer at other "
        "depths (at least 8 times the usual spread), and for dead, repeated or never-trained units. Untrained or odd "
        "is what the values look like; no data was run through the model, so nothing is said of its accuracy."
    ), "weights"),
    Method("precision", mark("Narrower formats and pruning"), mark(
        "Weights are rounded as the format would store them and compared with themselves: 10·log₁₀ of the sum of "
        "squares over that of the errors. Large tensors by a sample of whole rows, which is then named. It is an error "
        "of weights, not of the model’s answers. Pruning sets the smallest magnitudes to zero."
    ), "weights"),
    Method("spectra", mark("Singular values"), mark(
        "Of weight matrices, convolutions as output channels by the rest; by default of as many matrices as a fixed "
        "amount of arithmetic reaches, which the section names."
    ), "weights"),
    Method("findings", mark("Findings and verdict"), mark(
        "Each rule has a stable id and says what it found; or that it passed, and at what it looked; or that it does "
        "not apply, as the model has nothing of the kind; or why it could not be checked. A rule sees what the report "
        "holds; a check that passed is no proof that there is no fault."
    )),
    Method("map", mark("The map"), mark(
        "Boxes are modules and operations of the forward pass, edges the tensors that they hand on; repeated blocks"
        " are drawn once, ×N. Without a pass the modules stand in the order of their names, and nothing is said of "
        "data flow."
    )),
    Method("numbers", mark("Numbers"), mark(
        "Three or four digits are shown; the exact value is behind the number. MB and GB are powers of ten, of "
        "files; MiB and GiB powers of two, in memory. A share marked with < or > was not rounded to nothing or to "
        "everything."
    )),
)  # fmt: skip


def methods(report: Report) -> tuple[Method, ...]:
    """The paragraphs that say something of this report, in its language."""
    there = {
        "": True,
        "trace": isinstance(report.trace, Trace),
        "usage": isinstance(report.usage, Usage),
        "weights": isinstance(report.weights, Weights),
    }
    return tuple(Method(m.id, _(m.title), _(m.text), m.needs) for m in METHODS if there[m.needs])
