"""The allow-list is exact."""

from __future__ import annotations

import pytest

from modelreport.load.allowlist import CLASS_CALLS, EXPECTED_CALLS, EXPECTED_NAMES, canonical, is_torch_value

DANGEROUS = [
    "os.system", "posix.system", "builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__",
    "builtins.getattr", "builtins.map", "subprocess.Popen", "subprocess.run", "torch.load", "torch.hub.load",
    "torch.storage._load_from_bytes", "torch.jit.load", "pickle.loads", "torch.utils.collect_env.run",
    "torch.jit.unsupported_tensor_ops.execWrapper", "numpy.load", "importlib.import_module", "runpy.run_path",
    "operator.attrgetter", "operator.methodcaller", "types.FunctionType", "marshal.loads", "io.open",
    "shutil.copyfile", "torch.fx.graph_module.reduce_graph_module", "numpy.testing._private.utils.runstring",
]  # fmt: skip


@pytest.mark.parametrize("path", DANGEROUS)
def test_what_runs_code_is_on_no_list(path: str) -> None:
    assert path not in EXPECTED_CALLS | EXPECTED_NAMES | CLASS_CALLS
    assert not is_torch_value(path)


def test_names_of_python_2_are_todays() -> None:
    assert canonical("__builtin__.set") == "builtins.set"
    assert canonical("copy_reg._reconstructor") == "copyreg._reconstructor"
    assert canonical("copyreg.x") == "copyreg.x"
    assert canonical("<computed callable>") == "<computed callable>"


@pytest.mark.parametrize("path", ["torch.float32", "torch.FloatStorage", "torch.uint3", "torch.storage.UntypedStorage"])
def test_values_of_torch_are_told_from_functions(path: str) -> None:
    assert is_torch_value(path)


@pytest.mark.parametrize("path", ["torch.save", "float32", "os.float32", "torch.nn.float32", "torch.EvilStorage"])
def test_other_names_are_no_values(path: str) -> None:
    assert not is_torch_value(path)
