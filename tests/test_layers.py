"""The walls of the house: which room may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "course" / "ecitizen"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "facts": set(),
    "database": {"errors"},
    "folder": {"errors"},
    "storage": set(),
    "locking": {"errors", "storage"},
    "selfcheck": {"errors", "folder", "locking", "storage"},
    "practice": {"errors"},
    "content": {"errors", "practice"},
    "journal": {"errors", "database"},
    "register": {"errors", "database", "facts", "content", "locking", "storage"},
    "opening": {"folder", "database", "register"},
    "gradebook": {"errors", "folder", "facts", "database", "practice", "content", "journal"},
    "indicators": {"errors", "facts", "content"},
    "reports": {"errors", "indicators", "facts", "content", "register", "notebooks"},
    "figures": {"folder", "facts", "opening", "content", "register", "gradebook", "indicators"},
    "announcing": {"errors", "practice", "content"},
    "printing": {"errors", "facts", "folder", "content", "figures", "register", "reports"},
    "reporting": {"folder", "opening", "content", "register", "figures", "reports"},
    "widgets": {"errors", "practice", "content", "journal"},
    "notebooks": {"errors", "practice", "content"},
    "kernels": {"errors"},
    "demo": {"errors", "folder", "facts", "database", "opening", "practice", "content", "journal", "register"},
    "web": {
        "errors",
        "announcing",
        "folder",
        "facts",
        "database",
        "practice",
        "content",
        "journal",
        "register",
        "gradebook",
        "kernels",
        "reports",
        "figures",
        "indicators",
        "locking",
        "printing",
        "reporting",
        "selfcheck",
        "storage",
        "notebooks",
    },
    "exchange": {"errors", "practice", "content"},
    "authoring": {"errors", "practice", "content", "indicators", "widgets"},
    "bench_register": {"facts", "content", "register"},
    "bench_passed": {"content", "database", "demo", "facts", "folder", "gradebook", "journal", "practice"},
    "bench_indicators": {
        *("content", "database", "facts", "figures", "folder", "gradebook", "indicators", "register"),
        *("bench_passed", "bench_register", "reports"),
    },
    "bench_board": {"errors", "folder", "database", "register", "bench", "bench_class", "web"},
    "bench_clicks": {"errors", "folder", "bench", "bench_class", "chaos", "content", "journal", "opening", "web"},
    "bench_class": {"errors", "folder", "bench", "web"},
    "chaos": {
        *("errors", "folder", "opening", "demo", "practice", "content", "journal", "register", "web"),
    },
    "bench_grade": {"errors", "folder", "bench", "content", "practice", "journal", "demo", "gradebook"},
    "bench_serve": {"content", "bench", "bench_wire"},
    "bench_wire": set(),
    "bench": {"errors", "folder", "content", "journal", "web", "demo"},
}
"""Who may import whom; ``cli`` may import everything and nobody imports it."""


def modules() -> dict[str, Path]:
    """Name every module of the package with its file."""
    named = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imports(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """Name the modules of the package that a module imports, lazily or not."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {full if (full := f"{node.module}.{a.name}") in known else node.module for a in node.names}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{name} imports by dots"
    return {module for module in found if module in known} - {name}


def room(module: str) -> str:
    """Name the room a module stands in."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("name", modules())
def test_rooms_import_only_their_neighbours(name: str) -> None:
    if room(name) in {"", "cli", "__main__"}:
        return
    assert room(name) in MAY_IMPORT, f"{name}: a room that the map does not know"
    foreign = {room(module) for module in imports(name, modules()[name], modules())} - {room(name), ""}
    assert foreign <= MAY_IMPORT[room(name)]


def test_imports_make_no_cycle() -> None:
    known = modules()
    graph = {name: imports(name, path, known) for name, path in known.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_only_safe_yaml_is_loaded() -> None:
    unsafe = ("yaml.load(", "yaml.full_load", "yaml.unsafe_load", "yaml.Loader", "pickle.load", "eval(", "exec(")
    for name, path in modules().items():
        text = path.read_text(encoding="utf-8")
        assert not [word for word in unsafe if word in text], name


def test_no_sources_name_foreign_hosts() -> None:
    root = HOUSE.parents[1]
    served = [*HOUSE.joinpath("web").rglob("*.*"), *root.joinpath("widgets").rglob("*.*")]
    hosts = ("cdn.", "cdnjs", "jsdelivr", "unpkg", "googleapis", "gstatic", "fontawesome")
    for path in served:
        if path.suffix in {".js", ".css", ".html", ".j2", ".py"}:
            text = path.read_text(encoding="utf-8").lower()
            assert not [host for host in hosts if host in text], path.name
