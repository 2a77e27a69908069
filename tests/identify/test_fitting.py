from __future__ import annotations

import re

import torch
from torch import nn

from modelreport.identify.fitting import compare, module_shapes, tied_names


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)
        self.head = nn.Linear(4, 10, bias=False)
        self.head.weight = self.embed.weight


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def test_the_same_names_and_shapes_fit_exactly() -> None:
    fit = compare(net(), module_shapes(net()))
    assert fit.exact
    assert (fit.matched, fit.total, fit.renamed) == (7, 7, {})


def test_every_difference_is_named() -> None:
    shapes = {**module_shapes(net()), "0.weight": (5, 3), "extra": (1,)}
    del shapes["1.bias"]
    fit = compare(net(), shapes)
    assert (fit.changed, fit.missing, fit.unexpected) == (("0.weight",), ("1.bias",), ("extra",))
    assert (fit.matched, fit.total) == (5, 7)
    assert fit.file_shapes["0.weight"] == (5, 3)


def test_counters_that_old_files_lack_are_not_missing_and_those_of_profilers_not_unexpected() -> None:
    shapes = {**module_shapes(net()), "total_ops": (1,), "0.total_params": (1,)}
    del shapes["1.num_batches_tracked"]
    fit = compare(net(), shapes)
    assert fit.exact
    assert (fit.matched, fit.total) == (6, 6)


def test_prefixes_are_put_on_or_taken_off_and_the_renaming_is_told() -> None:
    shapes = module_shapes(net())
    fit = compare(net(), {f"model.{n}": s for n, s in shapes.items()}, prefixes=("model.",))
    assert fit.exact
    assert fit.renamed["0.weight"] == "model.0.weight"
    inner = nn.ModuleDict({"bert": net()})
    assert compare(inner, shapes, prefixes=("bert.",)).exact


def test_names_of_old_files_are_understood() -> None:
    module = nn.ModuleDict({"LayerNorm": nn.LayerNorm(4)})
    fit = compare(module, {"LayerNorm.gamma": (4,), "LayerNorm.beta": (4,)})
    assert fit.exact
    assert fit.renamed == {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    conv = nn.Module()
    conv.layer = torch.nn.utils.parametrizations.weight_norm(nn.Conv1d(2, 3, 1))
    assert compare(conv, {"layer.bias": (3,), "layer.weight_g": (3, 1, 1), "layer.weight_v": (3, 2, 1)}).exact


def test_tied_parameters_need_to_be_there_once() -> None:
    assert tied_names(Tied()) == {"embed.weight": ("head.weight",), "head.weight": ("embed.weight",)}
    fit = compare(Tied(), {"embed.weight": (10, 4)})
    assert fit.exact
    assert (fit.matched, fit.total) == (1, 1)


def test_names_the_library_ignores_are_neither_missing_nor_unexpected() -> None:
    shapes = {"0.weight": (4, 3), "0.bias": (4,), "pooler.x": (1,)}
    fit = compare(net(), shapes, ignore=(re.compile(r"^pooler"), re.compile(r"^1\.")))
    assert fit.exact
