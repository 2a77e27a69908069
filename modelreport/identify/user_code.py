"""The user's own Python files and modules: run because the user named them, never because a checkpoint does."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import types
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from modelreport.errors import OptionsError
from modelreport.identify.construct import error_line
from modelreport.identify.libraries import library_of, library_version, load_library
from modelreport.options import MODEL_HINT, Target

MISTAKES = (Exception, SystemExit)
"""What user code may raise; a script that parses its own command line on import leaves by ``SystemExit``."""


def load_target(target: Target, code: str = "") -> Any:
    """What ``--model`` names: an attribute of a module, of a ``.py`` file, or of the file ``--code`` names.

    Raises ``OptionsError`` with the reason when there is none or its code fails.
    """
    if not target.place and not code:
        raise OptionsError(f"--model {target.text!r} is not of the form package.module:factory.", MODEL_HINT)
    option = f"--model {target.text}"
    if not target.place:
        place, found = code, run_file(code, f"--code {code}")
    elif target.place.endswith(".py"):
        place, found = target.place, run_file(target.place, option)
    else:
        place, found = target.place, _import(target.place, option)
    value: Any = found
    for part in target.name.split("."):
        if not hasattr(value, part):
            near = get_close_matches(part, [n for n in dir(value) if not n.startswith("_")], 1)
            raise OptionsError(
                f"{option}: {place} has no {part!r}.", f"Did you mean {near[0]!r}?" if near else MODEL_HINT
            )
        value = getattr(value, part)
    return value


def _import(name: str, option: str) -> ModuleType:
    """An importable module, looked for in the working directory too."""
    load_library("torchvision")  # so that code which imports it works where its operators do not load
    folder = os.getcwd()  # noqa: PTH109 - sys.path holds text
    with as_script(folder), _told(option, f"importing {name}", f"Looked in {folder} and the installed packages."):
        return importlib.import_module(name)


def run_file(path: str, option: str) -> ModuleType:
    """The module that a Python file makes when it is run, not as ``__main__``: training scripts define and stop.

    A file in a package is imported as that part of it, so that its relative imports work; in a folder that only looks
    like a package (files of a Hugging Face folder import each other so) it is given one. A folder gives an empty module
    that stands for all the files in it, of which those that are asked for are run.
    """
    file = Path(path).absolute()
    if file.is_dir():
        return _folder(file)
    if not file.is_file():
        raise OptionsError(f"{option}: {path} does not exist.", "Give the path of a Python file.")
    load_library("torchvision")  # as above
    root, name = _place(file)
    with (
        as_script(root, script=file),
        _told(option, f"running {path}", f"Looked in {root} and the installed packages."),
    ):
        return _run(file, name)


def _folder(folder: Path) -> ModuleType:
    module = ModuleType(folder.name)
    module.__path__ = [str(folder)]
    return module


def _place(file: Path) -> tuple[str, str]:
    """The folder to import from and the dotted name of a file, of its package where it lies in one."""
    parts, folder = [file.stem], file.parent
    if file.name == "__init__.py":
        parts = []
    while (folder / "__init__.py").is_file() and folder.parent != folder and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    return str(folder), ".".join(parts)


def _run(file: Path, name: str) -> ModuleType:
    """Run a file anew under its name; another module that had the name gets it back."""
    if "." in name:
        importlib.import_module(name.rpartition(".")[0])
    elif _imports_siblings(file):
        name = _as_package(file.parent, file.stem)
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        if before is not None and Path(getattr(before, "__file__", None) or "").absolute() != file:
            sys.modules[name] = before
    return module


def _imports_siblings(file: Path) -> bool:
    """Whether a file outside a package imports its neighbours relatively, as the code of Hugging Face folders does."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.lstrip().startswith("from .") for line in lines)


def _as_package(folder: Path, stem: str) -> str:
    """A name for a file in a package that stands for its folder."""
    package = "".join(c if c.isalnum() else "_" for c in folder.name) or "code"
    package = f"_{package}" if package[0].isdigit() or package in sys.modules else package
    stand_in = types.ModuleType(package)
    stand_in.__path__ = [str(folder)]
    sys.modules[package] = stand_in
    return f"{package}.{stem}"


