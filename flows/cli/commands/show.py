"""`cartrials show NCT…`: one trial with the words of its record that decided each value of its profile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.cli.commands.printing import print_json
from flows.cli.commands.query import lists_of
from flows.config.settings import Settings
from flows.errors import UsageError
from flows.process import terminal
from flows.process.terminal import printable
from flows.report import tabulated, words
from flows.report.dossier import Attribute, Dossier, Part, Reason, dossiers, trials_now
from flows.report.plain import plain
from flows.report.posted import posted_lines
from flows.report.quoting import Quote
from transforms.nct import number_of
from warehouse.querying import reading

REASONS_SHOWN = 3  # for each value; --json has all
EVENTS_SHOWN = 20
PLAIN_WIDTH = 120  # where there is no terminal; nothing is cut, lines are folded
# Around the words that decided, also where no terminal shows them bold.
OPENING, CLOSING = "«", "»"


def show_trials(settings: Settings, nct_ids: Sequence[str], *, as_json: bool) -> int:
    """Show each trial asked for, in the order asked; 1 when the warehouse does not know one of them.

    Raises UsageError for what is no NCT number, and WarehouseError.
    """
    with reading.published(settings.warehouse_path) as connection:
        asked = list(dict.fromkeys(_number(connection, given) for given in nct_ids))
        now = trials_now(connection, asked)
        asked = list(dict.fromkeys(now.get(nct_id, nct_id) for nct_id in asked))
        found = {dossier.nct_id: dossier for dossier in dossiers(connection, asked)}
    for former, nct_id in now.items():
        print(f"{former} is a former number of {nct_id}.", file=sys.stderr)
    known = [found[nct_id] for nct_id in asked if nct_id in found]
    if as_json:
        print_json([plain(dossier) for dossier in known])
    else:
        console = terminal.console(width=PLAIN_WIDTH)
        for place, dossier in enumerate(known):
            console.print(*([""] if place else []), _shown(dossier), sep="\n")
    absent = [nct_id for nct_id in asked if nct_id not in found]
    if absent:
        told = "is not in the published warehouse" if len(absent) == 1 else "are not in the published warehouse"
        print(
            f"{', '.join(absent)} {told}: no search found it yet. `cartrials search` looks for words, and the "
            "watchlist says what is searched.",
            file=sys.stderr,
        )
    return 1 if absent else 0


def _number(connection: reading.Connection, given: str) -> str:
    """An NCT number as the registry writes it. Raises UsageError, for a name with how its trials are listed."""
    number = number_of(given)
    if number is None:
        known = " ".join(["", *lists_of(connection, given)])
        raise UsageError(f"{given!r} is no NCT number; expected NCT and eight digits.{known}")
    return number


def _shown(dossier: Dossier) -> RenderableType:
    row = dossier.row
    parts: list[RenderableType] = [
        Text(f"{dossier.nct_id}  {printable(row['brief_title'] or 'no title')}", style="bold"),
        Text(printable(row["url"]), style="dim"),
        *(Text(line, style="bold") for line in _warnings(dossier)),
        _pairs(dossier.facts),
    ]
    parts += [_section(part.title, _profile(part)) for part in dossier.profile]
    parts += [_section(title, _lines(lines)) for title, lines in _lists(dossier) if lines]
    return Group(*parts)


def _warnings(dossier: Dossier) -> Iterator[str]:
    """What a reader must know before believing the rest."""
    state = dossier.row["registry_state"]
    if state != "present":
        told = {"left_search": "No longer found by the search", "alias": "Merged into another registration"}
        yield f"{told.get(state, words.plain(state).replace('_', ' ').capitalize() + ' by the registry')}."
    if dossier.row["is_stale"]:
        yield "The newest version could not be read; this is the one before (`cartrials status` says why)."


def _section(title: str, content: RenderableType) -> RenderableType:
    return Group("", Text(printable(title), style="bold underline"), Padding(content, (0, 0, 0, 2)))


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    grid = _grid()
    for label, value in pairs:
        grid.add_row(Text(label, style="dim"), Text(printable(value)))
    return grid


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _profile(part: Part) -> RenderableType:
    grid = _grid()
    for reason in part.reasons[:REASONS_SHOWN]:
        grid.add_row("", _reason(reason))
    for attribute in part.attributes:
        for label, value, reasons in _values(attribute):
            grid.add_row(Text(label, style="dim"), Text(printable(value)))
            for reason in reasons[:REASONS_SHOWN]:
                grid.add_row("", _reason(reason))
            if len(reasons) > REASONS_SHOWN:
                grid.add_row("", _indented(Text(f"and {len(reasons) - REASONS_SHOWN} more (--json)", style="dim")))
    return grid


def _values(attribute: Attribute) -> Iterator[tuple[str, str, tuple[Reason, ...]]]:
    """(label, value, reasons) of each value; the label stands once."""
    if not attribute.values:
        yield attribute.label, words.NOT_STATED, ()
    for place, value in enumerate(attribute.values):
        yield "" if place else attribute.label, value.value, value.reasons


def _reason(reason: Reason) -> RenderableType:
    """ "  summary: … infusion of «autologous» CD19 CAR-T cells …  [rule]"."""
    told = Text()
    if reason.place:
        told.append(f"{printable(reason.place)}: ", style="dim")
    if reason.quote is not None:
        told.append_text(_quoted(reason.quote))
    else:
        told.append(printable(reason.told))
    told.append(f"  [{reason.rule_id}]", style="dim")
    return _indented(told)


def _indented(text: Text) -> RenderableType:
    return Padding(text, (0, 0, 0, 2))


def _quoted(quote: Quote) -> Text:
    before, decided, after = (printable(part) for part in quote.parts)
    return Text.assemble(before, (f"{OPENING}{decided}{CLOSING}", "bold"), after)


def _lists(dossier: Dossier) -> Iterator[tuple[str, list[str]]]:
    yield "Doses", [_dose(row) for row in dossier.doses]
    yield "Conditioning", tabulated.conditioning_lines(dossier.conditioning)
    yield "Endpoints", tabulated.endpoint_lines(dossier.endpoints)
    yield "Who may enter", tabulated.criterion_lines(dossier.criteria)
    yield "Results, as posted", posted_lines(dossier.results)
    yield "Sites", [_site(row) for row in dossier.sites]
    yield "Papers", [_paper(row) for row in dossier.papers]
    shown = [f"{_day(row['occurred_on'])}  {row['summary']}" for row in dossier.history[:EVENTS_SHOWN]]
    left_out = len(dossier.history) - len(shown)
    yield "History", shown + ([f"and {left_out} more: `cartrials events --trial {dossier.nct_id}`"] if left_out else [])


def _lines(lines: Sequence[str]) -> RenderableType:
    return Group(*(Text(printable(line)) for line in lines))


def _dose(row: dict[str, Any]) -> str:
    where = f"{row['arm_label']}: " if row["arm_label"] else ""
    return f"{where}{row['dose_text']}" + (f", {row['schedule']}" if row["schedule"] else "")


def _site(row: dict[str, Any]) -> str:
    cities = ", ".join(row["cities"] or ())
    country = row["country"] or "Country not stated"
    return f"{country}: {words.counted(row['n_sites'], 'site')}" + (f" ({cities})" if cities else "")


def _paper(row: dict[str, Any]) -> str:
    dated = words.given_date(row["publication_date"], row["publication_date_precision"])
    told = [f"PMID {row['pmid']} ({row['relation']}): {row['title'] or 'not received yet'}", row["journal"], dated]
    marks = ["RETRACTED"] if row["is_retracted"] else []
    marks += ["Expression of concern"] if row["has_expression_of_concern"] else []
    return ". ".join(part for part in [*marks, *told] if part)


def _day(day: date | None) -> str:
    return day.isoformat() if day else "no date   "
