"""Reports made by hand for tests, with every field of the weights filled: a deep model of any number of tensors."""

from __future__ import annotations

import hashlib
import math
import random
from functools import cache
from typing import Any

import msgspec

from modelreport.facts import (
    AdapterDelta,
    AdapterEffect,
    AverageDrift,
    ColumnFigures,
    DtypeTotal,
    Duplicate,
    EmbeddingRows,
    Evidence,
    Finding,
    Histogram,
    Item,
    LayerUpdate,
    Message,
    ModuleFact,
    OddTensor,
    OptimizerEvidence,
    ParameterGroup,
    Peer,
    PeerRole,
    Peers,
    Picture,
    Precision,
    Pruning,
    Report,
    RowCopy,
    RowFigures,
    ScaleFigures,
    Scheme,
    SchemeError,
    Skipped,
    Spectra,
    Spectrum,
    Structure,
    TensorFact,
    TensorPrecision,
    TensorPruning,
    TensorStatistics,
    TrainingPoint,
    Units,
    Weights,
)
from tests.factories import make_report

ROLES = (
    ("attention.query", (256, 256)),
    ("attention.key", (256, 256)),
    ("attention.output", (256, 256)),
    ("mlp.up", (1024, 256)),
    ("mlp.down", (256, 1024)),
)
SCHEMES = {
    "fp16": ("fp16", 0.5, 71.0),
    "bf16": ("bf16", 0.5, 53.0),
    "fp8-e4m3": ("fp8 E4M3, one scale per tensor", 0.25, 31.5),
    "fp8-e5m2": ("fp8 E5M2", 0.25, 25.6),
    "int8-tensor": ("int8, one scale per tensor", 0.25, 36.0),
    "int8-channel": ("int8, one scale per channel", 0.26, 41.0),
    "int4-128": ("int4, one scale per 128 values", 0.141, 20.0),
}
PEER_STATISTICS = ("scale", "centre", "tails", "rows", "zeros")
LEVELS = tuple(i / 20 for i in range(1, 20))


def rich_report(number: int = 80, **overrides: Any) -> Report:
    """The small report with ``number`` weight matrices of a deep model and every part of ``Weights`` filled."""
    return msgspec.structs.replace(_rich(number), **overrides)


@cache
def _rich(number: int) -> Report:
    chance = random.Random(number)
    facts = tuple(_fact(i) for i in range(number))
    weights = _weights(facts, chance)
    report = make_report()
    assert report.source.training
    history = tuple(
        TrainingPoint(step=100 * i, loss=3 / (i + 1), evaluation_loss=3.2 / (i + 1), learning_rate=1e-4 * (1 - i / 20))
        for i in range(20)
    )
    training = msgspec.structs.replace(report.source.training, history=history)
    return msgspec.structs.replace(
        report,
        source=msgspec.structs.replace(report.source, training=training),
        structure=_structure(facts),
        trace=Skipped(stage="trace", reason="There is no architecture to run."),
        weights=weights,
        findings=(*report.findings, _finding(facts)),
    )


def _fact(index: int) -> TensorFact:
    layer, role = divmod(index, len(ROLES))
    name, shape = ROLES[role]
    count = math.prod(shape)
    module = f"encoder.layer.{layer}.{name}"
    return TensorFact(
        name=f"{module}.weight", shape=shape, dtype="float32", role="parameter", module=module, count=count,
        size_bytes=4 * count, stored_bytes=4 * count, trainable=True,
    )  # fmt: skip


def _structure(facts: tuple[TensorFact, ...]) -> Structure:
    places: dict[str, int] = {}
    modules: list[dict[str, Any]] = []
    for fact in facts:
        parts = fact.module.split(".")
        for depth in range(len(parts) + 1):
            path = ".".join(parts[:depth])
            if path not in places:
                places[path] = len(modules)
                parent = places[".".join(parts[: depth - 1])] if depth else -1
                modules.append({"path": path, "parent": parent, "count": 0, "own": 0})
            modules[places[path]]["count"] += fact.count
        modules[places[fact.module]]["own"] += fact.count
    total = sum(fact.count for fact in facts)
    made = tuple(
        ModuleFact(
            path=m["path"], name=m["path"].rpartition(".")[2], type="Linear" if m["own"] else "Module",
            parent=m["parent"], parameters=m["count"], own_parameters=m["own"], size_bytes=4 * m["count"],
        )
        for m in modules
    )  # fmt: skip
    return Structure(
        origin="names", modules=made, tensors=facts, parameters=total, trainable=total, buffers=0,
        parameter_tensors=len(facts), buffer_tensors=0, size_bytes=4 * total,
        dtypes=(DtypeTotal(dtype="float32", tensors=len(facts), count=total, size_bytes=4 * total),),
    )  # fmt: skip


