"""A Hugging Face folder: ``config.json``, tokenizer and README facts, and the weights through the other formats.

Only data is read. Code of the author (``auto_map``, ``*.py``) and chat templates are named, never imported or rendered.
Folders of sentence-transformers (``modules.json``), diffusers (``model_index.json``) and PEFT (``adapter_config.json``)
are read as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Checkpoint
from modelreport.errors import LoadError
from modelreport.facts import Item, Source
from modelreport.load.card import read_card
from modelreport.load.distributed import find_distributed
from modelreport.load.documents import flatten, read_bytes
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.opening import close_on_failure
from modelreport.load.parts import Parts
from modelreport.load.pipelines import INDEX, read_largest
from modelreport.load.sharded import find_indexes, read_index
from modelreport.load.siblings import show_name
from modelreport.load.trainer import read_trainer

if TYPE_CHECKING:
    from modelreport.options import Options
    from modelreport.remote import Location

STEMS = ("model", "pytorch_model", "adapter_model", "diffusion_pytorch_model", "consolidated")
"""Names of weight files, in the order in which the libraries look for them."""
OTHER_WEIGHTS = (".h5", ".msgpack", ".onnx", ".gguf", ".ckpt", ".pt", ".pth")
CODE_LIMIT = 64 << 10
CODE_FILES = 20
CONFIGS = (
    ("config.json", "config"),
    ("generation_config.json", "generation"),
    ("adapter_config.json", "adapter"),
    ("quantization_config.json", "quantization"),
    ("preprocessor_config.json", "preprocessor"),
    ("config_sentence_transformers.json", "sentence_transformers"),
    ("sentence_bert_config.json", "sentence_bert"),
)
"""Files whose plain values become metadata, and the prefix of their names."""


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether a folder's entries are those of a model repository: a configuration, or weights under a known name."""
    if head or not names:
        return False
    if REPOSITORY & set(names):
        return True
    return bool(find_weights(names)) and not find_indexes(names)


def find_weights(names: tuple[str, ...]) -> list[str]:
    """The weight files to read, among the entries of a folder; an index when there is one, empty when there are none.

    safetensors before ``.bin``, as transformers chooses; numbered shards without an index are all taken.
    """
    indexes = find_indexes(names)
    for stem in STEMS:
        for ending in (".safetensors", ".bin"):
            whole, index = f"{stem}{ending}", f"{stem}{ending}.index.json"
            if whole in names:
                return [whole]
            if index in indexes:
                return [index]
            numbered = [name for name in names if name.startswith(f"{stem}-") and name.endswith(ending)]
            if numbered:
                return sorted(numbered)
    variants = [
        name
        for stem in STEMS
        for name in names
        if name.startswith(f"{stem}.") and name.endswith((".safetensors", ".bin"))
    ]
    alone = [name for name in names if name.endswith(".safetensors")]
    return variants[:1] or indexes[:1] or (alone if len(alone) == 1 else [])


def read(path: Location, options: Options) -> Checkpoint:
    """Open a folder; weights stay lazy. A folder without weights gives no tensors and a note.

    Raises ``LoadError`` when there are weights and none can be read.
    """
    parts = Parts(path)
    with close_on_failure(parts.files):
        names = tuple(sorted(entry.name for entry in path.iterdir()))
        part = read_largest(parts, options, _read_weights) if INDEX in names and not find_weights(names) else ""
        if not part:
            _read_weights(parts, names, options)
        read_trainer(parts, names)
        config = _read_configs(parts, names)
        config = parts.documents.get(f"{part}/config.json") if part else config
        parts.metadata += read_card(parts, names)
        _note_code(parts, names, config)
    source = Source(
        name=path.name or path.resolve().name,
        kind="folder",
        format=FORMAT.id,
        format_title=FORMAT.title,
        content="folder",
        model_key=part,
        files=tuple(parts.source_files),
        size_bytes=sum(file.size_bytes for file in parts.source_files),
        metadata=tuple(parts.metadata),
        training=parts.training,
        choices=parts.choices,
        code=tuple(parts.code),
        unreadable=tuple(parts.unreadable),
        notes=tuple(parts.notes),
    )
    return Checkpoint(
        source,
        parts.security,
        tuple(parts.tensors),
        extra=tuple(parts.extra),
        optimizers=tuple(parts.optimizers),
        tree=parts.tree,
        config=config if isinstance(config, dict) else None,
        folder=path / part if part else path,
        named=parts.named,
        adapter=_object(parts, "adapter_config.json") if "adapter_config.json" in names else None,
        files=parts.files,
    )


