"""What models are wrapped in and built with: each still runs, with the multiply-adds that its layers have.

One row: how it is made, its input, the multiply-adds by hand, how often the layer called ``fc`` (or another) runs, and
where the pass runs. A linear layer of 4 → 4 on two rows is 2 · 4 · 4 = 32 multiply-adds.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import random
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential

from modelreport.facts import TensorSpec
from tests.trace.models import Residual, complete_trace_of, outcome_of, spec, vision

ROWS = (spec(2, 4),)
FC = 2 * 4 * 4


class Uses(nn.Module):
    """A linear layer ``fc`` of 4 → 4 and other parts, used as the given function of (module, inputs) says."""

    def __init__(self, forward: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._forward(self, *args, **kwargs)


class Case(NamedTuple):
    make: Callable[[], Any]
    macs: int
    calls: int | None = 1
    """Of the module whose path ends with ``layer``; ``None`` where its calls are not seen."""
    layer: str = "fc"
    inputs: tuple[TensorSpec, ...] = ROWS
    method: str = "meta"


def uses(forward: Callable[..., Any], macs: int = FC, calls: int | None = 1, **more: Any) -> Case:
    settings = {key: more.pop(key) for key in ("inputs", "method", "layer") if key in more}
    return Case(lambda: Uses(forward, **{k: v() for k, v in more.items()}), macs, calls, **settings)


def changed(change: Callable[[Any], Any], macs: int = FC, calls: int | None = 1, **more: Any) -> Case:
    """A residual layer after something was done to it; what gives nothing back did it in place."""

    def make() -> Any:
        module = Residual()
        made = change(module)
        return module if made is None else made

    return Case(make, macs, calls, **more)


def lora(rank: int = 2) -> nn.Module:
    """The structure of PEFT's LoRA layer: a base layer, and a pair of low-rank matrices for each adapter."""

    class Adapted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base_layer = nn.Linear(4, 4)
            self.lora_A = nn.ModuleDict({"default": nn.Linear(4, rank, bias=False)})
            self.lora_B = nn.ModuleDict({"default": nn.Linear(rank, 4, bias=False)})
            self.scaling = {"default": 2.0}

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.base_layer(x)
            for name, down in self.lora_A.items():
                out = out + self.lora_B[name](down(x)) * self.scaling[name]
            return out

    return nn.Sequential(collections.OrderedDict(fc=Adapted()))


def quantised(module: nn.Module) -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(module, {nn.Linear, nn.LSTM})


def static_quantised() -> nn.Module:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant, self.fc = torch.ao.quantization.QuantStub(), nn.Conv2d(3, 4, 3)
            self.dequant = torch.ao.quantization.DeQuantStub()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dequant(self.fc(self.quant(x)))

    module = Net().eval()
    module.qconfig = torch.ao.quantization.get_default_qconfig("fbgemm")
    torch.ao.quantization.prepare(module, inplace=True)
    module(torch.randn(1, 3, 8, 8))
    return torch.ao.quantization.convert(module)


def qat(module: nn.Module) -> nn.Module:
    module.train().qconfig = torch.ao.quantization.get_default_qat_qconfig("fbgemm")
    return torch.ao.quantization.prepare_qat(module)


def hooked(module: nn.Module) -> None:
    module.fc.register_forward_pre_hook(lambda _, args, kwargs: (args, kwargs), with_kwargs=True)
    module.fc.register_forward_hook(lambda _, __, ___, out: out, with_kwargs=True)
    module.fc.register_full_backward_pre_hook(lambda *_: None)
    module.fc.register_full_backward_hook(lambda *_: None)
    module.fc.weight.register_hook(lambda gradient: gradient)
    module._register_state_dict_hook(lambda *_: None)


def spectral(module: nn.Module) -> None:
    nn.utils.parametrizations.spectral_norm(module.fc)


def pruned(module: nn.Module) -> None:
    from torch.nn.utils import prune

    prune.l1_unstructured(module.fc, "weight", 0.3)


def recurrent(kind: type[nn.RNNBase], **settings: Any) -> Callable[[], nn.Module]:
    return lambda: nn.Sequential(collections.OrderedDict(fc=kind(4, 5, batch_first=True, **settings)))


def packed(m: Any, x: torch.Tensor) -> Any:
    lengths = torch.tensor([6, 3])
    sequence = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return nn.utils.rnn.pad_packed_sequence(m.rnn(sequence)[0], batch_first=True)


def packed_by_values(m: Any, x: torch.Tensor) -> Any:
    lengths = (x.abs().sum(-1) >= 0).sum(1).cpu()
    return nn.utils.rnn.pad_packed_sequence(m.rnn(nn.utils.rnn.pack_padded_sequence(x, lengths, True))[0], True)


