"""Spoiled records through whole nights: the night is published, whole records beside them stand as they were.

By hand: `CARTRIALS_MUTATIONS=5000 CARTRIALS_SEED=7 pytest tests/flows/test_mutated_nights.py -s`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.runs import nightly
from flows.runs.run import Options
from flows.sources.articles import pmid
from flows.sources.studies import received
from tests import mutations, records
from tests.conftest import SHARED
from tests.flows.world import NO_REPORT, World
from transforms.content import content_sha256

RECORDS = int(os.environ.get("CARTRIALS_MUTATIONS", "60"))
SEED = int(os.environ.get("CARTRIALS_SEED", "1"))
A_NIGHT = 250
WHOLE = 40  # records of each source that nobody spoiled


@pytest.mark.timeout(0 if RECORDS > 1_000 else 300)
def test_a_night_with_spoiled_records_is_published(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        through_nights(world, tmp_path / "recordings")


def through_nights(world: World, folder: Path) -> None:
    shared = SHARED if SHARED.is_dir() else None
    for night, first in enumerate(range(SEED * 1_000_000, SEED * 1_000_000 + RECORDS, A_NIGHT)):
        print(f"seed {first}", end="\r")
        many = spoilt(first, min(A_NIGHT, RECORDS), shared)
        day = f"2031-{1 + night // 28:02d}-{1 + night % 28:02d}"
        studies = [records.study(number) for number in range(1, WHOLE + 1)]
        papers = [records.paper(number) for number in range(1, WHOLE + 1)]
        records.record_night(folder, day, [*studies, *many[0]], [*papers, *many[1]])
        report = nightly.run(world.settings(), Options(recorded=folder), NO_REPORT)[-1]
        assert report.status == "published"
        check(world, many)
    print(f"{RECORDS} records in {night + 1} nights; {report.quarantined} quarantine rows in the last")


def spoilt(first: int, count: int, shared: Path | None) -> tuple[list[bytes], list[bytes]]:
    """Two thirds studies, one a line, and one third articles of which the file can be cut apart."""
    draws = [mutations.Draw(number) for number in range(first, first + count)]
    seeds, articles = mutations.seeds_of_studies(shared), mutations.seeds_of_articles(shared)
    studies = [mutations.study(draw, seeds).replace(b"\n", b" ") for draw in draws[: count * 2 // 3]]
    return studies, [mutations.article(draw, articles, in_bytes=False) for draw in draws[count * 2 // 3 :]]


def check(world: World, many: tuple[list[bytes], list[bytes]]) -> None:
    """Each record is published or waits with a reason; what nobody spoiled is as it was."""
    waits = {
        row["payload_sha256"]: row["reason"]
        for row in world.journal("SELECT payload_sha256, reason FROM quarantined_records WHERE field_path IS NULL")
    }
    for source, raws, main in (("ctgov", many[0], "trials"), ("pubmed", many[1], "publications")):
        key = "nct_id" if main == "trials" else "pmid"
        published = dict(world.published(f"SELECT {key}, content_sha256 FROM {main}"))
        taken: set[str | None] = {records.nct(n) if source == "ctgov" else records.pmid(n) for n in range(1, WHOLE + 1)}
        assert taken <= published.keys()
        for raw in filter(bytes.strip, raws):
            record_id = received(raw).record_id if source == "ctgov" else pmid(raw)
            if record_id in taken:
                continue  # it came before in this file: the first one counts
            taken.add(record_id) if record_id else None
            sha256 = content_sha256(source, raw.strip())
            assert published.get(record_id or "") == sha256 or waits.get(sha256), (record_id, raw[:200])
    whole = world.published(
        f"""SELECT count(*), min(brief_title), bool_or(is_stale) FROM trials
            WHERE nct_id BETWEEN '{records.nct(1)}' AND '{records.nct(WHOLE)}'"""
    )
    assert whole == [(WHOLE, "MU-1 CD19 CAR-T Cells in Lupus", False)]
