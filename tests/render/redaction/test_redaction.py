"""Reports for sharing outside: what was redacted is in no output, in no form."""

from __future__ import annotations

import io
import json
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pdfplumber
import pikepdf
import pytest
import torch
from safetensors.torch import save_file

from modelreport.api import Report, build
from modelreport.options import RenderOptions
from modelreport.render import render, render_files
from modelreport.render.json import decode
from modelreport.render.redaction import redact
from tests.render.payloads import payloads_of

NAMES = ("zephyrstem", "quuxhead", "FlurbNet", "acmelib", "wibbletoken", "vortex_gain", "snarkmode", "splinegrid")
PATHS = ("secretfolder", "grommet7")
METADATA = ("Initech", "blivetrun", "hush-hush", "marzipan")
ALL = frozenset({"names", "paths", "metadata"})


@pytest.fixture(scope="module")
def acmelib() -> Iterator[ModuleType]:
    """A library nobody else has, whose class is pickled by its name."""
    made = ModuleType("acmelib")

    class FlurbNet(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.zephyrstem = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU())
            self.quuxhead = torch.nn.Linear(4, 3)
            self.vortex_gain = torch.nn.Parameter(torch.ones(3))
            self.snarkmode, self.splinegrid_size = "splinegrid", 7

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.quuxhead(self.zephyrstem(x).mean((2, 3))) * self.vortex_gain

    FlurbNet.__module__, FlurbNet.__qualname__ = "acmelib", "FlurbNet"
    made.FlurbNet = FlurbNet  # type: ignore[attr-defined]
    sys.modules["acmelib"] = made
    yield made
    del sys.modules["acmelib"]


@pytest.fixture(scope="module")
def reports(acmelib: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The same model in three files, each with every secret that its form can hold."""
    folder = tmp_path_factory.mktemp("secretfolder")
    model = acmelib.FlurbNet()
    pickled, state, safe = (folder / f"grommet7.{suffix}" for suffix in ("pt", "pth", "safetensors"))
    torch.save(model, pickled)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 1, 8, 8)).sum().backward()
    optimizer.step()
    args = {"run": "blivetrun", "owner": "Initech", "data": "/data/secretfolder/grommet7/train"}
    torch.save(
        {"state_dict": OrderedDict(model.state_dict()), "optimizer": optimizer.state_dict(), "args": args}, state
    )
    tensors = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    tensors["quuxhead.weight"][0] = float("nan")
    save_file(tensors, safe, metadata={"marzipan": "hush-hush", "author": "Initech"})
    return {
        "pickled": build(pickled, model=acmelib.FlurbNet, input="1,1,8,8"),
        "state": build(state, model=acmelib.FlurbNet, input="1,1,8,8"),
        "safe": build(safe),
        "live": build(model, input="1,1,8,8", title="FlurbNet of Initech"),
    }


def everything(report: Report, options: RenderOptions) -> dict[str, str]:
    """The text of every output: of the page with all that its scripts unpack, of the PDF with its attachment."""
    files = {suffix: render_files(report, suffix, options) for suffix in (".html", ".md", ".json", ".csv")}
    texts = {f"{suffix} {name}": data.decode() for suffix, made in files.items() for name, data in made.items()}
    data = payloads_of(texts[".html "])
    assert {"map", "map-details", "tensors", "table-layers"} <= set(data)
    texts["payloads"] = json.dumps(data, ensure_ascii=False)
    data = render(report, ".pdf", options)
    with pdfplumber.open(io.BytesIO(data)) as document:
        texts[".pdf"] = "\n".join(page.extract_text() for page in document.pages)
    with pikepdf.open(io.BytesIO(data)) as document:
        texts["attachment"] = document.attachments["report.json"].get_file().read_bytes().decode()
        texts["document"] = str(document.docinfo) + str(document.Root.get("/Metadata", b"").read_bytes().decode())
        with document.open_outline() as outline:
            texts["outline"] = " ".join(item.title for item in outline.root)
    return texts


@pytest.mark.parametrize("which", ["pickled", "state", "safe", "live"])
def test_no_output_holds_a_redacted_word(reports: dict[str, Report], which: str) -> None:
    plain = reports[which].to_json()
    secrets = [word for word in (*NAMES, *PATHS, *METADATA) if word in plain]
    assert len(secrets) >= 4, "the report as it is tells them"
    for name, text in everything(reports[which], RenderOptions(redact=ALL, picture="map.svg", card=True)).items():
        found = [text[max(0, at - 60) : at + 30] for word in secrets if (at := text.lower().find(word.lower())) >= 0]
        assert found == [], name


@pytest.mark.parametrize(
    ("kind", "gone", "kept"), [("names", NAMES, PATHS), ("paths", PATHS, NAMES), ("metadata", METADATA, NAMES)]
)
def test_each_kind_hides_its_own(
    reports: dict[str, Report], kind: str, gone: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    told = redact(reports["state"], frozenset({kind}))
    text = told.to_json()
    assert not [word for word in gone if word in text]
    assert [word for word in kept if word in text]


def test_structure_and_figures_stay_and_the_report_says_what_was_done(reports: dict[str, Report]) -> None:
    report = reports["pickled"]
    told = redact(report, ALL)
    assert [t.shape for t in told.structure.tensors] == [t.shape for t in report.structure.tensors]
    assert told.structure.parameters == report.structure.parameters
    assert [f.state for f in told.findings] == [f.state for f in report.findings]
    assert told.structure.tensors[1].name.endswith("weight")
    owners = {module.path for module in told.structure.modules}
    assert all(tensor.module in owners for tensor in told.structure.tensors), "names still agree with each other"
    assert told.generator.options[-1].value == "metadata, names, paths"
    assert redact(told, frozenset()) is told
    assert decode(told.to_json().encode(), Report) == told


def test_the_same_report_gets_the_same_names(reports: dict[str, Report]) -> None:
    assert redact(reports["state"], ALL) == redact(reports["state"], ALL)


def test_a_key_of_the_authors_arguments_is_metadata_where_it_is_evidence(tmp_path: Path) -> None:
    path = tmp_path / "m.pth"
    torch.save({"model": {"a.weight": torch.ones(2, 2)}, "quuxhyper": {"dataset": "s3://bucket/secret/data.tar"}}, path)
    report = build(path, trace=False, spectra="none")
    assert [each.name for f in report.findings for each in f.evidence if each.kind == "key"] == ["quuxhyper.dataset"]
    assert "quuxhyper" not in redact(report, frozenset({"metadata"})).to_json()


def test_a_call_that_opening_the_file_would_make_is_still_named() -> None:
    report = build(Path(__file__).parents[3] / "sample_models" / "hostile_runs_command.pth")
    told = next(each for each in redact(report, ALL).findings if each.id == "X001")
    assert told.message.values["first"] == "posix.system"
    assert [each.name for each in told.evidence] == ["posix.system"]
