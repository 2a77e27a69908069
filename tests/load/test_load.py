"""The front door: attacks, damage, exclusive formats, cost."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from modelreport.errors import CorruptFileError, LoadError, MissingFileError, OptionsError, UnknownFormatError
from modelreport.load import FORMATS, name_path, open_checkpoint, open_object
from modelreport.load.probe import probe
from modelreport.options import Options
from tests.load.files import bytes_read, code_calls, names, opened, recognising, saved, written
from tests.load.hostile import expected_calls, legacy, stream, tarred, tensor, write_hostile, zipped

CONTROL = """
import json, sys, time, warnings
from pathlib import Path
import torch
warnings.simplefilter("ignore")
canary, ran = Path(sys.argv[1]), []
for path in sys.argv[2:]:
    canary.unlink(missing_ok=True)
    try:
        torch.load(path, weights_only=False)
    except Exception:
        pass
    deadline = time.monotonic() + 60
    while not canary.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    if canary.exists():
        ran.append(path)
print("RAN" + json.dumps(ran))
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], Path]:
    folder = tmp_path_factory.mktemp("hostile")
    return write_hostile(folder, folder / "CANARY"), folder / "CANARY"


def test_attacks_run_under_the_ordinary_loader(hostile: tuple[dict[str, Path], Path]) -> None:
    paths, canary = hostile
    command = [sys.executable, "-c", CONTROL, str(canary), *map(str, paths.values())]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=580, cwd=canary.parent)
    ran = set(json.loads(done.stdout.rpartition("RAN")[2]))
    canary.unlink(missing_ok=True)
    assert {kind for kind, path in paths.items() if str(path) not in ran} == set()
    assert len(ran) >= 50


def test_no_attack_runs_here_and_each_call_is_named(hostile: tuple[dict[str, Path], Path]) -> None:
    paths, canary = hostile
    canary.unlink(missing_ok=True)
    wanted = expected_calls(canary)
    for kind, path in paths.items():
        with opened(path) as checkpoint:
            assert wanted[kind] in code_calls(checkpoint), kind
            assert checkpoint.security.executes, kind  # type: ignore[union-attr]
    assert not canary.exists()


def test_weights_beside_an_attack_are_still_read(hostile: tuple[dict[str, Path], Path]) -> None:
    with opened(hostile[0]["os_system"]) as checkpoint:
        assert names(checkpoint) == ["weight"]
        assert checkpoint.tensors[0].array().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_every_attack_is_recognised_by_exactly_one_format(hostile: tuple[dict[str, Path], Path]) -> None:
    for kind, path in hostile[0].items():
        seen = probe(path)
        assert len(recognising(seen.head, seen.names)) == 1, kind


