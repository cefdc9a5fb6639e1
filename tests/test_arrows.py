"""Arrows point one way: warehouse.schema <- transforms, expectations, warehouse <- flows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("flows", "transforms", "expectations", "warehouse")
# What a package may import of the others. `schema` stands for the declarations: schema, columns, tables.
MAY_IMPORT = {
    "transforms": {"schema"},
    "warehouse": {"schema"},
    "expectations": {"schema", "transforms"},
    "flows": {"schema", "transforms", "expectations", "warehouse"},
}
DECLARATIONS = ("warehouse.schema", "warehouse.columns", "warehouse.tables")
ONLY_IN = {"duckdb": "warehouse", "great_expectations": "expectations", "prefect": "flows", "requests": "flows"}
PURE = {"requests", "duckdb", "prefect", "socket", "sqlite3", "subprocess", "time"}  # none of these in transforms

MODULES = sorted(path.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_its_package_may(module: Path) -> None:
    package = module.parts[0]
    for name in imports(ROOT / module):
        top = name.split(".")[0]
        if top in PACKAGES and top != package:
            kind = "schema" if name.startswith(DECLARATIONS) else top
            assert kind in MAY_IMPORT[package], f"{module} imports {name}"
        if top in ONLY_IN:
            assert package == ONLY_IN[top], f"{module} imports {name}"
        if package == "transforms":
            assert top not in PURE, f"{module} imports {name}"


@pytest.mark.parametrize("folder", ["demo", "benchmarks", "tests"])
def test_nothing_of_the_product_imports_what_is_beside_it(folder: str) -> None:
    assert [
        str(module) for module in MODULES if folder in {name.split(".")[0] for name in imports(ROOT / module)}
    ] == []


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
