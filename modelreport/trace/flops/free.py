"""Aten operators that cost no floating-point operation: they make, move, select or re-interpret data."""

from __future__ import annotations

_NAMES = """
    empty empty_like new_empty empty_strided new_empty_strided empty_permuted zeros zeros_like new_zeros ones
    ones_like new_ones full full_like new_full scalar_tensor eye arange tril_indices triu_indices fill fill_ zero_
    set_ resize_ rand randn randint rand_like randn_like randint_like randperm bernoulli bernoulli_ normal normal_
    uniform_ random_ exponential_ multinomial view _unsafe_view reshape _reshape_alias _reshape_copy view_copy alias
    detach detach_ expand expand_copy as_strided as_strided_ squeeze squeeze_ unsqueeze unsqueeze_ transpose
    transpose_ t t_ permute permute_copy select slice narrow diagonal unbind split split_with_sizes unsafe_split
    unsafe_split_with_sizes chunk unsafe_chunk unfold movedim view_as_real view_as_complex _conj _neg_view real imag
    complex resolve_conj resolve_neg clone copy copy_ _to_copy contiguous lift lift_fresh lift_fresh_copy
    _foreach_copy_ split_copy split_with_sizes_copy slice_copy select_copy transpose_copy unbind_copy cat stack
    hstack vstack repeat tile roll flip rot90 tril triu tril_ triu_ diag_embed constant_pad_nd reflection_pad1d
    reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d pixel_shuffle
    pixel_unshuffle channel_shuffle im2col index index_select _unsafe_index gather take take_along_dim embedding
    masked_select masked_fill masked_fill_ masked_scatter masked_scatter_ where index_copy index_copy_ index_fill
    index_fill_ select_scatter slice_scatter diagonal_scatter as_strided_scatter nonzero nonzero_static dropout
    feature_dropout alpha_dropout upsample_nearest1d upsample_nearest2d upsample_nearest3d
    _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d isnan isinf isfinite logical_and
    logical_or logical_not logical_xor logical_and_ logical_or_ logical_not_ bitwise_and bitwise_or bitwise_not
    bitwise_xor any all sym_size sym_stride sym_numel sym_storage_offset size stride is_same_size device
    _local_scalar_dense _assert_async _assert_tensor_metadata _pack_padded_sequence _pad_packed_sequence
    _nested_tensor_size native_channel_shuffle positive narrow_copy max_unpool2d max_unpool3d q_scale q_zero_point
    int_repr one_hot cauchy_ log_normal_ geometric_ poisson count_nonzero bincount isin signbit view_as_real_copy
    view_as_complex_copy squeeze_copy unsqueeze_copy _to_dense to_sparse _coalesced_ _indices _values _nnz dense_dim
    sparse_dim _is_all_true _is_any_true is_nonzero diagonal_copy _pin_memory is_pinned
    _sparse_coo_tensor_with_dims_and_tensors to_padded_tensor _nested_view_from_buffer q_per_channel_scales
    q_per_channel_zero_points q_per_channel_axis qscheme _make_per_tensor_quantized_tensor
    _make_per_channel_quantized_tensor frexp logical_xor_ bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_not_
    bitwise_left_shift bitwise_right_shift __lshift__ __rshift__ __and__ __or__ __xor__
"""
ZERO_COST = frozenset(_NAMES.split())
VIEWS = frozenset({"_unsafe_view", "_reshape_alias", "lift", "lift_fresh", "_conj", "_neg_view"})
"""Operators that look at the memory of their argument though their schema does not say so."""
