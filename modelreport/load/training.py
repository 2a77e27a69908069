"""What a training checkpoint says besides weights: epoch, arguments, and the kind of its optimizer."""

from __future__ import annotations

from typing import Any

from modelreport.checkpoint import LazyTensor, Opaque
from modelreport.facts import Item, TrainingState
from modelreport.load.masking import mask
from modelreport.load.pickle_values import Made, mapping, state_of
from modelreport.load.plain import Plain

ITEM_LIMIT = 300
"""Most values that are listed."""
DEPTH_LIMIT = 5
_STATE_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"exp_avg_sq_row"}), "Adafactor"),
    (frozenset({"row_var"}), "Adafactor"),
    (frozenset({"exp_avg", "mu_product"}), "NAdam"),
    (frozenset({"exp_avg", "m_schedule"}), "NAdam"),
    (frozenset({"exp_avg", "exp_inf"}), "Adamax"),
    (frozenset({"exp_avg", "exp_avg_diff"}), "Adan"),
    (frozenset({"exp_avg", "exp_avg_lr_1"}), "LaProp"),
    (frozenset({"exp_avg", "exp_avg_slow"}), "AdEMAMix"),
    (frozenset({"exp_avg", "exp_avg_var"}), "AdaBelief"),
    (frozenset({"exp_avg", "exp_hessian_diag_sq"}), "AdaHessian"),
    (frozenset({"exp_avg", "last_grad"}), "MARS"),
    (frozenset({"exp_avg", "exp_avg_sq_r"}), "Adafactor of Big Vision"),
    (frozenset({"exp_avg", "exp_avg_sq"}), "Adam or AdamW"),
    (frozenset({"exp_avg_sq", "z"}), "schedule-free AdamW"),
    (frozenset({"state1", "state2"}), "8-bit Adam (bitsandbytes)"),
    (frozenset({"state1"}), "8-bit SGD or Lion (bitsandbytes)"),
    (frozenset({"square_avg", "acc_delta"}), "Adadelta"),
    (frozenset({"square_avg"}), "RMSprop"),
    (frozenset({"prev", "step_size"}), "Rprop"),
    (frozenset({"ax", "eta"}), "ASGD"),
    (frozenset({"old_dirs"}), "L-BFGS"),
    (frozenset({"sum"}), "Adagrad"),
    (frozenset({"grad_sum_sq", "x0"}), "MADGRAD"),
    (frozenset({"momentum_buffer", "update_counter"}), "Kron"),
    (frozenset({"momentum_buffer"}), "SGD with momentum"),
    (frozenset({"exp_avg"}), "Lion"),
)
"""Names of the tensors an optimizer keeps for each parameter, most telling first. Source: ``torch/optim/*.py``,
``timm/optim/*.py``."""
_OPTION_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"betas", "clip_exp"}), "ADOPT"),
    (frozenset({"betas", "delta", "wd_ratio"}), "AdamP"),
    (frozenset({"betas", "grad_averaging", "max_grad_norm"}), "LAMB"),
    (frozenset({"betas", "max_coeff", "min_coeff"}), "LAMB"),
    (frozenset({"betas", "d_coef"}), "Prodigy"),
    (frozenset({"momentum", "delta", "wd_ratio"}), "SGDP"),
    (frozenset({"momentum", "trust_coeff"}), "LARS"),
)
"""Options of optimizers that keep what Adam or SGD keeps. Source: ``timm/optim/*.py``, apex, DeepSpeed, prodigyopt."""


def is_optimizer(entries: dict[str, Any]) -> bool:
    """Whether a mapping is the state of an optimizer: ``state`` and ``param_groups``, each group with ``params``."""
    groups = entries.get("param_groups")
    if "state" not in entries or not isinstance(groups, (list, tuple)) or not groups:
        return False
    return all("params" in (mapping(group) or {}) for group in groups[:10])


