"""Five real days with three subscribers, over SMTP with STARTTLS and HTTP, held against queries written apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.alerts.announce import subscribers_of
from flows.alerts.preview import preview_on
from flows.config.settings import Settings, load
from flows.runs import nightly
from flows.runs.run import Options
from tests.flows.alerts.servers import SmtpServer, Webhook, certificate
from tests.records import one_leg_watchlist

pytestmark = pytest.mark.timeout(900)  # five nights of 205 trials: on a busy machine minutes

WATCHLIST = one_leg_watchlist(leg="all", condition="autoimmune", diseases=("SLE", "lupus nephritis"))
SUBSCRIBERS = """
[[subscriber]]
name = "sle-europe"
title = "SLE in Europe"
channels = ["{europe}"]
diseases = ["SLE"]
regions = ["Europe"]
max_items = 200

[[subscriber]]
name = "cd19-bcma"
title = "CD19 and BCMA in one trial"
channels = ["{both}"]
target_antigens = ["CD19+BCMA"]
cadence = "weekly"
max_items = 200

[[subscriber]]
name = "high"
channels = ["{hook}"]
webhook_secret = "${{HOOK_SECRET}}"
materiality = ["high"]
new_for_you = false
"""
EUROPEAN = """Austria Belarus Belgium Bulgaria Croatia Czechia Denmark Estonia Finland France Germany Greece Hungary
Iceland Ireland Italy Latvia Lithuania Luxembourg Netherlands Norway Poland Portugal Romania Russia Serbia Slovakia
Slovenia Spain Sweden Switzerland Ukraine"""
EUROPE = EUROPEAN.split()
EUROPE += ["United Kingdom", "Czech Republic", "Russian Federation", "Moldova", "Bosnia and Herzegovina"]
TRACKED = "scope IN ('in_scope', 'follow_up') AND registry_state IN ('present', 'left_search')"
FITS = {
    "sle-europe": f"""
        SELECT DISTINCT nct_id FROM trials JOIN trial_sites USING (nct_id) JOIN trial_diseases USING (nct_id)
        WHERE {TRACKED} AND disease = 'SLE' AND country IN (SELECT unnest($europe))""",
    "cd19-bcma": f"""
        SELECT nct_id FROM trials JOIN car_t_profiles USING (nct_id)
        WHERE {TRACKED} AND array_to_string(target_antigens, ',') LIKE '%BCMA%'
          AND regexp_matches(array_to_string(target_antigens, ','), '(^|,)CD19(,|$)')""",
    "high": f"SELECT nct_id FROM trials WHERE {TRACKED}",
}
DAYS = ("2026-04-25", "2026-05-15", "2026-06-01", "2026-06-15", "2026-07-03")


@dataclass
class Replay:
    """What arrived, and the releases in order."""

    smtp: SmtpServer
    hook: Webhook
    releases: list[Path]
    settings: Settings

    def fitting(self, subscriber: str) -> list[set[str]]:
        """Trials that fit, night by night."""
        found = []
        for release in self.releases:
            with duckdb.connect(str(release), read_only=True) as warehouse:
                given = {"europe": EUROPE} if "$europe" in FITS[subscriber] else {}
                found.append({nct_id for (nct_id,) in warehouse.execute(FITS[subscriber], given).fetchall()})
        return found

    def with_news(self, night: int, subscriber: str) -> set[str]:
        """Trials with news for a subscriber; sites are news in the countries that the filter names only."""
        places = [f"trial_sites.country[{country}]" for country in EUROPE] if "$europe" in FITS[subscriber] else []
        with duckdb.connect(str(self.releases[night]), read_only=True) as warehouse:
            found = warehouse.execute(
                """SELECT DISTINCT nct_id FROM trial_events
                WHERE run_id = ? AND (event_type <> 'sites_changed' OR list_has_any(
                    json_extract_string(details, '$.changes[*].field_path'), ?::VARCHAR[]))""",
                [self.releases[night].stem, places],
            )
            return {nct_id for (nct_id,) in found.fetchall()}

    def events(self, night: int) -> list[tuple[str, str, str]]:
        """(event_id, nct_id, materiality) of a night, counted from 0."""
        run = self.releases[night].stem
        with duckdb.connect(str(self.releases[night]), read_only=True) as warehouse:
            return warehouse.execute(
                "SELECT event_id, nct_id, materiality FROM trial_events WHERE run_id = ?", [run]
            ).fetchall()


@pytest.fixture(scope="module")
def replay(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    for day in DAYS:
        night = folder / "recordings" / day
        night.mkdir(parents=True)
        source = (shared / "registry" / "ctgov" / f"autoimmune_car_t_{day}.jsonl.gz").resolve()
        (night / "ctgov.jsonl.gz").symlink_to(source)
    trusted, tls = certificate(folder)
    with pytest.MonkeyPatch.context() as patch, SmtpServer(tls) as smtp, Webhook() as hook:
        patch.setenv("HOOK_SECRET", "s3cret")
        patch.setenv("SSL_CERT_FILE", str(trusted))
        (folder / "watchlist.toml").write_text(WATCHLIST)
        (folder / "subscribers.toml").write_text(
            SUBSCRIBERS.format(
                europe=smtp.url("europe@example.org", mode="starttls"),
                both=smtp.url("both@example.org", mode="starttls"),
                hook=hook.url,
            )
        )
        settings = load(
            home=folder / "home", watchlist=folder / "watchlist.toml",
            subscribers=folder / "subscribers.toml", workers=1,
        )  # fmt: skip
        reports = nightly.run(settings, Options(recorded=folder / "recordings"))
        assert [report.problems for report in reports] == [()] * 5
        yield Replay(
            smtp, hook, [settings.home / "releases" / f"{report.run_id}.duckdb" for report in reports], settings
        )


def expected(replay: Replay, subscriber: str) -> list[set[str]]:
    """Trials to be told of, night by night: events of trials that fit or fitted, and first fits."""
    fitting = replay.fitting(subscriber)
    told = [set()]
    for night in range(1, len(fitting)):
        now, before, ever = fitting[night], fitting[night - 1], set().union(*fitting[:night])
        told.append((replay.with_news(night, subscriber) & (now | before)) | (now - ever))
    return told


@pytest.mark.parametrize(
    ("subscriber", "address"), [("sle-europe", "europe@example.org"), ("cd19-bcma", "both@example.org")]
)
def test_mails_hold_exactly_the_trials_that_a_query_gives_each_once(replay, subscriber, address):
    mails = [mail for mail, to in zip(replay.smtp.box.mails, replay.smtp.box.recipients, strict=True) if to == address]
    told = [Counter(numbers(text_of(mail))) for mail in mails]
    wanted = [some for some in expected(replay, subscriber) if some]
    assert len(wanted) >= 2
    assert [set(some) for some in told] == wanted
    assert all(count == 1 for some in told for count in some.values())
    assert all(replay.smtp.box.used_tls)
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)


def test_a_preview_of_each_day_is_what_went_out_on_it(replay):
    home, target = replay.settings.home, replay.settings.warehouse_path
    europe = [one for one in subscribers_of(replay.settings) if one.name == "sle-europe"]
    shown = [one.message for day in DAYS for one in preview_on(home, target, europe, date.fromisoformat(day))]
    sent = [
        mail for mail, to in zip(replay.smtp.box.mails, replay.smtp.box.recipients, strict=True) if to[:6] == "europe"
    ]
    assert [numbers(message.parts["text"]) for message in shown if message] == [numbers(text_of(mail)) for mail in sent]


def text_of(mail: Any) -> str:
    return mail.get_body(("plain",)).get_content()


def numbers(text: str) -> list[str]:
    """Trials of a mail, each as often as it has an item."""
    return re.findall(r"^(NCT\d{8})  https://clinicaltrials.gov/study/\1\r?$", text, re.MULTILINE)


def test_the_webhook_holds_exactly_the_high_material_events_each_once(replay):
    fitting = replay.fitting("high")
    wanted: Counter[str] = Counter()
    for night in range(1, len(DAYS)):
        wanted.update(
            event_id for event_id, nct_id, materiality in replay.events(night)
            if materiality == "high" and nct_id in fitting[night] | fitting[night - 1]
        )  # fmt: skip
    told = Counter(
        event["event_id"]
        for document in replay.hook.documents
        for item in document["items"]
        for event in item["events"]
    )
    assert sum(wanted.values()) > 20
    assert told == wanted
    assert not any(item["more_events"] for document in replay.hook.documents for item in document["items"])


def test_items_say_what_the_release_says(replay):
    newest = replay.hook.documents[-1]
    with duckdb.connect(str(replay.releases[-1]), read_only=True) as warehouse:
        for item in newest["items"]:
            (row,) = warehouse.execute(
                "SELECT brief_title, overall_status, lead_sponsor, enrollment_count, phase_label, site_count, "
                "coalesce(target_antigens, []) FROM trials LEFT JOIN car_t_profiles USING (nct_id) WHERE nct_id = ?",
                [item["nct_id"]],
            ).fetchall()
            said = (item["title"], item["status"], item["sponsor"], item["enrollment_count"], item["phase"])
            assert said == (" ".join(row[0].split()), row[1], " ".join(row[2].split()), row[3], row[4])
            assert (item["site_count"], item["target_antigens"]) == (row[5], row[6])
