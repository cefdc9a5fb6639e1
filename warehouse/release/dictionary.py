"""The data dictionary, docs/dictionary.md: every table, column, view, macro and query, from the schema.

`python -m warehouse.release.dictionary` writes it; a test fails when it is stale.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from warehouse import ddl, disk
from warehouse.columns import Column, Table
from warehouse.querying import facets, named
from warehouse.release import comments
from warehouse.schema import SCHEMA_VERSION, TABLES
from warehouse.tables import field, history, papers, production, profiles, registrations, results

TARGET = Path(__file__).resolve().parents[2] / "docs" / "dictionary.md"
CHAPTERS: tuple[tuple[str, ModuleType], ...] = (
    ("Registrations", registrations),
    ("What is given", profiles),
    ("What the field tabulates", field),
    ("What was seen in participants", results),
    ("Papers", papers),
    ("History", history),
    ("How it was made", production),
)

INTRODUCTION = f"""# Data dictionary

Written from the schema by `python -m warehouse.release.dictionary`, not by hand. Schema version {SCHEMA_VERSION}.

- Registry dates: `x_date` holds the first day of what was given, `x_date_precision` says how much that
  was (day, month, year). Nothing is imputed beyond that.
- Moments (TIMESTAMP) are UTC without zone. Absent is NULL, never an empty text. Lists are DuckDB lists.
- Registry words stay as the registry gives them; unknown ones are kept and warned about. "Known words" below
  are those known today.
- `field_path` is `table.column`, with the number of a list item in brackets: `trial_arms.description[1]`.
"""


def markdown() -> str:
    """The whole dictionary."""
    parts = [INTRODUCTION]
    for title, module in CHAPTERS:
        parts += [f"## {title}\n", *(_table(table) for table in module.TABLES)]
    parts += ["## Views\n", *(_sql_file(path, "view") for path in sorted(ddl.VIEWS.glob("*.sql")))]
    parts += [
        "## Macros\n",
        "Open the file itself, or `ATTACH` it and `USE` it: macros name tables of their own file.\n",
        *(_sql_file(path, "macro") for path in sorted(ddl.MACROS.glob("*.sql"))),
    ]
    parts += ["## Trend queries\n", _how_queries_count(), _facets()]
    parts += [_query(asked) for asked in named.queries().values()]
    return "\n".join(parts).rstrip() + "\n"


def write_dictionary(target: Path = TARGET) -> None:
    """Write docs/dictionary.md."""
    disk.write_durably(target, markdown().encode())


def _table(table: Table) -> str:
    lines = [f"### {table.name}\n", f"{table.grain}.\n"]
    lines.append(f"Key: {_code(table.key)}.")
    lines += [f"{_code(ref.columns)} names a row of `{ref.table}` ({_code(ref.to)})." for ref in table.references]
    if table.origin == "journal":
        lines.append("Copied from the journal at each release.")
    columns, base = _own_columns(table)
    if base:
        lines.append(f"\nAll columns of `{base.name}`, and:")
    lines += ["", "| column | type | NULL | what |", "|---|---|---|---|"]
    lines += [f"| {c.name} | {c.type} | {'yes' if c.nullable else 'no'} | {_cell(_what(c))} |" for c in columns]
    return "\n".join(lines) + "\n"


def _own_columns(table: Table) -> tuple[tuple[Column, ...], Table | None]:
    """A table's columns without those of another table that it begins with, and that table."""
    for other in TABLES:
        shared = len(other.columns)
        if other is not table and len(table.columns) > shared and table.columns[:shared] == other.columns:
            return table.columns[shared:], other
    return table.columns, None


def _what(column: Column) -> str:
    parts = [ddl.description(column)]
    if column.registry_words:
        parts.append(f"Known words: {', '.join(column.registry_words)}.")
    if column.minimum is not None or column.maximum is not None:
        bounds = [f"at least {column.minimum:g}"] if column.minimum is not None else []
        bounds += [f"at most {column.maximum:g}"] if column.maximum is not None else []
        parts.append(f"{' and '.join(bounds).capitalize()}.")
    return " ".join(parts)


def _sql_file(path: Path, kind: str) -> str:
    """A view or macro, by the comment on top of its file."""
    return f"### {path.stem} ({kind})\n\n{comments.on_top(path)}\n"


def _how_queries_count() -> str:
    return """Each is a view `trend_NAME` and `cartrials query NAME`. Trends count `car_t_trials` with
study_type INTERVENTIONAL. WITHDRAWN stays among registrations and is left out of enrolment sums. A facet
with several values counts a trial once for each and carries n_trials_total; antigens, products and
constructs count products and say so. No date, not stated and zero are rows of their own.
"""


def _facets() -> str:
    told = """A filter chooses trials (or papers) before anything is counted: all products of a trial with one
product against CD19 count under `--target CD19`. Several words of one filter are any of them, several
filters all of them; `not stated` is a word too. `--since` and `--until` look at the date that the query
names.

| filter | narrows to |
|---|---|
"""
    return told + "".join(f"| {facet.option} | {_cell(facet.help)} |\n" for facet in facets.FACETS)


def _query(asked: named.Query) -> str:
    dates = f"; dates are {' and '.join(asked.dates)}" if asked.dates else ""
    filters = f"narrow {' and '.join(asked.narrows)}{dates}" if asked.narrows else "none"
    lines = [
        f"### trend_{asked.name}: {asked.title}\n",
        f"{asked.grain[:1].upper()}{asked.grain[1:]}.\n",
        f"- Why: {asked.reason}.",
        f"- Counts {asked.counts}.",
        f"- Filters: {filters}.\n",
        "| column | what |",
        "|---|---|",
        *(f"| {name} | {_cell(what)} |" for name, what in asked.columns.items()),
    ]
    return "\n".join(lines) + "\n"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    """A text inside a Markdown table: no pipe ends its cell, nothing in it is HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


if __name__ == "__main__":
    write_dictionary()
