"""`cartrials query`, `cartrials sql` and `cartrials search`: questions to the published file, and answers.

A table is for reading; csv, json, parquet and xlsx go to a file or a pipe as they are, with nothing else.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows.cli.commands import columns
from flows.cli.commands.columns import Choice
from flows.cli.commands.printing import print_json
from flows.config.settings import Settings
from flows.errors import UsageError
from flows.process import terminal
from flows.process.terminal import printable
from flows.storage.owners import refuse_to_write_in
from transforms.synonyms import synonyms
from warehouse.emptied import emptied
from warehouse.export import tabular
from warehouse.querying import confined, cross, named, reading, search, told
from warehouse.querying.confined import Limits
from warehouse.querying.named import Filters

TABLE = "table"
FORMATS = (TABLE, *tabular.FORMATS)
LONG_CELL = 120  # characters; one row with a longer cell is shown upright
ALL = Choice()
PLAIN_WIDTH = 100_000  # where there is no terminal no line is cut


def run_query(
    source: Settings | Path,
    name: str,
    words: Mapping[str, Sequence[str]] | None = None,
    *,
    since: str | None = None,
    until: str | None = None,
    format: str = TABLE,
    out: Path | None = None,
    choice: Choice = ALL,
    axes: tuple[str | None, str | None] = (None, None),
) -> int:
    """Answer a named query. `words`: facet name (warehouse.querying.facets) -> words given; empty ones are ignored.

    Raises UsageError for an unknown query, filter, value or format, and WarehouseError.
    """
    filters = filters_of(words, since, until)
    _keep_out_of_home(source, out)
    asked = _asked(name, axes)
    with reading.published(_path(source)) as connection:
        answer = named.answered(connection, asked, filters)
        missing = [*told.sentences(connection, filters, asked), *_missing(connection, asked)]
    note = f"Counts {asked.counts}." + (f" Narrowed to {_describe_filters(filters)}." if filters else "")
    emit(answer, format, out, title=asked.title, note=note, choice=choice)
    for sentence in missing:
        print(sentence, file=sys.stderr)
    return 0


def _asked(name: str, axes: tuple[str | None, str | None]) -> named.Query:
    """A query by its name, or what is counted by one facet against another. Raises QueryError."""
    if name == cross.NAME:
        if axes[0] is None or axes[1] is None:
            raise UsageError(
                f"cross counts one facet against another: --by and --against, of {', '.join(cross.BY_NAME)}."
            )
        return cross.cross(axes[0], axes[1])
    if any(axes):
        raise UsageError("--by and --against are of `cartrials query cross`.")
    return named.query(name)


def filters_of(words: Mapping[str, Sequence[str]] | None, since: str | None, until: str | None) -> Filters:
    """What was asked for, in the words of a person."""
    return Filters({facet: given for facet, given in (words or {}).items() if given}, since, until, synonyms())


def _missing(connection: reading.Connection, asked: named.Query) -> list[str]:
    """What no trial in scope gives of what a query reads; below `methods`, of what any named query reads."""
    of = named.queries().values() if asked.name == "methods" else [asked]
    return list(dict.fromkeys(sentence for sentences in emptied(connection, of).values() for sentence in sentences))


def list_queries(*, as_json: bool = False) -> int:
    """Name every query with its title and grain."""
    if as_json:
        listed = [
            {
                "name": one.name, "title": one.title, "grain": one.grain, "reason": one.reason,
                "counts": one.counts, "columns": dict(one.columns),
                "filters": [facet.option for facet in one.facets],
            }
            for one in named.queries().values()
        ]  # fmt: skip
        print_json(listed)
        return 0
    table = _grid(["query", "what", "one row"])
    for one in named.queries().values():
        table.add_row(one.name, one.title, one.grain.removeprefix("one row per ").removeprefix("one row: "))
    table.add_row(cross.NAME, "Any facet against any: --by and --against", "value of the one and value of the other")
    terminal.console(width=PLAIN_WIDTH).print(table)
    return 0


def run_sql(
    source: Settings | Path, statement: str, limits: Limits | None = None, *, format: str = TABLE,
    out: Path | None = None, choice: Choice = ALL,
) -> int:  # fmt: skip
    """Answer one SELECT on the published file, within `limits`. Raises UsageError, WarehouseError."""
    _keep_out_of_home(source, out)
    answer = confined.answer(_path(source), statement, limits or Limits())
    emit(answer, format, out, choice=choice)
    return 0


def run_search(
    source: Settings | Path,
    words: Sequence[str],
    *,
    limit: int = 20,
    everything: bool = False,
    as_json: bool = False,
) -> int:
    """Trials and papers that hold the words, best first. Raises UsageError, WarehouseError."""
    with reading.published(_path(source)) as connection:
        found = search.search(connection, words, limit=limit, everything=everything)
        by_filter = lists_of(connection, " ".join(words))
    for note in (*found.notes, *by_filter):
        print(note, file=sys.stderr)
    if as_json:
        print_json([vars(hit) for hit in found.hits])
        return 0
    if not found.hits:
        print(
            f"Nothing holds {printable(' '.join(words))}."
            + ("" if everything else " --everything looks out of scope too.")
        )
        return 0
    for hit in found.hits:
        scope = "" if hit.scope == "in_scope" else f", {hit.scope}"
        print(f"{hit.id}  {printable(hit.title)}  ({hit.kind}{scope}, {hit.dated or 'no date'})")
        print(f"    {printable(hit.snippet)}")
    return 0


def lists_of(connection: reading.Connection, words: str) -> list[str]:
    """How the trials of what is named are listed, whatever the words of their texts; none where nothing is named."""
    options = [facet.option for facet in named.filters_that_know(connection, words, synonyms())]
    asked = " or ".join(f"`cartrials query trials {option} {shlex.quote(words)}`" for option in options)
    return [f"{asked} lists trials by what they are, whatever their words."] if options else []


def emit(
    answer: Any, format: str, out: Path | None, *, title: str | None = None, note: str | None = None,
    choice: Choice = ALL,
) -> None:  # fmt: skip
    """Show an Arrow table, or write it to `out` or standard output. Raises UsageError."""
    if format not in FORMATS:
        raise UsageError(f"--format is {format!r}; expected {', '.join(FORMATS)}.")
    try:
        if choice.names:
            answer = answer.select(columns.chosen(choice, answer.schema.names))
        if format == TABLE:
            if out is not None:
                raise UsageError("A table is for reading; add --format csv, json, parquet or xlsx to write a file.")
            show(answer, title, note, is_wide=choice.is_wide or bool(choice.names))
        elif out is not None:
            tabular.write_table(answer, format, out)
        elif format in tabular.BINARY and sys.stdout.isatty():
            raise UsageError(f"{format} is not for a terminal; write it to a file: --out FILE, or > FILE.")
        elif sys.stdout.isatty():
            written = BytesIO()
            tabular.write_table(answer, format, written)
            print(written.getvalue().decode(), end="")  # as any text: a terminal acts on none of it
        else:
            sys.stdout.flush()
            tabular.write_table(answer, format, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except (OverflowError, ValueError) as error:
        # Dates after the year 9999 and longer intervals than Python has; no column of the warehouse holds one.
        raise UsageError(f"A value of the answer cannot be shown ({error}); cast it to VARCHAR.") from error
    except BrokenPipeError:
        # The reader of the pipe has seen enough (`| head`): no error, and none at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(answer: Any, title: str | None = None, note: str | None = None, *, is_wide: bool = True) -> None:
    """An Arrow table for a person, numbers to the right, nothing a terminal would act on.

    One row with a long text is shown upright, a column a line. Unless `is_wide`, a terminal has the columns that fit.
    """
    console = terminal.console(width=PLAIN_WIDTH)
    names = answer.schema.names
    found = [[tabular.text(value) for value in row] for row in tabular.rows(answer)]
    if len(found) == 1 and any(len(cell) > LONG_CELL for cell in found[0]):
        grid = _grid(["column", "value"])
        for name, cell in zip(names, found[0], strict=True):
            grid.add_row(Text(printable(name)), Text("\n".join(map(printable, cell.splitlines()))))
    else:
        places = list(range(len(names))) if is_wide else columns.fitting(names, found, console.width)
        grid = _grid([names[place] for place in places], [_is_number(answer.schema[place].type) for place in places])
        for row in found:
            grid.add_row(*(Text(printable(row[place])) for place in places))
        note = " ".join(filter(None, [note, columns.left_out(names, places)]))
    if title:
        console.print(Text(title, style="bold"))
    console.print(grid)
    count = "1 row" if len(found) == 1 else f"{len(found)} rows"
    console.print(Text(f"{count}. {note}" if note else count, style="dim"))


def _grid(names: Sequence[str], is_number: Sequence[bool] | None = None) -> Table:
    grid = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for place, name in enumerate(names):
        right = bool(is_number and is_number[place])
        grid.add_column(Text(printable(name)), justify="right" if right else "left", overflow="fold")
    return grid


def _is_number(arrow_type: Any) -> bool:
    return str(arrow_type).startswith(("int", "uint", "float", "double", "decimal"))


def _describe_filters(filters: Filters) -> str:
    """The filters in words, for the note under a table."""
    parts = [f"{facet.replace('_', ' ')} {' or '.join(given)}" for facet, given in filters.words.items() if given]
    parts += [f"since {filters.since}"] if filters.since else []
    parts += [f"until {filters.until}"] if filters.until else []
    return ", ".join(parts)


def _path(source: Settings | Path) -> Path:
    return source if isinstance(source, Path) else source.warehouse_path


def _keep_out_of_home(source: Settings | Path, out: Path | None) -> None:
    if isinstance(source, Settings):
        refuse_to_write_in(source.home, out)
