"""What the source does not give for a single trial: columns that an answer reads and that are empty throughout.

A chart of completion dates says nothing where the registry gives none. Which columns a named query reads is taken from
its SQL; what it rests on by way of the rules (doses are read from arms) is in its header, as `rests_on`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from warehouse.columns import Column, Table
from warehouse.querying.named import Query
from warehouse.querying.reading import Connection
from warehouse.schema import TABLES
from warehouse.tables import profiles, registrations

PAPERS = frozenset({"publications", "trial_publications"})
PAPERS_NOT_READ = "PubMed was not read for this file: of papers nothing is known."
IN_SCOPE = "car_t_trials"  # the view of trials that queries count, with their profiles
_NO_WORDS = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_IN_ONE_ROW = (registrations.TRIALS, profiles.CAR_T_PROFILES)
_PARTS_OF_A_DATE = ("_precision", "_type")
_OF_TRIALS = tuple(
    table for table in TABLES if table in (*registrations.TABLES, *profiles.TABLES) and "nct_id" in table.column_names
)

Emptied = Mapping[str, tuple[str, ...]]  # named query -> sentences


def emptied(connection: Connection, asked: Iterable[Query]) -> Emptied:
    """Query -> a sentence for each table or column that it reads and that no trial in scope fills; {} where none is."""
    asked = list(asked)
    reads = {one.name: _reads(one) for one in asked}
    told_of = {one.name: set(re.findall(r"\w+", _NO_WORDS.sub(" ", one.sql))) for one in asked}
    wanted = {table for of in reads.values() for table in of}
    row = connection.execute(f"SELECT count(*) FROM {IN_SCOPE}").fetchone()
    trials = row[0] if row else 0
    empty = {table: _empty(connection, table) for table in _OF_TRIALS if table.name in wanted} if trials else {}
    told = {
        name: tuple(
            f"No {what} for {trials:,} of {trials:,} trials in scope."
            for table, found in empty.items()
            if table.name in of
            for what in _said(table, found, of[table.name])
        )
        for name, of in reads.items()
    }
    if trials and not is_pubmed_read(connection):
        told |= {name: (PAPERS_NOT_READ, *told[name]) for name, of in told_of.items() if of & PAPERS}
    return {name: sentences for name, sentences in told.items() if sentences}


def is_pubmed_read(connection: Connection) -> bool:
    """Whether any run of the file asked PubMed, or papers came another way: else no number of papers is one."""
    sql = "SELECT EXISTS (FROM publications) OR EXISTS (FROM source_pulls WHERE source = 'pubmed')"
    row = connection.execute(sql).fetchone()
    return bool(row and row[0])


@cache
def _reads(asked: Query) -> Mapping[str, frozenset[str]]:
    """Table -> its columns that a query names; a column that no table of the query has is none."""
    words = frozenset(re.findall(r"\w+", _NO_WORDS.sub(" ", asked.sql)))
    of_view = {table.name for table in _IN_ONE_ROW} if IN_SCOPE in words else set()
    named = {table: words for table in _OF_TRIALS if table.name in words or table.name in of_view}
    found = {table.name: words & set(table.column_names) for table, words in named.items()}
    return {**{name: frozenset() for name in asked.rests_on}, **found}


def _empty(connection: Connection, table: Table) -> frozenset[str] | None:
    """Columns that no trial in scope fills; None where no such trial has a row."""
    columns = [column for column in table.columns if column.nullable]
    counts = ", ".join(["count(*)", *(f"count({_filled(column)})" for column in columns)])
    trials = f"(SELECT nct_id FROM {IN_SCOPE}) AS in_scope"
    row = connection.execute(f"SELECT {counts} FROM {table.name} SEMI JOIN {trials} USING (nct_id)").fetchone()
    if not row or not row[0]:
        return None
    return frozenset(column.name for column, count in zip(columns, row[1:], strict=True) if not count)


def _filled(column: Column) -> str:
    if column.is_list:
        return f"CASE WHEN len({column.name}) > 0 THEN 1 END"
    return f"nullif({column.name}, '')" if column.type == "VARCHAR" else column.name


def _said(table: Table, found: frozenset[str] | None, read: frozenset[str]) -> list[str]:
    """What is missing, in words: the rows of a table, or columns; how exact a date is goes with the date."""
    rows = table.name.removeprefix("trial_").removeprefix("car_t_").replace("_", " ")
    if found is None:
        return [rows]
    of = "" if table in _IN_ONE_ROW else f" of {rows}"
    parts = {f"{name}{part}" for name in found & read for part in _PARTS_OF_A_DATE}
    return [name.replace("_", " ") + of for name in table.column_names if name in (found & read) - parts]
