from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from modelreport.checkpoint import LazyTensor
from modelreport.errors import LoadError
from modelreport.facts import QUANTILES, Skipped, Weights
from modelreport.measure import measure, survey
from modelreport.options import Options
from tests.measure.tensors import close, make_checkpoint, make_storage, make_tensor, map_file, reason_of, statistics_of

FLOATS = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
}
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def patterns(dtype: np.dtype[Any], shape: tuple[int, ...], seed: int) -> Any:
    """Every kind of value a dtype has: random bits, so NaN, infinities, subnormals and extremes among them."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(rng.bytes(size), np.uint8).view(dtype).reshape(shape)


def check(found: Any, values: Any, smallest_normal: float = 0.0) -> None:
    """Compare with numpy in float64."""
    with np.errstate(invalid="ignore"):  # signalling NaN
        wide = values.astype(np.float64).ravel()
    good = wide[np.isfinite(wide)]
    assert found.count == wide.size
    assert found.nan == np.isnan(wide).sum()
    assert found.positive_infinity == (wide == np.inf).sum()
    assert found.negative_infinity == (wide == -np.inf).sum()
    assert found.zeros == (good == 0).sum()
    assert found.subnormals == ((np.abs(good) < smallest_normal) & (good != 0)).sum()
    if not good.size:
        assert found.minimum is found.mean is found.std is found.norm is found.histogram is None
        assert found.quantiles == ()
        return
    assert (found.minimum, found.maximum) == (good.min(), good.max())
    assert sum(found.histogram.counts) == good.size
    assert (found.histogram.low, found.histogram.high) == (good.min(), good.max())
    scale = np.abs(good).max() or 1.0
    safe = good / scale
    assert close(found.mean / scale, safe.mean(), np.abs(safe).mean())
    assert close(found.absolute_mean / scale, np.abs(safe).mean())
    assert close(found.std / scale, safe.std(), np.abs(safe).mean())
    norm = np.linalg.norm(safe)
    if float(scale) * float(norm) < 1e308:
        assert close(found.norm / scale, norm)
    else:
        assert found.norm is None or found.norm > 1e307


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("shape", [(7, 11), (300, 400)], ids=["sorted", "streamed"])
def test_random_bits_of_every_float_dtype_agree_with_numpy(name: str, shape: tuple[int, int]) -> None:
    dtype = np.dtype(FLOATS[name])
    values = patterns(dtype, shape, 3)
    (found,) = statistics_of(make_tensor(values, name))
    check(found, values, float(ml_dtypes.finfo(dtype).smallest_normal))


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("shape", [(7, 11), (300, 400)], ids=["sorted", "streamed"])
def test_random_bits_of_every_integer_dtype_agree_with_numpy(name: str, shape: tuple[int, int]) -> None:
    values = patterns(np.dtype(name), shape, 4)
    (found,) = statistics_of(make_tensor(values))
    check(found, values)


@settings(max_examples=150, deadline=None)
@given(
    values=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    )
)
def test_any_small_float_array_agrees_with_numpy_and_its_quantiles_are_exact(values: Any) -> None:
    (found,) = statistics_of(make_tensor(values))
    check(found, values, float(np.finfo(values.dtype).smallest_normal))
    with np.errstate(invalid="ignore"):
        wide = values.astype(np.float64).ravel()
    good = wide[np.isfinite(wide)]
    if good.size and np.abs(good).max() < 1e300:
        expected = np.quantile(good, QUANTILES)
        scale = np.abs(good).max()
        assert all(abs(a - b) <= 1e-12 * scale for a, b in zip(found.quantiles, expected, strict=True))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e20]),
    shift=st.sampled_from([0.0, 1.0, -100.0]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_streamed_quantiles_are_within_2_to_the_minus_8_and_histograms_near_numpys(
    seed: int, scale: float, shift: float, dtype: str
) -> None:
    rng = np.random.default_rng(seed)
    values = ((rng.standard_normal(70_000) + shift) * scale).astype(dtype)
    (found,) = statistics_of(make_tensor(values))
    ordered = np.sort(values.astype(np.float64))
    for q, have in zip(QUANTILES, found.quantiles, strict=True):
        below, above = ordered[int(q * 69_999)], ordered[min(int(q * 69_999) + 1, 69_999)]
        assert below - 2**-8 * abs(below) <= have <= above + 2**-8 * abs(above)
    assert found.histogram is not None
    expected = np.histogram(ordered, 64)[0]
    assert np.abs(np.array(found.histogram.counts) - expected).sum() < 0.02 * values.size


def test_a_streamed_16_bit_tensor_has_exact_quantiles_and_histogram() -> None:
    values = np.random.default_rng(0).standard_normal(100_000).astype(np.float16)
    (found,) = statistics_of(make_tensor(values))
    wide = values.astype(np.float64)
    assert np.allclose(found.quantiles, np.quantile(wide, QUANTILES), rtol=1e-12, atol=0)
    edges = np.linspace(wide.min(), wide.max(), 65)
    assert found.histogram is not None
    assert found.histogram.counts == tuple(np.histogram(wide, edges)[0])


@pytest.mark.parametrize("count", [10, 100_000])
def test_values_near_the_end_of_float64_do_not_overflow(count: int) -> None:
    values = np.full(count, 1.5e308)
    values[::2] = -1.5e308
    (found,) = statistics_of(make_tensor(values))
    assert found.mean == 0.0
    assert close(found.std, 1.5e308)
    assert found.norm is None
    assert found.histogram is not None
    assert found.histogram.counts[0] == found.histogram.counts[-1] == count // 2


@pytest.mark.parametrize("count", [3, 200_000])
def test_a_constant_tensor_has_deviation_zero_and_one_bin(count: int) -> None:
    (found,) = statistics_of(make_tensor(np.full(count, 0.1, np.float32)))
    value = float(np.float32(0.1))
    assert (found.minimum, found.maximum, found.mean, found.std) == (value, value, value, 0.0)
    assert found.histogram is not None
    assert (found.histogram.low, found.histogram.high, found.histogram.counts) == (value, value, (count,))


def test_tensors_of_no_dimension_and_of_no_elements_are_measured() -> None:
    scalar, empty = statistics_of(
        make_tensor(np.array(5.0), name="scalar"), make_tensor(np.empty((3, 0, 2), np.float32), name="empty")
    )
    assert (scalar.count, scalar.mean, scalar.quantiles, scalar.channels) == (1, 5.0, (5.0,) * 9, None)
    assert (empty.count, empty.mean, empty.quantiles, empty.channels, empty.zero_channels) == (0, None, (), 3, 0)


@pytest.mark.parametrize("side", [30, 400])
def test_a_transposed_view_has_the_statistics_and_digest_of_its_copy(side: int) -> None:
    base = np.random.default_rng(1).standard_normal((side, side + 3)).astype(np.float32)
    base[:, 4] = 0
    view = LazyTensor("view", "float32", (side + 3, side), make_storage(base), strides=(1, side + 3))
    copy = make_tensor(np.ascontiguousarray(base.T), name="copy")
    first, second = statistics_of(view, copy)
    assert first.digest == second.digest
    assert (first.zero_channels, first.quantiles, first.histogram) == (1, second.quantiles, second.histogram)
    assert close(first.std, second.std or 0)


def test_a_slice_with_an_offset_is_read_from_where_it_lies() -> None:
    base = np.arange(100, dtype=np.float32)
    view = LazyTensor("view", "float32", (5, 2), make_storage(base), strides=(10, 1), offset=3)
    (found,) = statistics_of(view)
    check(found, base.reshape(10, 10)[:5, 3:5])


def test_an_expanded_tensor_counts_every_shown_element_and_reads_each_stored_one_once() -> None:
    stored = np.array([0, 1, 2, 3], np.float32)
    shape = (10**9, 4, 10**6)
    huge = LazyTensor("huge", "float32", shape, make_storage(stored), strides=(0, 1, 0))
    (found,) = statistics_of(huge)
    assert (found.count, found.zeros, found.mean) == (4 * 10**15, 10**15, 1.5)
    assert found.norm == pytest.approx((14 * 10**15) ** 0.5)
    assert found.quantiles[4] == 1.5
    assert found.histogram is not None
    assert sum(found.histogram.counts) == found.count
    assert (found.channels, found.zero_channels, found.constant_channels) == (10**9, 0, 0)


def test_an_expanded_first_dimension_multiplies_its_channels() -> None:
    zeros = LazyTensor("zeros", "float32", (8, 3), make_storage(np.zeros(3, np.float32)), strides=(0, 1))
    (found,) = statistics_of(zeros)
    assert (found.channels, found.zero_channels, found.constant_channels, found.zeros) == (8, 8, 8, 24)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "complex64"])
def test_big_endian_values_equal_their_little_endian_twins(dtype: str) -> None:
    values = (np.random.default_rng(2).standard_normal((20, 30)) * 100).astype(dtype)
    swapped = make_tensor(values, storage=make_storage(values.astype(values.dtype.newbyteorder(">"))), big_endian=True)
    first, second = statistics_of(make_tensor(values, name="t"), swapped)
    assert first == second


def test_complex_numbers_are_measured_by_their_magnitude() -> None:
    values = np.array([[3 + 4j, 0], [0, 0]], np.complex64)
    half = np.array([3, 4, 0, 0, 0, 0, 0, 0], np.float16)
    found, small = statistics_of(make_tensor(values), LazyTensor("half", "complex32", (2, 2), make_storage(half)))
    assert (found.maximum, found.zeros, found.norm, found.zero_channels) == (5.0, 3, 5.0, 1)
    assert (small.maximum, small.zeros, small.norm) == (5.0, 3, 5.0)


def test_booleans_count_as_zero_and_one() -> None:
    (found,) = statistics_of(make_tensor(np.array([[True, False], [True, True]]), "bool"))
    assert (found.zeros, found.mean, found.constant_channels, found.zero_channels) == (1, 0.75, 1, 0)


@pytest.mark.parametrize(
    ("dtype", "raw", "values"),
    [
        ("int4", [0x21, 0x8F, 0x07], [1, 2, -1, -8, 7]),
        ("uint4", [0x21, 0x8F, 0x07], [1, 2, 15, 8, 7]),
        ("int2", [0b11_10_01_00], [0, 1, -2, -1]),
        ("uint1", [0b0000_0101], [1, 0, 1]),
        ("float4_e2m1fn", [0x72, 0x0F], [1.0, 6.0, -6.0]),
    ],
)
def test_numbers_narrower_than_a_byte_are_unpacked_low_bits_first(
    dtype: str, raw: list[int], values: list[float]
) -> None:
    tensor = LazyTensor("packed", dtype, (len(values),), make_storage(bytes(raw)))
    (found,) = statistics_of(tensor)
    check(found, np.array(values, np.float64))


def test_many_narrow_numbers_are_streamed() -> None:
    raw = np.random.default_rng(5).integers(0, 256, 150_000, np.uint8)
    (found,) = statistics_of(LazyTensor("packed", "uint4", (300, 1000), make_storage(raw)))
    values = np.stack([raw & 15, raw >> 4], 1)
    check(found, values)
    six = np.random.default_rng(6).integers(0, 256, 300_000, np.uint8)
    (wide,) = statistics_of(LazyTensor("packed", "float6_e2m3", (400_000,), make_storage(six)))
    groups = six.reshape(-1, 3).astype(np.uint32) @ np.array([1, 256, 65536], np.uint32)
    patterns = np.stack([groups >> s & 63 for s in (0, 6, 12, 18)], 1).astype(np.uint8)
    check(wide, patterns.view(ml_dtypes.float6_e2m3fn), 1.0)


def test_two_numbers_in_a_stored_element_are_both_measured() -> None:
    tensor = LazyTensor("fp4", "float4_e2m1fn_x2", (2, 1), make_storage(bytes([0x72, 0x00])))
    (found,) = statistics_of(tensor)
    assert (found.count, found.maximum, found.zeros, found.zero_channels) == (4, 6.0, 2, 1)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_zero_and_constant_channels_are_counted_in_tensors_of_many_blocks(dtype: str) -> None:
    values = np.random.default_rng(7).standard_normal((700, 999)).astype(np.float32)
    values[[3, 4, 500]] = 0
    values[4, ::2] = -0.0
    values[600] = 7
    values[601] = np.nan
    kept = values.astype(FLOATS[dtype])
    (found,) = statistics_of(make_tensor(kept, dtype))
    assert (found.channels, found.zero_channels, found.constant_channels) == (700, 3, 4)


def test_a_tied_tensor_is_read_once_and_reported_under_both_names() -> None:
    storage = make_storage(np.arange(10, dtype=np.float32))
    first = LazyTensor("first", "float32", (10,), storage)
    second = LazyTensor("second", "float32", (10,), storage)
    weights = measure(make_checkpoint(first, second), Options())
    assert isinstance(weights, Weights)
    assert [t.name for t in weights.tensors] == ["first", "second"]
    assert weights.tensors[0].digest == weights.tensors[1].digest
    assert weights.read_bytes == 40


def test_equal_values_have_equal_digests_and_other_shapes_or_dtypes_do_not() -> None:
    values = np.arange(12, dtype=np.int32)
    a, b, c, d = statistics_of(
        make_tensor(values, name="a"),
        make_tensor(values.copy(), name="b"),
        make_tensor(values.reshape(3, 4), name="c"),
        make_tensor(values, "uint32", "d"),
    )
    assert a.digest == b.digest
    assert len({a.digest, c.digest, d.digest}) == 3


@pytest.mark.parametrize("threads", [1, 3])
def test_pieces_of_a_large_tensor_merge_to_the_statistics_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    values = np.random.default_rng(8).standard_normal((900, 700)).astype(np.float32)
    values[100:103] = 0
    (whole,) = statistics_of(make_tensor(values))
    monkeypatch.setattr(survey, "PIECE_BYTES", 100_000)
    with ThreadPoolExecutor(threads) as executor:
        weights = measure(make_checkpoint(make_tensor(values)), Options(), executor)
    assert isinstance(weights, Weights)
    (found,) = weights.tensors
    assert (found.quantiles, found.histogram, found.zero_channels) == (whole.quantiles, whole.histogram, 3)
    assert close(found.std, whole.std or 0)
    assert close(found.mean, whole.mean or 0, whole.absolute_mean or 0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"storage": None, "missing": "the tensor is on the meta device"}, "meta device"),
        ({"storage": None}, "no values"),
        ({"shape": (5,)}, "reaches element 4 of a storage of 4"),
        ({"offset": -1}, "reaches element -1"),
        ({"shape": (2, 2), "strides": (5, 1)}, "reaches element 6"),
        ({"shape": (3, 3), "strides": (1, 1), "offset": -1}, "reaches element -1"),
        ({"shape": (3, 2), "strides": (1, 1)}, "overlaps itself"),
        ({"shape": (1,) * 70}, "70 dimensions"),
        ({"shape": (2**62, 4), "strides": (0, 0)}, "claims"),
        ({"shape": (-3,)}, "claims"),
        ({"dtype": "string"}, "not numbers"),
        ({"dtype": "int4", "shape": (2, 2), "strides": (1, 2)}, "not contiguous"),
    ],
)
def test_a_tensor_that_cannot_be_read_says_why(changes: dict[str, Any], words: str) -> None:
    tensor = make_tensor(np.arange(4, dtype=np.float32))
    for key, value in changes.items():
        setattr(tensor, key, value)
    assert words in reason_of(tensor)


def test_a_tensor_that_fails_costs_only_itself() -> None:
    good = make_tensor(np.ones(3), name="good")
    bad = LazyTensor("bad", "float32", (10,), make_storage(b"1234"))
    strange = LazyTensor("strange", "no such dtype", (1,), make_storage(b"1234"))
    weights = measure(make_checkpoint(bad, good, strange), Options())
    assert isinstance(weights, Weights)
    assert [t.name for t in weights.tensors] == ["good"]
    assert [item.name for item in weights.unread] == ["bad", "strange"]


def test_endless_views_of_one_storage_are_not_all_read() -> None:
    storage = make_storage(np.zeros(1 << 20, np.float32))
    tensors = [LazyTensor(str(i), "float32", (1 << 19,), storage, offset=i) for i in range(200)]
    weights = measure(make_checkpoint(*tensors), Options())
    assert isinstance(weights, Weights)
    assert len(weights.tensors) == 40  # 16 times 4 MiB and 16 MiB more, at 2 MiB each
    assert "views" in weights.unread[0].value


def test_a_checkpoint_without_tensors_is_skipped_with_the_reason() -> None:
    skipped = measure(make_checkpoint(), Options())
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "The checkpoint holds no tensors."


def test_progress_ends_at_the_total() -> None:
    calls: list[tuple[str, int, int]] = []
    tensors = [make_tensor(np.ones(100_000 + i, np.float32), name=str(i)) for i in range(3)]
    measure(make_checkpoint(*tensors), Options(progress=lambda *call: calls.append(call)))
    assert calls[-1] == ("measure", 4 * 300_003, 4 * 300_003)
    assert [c[1] for c in calls] == sorted(c[1] for c in calls)


def test_no_thread_is_left_behind() -> None:
    before = set(threading.enumerate())
    statistics_of(make_tensor(np.ones(10)))
    assert set(threading.enumerate()) <= before


def test_a_file_that_becomes_shorter_ends_the_survey_with_the_reason(tmp_path: Path) -> None:
    values = np.zeros((300, 1000), np.float32)
    file, storage = map_file(tmp_path / "f", values.tobytes())
    os.truncate(tmp_path / "f", 1000)
    with pytest.raises(LoadError, match="changed while it was read"):
        measure(make_checkpoint(LazyTensor("t", "float32", values.shape, storage), files=[file]), Options())
    file.close()


PEAK = """
from pathlib import Path
from modelreport.checkpoint import LazyTensor, LocalFile, Storage
from tests.measure.tensors import statistics_of

