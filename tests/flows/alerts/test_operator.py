"""The operator is told once of trouble, after as many failures as they want, and once when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from flows.alerts.operator import RunOutcome, notify_operator
from flows.errors import SettingsError
from tests.flows.alerts.servers import Webhook

NOW = datetime(2026, 9, 10, 4)


@pytest.fixture
def desk(office, webhook):
    """A data folder whose operator listens at the webhook."""
    return office("", operator=webhook.url, max_age_hours=50, operator_after=2)


def completed(place, started: datetime, stamp: str | None = None, run_id: str = "20260909T030000Z-1") -> RunOutcome:
    place.journal.add("runs", [{
        "run_id": run_id, "kind": "nightly", "source": "live", "clock_at": started, "started_at": started,
        "status": "published", "code_version": "0", "rule_version": "1", "data_stamp": stamp,
    }])  # fmt: skip
    return RunOutcome(run_id, "published")


def tell(place, outcome, hours: float = 0):
    return notify_operator(place.settings, place.journal, outcome, now=NOW + timedelta(hours=hours))


def failed(number: int) -> RunOutcome:
    return RunOutcome(f"run-{number}", "failed", "ClinicalTrials.gov answered 503; try again later")


def test_failures_are_told_when_there_are_as_many_as_asked_and_once(desk, webhook):
    told = [tell(desk, failed(number), number).sentences for number in range(1, 6)]
    assert [len(sentences) for sentences in told] == [0, 1, 0, 0, 0]
    assert told[1] == ("Run run-2 failed: ClinicalTrials.gov answered 503; try again later (2 times)",)
    assert len(webhook.documents) == 1


def test_what_is_over_before_it_was_told_is_never_told(desk, webhook):
    tell(desk, failed(1))
    tell(desk, completed(desk, NOW))
    assert webhook.documents == []


def test_recovery_is_told_once(desk, webhook):
    for number in (1, 2):
        tell(desk, failed(number), number)
    for hours in (3, 4):
        tell(desk, completed(desk, NOW + timedelta(hours=3)), hours)
    assert [document["title"].split(":")[0] for document in webhook.documents] == [
        "cartrials needs you",
        "cartrials is well again",
    ]


def test_a_held_run_is_told_at_once(desk):
    (sentence,) = tell(desk, RunOutcome("run-1", "held", "the search found no trial")).sentences
    assert sentence == "Run run-1 was held: the search found no trial"


def test_the_same_failure_looked_at_twice_counts_once(desk):
    assert tell(desk, failed(1)).sentences == tell(desk, failed(1), 1).sentences == ()


def test_age_counts_from_the_last_complete_check_and_the_sources_stamp_is_another_matter(desk, webhook):
    completed(desk, NOW - timedelta(hours=10), stamp="2026-09-01T09:00:00")
    (sentence,) = tell(desk, None).sentences
    assert sentence.startswith("The registry itself has not reloaded for 8 days")
    told = tell(desk, None, 60).sentences
    assert told == ("The data is 70 hours old, more than 50: the last complete check was run 20260909T030000Z-1.",)
    assert "Last complete check: run 20260909T030000Z-1" in webhook.documents[-1]["text"]
    assert "data stamp: 2026-09-01T09:00:00" in webhook.documents[-1]["text"]


@pytest.mark.parametrize(("days", "told"), [(3.9, 0), (4.1, 1)])
def test_a_stamp_warns_after_four_days(desk, days, told):
    completed(desk, NOW - timedelta(hours=1), stamp=(NOW - timedelta(days=days)).isoformat())
    assert len(tell(desk, None).sentences) == told


def test_a_notice_that_is_not_taken_is_sent_again_as_it_was(desk, webhook):
    webhook.fault = 503
    done = tell(desk, RunOutcome("run-1", "held", "no trial"))
    assert done.problems == ("operator/json: the webhook answered 503; it is tried again later.",)
    webhook.fault = None
    tell(desk, RunOutcome("run-2", "held", "no trial"), 1)
    (document,) = webhook.documents
    assert "Run run-1 was held" in document["text"]


def test_the_heartbeat_is_called_after_success_only(desk, office):
    with Webhook() as watchdog:
        url = watchdog.url.replace("json://", "http://")
        place = office("", heartbeat_url=url)
        assert tell(place, failed(1)).heartbeat is None
        assert tell(place, None).heartbeat is None
        assert watchdog.tries == 0
        assert tell(place, completed(place, NOW), 1).heartbeat is True
        watchdog.fault = 500
        done = tell(place, completed(place, NOW), 2)
        assert (done.heartbeat, done.problems) == (False, ("The heartbeat could not be called.",))


def test_without_an_operator_troubles_are_kept_all_the_same(office):
    place = office("")
    assert tell(place, failed(1)).sentences == ()
    assert place.journal.rows("SELECT incident FROM alert_incidents") == [{"incident": "run"}]


def test_an_address_that_cannot_be_used_names_the_setting(office):
    place = office("", operator="nonsense://x")
    with pytest.raises(SettingsError, match="CARTRIALS_OPERATOR is wrong: a channel is no address"):
        tell(place, None)