@contextlib.contextmanager
def as_script(folder: str, script: Path | None = None) -> Iterator[None]:
    """With a folder to import from and, for code that reads its command line, an empty one; it prints to stderr."""
    arguments = sys.argv
    sys.argv = [str(script) if script else arguments[0]]
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.argv = arguments
        if folder in sys.path:
            sys.path.remove(folder)


@contextlib.contextmanager
def _told(option: str, what: str, looked: str) -> Iterator[None]:
    """Failures of the user's code as ``OptionsError``, with the line where they happened."""
    try:
        yield
    except OptionsError:
        raise
    except ModuleNotFoundError as error:
        raise OptionsError(f"{option}: there is no module {error.name!r}.", looked) from error
    except SyntaxError as error:
        place = f"{Path(error.filename or '').name}, line {error.lineno}"
        raise OptionsError(f"{option}: {what} failed: {error.msg} ({place}).", "Python cannot read it.") from error
    except MISTAKES as error:
        raise OptionsError(f"{option}: {what} failed: {error_line(error)}", where(error) or MODEL_HINT) from error


def where(error: BaseException) -> str:
    """The last line of the user's own code that an error passed, as a hint; empty when there is none."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".py") and not any(part in file for part in _OTHERS) and Path(file).is_file():
            found = f"It happened in {Path(file).name}, line {trace.tb_lineno}."
        trace = trace.tb_next
    return found


_OTHERS = ("/site-packages/", "/dist-packages/", "/lib/python3", "/modelreport/", "importlib")


def is_own(value: Any, module: ModuleType) -> bool:
    """Whether a class or function is the user's: defined in this module or in one that lies in its folder."""
    name = getattr(value, "__module__", None)
    if name == module.__name__:
        return True
    if not isinstance(name, str) or library_of(f"{name}.x") or name.partition(".")[0] == "torch":
        return False
    return in_folder(sys.modules.get(name), folder_of(module))


def folder_of(module: ModuleType) -> Path:
    """Where a module of the user's lies."""
    file = getattr(module, "__file__", None)
    return Path(file).absolute().parent if file else Path(next(iter(module.__path__)))


def in_folder(module: ModuleType | None, folder: Path) -> bool:
    """Whether a module that is loaded lies in a folder or below, and not among installed packages."""
    file = Path(getattr(module, "__file__", None) or "")
    return folder in file.parents and not {"site-packages", "dist-packages"} & set(file.relative_to(folder).parts)


def package_of(kind: type[Any]) -> tuple[str, str]:
    """Package of a class and its version; the version only where the package is installed, not merely of that name."""
    package = kind.__module__.partition(".")[0]
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    installed = "site-packages" in file or "dist-packages" in file
    return package, library_version(package) if installed else ""


class OwnClasses:
    """Finds the classes and functions that a pickled module names in the code that the user gave."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._folder = folder_of(module)
        self._whole = not getattr(module, "__file__", None)

    def find(self, path: str) -> Any:
        """The class or function of the user's at a dotted path such as ``__main__.Net``; ``None`` when there is none.

        The path may name the file by another name (``train.Net`` of a file that is called otherwise now). A module that
        the given file has not imported is not run for it, since then the checkpoint would choose what runs; where the
        user named a folder, its files may be.
        """
        parts = path.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        for size in range(len(parts) - 1, 0, -1):
            home = self._home(".".join(parts[:size]))
            if home is not None and (found := self._look(home, parts[size:])) is not None:
                return found
        for start in range(1, len(parts)):
            if not self._whole and (found := self._look(self._module, parts[start:])) is not None:
                return found
        return None

    def _home(self, name: str) -> ModuleType | None:
        if name in sys.modules and in_folder(sys.modules[name], self._folder):
            return sys.modules[name]
        file = self._folder.joinpath(*name.split(".")).with_suffix(".py")
        if self._whole and file.is_file():
            told = _told("--code", f"running {file.name}", "")
            with contextlib.suppress(OptionsError), as_script(str(self._folder), file), told:
                return importlib.import_module(name)
        return None

    def _look(self, home: Any, parts: list[str]) -> Any:
        value = home
        for part in parts:
            value = vars(value).get(part) if isinstance(value, (type, ModuleType)) else None
        named = callable(value) and getattr(value, "__name__", "") == parts[-1]
        return value if named and is_own(value, self._module) else None
