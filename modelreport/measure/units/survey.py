"""Units of the whole model: what the rows of single tensors do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import (
    Duplicate,
    EmbeddingRows,
    Item,
    ModuleFact,
    NearCopy,
    Structure,
    TensorFact,
    TensorStatistics,
    Units,
)
from modelreport.measure.units.blanks import survey_blanks
from modelreport.measure.units.columns import Columns, columns_of, lies_in_columns, survey_columns
from modelreport.measure.units.duplicates import duplicates
from modelreport.measure.units.embeddings import FEWEST_COLUMNS, FEWEST_ROWS, embedding_rows
from modelreport.measure.units.near import PROJECTION, near_copies
from modelreport.measure.units.reading import LONGEST_ROW, as_numbers, plan_of, slabs
from modelreport.measure.units.scales import survey_scales
from modelreport.measure.units.words import words_beside
from modelreport.measure.walk import Walk

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

NORMS = "row norms"
"""Key in what is kept of a tensor: the norm of each of its rows."""

TABLE = re.compile(r"emb|wte|vocab|token|lookup", re.IGNORECASE)
"""Names of tables whose norms are kept while their values stream by; any other is read again."""

_POSITION = re.compile(r"pos|wpe|segment|token_type|relative|time", re.IGNORECASE)
_READ_BYTES = 256 << 20
_SLAB = 1 << 20


@dataclass(frozen=True)
class Model:
    """Everything there is to know before values are read again."""

    checkpoint: Checkpoint
    structure: Structure
    statistics: Mapping[str, TensorStatistics]
    kept: Mapping[str, Mapping[str, Any]]

    @cached_property
    def tensors(self) -> dict[str, LazyTensor]:
        """Tensors of the file by the names that facts give them."""
        return {tensor.name: tensor for tensor in self.checkpoint.tensors}

    @cached_property
    def modules(self) -> dict[str, ModuleFact]:
        """Modules by path."""
        return {module.path: module for module in self.structure.modules}


def duplicated(measured: Measured) -> tuple[Duplicate, ...]:
    """Tensors that are stored more than once, for ``Weights.duplicates``."""
    return duplicates(measured.structure, measured.weights.tensors)


def units(measured: Measured) -> Units:
    """Columns, scales, embedding rows and blanks of a model whose tensors were measured, for ``Weights.units``."""
    statistics = {each.name: each for each in measured.weights.tensors}
    model = Model(measured.checkpoint, measured.structure, statistics, measured.kept)
    columns, unread = survey_columns(_columns(model))
    runs, unseen = survey_blanks(model.structure.tensors, model.tensors, statistics)
    embeddings, unmeasured = _embeddings(model)
    return Units(
        columns=columns,
        scales=survey_scales(model.structure, model.tensors, model.checkpoint.graph),
        embeddings=embeddings,
        runs=runs,
        near=tuple(_near(model)),
        unlooked=(*unread, *unseen, *unmeasured),
    )


def _columns(model: Model) -> Iterator[tuple[str, Columns]]:
    modules, tensors = model.modules, model.tensors
    for fact in model.structure.tensors:
        if fact.name in model.statistics and lies_in_columns(fact, modules.get(fact.module)):
            found = columns_of(tensors[fact.name]) if fact.name in tensors else None
            if found is not None:
                yield fact.name, found


def _near(model: Model) -> Iterator[NearCopy]:
    """Heads that are nearly another, in every projection whose norms were kept."""
    for fact in model.structure.tensors:
        tensor, values = model.tensors.get(fact.name), model.statistics.get(fact.name)
        norms = model.kept.get(fact.name, {}).get(NORMS)
        if tensor is None or values is None or norms is None or fact.tied_to or not PROJECTION.search(fact.name):
            continue
        plan = plan_of(tensor)
        if plan is not None and fact.role == "parameter":
            yield from near_copies(fact.name, plan, norms, values.rows)


def is_vocabulary(fact: TensorFact, module: ModuleFact | None) -> bool:
    """Whether a tensor is a table looked up by tokens: an embedding that is not of positions or segments."""
    if len(fact.shape) != 2 or fact.role != "parameter" or fact.tied_to:
        return False
    large = fact.shape[0] >= FEWEST_ROWS and fact.shape[1] >= FEWEST_COLUMNS
    table = module is not None and ("embedding" in module.type.lower() or module.type == "Gather")
    return large and table and not _POSITION.search(fact.name)


def _embeddings(model: Model) -> tuple[tuple[EmbeddingRows, ...], tuple[Item, ...]]:
    found, left, spent = [], [], 0
    for fact in model.structure.tensors:
        tensor, values = model.tensors.get(fact.name), model.statistics.get(fact.name)
        if tensor is None or values is None or not is_vocabulary(fact, model.modules.get(fact.module)):
            continue
        plan = plan_of(tensor)
        if plan is None or plan.row > LONGEST_ROW:
            continue
        norms = model.kept.get(fact.name, {}).get(NORMS)
        if norms is None:
            spent += plan.size_bytes
            if spent > _READ_BYTES:
                left.append(Item(name=fact.name, value="its rows were not compared: more than 256 MiB had been read"))
                continue
            norms = row_norms(plan)
        words = partial(words_beside, model.checkpoint.folder, plan.rows)
        found.append(embedding_rows(fact.name, plan, norms, values.rows, words))
    return tuple(found), tuple(left)


def row_norms(plan: Walk) -> NDArray[np.float64]:
    """Euclidean norm of each row over its finite values."""
    parts = [_norms(as_numbers(plan, slab)) for _, slab in slabs(plan, _SLAB)]
    return np.concatenate(parts)


def _norms(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return np.asarray(np.sqrt((np.where(np.isfinite(rows), rows, 0.0) ** 2).sum(axis=1)))
