"""Which of two copies counts: by the choice alone, then over nights and their rebuild."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.config.settings import load
from flows.load import copies
from flows.load.copies import Chosen, Standing
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.runs.run import Options
from flows.sources.stamps import Stamp, stamp_and_withheld
from flows.storage.journal import Journal
from flows.storage.manifests import Manifest
from tests import records
from tests.flows.world import NO_REPORT, WATCHLIST

OLD, NEW = "2026-03-02", "2026-03-09"


def manifest(leg: str, sha256: str, stamp: str, pulled: str = "2026-03-10", **more: Any) -> Manifest:
    return Manifest("run", "ctgov", leg, pulled, records=(("NCT90000001", sha256),),
                    stamps={"NCT90000001": stamp} if stamp else {}, **more)  # fmt: skip


WHOLE = {"bad": b'{"protocolSection": {"identificationModule": {"nctId": "NCT90000001"', "worse": b"\xff"}


def choose(source: str, manifests: list[Manifest], standings: dict[str, Standing]) -> Chosen:
    """The choice among contents that can be read, but for those named bad and worse."""
    return copies.choose(source, manifests, standings, lambda sha256: WHOLE.get(sha256, records.raw(records.study())))


def stands(standings: dict[str, Standing]) -> str:
    return standings["NCT90000001"].sha256


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (f"{OLD}|{NEW}", f"{NEW}|{OLD}"),  # the data date decides before the day of posting
        (f"{NEW}|{OLD}", f"{NEW}|{NEW}"),
        (f"|{OLD}", f"|{NEW}"),
        (f"{OLD}|", f"{NEW}|{OLD}"),
        ("000001|2026-03-09", "000002|2026-03-02"),
    ],
)
def test_the_newer_of_two_legs_counts_in_whatever_order(older: str, newer: str, order: int) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        found = choose("ctgov", [manifest(one, "old", older), manifest(other, "new", newer)][::order], standings := {})
        assert (stands(standings), found.older) == ("new", ("NCT90000001",))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("newer", ["9|", f"{NEW}|{NEW}", ""])
def test_a_copy_that_cannot_be_read_takes_the_place_of_none_that_can(newer: str, order: int) -> None:
    beside = [manifest("a", "good", f"{OLD}|{OLD}"), manifest("b", "bad", newer)][::order]
    in_one_leg = [
        manifest("a", "bad", newer, copies=(("NCT90000001", "good", f"{OLD}|{OLD}", False),)),
        manifest("a", "good", f"{OLD}|{OLD}", copies=(("NCT90000001", "bad", newer, False),)),
    ]
    for manifests in (beside, [in_one_leg[0]], [in_one_leg[1]], [*in_one_leg, manifest("b", "worse", "")]):
        found = choose("ctgov", manifests, standings := {})
        spoiled = {sha256: problem.field_path for _, sha256, problem in found.spoiled}
        assert (stands(standings), found.older, found.contents) == ("good", (), {"NCT90000001": "good"})
        assert spoiled == dict.fromkeys({one for m in manifests for _, one in m.contents} - {"good"})


def test_of_copies_that_cannot_be_read_one_stands_and_each_other_is_named() -> None:
    found = choose("ctgov", [manifest("a", "bad", ""), manifest("b", "worse", "")], standings := {})
    assert (stands(standings), [sha256 for _, sha256, _ in found.spoiled]) == ("worse", ["bad"])


def test_an_older_copy_does_not_follow_one_that_could_not_be_read() -> None:
    standings: dict[str, Standing] = {}
    for sha256, stamp in (("new", f"{NEW}|{NEW}"), ("bad", ""), ("old", f"{OLD}|{OLD}")):
        found = choose("ctgov", [manifest("leg", sha256, stamp)], standings)
    assert (stands(standings), found.older) == ("bad", ("NCT90000001",))
    choose("ctgov", [manifest("leg", "next", f"{NEW}|{NEW}")], standings)
    assert stands(standings) == "next"


def test_copies_of_which_nothing_is_said_are_taken_as_they_come() -> None:
    standings: dict[str, Standing] = {}
    for sha256 in ("one", "two", "one"):
        found = choose("ctgov", [manifest("leg", sha256, "")], standings)
        assert (found.contents, found.older) == ({"NCT90000001": sha256}, ())


def test_an_older_copy_waits_and_counts_under_a_newer_data_date() -> None:
    standings: dict[str, Standing] = {}
    said = []
    for sha256, stamp in (
        ("new", "2026-03-10|2026-03-09"), ("old", "2026-03-08|2026-03-02"), ("old", "2026-03-09|2026-03-02"),
        ("old", "2026-03-11|2026-03-02"),
    ):  # fmt: skip
        said.append((bool(choose("ctgov", [manifest("leg", sha256, stamp)], standings).older), stands(standings)))
    assert said == [(False, "new"), (True, "new"), (True, "new"), (False, "old")]


@pytest.mark.parametrize("stamp", ["9999-12-31|2026-03-09", "2026-03-20|2026-03-09", "|2999-01-01", "2026-06|"])
def test_a_date_from_after_its_own_pull_holds_no_later_copy_off(stamp: str) -> None:
    standings: dict[str, Standing] = {}
    choose("ctgov", [manifest("leg", "typo", stamp)], standings)
    found = choose("ctgov", [manifest("leg", "next", "2026-03-11|2026-03-10", pulled="2026-03-11")], standings)
    assert (stands(standings), found.older) == ("next", ())


def test_without_a_data_date_in_the_record_that_of_the_pull_decides() -> None:
    standings: dict[str, Standing] = {}
    said = []
    for sha256, stamp, pulled in (
        ("new", f"|{NEW}", "1"), ("old", f"|{OLD}", "2"), ("old", f"|{OLD}", "2"), ("new", f"|{NEW}", "3"),
        ("old", f"|{OLD}", "4"), ("old", f"|{OLD}", "5"),
    ):  # fmt: skip
        choose("ctgov", [manifest("leg", sha256, stamp, data_stamp=pulled)], standings)
        said.append(stands(standings))
    assert said == ["new", "new", "new", "new", "new", "old"]


def test_what_was_seen_again_under_a_newer_date_is_as_new_as_that() -> None:
    standings: dict[str, Standing] = {}
    for sha256, stamp in (("new", "2026-03-10|"), ("new", "2026-03-12|"), ("old", "2026-03-11|")):
        choose("ctgov", [manifest("leg", sha256, stamp)], standings)
    assert stands(standings) == "new"


@pytest.mark.parametrize(
    ("raw", "stamp", "is_stub"),
    [
        (records.raw(records.study()), Stamp("2026-02-10", "2026-02-09"), False),
        (b'{"protocolSection":{"statusModule":{"overallStatus":"WITHHELD"}}}', Stamp(), True),
        (b'{"protocolSection":{"statusModule":["WITHHELD"]},"derivedSection":{"miscInfoModule":7}}', Stamp(), False),
        (b'{"derivedSection":{"miscInfoModule":{"versionHolder":20260210}}}', Stamp(), False),
        (b"[]", Stamp(), False),
        (b"\xff", Stamp(), False),
        (b"[" * 100_000, Stamp(), False),
    ],
)
def test_what_a_study_says_of_its_age(raw: bytes, stamp: Stamp, is_stub: bool) -> None:
    assert stamp_and_withheld("ctgov", raw) == (stamp, is_stub)


def test_what_a_citation_says_of_its_age() -> None:
    assert stamp_and_withheld("pubmed", records.paper())[0] == Stamp("000001", "2026-02-03")
    assert stamp_and_withheld("pubmed", b"<PubmedArticle/>")[0] == Stamp()


# ---- over nights ----


def updated(day: str, data: str | None = None, **changes: Any) -> records.Study:
    made = records.study(1, statusModule__lastUpdatePostDateStruct={"date": day, "type": "ACTUAL"}, **changes)
    made["derivedSection"] = {"miscInfoModule": {"versionHolder": data}} if data else {}
    return made


class Recorded:
    """Recorded nights, and what is published of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "nights"
        watchlist = folder / "watchlist.toml"
        watchlist.write_text(WATCHLIST, "utf-8")
        self.settings = load(home=folder / "data", watchlist=watchlist, workers=1)

    def night(self, date: str, studies: list[Any], papers: list[bytes] = ()) -> None:  # type: ignore[assignment]
        records.record_night(self.folder, date, studies, papers or [records.paper(1)])
        nightly.run(self.settings, Options(recorded=self.folder), NO_REPORT)

    def published(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse_path), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()

    def state(self) -> list[tuple[Any, ...]]:
        return self.published(
            "SELECT nct_id, overall_status, registry_state, scope, content_sha256, last_seen_at FROM trials ORDER BY 1"
        ) + self.published("SELECT event_id, event_type, nct_id, run_id FROM trial_events ORDER BY 1")

    def told(self, date: str) -> list[tuple[Any, ...]]:
        return self.published(
            f"SELECT nct_id, event_type FROM trial_events WHERE observed_at::DATE = '{date}' ORDER BY ALL"
        )

    def rebuilt(self) -> list[tuple[Any, ...]]:
        rebuild(self.settings)
        return self.state()


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


