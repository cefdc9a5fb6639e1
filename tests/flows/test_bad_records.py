"""Records with something wrong in them: what is bad is named and waits, everything else goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import flows.load.apply_run
import flows.load.plan
from flows.errors import Held
from flows.runs import nightly
from flows.runs.run import Options
from flows.sources.errors import Refused
from tests import records
from tests.flows.world import World, changed, next_day, papers, studies
from tests.servers.loopback import Fault
from transforms import reading


def quarantined(world: World) -> dict[tuple[str, str | None], str]:
    """(record, field) -> raw value, of what waits."""
    rows = world.journal("SELECT * FROM quarantined_records WHERE resolved_run_id IS NULL")
    return {(row["record_id"], row["field_path"]): row["raw_value"] for row in rows}


def test_bad_fields_wait_in_quarantine_and_their_records_go_on(world: World) -> None:
    before = world.published("SELECT count(*) FROM trials")
    next_day(world)
    many = studies()
    many[1] = changed(many[1], statusModule__startDateStruct={"date": "Spring 2027", "type": "ESTIMATED"})
    many[2] = changed(many[2], designModule__enrollmentInfo={"count": "many", "type": "ESTIMATED"})
    many[3] = changed(many[3], conditionsModule=["not", "an", "object"])
    many[4] = changed(many[4], statusModule__overallStatus="PAUSED", designModule__phases=["PHASE5"])
    many[5] = changed(many[5], statusModule__moonPhase="waxing")
    world.registry.serve(many)
    report = world.night()
    assert report.status == "published" and report.trials_changed == 5
    waiting = quarantined(world)
    assert waiting[records.nct(2), "trials.start_date"] == "Spring 2027"
    assert waiting[records.nct(3), "trials.enrollment_count"] == "many"
    assert any(record == records.nct(4) and "conditionsModule" in str(field) for record, field in waiting)
    assert world.published("SELECT count(*) FROM trials WHERE NOT is_stale") == before
    assert world.published(
        f"SELECT start_date, start_date_precision FROM trials WHERE nct_id = '{records.nct(2)}'"
    ) == [(None, None)]
    assert world.published(f"SELECT enrollment_count FROM trials WHERE nct_id = '{records.nct(3)}'") == [(None,)]
    assert world.published(f"SELECT overall_status, phases FROM trials WHERE nct_id = '{records.nct(5)}'") == [
        ("PAUSED", ["PHASE5"])
    ]
    told = {warning.check_name: warning.observed or "" for warning in report.warnings}
    words = told["The source's words are those known today"]
    assert "PAUSED" in words and "PHASE5" in words
    assert "protocolSection.statusModule.moonPhase (1)" in told["Records have no field that is new to us"]

    # Mended at the source: nothing waits any more, and the journal keeps that it did.
    next_day(world, "2026-09-06T09:00:06")
    world.registry.serve(studies())
    mended = world.night()
    assert mended.status == "published" and quarantined(world) == {}
    assert world.published("SELECT DISTINCT resolved_run_id FROM quarantined_records") == [(mended.run_id,)]


def test_a_record_that_cannot_be_read_keeps_its_last_good_version(world: World) -> None:
    """The registry would not send this inside a page: a recorded night can."""
    raws = [records.raw(one) for one in studies()]
    folder = world.home.parent / "recordings"
    nameless = json.dumps({"protocolSection": {"identificationModule": {"briefTitle": "Nobody"}}}).encode()
    no_pmid = records.paper(9).replace(records.pmid(9).encode(), b"none")
    broken = records.raw(records.study(4))[:400]
    records.record_night(folder, "2030-01-01", [*raws[:3], *raws[4:], broken, nameless], [*papers(), no_pmid])
    report = nightly.run(world.settings(), Options(recorded=folder))[-1]
    assert report.status == "published"
    assert world.published("SELECT nct_id, brief_title FROM trials WHERE is_stale") == [
        (records.nct(4), "MU-4 CD19 CAR-T Cells in Lupus")
    ]
    whole = {record for record, field in quarantined(world) if field is None}
    assert whole == {records.nct(4), None}
    assert world.published("SELECT count(*) FROM publications") == [(4,)]
    rows = world.journal("SELECT source FROM quarantined_records WHERE record_id IS NULL ORDER BY source")
    assert [row["source"] for row in rows] == ["ctgov", "pubmed"]


@pytest.mark.parametrize("body", [b'{"protocolSection":[]}', b'{"protocolSection":null}', b'{"protocolSection":{}}'])
def test_a_study_without_its_main_part_waits_though_asked_for_by_number(world: World, body: bytes) -> None:
    """A search that brings it nameless lacks the trial, which is asked for by its number: no better there."""
    next_day(world)
    world.registry.serve([studies()[0], *studies()[2:]])
    path = f"/studies/{records.nct(2)}"
    world.registry.faults = [Fault(status=200, body=body, content_type="application/json", on=path, times=99)]
    assert world.night().status == "published"
    assert (records.nct(2), None) in quarantined(world)
    stale = "SELECT nct_id, registry_state FROM trials WHERE is_stale"
    assert world.published(stale) == [(records.nct(2), "left_search")]
    world.registry.faults = []
    world.registry.serve(studies())
    next_day(world, "2026-09-06T09:00:06")
    assert world.night().status == "published" and quarantined(world) == {}
    assert world.published(stale) == []


def test_an_article_that_nobody_asked_for_takes_no_place(world: World) -> None:
    next_day(world)
    before = world.published("SELECT pmid FROM publications ORDER BY 1")
    other = records.paper(4).replace(records.pmid(4).encode(), b"77777")
    body = b"<PubmedArticleSet>" + other + b"</PubmedArticleSet>"
    world.library.faults = [Fault(status=200, body=body, content_type="text/xml", on="efetch", times=99)]
    with pytest.raises(Held):
        world.night()
    assert world.published("SELECT pmid FROM publications ORDER BY 1") == before
    rows = world.journal("SELECT reason FROM quarantined_records WHERE source = 'pubmed' AND resolved_run_id IS NULL")
    assert any("calls itself 77777" in row["reason"] for row in rows)


def test_a_data_stamp_of_the_end_of_time_ends_nothing(world: World) -> None:
    next_day(world, "9999-12-31T23:59:59")
    world.registry.serve(studies(11))
    assert world.night().status == "published"
    next_day(world, "2026-09-06T09:00:06")
    world.registry.serve(studies())
    assert world.night().status == "published"


def test_what_waits_is_tried_again_when_rules_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier version of the rules could not read one record; today's can, and its source gave nothing new."""
    next_day(world)
    many = studies(13)
    world.registry.serve(many)
    profile = reading.profile_study

    def stumbling(study: object) -> object:
        if records.nct(13) in json.dumps(study):
            raise ValueError("made to stumble")
        return profile(study)  # type: ignore[arg-type]

    with monkeypatch.context() as earlier:
        earlier.setattr(reading, "profile_study", stumbling)
        earlier.setattr(flows.load.apply_run, "rule_version", lambda: "earlier")
        earlier.setattr(flows.load.plan, "rule_version", lambda: "earlier")
        assert world.night().status == "published"
    assert (records.nct(13), None) in quarantined(world)
    assert world.published("SELECT count(*) FROM trials") == [(12,)]
    report = world.night()
    assert report.status == "published" and quarantined(world) == {}
    assert world.published("SELECT count(*) FROM trials WHERE NOT is_stale") == [(13,)]


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><PubmedArticleSet>%s</PubmedArticleSet>'
)


