"""One tree of errors: each class says its exit code and whether to try again, and none is told by its name or text."""

from __future__ import annotations

import ast
import importlib
import inspect
import pickle
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import expectations
import flows
import transforms
import warehouse
from flows.alerts.subscribers.subscribers import SubscribersError
from flows.cli import exit_code, sentence
from flows.config.watchlist import WatchlistError
from flows.errors import Held, Locked, SettingsError, sentence_of
from flows.process import stopping
from flows.sources.errors import Barred, Refused, SourceError, Unavailable, Unexpected
from transforms.profile.reading.vocabulary import VocabularyError
from warehouse.errors import CartrialsError, FileError, NotPublished, UsageError, WarehouseError

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (expectations, flows, transforms, warehouse)
MODULES = sorted(path for package in PACKAGES for path in Path(package.__path__[0]).rglob("*.py"))
# Raised and caught within a few modules, which tell of them in words of their own; none reaches a command's end.
TOLD_ON = {
    "AddressError", "BrokenFile", "CutShort", "Forbidden", "NotArticles", "NotReadable", "Overdue", "Refused",
    "RetryableAnswer", "SeveralMeanings", "Stopped", "UnknownWord", "WrongType", "_DryRun", "_HistoryForgotten",
    "_RunnerGone",
}  # fmt: skip
CODES = {1, 2, 3, 4}
CLAIM = re.compile(r"last release stands|nothing was published", re.IGNORECASE)
# Who knows it: the gate that held a run, what has written no release, what counts publications, and the command's end.
KNOW_OF_THE_RELEASE = {"flows/runs/lifecycle.py", "warehouse/release/publish.py", "flows/process/stopping.py"}


def classes() -> Iterator[type[BaseException]]:
    """Every class of an exception that the four packages define."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                members = vars(importlib.import_module(found.name)).values()
                yield from (
                    one for one in members
                    if inspect.isclass(one) and issubclass(one, BaseException) and one.__module__ == found.name
                )  # fmt: skip


def test_every_error_of_ours_is_in_the_tree_or_told_on_by_another() -> None:
    outside = {one.__name__ for one in classes() if not issubclass(one, CartrialsError)}
    assert outside == TOLD_ON


def test_every_error_of_the_tree_declares_its_exit_code_and_whether_to_try_again() -> None:
    tree = [one for one in classes() if issubclass(one, CartrialsError)]
    assert len(tree) > 20
    assert {one.exit_code for one in tree} == CODES
    assert {one.__name__ for one in tree if one.may_retry} == {"Unavailable", "Locked"}
    assert all(one.__doc__ for one in tree)


@pytest.mark.parametrize(("error", "code"), [
    (SettingsError("CARTRIALS_HOME is empty."), 2), (WatchlistError("w.toml", 3, "no title"), 2),
    (SubscribersError("s.toml", 3, "no name"), 2), (VocabularyError("diseases.csv", 0, "has no column term"), 2),
    (Held("Run 1 was held."), 3), (Locked("Another run works."), 4), (NotPublished("Nothing yet."), 1),
    (Unavailable("PubMed", "is away"), 1), (Barred("PubMed", "refused"), 1), (Unexpected("PubMed", "is new"), 1),
], ids=repr)  # fmt: skip
def test_what_a_command_ends_with_is_declared(error: CartrialsError, code: int) -> None:
    stopping.begin()
    assert (exit_code(error), sentence(error)) == (code, str(error))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # errors come from other processes


@pytest.mark.parametrize("error", [WarehouseError("It is damaged."), Refused("PubMed", "said no"), OSError(5, "I/O")])
def test_what_is_said_of_a_release_is_known(error: Exception, tmp_path: Path) -> None:
    stopping.begin()
    assert (exit_code(error), sentence(error)) == (1, sentence_of(error)), "a question publishes nothing anyway"
    stopping.begin_work()
    assert (exit_code(error), sentence(error)) == (1, f"{sentence_of(error)} Nothing was published.")
    stopping.note_published("R-1", tmp_path)
    assert exit_code(error) == 5 and sentence(error).startswith(f"{sentence_of(error)} Run R-1 was published before")
    stopping.begin()


def test_an_error_of_the_edge_names_the_line() -> None:
    assert str(FileError("a.toml", 4, "no title")) == "a.toml, line 4: no title"
    assert str(FileError("a.csv", 0, "is empty")) == "a.csv: is empty"
    assert issubclass(FileError, UsageError) and issubclass(SourceError, CartrialsError)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_tells_an_error_by_the_name_of_its_class_or_claims_what_it_does_not_know(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    compared = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Compare | ast.DictComp)]
    assert not [text for text in compared if re.search(r"\.__(name|module|qualname)__", text)]
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = [
        node.value for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]  # fmt: skip
    if str(module.relative_to(ROOT)) not in KNOW_OF_THE_RELEASE:
        assert not [text for text in said if CLAIM.search(text)]
