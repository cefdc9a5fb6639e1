"""The registry's client against a loopback registry that answers by the rules of API v2."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from flows.sources import clinicaltrials
from flows.sources.clinicaltrials import Absent, Alias, Found, Leg, Withheld
from flows.sources.errors import Refused, Unavailable, Unexpected
from flows.sources.session import RequestPolicy
from tests.servers.ctgov import CtgovServer, Fault, study

REAL = Path(__file__).resolve().parents[3] / ".." / "shared" / "registry" / "ctgov" / "studies.jsonl.gz"


def leg(**parameters: str) -> Leg:
    return Leg("words", "ctgov", tuple((name.replace("_", "."), value) for name, value in parameters.items()))


def posted(number: int, day: int = 1) -> dict[str, object]:
    status = {"overallStatus": "RECRUITING", "studyFirstPostDateStruct": {"date": f"2025-01-{day:02d}"}}
    return study(f"NCT9{number:07d}", f"Lupus study {number}", statusModule=status)


def ids_of(pages):
    return [record.record_id for page in pages for record in page.records]


def test_every_study_of_a_search_comes_byte_for_byte(registry):
    raws = [json.dumps(posted(n), indent=n % 3).encode() for n in range(1, 24)]
    with CtgovServer([*raws, json.dumps(study("NCT90009999", "Cancer")).encode()]) as server:
        pages = list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus"), page_size=10))
    assert [len(page.records) for page in pages] == [10, 10, 3]
    assert sorted(record.raw for page in pages for record in page.records) == sorted(raws)
    assert [page.number for page in pages] == [1, 2, 3]
    assert all(page.size > 100 and page.seconds > 0 for page in pages)


def test_the_total_is_asked_for_and_given_once(registry):
    with CtgovServer(posted(n) for n in range(25)) as server:
        pages = list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus"), page_size=10))
        asked = [request.parameters.get("countTotal") for request in server.requests]
    assert [page.total for page in pages] == [25, None, None]
    assert asked == ["true", None, None]


def test_pages_are_asked_for_in_one_order_that_the_registry_takes(registry):
    with CtgovServer(posted(n, day=1 + n % 28) for n in range(95)) as server:
        session = registry(server.url)
        first = ids_of(clinicaltrials.pages(session, leg(query_cond="lupus"), page_size=7))
        again = ids_of(clinicaltrials.pages(session, leg(query_cond="lupus"), page_size=7))
        assert {request.parameters["sort"] for request in server.requests} == {clinicaltrials.SORT}
    assert first == again and len(set(first)) == 95


def test_a_leg_that_finds_nothing_gives_one_page_with_total_zero(registry):
    with CtgovServer([posted(1)]) as server:
        (page,) = clinicaltrials.pages(registry(server.url), leg(query_cond="gout"))
    assert page.records == () and page.total == 0


def test_an_empty_page_with_a_token_is_not_the_end(registry):
    with CtgovServer(posted(n) for n in range(4)) as server:
        body = b'{"totalCount":4,"studies":[],"nextPageToken":"b2Zmc2V0IDAg"}'  # "offset 0 "
        server.faults = [Fault(status=200, body=body)]
        pages = list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus")))
    assert [len(page.records) for page in pages] == [0, 4]


def test_tokens_that_go_round_are_noticed(registry):
    body = b'{"studies":[{"a":1}],"nextPageToken":"same"}'
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=body, times=99)]
        with pytest.raises(Unexpected, match="again and again"):
            list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus")))
        assert len(server.requests) == 2


def test_new_tokens_with_the_same_studies_for_ever_are_noticed(registry):
    class Circle(CtgovServer):
        def answer(self, request):
            reply = super().answer(request)
            token = b'"nextPageToken":"%d"' % len(self.requests)
            return type(reply)(body=b'{"totalCount":2,"studies":[' + b",".join([b"{}"] * 500) + b"]," + token + b"}")

    with Circle() as server, pytest.raises(Unexpected, match="again and again"):
        list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus")))


def test_a_malformed_query_is_refused_with_the_registry_s_words_and_the_leg_s_name(registry):
    with CtgovServer([posted(1)]) as server:
        with pytest.raises(Refused) as caught:
            list(clinicaltrials.pages(registry(server.url), leg(query_cond="(lupus")))
        assert len(server.requests) == 1
    assert "400 Bad Request: Missing )" in str(caught.value) and "leg words, page 1" in str(caught.value)


def test_a_page_in_another_shape_is_unexpected(registry):
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=b'{"records":[]}', times=9)]
        with pytest.raises(Unexpected, match="another shape"):
            list(clinicaltrials.pages(registry(server.url), leg(query_cond="lupus")))


def test_a_page_over_the_size_bound_is_asked_for_in_smaller_ones(registry):
    small = RequestPolicy(per_second=10_000, tries=2, delay=0, largest=20_000)
    with CtgovServer(study(f"NCT9{n:07d}", "lupus " + "x" * 900) for n in range(60)) as server:
        pages = list(clinicaltrials.pages(registry(server.url, small), leg(query_cond="lupus")))
    assert len(set(ids_of(pages))) == 60 and pages[0].total == 60


def test_one_record_over_the_size_bound_is_refused(registry):
    small = RequestPolicy(per_second=10_000, tries=2, delay=0, largest=20_000)
    with (
        CtgovServer([study("NCT90000001", "lupus " + "x" * 30_000)]) as server,
        pytest.raises(Refused, match="is refused"),
    ):
        list(clinicaltrials.pages(registry(server.url, small), leg(query_cond="lupus")))


@pytest.mark.parametrize(
    ("raw", "record_id"),
    [
        (b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001"}}}', "NCT90000001"),
        (b'{"a":1, "protocolSection": {"identificationModule": {"nctId": "NCT90000001"}}}', "NCT90000001"),
        (b'{"protocolSection":{"identificationModule":{"nctId":"NCT123"}}}', None),
        (b'{"protocolSection":{"identificationModule":{"nctId":7}}}', None),
        (b'{"protocolSection":{"identificationModule":[]}}', None),
        (b'{"protocolSection":{"statusModule":{"expandedAccessInfo":{"nctId":"NCT90000009"}}}}', None),
        (b'{"protocolSection":null}', None),
        (b"null", None),
        (b"[1]", None),
        (b'"text"', None),
    ],
)  # fmt: skip
def test_a_record_without_a_valid_number_still_comes(registry, raw, record_id):
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=b'{"studies":[' + raw + b"]}")]
        (page,) = clinicaltrials.pages(registry(server.url), leg(query_cond="lupus"))
    assert [(record.record_id, record.raw) for record in page.records] == [(record_id, raw)]


def test_studies_come_by_number_in_batches_and_the_absent_are_named(registry):
    with CtgovServer((posted(n) for n in range(1, 6)), aliases={"NCT90000099": "NCT90000002"}) as server:
        wanted = ["NCT90000001", "NCT90000099", "NCT90000003", "NCT90000777", "NCT90000001", "rubbish"]
        pages = list(clinicaltrials.by_ids(registry(server.url), wanted, batch_size=3))
        assert len(server.requests) == 2
    assert sorted(ids_of(pages)) == ["NCT90000001", "NCT90000002", "NCT90000003"]
    assert {one for page in pages for one in page.absent} == {"NCT90000099", "NCT90000777", "rubbish"}
    assert {one for page in pages for one in page.asked} == set(wanted)


def test_one_number_that_the_registry_does_not_take_does_not_lose_its_batch(registry):
    with CtgovServer(posted(n) for n in range(1, 9)) as server:
        # Every batch with the fifth number fails, as the registry does with one bad id in filter.ids.
        server.faults = [Fault(status=400, body=b"unknown id", on="NCT90000005", times=99)]
        pages = list(clinicaltrials.by_ids(registry(server.url), [f"NCT9{n:07d}" for n in range(1, 9)]))
    assert sorted(ids_of(pages)) == [f"NCT9{n:07d}" for n in (1, 2, 3, 4, 6, 7, 8)]
    assert [one for page in pages for one in page.absent] == ["NCT90000005"]


def test_how_a_number_stands(registry):
    withheld = study("NCT90000003", statusModule={"overallStatus": "WITHHELD"})
    with CtgovServer([posted(1), withheld], aliases={"NCT90000002": "NCT90000001"}) as server:
        session = registry(server.url)
        found = clinicaltrials.study(session, "NCT90000001")
        assert isinstance(found, Found) and json.loads(found.record.raw) == posted(1)
        assert clinicaltrials.study(session, "NCT90000002") == Alias("NCT90000001")
        assert isinstance(clinicaltrials.study(session, "NCT90000003"), Withheld)
        assert clinicaltrials.study(session, "NCT90000004") == Absent()


@pytest.mark.parametrize("body", [b"", b"<html>Not Found</html>", b"Not found"])
def test_a_404_of_the_edge_is_no_absence(registry, body):
    with CtgovServer([posted(1)]) as server:
        server.faults = [Fault(status=404, body=body, times=9)]
        with pytest.raises(Unavailable, match="404"):
            clinicaltrials.study(registry(server.url), "NCT90000001")
        assert len(server.requests) == 3


def test_a_redirect_to_itself_is_unexpected(registry):
    with CtgovServer(aliases={"NCT90000001": "NCT90000001"}) as server, pytest.raises(Unexpected):
        clinicaltrials.study(registry(server.url), "NCT90000001")


def test_the_history_of_a_registration(registry):
    versions = [
        study("NCT90000001", f"v{n}", statusModule={"overallStatus": status})
        for n, status in enumerate(("NOT_YET_RECRUITING", "RECRUITING", "COMPLETED"))
    ]
    with CtgovServer([versions[-1]], history={"NCT90000001": versions}) as server:
        session = registry(server.url)
        changes = clinicaltrials.history(session, "NCT90000001")
        second = clinicaltrials.history_version(session, "NCT90000001", 1)
        assert clinicaltrials.history(session, "NCT90000002") == ()
        assert server.paths()[:2] == [
            "/api/int/studies/NCT90000001",
            "/api/int/studies/NCT90000001/history/1",
        ]
    assert [(change.version, change.status) for change in changes] == [
        (0, "NOT_YET_RECRUITING"), (1, "RECRUITING"), (2, "COMPLETED"),
    ]  # fmt: skip
    assert second.record_id == "NCT90000001" and json.loads(second.raw) == versions[1]


@pytest.mark.parametrize(
    "body",
    [
        b'{"study":{}}',
        b'{"history":{"changes":[{"version":0,"date":"soon"}]}}',
        b'{"history":{"changes":[{"version":0,"date":"2024-01-01"},{"version":0,"date":"2024-02-01"}]}}',
        b'{"history":{"changes":[{"version":"first","date":"2024-01-01"}]}}',
    ],
)
def test_a_history_in_another_shape_is_unexpected(registry, body):
    with CtgovServer() as server:
        server.faults = [Fault(status=200, body=body, times=9)]
        with pytest.raises(Unexpected):
            clinicaltrials.history(registry(server.url), "NCT90000001")


def test_a_version_of_another_study_has_no_number(registry):
    with CtgovServer(history={"NCT90000001": [study("NCT90000002")]}) as server:
        assert clinicaltrials.history_version(registry(server.url), "NCT90000001", 0).record_id is None


def test_a_missing_data_stamp_is_not_said(registry):
    with CtgovServer(data_timestamp=None) as server:
        assert clinicaltrials.version(registry(server.url)).data_timestamp is None


def test_real_studies_come_through_unchanged(registry):
    if not REAL.exists():
        pytest.skip("the real records of ../shared are not here")
    with gzip.open(REAL) as file:
        raws = [line.strip() for _, line in zip(range(400), file, strict=False)]
    with CtgovServer(raws) as server:
        pages = list(clinicaltrials.pages(registry(server.url), leg(), page_size=150))
    assert {record.record_id: record.raw for page in pages for record in page.records} == {
        json.loads(raw)["protocolSection"]["identificationModule"]["nctId"]: raw for raw in raws
    }