def test_entities_are_refused_and_nothing_is_expanded(world: World) -> None:
    before = world.release()
    body = ENTITIES % papers()[0].replace(b"CAR-T cells in lupus", b"&c;")
    world.library.faults = [Fault(status=200, body=body, content_type="text/xml", on="efetch", times=9)]
    with pytest.raises(Refused, match=r"sent XML that declares entities of its own, which is refused") as caught:
        world.night()
    assert world.library.url in str(caught.value) and world.release() == before
    assert sum("efetch" in path for path in world.library.paths()) == 1


def test_nobody_is_asked_for_a_dtd(world: World) -> None:
    body = (
        f'<!DOCTYPE PubmedArticleSet SYSTEM "{world.registry.url}/trap.dtd"><PubmedArticleSet>'.encode()
        + b"".join(papers())
        + b"</PubmedArticleSet>"
    )
    world.library.faults = [Fault(status=200, body=body, content_type="text/xml", on="efetch", times=9)]
    assert world.night().status == "published"
    assert not any("trap" in path for path in world.registry.paths())


def test_a_record_of_200_megabytes_is_refused_before_its_end(world: World) -> None:
    before = world.release()
    world.library.faults = [Fault("huge", on="efetch", times=99)]
    with pytest.raises(Refused, match=r"sent more than 64 MB at once, which is refused"):
        world.night()
    assert world.release() == before and world.last_run()["status"] == "failed"


def test_a_recorded_line_of_200_megabytes_is_refused(world: World, tmp_path: Path) -> None:
    before = world.release()
    folder = records.record_night(tmp_path / "recordings", "2030-01-01", studies(2))
    with (folder / "2030-01-01" / "ctgov2.jsonl").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(Refused, match=r"holds a line of more than 64 MB, which is refused .*ctgov2\.jsonl"):
        nightly.run(world.settings(), Options(recorded=folder))
    assert world.release() == before
