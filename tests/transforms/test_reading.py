"""A version read beside another one says what it says alone, whatever it shares with it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.records import raw, study
from transforms.profile.overrides import Override
from transforms.reading import Overrides, Reading, read_record

RECORDING = Path(__file__).parents[2] / "demo" / "recordings" / "2026-09-01" / "ctgov.jsonl.gz"
SOME = 40  # of the demo's studies


def versions_of(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A study, and versions of it that say something else: each leaves other things as they were."""
    yield made
    for change in (_status, _summary, _sites, _no_cells, _cancer, _without_interventions):
        changed = deepcopy(made)
        change(changed["protocolSection"])
        yield changed
        if change in (_summary, _no_cells):
            yield made  # altered, and put back


def _status(protocol: dict[str, Any]) -> None:
    protocol.setdefault("statusModule", {})["overallStatus"] = "TERMINATED"


def _summary(protocol: dict[str, Any]) -> None:
    protocol.setdefault("descriptionModule", {})["briefSummary"] = "Fludarabine, then the cells, then 15 years."


def _sites(protocol: dict[str, Any]) -> None:
    protocol["contactsLocationsModule"] = {"locations": [{"facility": "Hospital", "city": "Lyon", "country": "France"}]}


def _no_cells(protocol: dict[str, Any]) -> None:
    """The same lists, but nothing names CAR cells any more where the rules look first."""
    protocol["identificationModule"] |= {"briefTitle": "A Study", "officialTitle": "A Study", "acronym": None}
    protocol["descriptionModule"] = {}


def _cancer(protocol: dict[str, Any]) -> None:
    protocol["conditionsModule"] = {"conditions": ["Lymphoma"]}


def _without_interventions(protocol: dict[str, Any]) -> None:
    protocol["armsInterventionsModule"] = {"armGroups": [{"label": "All", "type": "OTHER"}]}


def same(one: Reading, other: Reading) -> bool:
    return (one.study, one.shaped.rows, one.profile) == (other.study, other.shaped.rows, other.profile)


@pytest.mark.parametrize("is_reviewed", [False, True], ids=["rules alone", "reviewed"])
def test_a_version_read_beside_another_is_what_it_is_alone(is_reviewed: bool) -> None:
    lines = gzip.decompress(RECORDING.read_bytes()).splitlines()
    made = [record for line in lines if "protocolSection" in (record := json.loads(line))][:SOME]
    for first in made:
        nct_id = first["protocolSection"]["identificationModule"]["nctId"]
        decision = Override(nct_id, "lymphodepletion", "none", "jd", date(2026, 9, 1), "as published")
        decided: Overrides = {nct_id: [decision]} if is_reviewed else {}
        beside, before = None, None
        for version in versions_of(first):
            content = raw(version)
            alone, beside = read_record("", content, decided), read_record("", content, decided, beside)
            assert same(alone, beside)
            assert alone.readable_rows() == beside.readable_rows(before)
            before = beside


@pytest.mark.parametrize("record", [b"[]", b"5", b'{"protocolSection": []}', b'{"protocolSection": {}}'])
def test_what_is_no_study_is_not_readable_beside_one_either(record: bytes) -> None:
    good = read_record("", raw(study()), {})
    bad = read_record("", record, {}, good)
    assert good.is_readable and not bad.is_readable
    assert same(read_record("", raw(study()), {}, bad), good)
    with pytest.raises(ValueError, match="not JSON"):
        read_record("", b"<html>", {}, good)
