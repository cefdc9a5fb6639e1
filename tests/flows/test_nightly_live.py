"""The nightly job against real records, served on loopback by the rules of both sources."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flows.config.settings import Settings, load
from flows.runs import nightly
from flows.runs.run import Options
from flows.sources.articles import Deletion, split
from flows.storage.journal import Journal
from tests.servers.ctgov import CtgovServer
from tests.servers.eutils import EutilsServer

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "registry"
WATCHLIST = """
[[topic]]
name = "everything"
title = "Every record that is served"
diseases = ["SLE"]
[[topic.leg]]
name = "early"
source = "ctgov"
"filter.advanced" = "AREA[StudyFirstPostDate]RANGE[1990-01-01,2020-12-31]"
[[topic.leg]]
name = "late"
source = "ctgov"
"filter.advanced" = "AREA[StudyFirstPostDate]RANGE[2020-01-01,MAX]"
[[topic.leg]]
name = "papers"
source = "pubmed"
term = "the OR of OR in OR and OR a OR for OR with OR correction"
"""


def real_studies() -> dict[str, bytes]:
    """NCT number -> whole record, the first where two files hold one."""
    found: dict[str, bytes] = {}
    for name in ("autoimmune_car_t_2026-07-03", "oncology_car_t", "studies"):
        with gzip.open(SHARED / "ctgov" / f"{name}.jsonl.gz") as lines:
            for line in lines:
                nct_id = json.loads(line)["protocolSection"]["identificationModule"]["nctId"]
                found.setdefault(nct_id, line.strip())
    return found


def real_articles() -> dict[str, bytes]:
    """PMID -> article, as served."""
    found: dict[str, bytes] = {}
    for path in sorted((SHARED / "pubmed" / "articles").glob("*.xml")):
        for item in split(iter([path.read_bytes()])):
            if not isinstance(item, Deletion) and item.record_id:
                found.setdefault(item.record_id, item.raw)
    return found


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, CtgovServer, EutilsServer]]:
    if not SHARED.is_dir():
        pytest.skip("the real records of ../shared are not here")
    home = tmp_path_factory.mktemp("live")
    watchlist = home / "watchlist.toml"
    watchlist.write_text(WATCHLIST, "utf-8")
    with CtgovServer(real_studies().values()) as registry, EutilsServer(real_articles().values()) as library:
        given = load(home=home / "data", ctgov_url=registry.url, pubmed_url=library.url, watchlist=watchlist,
                     contact_email="tracker@example.org")  # fmt: skip
        nightly.run(given, Options())
        yield given, registry, library


def test_every_study_and_article_is_published_or_in_quarantine(
    settings: tuple[Settings, CtgovServer, EutilsServer],
) -> None:
    given, _, _ = settings
    with duckdb.connect(str(given.warehouse_path), read_only=True) as warehouse:
        trials = {nct_id for (nct_id,) in warehouse.execute("SELECT nct_id FROM trials").fetchall()}
        papers = {pmid for (pmid,) in warehouse.execute("SELECT pmid FROM publications").fetchall()}
    with Journal(given.journal_path, read_only=True) as journal:
        whole = journal.rows("SELECT source, record_id FROM quarantined_records WHERE field_path IS NULL")
    waiting = {(row["source"], row["record_id"]) for row in whole}
    assert set(real_studies()) == trials | {record for source, record in waiting if source == "ctgov"}
    assert set(real_articles()) == papers | {record for source, record in waiting if source == "pubmed"}


def test_requests_keep_to_the_limits_of_both_sources(settings: tuple[Settings, CtgovServer, EutilsServer]) -> None:
    _, registry, library = settings
    assert registry.most_in_a_second() <= 1
    assert library.most_in_a_second() <= 3
    assert all(request.headers.get("User-Agent", "").startswith("cartrials/") for request in registry.requests)


def test_a_second_night_pulls_nothing_anew_under_the_same_stamp(
    settings: tuple[Settings, CtgovServer, EutilsServer],
) -> None:
    given, registry, _ = settings
    asked = len(registry.requests)
    report = nightly.run(given, Options())[-1]
    assert report.status == "published"
    assert (report.trials_new, report.trials_changed, report.events) == (0, 0, 0)
    assert [path for path in registry.paths()[asked:] if not path.endswith("/version")] == []