STATUS = "SELECT overall_status FROM trials WHERE nct_id = 'NCT90000001'"
NOTED = "SELECT observed FROM quality_results WHERE check_name LIKE '%older%' AND status = 'failed' AND subject = '{}'"
ENDED = {"statusModule__overallStatus": "COMPLETED"}


def test_the_newer_copy_of_one_file_counts_wherever_it_stands(recorded: Recorded) -> None:
    older, newer = updated("2026-02-01"), updated("2026-02-20", **ENDED)
    recorded.night("2026-03-01", [older, newer, older])
    assert recorded.published(STATUS) == [("COMPLETED",)]
    assert "NCT90000001" in recorded.published(NOTED.format("ctgov"))[0][0]
    recorded.night("2026-03-02", [newer, older])
    assert recorded.told("2026-03-02") == []


def test_an_older_copy_of_a_later_night_waits_and_a_rebuild_says_the_same(recorded: Recorded) -> None:
    recorded.night("2026-03-01", [updated("2026-02-20", "2026-02-28", **ENDED)])
    recorded.night("2026-03-02", [updated("2026-02-01", "2026-02-27")])
    assert recorded.published(STATUS) == [("COMPLETED",)]
    assert recorded.published(NOTED.format("ctgov"))
    assert recorded.told("2026-03-02") == []
    before = recorded.state()
    assert recorded.rebuilt() == before
    # The registry takes the change back: the old words under a new data date.
    recorded.night("2026-03-03", [updated("2026-02-01", "2026-03-02")])
    assert recorded.published(STATUS) == [("RECRUITING",)]
    assert ("NCT90000001", "status_changed") in recorded.told("2026-03-03")
    before = recorded.state()
    assert recorded.rebuilt() == before


