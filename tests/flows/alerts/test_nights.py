"""Alerts as a part of the night: whoever is to hear of it does, and nothing of it undoes a publication."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from flows.alerts.subscribers.subscribers import SubscribersError
from flows.cli.commands.nightly import exit_code_of
from flows.config.settings import Settings, load
from flows.errors import Held, Locked
from flows.runs import nightly, notify
from flows.runs.accept import accept
from flows.runs.run import Options
from flows.sources.errors import SourceError
from flows.storage.data_folder import run_lock
from tests.flows.alerts.servers import Webhook
from tests.records import nct, one_leg_watchlist, raw, study

WATCHLIST = one_leg_watchlist()
SUBSCRIBERS = """
[[subscriber]]
name = "reader"
channels = ["{url}"]
webhook_secret = "${{HOOK_SECRET}}"
"""


@pytest.fixture
def servers() -> Any:
    """Where the subscriber, the operator and the watchdog listen."""
    with listening() as three:
        yield three


@contextmanager
def listening() -> Any:
    with pytest.MonkeyPatch.context() as patch, Webhook() as reader, Webhook() as operator, Webhook() as watchdog:
        patch.setenv("HOOK_SECRET", "s3cret")
        yield reader, operator, watchdog


def settings_of(folder: Path, servers: Any, **more: Any) -> Settings:
    reader, operator, watchdog = servers
    (folder / "watchlist.toml").write_text(WATCHLIST)
    (folder / "subscribers.toml").write_text(SUBSCRIBERS.format(url=reader.url))
    return load(
        home=folder / "home", watchlist=folder / "watchlist.toml", subscribers=folder / "subscribers.toml",
        operator=operator.url, heartbeat_url=watchdog.url.replace("json://", "http://"), workers=1, **more,
    )  # fmt: skip


def record(folder: Path, day: int, studies: list[Any]) -> Options:
    night = folder / "recordings" / f"2026-09-{day:02}"
    night.mkdir(parents=True)
    (night / "ctgov.jsonl").write_bytes(b"\n".join(map(raw, studies)))
    return Options(recorded=folder / "recordings")


def said(server: Webhook) -> list[str]:
    return [document["text"] for document in server.documents]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Five nights: the first; a new trial; a subscriber who cannot be reached; one that is held; its acceptance."""
    folder = tmp_path_factory.mktemp("story")
    with listening() as servers:
        yield told_of(folder, servers)


def told_of(folder: Path, servers: Any) -> dict[str, Any]:
    reader, operator, watchdog = servers
    settings = settings_of(folder, servers)
    told: dict[str, Any] = {"settings": settings}
    three = [study(n) for n in (1, 2, 3)]

    def after(name: str, **more: Any) -> None:
        told[name] = {
            "reader": list(reader.documents), "operator": said(operator), "heartbeats": watchdog.tries, **more,
        }  # fmt: skip

    after("first", reports=nightly.run(settings, record(folder, 1, three)))
    after("new trial", reports=nightly.run(settings, record(folder, 2, [*three, study(4)])))
    reader.fault = 503
    after("unreachable", reports=nightly.run(settings, record(folder, 3, [*three, study(4), study(5)])))
    reader.fault = None
    with pytest.raises(Held):
        nightly.run(settings, record(folder, 4, []))
    after("held")
    after("accepted", reports=[accept(settings, "last", "a test")])
    return told


def test_the_first_night_tells_nobody(story):
    assert story["first"]["reader"] == []
    assert (story["first"]["operator"], story["first"]["heartbeats"]) == ([], 1)
    assert (story["settings"].home / "feeds" / "new-trials.atom").exists()


def test_a_new_trial_is_told_with_the_night_that_brought_it(story):
    (document,) = story["new trial"]["reader"]
    assert [item["nct_id"] for item in document["items"]] == [nct(4)]
    assert exit_code_of(story["new trial"]["reports"]) == 0


def test_what_cannot_be_delivered_is_exit_code_5_and_the_night_stays_published(story):
    (report,) = story["unreachable"]["reports"]
    assert report.status == "published"
    assert report.problems == ("reader/json: the webhook answered 503; it is tried again later.",)
    assert exit_code_of([report]) == 5
    assert story["unreachable"]["heartbeats"] == 3  # the run itself is well


def test_a_held_night_tells_the_operator_at_once_and_no_subscriber(story):
    assert story["held"]["reader"] == story["new trial"]["reader"]
    (notice,) = story["held"]["operator"]
    assert " was held: " in notice
    assert "cartrials accept" in notice
    assert story["held"]["heartbeats"] == 3


