"""The rules of the house, read off the source."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "modelreport"
TEMPLATES = ROOT / "templates"
ROOMS = ("load", "identify", "trace", "measure", "judge", "render")
OPEN = {"facts", "errors", "options"}
"""What anyone may import."""
LIVE = {"checkpoint", "files", "meta", "remote"}
"""The live objects and the machinery of meta tensors: for the rooms that hold a model in their hands."""
ALLOWED = {
    "facts": set(),
    "errors": set(),
    "options": {"facts", "errors"},
    "remote": {"errors", "files"},
    "files": {"errors", "remote"},
    "checkpoint": {"facts", "files", "remote"},
    "meta": {"facts"},
    **{room: OPEN | LIVE | {room} for room in ("load", "identify", "trace", "measure")},
    "judge": OPEN | {"judge"},
    "render": OPEN | {"render"},
    "generator": OPEN,
    "progress": set(),
    "digests": set(),
    "pipeline": OPEN | LIVE | {"generator", *ROOMS} - {"render"},
    "api": OPEN | {"remote", "pipeline", "render"},
    "site": OPEN | {"site", "digests", "api", "render", "remote", "load"},
    "sphinx": {"embedding"} | OPEN,
    "mkdocs": {"embedding"} | OPEN,
    "embedding": OPEN | {"digests", "api", "render"},
    "cli_options": OPEN | {"render", "trace"},
    "cli_outputs": OPEN | {"progress", "remote"},
    "cli": OPEN | {"cli_options", "cli_outputs"} | {"remote", "api", "progress", "load", "trace", "render", "site"},
    "__init__": OPEN | {"api"},
    "__main__": {"cli"},
}
HEAVY = {
    "torch",
    "torchvision",
    "timm",
    "transformers",
    "onnx",
    "plotly",
    "weasyprint",
    "numpy",
    "jinja2",
    "rich",
    "ml_dtypes",
    "numba",
    "distributed",
    "fsspec",
    "aiohttp",
    "threadpoolctl",
    "polib",
}
COMPILED = {"compiled.py", "singles.py", "vectors.py"}
"""Machine code: imported where large files are read, and nowhere else."""
FILE_LINES, FUNCTION_LINES = 400, 60


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every imported module with its node, ``from a import b`` as ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def top_level_imports(tree: ast.Module) -> Iterator[str]:
    """Modules imported when the file is imported: not inside functions, not under TYPE_CHECKING."""
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (name for name, _ in imports(ast.Module([node], [])))
        elif isinstance(node, (ast.Try, ast.With, ast.If)) and "TYPE_CHECKING" not in ast.unparse(node).split("\n")[0]:
            yield from top_level_imports(ast.Module(node.body, []))


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_facts_and_never_a_neighbour(path: Path) -> None:
    room = room_of(path)
    assert room in ALLOWED, f"{path} has no place in the house"
    for name, _ in imports(ast.parse(path.read_text())):
        if name.split(".")[0] == "modelreport":
            target = name.split(".")[1]
            assert target in ALLOWED[room] or target == room, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    if path.name == "build_index.py":
        return
    heavy = {name.split(".")[0] for name in top_level_imports(ast.parse(path.read_text()))} & HEAVY
    heavy -= {"numpy", "jinja2"} if room_of(path) in {"measure", "render"} else set()
    assert not heavy - ({"numba"} if path.name in COMPILED else set())
    assert path.name in COMPILED or not any(
        name.startswith(tuple(f"modelreport.measure.{part.removesuffix('.py')}" for part in COMPILED))
        for name in top_level_imports(ast.parse(path.read_text()))
    )


def test_render_and_judge_never_import_torch() -> None:
    for room in ("render", "judge"):
        for path in (PACKAGE / room).rglob("*.py"):
            names = {name.split(".")[0] for name, _ in imports(ast.parse(path.read_text()))}
            assert "torch" not in names, path


def test_no_file_runs_a_pickle() -> None:
    for path in sources():
        text = path.read_text()
        names = {name.split(".")[0] for name, _ in imports(ast.parse(text))}
        assert not names & {"pickle", "_pickle", "marshal", "dill", "cloudpickle", "shelve"}, path
        calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)}
        assert not calls & {"torch.load", "torch.jit.load", "torch.export.load", "eval", "exec"}, path


def test_exceptions_are_not_swallowed_bare() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"{path}: bare except"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_readable(path: Path) -> None:
    text = path.read_text()
    if path.name != "facts.py":  # the contract is one file on purpose
        assert text.count("\n") <= FILE_LINES, f"{path} is over {FILE_LINES} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not (
            path.name == "cli.py" and node.name == "build"
        ):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{path.name}:{node.name} has {length} lines"


def test_every_source_file_has_its_test_file() -> None:
    missing = []
    for path in sources():
        relative = path.relative_to(PACKAGE)
        if path.name in {"__init__.py", "__main__.py"} or not ast.parse(path.read_text()).body:
            continue
        if not (ROOT / "tests" / relative.parent / f"test_{path.name}").is_file():
            missing.append(str(relative))
    assert not missing


def test_templates_escape_everything() -> None:
    for path in TEMPLATES.rglob("*"):
        if path.suffix in {".html", ".j2", ".md", ".svg"} and "vendor" not in path.parts:
            text = path.read_text()
            assert not re.search(r"\|\s*safe\b|autoescape\s+false", text), path


def test_scripts_never_make_html_from_text() -> None:
    for path in (TEMPLATES / "js").rglob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text()
        ), path


def test_sections_and_their_templates_are_one_to_one() -> None:
    from modelreport.render.sections import SECTIONS

    assert {s.id for s in SECTIONS} == {p.stem for p in (TEMPLATES / "sections").glob("*.html")}
    assert len({s.id for s in SECTIONS}) == len(SECTIONS)


def test_parts_of_the_weights_section_and_their_templates_are_one_to_one() -> None:
    from modelreport.render.weights import PARTS

    assert {p.id for p in PARTS} == {p.stem for p in (TEMPLATES / "weights").glob("*.html")}
    assert len({p.id for p in PARTS}) == len(PARTS)
    printed = {p.stem for p in (TEMPLATES / "print" / "weights").glob("*.html")}
    assert printed == {p.id for p in PARTS if p.own_print}
    files = {path.stem for path in (PACKAGE / "render" / "weights").glob("*.py")}
    assert {p.context.__module__.rpartition(".")[2] for p in PARTS} <= files


def test_rules_and_formats_have_unique_ids() -> None:
    from modelreport.judge import RULES
    from modelreport.load import FORMATS

    for ids in ([r.id for r in RULES], [f.id for f in FORMATS]):
        assert len(set(ids)) == len(ids)
    assert len(RULES) >= 15


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {re.split(r"==", line)[0].lower().replace("_", "-") for line in lines if "==" in line}
    names = {re.match(r"[A-Za-z0-9_.-]+", d)[0].lower().replace("_", "-") for d in wanted}  # type: ignore[index]
    assert names <= pinned
    assert {"torch==2.13.0", "torchvision==0.28.0"} <= set(lines)


def test_the_project_speaks_of_no_machine() -> None:
    for path in [
        *sources(),
        *TEMPLATES.rglob("*.js"),
        *TEMPLATES.rglob("*.html"),
        ROOT / "README.md",
        ROOT / "Makefile",
    ]:
        assert not re.search(r"/root/|/home/\w+/|/work/", path.read_text()), path
