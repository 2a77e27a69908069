"""Files that are not checkpoints, or not of a format read here, named as what they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelreport.load.probe import Probe

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"version https://git-lfs", "a Git LFS pointer file, not the weights", "Run: git lfs pull"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras .h5, among others)", "Export the weights as safetensors."),
    (b"GGUF", "a GGUF file (llama.cpp)", "Use the safetensors release of the same model."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first and give the checkpoint inside."),
    (b"\x1f\x8b", "a gzip file", "Unpack it first: gunzip or tar -xzf."),
    (b"BZh", "a bzip2 file", "Unpack it first: bunzip2."),
    (b"\xfd7zXZ\0", "an xz file", "Unpack it first: unxz."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first: unzstd."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it first and give the checkpoint inside."),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF8", "a GIF image", ""),
    (b"%PDF-", "a PDF document", ""),
    (b"\x7fELF", "a program or shared library (ELF)", ""),
    (b"MZ", "a Windows program or library", ""),
    (b"\xcf\xfa\xed\xfe", "a macOS program or library", ""),
    (b"\x93NUMPY", "a NumPy .npy array", "One array is not a model: save a mapping of names to tensors."),
    (b"SQLite format 3\0", "an SQLite database", ""),
    (b"PAR1", "a Parquet file", ""),
    (b"RIFF", "a RIFF media file", ""),
    (b"\x12\x01\0\0", "an MXNet parameter file", "Export the weights as safetensors."),
)
_WEIGHTS = (".safetensors", ".onnx", ".pth", ".pt", ".ckpt", ".bin", ".pt2", ".tar")
_REPORT = re.compile(rb'^\s*\{"findings":\[|<meta name="generator" content="modelreport')
UNKNOWN = "of no format that is known here"
_HTML = re.compile(rb"^\s*(<!doctype html|<html|<head|<\?xml[^>]*>\s*<!doctype html)", re.IGNORECASE)


def name_foreign(probe: Probe) -> tuple[str, str]:
    """What the file seems to be (``a PNG image``), and a hint; for anything that no format recognises."""
    if probe.is_folder:
        return _folder(probe.names)
    head = probe.head
    for magic, what, hint in _MAGIC:
        if head.startswith(magic):
            return what, hint
    if head[4:8] in (b"TFL3", b"ET12"):
        what = "a TensorFlow Lite model" if head[4:8] == b"TFL3" else "an ExecuTorch program"
        return what, "Give the checkpoint that it was converted from."
    if probe.names:
        return _zip(probe.names)
    if _REPORT.search(head):
        return "a report of this program", "Give the checkpoint that it reports on."
    if _HTML.match(head):
        return "an HTML page, not the weights", "The download needed a login or a confirmation: fetch the file itself."
    return _text_or_binary(head)


def _folder(names: tuple[str, ...]) -> tuple[str, str]:
    if not names:
        return "an empty folder", "Give the folder or the file that holds the weights."
    if "saved_model.pb" in names:
        return "a TensorFlow SavedModel folder", "Export the model as ONNX: python -m tf2onnx.convert."
    if ".metadata" in names:
        hint = "Convert it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER model.pt"
        return "a PyTorch distributed checkpoint folder", hint
    shown = ", ".join(names[:4]) + (" …" if len(names) > 4 else "")
    files = [name for name in names if name.lower().endswith(_WEIGHTS)]
    what = "without a configuration or an index" if files else "without a model in it"
    hint = (
        f"Give one file, such as {files[0]:.200} in it." if files else "Give the checkpoint file or folder inside it."
    )
    return f"a folder {what} (it holds {shown:.200})", hint


def _zip(names: tuple[str, ...]) -> tuple[str, str]:
    if any(name.startswith(("word/", "xl/", "ppt/")) for name in names):
        return "an office document", ""
    if "META-INF/MANIFEST.MF" in names:
        return "a Java archive", ""
    if "model.weights.h5" in names or ("metadata.json" in names and "config.json" in names):
        return "a Keras archive (.keras)", "Export the weights as safetensors."
    if any(name.endswith(".npy") for name in names):
        return "a NumPy .npz archive", "Save the arrays as safetensors: safetensors.numpy.save_file."
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    return f"a zip archive without a model in it (it holds {shown:.200})", "Unpack it and give the checkpoint inside."


def _text_or_binary(head: bytes) -> tuple[str, str]:
    if not head.strip(b"\0"):
        return "a file of zero bytes", "The download or copy was probably interrupted."
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8") if error.start >= len(head) - 4 else ""
    if text and all(char.isprintable() or char in "\t\r\n\f" for char in text):
        if text.lstrip().startswith(("{", "[")):
            return "a JSON text", "Give the folder it lies in, or the file with the weights."
        return "a text file", "Give the file with the weights."
    return UNKNOWN, "modelreport formats lists the formats that are read."
