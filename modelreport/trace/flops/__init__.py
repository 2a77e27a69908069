"""What aten operators cost in floating-point operations: the convention, and a formula for each operator.

**Matrix class** (convolution, matrix products, attention, recurrent layers): a multiply-add is two FLOPs, attention is
counted over the full S² square. These are the figures that papers publish and ``torch.utils.flop_counter`` gives; half
of them are the multiply-adds (``macs``).

**Arithmetic**: one addition, subtraction, multiplication, division or comparison of two real numbers is one FLOP; so is
one value of an elementary function (√, 1/√, exp, log, sin, tanh, erf, power …), whatever a machine needs for it.
Anything compound is counted by the steps of its definition: a sigmoid 1/(1+e⁻ˣ) is four. Negation, absolute value and
rounding are one each. Work on whole numbers and truth values is none, nor is moving, selecting or converting data.
Complex numbers count by their real steps: a product is six.

What others do: XLA's cost analysis also counts one for an element-wise operation, elementary functions apart; fvcore
and DeepSpeed count one for each element of any activation, five or less for each element of a normalisation and little
else; ptflops likewise, in multiply-adds; ``FlopCounterMode`` leaves arithmetic out. Counting by definition makes a
fused operator and the same written out by hand cost the same.

One file for each family of operators; a formula is a function with a decorator that names its operators.
"""

from __future__ import annotations

from modelreport.trace.flops.cost import Cost, cost_of

__all__ = ["Cost", "cost_of"]
