"""The table of published peaks."""

from __future__ import annotations

import pytest

from modelreport.errors import OptionsError
from modelreport.trace.usage.devices import ALIASES, DEFAULT, DEVICES, device_of, half_of, peak_of


def test_every_device_has_its_own_id_a_source_and_figures() -> None:
    assert len({device.id for device in DEVICES}) == len(DEVICES)
    for device in DEVICES:
        assert device.source
        assert device.flops_per_s
        assert all(1e12 < peak < 1e17 for peak in device.flops_per_s.values()), device.id
        assert 1e11 < device.bytes_per_s < 1e13
        assert 10**10 < device.memory_bytes < 10**13
        assert device.bytes_per_s < min(device.flops_per_s.values())


def test_the_devices_people_ask_for_are_there() -> None:
    for name in ("h100", "a100", "l4", "rtx4090", "m3-max", "cpu", "A100-80GB", "t4", "v100", "mi300x", "tpu-v5e"):
        assert device_of(name) in DEVICES
    assert set(ALIASES.values()) <= {device.id for device in DEVICES}
    assert device_of("").id == DEFAULT


def test_figures_are_dense_ones() -> None:
    """NVIDIA, H100 datasheet: 1,979 TFLOPS in bfloat16 with sparsity, which halves without; A100 whitepaper: 312."""
    assert device_of("h100").flops_per_s["bfloat16"] == pytest.approx(1979e12 / 2, rel=1e-3)
    assert device_of("a100").flops_per_s["float16"] == 312e12
    assert device_of("l4").flops_per_s["float16"] == 242e12 / 2
    assert device_of("a100").bytes_per_s == 2039e9


def test_the_processors_peak_is_its_cores_times_its_clock() -> None:
    """AMD EPYC 9654: 96 cores at 2.4 GHz, two 256-bit multiply-adds a cycle: 32 float32 operations; 12 × 38.4 GB/s."""
    assert device_of("cpu").flops_per_s["float32"] == pytest.approx(96 * 2.4e9 * 32, rel=1e-3)
    assert device_of("cpu").bytes_per_s == pytest.approx(12 * 8 * 4.8e9, rel=1e-3)


def test_an_unknown_device_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(OptionsError, match="abacus: not a known device") as caught:
        device_of("abacus")
    assert all(device.id in caught.value.hint for device in DEVICES)


def test_a_device_may_be_described() -> None:
    device = device_of("flops=100T, bandwidth=1.5e12,memory=80G,vector=20t")
    assert device.flops_per_s["bfloat16"] == 1e14
    assert (device.bytes_per_s, device.memory_bytes, device.vector_flops_per_s) == (1.5e12, 80 * 10**9, 2e13)


@pytest.mark.parametrize(
    "text",
    [
        "flops=1T", "flops=0,bandwidth=1T", "flops=x,bandwidth=1", "flops=1,flops=1,bandwidth=1", "a=1",
        "flops=1e99,bandwidth=1T", "flops=1T,bandwidth=1T,", "flops=-1T,bandwidth=1T", "flops=nan,bandwidth=1T",
    ],
)  # fmt: skip
def test_a_description_that_makes_no_sense_is_an_error(text: str) -> None:
    with pytest.raises(OptionsError, match="--device"):
        device_of(text)


def test_a_format_that_a_device_lacks_is_done_in_one_it_has() -> None:
    assert peak_of(device_of("v100"), "bfloat16") == ("float16", 125e12)
    assert peak_of(device_of("tpu-v5e"), "float32") == ("bfloat16", 197e12)
    assert peak_of(device_of("h100"), "float8_e4m3fn")[0] == "float8"
    assert peak_of(device_of("a100"), "float8_e4m3fn")[0] == "bfloat16"
    assert peak_of(device_of("a100"), "complex64")[0] == "bfloat16"
    assert half_of(device_of("t4")) == "float16"
    assert half_of(device_of("a100")) == "bfloat16"
