"""The cookbook: runs the SQL of docs/cookbook.md on the demo and writes its answers, and the notebook beside it.

    python -m demo.cookbook

The page is written by hand but for the answers: a table after each block of SQL.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.config.settings import load
from flows.runs import nightly
from flows.runs.run import Options
from warehouse.export import tabular
from warehouse.querying import reading, statements

DEMO = Path(__file__).parent
PAGE = DEMO.parent / "docs" / "cookbook.md"
NOTEBOOK = PAGE.with_suffix(".ipynb")
RECIPE = re.compile(r"^## (?P<title>.+?)\n(?P<why>.*?)```sql\n(?P<sql>.*?)```\n(?P<answer>.*?)(?=^## |\Z)", re.M | re.S)

OPEN = '''import os
from pathlib import Path

import duckdb

# The demo's data folder, or wherever CARTRIALS_HOME says.
home = Path(os.environ.get("CARTRIALS_HOME", "../demo/data"))
connection = duckdb.connect(str(home / "cartrials.duckdb"), read_only=True)


def ask(sql):
    """The answer as a pandas frame."""
    return connection.sql(sql).df()


ask("SELECT run_id, published_at, rule_version, is_demo FROM release")'''
CHART = """import altair as alt

growth = ask("SELECT quarter_begins, n_trials FROM trend_registrations_by_quarter WHERE quarter IS NOT NULL")
alt.Chart(growth, title="Registrations by quarter").mark_bar().encode(x="quarter_begins:T", y="n_trials:Q")"""


@dataclass(frozen=True)
class Recipe:
    """One question: its title, a word on how it counts, SQL, and the answer as a Markdown table."""

    title: str
    why: str
    sql: str
    answer: str


def main() -> None:
    """Run the nights of the demo in a folder of their own, ask, and write page and notebook."""
    with tempfile.TemporaryDirectory() as folder:
        settings = load(home=Path(folder), watchlist=DEMO / "watchlist.toml")
        nightly.run(settings, Options(recorded=DEMO / "recordings", is_demo=True))
        with reading.published(settings.warehouse_path) as connection:
            PAGE.write_text(answered(PAGE.read_text("utf-8"), lambda sql: answer(connection, sql)), encoding="utf-8")
    NOTEBOOK.write_text(notebook(PAGE.read_text("utf-8")), encoding="utf-8")


def recipes(page: str) -> Iterator[Recipe]:
    """The questions of the page, in order."""
    for found in RECIPE.finditer(page):
        yield Recipe(found["title"], found["why"].strip(), found["sql"].strip(), found["answer"].strip())


def answered(page: str, ask: Callable[[str], str]) -> str:
    """The page with the answer of `ask` after each block of SQL."""

    def anew(found: re.Match[str]) -> str:
        end = "" if found.end() == len(page) else "\n"
        return f"## {found['title']}\n{found['why']}```sql\n{found['sql']}```\n\n{ask(found['sql'])}\n{end}"

    return RECIPE.sub(anew, page)


def answer(connection: reading.Connection, sql: str) -> str:
    """The answer to one question as a Markdown table."""
    table = statements.select(connection, sql)
    lines = [table.schema.names, ["---"] * table.num_columns]
    lines += [[cell(tabular.text(value)) for value in row] for row in tabular.rows(table)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(text: str) -> str:
    """A text in a cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def notebook(page: str) -> str:
    """The same questions as a notebook (nbformat 4), without outputs."""
    cells = [
        _text("# CAR T-cell trials: twenty questions\n\nThe questions of cookbook.md, to be run from top to bottom."),
        _code(OPEN),
    ]
    for recipe in recipes(page):
        cells.append(_text(f"## {recipe.title}\n\n{recipe.why}".strip()))
        cells.append(_code(f'ask("""\n{recipe.sql}\n""")'))
    cells += [_text("## And a picture of it"), _code(CHART)]
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    told = {"cells": cells, "metadata": {"kernelspec": python}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": source.splitlines(keepends=True),
    }  # fmt: skip


if __name__ == "__main__":
    main()
