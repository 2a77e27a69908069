import msgspec

from modelreport.facts import Skipped
from modelreport.render.charts.parameters_by_module import parameters_by_module
from tests.factories import make_report


def test_parts_sum_to_all_parameters():
    structure = make_report().structure
    chart = parameters_by_module(structure)
    assert sum(chart.layers[0].values) == structure.parameters
    assert chart.rows[0][0] == "conv1"
    assert chart.rows[-1] == ("fc", "Linear", "650", "0.8 %")


def test_a_tied_tensor_counts_once():
    structure = make_report().structure
    tensors = list(structure.tensors)
    tensors[-2] = msgspec.structs.replace(tensors[-2], tied_to="conv1.weight")
    chart = parameters_by_module(msgspec.structs.replace(structure, tensors=tuple(tensors)))
    assert sum(chart.layers[0].values) == structure.parameters - 640


def test_tensors_of_unknown_modules_are_not_lost():
    structure = make_report().structure
    tensors = tuple(msgspec.structs.replace(each, module="nowhere") for each in structure.tensors)
    chart = parameters_by_module(msgspec.structs.replace(structure, tensors=tensors))
    assert sum(chart.layers[0].values) == structure.parameters


def test_no_modules_and_no_parameters():
    structure = make_report().structure
    flat = parameters_by_module(msgspec.structs.replace(structure, modules=()))
    assert flat.rows == (("model", "", "82,714", "100 %"),)
    assert isinstance(parameters_by_module(msgspec.structs.replace(structure, tensors=())), Skipped)
