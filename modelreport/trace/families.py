"""Families of operations, for colours and totals."""

from __future__ import annotations

import functools

from modelreport.facts import Family

_WORDS: dict[Family, str] = {
    "conv": """
        conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc convolution
        _convolution deform_conv2d fold unfold
    """,
    "linear": """
        linear bilinear matmul @ @= mm bmm addmm baddbmm addbmm mv addmv dot vdot inner outer ger addr einsum
        linear_dynamic linear_relu linear_relu_dynamic tensordot chain_matmul _grouped_mm grouped_mm _scaled_mm
        scaled_mm multi_dot kron
    """,
    "recurrent": "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell mkldnn_rnn_layer",
    "attention": """
        scaled_dot_product_attention multi_head_attention_forward flex_attention _scaled_dot_product_attention
        _scaled_dot_product_flash_attention_for_cpu _native_multi_head_attention _transformer_encoder_layer_fwd
    """,
    "norm": """
        batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize native_batch_norm
        native_layer_norm native_group_norm weight_norm _weight_norm _weight_norm_interface renorm
        _native_batch_norm_legit_no_training norm vector_norm linalg_vector_norm
    """,
    "activation": """
        relu relu6 leaky_relu prelu rrelu elu celu selu gelu silu mish hardswish hardsigmoid hardtanh sigmoid
        tanh softmax log_softmax softmin softplus softsign logsigmoid tanhshrink softshrink hardshrink threshold
        glu gumbel_softmax _softmax _log_softmax _safe_softmax erf sin cos
    """,
    "pool": """
        max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d
        adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
        boolean_dispatch lp_pool1d lp_pool2d fractional_max_pool2d fractional_max_pool3d max_pool2d_with_indices
        max_unpool2d roi_align roi_pool _adaptive_avg_pool2d amax amin max_pool1d_with_indices
        max_pool3d_with_indices
    """,
    "embedding": "embedding embedding_bag _embedding_bag one_hot",
    "shape": """
        view view_as reshape reshape_as flatten unflatten squeeze unsqueeze transpose swapaxes swapdims permute
        movedim t T mT H mH expand expand_as repeat repeat_interleave tile cat concat concatenate stack hstack
        vstack dstack split split_with_sizes tensor_split chunk unbind select narrow getitem setitem slice index
        index_select gather take take_along_dim scatter scatter_add index_add index_copy index_fill index_put
        masked_select masked_fill where pad constant_pad_nd roll flip rot90 tril triu diagonal diag diag_embed
        contiguous clone detach new to type float half bfloat16 double int long bool type_as copy_ broadcast_to
        broadcast_tensors meshgrid atleast_1d atleast_2d pixel_shuffle pixel_unshuffle channel_shuffle
        interpolate upsample upsample_nearest upsample_bilinear2d grid_sample affine_grid unique nonzero topk
        sort argsort real imag view_as_real view_as_complex as_strided dropout dropout1d dropout2d dropout3d
        alpha_dropout feature_dropout native_dropout resize_ lift_fresh iter alias _to_copy _unsafe_view
        masked_scatter select_scatter slice_scatter ravel identity requires_grad
    """,
    "arithmetic": """
        + - * / // % ** += -= *= /= **= & | ^ ~ << >> < <= > >= == != add sub mul div true_divide floor_divide
        pow neg abs diff _is_all_true sqrt rsqrt square reciprocal exp exp2 expm1 log log2 log10 log1p sum mean
        var std var_mean std_mean prod cumsum cumprod max min maximum minimum clamp clip clamp_min clamp_max
        floor ceil round trunc frac sign remainder fmod lerp addcmul addcdiv argmax argmin any all logical_and
        logical_or logical_not bitwise_and bitwise_or bitwise_not eq ne lt le gt ge isnan isinf isfinite
        logsumexp cdist fft_fft fft_ifft fft_rfft fft_irfft fft_fft2 fft_ifft2 fft_rfft2 fft_irfft2 fft_fftn
        fft_ifftn fft_rfftn fft_irfftn stft istft erfinv atan2 nan_to_num invert rsub cosine_similarity cross
        bincount histc searchsorted bucketize linalg_inv linalg_inv_ex linalg_solve linalg_solve_triangular
        linalg_cholesky linalg_qr linalg_svd linalg_eigh linalg_det linalg_matrix_exp linalg_cross polar logaddexp
    """,
    "io": """
        tensor as_tensor from_numpy asarray zeros ones full empty arange linspace logspace eye rand randn
        randint randperm zeros_like ones_like full_like empty_like rand_like randn_like new_zeros new_ones
        new_full new_empty new_tensor scalar_tensor hann_window bernoulli normal multinomial tril_indices
        triu_indices zero_ fill_ uniform_ normal_ kaiming_uniform_
    """,
}
FAMILY_OF: dict[str, Family] = {name: family for family, words in _WORDS.items() for name in words.split()}


@functools.lru_cache(maxsize=8192)
def family_of(name: str, module_type: str, has_parameters: bool) -> Family:
    """Family of an operation by its name; in-place names count as their plain ones.

    A product of two activations inside a module whose class is called attention is attention, not linear.
    """
    plain = name if name in FAMILY_OF else name.rstrip("_")
    family = FAMILY_OF.get(plain, "other")
    if family == "linear" and not has_parameters and "att" in module_type.lower():
        return "attention"
    return family