def optimizer_kind(entries: dict[str, Any], class_name: str = "") -> str:
    """Kind of an optimizer: its class where it was pickled whole, otherwise told from its state and options."""
    if class_name:
        return class_name
    group = mapping(entries["param_groups"][0]) or {}
    states = mapping(entries["state"]) or {}
    keys = {name for state in list(states.values())[:10] for name in (mapping(state) or {})}
    for needed, kind in _STATE_KINDS:
        if needed <= keys:
            return _refine(kind, group)
    if "ns_steps" in group:
        return "Muon"
    if "betas" in group:
        return _refine("Adam or AdamW", group)
    return "SGD with momentum" if group.get("momentum") else "SGD" if "momentum" in group else "unknown kind"


def _refine(kind: str, group: dict[str, Any]) -> str:
    if kind in ("Adam or AdamW", "SGD with momentum"):
        for needed, other in _OPTION_KINDS:
            if needed <= set(group):
                return other
    if kind == "Adam or AdamW":
        decoupled = group.get("decoupled_weight_decay")
        if "amsgrad" not in group and {"decoupled_weight_decay", "differentiable"} <= set(group):
            return "RAdam"
        if "amsgrad" not in group and "max_lr_snapshot" in group:
            return "NAdamW"
        if decoupled is True:
            return "AdamW"
        if decoupled is False and "amsgrad" in group:
            return "Adam"
    if kind == "SGD with momentum":
        if "ns_steps" in group or group.get("use_muon") is True:
            return "Muon"
        return "SGD with Nesterov momentum" if group.get("nesterov") is True else kind
    return kind


class TrainingItems:
    """Collects plain values beside the weights."""

    def __init__(self, plain: Plain) -> None:
        self._plain = plain
        self._items: dict[str, str] = {}
        self.dropped = 0

    @property
    def items(self) -> tuple[Item, ...]:
        """The values in the order found, secrets masked."""
        return tuple(Item(name=name, value=value) for name, value in self._items.items())

    def add(self, name: str, value: Any) -> None:
        """Keep ``value``, taken apart where it is a mapping or an object with attributes."""
        self._add(name, self._plain.convert(value))

    def _add(self, name: str, value: Any) -> None:
        todo = [(name, value, 0)]
        while todo:
            name, value, depth = todo.pop()
            if isinstance(value, Opaque):
                value = self._opaque(value)
            if isinstance(value, dict) and value and depth < DEPTH_LIMIT:
                todo.extend((f"{name}.{key}" if name else str(key), v, depth + 1) for key, v in reversed(value.items()))
            elif value is not None:
                self._keep(name, value)

    def _opaque(self, value: Opaque) -> Any:
        if isinstance(value.state, dict):
            return value.state
        if value.path in ("torch.Tensor", "numpy.ndarray"):
            return None
        name = value.path.rpartition(".")[2]
        if name[:1].isupper() and len(value.arguments) == 1 and isinstance(value.arguments[0], (str, int, float)):
            return f"{name}({value.arguments[0]})"  # an enumeration
        return None

    def _keep(self, name: str, value: Any) -> None:
        if len(self._items) >= ITEM_LIMIT:
            self.dropped += 1
            return
        shown = _short_list(value) if isinstance(value, (list, tuple)) else str(value)
        self._items[mask("", name, 120)] = mask(name, shown)


def _short_list(values: list[Any] | tuple[Any, ...]) -> str:
    if len(values) > 12 or any(isinstance(value, (dict, list, tuple, Opaque)) for value in values[:12]):
        if values and isinstance(values[-1], (int, float)):
            return f"{len(values):,} values, the last {values[-1]}"
        return f"{len(values):,} entries"
    return ", ".join(str(value) for value in values)


def training_state(items: TrainingItems, kinds: list[str], tensors: list[LazyTensor]) -> TrainingState | None:
    """The facts, ``None`` when the file says nothing besides weights."""
    if not items.items and not kinds:
        return None
    return TrainingState(
        items=items.items,
        optimizer=", ".join(dict.fromkeys(kinds)),
        optimizer_tensors=len(tensors),
        optimizer_bytes=sum(tensor.size_bytes for tensor in tensors),
    )


def optimizer_class(value: Any) -> str:
    """Class name of an optimizer that was pickled whole, empty for its ``state_dict``."""
    if not isinstance(value, Made) or not state_of(value):
        return ""
    return value.path.rpartition(".")[2] if not value.path.startswith(("collections.", "<")) else ""