def _statistics(fact: TensorFact, chance: random.Random) -> TensorStatistics:
    std = math.exp(chance.gauss(-3.5, 0.4))
    counts = [
        int(fact.count / 25 * math.exp(-(((i - 31.5) / 9) ** 2) / 2) * chance.uniform(0.9, 1.1)) for i in range(64)
    ]
    counts[32] += fact.count - sum(counts)
    reach = 3.5 * std
    normal = (-3.09, -2.33, -1.64, -0.67, 0.0, 0.67, 1.64, 2.33, 3.09)
    rows = fact.shape[0]
    return TensorStatistics(
        name=fact.name, count=fact.count, nan=0, positive_infinity=0, negative_infinity=0, zeros=chance.randrange(9),
        subnormals=chance.randrange(3), minimum=-reach, maximum=reach * chance.uniform(0.9, 1), std=std,
        mean=chance.gauss(0, std / 100), absolute_mean=0.8 * std, norm=std * math.sqrt(fact.count),
        quantiles=tuple(std * (q + chance.gauss(0, 0.02)) for q in normal), skewness=chance.gauss(0, 0.1),
        kurtosis=chance.gauss(0.5, 0.3), channels=rows, zero_channels=0, constant_channels=0,
        histogram=Histogram(low=-reach, high=reach, counts=tuple(max(c, 0) for c in counts)),
        rows=RowFigures(
            norms=tuple(std * 16 * f * chance.uniform(0.95, 1.05) for f in (0.7, 0.9, 1.0, 1.1, 1.6)),
            outlier_ratio=chance.uniform(1.5, 9), outliers=tuple(chance.sample(range(rows), 5)), identical=2,
            groups=((3, 17), (20, 21)), copies=(RowCopy(first=0, copy=64, rows=32),), zeros=(),
        ),
        digest=hashlib.sha256(fact.name.encode()).hexdigest()[:32],
    )  # fmt: skip


def _weights(facts: tuple[TensorFact, ...], chance: random.Random) -> Weights:
    size = sum(fact.size_bytes for fact in facts)
    names = [fact.name for fact in facts]
    return Weights(
        tensors=tuple(_statistics(fact, chance) for fact in facts),
        read_bytes=size,
        hash=hashlib.sha256(b"weights").hexdigest(),
        duplicates=(Duplicate(names=tuple(names[:2]), size_bytes=facts[0].size_bytes),),
        peers=_peers(facts, chance),
        precision=_precision(facts, chance),
        pruning=Pruning(
            levels=LEVELS, thresholds=tuple(0.03 * level for level in LEVELS),
            kept=tuple(1 - level**3 for level in LEVELS), count=sum(fact.count for fact in facts),
            tensors=tuple(
                TensorPruning(
                    name=name, removed=tuple(level * chance.uniform(0.9, 1.1) for level in LEVELS),
                    two_four_kept=chance.uniform(0.85, 0.95), zeros=0.0,
                )
                for name in names
            ),
        ),
        spectra=Spectra(tensors=tuple(_spectrum(f, chance) for f in facts), left_out=3, chosen="The largest 80."),
        optimizer=_optimizer(names, chance),
        average=AverageDrift(key="ema", layers=tuple((name, chance.uniform(0, 0.01)) for name in names), equal=0),
        units=Units(
            columns=(ColumnFigures(name=names[4], units=1024, zero=1, zeros=(7,)),),
            scales=(
                ScaleFigures(name=names[2], kind="batch", channels=64, scales=(0, 0.5, 1, 1.2, 2), zero=2, weak=3),
            ),
            embeddings=(
                EmbeddingRows(name=names[1], rows=256, width=256, untrained=12, how="together", low=0.5, high=0.6,
                              median=1.4, alike=0.98, indices=(3, 4)),
            ),
        ),
        adapter=AdapterEffect(
            kind="LoRA",
            deltas=(AdapterDelta(target="encoder.layer.0", rank=8, scale=2.0, norm=0.4, stable_rank=2.1),),
        ),
        pictures=(
            Picture(
                id="filters-0", kind="filters", tensor=names[0], width=3, height=3, channels=1,
                tiles=(bytes(range(9)), bytes(range(9, 18))), indices=(0, 1),
            ),
            Picture(
                id="norms-0", kind="norms", tensor=names[1], width=0, height=0, channels=1, tiles=(),
                histogram=Histogram(low=0.5, high=2.5, counts=(1, 5, 30, 80, 90, 40, 9, 1)), total=256,
            ),
        ),
    )  # fmt: skip


