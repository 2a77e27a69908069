"""TorchScript archives: the module tree and weights from ``data.pkl``, the code as text. Nothing is compiled.

Source: ``torch/csrc/jit/serialization``. Constant attributes stand in the code of the class, not in the pickle.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import LazyTensor, ModuleNode, Opaque
from modelreport.errors import CorruptFileError
from modelreport.facts import Item, Role
from modelreport.files import open_file
from modelreport.load.archive import Archive
from modelreport.load.assemble import assemble, require
from modelreport.load.budget import Budget, ExhaustedError
from modelreport.load.contents import Candidate, Contents
from modelreport.load.describe import short
from modelreport.load.format import Format
from modelreport.load.modules import cut, grow, tree_tensors
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_values import Made, state_of, state_size
from modelreport.load.plain import Plain
from modelreport.load.tensors import Tensors
from modelreport.load.torch_zip import TorchArchive, has_code, has_data_pickle

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

CODE_BYTES = 1 << 20
"""Most bytes of one source file that are read."""
CODE_TOTAL = 8 << 20
CODE_FILES = 2000
CONSTANT_CHARACTERS = 500
_CLASS = re.compile(r"^class (\w+)\((\w+)\):\n((?:  .*\n|\n)*?)(?=  def |\S|\Z)", re.MULTILINE)
_NAMES = re.compile(r"^  __(parameters|buffers)__ = \[([^\]]*)\]", re.MULTILINE)
_MANGLED = re.compile(r"\.___torch_mangle_\d+")


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether it is a zip with torch's pickle and TorchScript code."""
    return head[:2] == b"PK" and has_data_pickle(names) and has_code(names)


class ScriptClass:
    """What the code says of one class: which attributes are parameters and buffers, and its constants."""

    def __init__(self, text: str) -> None:
        self.roles: dict[str, Role] = {}
        self.constants: dict[str, Any] = {}
        for kind, names in _NAMES.findall(text):
            for name in re.findall(r'"([^"]*)"', names):
                self.roles[name] = "parameter" if kind == "parameters" else "buffer"
        for line in text.splitlines():
            name, _, rest = line.strip().partition(" : Final[")
            value = rest.partition("] = ")[2][:CONSTANT_CHARACTERS]
            if not value:
                continue
            try:
                self.constants[name] = ast.literal_eval(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                self.constants[name] = short(value, 100)


def read_code(archive: Archive, folder: str) -> tuple[list[Item], dict[str, ScriptClass]]:
    """The source files of an archive as text, and their classes by dotted path; capped."""
    items: list[Item] = []
    classes: dict[str, ScriptClass] = {}
    total = 0
    root = f"{folder}code/"
    for name in archive.members:
        if not name.startswith(root) or not name.endswith(".py"):
            continue
        if len(items) >= CODE_FILES or total > CODE_TOTAL:
            archive.note("Not all TorchScript code is shown: there is too much of it.")
            break
        try:
            text = archive.read(name, CODE_BYTES).decode("utf-8", "backslashreplace")
        except CorruptFileError as error:
            archive.note(f"TorchScript code cannot be read: {error.message}.")
            continue
        total += len(text)
        items.append(Item(name=name[len(root) :], value=text))
        module = name[len(root) : -3].replace("/", ".")
        for match in _CLASS.finditer(text):
            classes[f"{module}.{match[1]}"] = ScriptClass(match[3])
    return items, classes


class ScriptModules:
    """Builds the tree of a TorchScript archive; iterative."""

    def __init__(self, tensors: Tensors, classes: dict[str, ScriptClass]) -> None:
        self._tensors = tensors
        self._classes = classes
        self._plain = Plain()
        self._attributes: list[tuple[ModuleNode, LazyTensor]] = []
        self._known: dict[int, tuple[Made, ModuleNode]] = {}
        self._budget = Budget()
        self.notes: list[str] = []

    def attributes(self, root: ModuleNode) -> list[LazyTensor]:
        """Tensors that are attributes of a module, neither parameters nor buffers, under their dotted names."""
        paths = {id(node): path for path, node, seen in root.walk() if not seen}
        for node, tensor in self._attributes:
            path = paths.get(id(node), "")
            tensor.name = f"{path}.{tensor.name}" if path else tensor.name
        return [tensor for _, tensor in self._attributes]

    def tree(self, root: Made) -> ModuleNode:
        """The module ``root`` and everything below it."""
        try:
            grow(root, self._node, self._fill, self.notes.append)
        except ExhaustedError:
            self.notes.append("The module tree is cut: it is larger than is looked at.")
        return self._node(root)

    def _node(self, value: Made) -> ModuleNode:
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, ModuleNode(type_path(value)))
        return known[1]

    def _fill(self, value: Made, node: ModuleNode) -> list[tuple[str, Made]]:
        self._budget.spend(1 + state_size(value))
        known = self._classes.get(value.path)
        node.attributes.update(known.constants if known else {})
        children: list[tuple[str, Made]] = []
        for full, item in state_of(value).items():
            name = cut(full)
            parts = self._tensors.read(item, name)
            if parts is not None:
                for tensor in parts.named(name):
                    self._place(tensor, node, known.roles.get(name) if known else "buffer")
            elif isinstance(item, Made) and item.path.startswith("__torch__.") and item.state is not None:
                children.append((name, item))
            elif name != "_is_full_backward_hook":
                node.attributes[name] = self._plain.convert(item)
        return children

    def _place(self, tensor: LazyTensor, node: ModuleNode, role: Role | None) -> None:
        tensor.role = role or "other"
        if role == "parameter":
            node.parameters[tensor.name] = tensor
        elif role == "buffer":
            node.buffers[tensor.name] = tensor
        else:
            node.attributes[tensor.name] = Opaque("torch.Tensor", (tensor.dtype, tensor.shape))
            self._attributes.append((node, tensor))


