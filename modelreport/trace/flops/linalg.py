"""Factorisations: leading terms of Golub and Van Loan, *Matrix Computations* (4th edition, 2013)."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import argument, arithmetic


def _square(data: Any) -> tuple[int, int]:
    """Matrices and their size."""
    return math.prod(data.shape[:-2]), int(data.shape[-1])


@arithmetic("linalg_inv_ex")
def inverse_flops(data: Any, *_: Any, **__: Any) -> int:
    """2n³ (section 3.4)."""
    count, size = _square(data)
    return 2 * count * size**3


@arithmetic("linalg_matrix_exp")
def exponential_flops(data: Any, *_: Any, **__: Any) -> int:
    """A polynomial of degree 18 takes five products of 2n³ (Bader et al. 2019); squarings depend on the values."""
    count, size = _square(data)
    return 10 * count * size**3


@arithmetic("linalg_lu_factor_ex", "linalg_lu", "_linalg_det", "_linalg_slogdet", "linalg_ldl_factor_ex")
def triangular_factor_flops(data: Any, *_: Any, **__: Any) -> int:
    """⅔n³ (section 3.2)."""
    count, size = _square(data)
    return 2 * count * size**3 // 3


@arithmetic("linalg_cholesky_ex", "cholesky")
def cholesky_flops(data: Any, *_: Any, **__: Any) -> int:
    """⅓n³ (section 4.2)."""
    count, size = _square(data)
    return count * size**3 // 3


@arithmetic("_linalg_solve_ex")
def solve_flops(data: Any, right: Any, *_: Any, **__: Any) -> int:
    """⅔n³ for the factors, 2n² for each right side (section 3.2)."""
    count, size = _square(data)
    return 2 * count * size**3 // 3 + 2 * size * int(right.numel())


@arithmetic("linalg_solve_triangular", "cholesky_solve", "linalg_lu_solve")
def triangular_solve_flops(*args: Any, out: Any, **kwargs: Any) -> int:
    """n² for each right side and triangle (section 3.1)."""
    del kwargs
    triangle = next(a for a in args if hasattr(a, "dim"))
    return int(out.numel()) * int(triangle.shape[-1])


@arithmetic("linalg_qr", "linalg_householder_product")
def orthogonal_factor_flops(data: Any, *_: Any, **__: Any) -> int:
    """4(m²n − mn² + n³/3) with Q (section 5.2), m ≥ n."""
    long, short = max(data.shape[-2:]), min(data.shape[-2:])
    each = 4 * (long**2 * short - long * short**2) + 4 * short**3 // 3
    return int(math.prod(data.shape[:-2]) * each)


@arithmetic("_linalg_svd", "linalg_lstsq")
def singular_values_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """With vectors 4m²n + 22n³ (figure 8.6.1, thin), without 4mn² − 4n³/3; m ≥ n."""
    long, short = max(data.shape[-2:]), min(data.shape[-2:])
    vectors = argument(args, kwargs, 1, "compute_uv", default=True)
    each = 4 * long**2 * short + 22 * short**3 if vectors else 4 * long * short**2 - 4 * short**3 // 3
    return int(math.prod(data.shape[:-2]) * each)


@arithmetic("_linalg_eigh")
def symmetric_eigen_flops(data: Any, *args: Any, **kwargs: Any) -> int:
    """9n³ with vectors, 4n³/3 without (section 8.3)."""
    count, size = _square(data)
    vectors = argument(args, kwargs, 1, "compute_v", default=True)
    return count * (9 * size**3 if vectors else 4 * size**3 // 3)


@arithmetic("linalg_eig", "_linalg_eigvals")
def eigen_flops(data: Any, *_: Any, **__: Any) -> int:
    """25n³ with vectors (section 7.5)."""
    count, size = _square(data)
    return 25 * count * size**3
