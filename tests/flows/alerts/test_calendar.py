"""The calendar of readouts: a month is an event of that month; what moved keeps its id and tells its slips."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from flows.alerts.calendar import MOST_OCTETS, readouts
from tests.warehouse import made_up
from warehouse.querying.reading import published

PLANNED = {"primary_completion_date_type": "ESTIMATED", "overall_status": "RECRUITING"}


def calendar(tmp_path: Path, *states: tuple[date, str], **facts: object) -> tuple[str, list[dict[str, str]]]:
    """The calendar of one trial that had these primary completions, unfolded, and its events."""
    made = made_up.rows(40)
    one = next(t for t in made["trials"] if t["scope"] == "in_scope" and t["registry_state"] == "present"
               and t["study_type"] == "INTERVENTIONAL")  # fmt: skip
    for trial in made["trials"]:
        trial |= {"primary_completion_date": None, "primary_completion_date_precision": None}
    day, precision = states[-1]
    one |= PLANNED | {"primary_completion_date": day, "primary_completion_date_precision": precision} | facts
    template = next(s for s in made["trial_states"] if s["nct_id"] == one["nct_id"])
    made["trial_states"] = [
        template | {"state_no": n, "version": n, "valid_from": datetime(2025, n, 1), "primary_completion_date": dated,
                    "primary_completion_date_precision": precise}
        for n, (dated, precise) in enumerate(states, 1)
    ]  # fmt: skip
    made["profile_states"] = []
    path = made_up.build(tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb", made)
    with published(path) as connection:
        content = readouts(connection)
    assert content == content.decode().replace("\r\n", "\n").replace("\n", "\r\n").encode()
    lines = content.decode().split("\r\n")
    assert all(len(line.encode()) <= MOST_OCTETS for line in lines)
    text = content.decode().replace("\r\n ", "")
    found = [dict(line.split(":", 1) for line in part.split("END:VEVENT")[0].strip().split("\r\n"))
             for part in text.split("BEGIN:VEVENT")[1:]]  # fmt: skip
    return text, found


@pytest.mark.parametrize(
    ("given", "precision", "first", "after", "later", "later_after"),
    [
        (date(2031, 5, 1), "month", "20310501", "20310601", "20320501", "20320601"),
        (date(2031, 12, 1), "month", "20311201", "20320101", "20321201", "20330101"),
        (date(2032, 2, 29), "day", "20320229", "20320301", "20330228", "20330301"),
        (date(2031, 1, 1), "year", "20310101", "20320101", "20320101", "20330101"),
    ],
)
def test_an_event_is_as_long_as_its_date_is_vague(
    tmp_path: Path, given: date, precision: str, first: str, after: str, later: str, later_after: str
) -> None:
    _, (event, year_after) = calendar(tmp_path, (given, precision))
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == (first, after)
    assert (year_after["DTSTART;VALUE=DATE"], year_after["DTEND;VALUE=DATE"]) == (later, later_after)
    assert event["SUMMARY"].startswith("Expected primary completion: NCT") and event["SEQUENCE"] == "0"
    assert year_after["SUMMARY"].startswith("Twelve months after the expected primary completion: NCT")


def test_what_moved_keeps_its_id_counts_up_and_tells_its_slips(tmp_path: Path) -> None:
    _, before = calendar(tmp_path, (date(2030, 3, 1), "month"))
    moved = [
        (date(2030, 3, 1), "month"),
        (date(2030, 3, 1), "month"),
        (date(2030, 9, 1), "month"),
        (date(2031, 5, 2), "day"),
    ]
    text, after = calendar(tmp_path, *moved)
    assert [event["UID"] for event in after] == [event["UID"] for event in before]
    assert len({event["UID"] for event in after}) == 2
    assert [event["SEQUENCE"] for event in after] == ["2", "2"] and after[0]["DTSTAMP"] == "20250401T000000Z"
    assert "2031-05-02\\, as registered. Before that: 2030-03\\, 2030-09." in after[0]["DESCRIPTION"]
    assert "results due" not in text.lower()


def test_what_is_past_or_withdrawn_is_no_event_and_titles_are_only_text(tmp_path: Path) -> None:
    _, over = calendar(tmp_path, (date(2019, 5, 1), "month"), primary_completion_date_type="ACTUAL")
    assert over == []
    _, withdrawn = calendar(tmp_path, (date(2031, 5, 1), "month"), overall_status="WITHDRAWN")
    assert withdrawn == []
    hostile = "Cells; more, \\ of\r\nBEGIN:VALARM γδ" + "长" * 60
    text, (event, _) = calendar(tmp_path, (date(2031, 5, 1), "month"), brief_title=hostile)
    assert "Cells\\; more\\, \\\\ of  BEGIN:VALARM γδ长" in event["SUMMARY"] and "\nBEGIN:VALARM" not in text
