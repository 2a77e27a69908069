"""Losses, for models whose forward pass ends in one."""

from __future__ import annotations

from typing import Any

from modelreport.trace.flops.registry import arithmetic


def _loss(each: int, *names: str) -> None:
    """``each`` steps for each element, the last of them its sum into the mean."""

    def flops(data: Any, *_: Any, **__: Any) -> int:
        return each * int(data.numel())

    arithmetic(*names)(flops)


_loss(3, "mse_loss")
"""Difference, square, sum."""
_loss(6, "smooth_l1_loss", "huber_loss")
"""Difference, absolute value, comparison, square, factor, sum."""
_loss(7, "binary_cross_entropy")
"""−(y·log p + (1 − y)·log(1 − p)), sum."""
_loss(8, "binary_cross_entropy_with_logits")
"""(1 − y)·x + log(1 + e⁻|x|) + max(−x, 0), sum."""
_loss(5, "soft_margin_loss", "multi_margin_loss", "multilabel_margin_loss_forward")


@arithmetic("nll_loss_forward", "nll_loss2d_forward")
def likelihood_flops(_data: Any, target: Any, *_: Any, **__: Any) -> int:
    """A weight and a sum for each target."""
    return 2 * int(target.numel())


@arithmetic("_ctc_loss")
def connectionist_flops(scores: Any, targets: Any, *_: Any, **__: Any) -> int:
    """The forward recursion: 2L + 1 states in each step, three terms in log space (7 each) and the score.

    Graves et al. (2006), equation 6; scores (T, N, C), targets (N, L).
    """
    states = 2 * int(targets.numel()) + int(scores.shape[1])
    return 15 * int(scores.shape[0]) * states
