"""The loopback servers keep to the rules of the services they stand for."""

from __future__ import annotations

import json

import pytest
import requests

from tests.servers.ctgov import CtgovServer, study
from tests.servers.eutils import EutilsServer, article


@pytest.fixture(scope="module")
def registry():
    titles = ("Lupus", "Gout")
    studies = [
        study(
            f"NCT9{n:07d}",
            f"{titles[n % 2]} study {n}",
            statusModule={"studyFirstPostDateStruct": {"date": f"2025-02-{1 + n % 28:02d}"}},
            designModule={"enrollmentInfo": {"count": n}},
        )
        for n in range(1, 1206)
    ]
    with CtgovServer(studies, aliases={"NCT90009999": "NCT90000001"}) as server:
        yield server


def ask(server, path="/studies", **parameters):
    given = {name.replace("_", "."): value for name, value in parameters.items()}
    return requests.get(f"{server.url}{path}", params=given, timeout=5, allow_redirects=False)


def numbers(answer):
    return [one["protocolSection"]["identificationModule"]["nctId"] for one in answer.json()["studies"]]


def test_pages_hold_ten_by_default_and_a_thousand_at_most(registry):
    assert len(numbers(ask(registry))) == 10
    assert len(numbers(ask(registry, pageSize=0))) == 10
    assert len(numbers(ask(registry, pageSize=5000))) == 1000


def test_the_total_is_on_the_first_page_and_the_token_on_all_but_the_last(registry):
    first = ask(registry, pageSize=1000, countTotal="true", sort="StudyFirstPostDate").json()
    second = ask(registry, pageSize=1000, countTotal="true", pageToken=first["nextPageToken"]).json()
    assert first["totalCount"] == 1205
    assert "totalCount" not in second and "nextPageToken" not in second and len(second["studies"]) == 205


def test_without_sort_the_order_changes_from_call_to_call(registry):
    assert numbers(ask(registry, pageSize=50)) != numbers(ask(registry, pageSize=50))
    by_size = [numbers(ask(registry, pageSize=50, sort="EnrollmentCount:desc")) for _ in range(2)]
    assert by_size[0] == by_size[1] and by_size[0][0] == "NCT90001205"


def test_a_token_with_other_parameters_gives_wrong_rows_with_200(registry):
    token = ask(registry, query_titles="lupus", sort="EnrollmentCount").json()["nextPageToken"]
    wrong = ask(registry, query_titles="gout", sort="EnrollmentCount", pageToken=token)
    assert wrong.status_code == 200 and numbers(wrong)[0] == "NCT90000021"


@pytest.mark.parametrize(
    "parameters",
    [
        {"sort": "NCTId"},
        {"sort": "StartDate|EnrollmentCount|StudyFirstPostDate"},
        {"query_cond": "(lupus"},
        {"filter_ids": "NCT90000001,rubbish"},
        {"pageToken": "nonsense"},
        {"nonsense": "1"},
    ],
)
def test_what_is_malformed_is_400_in_plain_text(registry, parameters):
    answer = ask(registry, **parameters)
    assert answer.status_code == 400 and answer.headers["Content-Type"] == "text/plain" and answer.text


def test_a_query_of_numbers_only_ignores_every_filter(registry):
    found = ask(registry, query_term="NCT90000001 NCT90000002", filter_advanced="AREA[StartDate]RANGE[2030,MAX]")
    assert sorted(numbers(found)) == ["NCT90000001", "NCT90000002"]


def test_an_alias_is_redirected_without_its_query_and_an_absence_is_plain_text(registry):
    alias = ask(registry, "/studies/NCT90009999", format="json")
    assert (alias.status_code, alias.headers["Location"]) == (301, "/api/v2/studies/NCT90000001")
    absent = ask(registry, "/studies/NCT90008888")
    assert (absent.status_code, absent.text) == (404, "NCT number NCT90008888 not found")


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("lupus", 602),
        ("lupus OR gout", 1205),
        ("lupus AND NOT study", 0),
        ('"study 12" OR "study 14"', 2),
        ("AREA[StudyFirstPostDate]RANGE[2025-02-28,MAX]", 43),
    ],
)
def test_expressions_filter_by_words_and_ranges(registry, expression, count):
    assert ask(registry, query_term=expression, countTotal="true").json()["totalCount"] == count


def test_the_fourth_request_in_a_second_is_429_and_echoes_the_key():
    with EutilsServer([article("90000001", "lupus")]) as server:
        url = f"{server.url}/esearch.fcgi"
        answers = [requests.get(url, params={"db": "pubmed", "term": "lupus"}, timeout=5) for _ in range(4)]
        keyed = requests.get(url, params={"db": "pubmed", "term": "lupus", "api_key": "secret"}, timeout=5)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert json.loads(answers[3].content)["limit"] == "3" and keyed.status_code == 200


def test_a_search_hands_out_so_many_ids_and_no_more():
    with EutilsServer((article(str(n), "lupus") for n in range(1, 31)), limits=None, most=20) as server:
        url = f"{server.url}/esearch.fcgi"
        asked = {"db": "pubmed", "term": "lupus", "retmax": "9999", "retmode": "json"}
        found = requests.get(url, params=asked, timeout=5).json()["esearchresult"]
        beyond = requests.get(url, params=asked | {"retstart": "20"}, timeout=5)
    assert (found["count"], len(found["idlist"])) == ("30", 20)
    assert beyond.status_code == 200 and "<ERROR>" in beyond.text