def _peers(facts: tuple[TensorFact, ...], chance: random.Random) -> Peers:
    roles = []
    for place, (role, _) in enumerate(ROLES):
        members = tuple(
            Peer(
                name=fact.name, depth=depth, values=tuple(chance.gauss(1, 0.1) for _ in PEER_STATISTICS),
                scores=tuple(chance.gauss(0, 1.5) for _ in PEER_STATISTICS),
            )
            for depth, fact in enumerate(facts[place :: len(ROLES)])
        )  # fmt: skip
        roles.append(PeerRole(role=f"encoder.layer.#.{role}.weight", members=members, judged=len(members) > 5))
    odd = OddTensor(
        name=facts[3].name, role=roles[3].role, statistic="scale", value=2.0, median=0.5, score=12.0, peers=15
    )
    return Peers(statistics=PEER_STATISTICS, roles=tuple(r for r in roles if r.members), odd=(odd,))


def _precision(facts: tuple[TensorFact, ...], chance: random.Random) -> Precision:
    size = sum(fact.size_bytes for fact in facts)
    schemes = tuple(
        Scheme(
            id=key, title=title, size_bytes=int(size * share), tensors=len(facts), overflow=0, underflow=12,
            sqnr_db=quality, worst=tuple(fact.name for fact in facts[:10]),
        )
        for key, (title, share, quality) in SCHEMES.items()
    )  # fmt: skip
    tensors = tuple(
        TensorPrecision(
            name=fact.name,
            errors=tuple(
                SchemeError(
                    scheme=key, overflow=int(key == "fp16" and i == 5), underflow=chance.randrange(100),
                    sqnr_db=quality + chance.gauss(0, 2), size_bytes=int(fact.size_bytes * share),
                )
                for key, (_, share, quality) in SCHEMES.items()
            ),
        )
        for i, fact in enumerate(facts)
    )  # fmt: skip
    return Precision(schemes=schemes, tensors=tensors)


def _spectrum(fact: TensorFact, chance: random.Random) -> Spectrum:
    rank = min(fact.shape)
    largest = chance.uniform(2, 9)
    values = tuple(largest * math.exp(-4 * i / 63) * chance.uniform(0.99, 1) for i in range(64))
    return Spectrum(
        name=fact.name, rows=fact.shape[0], columns=fact.shape[1], method="full",
        values=tuple(sorted(values, reverse=True)), places=tuple(i * (rank - 1) // 63 for i in range(64)),
        largest=largest, smallest=largest * 0.018, stable_rank=chance.uniform(5, 40), effective_rank=rank * 0.7,
        rank=rank, rank_90=rank // 2, rank_95=rank * 2 // 3, rank_99=rank * 9 // 10, alpha=chance.uniform(2, 6),
        alpha_distance=0.05, alpha_count=80, condition=chance.uniform(10, 1000), random_edge=1.8, random_distance=0.3,
    )  # fmt: skip


def _optimizer(names: list[str], chance: random.Random) -> OptimizerEvidence:
    return OptimizerEvidence(
        kind="AdamW", matched="In the order of the parameters, by shapes.", without_state=(), outside=(),
        layers=tuple(
            LayerUpdate(
                name=name, step=12_340, gradient_rms=math.exp(chance.gauss(-9, 1)), momentum_rms=1e-5,
                update_ratio=math.exp(chance.gauss(-7, 0.5)), weight_rms=0.03, group=0,
            )
            for name in names
        ),
        groups=(ParameterGroup(settings=(Item(name="lr", value="0.0001"),), parameters=len(names)),),
    )  # fmt: skip


def _finding(facts: tuple[TensorFact, ...]) -> Finding:
    return Finding(
        id="W010", severity="warning", state="found", title="Unlike its peers",
        message=Message(
            text="{tensor} has a scale of {odd_value}, its peers {usual_value}.",
            values={"tensor": facts[3].name, "odd_value": 2.0, "usual_value": 0.5},
        ),
        evidence=(Evidence(kind="tensor", name=facts[3].name),), evidence_count=1, section="weights",
    )  # fmt: skip
