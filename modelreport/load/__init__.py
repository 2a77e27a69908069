"""Room 1: bytes to an open ``Checkpoint``. Files are read as data; nothing in them is imported, called or rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modelreport.errors import (
    CorruptFileError,
    LoadError,
    MissingFileError,
    ModelReportError,
    OptionsError,
    UnknownFormatError,
)
from modelreport.load import (
    dcp,
    huggingface,
    onnx,
    pickle_file,
    ranks,
    safetensors,
    sharded,
    shards,
    torch_export,
    torch_legacy,
    torch_tar,
    torch_zip,
    torchscript,
    zero,
)
from modelreport.load.beside import note_address, note_process, note_shard, take_config
from modelreport.load.describe import short
from modelreport.load.foreign import UNKNOWN, name_foreign
from modelreport.load.format import Format
from modelreport.load.probe import probe
from modelreport.load.siblings import show_name

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

__all__ = ["FORMATS", "Format", "open_checkpoint", "open_object"]

FORMATS: tuple[Format, ...] = (
    safetensors.FORMAT,
    sharded.FORMAT,
    huggingface.FORMAT,
    dcp.FORMAT,
    zero.FORMAT,
    ranks.FORMAT,
    shards.FORMAT,
    onnx.FORMAT,
    torch_zip.FORMAT,
    torch_legacy.FORMAT,
    torch_tar.FORMAT,
    torchscript.FORMAT,
    torch_export.FORMAT,
    pickle_file.FORMAT,
)
"""Every format that is read, one line each; at most one recognises a file."""


DAMAGED = "Compare its size or hash with the original and copy it again."


def open_checkpoint(path: Location, options: Options) -> Checkpoint:
    """Open the checkpoint file or folder at ``path``; close it after use (it is a context manager).

    Raises ``LoadError`` for anything that is not a readable checkpoint, and ``OptionsError`` for an unknown pick.
    """
    seen = probe(path)
    format_ = next((known for known in FORMATS if known.recognises(seen.head, seen.names)), None)
    if format_ is None:
        what, hint = name_foreign(seen)
        named = next((known.title for known in FORMATS if path.suffix.lower() in known.suffixes), "")
        if what == UNKNOWN and named:
            what, hint = f"of no known format, though it is named like a {named} file", DAMAGED
        raise UnknownFormatError(f"{path} is not a checkpoint: it is {what}.", hint)
    try:
        checkpoint = format_.read(path, options)
    except LoadError as error:
        error.message = name_path(error.message, path)
        error.args = (error.message,)
        if isinstance(error, CorruptFileError):
            error.hint = error.hint or DAMAGED
        raise
    except ModelReportError:
        raise
    except OSError as error:
        raise MissingFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (Exception, RecursionError, MemoryError) as error:
        kind = type(error).__name__
        raise CorruptFileError(
            f"{path} is damaged: reading it as {format_.title} failed ({kind}: {str(error)[:200]}).",
            DAMAGED,
        ) from error
    check_pick(checkpoint, options)
    take_config(checkpoint, path)
    note_shard(checkpoint, path)
    note_process(checkpoint, path)
    note_address(checkpoint, path)
    return checkpoint


def check_pick(checkpoint: Checkpoint, options: Options) -> None:
    """``OptionsError`` for the pick of a model where the format holds one only; the others choose by it themselves."""
    source = checkpoint.source
    if (
        options.pick
        and source.kind == "file"
        and options.pick not in (source.model_key, *(choice.name for choice in source.choices))
    ):
        checkpoint.close()
        raise OptionsError(f"--pick {short(options.pick, 100)}: the file holds one model.", "Leave out --pick.")


def name_path(message: str, path: Location) -> str:
    """A reader's message with the file named as the user gave it; readers know, and notes show, only its own name."""
    given, quoted = str(path), show_name(path.name)
    if given in message:
        return message
    if quoted in message:
        return message.replace(quoted, given, 1)
    return f"{given}{message[len(path.name) :]}" if message.startswith(f"{path.name} ") else f"{given}: {message}"


def open_object(obj: Any, options: Options) -> Checkpoint:
    """A ``Checkpoint`` over a live module, exported program or mapping of names to tensors; values are not copied."""
    from modelreport.load.exported import is_exported, read_exported
    from modelreport.load.live import read_mapping, read_module

    if is_exported(obj):
        return read_exported(obj, options)
    return read_mapping(obj, options) if isinstance(obj, Mapping) else read_module(obj, options)
