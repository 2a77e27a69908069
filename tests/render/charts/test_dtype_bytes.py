import msgspec

from modelreport.facts import Skipped
from modelreport.render.charts.dtype_bytes import dtype_bytes
from tests.factories import make_report


def test_bytes_are_ordered_and_sum_to_the_model():
    structure = make_report().structure
    chart = dtype_bytes(structure)
    assert sum(chart.layers[0].values) == structure.size_bytes
    assert [row[0] for row in chart.rows] == ["float32", "int64"]
    assert chart.title == "float32 takes >99.9 % of 326 KiB"


def test_no_bytes_is_said():
    assert isinstance(dtype_bytes(msgspec.structs.replace(make_report().structure, dtypes=())), Skipped)
