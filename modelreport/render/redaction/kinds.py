"""What each text of the contract is, for whoever must not see it.

Every field of ``modelreport.facts`` that holds free text stands here; a test says so when one is missing. Messages and
items are taken apart where they stand.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal[
    "own", "name", "class", "class path", "operator", "text", "path", "member", "title", "library", "private",
    "metadata", "settings", "reasons", "options", "token", "code",
]  # fmt: skip
"""``own``: words of this project, kept. ``name``: of a module, tensor or value, in parts. ``class``, ``class path``,
``operator``, ``library``: kept when public. ``text``: a sentence that may hold any of the others. ``path``, ``member``:
of a file, of a place in an archive. ``private``: replaced whole. The rest are tuples of ``Item``: ``metadata`` that the
author wrote, ``settings`` of modules, ``reasons`` by name, ``options`` of the command, ``code`` from the file."""

KINDS: Final[dict[str, dict[str, Kind]]] = {
    "Skipped": {"reason": "text", "hint": "text"},
    "Message": {"text": "own", "values": "own"},
    "Item": {"name": "text", "value": "text"},
    "TensorSpec": {"dtype": "own", "name": "name"},
    "SourceFile": {"name": "path", "sha256": "own"},
    "ModelChoice": {"name": "name"},
    "TrainingState": {"items": "metadata", "optimizer": "own"},
    "Source": {
        "name": "path", "format": "own", "format_title": "own", "model_key": "name", "stripped_prefix": "name",
        "metadata": "metadata", "code": "code", "unreadable": "reasons", "notes": "text",
    },
    "Call": {"target": "class path", "arguments": "private", "where": "member"},
    "Security": {"notes": "text"},
    "Identification": {
        "name": "class", "library": "library", "library_version": "own", "class_path": "class path", "task": "own",
        "equal": "class", "changed": "name", "missing": "name", "unexpected": "name", "user_code": "private",
        "notes": "text",
    },
    "Nearest": {"name": "own", "library": "own"},
    "ModuleFact": {
        "path": "name", "name": "name", "type": "class", "type_path": "class path", "attributes": "settings",
        "shared_with": "name", "signature": "own",
    },
    "TensorFact": {
        "name": "name", "dtype": "own", "module": "name", "tied_to": "name", "overlaps": "name", "scheme": "own",
        "note": "text",
    },
    "DtypeTotal": {"dtype": "own"},
    "Operation": {"name": "operator", "parameters": "name", "label": "text", "kernels": "operator"},
    "ModuleCall": {"path": "name", "type": "class", "signature": "own"},
    "KernelTotal": {"kernel": "operator"},
    "Uncounted": {"kernel": "operator"},
    "Guess": {"what": "operator"},
    "Trace": {"input_origin": "text", "error": "text", "untouched": "name", "notes": "text"},
    "TrainingMemory": {"optimizer": "own", "precision": "own"},
    "Generation": {"notes": "text"},
    "Law": {"variable": "own"},
    "Device": {"id": "own", "title": "own", "flops_per_s": "own", "source": "own"},
    "DeviceEstimate": {"dtype": "own"},
    "Roofline": {"device": "own"},
    "Usage": {"notes": "text"},
    "Pattern": {"path": "name", "values": "own"},
    "BlockRun": {"path": "name", "type": "class"},
    "Outline": {},
    "TensorStatistics": {"name": "name", "digest": "own"},
    "SchemeError": {"scheme": "own"},
    "TensorPrecision": {"name": "name"},
    "Scheme": {"id": "own", "title": "own", "worst": "name"},
    "Precision": {"notes": "text"},
    "Pruning": {"notes": "text"},
    "TensorPruning": {"name": "name"},
    "Spectrum": {"name": "name", "part": "text", "role": "name"},
    "Spectra": {"chosen": "text", "notes": "text"},
    "Peer": {"name": "name"},
    "PeerRole": {"role": "name"},
    "OddTensor": {"name": "name", "role": "name", "statistic": "own"},
    "Peers": {"statistics": "own", "drawn": "name", "related": "name"},
    "Duplicate": {"names": "name"},
    "LayerUpdate": {"name": "name"},
    "ParameterGroup": {"settings": "metadata"},
    "OptimizerEvidence": {
        "kind": "own", "without_state": "name", "zero_state": "name", "non_finite": "name", "unread": "reasons",
        "outside": "name", "matched": "text", "notes": "text",
    },
    "AverageDrift": {"key": "name", "layers": "name", "unread": "reasons"},
    "AdapterDelta": {"target": "name", "kind": "own"},
    "AdapterEffect": {"kind": "own", "base": "path", "notes": "text"},
    "ColumnFigures": {"name": "name"},
    "ScaleFigures": {"name": "name"},
    "EmbeddingRows": {"name": "name", "tokens": "token"},
    "ZeroRun": {"name": "name"},
    "NearCopy": {"name": "name"},
    "Units": {"unlooked": "reasons"},
    "Picture": {"id": "own", "tensor": "name", "recognised": "text", "notes": "text"},
    "Weights": {"unread": "reasons", "hash": "own"},
    "Evidence": {"name": "name"},
    "Finding": {"id": "own", "title": "own", "advice": "text"},
    "Verdict": {"rule": "own"},
    "Generator": {
        "version": "own", "created": "own", "python": "own", "platform": "own", "packages": "own", "options": "options",
    },
    "Report": {"title": "title"},
}  # fmt: skip
