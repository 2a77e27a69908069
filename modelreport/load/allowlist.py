"""The exact names that opening an honest checkpoint calls or imports. Nothing is allowed by prefix, except dtypes.

A name that is missing here is reported, so that a new way to run code is never harmless by default.
"""

from __future__ import annotations

import sys

from modelreport.facts import DTYPE_BITS
from modelreport.load.storages import DTYPE_ALIASES, STORAGE_DTYPES

_TORCH_CALLS = """
torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3
torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor
torch._utils._rebuild_sparse_tensor torch._utils._rebuild_sparse_csr_tensor torch._utils._rebuild_nested_tensor
torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_wrapper_subclass
torch._utils._rebuild_device_tensor_from_numpy torch._utils._rebuild_device_tensor_from_cpu_tensor
torch._utils._rebuild_xla_tensor torch._tensor._rebuild_from_type torch._tensor._rebuild_from_type_v2
torch.serialization._get_layout torch.Size torch.device torch.Tensor torch.Generator torch.finfo torch.iinfo
torch.nn.parameter.Parameter torch.nn.parameter.UninitializedParameter torch.nn.parameter.UninitializedBuffer
torch.jit._pickle.build_intlist torch.jit._pickle.build_tensorlist torch.jit._pickle.build_doublelist
torch.jit._pickle.build_boollist torch.jit._pickle.build_tensor_from_id torch.jit._pickle.restore_type_tag
torch.distributed.checkpoint.metadata._MEM_FORMAT_ENCODING torch.torch_version.TorchVersion
torch.distributed.checkpoint.metadata.Metadata torch.distributed.checkpoint.metadata.MetadataIndex
torch.distributed.checkpoint.metadata.TensorStorageMetadata torch.distributed.checkpoint.metadata.BytesStorageMetadata
torch.distributed.checkpoint.metadata.ChunkStorageMetadata torch.distributed.checkpoint.metadata.TensorProperties
torch.distributed.checkpoint.metadata.StorageMeta torch.distributed.checkpoint.filesystem._StorageInfo
torch.distributed._shard.sharded_tensor.metadata.MEM_FORMAT_ENCODING
"""
_OTHER_CALLS = """
collections.OrderedDict collections.defaultdict collections.deque collections.Counter _codecs.encode
builtins.set builtins.frozenset builtins.bytearray builtins.bytes builtins.complex builtins.list builtins.dict
builtins.tuple builtins.slice builtins.range builtins.int builtins.float builtins.bool builtins.str builtins.object
copyreg._reconstructor copyreg.__newobj__ functools.partial
numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct numpy.core.multiarray.scalar
numpy._core.multiarray.scalar numpy.core.numeric._frombuffer numpy._core.numeric._frombuffer numpy.dtype numpy.ndarray
numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__bit_generator_ctor numpy.random._pickle.__generator_ctor
numpy.random.bit_generator.__pyx_unpickle_SeedSequence
numpy.random.__randomstate_ctor numpy.random.__RandomState_ctor
pathlib.PosixPath pathlib.WindowsPath pathlib.PurePosixPath pathlib.PureWindowsPath pathlib.Path pathlib.PurePath
pathlib._local.PosixPath pathlib._local.WindowsPath pathlib._local.PurePosixPath pathlib._local.PureWindowsPath
datetime.datetime datetime.timedelta datetime.date datetime.time datetime.timezone decimal.Decimal fractions.Fraction
uuid.UUID types.SimpleNamespace argparse.Namespace random.Random logging.getLogger re._compile
inspect.Signature inspect.Parameter inspect._ParameterKind
"""
EXPECTED_CALLS = frozenset((_TORCH_CALLS + _OTHER_CALLS).split())
"""Called while opening honest files; none runs what the file chooses (``security`` follows the ones that call on)."""

_ENUMS = """
timm.layers.format.Format timm.layers.trace_utils._float_to_int timm.layers.create_act.ActType
torchvision.transforms.functional.InterpolationMode torch.distributed.fsdp.api.ShardingStrategy
torch.nn.attention.SDPBackend
transformers.utils.quantization_config.QuantizationMethod transformers.utils.generic.TensorType
transformers.utils.generic.PaddingStrategy transformers.trainer_utils.IntervalStrategy
transformers.trainer_utils.SaveStrategy transformers.trainer_utils.HubStrategy transformers.trainer_utils.SchedulerType
transformers.trainer_utils.EvaluationStrategy transformers.training_args.OptimizerNames
transformers.training_args.ParallelMode transformers.debug_utils.DebugOption
transformers.modeling_rope_utils.RopeType accelerate.utils.dataclasses.DistributedType
accelerate.utils.dataclasses.PrecisionType accelerate.utils.dataclasses.DynamoBackend
pytorch_lightning.trainer.states.TrainerFn lightning.pytorch.trainer.states.TrainerFn
pytorch_lightning.utilities.enums.GradClipAlgorithmType omegaconf.base.SCMode
deepspeed.runtime.zero.config.ZeroStageEnum deepspeed.runtime.zero.offload_config.OffloadDeviceEnum
"""
CLASS_CALLS = frozenset(_ENUMS.split())
"""Classes of libraries, mostly enumerations, that are made by a call and run nothing of the file's choosing."""

NESTED_CLASSES = frozenset({("torch.distributed._shard.sharded_tensor.api.ShardedTensor", "ProcessGroupState")})
"""Classes inside others, which old protocols reach by ``getattr``: owner and name."""

_NAMES = """
builtins.type builtins.object builtins.Ellipsis builtins.NotImplemented builtins.len builtins.max builtins.min
builtins.long builtins.sum builtins.abs builtins.round builtins.sorted builtins.any builtins.all
math.sqrt math.exp math.log math.cos math.sin math.ceil math.floor
typing.Any typing.Union typing.Optional typing.List typing.Dict typing.Tuple typing.Sequence
types.NoneType builtins.NoneType enum.Enum abc.ABC
"""
EXPECTED_NAMES = EXPECTED_CALLS | frozenset(_NAMES.split())
"""Names that a file may refer to without calling them."""

RECONSTRUCTOR_BASES = frozenset(
    f"builtins.{kind.__name__}" for kind in (object, dict, list, tuple, set, frozenset, int, float, str, bytes, complex)
)
"""Bases whose ``__init__`` ``copyreg._reconstructor`` may call: any other base is a call of the file's choosing."""

_TORCH_VALUES = """
float int long half double short bool channels_last contiguous_format preserve_format channels_last_3d strided
sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc per_tensor_affine per_channel_affine
per_channel_affine_float_qparams per_tensor_symmetric per_channel_symmetric
"""
_VALUES = frozenset(DTYPE_BITS) | frozenset(DTYPE_ALIASES) | frozenset(_TORCH_VALUES.split())
_SHELLS = frozenset(f"{kind}{bits}" for kind in ("int", "uint") for bits in range(1, 8))

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | {
    "__builtin__",
    "nt",
    "posix",
    "copy_reg",
    "commands",
    "copyreg",
}
_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def canonical(path: str) -> str:
    """The path with Python 2's module names replaced by today's."""
    head, dot, tail = path.partition(".")
    return f"{_PYTHON_2.get(head, head)}{dot}{tail}"


def is_torch_value(path: str) -> bool:
    """Whether a name is one of torch's dtypes, storages, layouts or memory formats."""
    module, _, name = path.rpartition(".")
    if module == "torch":
        return name in _VALUES or name in _SHELLS or name in STORAGE_DTYPES
    return module in ("torch.storage", "torch.cuda") and name in STORAGE_DTYPES
