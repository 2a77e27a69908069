"""Fourier transforms."""

from __future__ import annotations

import math

import pytest
import torch

from modelreport.trace.flops.fft import transform_flops
from tests.trace.models import flops_of


def radix_two(points: int) -> int:
    """Real operations of the recursive algorithm: each butterfly is a complex product (6) and two complex sums (4)."""
    return 0 if points == 1 else 2 * radix_two(points // 2) + points // 2 * 10


@pytest.mark.parametrize("points", [2, 8, 64, 1024])
def test_a_transform_costs_what_the_algorithm_of_cooley_and_tukey_does(points):
    assert transform_flops(points, points) == radix_two(points)


def test_sizes_and_sides_of_transforms():
    assert flops_of(torch.fft.fft, (3, 16), dtype="complex64") == 3 * 5 * 16 * 4
    assert flops_of(torch.fft.rfft, (3, 16)) == 3 * 5 * 16 * 4 // 2
    assert flops_of(lambda x: torch.fft.irfft(x, 16), (3, 9), dtype="complex64") == 3 * 5 * 16 * 4 // 2
    assert flops_of(torch.fft.fft2, (8, 16), dtype="complex64") == 5 * 128 * 7
    assert transform_flops(5, 1) == 0
    assert transform_flops(12, 12) == round(60 * math.log2(12))


def test_a_spectrogram_transforms_each_frame():
    def spectrogram(x):
        return torch.stft(x, 16, hop_length=4, window=torch.ones(16), return_complex=True, center=False)

    frames = (64 - 16) // 4 + 1
    assert flops_of(spectrogram, (64,)) == frames * (16 + 5 * 16 * 4 // 2)
