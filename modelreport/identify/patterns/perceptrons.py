"""Words on the perceptrons and mixtures of experts in residual blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from modelreport.identify.patterns.experts import Experts
from modelreport.identify.patterns.mlp import Mlp
from modelreport.identify.patterns.parts import Parts
from modelreport.identify.patterns.phrase import Phrase, joined, one_value, where_words
from modelreport.identify.patterns.towers import Tower


def perceptron_words(phrase: Phrase, parts: Parts, towers: Sequence[Tower], layers: int) -> list[str]:
    """One entry for each different perceptron or mixture, with the number of layers that have it."""
    dense: dict[tuple[object, ...], list[Mlp]] = {}
    routed: dict[tuple[object, ...], tuple[Experts, list[Mlp]]] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for residual in (residual for tower in towers for residual in tower.residuals):
        inside = [mlp for mlp in parts.mlps if mlp.layers[-1] in residual.branch]
        mixture = next((e for e in parts.experts if e.choice in residual.branch), None)
        figures: tuple[object, ...] = (mixture.figures if mixture else None, tuple(mlp.figures for mlp in inside))
        if mixture is not None:
            routed.setdefault(figures, (mixture, inside))
        elif inside:
            dense.setdefault(figures, inside)
        counts[figures] += 1
    words = _dense_words(phrase, parts, towers, dense, counts, layers)
    for key, (chosen, beside) in routed.items():
        words.append(_expert_words(phrase, chosen, beside) + where_words(phrase, counts[key], layers))
    return words


def _dense_words(
    phrase: Phrase, parts: Parts, towers: Sequence[Tower], dense: dict[tuple[object, ...], list[Mlp]],
    counts: Counter[tuple[object, ...]], layers: int,
) -> list[str]:  # fmt: skip
    whole = sum(counts[key] for key in dense) == layers and all(len(mlps) == 1 for mlps in dense.values())
    if len(towers) > 1 and len(dense) > 1 and whole:
        return [_spread_mlp(phrase, [mlps[0] for mlps in dense.values()])]
    mixing = _token_mixing(parts, towers)
    if mixing:
        first = towers[0].residuals[:2]
        found = [next(m for m in parts.mlps if m.layers[-1] in residual.branch) for residual in first]
        return [f"{mlp_words(phrase, mlp)} over {over}" for mlp, over in zip(found, mixing, strict=True)]
    return [
        joined([mlp_words(phrase, mlp) for mlp in mlps]) + where_words(phrase, counts[key], layers)
        for key, mlps in dense.items()
    ]


def _token_mixing(parts: Parts, towers: Sequence[Tower]) -> tuple[str, str] | None:
    """Where blocks in turn mix tokens and features: what the first and what the second works over."""
    tower = towers[0]
    if len(towers) > 1 or len(tower.residuals) != 2 * tower.layers or len(tower.residuals) < 2:
        return None
    widths = []
    for residual in tower.residuals[:2]:
        inside = [mlp for mlp in parts.mlps if mlp.layers[-1] in residual.branch]
        if len(inside) != 1 or len(set(tower.tags)) != 1:
            return None
        widths.append(inside[0].widths[0])
    shape = parts.network.out(tower.residuals[0].index)
    if len(shape) != 3 or shape[1] == shape[2] or set(widths) != set(shape[1:]):
        return None
    return ("tokens", "features") if widths[0] == shape[1] else ("features", "tokens")


def mlp_words(phrase: Phrase, mlp: Mlp) -> str:
    """``an MLP of inner width 3,072 (GELU)``."""
    gate = "a gated MLP" if mlp.gated else "an MLP"
    inner = mlp.widths[1:-1]
    word = "width" if len(inner) == 1 else "widths"
    return f"{gate} of inner {word} {phrase.listed(inner)} ({mlp.activation})"


def _spread_mlp(phrase: Phrase, mlps: list[Mlp]) -> str:
    ratios = {mlp.widths[1] / mlp.widths[0] for mlp in mlps}
    activation = one_value(mlp.activation for mlp in mlps)
    gate = "a gated MLP" if all(mlp.gated for mlp in mlps) else "an MLP"
    tail = f" ({activation})" if activation else ""
    if len(ratios) == 1 and (ratio := ratios.pop()) == int(ratio):
        return f"{gate} of {phrase.put(int(ratio))} times the width{tail}"
    return f"{gate} of inner widths {phrase.span([mlp.widths[1] for mlp in mlps])}{tail}"


def _expert_words(phrase: Phrase, mixture: Experts, beside: list[Mlp]) -> str:
    text = f"{phrase.put(mixture.experts)} experts"
    text += f" of inner width {phrase.put(mixture.inner)}" if mixture.inner else ""
    text += f", {phrase.put(mixture.chosen)} chosen for each token"
    if beside:
        text += f", beside {joined([mlp_words(phrase, mlp) for mlp in beside])} for every token"
    return text
