"""Nothing in flows and warehouse changes the disk but through warehouse.disk: what is durable is so by one rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DISK = ROOT / "warehouse" / "disk.py"
MODULES = sorted(
    path.relative_to(ROOT) for name in ("flows", "warehouse") for path in (ROOT / name).rglob("*.py") if path != DISK
)
OF_OS = {
    "chmod", "fchmod", "fdatasync", "fsync", "ftruncate", "link", "makedirs", "mkdir", "mkfifo", "open", "pwrite",
    "remove", "removedirs", "rename", "renames", "replace", "rmdir", "sendfile", "symlink", "truncate", "unlink",
    "utime", "write",
}  # fmt: skip
OF_SHUTIL = {"copy", "copy2", "copyfile", "copyfileobj", "copymode", "copystat", "copytree", "move", "rmtree"}
OF_TEMPFILE = {"mkdtemp", "mkstemp", "mktemp", "NamedTemporaryFile", "SpooledTemporaryFile", "TemporaryFile"}
# TemporaryDirectory, of the system's own temporary folder and never of a home, is left: it removes itself.
OF_PATHS = {
    "chmod", "hardlink_to", "mkdir", "rename", "rmdir", "symlink_to", "touch", "unlink", "write_bytes", "write_text",
}  # fmt: skip
WRITING = set("wax+")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_changes_the_disk_through_disk_alone(module: Path) -> None:
    assert list(changes((ROOT / module).read_text("utf-8"))) == []


@pytest.mark.parametrize("code", [
    "os.fsync(1)", "os.replace(a, b)", "from os import replace\nreplace(a, b)", "import os as o\no.unlink(a)",
    "shutil.copyfile(a, b)", "a.replace(b)", "path.write_text(text)", "open(path, 'w')", "path.open('ab')",
    "path.open(mode='r+b')", "tempfile.mkdtemp()", "gzip.open(path, mode)",
])  # fmt: skip
def test_each_way_around_it_would_be_found(code: str) -> None:
    assert list(changes("import os, shutil, tempfile\n" + code))


@pytest.mark.parametrize("code", [
    "text.replace('a', 'b')", "moment.replace(tzinfo=None)", "open(path)", "path.open('rb', buffering=0)",
    "disk.replace(a, b)", "disk.unlink(a)", "work.replace(connection, table, rows, ids)", "sys.stdout.write(text)",
])  # fmt: skip
def test_what_changes_nothing_is_not_found(code: str) -> None:
    assert not list(changes(code))


def changes(code: str) -> Iterator[str]:
    """Calls in a module that change what is on the disk, with their lines."""
    tree = ast.parse(code)
    names = dict(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_change(node, names):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Name in the module -> what was imported under it, `os.replace` say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def is_change(call: ast.Call, names: dict[str, str]) -> bool:
    called = ast.unparse(call.func)
    first, dot, rest = called.partition(".")
    full = names.get(first, first) + dot + rest
    owner, _, name = full.rpartition(".")
    if owner == "warehouse.disk" or owner == "disk":
        return False
    if full == "os.open":
        return "os.devnull" not in ast.unparse(call)
    if owner == "os":
        return name in OF_OS
    if owner == "shutil":
        return name in OF_SHUTIL
    if owner == "tempfile":
        return name in OF_TEMPFILE
    if name == "open":
        return opens_to_write(call, is_method=isinstance(call.func, ast.Attribute) and owner not in names.values())
    if not isinstance(call.func, ast.Attribute):
        return False
    if name == "replace":  # of a path it takes one name; of a text two, of a moment only named values
        return len(call.args) == 1 and not call.keywords
    return name in OF_PATHS


def opens_to_write(call: ast.Call, *, is_method: bool) -> bool:
    """Whether a mode that writes is given, or one that cannot be told."""
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[0 if is_method else 1 :][:1]
    if not given:
        return False
    mode = given[0]
    return not isinstance(mode, ast.Constant) or bool(WRITING & set(str(mode.value)))
