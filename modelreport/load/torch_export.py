"""torch.export archives (.pt2): weights as raw bytes, named by JSON. Source: ``torch/export/pt2_archive``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import EXPORT_DTYPES, LazyTensor, Program, Storage
from modelreport.errors import CorruptFileError
from modelreport.facts import Item
from modelreport.files import open_file
from modelreport.load.archive import Archive
from modelreport.load.assemble import Opened, assemble
from modelreport.load.contents import Candidate, Contents
from modelreport.load.format import Format
from modelreport.load.masking import mask
from modelreport.load.opening import close_on_failure
from modelreport.load.security import Scan
from modelreport.load.storages import TensorError
from modelreport.load.tensors import view

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

JSON_LIMIT = 64 << 20
NOTE_LIMIT = 20
PICKLE_BYTES = 16 << 20
_CONFIG = "/data/weights/model_weights_config.json"


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether it is a zip with the table of weights that torch.export writes."""
    return head[:2] == b"PK" and any(f"/{name}".endswith(_CONFIG) for name in names)


def read(path: Location, options: Options) -> Checkpoint:
    """Open a torch.export archive; only its JSON is read. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        archive = Archive(file, path.name)
        config_name = next(name for name in archive.members if f"/{name}".endswith(_CONFIG))
        folder = f"/{config_name}".removesuffix(_CONFIG)[1:]
        folder = f"{folder}/" if folder else ""
        contents = Contents()
        tensors = _weights(archive, config_name, contents.notes)
        contents.candidates.append(Candidate("", "state_dict", tensors))
        scan = _scan(archive)
        opened = Opened.of(file, FORMAT)
        model = _model(archive, folder)
        opened.metadata = _metadata(model)
        opened.security, opened.notes = scan.security(), archive.notes
        checkpoint = assemble(opened, contents, options, "weights")
        if model:
            checkpoint.program = Program(model, _constants(archive, folder))
        return checkpoint


def _json(archive: Archive, name: str) -> dict[str, Any]:
    try:
        value = json.loads(archive.read(name, JSON_LIMIT))
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"{archive.label}: {name[:100]} is no valid JSON.") from error
    if not isinstance(value, dict):
        raise CorruptFileError(f"{archive.label}: {name[:100]} is not what torch.export writes.")
    return value


def _weights(archive: Archive, config_name: str, notes: list[str]) -> list[LazyTensor]:
    entries = _json(archive, config_name).get("config")
    if not isinstance(entries, dict):
        raise CorruptFileError(f"{archive.label}: the table of weights is not what torch.export writes.")
    folder = config_name.rpartition("/")[0] + "/"
    storages: dict[str, Storage] = {}
    found: list[LazyTensor] = []
    for name, entry in entries.items():
        try:
            found.append(_weight(archive, folder, storages, name, entry))
        except (TensorError, CorruptFileError, KeyError, TypeError, AttributeError) as error:
            if len(notes) < NOTE_LIMIT:
                notes.append(f"The tensor {name[:200]} cannot be read: {str(error)[:200]}.")
            missing = f"unreadable: {str(error)[:200]}"
            found.append(LazyTensor(name, "unknown", (0,), None, missing=missing, layout="meta"))
    return found


def _weight(archive: Archive, folder: str, storages: dict[str, Storage], name: str, entry: Any) -> LazyTensor:
    meta, member = entry["tensor_meta"], f"{folder}{entry['path_name']}"
    if entry.get("use_pickle"):
        raise TensorError("it is kept as a pickle")
    if member not in storages:
        storages[member] = Storage(archive.file, *archive.span(member))
    dtype = EXPORT_DTYPES.get(meta["dtype"]) if isinstance(meta["dtype"], int) else None
    if dtype is None:
        raise TensorError("its dtype is unknown")
    shape, strides = ([size["as_int"] for size in meta[key]] for key in ("sizes", "strides"))
    tensor = view(storages[member], dtype, shape, strides, meta["storage_offset"]["as_int"])
    tensor.name, tensor.role = name, "parameter" if entry.get("is_param") is True else "buffer"
    tensor.trainable = meta.get("requires_grad") is True if tensor.role == "parameter" else None
    return tensor


def _constants(archive: Archive, folder: str) -> dict[str, LazyTensor]:
    """Values that are part of the program without being weights; none where they cannot be read."""
    name = f"{folder}data/constants/model_constants_config.json"
    if name not in archive.members:
        return {}
    try:
        return {tensor.name: tensor for tensor in _weights(archive, name, []) if tensor.storage is not None}
    except CorruptFileError:
        return {}


def _model(archive: Archive, folder: str) -> dict[str, Any]:
    """The program's JSON; empty where there is none."""
    name = f"{folder}models/model.json"
    if name not in archive.members:
        return {}
    try:
        return _json(archive, name)
    except CorruptFileError as error:
        archive.note(error.message)
        return {}


def _metadata(model: dict[str, Any]) -> list[Item]:
    """Versions, and the sizes of the graph."""
    items = [Item(name=key, value=mask(key, str(model[key]))) for key in ("torch_version",) if key in model]
    graph = model.get("graph_module")
    inner = graph.get("graph") if isinstance(graph, dict) else None
    nodes = inner.get("nodes") if isinstance(inner, dict) else None
    if isinstance(nodes, list):
        items.append(Item(name="graph nodes", value=str(len(nodes))))
    return items


def _scan(archive: Archive) -> Scan:
    """Judge the pickles that torch.export.load opens: sample inputs, and tensors kept as pickles."""
    scan = Scan()
    for name in list(archive.members)[:20_000]:
        if name.endswith((".pt", ".pkl")) or "/CUSTOM_OBJ_" in f"/{name}" or "/custom_obj_" in f"/{name}":
            try:
                scan.scan_bytes(archive.read(name, PICKLE_BYTES), name[:100], 1)
            except CorruptFileError as error:
                scan.note(f"{name[:100]} was not read: {error.message}.")
    return scan


FORMAT = Format(
    id="torch-export",
    title="torch.export archive",
    suffixes=(".pt2",),
    summary="torch.export.save: weights, and what opening it would unpickle.",
    recognises=recognises,
    read=read,
)