SPOILED = "SELECT record_id, reason FROM quarantined_records WHERE field_path IS NULL AND resolved_run_id IS NULL"


@pytest.mark.parametrize("first", [True, False])
def test_a_spoiled_copy_beside_a_whole_one_is_quarantined_and_leaves_no_mark(recorded: Recorded, first: bool) -> None:
    studies = [records.raw(updated("2026-02-01")), records.raw(updated("2026-02-20", **ENDED))[:-400]]
    papers = [records.paper(1), records.paper(1).replace(b"</Article>", b"</Artikel>")]
    recorded.night("2026-03-01", studies[:: 1 if first else -1], papers[:: 1 if first else -1])
    assert recorded.published("SELECT overall_status, is_stale FROM trials") == [("RECRUITING", False)]
    assert recorded.published("SELECT pmid, is_stale FROM publications") == [("90000001", False)]
    with Journal(recorded.settings.journal_path, read_only=True) as journal:
        waits = {row["record_id"]: row["reason"] for row in journal.rows(SPOILED)}
    assert waits.keys() == {"NCT90000001", "90000001"}
    assert waits["NCT90000001"].startswith("The record is not JSON") and "XML" in waits["90000001"]
    before = recorded.state()
    assert recorded.rebuilt() == before
    # An archive as a source decides the same; and what no longer comes is settled.
    again = load(home=recorded.folder / "again", watchlist=recorded.settings.watchlist, workers=1)
    nightly.run(again, Options(recorded=recorded.settings.archive_path), NO_REPORT)
    with duckdb.connect(str(again.warehouse_path), read_only=True) as warehouse:
        assert warehouse.execute(STATUS).fetchall() == [("RECRUITING",)]
    recorded.night("2026-03-02", studies[:1], papers[:1])
    with Journal(recorded.settings.journal_path, read_only=True) as journal:
        assert journal.rows(SPOILED) == []


