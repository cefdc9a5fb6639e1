"""The recordings are what the script writes, and nothing in them can be taken for a real record."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import Any

from demo.listing import readme, truth
from demo.write_recordings import RECORDINGS, recordings, write, zipped
from flows.config import watchlist
from warehouse.tables.sources import CTGOV, PUBMED

DEMO = RECORDINGS.parent
MODULES = (
    "identificationModule",
    "statusModule",
    "sponsorCollaboratorsModule",
    "oversightModule",
    "descriptionModule",
    "conditionsModule",
    "designModule",
    "armsInterventionsModule",
    "eligibilityModule",
    "contactsLocationsModule",
    "ipdSharingStatementModule",
)


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def test_shipped_recordings_are_what_the_script_writes() -> None:
    # Contents rather than packed bytes: another zlib packs the same content otherwise.
    shipped = {path.relative_to(RECORDINGS).as_posix(): unpacked(path) for path in RECORDINGS.rglob("*.gz")}
    assert shipped == recordings()


def test_two_writings_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    for path in (tmp_path / "one").rglob("*.gz"):
        twin = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == twin.read_bytes()
    assert zipped(b"")[4:8] == b"\0\0\0\0"


def test_readme_and_truth_are_current() -> None:
    assert (DEMO / "README.md").read_text(encoding="utf-8") == readme()
    assert (DEMO / "truth.csv").read_text(encoding="utf-8") == truth()


def test_recordings_stay_small() -> None:
    assert sum(path.stat().st_size for path in RECORDINGS.rglob("*.gz")) < 2_000_000


def test_ids_are_outside_the_ranges_in_use(studies: list[Any], articles: list[Any]) -> None:
    for night in studies:
        assert all(re.fullmatch(r"NCT9\d{7}", nct_id) for nct_id in night)
    for papers in articles:
        assert all(re.fullmatch(r"9\d{7}", pmid) for pmid in papers)


def test_every_record_says_that_it_is_made_up(studies: list[Any]) -> None:
    for record in studies[-1].values():
        protocol = record["protocolSection"]
        assert protocol["identificationModule"]["orgStudyIdInfo"]["id"].startswith("DEMO-")
        assert "made-up record" in protocol["ipdSharingStatementModule"]["description"].lower()


def test_counts(studies: list[Any], articles: list[Any]) -> None:
    assert [len(night) for night in studies] == [143, 148, 150]
    assert [len(papers) for papers in articles] == [74, 78, 80]


def test_records_have_the_registrys_modules_and_the_nights_version(studies: list[Any]) -> None:
    for day, night in zip(("2026-09-01", "2026-09-02", "2026-09-03"), studies, strict=True):
        for record in night.values():
            assert set(MODULES) <= set(record["protocolSection"])
            assert record["derivedSection"]["miscInfoModule"]["versionHolder"] == day
            assert "conditionBrowseModule" in record["derivedSection"]


def test_variety_of_the_real_ones(studies: list[Any]) -> None:
    protocols = [record["protocolSection"] for record in studies[-1].values()]
    statuses = {protocol["statusModule"]["overallStatus"] for protocol in protocols}
    assert {
        "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "COMPLETED",
        "SUSPENDED", "TERMINATED", "WITHDRAWN", "UNKNOWN", "AVAILABLE",
    } <= statuses  # fmt: skip
    phases = {tuple(protocol["designModule"].get("phases", ())) for protocol in protocols}
    assert {
        (),
        ("NA",),
        ("EARLY_PHASE1",),
        ("PHASE1",),
        ("PHASE1", "PHASE2"),
        ("PHASE2",),
        ("PHASE3",),
    } <= phases
    kinds = {protocol["designModule"]["studyType"] for protocol in protocols}
    assert kinds == {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"}
    starts = [protocol["statusModule"].get("startDateStruct", {}).get("date", "") for protocol in protocols]
    assert {0, len("2026-01"), len("2026-01-01")} <= {len(start) for start in starts}
    sites = [protocol["contactsLocationsModule"].get("locations", []) for protocol in protocols]
    assert max(map(len, sites)) == 60
    assert min(map(len, sites)) == 0
    assert len({site["country"] for places in sites for site in places}) >= 25
    years = [protocol["statusModule"]["studyFirstPostDateStruct"]["date"][:4] for protocol in protocols]
    assert set(years) == {f"{year}" for year in range(2020, 2027)}
    assert years.count("2021") < years.count("2023") < years.count("2025")
    texts = str(protocols)
    assert all(sign in texts for sign in ("\u2011", "（", "、", "γδ", "10^6", "×"))


def test_truth_covers_every_study_ever_recorded(studies: list[Any]) -> None:
    with (DEMO / "truth.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["nct_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == set().union(*studies)
    in_scope = [row for row in rows.values() if row["scope"] == "in_scope"]
    assert {row["scope"] for row in rows.values()} == {"in_scope", "follow_up", "out_of_scope"}
    share = sum("SLE" in row["diseases"].split("|") for row in in_scope) / len(in_scope)
    assert 0.35 < share < 0.6
    assert {row["cell_source"] for row in in_scope} == {"autologous", "allogeneic", "in vivo", ""}


def test_watchlist_is_valid_and_its_sentinels_are_there_every_night(studies: list[Any], articles: list[Any]) -> None:
    loaded = watchlist.load(DEMO / "watchlist.toml")
    for night, papers in zip(studies, articles, strict=True):
        assert set(loaded.sentinels(CTGOV)) <= set(night)
        assert set(loaded.sentinels(PUBMED)) <= set(papers)