def yields(m: Any, x: torch.Tensor) -> Any:
    for _ in range(3):
        x = m.fc(x)
        yield x


def in_autocast(m: Any, x: torch.Tensor) -> Any:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return m.fc(x)


def on_a_gpu(m: Any, x: torch.Tensor) -> Any:
    device = torch.cuda.current_device()
    stream = torch.cuda.Stream()
    with torch.cuda.device(device), torch.cuda.stream(stream), torch.autocast("cuda", dtype=torch.float16):
        mask = torch.cuda.FloatTensor(2, 4).fill_(1) * torch.ones(4, device="cuda")
        out = m.fc.cuda()(x.to(device) * mask.to("cuda:0")).cpu()
    stream.synchronize()
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    return out.to(torch.device("cuda", 0)) + torch.zeros(4).cuda().type(torch.cuda.FloatTensor)


def built_on_a_gpu() -> nn.Module:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4, device="cuda" if torch.cuda.is_available() else "cpu")

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            with torch.device("cuda"):
                return self.fc(x) + torch.arange(4)

    return Net()


def with_gradient(m: Any, x: torch.Tensor) -> Any:
    """Forward and one backward product: the gradient of the input is as many multiply-adds again."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(m.fc(x).sum(), x)[0]


def until_five(m: Any, x: torch.Tensor) -> Any:
    from torch._higher_order_ops.while_loop import while_loop

    return while_loop(lambda i, _: i < 5, lambda i, y: (i + 1, m.fc(y)), (torch.tensor(0), x))[1]


def flexible(m: Any, x: torch.Tensor) -> Any:
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    mask = create_block_mask(lambda _b, _h, q, k: q >= k, None, None, 128, 128, device=x.device)
    return torch.compile(flex_attention)(x, x, x, block_mask=mask)


def nested(m: Any, x: torch.Tensor) -> Any:
    return torch.nested.nested_tensor([m.fc(x[:1]), m.fc(x)]).to_padded_tensor(0.0)


def in_inference_mode(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.inference_mode():
        return make()


def average(module: nn.Module) -> nn.Module:
    return torch.optim.swa_utils.AveragedModel(module)


CASES: dict[str, Case] = {
    # wrappers
    "DataParallel": changed(nn.DataParallel),
    "averaged weights": changed(average),
    "compiled by inductor": changed(torch.compile),
    "compiled in place": changed(lambda m: m.compile()),
    "a compiled part": uses(lambda m, x: m.part(m.fc(x)), 2 * FC, 2, part=lambda: torch.compile(Residual())),
    "a compiled function": uses(lambda m, x: torch.compile(lambda y: y * 2)(m.fc(x))),
    "a decorator that compiles": uses(lambda m, x: torch.compile(dynamic=True)(lambda y: y * 2)(m.fc(x))),
    "a scripted root": changed(torch.jit.script, calls=None),
    "a traced root": changed(lambda m: torch.jit.trace(m, torch.zeros(2, 4)), calls=None),
    "a frozen script": changed(lambda m: torch.jit.freeze(torch.jit.script(m.eval())), calls=None),
    "a script of a part": uses(lambda m, x: m.part(m.fc(x)), 2 * FC, 1, part=lambda: torch.jit.script(Residual())),
    "fx": changed(torch.fx.symbolic_trace),
    "export": changed(lambda m: torch.export.export(m, (torch.zeros(2, 4),)).module(), calls=None),
    # layers changed
    "hooks of all kinds": changed(hooked),
    "spectral norm": changed(spectral, FC + 4 * 4 + 4),  # σ = uᵀ·(W·v)
    "pruning": changed(pruned),
    "lora": Case(lora, FC + 2 * (4 * 2 + 2 * 4), layer="fc.base_layer"),
    "a lazy layer": Case(lambda: nn.Sequential(collections.OrderedDict(fc=nn.LazyLinear(4))), FC),
    "an inference tensor": Case(lambda: in_inference_mode(Residual), FC),
    # quantised
    "dynamic quantisation": changed(quantised, method="cpu"),
    "dynamic quantisation of an LSTM": Case(
        lambda: quantised(nn.Sequential(collections.OrderedDict(fc=nn.LSTM(4, 5)))),
        6 * 2 * (20 * 4 + 20 * 5), inputs=(spec(6, 2, 4),), method="cpu",
    ),
    "static quantisation": Case(static_quantised, 6 * 6 * 4 * 27, inputs=(spec(1, 3, 8, 8),), method="cpu"),
    "training for quantisation": changed(qat),
    "fake quantisation": uses(lambda m, x: m.fc(torch.fake_quantize_per_tensor_affine(x, 0.1, 0, -128, 127))),
    # recurrent
    "LSTM": Case(recurrent(nn.LSTM), 12 * (20 * 4 + 20 * 5), inputs=(spec(2, 6, 4),)),
    "GRU, two directions, two layers": Case(
        recurrent(nn.GRU, bidirectional=True, num_layers=2),
        12 * 2 * (15 * 4 + 15 * 5 + 15 * 10 + 15 * 5), inputs=(spec(2, 6, 4),),
    ),
    "packed sequences": uses(
        packed, 9 * (20 * 4 + 20 * 5), layer="rnn", inputs=(spec(2, 6, 4),), rnn=lambda: nn.LSTM(4, 5, batch_first=True)
    ),
    "packed by values": uses(
        packed_by_values, 12 * (15 * 4 + 15 * 5), layer="rnn", inputs=(spec(2, 6, 4),), method="cpu",
        rnn=lambda: nn.GRU(4, 5, batch_first=True),
    ),
    # control
    "checkpoint": uses(lambda m, x: checkpoint(m.fc, x, use_reentrant=False)),
    "checkpoint, reentrant": uses(lambda m, x: checkpoint(m.fc, x, use_reentrant=True)),
    "checkpoint of a sequence": uses(
        lambda m, x: checkpoint_sequential(nn.Sequential(m.fc, nn.ReLU(), nn.ReLU()), 2, x, use_reentrant=False)
    ),
    "cond": uses(lambda m, x: torch.cond(torch.tensor(True), m.fc, lambda y: y.clone(), (x,))),
    "while_loop": uses(until_five, 5 * FC, 5),
    "flex attention": uses(flexible, 2 * 8 * 128 * 128 * (16 + 16), 0, inputs=(spec(2, 8, 128, 16),)),
    "vmap": uses(lambda m, x: torch.vmap(m.fc)(x)),
    "functional_call": uses(lambda m, x: torch.func.functional_call(m.fc, dict(m.fc.named_parameters()), (x,))),
    "gradients inside": uses(with_gradient, 2 * FC),
    "func.grad": uses(lambda m, x: torch.func.grad(lambda y: m.fc(y).sum())(x), 2 * FC),
    # devices and dtypes
    "cuda in forward": uses(on_a_gpu),
    "cuda in the constructor": Case(built_on_a_gpu, FC),
    "autocast over another dtype": changed(lambda m: Uses(in_autocast, fc=m.fc.bfloat16())),
    # values
    "numpy": uses(lambda m, x: m.fc(torch.from_numpy(x.detach().cpu().numpy() * 2)), method="cpu"),
    "tensor of an item": uses(lambda m, x: m.fc(x) * torch.tensor(x.sum().item()), method="cpu"),
    "a check for NaN": uses(lambda m, x: m.fc(x) if not torch.isnan(x).any() else None, method="cpu"),
    "an assertion that all is finite": uses(lambda m, x: m.fc(x) if x.isfinite().all() else 1 / 0, method="cpu"),
    "a formatted value": uses(lambda m, x: (m.fc(x), f"{x.mean():.3f} {x.sum()}")[0]),
    "a cached constant": uses(lambda m, x: m.fc(x) * functools.lru_cache(torch.ones)(4)),
    # kinds of tensors
    "nested": uses(nested, FC + FC // 2, 2, method="cpu"),
    "complex": uses(lambda m, x: torch.view_as_real(torch.complex(m.fc(x), x)).abs()),
    "Fourier transforms": uses(lambda m, x: torch.fft.irfft(torch.fft.rfft(m.fc(x)))),
    "sparse": uses(lambda m, x: m.fc(x) @ torch.eye(4).to_sparse().to_dense(), 2 * FC, method="cpu"),
    # signatures and results
    "args and kwargs": uses(
        lambda m, *args, **kwargs: m.fc(args[0]) + kwargs["y"], inputs=(*ROWS, spec(2, 4, name="y"))
    ),
    "no result": uses(lambda m, x: setattr(m, "kept", m.fc(x))),
    "lists of dicts": uses(lambda m, x: [{"a": m.fc(x), "b": [x]}, {"c": (x, None, "text", 3)}]),
    "a generator": uses(yields, 3 * FC, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_a_model_runs_under(name: str):
    case = CASES[name]
    found = complete_trace_of(case.make(), *case.inputs)
    assert found.method == case.method
    assert found.macs == case.macs
    if case.calls is not None:
        assert sum(c.path.split("module.")[-1].endswith(case.layer) for c in found.calls) == case.calls


def test_the_outputs_of_a_generator_are_all_outputs():
    found = complete_trace_of(Uses(yields), *ROWS)
    assert [o.shape for o in found.outputs] == [(2, 4)] * 3


def test_nested_tensors_have_a_ragged_dimension():
    def forward(m: Any, x: torch.Tensor) -> Any:
        return torch.nested.nested_tensor([m.fc(x[:1]), m.fc(x)], layout=torch.jagged) * 2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = complete_trace_of(Uses(forward), *ROWS)
    assert found.outputs[0].shape == (2, -1, 4)


def test_an_operator_without_a_meta_kernel_runs_for_real():
    @torch.library.custom_op("modelreport_tests::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    found = complete_trace_of(Uses(lambda m, x: twice(m.fc(x))), *ROWS)
    assert (found.method, found.macs) == ("cpu", FC)
    assert [u.kernel for u in found.uncounted] == ["modelreport_tests.twice"]


def test_an_operator_that_is_not_installed_is_named():
    reason = outcome_of(Uses(lambda m, x: torch.ops.flash_attn_3.forward(m.fc(x))), *ROWS).reason
    assert "flash_attn_3" in reason


def test_wrong_dtypes_are_refused_as_on_a_real_device():
    module = Uses(lambda m, x: m.fc(x))
    module.fc.half()
    assert "same dtype, but got Float and Half" in outcome_of(module, *ROWS).reason
    assert complete_trace_of(module, spec(2, 4, dtype="float16")).macs == FC


def test_what_a_model_prints_is_not_heard(capsys):
    def forward(m: Any, x: torch.Tensor) -> Any:
        sys.stdout.write(f"hello from {m}")
        return m.fc(x)

    complete_trace_of(Uses(forward), *ROWS)
    assert capsys.readouterr().out == ""


def test_nothing_is_compiled_even_where_the_compiler_was_never_loaded():
    code = """