def test_of_two_versions_of_a_citation_the_higher_counts(recorded: Recorded) -> None:
    first = records.paper(1, title="CAR-T cells in lupus, as first told")
    second = records.paper(1, title="CAR-T cells in lupus, told again").replace(b'Version="1"', b'Version="2"')
    recorded.night("2026-03-01", [records.study(1)], [second, first])
    title = "SELECT title, pmid_version FROM publications"
    assert recorded.published(title) == [("CAR-T cells in lupus, told again", 2)]
    recorded.night("2026-03-02", [records.study(1)], [first])
    assert recorded.published(title) == [("CAR-T cells in lupus, told again", 2)]
    assert "90000001" in recorded.published(NOTED.format("pubmed"))[0][0]
    before = recorded.state()
    assert recorded.rebuilt() == before


def stub(number: int = 1, day: str = "2026-03-02") -> records.Study:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": records.nct(number), "briefTitle": "[Not shown by the registry]"},
            "statusModule": {
                "overallStatus": "WITHHELD", "lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"}
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "[Not shown]"}},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": day}},
        "hasResults": False,
    }  # fmt: skip


def test_a_stub_that_a_search_brings_is_one_event_and_so_is_its_return(recorded: Recorded) -> None:
    whole, others = records.study(2), [records.study(number) for number in (1, 3, 4, 5)]
    recorded.night("2026-03-01", [whole, *others])
    content = "SELECT registry_state, scope, brief_title, overall_status FROM trials WHERE nct_id = 'NCT90000002'"
    (before,) = recorded.published(content)
    for date in ("2026-03-02", "2026-03-03"):
        recorded.night(date, [stub(2, date), *others])
        assert recorded.published(content) == [("withheld", *before[1:])]
    assert recorded.told("2026-03-02") == [("NCT90000002", "withheld")]
    assert recorded.told("2026-03-03") == []
    recorded.night("2026-03-04", [whole, *others])
    assert recorded.published(content) == [before]
    assert recorded.told("2026-03-04") == [("NCT90000002", "returned")]
    state = recorded.state()
    assert recorded.rebuilt() == state


def test_a_stub_beside_the_newer_whole_record_changes_nothing(recorded: Recorded) -> None:
    recorded.night("2026-03-01", [records.study(1), updated("2026-02-20")])
    recorded.night("2026-03-02", [updated("2026-02-20", "2026-03-02"), stub(1, "2026-02-27")])
    assert recorded.told("2026-03-02") == []


def test_a_trial_that_was_never_seen_otherwise_is_kept_as_its_stub(recorded: Recorded) -> None:
    recorded.night("2026-03-01", [records.study(1), stub(7)])
    recorded.night("2026-03-02", [records.study(1), stub(7)])
    assert recorded.published(
        "SELECT overall_status, registry_state FROM trials WHERE nct_id = 'NCT90000007'"
    ) == [("WITHHELD", "present")]  # fmt: skip
    assert recorded.told("2026-03-02") == []
