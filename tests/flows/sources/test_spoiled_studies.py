"""A study that no parser takes, on a live page and in a recording: it comes alone, and the others come whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources import clinicaltrials, recorded
from flows.sources.clinicaltrials import Found
from flows.sources.errors import Unavailable
from tests.records import record_night
from tests.servers.ctgov import CtgovServer, Fault
from transforms.follow import unreadable_copy

HEAD = b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000002","briefTitle":'
TAIL = b'}},"hasResults":false}'
SPOILED = {
    "a list too deep": b"[" * 50_000 + b"]" * 50_000,
    "objects too deep": b'{"a":' * 50_000 + b"0" + b"}" * 50_000,
    "half a pair of surrogates": b'"\\ud800"',
    "a NUL": b'"a\x00b"',
    "a bare NUL": b"\x00",
    "a tab in a text": b'"a\tb"',
    "no number": b"NaN",
    "infinity": b"-Infinity",
    "an unknown escape": b'"\\x"',
    "brackets in a text": b'NaN,"x":"]}]}[{\\"studies\\":[{"',
    "no value": b"",
    "5,000 digits": b"1" * 5_000,
    "a number out of range": b"1e999",
    "no UTF-8": b'"\xff\xfe"',
    "a surrogate as bytes": b'"\xed\xa0\x80"',
    "a number twice": b'"a","nctId":"NCT90000003"',
}


def raw(number: int) -> bytes:
    return HEAD.replace(b"90000002", b"9000000%d" % number) + b'"Lupus"' + TAIL


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_study_leaves_its_page_whole(registry, tmp_path: Path, kind: str) -> None:
    spoiled = HEAD + SPOILED[kind] + TAIL
    page = b'{"totalCount":3,"studies":[\n' + b",\n".join((raw(1), spoiled, raw(3))) + b'\n],"nextPageToken":null}'
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=page, times=99)]
        session = registry(server.url)
        leg = clinicaltrials.Leg("words", "ctgov", ())
        found = list(clinicaltrials.pages(session, leg))
        (asked,) = clinicaltrials.by_ids(session, ["NCT90000001", "NCT90000002", "NCT90000003"])
    record_night(tmp_path, "2030-01-01", [raw(1), spoiled, raw(3)])
    (lines,) = recorded.pages(recorded.nights(tmp_path)[0], "ctgov")
    for records in (found[0].records, asked.records, lines.records):
        assert [one.raw for one in records] == [raw(1), spoiled, raw(3)]
        assert [one.record_id for one in records] == ["NCT90000001", "NCT90000002", "NCT90000003"]
    assert found[0].total == 3 and asked.absent == ()
    assert unreadable_copy("ctgov", "NCT90000002", spoiled)


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_study_that_is_asked_for_alone_comes_as_it_is(registry, kind: str) -> None:
    spoiled = HEAD + SPOILED[kind] + TAIL
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=spoiled, times=99)]
        found = clinicaltrials.study(registry(server.url), "NCT90000002")
    assert isinstance(found, Found) and found.record.raw == spoiled


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_version_of_a_history_comes_as_it_is(registry, kind: str) -> None:
    spoiled = HEAD + SPOILED[kind] + TAIL
    with CtgovServer(history={"NCT90000002": [raw(2), spoiled]}) as server:
        session = registry(server.url)
        # The list of versions carries the newest of them, which is none of its business.
        assert [one.version for one in clinicaltrials.history(session, "NCT90000002")] == [0, 1]
        versions = [clinicaltrials.history_version(session, "NCT90000002", number) for number in (0, 1)]
    assert [(one.record_id, one.raw) for one in versions if one] == [("NCT90000002", raw(2)), ("NCT90000002", spoiled)]


@pytest.mark.parametrize(
    "page",
    [
        b'{"studies":[' + raw(1) + b"," + raw(2)[:-4],  # cut short
        b'{"studies":[' + raw(1) + b"}",
        b'{"studies":[NaN],"totalCount":1}',
        b'{"studies":[{"a":NaN}],"totalCount":NaN}',  # what is spoiled is the page
        b"<html>[{}]</html>",
        b'{"a":[[{"studies":[{"a":NaN}]}]]}',
    ],
)
def test_a_page_that_is_broken_itself_is_trouble_of_the_source(registry, page: bytes) -> None:
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=page, times=99)]
        with pytest.raises((Unavailable, clinicaltrials.Unexpected)):
            list(clinicaltrials.pages(registry(server.url), clinicaltrials.Leg("words", "ctgov", ())))
