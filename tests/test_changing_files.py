"""Files that somebody cuts short or writes to while they are read: one clear error, never the end of the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file

SIDE = 512
"""A layer of 1 MB: above what is held and sorted, so that it is walked, and walked again for its spectrum."""
LAYERS = 4

HARM = """
import os, sys
from pathlib import Path
from modelreport import api
from modelreport.errors import ModelReportError
how, stage, *subjects = sys.argv[1:]
for subject in subjects:
    place = Path(subject)
    files = [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]
    files += [p for p in place.parent.glob(place.stem + ".data")]
    def harm(now, done, total):
        if now == stage and (done or stage == "identify"):
            for path in files:
                if path.stat().st_size > 1 << 19:
                    if how == "cut":
                        os.truncate(path, 1 << 12)
                    else:
                        with path.open("r+b") as file:
                            file.seek(-4, 2)
                            file.write(b"1234")
                        os.utime(path, ns=(1, 1))
    try:
        api.build(subject, progress=harm, spectra="all")
        print("built", place.name)
    except ModelReportError as error:
        print("error", place.name, error.message)
print("alive")
"""


def layers() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    made = {f"layers.{i}.weight": torch.randn(SIDE, SIDE, generator=generator) for i in range(LAYERS)}
    return made | {"turned.weight": torch.randn(SIDE, SIDE, generator=generator).T}


def write_onnx(folder: Path, values: torch.Tensor) -> None:
    """A graph whose one weight lies in a file beside it."""
    array = values.numpy()
    (folder / "graph.data").write_bytes(array.tobytes())
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=array.shape, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", "graph.data"), ("offset", "0"), ("length", str(array.nbytes))):
        weight.external_data.add(key=key, value=value)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, SIDE]) for name in "xy")
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x], [y], [weight])
    (folder / "graph.onnx").write_bytes(helper.make_model(graph).SerializeToString())


def write_all(folder: Path) -> list[str]:
    """The same layers in every kind of file; the names of what is to be read."""
    import torch.distributed.checkpoint as dcp

    state = layers()
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "whole.safetensors")
    torch.save(state, folder / "zip.pth")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(torch.nn.Linear(SIDE, SIDE)).save(folder / "script.pt")
        dcp.save({"model": state}, checkpoint_id=folder / "dcp", no_dist=True)
    write_onnx(folder, state["layers.0.weight"])
    (folder / "sharded").mkdir()
    places = {name: f"pytorch_model-{i % 2 + 1:05d}-of-00002.bin" for i, name in enumerate(state)}
    for file in set(places.values()):
        torch.save({name: state[name] for name in state if places[name] == file}, folder / "sharded" / file)
    index = {"metadata": {}, "weight_map": places}
    (folder / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return ["whole.safetensors", "zip.pth", "legacy.pth", "script.pt", "dcp", "graph.onnx", "sharded"]


@pytest.mark.parametrize(("how", "stage"), [("cut", "identify"), ("cut", "spectra"), ("write", "spectra")])
def test_a_file_that_changes_while_it_is_read_is_an_error_and_the_process_lives(
    tmp_path: Path, how: str, stage: str
) -> None:
    names = write_all(tmp_path)
    command = [sys.executable, "-c", HARM, how, stage, *(str(tmp_path / name) for name in names)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=500, check=False)
    assert done.returncode == 0, (done.returncode, done.stderr)
    told = done.stdout.splitlines()
    assert told[-1] == "alive"
    assert [line.split()[:2] for line in told[:-1]] == [["error", name] for name in names]
    assert all(line.endswith("changed while it was read.") for line in told[:-1]), told


def test_the_command_ends_with_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    save_file({name: value.contiguous() for name, value in layers().items()}, tmp_path / "m.safetensors")
    code = (
        "import os, sys\n"
        "from modelreport import cli\n"
        "def cut(self, stage, done, total):\n"
        "    if stage == 'spectra':\n"
        f"        os.truncate({str(tmp_path / 'm.safetensors')!r}, 4096)\n"
        "cli.Progress.__call__ = cut\n"
        "cli.main()\n"
    )
    command = [sys.executable, "-c", code, "build", "m.safetensors", "-o", "r.html", "--no-trace"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "m.safetensors changed while it was read." in done.stderr
    assert "Try again when nobody writes to it." in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.safetensors"]
