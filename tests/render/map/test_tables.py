from __future__ import annotations

from modelreport.render.map.tables import Table, column


def test_a_value_stands_once_and_columns_hold_its_place():
    table = Table()
    asked = []

    def written(number):
        asked.append(number)
        return str(number % 2)

    assert column(table, [3, 4, 3, 5], written) == [0, 1, 0, 0]
    assert table.values() == ["1", "0"]
    assert asked == [3, 4, 5], "equal facts are written once"