DAMAGED: dict[str, tuple[bytes, type[LoadError], str]] = {
    "empty": (b"", CorruptFileError, "is empty"),
    "text": (b"Hello, this is a readme about weights.\n" * 30, UnknownFormatError, "a text file"),
    "json": (b'{"epoch": 3}', UnknownFormatError, "a JSON text"),
    "html": (b"<!DOCTYPE html><html><body>Sign in</body></html>", UnknownFormatError, "an HTML page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", UnknownFormatError, "Git LFS pointer"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), UnknownFormatError, "PNG image"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), UnknownFormatError, "HDF5"),
    "gguf": (b"GGUF\3\0\0\0" + bytes(100), UnknownFormatError, "GGUF"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(100), UnknownFormatError, "TensorFlow Lite"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(100), UnknownFormatError, "7z archive"),
    "zeros": (bytes(5000), UnknownFormatError, "zero bytes"),
    "noise": (random.Random(1).randbytes(5000), UnknownFormatError, "of no known format"),
    "truncated_zip": (zipped(stream({"weight": tensor("0", 2, 3)}, 2))[:300], CorruptFileError, "directory at the end"),
    "truncated_pickle": (stream({"a": 1, "b": "x" * 50})[:-20], CorruptFileError, "ends in the middle"),
    "no_tensor": (stream({"epoch": 3}), CorruptFileError, "no tensor"),
    "unknown_opcode": (stream({"a": 1})[:-1] + b"\xff", CorruptFileError, "no pickle operation"),
    "huge_text": (b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"x.", CorruptFileError, "ends in the middle"),
    "huge_integer": (b"\x80\x04\x8b\xff\xff\xff\x7f1.", CorruptFileError, "integer of"),
    "long_integer": (b"\x80\x02L" + b"9" * 100_000 + b"L\n.", CorruptFileError, "integer of"),
    "protocol_9": (b"\x80\x04]\x80\x09.", CorruptFileError, "protocol 9"),
    "other_zip": (zipped(b"x").replace(b"data.pkl", b"data.txt"), UnknownFormatError, "zip archive"),
    "empty_tar": (bytes(257) + b"ustar" + bytes(800), CorruptFileError, "tar archive"),
    "legacy_cut": (legacy()[:60], CorruptFileError, "ends in the middle"),
    "tar_without_storages": (tarred(stream({}))[:2048], CorruptFileError, "tar archive"),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_no_checkpoint_gets_one_clear_line(kind: str, tmp_path: Path) -> None:
    data, error, words = DAMAGED[kind]
    with pytest.raises(error) as caught:
        open_checkpoint(written(tmp_path, data), Options())
    assert words in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400


def test_hints_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        open_checkpoint(written(tmp_path, DAMAGED["lfs"][0]), Options())
    assert caught.value.hint == "Run: git lfs pull"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, b"x", "resnet50.pth")
    with pytest.raises(MissingFileError) as caught:
        open_checkpoint(tmp_path / "resnet5O.pth", Options())
    assert "resnet50.pth" in caught.value.hint


@pytest.mark.parametrize("bomb", ["sharing", "lists", "itself", "memo", "tuples"])
def test_pickle_bombs_stay_small(bomb: str, tmp_path: Path) -> None:
    body = {
        "sharing": b"]q\0" + b"".join(b"](h%ch%ceq%c" % (i, i, i + 1) for i in range(60)),
        "lists": b"]" * 200_000 + b"a" * 199_999,
        "itself": b"]q\0h\0ah\0a",
        "memo": b"Nr\xff\xff\xff\x7f",
        "tuples": b")" + b"\x85" * 200_000,
    }[bomb]
    start = time.process_time()
    with pytest.raises(CorruptFileError, match="no tensor"):
        open_checkpoint(written(tmp_path, b"\x80\x02" + body + b"."), Options())
    assert time.process_time() - start < 20


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    data = zipped(b"\x80\x02" + bytes(257 << 20), deflated=True)
    assert len(data) < 1 << 20
    with pytest.raises(CorruptFileError, match="256 MiB"):
        open_checkpoint(written(tmp_path, data), Options())


GOOD = {
    "zip": zipped(stream({"weight": tensor("0", 2, 3), "epoch": 3}, 2)),
    "deflated": zipped(stream({"weight": tensor("0", 2, 3)}, 2), deflated=True),
    "legacy": legacy(),
    "pickle": stream({"a": [1, 2.5, "text"], "b": (1, None, True), "c": b"\x80\x04N."}),
}


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6), cut=st.floats(0.2, 1))
def test_mutated_files_give_a_checkpoint_or_a_load_error(
    kind: str, changes: list[tuple[float, int]], cut: float, tmp_path: Path
) -> None:
    data = bytearray(GOOD[kind])
    for place, value in changes:
        data[int(place * (len(data) - 1))] = value
    path = written(tmp_path, bytes(data[: max(1, int(len(data) * cut))] if cut < 0.8 else data))
    start = time.process_time()
    try:
        with open_checkpoint(path, Options()) as checkpoint:
            for lazy in checkpoint.tensors:
                if lazy.storage is not None:
                    lazy.array().sum()
    except LoadError as error:
        assert error.message  # noqa: PT017 - either outcome is right
    assert time.process_time() - start < 10


