"""The questions as tools of the Model Context Protocol, by its official SDK, on standard input and output."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field, create_model

from flows.assistant.answers import DATA_ONLY, MOST_ROWS, Answer, Page
from flows.assistant.tools import REFUSALS, Tools, Wanted
from warehouse.querying.confined import Limits
from warehouse.querying.facet_names import HELP

INSTRUCTIONS = (
    "CAR T-cell trial registrations in lupus and other autoimmune disease, with papers, evidence and history; "
    "read-only. Begin with find_trials, or with list_queries and named_query for counts. People's own words are "
    "understood (lupus, MG, UK, a part of a sponsor's name); `notes` says what was taken for what. Say what an answer "
    f"counts and cite its release. {DATA_ONLY}"
)
READING = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
# Under names of their own: a field called `construct` would hide a method of every model.
_FIELDS: dict[str, Any] = {
    f"of_{name}": (list[str], Field(default=[], alias=name, description=told)) for name, told in HELP.items()
}
Filters: Any = create_model("Filters", __config__={"extra": "forbid"}, **_FIELDS)

Part = Literal["evidence", "sites", "history", "papers", "doses"]
ALL_PARTS: list[Part] = ["evidence", "sites", "history", "papers", "doses"]
GivenFilters = Annotated[Filters | None, Field(description="Facet -> words; any of a facet's words, all facets.")]
Since = Annotated[str | None, Field(description="From this day on: YYYY, YYYY-MM or YYYY-MM-DD.")]
Until = Annotated[str | None, Field(description="Until this day, month or year, it included.")]
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS, description="Rows at most.")]
Offset = Annotated[int, Field(ge=0, description="The first row, counted from 0.")]
Parts = Annotated[list[Part], Field(description="What to add.")]
Trial = Annotated[str, Field(description="NCT and eight digits.")]


class Server(MCPServer[Any]):
    """The SDK's server drops an argument that a tool does not have, and answers another question; this refuses it."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        for tool in await self.list_tools():
            takes = tool.input_schema["properties"]
            if tool.name == name and (strange := sorted(arguments.keys() - takes)):
                raise ToolError(_not_taken(name, strange, list(takes)))
        return await super().call_tool(name, arguments, context)


def _not_taken(tool: str, strange: list[str], takes: list[str]) -> str:
    """The sentence on arguments that a tool does not have, and where a facet goes."""
    facets = [name for name in strange if name in HELP]
    inside = f' Write it as {{"filters": {{"{facets[0]}": ["…"]}}}}.' if facets and "filters" in takes else ""
    return f"{tool} takes no {', '.join(map(repr, strange))}, only {', '.join(takes)}.{inside}"


def server(path: Path, limits: Limits | None = None) -> MCPServer[Any]:
    """A server of the file at `path`, whatever is published there when it is asked."""
    asked = Tools(path, limits) if limits else Tools(path)
    made = Server("cartrials", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (*_of_trials(asked), *_of_the_file(asked)):
        made.tool(annotations=READING)(_refusing(tool))
    return made


def _of_trials(asked: Tools) -> tuple[Callable[..., Answer], ...]:
    def find_trials(
        filters: GivenFilters = None, since: Since = None, until: Until = None, limit: Limit = 25, offset: Offset = 0
    ) -> Answer:
        """List interventional trials in scope: number, sponsor, products, targets, phase, status, next milestone.

        since and until are dates of first registration.
        """
        return asked.find_trials(_wanted(filters, since, until), Page(limit, offset))

    def search_text(words: str, limit: Limit = 20, offset: Offset = 0) -> Answer:
        """Full-text search over trials and papers."""
        return asked.search_text(words, Page(limit, offset))

    def show_trial(nct_id: Trial, parts: Parts = ALL_PARTS) -> Answer:
        """One trial: facts and profile; with the evidence for each value (rule, words of the record), sites, history,
        papers and doses unless `parts` names fewer."""
        return asked.show_trial(nct_id, parts)

    def what_changed(
        kind: Literal["events", "changes"] = "events", filters: GivenFilters = None, since: Since = None,
        until: Until = None, nct_id: str | None = None, limit: Limit = 50, offset: Offset = 0,
    ) -> Answer:  # fmt: skip
        """What happened to trials (events), or what changed field by field (changes), seen between two days."""
        return asked.what_changed(kind, _wanted(filters, since, until), nct_id, Page(limit, offset))

    def trial_as_of(nct_id: Trial, day: str, known_at: str | None = None) -> Answer:
        """What the registry said of a trial on a day; with known_at, what we knew of that day then."""
        return asked.as_of(nct_id, day, known_at)

    return find_trials, search_text, show_trial, what_changed, trial_as_of


def _of_the_file(asked: Tools) -> tuple[Callable[..., Answer], ...]:
    def list_queries(limit: Limit = 100, offset: Offset = 0) -> Answer:
        """Named queries: what each counts, what a row is, which filters it takes."""
        return asked.list_queries(Page(limit, offset))

    def named_query(
        name: str, filters: GivenFilters = None, since: Since = None, until: Until = None, limit: Limit = 50,
        offset: Offset = 0,
    ) -> Answer:  # fmt: skip
        """The answer to a named query of list_queries, narrowed."""
        return asked.named_query(name, _wanted(filters, since, until), Page(limit, offset))

    def cross(
        by: str, against: str, filters: GivenFilters = None, since: Since = None, until: Until = None,
        limit: Limit = 100, offset: Offset = 0,
    ) -> Answer:  # fmt: skip
        """Count one facet (or registration_year, start_year) against another, such as target against cell_source."""
        return asked.cross(by, against, _wanted(filters, since, until), Page(limit, offset))

    def dictionary(table: str | None = None, limit: Limit = 100, offset: Offset = 0) -> Answer:
        """Every table with what a row is; the columns of one table with their meaning."""
        return asked.describe(table, Page(limit, offset))

    def sql(statement: str, limit: Limit = 50, offset: Offset = 0) -> Answer:
        """One reading statement of DuckDB's SQL (SELECT, DESCRIBE), within limits of time and memory."""
        return asked.sql(statement, Page(limit, offset))

    return list_queries, named_query, cross, dictionary, sql


def _wanted(filters: Any, since: str | None, until: str | None) -> Wanted:
    words = {name: given for name, given in filters.model_dump(by_alias=True).items() if given} if filters else {}
    return Wanted(words, since, until)


def _refusing(tool: Callable[..., Answer]) -> Callable[..., Answer]:
    """The tool, whose refusals are sentences for the assistant to read."""

    @wraps(tool)
    def asked(*given: Any, **named: Any) -> Answer:
        try:
            return tool(*given, **named)
        except REFUSALS as error:
            raise ToolError(_without_dashes(str(error))) from error

    return asked


def _without_dashes(sentence: str) -> str:
    """A sentence of the command line, its options called as an assistant writes them."""
    return re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda option: option[1].replace("-", "_"), sentence)
