"""A former NCT number leads to the trial that has it now, wherever it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.commands.changes import Asked, show_events
from flows.cli.commands.show import show_trials
from tests import records
from tests.flows.test_copies import Recorded
from warehouse.querying import reading
from warehouse.querying.search import search

FORMER, NOW = "NCT89990001", records.nct(2)
TIES = "SELECT nct_id, pmid, link_source, relation FROM trial_publications ORDER BY ALL"


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def renumbered(alias: str = "NCT 8999–0001") -> records.Study:
    return records.study(2, identificationModule__nctIdAliases=[alias, "NCT00000000", records.nct(2)])


def test_papers_commands_and_sql_find_the_trial_by_its_former_number(
    recorded: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = [
        records.paper(1), records.paper(2, databank=FORMER),
        records.paper(3, abstract="Lupus; NCT\u20118999\u200b0001."), records.paper(4, databank="NCT00000000"),
    ]  # fmt: skip
    recorded.night("2026-03-01", [records.study(1), renumbered()], papers)
    assert recorded.published("SELECT former_nct_ids FROM trials WHERE nct_id = 'NCT90000002'") == [([FORMER],)]
    assert recorded.published(TIES) == [
        (NOW, records.pmid(2), "pubmed_databank", "reports"), (NOW, records.pmid(3), "pubmed_text", "reports"),
    ]  # fmt: skip
    assert show_trials(recorded.settings, ["nct-89990001"], as_json=False) == 0
    told = capsys.readouterr()
    assert (f"{FORMER} is a former number of {NOW}." in told.err, NOW in told.out) == (True, True)
    with reading.published(recorded.settings.warehouse_path) as connection:
        for words in ([FORMER], [NOW]):
            assert [hit.id for hit in search(connection, words).hits if hit.kind == "trial"] == [NOW]
    assert show_events(recorded.settings, Asked(trial=FORMER)) == 0
    assert NOW in capsys.readouterr().out


def test_a_trial_that_is_merged_into_another_is_told_once_of_a_paper(recorded: Recorded) -> None:
    """The paper was told of with the number that the trial had then."""
    old, other = records.study(3), records.study(1)
    papers = [records.paper(1), records.paper(2, databank=records.nct(3))]
    recorded.night("2026-03-01", [other, old], papers)
    alias = records.study(2, identificationModule__nctIdAliases=[records.nct(3)])
    recorded.night("2026-03-02", [other, old, alias], papers)
    assert recorded.published(TIES) == [(NOW, records.pmid(2), "pubmed_databank", "reports")]
    assert recorded.published("SELECT nct_id FROM trial_events WHERE event_type = 'published'") == [(records.nct(3),)]
    state = recorded.state()
    assert recorded.rebuilt() == state


def test_a_number_becomes_a_former_one_later_and_a_rebuild_tells_it_the_same_night(recorded: Recorded) -> None:
    papers = [records.paper(1), records.paper(2, databank=FORMER)]
    recorded.night("2026-03-01", [records.study(1), records.study(2)], papers)
    recorded.night("2026-03-02", [records.study(1), renumbered()], papers)
    assert (NOW, "published") in recorded.told("2026-03-02")
    state = recorded.state()
    assert recorded.rebuilt() == state