def test_formats_have_distinct_ids_and_titles() -> None:
    assert len({format_.id for format_ in FORMATS}) == len(FORMATS)
    assert all(format_.title and format_.summary and format_.suffixes for format_ in FORMATS)


def test_opening_imports_neither_torch_nor_numpy(tmp_path: Path) -> None:
    path = saved(tmp_path, torch.nn.Linear(3, 4).state_dict())
    program = (
        "import sys; from pathlib import Path; from modelreport.load import open_checkpoint;"
        "from modelreport.options import Options;"
        f"c = open_checkpoint(Path({str(path)!r}), Options()); c.close();"
        "print(len(c.tensors), {'torch', 'numpy', 'onnx', 'safetensors'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=300)
    assert done.stdout.split("\n")[0] == "2 set()"


def test_opening_a_large_file_reads_kilobytes(tmp_path: Path) -> None:
    path = saved(tmp_path, {f"layer{i}.weight": torch.empty(1 << 20) for i in range(30)})
    read_bytes = []
    for _ in range(2):
        before = bytes_read()
        with opened(path) as checkpoint:
            assert len(checkpoint.tensors) == 30
        read_bytes.append(bytes_read() - before)
    assert path.stat().st_size > 120_000_000
    assert min(read_bytes) < 500_000


def test_open_object_takes_modules_and_mappings() -> None:
    module = torch.nn.Linear(2, 2)
    assert names(open_object(module, Options())) == names(open_object(module.state_dict(), Options()))


BROKEN = {
    "x.safetensors": struct.pack("<Q", 90) + b"{" + b" " * 20,
    "header.safetensors": struct.pack("<Q", 9) + b'{"a": [1}',
    "x.onnx": b"\x08\x07\x12\x07pytorch\x3a\xff\xff\x01",
    "x.pth": zipped(stream({"epoch": 3})),
    "tar": tarred(stream(1)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_every_error_names_the_file_as_it_was_given(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    path = Path("sub") / f"my {name}"
    path.write_bytes(BROKEN[name])
    with pytest.raises(LoadError) as caught:
        open_checkpoint(path, Options())
    assert str(path) in caught.value.message
    assert f"'{path.name}'" not in caught.value.message
    assert str(caught.value) == caught.value.message


def test_a_message_without_the_name_has_the_path_in_front() -> None:
    assert name_path("b.pth is damaged.", Path("a/b.pth")) == "a/b.pth is damaged."
    assert name_path("'b.pth' is damaged.", Path("a/b.pth")) == "a/b.pth is damaged."
    assert name_path("The header of 'b.pth' is odd.", Path("a/b.pth")) == "The header of a/b.pth is odd."
    assert name_path("None of 3 files is there.", Path("a/b")) == "a/b: None of 3 files is there."
    assert name_path("a/b.pth is empty.", Path("a/b.pth")) == "a/b.pth is empty."


def test_the_state_of_an_optimizer_alone_is_said_to_be_that(tmp_path: Path) -> None:
    net = torch.nn.Linear(2, 3)
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    with pytest.raises(CorruptFileError, match=r"holds only the state of an optimizer \(AdamW\)"):
        open_checkpoint(saved(tmp_path, optimizer.state_dict()), Options())


def test_a_pick_that_a_format_does_not_know_is_not_ignored(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.ones(2)}, path)
    with pytest.raises(OptionsError, match=r"--pick ema: the file holds one model") as caught:
        open_checkpoint(path, Options(pick="ema"))
    assert caught.value.hint == "Leave out --pick."
    with opened(saved(tmp_path, {"model": {"a.weight": torch.ones(2, 2)}, "epoch": 1}), "model") as checkpoint:
        assert checkpoint.source.model_key == "model"