def peak():
    return next(x.split()[1] for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))

file = LocalFile(Path({path!r}))
storage = Storage(file, 0, file.size_bytes)
statistics_of(LazyTensor("small", "float32", (60, 40), storage))  # imports what it needs
print(peak())
statistics_of(LazyTensor("t", "float32", (6000, 4000), storage, strides={strides}))
print(peak())
"""


@pytest.mark.parametrize("view", [False, True], ids=["contiguous", "transposed"])
def test_a_large_file_is_measured_in_little_memory(tmp_path: Path, view: bool) -> None:
    (tmp_path / "weights").write_bytes(np.arange(24_000_000, dtype=np.float32).tobytes())
    strides = (1, 6000) if view else None
    command = [sys.executable, "-c", PEAK.format(path=str(tmp_path / "weights"), strides=strides)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout
    before, after = map(int, told.split())
    assert after - before < 48_000  # kilobytes of 96 MB


def test_the_facts_are_the_same_with_any_number_of_threads_and_in_other_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large and small, exact and rounded, in pieces, as a view, damaged, tied, and in memory: all in one checkpoint."""
    monkeypatch.setattr(survey, "PIECE_BYTES", 60_000)
    generator = np.random.default_rng(12)
    values = generator.standard_normal((700, 900), np.float32)
    values[5, 7], values[100], values[200, 3] = np.nan, 0, np.inf
    file, storage = map_file(tmp_path / "weights", values.tobytes())
    tensors = (
        LazyTensor("large", "float32", (700, 900), storage),
        LazyTensor("brain", "bfloat16", (700, 1800), storage),
        LazyTensor("bytes", "int8", (900, 2800), storage),
        LazyTensor("turned", "float32", (900, 700), storage, strides=(1, 900)),
        LazyTensor("small", "float32", (30,), storage, offset=50),
        LazyTensor("tied", "float32", (700, 900), storage),
        LazyTensor("damaged", "float32", (10**6,), storage),
        make_tensor(generator.standard_normal((300, 200)), name="memory"),
    )
    found = []
    with make_checkpoint(*tensors, files=[file]) as checkpoint:
        for threads in (1, 8):
            kept: dict[str, dict[str, Any]] = {}
            found.append((measure(checkpoint, Options(workers=threads), kept=kept), kept))
        with ProcessPoolExecutor(2, get_context("spawn")) as executor:
            kept = {}
            found.append((measure(checkpoint, Options(), executor, kept=kept), kept))
    first = found[0][0]
    assert isinstance(first, Weights)
    assert [t.name for t in first.tensors] == ["large", "brain", "bytes", "turned", "small", "tied", "memory"]
    assert first == found[1][0] == found[2][0]
    assert repr(found[0][1]) == repr(found[1][1]) == repr(found[2][1])  # NaN in them equals nothing


def test_a_file_that_another_process_cannot_see_ends_the_survey_with_the_reason(tmp_path: Path) -> None:
    file, storage = map_file(tmp_path / "weights", np.ones(1000, np.float32).tobytes())
    file.path.unlink()
    tensor = LazyTensor("t", "float32", (1000,), storage)
    with (
        make_checkpoint(tensor, files=[file]) as checkpoint,
        ProcessPoolExecutor(1, get_context("spawn")) as executor,
        pytest.raises(LoadError, match="cannot be opened there"),
    ):
        measure(checkpoint, Options(), executor)
