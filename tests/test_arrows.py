"""Who may import whom, folder by folder: arrows point one way, so that a change is felt in one direction only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("flows", "transforms", "expectations", "warehouse")
# What a package may import of the others. `schema` stands for the declarations: schema, columns, tables, errors.
PACKAGE_MAY_IMPORT = {
    "transforms": {"schema"},
    "warehouse": {"schema"},
    "expectations": {"schema", "transforms"},
    "flows": {"schema", "transforms", "expectations", "warehouse"},
}
DECLARATIONS = ("warehouse.schema", "warehouse.columns", "warehouse.tables", "warehouse.errors")
ONLY_IN = {"duckdb": "warehouse", "great_expectations": "expectations", "prefect": "flows", "requests": "flows"}
PURE = {"requests", "duckdb", "prefect", "socket", "sqlite3", "subprocess", "time"}  # none of these in transforms

# What a room may import of its own package. A folder is a room; a module beside folders is one of its own.
ROOM_MAY_IMPORT: dict[str, set[str]] = {
    "expectations": set(),
    "expectations/check": {
        "expectations/chunk",
        "expectations/facts",
        "expectations/results",
        "expectations/sentences",
        "expectations/suites",
    },
    "expectations/chunk": {"expectations/results"},
    "expectations/columns": {"expectations/chunk", "expectations/rules"},
    "expectations/facts": {"expectations/chunk", "expectations/results", "expectations/rules"},
    "expectations/gate": {"expectations/pull", "expectations/results"},
    "expectations/known_fields": set(),
    "expectations/pull": set(),
    "expectations/results": set(),
    "expectations/rules": {"expectations/chunk", "expectations/results"},
    "expectations/sentences": {
        "expectations/chunk",
        "expectations/columns",
        "expectations/facts",
        "expectations/rules",
    },
    "expectations/suites": {"expectations/chunk", "expectations/facts", "expectations/results", "expectations/rules"},
    "flows": set(),
    "flows/alerts": set(),
    "flows/alerts/announce": {
        "flows/alerts/channels",
        "flows/alerts/feeds",
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/config",
        "flows/storage",
    },
    "flows/alerts/calendar": {"flows/alerts/ledger", "flows/process"},
    "flows/alerts/channels": {
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/errors",
        "flows/process",
        "flows/storage",
    },
    "flows/alerts/facts": set(),
    "flows/alerts/feeds": {
        "flows/alerts/calendar",
        "flows/alerts/facts",
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/config",
        "flows/storage",
    },
    "flows/alerts/forecast": {
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/config",
        "flows/storage",
    },
    "flows/alerts/ledger": {"flows/alerts/facts", "flows/alerts/subscribers", "flows/config", "flows/storage"},
    "flows/alerts/messages": {"flows/alerts/facts", "flows/alerts/ledger", "flows/alerts/subscribers"},
    "flows/alerts/operator": {
        "flows/alerts/announce",
        "flows/alerts/channels",
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/config",
        "flows/errors",
        "flows/process",
        "flows/storage",
    },
    "flows/alerts/preview": {
        "flows/alerts/announce",
        "flows/alerts/channels",
        "flows/alerts/facts",
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/subscribers",
        "flows/storage",
    },
    "flows/alerts/subscribers": {"flows/alerts/facts", "flows/config"},
    "flows/assistant": {"flows/alerts/ledger", "flows/process", "flows/report"},
    "flows/backfill": {
        "flows/config",
        "flows/errors",
        "flows/ingest",
        "flows/process",
        "flows/runs",
        "flows/sources",
        "flows/storage",
    },
    "flows/cli": {
        "flows/cli/alerts",
        "flows/cli/analyst",
        "flows/cli/app",
        "flows/cli/backfill",
        "flows/cli/exports",
        "flows/cli/operator",
        "flows/errors",
        "flows/process",
    },
    "flows/cli/alerts": {"flows/cli/app", "flows/cli/commands"},
    "flows/cli/analyst": {"flows/cli/app", "flows/cli/commands"},
    "flows/cli/app": {"flows/config", "flows/storage"},
    "flows/cli/backfill": {"flows/cli/app", "flows/cli/commands"},
    "flows/cli/commands": {
        "flows/alerts/announce",
        "flows/alerts/channels",
        "flows/alerts/ledger",
        "flows/alerts/messages",
        "flows/alerts/operator",
        "flows/alerts/preview",
        "flows/alerts/subscribers",
        "flows/assistant",
        "flows/backfill",
        "flows/config",
        "flows/errors",
        "flows/nightly",
        "flows/orchestration",
        "flows/process",
        "flows/report",
        "flows/runs",
        "flows/site",
        "flows/sources",
        "flows/storage",
    },
    "flows/cli/exports": {"flows/cli/app", "flows/cli/commands"},
    "flows/cli/operator": {"flows/cli/app", "flows/cli/commands"},
    "flows/config": {"flows/errors"},
    "flows/deployed": {"flows/cli/commands", "flows/config", "flows/errors"},
    "flows/errors": set(),
    "flows/ingest": {"flows/config", "flows/load", "flows/process", "flows/sources", "flows/storage"},
    "flows/load": {"flows/config", "flows/process", "flows/sources", "flows/storage"},
    "flows/nightly": {
        "flows/config",
        "flows/errors",
        "flows/orchestration",
        "flows/process",
        "flows/runs",
        "flows/sources",
        "flows/storage",
    },
    "flows/orchestration": {"flows/config", "flows/errors", "flows/process", "flows/runs"},
    "flows/process": {"flows/errors"},
    "flows/report": set(),
    "flows/runs": {
        "flows/alerts/announce",
        "flows/alerts/forecast",
        "flows/alerts/operator",
        "flows/config",
        "flows/errors",
        "flows/ingest",
        "flows/load",
        "flows/process",
        "flows/report",
        "flows/site",
        "flows/sources",
        "flows/storage",
    },
    "flows/site": {"flows/errors", "flows/report"},
    "flows/sources": {"flows/config", "flows/process"},
    "flows/storage": {"flows/config", "flows/errors", "flows/process"},
    "transforms": set(),
    "transforms/clinicaltrials": set(),
    "transforms/clinicaltrials/parts": {"transforms/shaped"},
    "transforms/clinicaltrials/places": set(),
    "transforms/clinicaltrials/results": {"transforms/clinicaltrials/parts", "transforms/shaped"},
    "transforms/clinicaltrials/study": {
        "transforms/clinicaltrials/parts",
        "transforms/clinicaltrials/places",
        "transforms/nct",
        "transforms/shaped",
    },
    "transforms/content": {"transforms/shaped"},
    "transforms/dates": set(),
    "transforms/frames": {"transforms/dates", "transforms/shaped"},
    "transforms/history": {
        "transforms/clinicaltrials/places",
        "transforms/clinicaltrials/study",
        "transforms/dates",
        "transforms/shaped",
        "transforms/shown",
    },
    "transforms/nct": set(),
    "transforms/follow": {
        "transforms/clinicaltrials",
        "transforms/clinicaltrials/results",
        "transforms/clinicaltrials/study",
        "transforms/content",
        "transforms/frames",
        "transforms/history",
        "transforms/profile/papers",
        "transforms/profile/reading",
        "transforms/pubmed",
        "transforms/reading",
        "transforms/shaped",
    },
    "transforms/normalize": {"transforms/follow", "transforms/frames", "transforms/reading", "transforms/shaped"},
    "transforms/profile": {"transforms/profile/evidence", "transforms/profile/study"},
    "transforms/profile/criteria": {"transforms/profile/reading"},
    "transforms/profile/endpoints": {"transforms/profile/reading", "transforms/profile/trial"},
    "transforms/profile/evidence": {"transforms/profile/reading"},
    "transforms/profile/decided_rows": {
        "transforms/profile/criteria",
        "transforms/profile/endpoints",
        "transforms/profile/reading",
    },
    "transforms/profile/overrides": {
        "transforms/profile/decided_rows",
        "transforms/profile/evidence",
        "transforms/profile/reading",
        "transforms/profile/study",
        "transforms/profile/trial",
        "transforms/written",
    },
    "transforms/profile/paper_links": set(),
    "transforms/profile/papers": {
        "transforms/profile/products",
        "transforms/profile/reading",
        "transforms/profile/trial",
    },
    "transforms/profile/products": {
        "transforms/profile/reading",
        "transforms/profile/regimen",
        "transforms/profile/trial",
    },
    "transforms/profile/read_parts": set(),
    "transforms/profile/reading": {"transforms/profile/read_parts", "transforms/shaped"},
    "transforms/profile/regimen": {"transforms/profile/reading"},
    "transforms/profile/study": {
        "transforms/profile/evidence",
        "transforms/profile/criteria",
        "transforms/profile/endpoints",
        "transforms/profile/products",
        "transforms/profile/reading",
        "transforms/profile/regimen",
        "transforms/profile/trial",
    },
    "transforms/profile/trial": {"transforms/nct", "transforms/profile/reading"},
    "transforms/pubmed": {"transforms/nct", "transforms/shaped"},
    "transforms/reading": {
        "transforms/clinicaltrials",
        "transforms/clinicaltrials/results",
        "transforms/clinicaltrials/study",
        "transforms/content",
        "transforms/frames",
        "transforms/profile",
        "transforms/profile/overrides",
        "transforms/profile/read_parts",
        "transforms/profile/reading",
        "transforms/shaped",
    },
    "transforms/shaped": set(),
    "transforms/shown": set(),
    "transforms/synonyms": {"transforms/clinicaltrials/places", "transforms/profile/reading"},
    "transforms/written": set(),
    "warehouse": set(),
    "warehouse/columns": set(),
    "warehouse/ddl": {"warehouse/columns"},
    "warehouse/disk": {"warehouse/errors"},
    "warehouse/emptied": {"warehouse/columns", "warehouse/querying", "warehouse/schema", "warehouse/tables"},
    "warehouse/errors": set(),
    "warehouse/export": {
        "warehouse/columns",
        "warehouse/ddl",
        "warehouse/disk",
        "warehouse/errors",
        "warehouse/querying",
        "warehouse/release",
        "warehouse/schema",
        "warehouse/tables",
    },
    "warehouse/narrow": {"warehouse/columns", "warehouse/ddl", "warehouse/schema", "warehouse/tables"},
    "warehouse/querying": {
        "warehouse/columns",
        "warehouse/ddl",
        "warehouse/errors",
        "warehouse/schema",
        "warehouse/whole",
    },
    "warehouse/release": {
        "warehouse/columns",
        "warehouse/ddl",
        "warehouse/disk",
        "warehouse/errors",
        "warehouse/querying",
        "warehouse/schema",
        "warehouse/tables",
        "warehouse/work",
    },
    "warehouse/schema": {"warehouse/columns", "warehouse/tables"},
    "warehouse/tables": {"warehouse/columns"},
    "warehouse/whole": {"warehouse/errors"},
    "warehouse/work": {
        "warehouse/columns",
        "warehouse/ddl",
        "warehouse/disk",
        "warehouse/errors",
        "warehouse/narrow",
        "warehouse/schema",
    },
}
MODULES = sorted(path.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_its_package_may(module: Path) -> None:
    package = module.parts[0]
    for name in imports(ROOT / module):
        top = name.split(".")[0]
        if top in PACKAGES and top != package:
            kind = "schema" if name.startswith(DECLARATIONS) else top
            assert kind in PACKAGE_MAY_IMPORT[package], f"{module} imports {name}"
        if top in ONLY_IN:
            assert package == ONLY_IN[top], f"{module} imports {name}"
        if package == "transforms":
            assert top not in PURE, f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_the_rooms_that_its_own_may(module: Path) -> None:
    room = room_of(module)
    for name in imports(ROOT / module):
        other = module_of(name)
        if other is None or other.parts[0] != module.parts[0] or room_of(other) == room:
            continue
        assert room_of(other) in ROOM_MAY_IMPORT[room], f"{module} imports {name}"


def test_every_room_is_declared_and_arrows_go_no_circle() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOM_MAY_IMPORT)
    settled: set[str] = set()
    while waiting := {room: may - settled for room, may in ROOM_MAY_IMPORT.items() if room not in settled}:
        free = {room for room, missing in waiting.items() if not missing}
        assert free, f"a circle among {sorted(waiting)}"
        settled |= free


def test_no_two_modules_import_each_other() -> None:
    reached = {module: {other for name in imports(ROOT / module) if (other := module_of(name))} for module in MODULES}
    while True:
        wider = {module: others.union(*(reached[other] for other in others)) for module, others in reached.items()}
        if wider == reached:
            break
        reached = wider
    assert [str(module) for module, others in reached.items() if module in others] == []


@pytest.mark.parametrize("folder", ["demo", "benchmarks", "tests"])
def test_nothing_of_the_product_imports_what_is_beside_it(folder: str) -> None:
    assert [
        str(module) for module in MODULES if folder in {name.split(".")[0] for name in imports(ROOT / module)}
    ] == []


def room_of(module: Path) -> str:
    """The folder of a module; the module itself where folders of modules lie beside it."""
    return (
        str(module.with_suffix("")) if is_hall(module.parent) and module.name != "__init__.py" else str(module.parent)
    )


@cache
def is_hall(folder: Path) -> bool:
    """Whether folders with modules lie in this one."""
    return any((ROOT / folder).glob("*/*.py"))


def module_of(name: str) -> Path | None:
    """The file that a full name is, or is of; None where it is not ours."""
    parts = name.split(".")
    if parts[0] not in PACKAGES:
        return None
    paths = [Path(*parts), Path(*parts[:-1])] if len(parts) > 1 else [Path(*parts)]
    found = (file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py"))
    return next((file for file in found if (ROOT / file).exists()), None)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Full names of what a file imports, wherever in it, type hints included."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
