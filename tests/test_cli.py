"""The command, as a user types it."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.remote.servers import web_of, weights, write_safetensors

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_models"


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command, its output as text."""
    command = [sys.executable, "-m", "modelreport", *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, timeout=300, check=False)


def modules_after(*arguments: str) -> set[str]:
    """Top-level modules that are loaded when the command ends."""
    code = (
        "import sys\nfrom modelreport.cli import main\n"
        f"sys.argv = ['modelreport', *{list(arguments)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('\\nMODULES', *{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=300
    )
    return set(done.stdout.rsplit("MODULES", 1)[1].split())


HEAVY = {"torch", "numpy", "onnx", "plotly", "weasyprint", "jinja2", "timm", "transformers", "torchvision"}


@pytest.mark.parametrize("arguments", [["--help"], ["build", "--help"], ["formats"], ["build", "no-such-file.pth"]])
def test_help_and_errors_load_no_heavy_library(arguments: list[str]) -> None:
    assert not modules_after(*arguments) & HEAVY


@pytest.mark.parametrize("name", sorted(p.name for p in SAMPLES.glob("broken_*") if p.name != "broken_weights.pth"))
def test_an_unreadable_file_is_one_line_a_hint_and_exit_code_2(name: str, tmp_path: Path) -> None:
    done = run("build", SAMPLES / name, "-o", "report.html", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("modelreport: ")
    assert name in lines[0]
    assert len(lines) <= 2
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_file_loads_no_torch() -> None:
    assert "torch" not in modules_after("build", str(SAMPLES / "broken_text.pth"))


def test_without_output_the_report_lies_in_the_working_directory(tmp_path: Path) -> None:
    done = run("build", SAMPLES / "digits_mlp_module.pt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["digits_mlp_module.report.html"]
    assert "digits_mlp_module.report.html" in done.stdout
    assert done.stderr == ""


def test_four_forms_of_one_report(tmp_path: Path) -> None:
    outputs = [tmp_path / f"r{suffix}" for suffix in (".html", ".pdf", ".md", ".json")]
    done = run("build", SAMPLES / "digits_cnn.onnx", *(x for o in outputs for x in ("-o", o)), "--title", "My net")
    assert done.returncode == 0, done.stderr
    assert outputs[0].read_text().startswith("<!doctype html>")
    assert outputs[1].read_bytes().startswith(b"%PDF-")
    assert outputs[2].read_text().startswith("# My net")
    assert json.loads(outputs[3].read_text())["title"] == "My net"


def test_the_table_of_tensors_is_written_beside_the_report(tmp_path: Path) -> None:
    done = run("build", SAMPLES / "digits_cnn.pth", "--no-trace", "--csv", "tensors.txt", "-o", "r.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "tensors.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("name,shape,dtype,")
    names = {tensor["name"] for tensor in json.loads((tmp_path / "r.json").read_text())["structure"]["tensors"]}
    assert {line.split(",")[0] for line in lines[1:]} == names
    assert "tensors.txt" in done.stdout


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()  # in folders, for Markdown names the picture beside it
        outputs = [x for s in (".html", ".pdf", ".md", ".json") for x in ("-o", tmp_path / name / f"r{s}")]
        done = run(
            "build",
            SAMPLES / "digits_cnn.onnx",
            *outputs,
            SOURCE_DATE_EPOCH="1700000000",
            PYTHONHASHSEED=str(len(name)),
        )
        assert done.returncode == 0, done.stderr
    for suffix in (".html", ".pdf", ".md", ".json"):
        assert (tmp_path / "a" / f"r{suffix}").read_bytes() == (tmp_path / "b" / f"r{suffix}").read_bytes(), suffix


@pytest.mark.parametrize(("level", "code"), [("error", 1), ("warning", 1), ("", 0)])
def test_fail_on_turns_findings_into_exit_code_1(level: str, code: int, tmp_path: Path) -> None:
    arguments = ["--fail-on", level] if level else []
    done = run("build", SAMPLES / "broken_weights.pth", "-o", "r.json", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-o", "report.docx"], ".docx is not a form of report"),
        (["-o", "no/such/folder/r.html"], "does not exist"),
        (["--fail-on", "sometimes"], "not a choice"),
        (["--input", "a,b"], "not a shape"),
        (["--model", "no_such_package:net"], "no_such_package"),
        (["--model", "nocolon"], "nocolon"),
        (["--pick", "nothing"], "nothing"),
        (["--workers", "-3"], "give a number from 1"),
        (["--dask", "tcp://127.0.0.1:1"], "no scheduler answers there"),
        (["--spectra", "some"], "--spectra some: not a choice"),
        (["--card"], "--card is for Markdown, and no output is Markdown."),
        (["-o", "r.html", "-o", "./r.html"], "two outputs cannot be one file"),
        (["--no-trace", "--input", "1,3"], "--input: with --no-trace there is no forward pass"),
        (["-o", f"{'x' * 300}.html"], "cannot be written: File name too long"),
        (["-o", ""], "-o: names no file"),
        (["--paper"], "Option '--paper' requires an argument."),
        (["--frobnicate"], "No such option: --frobnicate."),
        (["--workers", "two"], "Invalid value for '--workers'"),
        (["another.pth"], "Got unexpected extra argument"),
    ],
)
def test_an_unusable_option_is_one_clear_line(arguments: list[str], expected: str, tmp_path: Path) -> None:
    done = run("build", SAMPLES / "digits_cnn.pth", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    line, hint = done.stderr.splitlines()
    assert line.startswith("modelreport: ")
    assert expected in line
    assert hint.startswith("  hint: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["build", "m.pth", "--redac", "x"], ["No such option: --redac.", "Did you mean --redact?"]),
        (["m.pth"], ["m.pth is no command.", "Did you mean"]),
        (["site", ".", "-o", "."], ["-o .: is the folder of the models itself.", "Name a folder of its own."]),
        (["render", "m.pth", "-o", "r.html"], ["m.pth: This is not the JSON of a report", "Give a report that was"]),
    ],
)
def test_what_was_probably_meant_is_the_hint(arguments: list[str], said: list[str], tmp_path: Path) -> None:
    (tmp_path / "m.pth").write_bytes(b"\x80")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert [(words in line) for words, line in zip(said, done.stderr.splitlines(), strict=True)] == [True, True]


def test_the_command_alone_shows_its_help() -> None:
    assert "Usage: " in run().stderr


def test_a_path_that_is_not_there_has_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "model_final.pth").write_bytes(b"x")
    done = run("build", "model_finl.pth", "-o", "nowhere/r.html", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "modelreport: model_finl.pth does not exist.",
        "  hint: Did you mean model_final.pth?",
    ]


def test_a_report_given_as_a_checkpoint_is_told_from_one(tmp_path: Path) -> None:
    run("build", SAMPLES / "digits_cnn.pth", "-o", "r.json", "-o", "r.html", "--no-trace", cwd=tmp_path)
    for name in ("r.json", "r.html"):
        done = run("build", name, "-o", "again.json", cwd=tmp_path)
        assert done.returncode == 2
        assert "is a report of this program" in done.stderr


def test_the_checkpoint_is_never_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "model.html"
    shutil.copy(SAMPLES / "digits_cnn.pth", copy)
    before = copy.read_bytes()
    assert run("build", copy, "-o", copy).returncode == 2
    assert copy.read_bytes() == before


def test_an_existing_report_stays_when_the_build_fails(tmp_path: Path) -> None:
    old = tmp_path / "r.html"
    old.write_text("old")
    assert run("build", SAMPLES / "broken_truncated.pth", "-o", old).returncode == 2
    assert old.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    done = run("build", SAMPLES / "digits_mlp_module.pt", "-o", tmp_path / "r.md", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verbose_says_why_a_part_failed(tmp_path: Path) -> None:
    done = run("build", SAMPLES / "digits_cnn_module.pt", "-o", tmp_path / "r.md", "-v")
    assert done.returncode == 0, done.stderr


def test_own_code_builds_the_architecture(tmp_path: Path) -> None:
    output = tmp_path / "r.json"
    done = run("build", SAMPLES / "digits_cnn.pth", "--model", "sample_models.nets:DigitsCNN", "-o", output, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    report = json.loads(output.read_text())
    assert report["trace"]["complete"]
    assert report["identification"]["how"] == "factory"
    assert report["identification"]["matched"] == report["identification"]["total"] > 0


def test_formats_lists_what_can_be_read_and_written() -> None:
    done = run("formats")
    assert done.returncode == 0
    for word in (".pth", ".safetensors", ".onnx", ".html", ".pdf", ".md", ".json"):
        assert word in done.stdout


def test_devices_lists_the_known_ones_with_their_sources() -> None:
    done = run("devices")
    assert done.returncode == 0
    for word in ("h100 ", "a100-80gb", "m3-max", "cpu ", "datasheet", "990 TFLOP/s"):
        assert word in done.stdout


def test_an_unknown_device_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    done = run("build", str(tmp_path), "--device", "abacus")
    assert done.returncode == 2
    assert "--device abacus: not a known device." in done.stderr
    assert "rtx4090" in done.stderr


def test_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"modelreport {version('modelreport')}\n"


def test_completion_can_be_shown() -> None:
    done = run("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert done.returncode == 0
    assert "complete" in done.stdout


def test_a_file_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\u202eb.pth"
    path.write_bytes(b"nothing")
    done = run("build", path)
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert done.returncode == 2


def test_progress_is_silent_when_stderr_is_not_a_terminal_and_clean_when_it_is(tmp_path: Path) -> None:
    main, end = pty.openpty()
    command = [sys.executable, "-m", "modelreport", "build", SAMPLES / "digits_cnn.onnx", "-o", tmp_path / "r.pdf"]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, stderr=end, stdout=subprocess.PIPE, env=env)
    os.close(end)
    shown = b""
    while True:
        try:
            part = os.read(main, 4096)
        except OSError:  # the terminal's other end is closed
            break
        if not part:
            break
        shown += part
    assert child.wait(timeout=300) == 0
    assert b"Traceback" not in shown
    assert child.stdout is not None
    child.stdout.close()
    os.close(main)


def test_the_readmes_reference_is_what_the_command_says() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("modelreport build --help", "modelreport --help", "modelreport formats"):
        shown = run(*shlex.split(command)[1:], COLUMNS="80", TERMINAL_WIDTH="80").stdout.replace(
            "python -m modelreport", "modelreport"
        )
        assert f"$ {command}\n{shown.strip()}\n" in readme, f"{command} is not in the README as it is now"


NETS = """
from torch import nn
print("noise of the user's code")
class Net(nn.Module):
    def __init__(self, width: int = 4):
        super().__init__()
        self.layer = nn.Linear(3, width)
    def forward(self, x):
        return self.layer(x)
"""


def test_a_pickled_module_of_the_users_class_is_traced_with_code(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    make = f"{NETS}\nimport torch\ntorch.save(Net(7), 'net.pt')\ntorch.save(Net(7).state_dict(), 'bare.pt')"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True, capture_output=True)
    for arguments in (["net.pt"], ["bare.pt"], ["bare.pt", "--model", "Net(width=7)"]):
        done = run("build", *arguments, "--code", "nets.py", "-o", "r.json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "noise" not in done.stdout
        report = json.loads((tmp_path / "r.json").read_text())
        assert report["identification"]["name"] == "Net"
        assert "nets.py" in report["identification"]["user_code"]
        assert report["trace"]["outputs"][0]["shape"][-1] == 7
    refused = run("build", "bare.pt", "--model", "nets.py:Net(depth=7)", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "  hint: Did you mean width=…? It is Net(width: int = 4)."


def test_headers_alone_are_read_when_asked(tmp_path: Path) -> None:
    done = run(
        "build", SAMPLES / "digits_vit.safetensors", "--no-weights", "--no-trace", "-o", tmp_path / "r.json", "-v"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["weights"]["reason"] == "Reading values was switched off: this report is made from headers alone."
    assert [file["sha256"] for file in report["source"]["files"]] == [None]
    assert report["structure"]["parameters"] > 0
    assert "s  load" in done.stderr


@pytest.mark.parametrize(("which", "tag"), [("none", "skipped"), ("sample", "spectra"), ("all", "spectra")])
def test_spectra_are_computed_of_what_is_asked_for(which: str, tag: str, tmp_path: Path) -> None:
    sample = SAMPLES / "digits_vit.safetensors"
    done = run("build", sample, "--no-trace", "--spectra", which, "-o", tmp_path / "r.json")
    assert done.returncode in (0, 1), done.stderr
    made = json.loads((tmp_path / "r.json").read_text())["weights"]["spectra"]
    assert made["type"] == tag
    if tag == "skipped":
        assert made["hint"] == "leave out --spectra none"
    else:
        assert made["left_out"] == 0
        assert made["tensors"]


STOPPING = """
import os, signal, sys
from modelreport import cli
from modelreport.measure import survey
survey.PIECE_BYTES = 100_000
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
def stop(self, stage, done, total):
    if stage == sys.argv[0]:
        os.kill(os.getpid(), signal.SIGINT)
cli.Progress.__call__ = stop
cli.main()
"""


@pytest.mark.parametrize("stage", ["load", "measure", "render .md"])
def test_an_interrupt_leaves_nothing_half_done_and_says_so(stage: str, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "work").mkdir()
    outputs = ["-o", "r.json", "-o", "r.md"]
    command = [STOPPING.replace("sys.argv[0]:", f"{stage!r}:"), "build", str(SAMPLES / "digits_vit.safetensors")]
    done = subprocess.run(
        [sys.executable, "-c", *command, "--no-trace", *outputs], capture_output=True, text=True, timeout=300,
        cwd=tmp_path / "work", env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")},
        check=False,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    written = "only r.json" if stage == "render .md" else "nothing"
    assert done.stderr.splitlines() == [f"modelreport: stopped; {written} was written."]
    assert [p.name for p in (tmp_path / "work").iterdir()] == (["r.json"] if stage == "render .md" else [])
    assert list((tmp_path / "temporary").iterdir()) == []


PATIENT = """
from modelreport.remote import web
web.IDLE_S = 3000.0
"""


def test_an_interrupt_while_a_server_keeps_us_waiting_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    write_safetensors(tmp_path / "served" / "m.safetensors", weights())
    with web_of(tmp_path / "served") as web:
        web.silent_after = 1
        code = PATIENT + STOPPING.replace("sys.argv[0]:", "'never':")
        child = subprocess.Popen(
            [sys.executable, "-c", code, "build", web.url("m.safetensors"), "--no-trace"],
            stderr=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        while not web.waits.wait(0.1) and child.poll() is None:
            pass
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=300)
    assert child.returncode == 130
    assert said.splitlines() == ["modelreport: stopped; nothing was written."]
    assert [p.name for p in tmp_path.iterdir()] == ["served"]


def test_an_address_is_reported_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    write_safetensors(tmp_path / "served" / "far away.safetensors", weights(1, 20))
    with web_of(tmp_path / "served") as web:
        done = run("build", web.url("far%20away.safetensors?token=hush"), "--no-trace", "--workers", "2", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "far away.report.html" in done.stdout
        assert "hush" not in done.stdout + (tmp_path / "far away.report.html").read_text()
        missing = run("build", web.url("none.pth"), "-o", "nowhere/r.html", cwd=tmp_path)
    assert missing.returncode == 2
    assert missing.stderr.splitlines() == [f"modelreport: {web.url('none.pth')} does not exist (404)."]
