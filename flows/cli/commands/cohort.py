"""`cartrials cohort FILE`: the tables of a defined cohort, held against numbers that somebody published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from flows.cli.commands.printing import print_json
from flows.config.settings import Settings
from flows.errors import UsageError
from flows.process import terminal
from flows.process.terminal import printable
from transforms.nct import number_of
from transforms.synonyms import synonyms
from transforms.written import NotReadable, read_text, read_toml
from warehouse.querying import citing, named, reading
from warehouse.querying.cohort import TABLES, Cell, Cohort, Definition, Published, cohort
from warehouse.querying.facets import BY_NAME
from warehouse.querying.named import Filters
from warehouse.querying.words import nearest

KEYS = (
    "title", "day", "known_at", "since", "until", "legs", "filters", "exclude", "published",
    "not_stated_is_autologous", "na_is_phase_1",
)  # fmt: skip
AUTOLOGOUS, PHASE_1 = SWITCHES = ("not_stated_is_autologous", "na_is_phase_1")
PLAIN_WIDTH = 120


def count_cohort(settings: Settings, file: Path, switches: Mapping[str, bool], *, as_json: bool) -> int:
    """Count the cohort that a file defines. Raises UsageError, WarehouseError."""
    definition = read_definition(file)
    definition = replace(
        definition,
        not_stated_is_autologous=definition.not_stated_is_autologous or switches.get(AUTOLOGOUS, False),
        na_is_phase_1=definition.na_is_phase_1 or switches.get(PHASE_1, False),
    )
    try:
        with reading.published(settings.warehouse_path) as connection:
            counted = cohort(connection, definition)
            release = citing.release(connection)
    except named.QueryError as error:
        raise UsageError(f"{file}: {error}") from error
    if as_json:
        print_json({"title": definition.title, **asdict(counted), "citation": release.citation})
        return 0
    _show(definition, counted, release.citation)
    return 0


def read_definition(file: Path) -> Definition:
    """The definition in a TOML file. Raises UsageError naming the key."""
    try:
        given = read_toml(read_text(file))
    except NotReadable as error:
        raise UsageError(f"{file}, line {error.line}: {error.problem}") from None
    known = {name.replace("_", ""): name for name in KEYS}
    for key in given:
        if key not in KEYS:
            raise UsageError(f"{file}: unknown key {key!r}. {nearest(key.replace('_', ''), known)}")
    words = _table(file, given, "filters")
    for name, one in words.items():
        if name not in BY_NAME:
            raise UsageError(f"{file}: filters: there is no {name!r}. {nearest(name, BY_NAME.keys())}")
        _check(file, f"filters.{name}", one, isinstance(one, list) and all(isinstance(w, str) for w in one), "words")
    legs = given.get("legs", [])
    _check(file, "legs", legs, isinstance(legs, list) and all(isinstance(leg, str) for leg in legs), "a list of names")
    for name in SWITCHES:
        _check(file, name, given.get(name, False), isinstance(given.get(name, False), bool), "true or false")
    return Definition(
        title=_text(file, given, "title", file.stem),
        day=_day(file, given, "day"),
        known_at=_day(file, given, "known_at"),
        filters=Filters(words, _text(file, given, "since"), _text(file, given, "until"), synonyms()),
        legs=legs,
        excluded=dict(_exclusion(file, one) for one in _tables(file, given, "exclude")),
        published=tuple(_published(file, one) for one in _tables(file, given, "published")),
        not_stated_is_autologous=given.get("not_stated_is_autologous", False),
        na_is_phase_1=given.get("na_is_phase_1", False),
    )


def _exclusion(file: Path, one: Mapping[str, Any]) -> tuple[str, str]:
    number = number_of(str(one.get("trial", "")))
    reason = one.get("reason")
    _check(file, "exclude", one, bool(number and isinstance(reason, str) and reason.strip()), "a trial and a reason")
    return str(number), str(reason)


def _published(file: Path, one: Mapping[str, Any]) -> Published:
    is_whole = one.get("table") in TABLES and isinstance(one.get("value"), str) and type(one.get("n")) is int
    _check(file, "published", one, is_whole, f"table (one of {', '.join(TABLES)}), value and n")
    return Published(one["table"], one["value"], one["n"])


def _day(file: Path, given: Mapping[str, Any], key: str) -> date | None:
    day = given.get(key)
    _check(
        file,
        key,
        day,
        day is None or (isinstance(day, date) and not isinstance(day, datetime)),
        "a day without quotes, 2026-04-25",
    )
    return day


def _text(file: Path, given: Mapping[str, Any], key: str, default: str | None = None) -> Any:
    value = given.get(key, default)
    value = value.isoformat() if isinstance(value, date) else value
    _check(file, key, value, value is None or isinstance(value, str), "a text")
    return value


def _table(file: Path, given: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = given.get(key, {})
    _check(file, key, found, isinstance(found, dict), f"a table [{key}]")
    return dict(found)


def _tables(file: Path, given: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = given.get(key, [])
    _check(file, key, found, isinstance(found, list) and all(isinstance(one, dict) for one in found), f"[[{key}]]")
    return list(found)


def _check(file: Path, key: str, value: Any, is_right: bool, expected: str) -> None:
    if not is_right:
        raise UsageError(f"{file}: {key} is {value!r}; expected {expected}.")


def _show(definition: Definition, counted: Cohort, citation: str) -> None:
    console = terminal.console(width=PLAIN_WIDTH)
    day = f" on {definition.day}" if definition.day else ""
    console.print(Text(f"{printable(definition.title)}: {len(counted.trials)} trials{day}", style="bold"))
    for nct_id, reason in counted.excluded.items():
        console.print(Text(f"{nct_id} is excluded: {printable(reason)}"))
    for name, cells in counted.tables.items():
        console.print()
        console.print(_grid(name, cells, len(counted.trials)))
        for cell in cells:
            if cell.difference:
                trials = ", ".join(cell.trials) or "none"
                against = f"{cell.difference:+} against the published {cell.published}"
                console.print(Text(f"{printable(cell.value)}: {against}; counted: {trials}"))
    console.print()
    for note in (*counted.notes, citation):
        console.print(Text(printable(note), style="dim"))


def _grid(name: str, cells: tuple[Cell, ...], n_trials: int) -> Table:
    grid = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    grid.add_column(name.replace("_", " "), overflow="fold")
    is_held = any(cell.published is not None for cell in cells)
    for column in ("n", "%", *(("published", "difference") if is_held else ())):
        grid.add_column(column, justify="right")
    for cell in cells:
        row = [printable(cell.value), str(len(cell.trials)), f"{100 * len(cell.trials) / max(n_trials, 1):.1f}"]
        if is_held:
            row += ["", ""] if cell.published is None else [str(cell.published), f"{cell.difference:+}"]
        grid.add_row(*(Text(text) for text in row))
    return grid
