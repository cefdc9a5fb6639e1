"""Real days replayed as recorded nights, held against a few lines that read the files themselves."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.config.settings import Settings, load
from flows.runs import lifecycle, nightly
from flows.runs.publish import publish
from flows.runs.rebuild import rebuild
from flows.runs.run import Options
from flows.storage.data_folder import open_data_folder
from flows.storage.journal import Journal
from tests.flows.sealed_nights import sealed
from tests.records import one_leg_watchlist
from transforms.content import same_content

WATCHLIST = one_leg_watchlist(leg="everything", topic="everything", title="Every record that is served")
Study = dict[str, Any]


def lines(path: Path) -> Iterator[Any]:
    with gzip.open(path) as file:
        yield from map(json.loads, file)


def nct(study: Study) -> str:
    return str(study["protocolSection"]["identificationModule"]["nctId"])


def status(study: Study) -> str:
    return str(study["protocolSection"]["statusModule"]["overallStatus"])


def enrolment(study: Study) -> int | None:
    count: int | None = study["protocolSection"]["designModule"].get("enrollmentInfo", {}).get("count")
    return count


def posted(study: Study) -> str | None:
    day: str | None = study["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct", {}).get("date")
    return day


def settings_in(folder: Path) -> Settings:
    (folder / "watchlist.toml").write_text(WATCHLIST, "utf-8")
    return load(home=folder / "data", watchlist=folder / "watchlist.toml", workers=1)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as warehouse:
        return warehouse.execute(query).fetchall()


@dataclass(frozen=True)
class Days:
    """Nights that were replayed: what each file held, and the data folder."""

    settings: Settings
    studies: dict[str, dict[str, Study]]

    def published(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.settings.warehouse_path, query)

    def release_of(self, day: str) -> Path:
        return self.settings.home / "releases" / f"{day.replace('-', '')}T000000Z-1.duckdb"


@pytest.fixture(scope="module")
def five_days(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    """The five days on which the CAR trials in immune-mediated disease were read."""
    folder = tmp_path_factory.mktemp("five_days")
    studies: dict[str, dict[str, Study]] = {}
    for path in sorted((shared / "registry" / "ctgov").glob("autoimmune_car_t_*.jsonl.gz")):
        day = path.name.removesuffix(".jsonl.gz")[-10:]
        studies[day] = {nct(study): study for study in lines(path)}
        (folder / "nights" / day).mkdir(parents=True)
        shutil.copy(path, folder / "nights" / day / "ctgov.jsonl.gz")
    settings = settings_in(folder)
    reports = nightly.run(settings, Options(recorded=folder / "nights"))
    assert [report.status for report in reports] == ["published"] * 5
    return Days(settings, studies)


def test_each_days_new_registrations_are_those_of_the_files(five_days: Days) -> None:
    seen: set[str] = set()
    for day, today in five_days.studies.items():
        told = five_days.published(
            "SELECT nct_id FROM trial_events WHERE event_type IN ('registered', 'entered_scope') "
            f"AND (details::JSON ->> 'old_scope') IS NULL AND observed_at = TIMESTAMP '{day}'"
        )
        assert {nct_id for (nct_id,) in told} == today.keys() - seen, day
        seen |= today.keys()


def test_each_days_departures_and_returns_are_those_of_the_files(five_days: Days) -> None:
    seen: set[str] = set()
    gone = 0
    for (_, before), (day, today) in pairwise(five_days.studies.items()):
        told = dict(
            five_days.published(
                "SELECT nct_id, event_type FROM trial_events WHERE event_type IN ('left_search', 'returned') "
                f"AND observed_at = TIMESTAMP '{day}'"
            )
        )
        left = dict.fromkeys(before.keys() - today.keys(), "left_search")
        came = dict.fromkeys((seen & today.keys()) - before.keys(), "returned")
        assert told == left | came, day
        seen |= before.keys()
        gone += len(left)
    assert gone


@pytest.mark.parametrize(("column", "of"), [("overall_status", status), ("enrollment_count", enrolment)])
def test_each_days_changes_of_status_and_enrolment_are_those_of_the_files(
    five_days: Days, column: str, of: Any
) -> None:
    last: dict[str, Study] = {}
    count = 0
    for day, today in five_days.studies.items():
        expected = {
            nct_id: (of(last[nct_id]), of(study))
            for nct_id, study in today.items()
            if nct_id in last and of(last[nct_id]) != of(study)
        }
        told = {
            nct_id: (json.loads(old or "null"), json.loads(new or "null"))
            for nct_id, old, new in five_days.published(
                "SELECT nct_id, old_value, new_value FROM trial_changes "
                f"WHERE field_path = 'trials.{column}' AND observed_at = TIMESTAMP '{day}'"
            )
        }
        assert told == expected, day
        last |= today
        count += len(expected)
    assert count >= 10


def test_a_change_of_status_is_an_event_that_says_it(five_days: Days) -> None:
    missing = five_days.published(
        "SELECT * FROM trial_changes WHERE field_path = 'trials.overall_status' AND event_id NOT IN "
        "(SELECT event_id FROM trial_events WHERE event_type = 'status_changed')"
    )
    assert missing == []


def test_the_state_of_a_day_as_known_then_is_that_days_release(five_days: Days) -> None:
    for day in five_days.studies:
        for function, table in (("trials_as_of", "trials"), ("profiles_as_of", "car_t_profiles")):
            said = "SELECT * EXCLUDE (run_id)" if table == "trials" else "SELECT *"
            as_of = five_days.published(
                f"{said} FROM {function}(DATE '{day}', known_at := DATE '{day}') ORDER BY nct_id"
            )
            assert as_of == rows(five_days.release_of(day), f"{said} FROM {table} ORDER BY nct_id"), (day, table)


def test_the_changes_between_two_days_are_those_the_later_release_has_more(five_days: Days) -> None:
    for before, day in pairwise(five_days.studies):
        between = five_days.published(
            f"SELECT change_id FROM changes_between(DATE '{before}', DATE '{day}') ORDER BY 1"
        )
        known = set(rows(five_days.release_of(before), "SELECT change_id FROM trial_changes"))
        later = rows(five_days.release_of(day), "SELECT change_id FROM trial_changes ORDER BY 1")
        assert between == [row for row in later if row not in known]


def test_a_rebuild_says_the_same_and_leaves_the_journal_alone(five_days: Days) -> None:
    def journal() -> dict[str, list[dict[str, Any]]]:
        with Journal(five_days.settings.journal_path, read_only=True) as opened_journal:
            names = [row["name"] for row in opened_journal.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: opened_journal.rows(f"SELECT * FROM {name}") for name in names}

    before = journal()
    result = rebuild(five_days.settings)
    assert result.before
    assert result.differing == []
    assert journal() == before


@pytest.fixture(scope="module")
def versions(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Days:
    """versions.jsonl.gz day by day: every study that has been seen, as it stood on that day."""
    by_day: defaultdict[str, dict[str, Study]] = defaultdict(dict)
    for line in lines(shared / "registry" / "ctgov" / "versions.jsonl.gz"):
        by_day[line["day"]][nct(line["study"])] = line["study"]
    settings = settings_in(tmp_path_factory.mktemp("versions"))
    standing: dict[str, Study] = {}
    studies: dict[str, dict[str, Study]] = {}
    with open_data_folder(settings) as place:
        for day in sorted(by_day):
            standing |= by_day[day]
            for study in standing.values():
                study["derivedSection"]["miscInfoModule"]["versionHolder"] = day
            studies[day] = json.loads(json.dumps(standing))
            seal = sealed(place, datetime.fromisoformat(day), standing.values())
            [report] = lifecycle.keep_sealed(place, [seal])
        publish(place, seal, report)
    return Days(settings, studies)


def content_changes(days: Days) -> list[tuple[str, str, Study, Study]]:
    """(day, trial, before, after) of every study that says something else than on its day before."""
    return [
        (day, nct_id, before[nct_id], study)
        for (_, before), (day, today) in pairwise(days.studies.items())
        for nct_id, study in today.items()
        if nct_id in before and not same_content(before[nct_id], study)
    ]


def test_real_versions_give_exactly_their_content_changes(versions: Days) -> None:
    expected = {(nct_id, day) for day, nct_id, _, _ in content_changes(versions)}
    assert len(expected) == 51
    told = versions.published("SELECT DISTINCT nct_id, strftime(observed_at, '%Y-%m-%d') FROM trial_changes")
    assert set(told) == expected
    # The nightly data date moved on every record on every day, and made no version.
    made = versions.published("SELECT count(*) FROM trial_versions")
    assert made == [(len(expected) + len(versions.published("SELECT nct_id FROM trials")),)]


def test_a_change_without_a_new_update_date_is_found_and_dated_when_we_saw_it(versions: Days) -> None:
    silent = [
        (day, nct_id) for day, nct_id, before, after in content_changes(versions) if posted(before) == posted(after)
    ]
    assert len(silent) >= 8
    for day, nct_id in silent:
        dates = versions.published(
            f"SELECT DISTINCT registry_date FROM trial_changes WHERE nct_id = '{nct_id}' "
            f"AND observed_at = TIMESTAMP '{day}'"
        )
        assert dates == [(date.fromisoformat(day),)]


def test_real_versions_are_rebuilt_to_the_same_fingerprints(versions: Days) -> None:
    result = rebuild(versions.settings)
    assert result.before
    assert result.differing == []
