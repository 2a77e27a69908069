"""Convolutions and the blocks they form: conv-norm-activation, bottlenecks, depthwise and squeeze-excite blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelreport.identify.patterns.network import Network, Shape
from modelreport.identify.patterns.words import Kind, plain

_AFTER: tuple[Kind, ...] = ("same", "norm", "activation", "scale")


@dataclass(frozen=True)
class Convolution:
    """One convolution as it ran."""

    index: int
    kernel: Shape
    channels: tuple[int, int]
    """In and out."""
    groups: int
    given: Shape
    """Sizes of the grid that it reads."""
    made: Shape
    transposed: bool = False

    @property
    def pointwise(self) -> bool:
        """Whether it looks at one place only: 1×1."""
        return all(n == 1 for n in self.kernel)

    @property
    def depthwise(self) -> bool:
        """Whether every channel has a kernel of its own."""
        return self.groups > 1 and self.groups == self.channels[0] and not self.pointwise

    @property
    def gating(self) -> bool:
        """Whether it works on a single place: a linear layer in disguise, as in squeeze-excite."""
        return self.pointwise and all(n == 1 for n in self.given)

    @property
    def tiles(self) -> bool:
        """Whether its kernel goes over the grid without overlap or gap."""
        exact = all(g == k * m for g, k, m in zip(self.given, self.kernel, self.made, strict=True))
        return not self.transposed and exact and all(n > 1 for n in self.made) and max(self.kernel) > 1


@dataclass(frozen=True)
class DepthwiseBlock:
    """A depthwise convolution and the 1×1 convolutions around it."""

    depthwise: int
    last: int
    kernel: Shape
    expansion: float | None
    """Width inside by the width before; ``None`` where no 1×1 convolution comes before."""
    channels: int
    made: Shape


@dataclass(frozen=True)
class SqueezeExcite:
    """Channels weighted by a gate made from their means."""

    index: int
    channels: int
    squeezed: int


def find_convolutions(network: Network) -> dict[int, Convolution]:
    """All convolutions with weights of their rank, by operation."""
    found = {}
    for index, kind in enumerate(network.kinds):
        made = _convolution(network, index) if kind == "conv" else None
        if made is not None:
            found[index] = made
    return found


def _convolution(network: Network, index: int) -> Convolution | None:
    given, made = network.into(index), network.out(index)
    sources = network.live(index)
    if len(given) < 3 and sources:
        given = network.out(sources[0])
    shapes = network.weights(index) + [network.out(s) for s in network.operations[index].sources if network.stored[s]]
    weight = next((s for s in shapes if len(s) == len(given) and len(s) > 2), None)
    if weight is None or len(made) != len(given) or min(*given, *made) < 1:
        return None
    transposed = "transpose" in plain(network.operations[index].name)
    inner = weight[0] if transposed else weight[1]
    groups = 1 if transposed or not inner or given[1] % inner else given[1] // inner
    return Convolution(index, weight[2:], (given[1], made[1]), groups, given[2:], made[2:], transposed)


def conv_blocks(network: Network, convolutions: dict[int, Convolution]) -> dict[tuple[str, str], list[int]]:
    """Convolutions by what follows them: (norm, activation), either empty."""
    found: dict[tuple[str, str], list[int]] = {}
    for index, conv in convolutions.items():
        if conv.gating:
            continue
        readers = network.ahead(index, ("same", "scale"))
        norm = activation = ""
        if len(readers) == 1 and network.kinds[readers[0]] == "norm":
            norm = network.details[readers[0]]
            readers = network.ahead(readers[0], ("same", "scale"))
        if len(readers) == 1 and network.kinds[readers[0]] == "activation":
            activation = network.details[readers[0]]
        found.setdefault((norm, activation), []).append(index)
    return found


def find_depthwise(network: Network, convolutions: dict[int, Convolution]) -> list[DepthwiseBlock]:
    """Depthwise convolutions that a 1×1 convolution follows, with the one before where there is one."""
    found = []
    for index, conv in convolutions.items():
        if not conv.depthwise:
            continue
        after = [r for r in _through_gates(network, index) if r in convolutions and convolutions[r].pointwise]
        if len(after) != 1 or convolutions[after[0]].gating:
            continue
        before, last = network.origin(network.live(index)[0], _AFTER), convolutions[after[0]]
        expansion = None
        if before in convolutions and convolutions[before].pointwise and not convolutions[before].gating:
            width = convolutions[before].channels
            inverted = max(width[0], last.channels[1]) < width[1] == conv.channels[0]
            expansion = width[1] / width[0] if inverted else None
        found.append(DepthwiseBlock(index, after[0], conv.kernel, expansion, last.channels[1], last.made))
    return found


def _through_gates(network: Network, index: int) -> list[int]:
    """What reads an operation, over norms, activations and products with a gate."""
    found = []
    for reader in network.ahead(index, _AFTER):
        if network.kinds[reader] == "mul":
            found.extend(network.ahead(reader, _AFTER))
        elif network.kinds[reader] == "conv":
            found.append(reader)
    return sorted(set(found))


def find_squeeze_excites(network: Network) -> list[SqueezeExcite]:
    """Products of a grid and a gate for each channel that is made from the grid's means by two layers."""
    found = []
    for index, kind in enumerate(network.kinds):
        sources = network.live(index)
        if kind != "mul" or len(sources) != 2:
            continue
        for gate, data in (sources, sources[::-1]):
            squeezed = _gate(network, gate, data)
            if squeezed is not None:
                made = network.out(index)
                found.append(SqueezeExcite(index, made[1] if len(made) > 2 else made[-1], squeezed))
                break
    return found


def _gate(network: Network, gate: int, data: int) -> int | None:
    """Width between the two layers of a gate over ``data``."""
    passed, index, squeezed = 0, gate, None
    for _ in range(16):
        index = network.origin(index, ("same", "activation", "scale", "norm", "inner"))
        if index < 0:
            return None
        kind, sources = network.kinds[index], network.live(index)
        if kind in {"conv", "linear"} and len(sources) == 1:
            if _places(network.out(index)) != 1:
                return None
            passed += 1
            squeezed = network.into(index)[1 if kind == "conv" else -1] if passed == 1 else squeezed
        elif kind == "pool" or plain(network.operations[index].name) in {"mean", "reducemean"}:
            same = network.origin(sources[0]) == network.origin(data) if sources else False
            return squeezed if passed == 2 and same and _places(network.out(index)) == 1 else None
        else:
            return None
        index = sources[0]
    return None


def _places(shape: Shape) -> int:
    """Places of a grid: 1 when only batch and channels are larger than one."""
    larger = [n for n in shape[1:] if n != 1]
    return 1 if len(larger) <= 1 else 2


def block_kind(convolutions: dict[int, Convolution], members: Iterable[int]) -> str:
    """What the convolutions of a residual branch form: bottleneck, basic, inverted residual …; empty for none."""
    inside = [convolutions[i] for i in sorted(members) if i in convolutions and not convolutions[i].gating]
    if not inside:
        return ""
    sizes = ["1" if c.pointwise else "d" if c.depthwise else "k" for c in inside]
    form = "".join(sizes)
    if form == "1k1":
        narrow = inside[1].channels[0] < inside[2].channels[1]
        grouped = inside[1].groups > 1
        return ("grouped bottleneck" if grouped else "bottleneck") if narrow else "residual"
    if form == "1d1":
        return "inverted residual" if inside[0].channels[1] > inside[0].channels[0] else "depthwise bottleneck"
    if form == "kk":
        return "basic"
    if form in {"d1", "d"}:
        return "depthwise"
    return "residual"
