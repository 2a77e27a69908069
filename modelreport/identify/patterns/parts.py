"""Everything that was recognised in one pass, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from modelreport.facts import Structure, Trace
from modelreport.identify.patterns.attention import Attention, find_attentions
from modelreport.identify.patterns.composites import fold_composites
from modelreport.identify.patterns.convolution import (
    Convolution,
    DepthwiseBlock,
    SqueezeExcite,
    find_convolutions,
    find_depthwise,
    find_squeeze_excites,
)
from modelreport.identify.patterns.experts import Experts, find_experts
from modelreport.identify.patterns.mlp import Mlp, find_mlps
from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.recurrent import Recurrent, StateSpace, find_recurrent, find_state_spaces
from modelreport.identify.patterns.residual import Residual, find_residuals
from modelreport.identify.patterns.towers import Tower, build_towers


@dataclass
class Parts:
    """What a network is made of."""

    network: Network
    attentions: list[Attention]
    mlps: list[Mlp]
    experts: list[Experts]
    recurrent: list[Recurrent]
    state_spaces: list[StateSpace]
    convolutions: dict[int, Convolution]
    depthwise: list[DepthwiseBlock]
    squeezes: list[SqueezeExcite]
    residuals: list[Residual]
    searched: bool
    """Whether all residual connections were looked for; if not, nothing is said of their number."""

    @cached_property
    def towers(self) -> list[Tower]:
        """Residual blocks in a row, with what is in each."""
        if not self.searched:
            return []
        tagged = {
            "self": [a.last for a in self.attentions if not a.cross],
            "cross": [a.last for a in self.attentions if a.cross],
            "mlp": [m.layers[-1] for m in self.mlps],
            "experts": [e.choice for e in self.experts],
            "recurrent": [r.index for r in self.recurrent],
            "state space": [s.index for s in self.state_spaces],
            "conv": [i for i, c in self.convolutions.items() if not c.gating],
        }
        figures: dict[int, object] = {mlp.layers[-1]: mlp.figures for mlp in self.mlps}
        return build_towers(self.network, self.residuals, tagged, figures)


def find_parts(trace: Trace, structure: Structure) -> Parts:
    """All patterns of a trace."""
    network = Network(trace, structure)
    fold_composites(network)
    convolutions = find_convolutions(network)
    experts = find_experts(network, structure)
    routed = {index for each in experts if each.proof == "modules" for index in each.members}
    residuals, searched = find_residuals(network)
    return Parts(
        network=network,
        attentions=find_attentions(network),
        mlps=[mlp for mlp in find_mlps(network) if mlp.layers[-1] not in routed],
        experts=experts,
        recurrent=find_recurrent(network),
        state_spaces=find_state_spaces(network),
        convolutions=convolutions,
        depthwise=find_depthwise(network, convolutions),
        squeezes=find_squeeze_excites(network),
        residuals=residuals,
        searched=searched,
    )