def _read_weights(parts: Parts, names: tuple[str, ...], options: Options) -> None:
    chosen = find_weights(names)
    distributed = None if chosen else find_distributed(names)
    if distributed is not None:
        parts.take(distributed.read(parts.folder, options))
    for name in chosen:
        if name.endswith(".index.json"):
            read_index(parts, name, options)
        else:
            parts.add_weights(name, options.pick)
    if len(chosen) > 1:
        parts.notes.append(f"There is no index beside the {len(chosen)} numbered weight files; all were read.")
    if not chosen and distributed is None:
        parts.notes.append("The folder holds no weights in a format that is read here, only its configuration.")
    others = [
        name
        for name in names
        if name not in parts.owner.values()
        and name not in chosen
        and (name.endswith((".safetensors", ".bin")) or name.endswith(OTHER_WEIGHTS))
        and not name.startswith(("training_args", "optimizer", "scheduler", "rng_state"))
    ]
    if others:
        parts.notes.append(f"Other weight files in the folder were not read: {_list(others)}.")


def _read_configs(parts: Parts, names: tuple[str, ...]) -> dict[str, Any] | None:
    """``config.json`` as it is; its plain values and those of the other configuration files into the metadata."""
    config: dict[str, Any] | None = None
    for name, prefix in CONFIGS:
        if name not in names:
            continue
        value = parts.document(name)
        if value is None:
            continue
        if not isinstance(value, dict):
            parts.notes.append(f"{name} is not a JSON object; its facts are missing.")
            continue
        if name == "config.json":
            config = value
        parts.metadata += flatten(value, prefix)
        parts.add_file(name)
    _read_modules(parts, names)
    return config


def _object(parts: Parts, name: str) -> dict[str, Any] | None:
    """A JSON object of the folder; ``None`` for anything else."""
    value = parts.document(name)
    return value if isinstance(value, dict) else None


def _read_modules(parts: Parts, names: tuple[str, ...]) -> None:
    """The stages of a sentence-transformers folder, or the parts of a diffusers pipeline, each named with its class."""
    if "modules.json" in names:
        stages = parts.document("modules.json")
        for stage in stages if isinstance(stages, list) else []:
            if isinstance(stage, dict) and isinstance(stage.get("type"), str):
                name, folder = stage.get("name", ""), stage.get("path", "")
                parts.metadata += flatten({f"stage {name}": stage["type"]})
                place = parts.folder / folder / "config.json" if isinstance(folder, str) and folder else None
                if place is not None and place.is_file():
                    parts.metadata += flatten(parts.document(f"{folder}/config.json"), f"stage {name}")
    if "model_index.json" in names:
        pipeline = parts.document("model_index.json")
        parts.metadata += flatten(pipeline, "pipeline")
        if not parts.choices:
            parts.notes.append("This is a pipeline of several models; none of their folders with weights is here.")


def _note_code(parts: Parts, names: tuple[str, ...], config: dict[str, Any] | None) -> None:
    """List code that the usual loader would run when told to trust it."""
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        value = config if name == "config.json" else (parts.document(name) if name in names else None)
        mapping = value.get("auto_map") if isinstance(value, dict) else None
        for item in flatten(mapping)[:50] if isinstance(mapping, dict) else ():
            parts.security_notes.append(
                f"{name} asks for the author's code {show_name(item.value)} for {show_name(item.name)} (auto_map): "
                "it runs when the folder is loaded with trust_remote_code=True. It was not imported here."
            )
        if isinstance(value, dict) and value.get("chat_template"):
            parts.security_notes.append(
                f"{name} holds a chat template (Jinja), which is a program. It was not rendered."
            )
    if "chat_template.jinja" in names or "chat_template.json" in names:
        parts.security_notes.append(
            "The folder holds a chat template (Jinja), which is a program. It was not rendered."
        )
    scripts = [name for name in names if name.endswith(".py")]
    if scripts:
        parts.security_notes.append(f"The folder holds Python files: {_list(scripts)}. None was imported.")
    for name in scripts[:CODE_FILES]:
        try:
            text = read_bytes(parts.folder, name, CODE_LIMIT).decode("utf-8", "replace")
        except LoadError as error:
            text = error.message
        parts.code.append(Item(name=name, value=text))
    read = {*parts.owner.values(), *(file.name for file in parts.source_files)}
    pickles = [name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl")) and name not in read]
    if pickles:
        parts.security_notes.append(f"Not checked for code, because not read: {_list(pickles)}.")


def _list(names: list[str]) -> str:
    return ", ".join(show_name(name) for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


FORMAT = Format(
    id="huggingface",
    title="Hugging Face folder",
    suffixes=("folder",),
    summary="Folder with config.json: transformers, sentence-transformers, PEFT; weights, tokenizer, README.",
    recognises=recognises,
    read=read,
)
