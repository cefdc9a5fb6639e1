"""The cookbook's answers are the demo's, and its notebook runs from top to bottom."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from demo import cookbook
from warehouse.querying.reading import published

PAGE = cookbook.PAGE.read_text("utf-8")
RECIPES = list(cookbook.recipes(PAGE))
STALE = "stale: run `python -m demo.cookbook` and commit docs/cookbook.md and docs/cookbook.ipynb"


def test_there_are_twenty_four_questions_in_order() -> None:
    assert [int(recipe.title.split(".")[0]) for recipe in RECIPES] == list(range(1, 25))
    assert all(recipe.title.endswith("?") for recipe in RECIPES)
    assert PAGE.count("```sql") == 24, "every block of SQL is a recipe's"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_the_answer_is_what_the_demo_says(recipe: cookbook.Recipe, demo_home: Path) -> None:
    with published(demo_home / "cartrials.duckdb") as connection:
        assert recipe.answer == cookbook.answer(connection, recipe.sql), STALE
    assert len(recipe.answer.splitlines()) > 2, "a question without an answer teaches nothing"


def test_the_notebook_asks_the_same_questions() -> None:
    assert cookbook.NOTEBOOK.read_text("utf-8") == cookbook.notebook(PAGE), STALE


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs_from_top_to_bottom(demo_home: Path, tmp_path: Path) -> None:
    notebook: Any = nbformat.read(cookbook.NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    environment = {**os.environ, "CARTRIALS_HOME": str(demo_home), "IPYTHONDIR": str(tmp_path)}
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == len(RECIPES) + 2 and all(cell.outputs for cell in code)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]


def test_writing_answers_twice_changes_nothing() -> None:
    told = {recipe.sql: recipe.answer for recipe in RECIPES}
    assert cookbook.answered(PAGE, lambda sql: told[sql.strip()]) == PAGE
    assert json.loads(cookbook.notebook(PAGE))["nbformat"] == 4
