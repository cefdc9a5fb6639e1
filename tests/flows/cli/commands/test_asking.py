"""`cartrials query`, as typed."""

from __future__ import annotations

from typer.testing import CliRunner

from flows.cli import app
from warehouse.querying import facet_names
from warehouse.querying.facets import FACETS


def test_help_tells_what_every_facet_narrows_to() -> None:
    shown = CliRunner().invoke(app, ["query", "--help"], env={"COLUMNS": "300", "TERMINAL_WIDTH": "300"})
    assert shown.exit_code == 0
    for facet in FACETS:
        assert facet.option in shown.output.split()
        assert " ".join(facet.help.split()) in " ".join(shown.output.split())


def test_a_facet_has_a_name_that_help_tells_and_no_name_is_without_a_facet() -> None:
    assert [facet.name for facet in FACETS] == list(facet_names.HELP)
