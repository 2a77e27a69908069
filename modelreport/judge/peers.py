"""W: tensors unlike those that do the same work at other depths."""

from __future__ import annotations

from collections import Counter

from modelreport.facts import Evidence, Message, OddTensor, Peers, Report
from modelreport.judge.outliers import lone_names
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, Value, known, point, say

_FAR = 2.0
"""Multiples of the threshold from which on a difference is a warning, not a note."""

_FAR_SCALE = 6.0
"""Ratio of a scale to that of its peers that is a warning however much these differ."""

_TEXTS = {
    "scale": "standard deviation {value}; its {peer_count} peers' median is {median}",
    "centre": "mean of {value} standard deviations; its {peer_count} peers' median is {median}",
    "tails": "tails {value} times as long as normal ones; its {peer_count} peers' median is {median}",
    "rows": "row norms spread {value} times as much as those of independent values; its {peer_count} peers' median is "
    "{median}",
    "zeros": "{value_share} zeros; its {peer_count} peers' median is {median_share}",
    "constant": "every value is {value}; its {peer_count} peers' values differ",
}


def odd_tensors(report: Report) -> Found | Clean:
    """Tensors that look freshly initialised, or differ in a statistic, where the same layers at other depths do not."""
    peers = known(known(report.weights).peers)
    lone = lone_names(report)  # told by their own rule: a single value far out moves every moment
    odd = [o for o in peers.odd if o.name not in lone]
    if not odd:
        return Clean(_nothing(peers))
    fresh = [o for o in odd if o.drawn or o.statistic == "constant"]
    unlike = [o for o in odd if o not in fresh]
    far = any(_is_far(o, peers.threshold) for o in unlike)
    values: dict[str, Value] = {
        "fresh_count": len(fresh),
        "odd_count": len(unlike),
        "worst": unlike[0].name if unlike else "",
    }
    texts = []
    if fresh:
        where, values["block"] = _where(fresh)
        texts.append(
            "{fresh_count} {fresh_count:tensor looks|tensors look} freshly initialised while the same layers "
            "at other depths do not" + where
        )
    if unlike:
        texts.append(
            "{odd_count} {odd_count:tensor is|tensors are} unlike the same layers at other depths, {worst} the most"
            if len(unlike) > 1
            else "{worst} is unlike the same layers at other depths"
        )
    return Found(say("; ".join(texts) + ".", **values), [_evidence(o) for o in odd], None if fresh or far else "note")


def _is_far(odd: OddTensor, threshold: float) -> bool:
    low, high = sorted((odd.value, odd.median))
    if odd.statistic == "scale" and high >= _FAR_SCALE * low:
        return True
    return abs(odd.score or 0.0) >= _FAR * threshold


def _nothing(peers: Peers) -> Message:
    judged = [role for role in peers.roles if role.judged]
    if not judged:
        raise AbsentError(
            "No floating-point layer is repeated at {enough_count} depths or more.", enough_count=peers.enough
        )
    return say(
        "None of {tensor_count} weights is unlike the same layer at other depths.",
        tensor_count=sum(len(role.members) for role in judged),
    )


def _where(odd: list[OddTensor]) -> tuple[str, str]:
    """Words on the block that holds them all, or most of them, and its name."""
    if len(odd) == 1:
        return ": {block}", odd[0].name
    blocks = Counter(block_of(o) for o in odd)
    block, count = blocks.most_common(1)[0]
    if not block:
        return "", ""
    return (", all in {block}" if count == len(odd) else ", most in {block}" if 2 * count > len(odd) else ""), block


def block_of(odd: OddTensor) -> str:
    """The repeated part that a tensor lies in: its name up to the last index of its role."""
    head = odd.role.rpartition("#")[0]
    parts = head.count(".") + head.count("/") + 1
    end = 0
    for _ in range(parts):
        places = [at for at in (odd.name.find(".", end), odd.name.find("/", end)) if at >= 0]
        if not places:
            return ""
        end = min(places) + 1
    return odd.name[: end - 1]


def _evidence(odd: OddTensor) -> Evidence:
    text = _TEXTS.get(odd.statistic, "{value}; its {peer_count} peers' median is {median}")
    if odd.drawn:
        text = f"like independent {odd.drawn} random numbers: {text}"
    values: dict[str, Value] = {"value": odd.value, "median": odd.median, "peer_count": odd.peers}
    if odd.statistic == "zeros":
        values |= {"value_share": odd.value, "median_share": odd.median}
    return point("tensor", odd.name, say(text, **values))


RULES = (
    Rule(
        "W010",
        "warning",
        "Layers unlike their peers",
        "Compare them with their neighbours: a layer that was not loaded or was initialised anew makes a model worse "
        "without any error.",
        "weights",
        odd_tensors,
    ),
)
