"""Spoiled records through whole nights: the night is published, whole records beside them stand as they were.

By hand: `CARTRIALS_MUTATIONS=5000 CARTRIALS_SEED=7 pytest tests/flows/test_mutated_nights.py -s`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.errors import Held
from flows.runs import nightly
from flows.runs.accept import accept
from flows.runs.run import Options, Report
from flows.sources.articles import pmid, split
from flows.sources.records import Received
from flows.sources.studies import received
from tests import mutations, records
from tests.conftest import SHARED
from tests.flows.world import NO_REPORT, World
from transforms.content import content_sha256
from transforms.follow import unreadable_copy

RECORDS = int(os.environ.get("CARTRIALS_MUTATIONS", "60"))
SEED = int(os.environ.get("CARTRIALS_SEED", "1"))  # the seed of each record is a million times this, and on
A_NIGHT = 250
SENTINELS = (records.nct(1), records.pmid(1))  # of these a whole copy comes too
WHOLE = range(101, 141)  # records of each source that nobody spoiled; no spoiled one calls itself by these numbers


@pytest.mark.timeout(0 if RECORDS > 1_000 else 300)
def test_a_night_with_spoiled_records_is_published(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        through_nights(world, tmp_path / "recordings")


def through_nights(world: World, folder: Path) -> None:
    shared = SHARED if SHARED.is_dir() else None
    for night, first in enumerate(range(SEED * 1_000_000, SEED * 1_000_000 + RECORDS, A_NIGHT)):
        many = spoilt(first, min(A_NIGHT, RECORDS), shared)
        day = f"2031-{1 + night // 28:02d}-{1 + night % 28:02d}"
        studies = [records.study(number) for number in (1, *WHOLE)]  # the first is a sentinel
        papers = [records.paper(number) for number in (1, *WHOLE)]
        records.record_night(folder, day, [*studies, *many[0]], [*papers, *many[1]])
        report = published(world, folder)
        assert report.status == "published", f"records of the seeds {first} and on"
        check(world, many, f"records of the seeds {first} and on: CARTRIALS_SEED={SEED} CARTRIALS_MUTATIONS={RECORDS}")
    print(f"{RECORDS} records in {night + 1} nights; {report.quarantined} quarantine rows in the last")


def published(world: World, folder: Path) -> Report:
    """The night, accepted where the gate finds that too many records lack what nearly all have: they do."""
    try:
        return nightly.run(world.settings(), Options(recorded=folder), NO_REPORT)[-1]
    except Held:
        return accept(world.settings(), "last", "Spoiled by design")


def spoilt(first: int, count: int, shared: Path | None) -> tuple[list[bytes], list[bytes]]:
    """Two thirds studies, one a line, and one third articles of which the file can be cut apart."""
    draws = [mutations.Draw(number) for number in range(first, first + count)]
    seeds, articles = mutations.seeds_of_studies(shared), mutations.seeds_of_articles(shared)
    studies = [mutations.study(draw, seeds).replace(b"\n", b" ") for draw in draws[: count * 2 // 3]]
    made = [mutations.article(draw, articles, in_bytes=False) for draw in draws[count * 2 // 3 :]]
    return studies, list(filter(can_be_cut_apart, made))


def can_be_cut_apart(article: bytes) -> bool:
    try:
        return [one.raw for one in split([article]) if isinstance(one, Received)] == [article]
    except ValueError:
        return False


def check(world: World, many: tuple[list[bytes], list[bytes]], seeds: str) -> None:
    """Each record is published or waits with a reason, also where several call themselves the same; what nobody spoiled
    is as it was."""
    waits = {
        row["payload_sha256"]: row["reason"]
        for row in world.journal("SELECT payload_sha256, reason FROM quarantined_records WHERE field_path IS NULL")
    }
    for source, raws, main in (("ctgov", many[0], "trials"), ("pubmed", many[1], "publications")):
        key = "nct_id" if main == "trials" else "pmid"
        published = dict(world.published(f"SELECT {key}, content_sha256 FROM {main}"))
        whole = [records.nct(n) if source == "ctgov" else records.pmid(n) for n in WHOLE]
        assert published.keys() >= set(whole), seeds
        copies: dict[str | None, list[bytes]] = {}
        for raw in filter(None, map(bytes.strip, raws)):
            copies.setdefault(received(raw).record_id if source == "ctgov" else pmid(raw), []).append(raw)
        for record_id, some in copies.items():
            shas = {content_sha256(source, raw) for raw in some}
            spoilt = {
                content_sha256(source, raw) for raw in some if not record_id or unreadable_copy(source, record_id, raw)
            }
            said = f"{record_id} of {seeds}", some[0][:200]
            assert all(waits.get(sha256) for sha256 in spoilt), said
            stands = published.get(record_id or "") in shas - spoilt or record_id in SENTINELS
            assert shas == spoilt or stands or all(waits.get(sha256) for sha256 in shas), said
    found = world.published(
        f"""SELECT count(*), min(brief_title), bool_or(is_stale) FROM trials
            WHERE nct_id BETWEEN '{records.nct(WHOLE[0])}' AND '{records.nct(WHOLE[-1])}'"""
    )
    assert found == [(len(WHOLE), "MU-101 CD19 CAR-T Cells in Lupus", False)], seeds
