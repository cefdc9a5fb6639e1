"""Comments of views and macros as DuckDB keeps them: what `DESCRIBE`, DBeaver and the dictionary show.

Tables take theirs from the schema (warehouse.ddl); a view takes its columns' from the tables it shows, a
trend view from the header of its query, a macro from the comment on top of its file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from warehouse.ddl import MACROS, VIEWS, description, quoted
from warehouse.querying import named
from warehouse.schema import table

TEXT_COLUMNS = {
    "nct_id": "The trial's NCT number.",
    "field_path": "table.column, and in brackets the number of the item, as car_t_evidence names it.",
    "text": "The text as the registry gives it; offsets of evidence count its code points.",
}


def of_views_and_macros() -> list[str]:
    """COMMENT statements, to be run in the file that holds the views and macros."""
    statements = []
    for path in sorted(VIEWS.glob("*.sql")):
        statements += _of_view(path.stem, on_top(path), columns_of_view(path.stem))
    for asked in named.queries().values():
        grain = asked.grain[:1].upper() + asked.grain[1:]
        told = f"{asked.title}. {grain}. Counts {asked.counts}. Why: {asked.reason}."
        statements += _of_view(f"trend_{asked.name}", told, asked.columns)
    for path in sorted(MACROS.glob("*.sql")):
        kind = "MACRO TABLE" if " AS TABLE" in path.read_text("utf-8") else "MACRO"
        statements.append(f"COMMENT ON {kind} {path.stem} IS {quoted(on_top(path))}")
    return statements


def columns_of_view(name: str) -> Mapping[str, str]:
    """Column -> what it holds, of a view in warehouse/views/."""
    if name == "trial_texts":
        return TEXT_COLUMNS
    shown = (*table("trials").columns, *table("car_t_profiles").columns)
    return {column.name: description(column) for column in shown}


def on_top(path: Path) -> str:
    """The comment on top of a SQL file, on one line."""
    found = re.match(r"(?:--[^\n]*\n)+", path.read_text("utf-8"))
    return " ".join(line.lstrip("- ").strip() for line in found[0].splitlines()) if found else ""


def _of_view(name: str, told: str, columns: Mapping[str, str]) -> list[str]:
    of_columns = [f"COMMENT ON COLUMN {name}.{column} IS {quoted(what)}" for column, what in columns.items()]
    return [f"COMMENT ON VIEW {name} IS {quoted(told)}", *of_columns]