import sys, torch
from torch import nn
from tests.trace.models import complete_trace_of, spec
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
    def forward(self, x):
        return torch.compile(lambda y: y * 2)(self.fc(x))
assert complete_trace_of(Net(), spec(2, 4)).macs == 32
assert "torch._inductor.compile_fx" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, capture_output=True)


def test_two_threads_trace_at_once_while_a_third_runs_models_as_ever():
    found: dict[int, Any] = {}
    plain = Residual().eval()
    expected = plain(torch.ones(2, 4))
    stop = threading.Event()
    wrong: list[Any] = []

    def trace(width: int) -> None:
        found[width] = complete_trace_of(nn.Sequential(*[nn.Linear(width, width) for _ in range(40)]), spec(2, width))

    def run() -> None:
        with torch.no_grad():
            while not stop.is_set():
                if not torch.equal(plain(torch.ones(2, 4)), expected):
                    wrong.append(1)

    other = threading.Thread(target=run)
    threads = [threading.Thread(target=trace, args=(width,)) for width in (3, 4, 5, 6)]
    for thread in (other, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    other.join()
    assert {width: trace.macs for width, trace in found.items()} == {w: 40 * 2 * w * w for w in (3, 4, 5, 6)}
    assert not wrong


class StopError(BaseException):
    """As an interrupt comes: not an Exception."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, StopError, RecursionError, MemoryError])
def test_an_interrupt_in_the_middle_leaves_torch_and_the_module_as_they_were(error):
    def forward(m: Any, x: torch.Tensor) -> Any:
        random.random()
        torch.rand(3)
        m.fc(x)
        raise error

    module = Uses(forward).train()
    module.fc.weight.requires_grad_(False)
    state = {k: v.clone() for k, v in module.state_dict().items()}
    originals = nn.Module.__call__, torch.compile, torch.cuda.current_device, torch.cuda.Stream, sys.stdout
    draws = torch.random.get_rng_state(), random.getstate()
    depth = torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack(), sys.getrecursionlimit()
    with contextlib.suppress(error):
        outcome_of(module, *ROWS)
    assert originals == (nn.Module.__call__, torch.compile, torch.cuda.current_device, torch.cuda.Stream, sys.stdout)
    assert torch.equal(draws[0], torch.random.get_rng_state())
    assert draws[1] == random.getstate()
    assert depth == (
        torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack(), sys.getrecursionlimit(),
    )  # fmt: skip
    assert torch.is_grad_enabled()
    assert module.training
    assert not module.fc.weight.is_meta
    assert all(torch.equal(v, state[k]) for k, v in module.state_dict().items())
    assert torch.ones(2).sum().item() == 2


@pytest.mark.filterwarnings("ignore")
def test_a_detector_runs_with_all_its_boxes_kept():
    """0.583 G multiply-adds: ``_ops`` of torchvision's SSDLite320_MobileNet_V3_Large_Weights."""
    found = vision("ssdlite320_mobilenet_v3_large", weights_backbone=None)
    assert round(found.macs / 1e9, 3) == 0.583
    assert any(guess.what == "nms" for guess in found.guesses)
