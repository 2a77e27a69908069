import msgspec

from modelreport.render.charts.weight_rows import by_depth, none_drawn, percentile, weight_rows
from tests.factories import make_report, skipped_report


def test_rows_are_the_matrices_in_the_order_of_the_model():
    report = make_report()
    rows, said = weight_rows(report.structure, report.weights, report.trace, 100)
    assert [row.label for row in rows][:2] == ["conv1", "layers.0.conv1"]
    assert [row.colour for row in rows][-1] == "linear"
    assert said == "All weights with two or more dimensions, in the order of execution."


def test_depth_is_the_order_of_execution_whatever_that_of_the_file():
    report = make_report()
    mixed = msgspec.structs.replace(
        report.structure, tensors=tuple(sorted(report.structure.tensors, key=lambda t: t.name[::-1]))
    )
    rows, _ = weight_rows(mixed, report.weights, report.trace, 100)
    assert [row.label for row in rows] == [
        row.label for row in weight_rows(report.structure, report.weights, report.trace, 100)[0]
    ]


def test_without_a_pass_numbers_count_in_a_file_that_is_sorted_by_name():
    made = make_report().structure.tensors[0]
    tensors = [msgspec.structs.replace(made, name=f"h.{i}.w") for i in range(12)]
    none = skipped_report().trace
    assert [t.name for t in by_depth(sorted(tensors, key=lambda t: t.name), none)] == [t.name for t in tensors]
    backwards = tensors[::-1]
    assert by_depth(backwards, none) == backwards


def test_what_the_pass_does_not_read_stays_behind_its_neighbour():
    report = make_report()
    unread = msgspec.structs.replace(report.structure.tensors[0], name="aux.weight")
    tensors = [t for t in report.structure.tensors if t.role == "parameter"]
    ordered = by_depth([*tensors[:3], unread, *tensors[3:]], report.trace)
    assert ordered.index(unread) == 3


def test_many_rows_are_thinned_and_that_is_said():
    report = make_report()
    rows, said = weight_rows(report.structure, report.weights, report.trace, 5)
    assert [row.label for row in rows][0::4] == ["conv1", "fc"]
    assert said.startswith("5 of 12 weights")


def test_without_matrices_all_parameters_are_shown_without_a_family():
    report = make_report()
    vectors = tuple(t for t in report.structure.tensors if len(t.shape) == 1)
    structure = msgspec.structs.replace(report.structure, tensors=vectors)
    rows, said = weight_rows(structure, report.weights, skipped_report().trace, 100)
    assert rows[0].label == "bn1"
    assert {row.colour for row in rows} == {"accent"}
    assert said.startswith("All parameters")


def test_percentile_takes_a_value_that_is_there():
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0], 0.99) == 1.0


def test_values_that_were_not_read_are_not_called_infinite():
    weights = make_report().weights
    assert none_drawn(weights) == "No parameter has finite values."
    assert none_drawn(msgspec.structs.replace(weights, tensors=())) == "No values were read."