def test_an_accepted_night_is_told_and_the_operator_hears_that_it_is_over(story):
    assert "is well again" in story["accepted"]["operator"][-1]
    assert len(story["accepted"]["operator"]) == 2
    assert story["accepted"]["heartbeats"] == 4
    documents = story["accepted"]["reader"]  # what waited goes out; its trials have left the search since
    assert [[item["nct_id"] for item in document["items"]] for document in documents[:2]] == [[nct(4)], [nct(5)]]


def test_a_wrong_file_of_subscribers_ends_the_run_before_anything_is_asked_and_the_operator_hears_why(
    tmp_path, servers
):
    settings, options = settings_of(tmp_path, servers), record(tmp_path, 1, [study(1)])
    settings.subscribers.write_text('[[subscriber]]\nname = "reader"\ndiseases = ["Lupsu"]\n')
    for _ in range(2):
        with pytest.raises(SubscribersError, match="line 3"):
            nightly.run(settings, options)
    (notice,) = said(servers[1])
    assert notice.startswith("A run that had not begun failed: ")
    assert "line 3: diseases: 'Lupsu' is not known" in notice
    assert not settings.warehouse_path.exists()


def test_a_run_that_fails_is_told_with_its_reason_only_after_as_many_as_asked(tmp_path, servers):
    settings, options = settings_of(tmp_path, servers, operator_after=2), record(tmp_path, 1, [study(1)])
    (tmp_path / "recordings" / "2026-09-01" / "pubmed.xml.gz").write_bytes(b"no gzip at all")
    for _ in range(2):
        assert said(servers[1]) == []
        with pytest.raises(SourceError):
            nightly.run(settings, options)
    (notice,) = said(servers[1])
    assert "(2 times)" in notice


def test_without_a_journal_the_operator_is_told_all_the_same(tmp_path, servers):
    settings, options = settings_of(tmp_path, servers), record(tmp_path, 1, [study(1)])
    settings.home.mkdir()
    settings.journal_path.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(Exception, match="journal"):
        nightly.run(settings, options)
    (notice,) = said(servers[1])
    assert "The journal " in notice


def test_an_operator_who_cannot_be_told_hides_no_reason(tmp_path, servers):
    settings, options = settings_of(tmp_path, servers), record(tmp_path, 1, [study(1)])
    settings.subscribers.write_text('[[subscriber]]\nname = "A b"\n')
    servers[1].fault = 503
    with pytest.raises(SubscribersError) as wrong:
        nightly.run(settings, options)
    assert wrong.value.__notes__ == ["operator/json: the webhook answered 503; it is tried again later."]
    wrong_operator = settings.model_copy(update={"operator": SecretStr("nonsense://x")})
    with pytest.raises(SubscribersError) as wrong:
        nightly.run(wrong_operator, options)
    assert "CARTRIALS_OPERATOR is wrong" in wrong.value.__notes__[0]


def test_another_run_at_work_is_no_failure(tmp_path, servers):
    settings, options = settings_of(tmp_path, servers), record(tmp_path, 1, [study(1)])
    with run_lock(settings.home), pytest.raises(Locked):
        nightly.run(settings, options)
    assert said(servers[1]) == []


def test_a_killed_run_is_told_by_the_next(tmp_path, servers):
    settings, options = settings_of(tmp_path, servers), record(tmp_path, 1, [study(1)])
    notify.tell_operator(settings, None)  # makes the journal
    with sqlite3.connect(settings.journal_path) as journal:
        journal.execute(
            "INSERT INTO runs (run_id, kind, source, clock_at, started_at, status, code_version, rule_version) VALUES "
            "('20260831T030000Z-1', 'nightly', 'live', '2026-08-31', '2026-08-31 03:00:00', 'running', '0', '0')"
        )
    nightly.run(settings, options)
    first, second = said(servers[1])
    assert first.startswith("Run 20260831T030000Z-1 was killed: The process ended before the run was sealed")
    assert "The nightly run is well again" in second


def test_a_dry_run_and_no_alerts_tell_no_subscriber(tmp_path, servers):
    settings = settings_of(tmp_path, servers)
    nightly.run(settings, record(tmp_path, 1, [study(1)]))
    options = record(tmp_path, 2, [study(1), study(2)])
    nightly.run(settings, Options(recorded=options.recorded, dry_run=True))
    assert (servers[0].tries, servers[2].tries) == (0, 1)
    (report,) = nightly.run(settings, Options(recorded=options.recorded, announce=False))
    assert (report.announced.told, report.announced.sent, report.announced.waiting) == (2, 0, 2)
    assert servers[0].tries == 0
    assert nightly.run(settings, options) == []  # no night is left, and what waits goes out
    assert [item["nct_id"] for item in servers[0].documents[-1]["items"]] == [nct(2)]
