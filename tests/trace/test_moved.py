"""Bytes read and written, against what each operator has to touch."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from modelreport.trace.moved import moved_bytes, moves_of, stored_bytes
from tests.trace.models import Function, complete_trace_of, spec


def bytes_of(function, *shapes, name=""):
    """Bytes read and written by the last operation, or the one of that name."""
    found = complete_trace_of(Function(function), *(spec(*shape) for shape in shapes))
    last = [o for o in found.operations if not name or o.name == name][-1]
    return last.read_bytes, last.written_bytes


CASES = {
    "arithmetic": (lambda x: x + 1, [(8,)], (32, 32)),
    "one tensor twice": (lambda x: x * x, [(8,)], (32, 32)),
    "broadcast": (lambda x, y: x + y, [(4, 1), (1, 8)], (16 + 32, 128)),
    "expanded": (lambda x: x.expand(4, 8) + 1, [(1, 8)], (32, 128)),
    "transposed": (lambda x: x.T + 1, [(4, 8)], (128, 128)),
    "every second": (lambda x: x[::2] + 1, [(8,)], (16, 16)),
    "overlapping windows": (lambda x: x.unfold(0, 4, 1) + 1, [(8,)], (32, 80)),
    "in place": (lambda x: x.clone().mul_(2), [(8,)], (32, 32)),
    "filled": (torch.zeros_like, [(8,)], (0, 32)),
    "nothing yet": (lambda x: x.new_empty(8), [(8,)], (0, 0)),
    "overwritten": (lambda x: x.new_empty(8).copy_(x), [(8,)], (32, 32)),
    "copied": (lambda x: torch.cat([x, x, x]), [(8,)], (32, 96)),
    "reduced": (lambda x: x.sum(), [(8,)], (32, 4)),
    "a view of a product": (lambda x, y: (x @ y).view(-1), [(4, 8), (8, 4)], (0, 0)),
    "largest and where": (lambda x: x.max(0)[0] * 1, [(8,)], (4, 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_tensor_is_read_and_written_once_as_it_is_stored(case):
    function, shapes, expected = CASES[case]
    assert bytes_of(function, *shapes) == expected


INDEX = torch.tensor([1, 1, 3])


def test_a_look_up_reads_the_rows_it_takes():
    ids, row = 3 * 8, 16 * 4
    assert bytes_of(lambda table: functional.embedding(INDEX, table), (1000, 16), name="embedding") == (
        ids + 3 * row,
        3 * row,
    )
    assert bytes_of(lambda x: x.index_select(0, INDEX), (1000, 16), name="index_select") == (ids + 3 * row, 3 * row)
    assert bytes_of(lambda x: x[INDEX], (1000, 16), name="getitem") == (ids + 3 * row, 3 * row)


def test_more_rows_than_the_table_has_read_the_table_once():
    index = torch.zeros(100, dtype=torch.int64)
    read, written = bytes_of(lambda x: x.index_select(0, index), (2, 16), name="index_select")
    assert (read, written) == (800 + 2 * 64, 100 * 64)


def test_a_bag_reads_its_rows_and_writes_their_sum():
    def bag(table):
        return functional.embedding_bag(INDEX, table, torch.tensor([0, 2]), mode="sum")

    read, written = bytes_of(bag, (1000, 16), name="embedding_bag")
    assert read == 3 * 64 + 3 * 8 + 2 * 8
    assert written >= 2 * 64


def test_writing_into_places_touches_only_them():
    def put(x, y):
        out = x.clone()
        out[INDEX] = y
        return out

    assert bytes_of(put, (1000, 16), (3, 16), name="setitem") == (3 * 64 + 24, 3 * 64)
    added = bytes_of(lambda x, y: x.clone().index_add_(0, INDEX, y), (1000, 16), (3, 16), name="index_add_")
    assert added == (24 + 2 * 3 * 64, 3 * 64)


def test_a_linear_layer_reads_its_weights_and_input_once():
    read, written = bytes_of(functional.linear, (5, 8), (3, 8), (3,))
    assert (read, written) == (4 * (40 + 24 + 3), 4 * 15)


@pytest.mark.filterwarnings("ignore:Sparse CSR")
def test_tensors_without_strides_are_counted_by_their_parts():
    sparse = torch.eye(8).to_sparse()
    assert stored_bytes(sparse) == 2 * 8 * 8 + 8 * 4
    assert stored_bytes(torch.eye(8).to_sparse_csr()) == 9 * 8 + 8 * 8 + 8 * 4
    assert stored_bytes(torch.empty(0)) == 0
    assert stored_bytes(torch.empty(4, 4, device="meta").expand(3, 4, 4)) == 64


def test_operators_of_other_libraries_read_all_they_are_given():
    x = torch.empty(8)
    assert moves_of("mylib", "copy_", view=False) == "all"
    assert moves_of("aten", "copy_", view=True) == "nothing"
    assert moved_bytes("all", [x, x], [x]) == (32, 32)
    assert moved_bytes("scalar", [x], []) == (4, 0)
    assert moved_bytes("placed", [x, x], []) == (32, 0)