def type_path(value: Made) -> str:
    """Dotted path of the class the module was scripted from."""
    return _MANGLED.sub("", value.path.removeprefix("__torch__."))


def read(path: Location, options: Options) -> Checkpoint:
    """Open a TorchScript archive. Raises ``CorruptFileError``."""
    file = open_file(path)
    with close_on_failure([file]):
        archive = TorchArchive(file)
        archive.scan.trusted = "__torch__."
        found = archive.read(archive.pickle_name)
        code, classes = read_code(archive.archive, archive.folder)
        contents = Contents()
        require(found, archive.scan, path.name)
        tensors = Tensors(archive.storages())
        if isinstance(found.value, Made) and not found.error:
            modules = ScriptModules(tensors, classes)
            tree = modules.tree(found.value)
            contents.candidates.append(Candidate("", "module", tree_tensors(tree), tree))
            contents.loose += modules.attributes(tree)
            contents.notes += dict.fromkeys(modules.notes)
        contents.loose += _constants(archive)
        contents.notes += tensors.notes
        archive.judge_others()
        archive.scan.note("TorchScript has no safe mode: torch.jit.load compiles the code in the file.")
        opened = archive.opened(FORMAT)
        opened.code = code
        return assemble(opened, contents, options, "script")


def _constants(archive: TorchArchive) -> list[LazyTensor]:
    """Tensors that the code refers to by number."""
    name = f"{archive.folder}constants.pkl"
    if name not in archive.archive.members:
        return []
    found = archive.read(name)
    tensors = Tensors(archive.storages("constants/"))
    values = found.value if isinstance(found.value, tuple) else ()
    constants: list[LazyTensor] = []
    for index, value in enumerate(values):
        parts = tensors.read(value, f"constants.{index}")
        if parts is not None:
            constants += parts.named(f"constants.{index}", "constant")
    return constants


FORMAT = Format(
    id="torchscript",
    title="TorchScript archive",
    suffixes=(".pt", ".jit", ".ts"),
    summary="torch.jit.save: module tree, weights, and the code as text; not compiled.",
    recognises=recognises,
    read=read,
)
