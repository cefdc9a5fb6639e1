"""PubMed's client against loopback E-utilities that answer by NCBI's rules, trouble included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from flows.sources import articles, pubmed
from flows.sources.errors import Refused, Unavailable, Unexpected
from flows.sources.pubmed import Leg
from flows.sources.session import RequestPolicy
from tests.servers.eutils import EutilsServer, Fault, article, error, html

REAL = Path(__file__).resolve().parents[3] / ".." / "shared" / "registry" / "pubmed" / "articles"
EMPTY = Fault(status=200, body=b"<PubmedArticleSet>\n</PubmedArticleSet>", content_type="text/xml")
RATE = b'{"error":"API rate limit exceeded","api-key":"k3y0f7ests","count":"4","limit":"3"}'
BROKEN = b"<PubmedArticle><MedlineCitation><PMID>90000002</PMID><i></MedlineCitation></PubmedArticle>"


def leg(term: str = "lupus", **parameters: str) -> Leg:
    return Leg("papers", "pubmed", (("term", term), *parameters.items()))


def papers(count: int, first: int = 90000001) -> list[bytes]:
    return [
        article(str(first + n), f"Lupus paper {n}", entered=date(2020, 1, 1) + timedelta(days=n)) for n in range(count)
    ]


def serving(articles: list[bytes], **options: object) -> EutilsServer:
    return EutilsServer(articles, limits=None, **options)  # type: ignore[arg-type]


def raws_of(pages):
    return [record.raw for page in pages for record in page.records]


def test_every_paper_of_a_search_comes_byte_for_byte(library):
    given = papers(23)
    with serving([*given, article("90009999", "Gout")]) as server:
        pages = list(pubmed.pages(library(server.url), leg(), page_size=10))
        fetches = [request for request in server.requests if "efetch" in request.path]
    assert raws_of(pages) == given
    assert [page.number for page in pages] == [1, 2, 3] and [page.total for page in pages] == [23, None, None]
    assert [len(page.asked) for page in pages] == [10, 10, 3] and not any(page.absent for page in pages)
    assert all("WebEnv" in fetch.parameters and fetch.parameters["retmode"] == "xml" for fetch in fetches)


def test_tool_email_and_key_go_with_every_request(library):
    with serving(papers(2)) as server:
        list(pubmed.pages(library(server.url), leg()))
        list(pubmed.by_ids(library(server.url), ["90000001"]))
        for request in server.requests:
            said = [request.parameters[name] for name in ("tool", "email", "api_key")]
            assert said == ["cartrials", "somebody@example.org", "k3y0f7ests"]


def test_the_real_rate_stays_under_the_limit():
    with EutilsServer(papers(5), limits=(3, 10)) as server:
        with pubmed.session(server.url, contact=None) as session:
            list(pubmed.pages(session, leg(), page_size=1))
        assert len(server.requests) == 6 and server.most_in_a_second() <= 3


def test_a_search_that_finds_nothing_gives_one_page_with_total_zero(library):
    with serving(papers(3)) as server:
        (page,) = pubmed.pages(library(server.url), leg("gout"))
    assert page.records == () and page.total == 0


def test_a_search_above_the_bound_is_cut_by_date_and_nothing_is_lost(library, monkeypatch):
    monkeypatch.setattr(pubmed, "MOST_IDS", 10)
    given = papers(47)
    with serving(given, most=10) as server:
        pages = list(pubmed.pages(library(server.url), leg(), page_size=10))
    assert sorted(raws_of(pages)) == sorted(given) and pages[0].total == 47


def test_the_slices_stay_within_the_leg_s_own_dates(library, monkeypatch):
    monkeypatch.setattr(pubmed, "MOST_IDS", 10)
    with serving(papers(60), most=10) as server:
        pages = list(pubmed.pages(library(server.url), leg(datetype="edat", mindate="2020/01", maxdate="2020/01")))
    assert len(raws_of(pages)) == 31


def test_a_day_with_too_many_papers_is_refused(library, monkeypatch):
    monkeypatch.setattr(pubmed, "MOST_IDS", 3)
    crowd = [article(str(90000001 + n), "Lupus", entered=date(2024, 5, 5)) for n in range(5)]
    with serving(crowd, most=3) as server, pytest.raises(Refused, match="make the leg narrower"):
        list(pubmed.pages(library(server.url), leg()))


def test_a_long_search_goes_by_post(library):
    with serving(papers(1)) as server:
        pubmed.search(library(server.url), leg(" OR ".join(f"word{n}" for n in range(400)) + " OR lupus"))
        assert server.requests[0].method == "POST" and len(server.requests[0].target) < 100


def test_ids_go_by_post_and_the_absent_are_named(library):
    with serving(papers(30)) as server:
        wanted = [str(90000001 + n) for n in range(0, 40, 2)]
        pages = list(pubmed.by_ids(library(server.url), wanted, batch_size=8))
        assert all(request.method == "POST" for request in server.requests)
    assert [record.record_id for page in pages for record in page.records] == wanted[:15]
    assert [one for page in pages for one in page.absent] == wanted[15:]


def test_an_id_that_nobody_knows_is_absent_not_trouble(library):
    with serving(papers(1)) as server:
        (page,) = pubmed.by_ids(library(server.url), ["90000500"])
    assert page.absent == ("90000500",)


def test_plain_text_for_an_unknown_id_is_an_absence(library):
    with serving(papers(1)) as server:
        server.faults = [Fault(status=200, body=b"1: Error occurred: cannot find it\n", times=9)]
        (page,) = pubmed.by_ids(library(server.url), ["90000500"])
    assert page.absent == ("90000500",)


def test_papers_that_a_page_leaves_out_are_asked_for_again(library):
    given = papers(6)
    some = b"<PubmedArticleSet>" + b"".join(given[:4]) + b"</PubmedArticleSet>"
    with serving(given) as server:
        server.faults = [Fault(status=200, body=some, on="efetch")]
        pages = list(pubmed.pages(library(server.url), leg()))
    assert sorted(raws_of(pages)) == given
    assert pages[-1].asked == ("90000005", "90000006") and pages[-1].absent == ()


def test_papers_that_never_come_are_named_at_the_end(library):
    class Forgetful(EutilsServer):
        def answer(self, request):
            reply = super().answer(request)
            if "efetch" in request.path:
                reply.body = reply.body.replace(articles_of[2], b"")
            return reply

    articles_of = papers(4)
    with Forgetful(articles_of, limits=None) as server:
        pages = list(pubmed.pages(library(server.url), leg()))
    assert len(raws_of(pages)) == 3
    assert [one for page in pages for one in page.absent] == ["90000003"]


@pytest.mark.parametrize(
    ("_", "fault"),
    [
        ("429", Fault(status=429, body=RATE)),
        ("429 as 200", Fault(status=200, body=RATE)),
        ("500", Fault(status=500)),
        ("reset", Fault("reset")),
        ("truncated", Fault("truncated")),
        ("html", html()),
        ("ERROR", error()),
        ("timeout as 400", error("External viewer error: Status: Timeout", status=400)),
        ("no root", Fault(status=200, body=b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet>\n')),
        ("empty", EMPTY),
        ("mismatched", Fault(status=200, body=b"<PubmedArticleSet>" + BROKEN + b"</PubmedArticleSet>")),
        ("nothing", Fault(status=200, body=b"")),
    ],
)
@pytest.mark.parametrize("on", ["esearch", "efetch"])
def test_trouble_is_asked_again_until_it_passes(library, _, fault, on):
    with serving(papers(3)) as server:
        server.faults = [replace(fault, on=on, times=2)]
        assert raws_of(pubmed.pages(library(server.url), leg())) == papers(3)
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (error(times=99), "says: Search Backend failed: Couldn't resolve #exception"),
        (Fault(status=200, body=RATE, times=99), "rate limit is exceeded"),
        (replace(EMPTY, times=99, on="efetch"), "none of the 3 articles asked for"),
        (Fault("truncated", times=99), "broke"),
        (html(times=99), "a page of HTML"),
    ],
    ids=["ERROR", "rate", "empty", "truncated", "html"],
)
def test_trouble_that_stays_is_unavailable(library, fault, said):
    with serving(papers(3)) as server:
        server.faults = [replace(fault)]
        with pytest.raises(Unavailable, match=said) as caught:
            list(pubmed.pages(library(server.url), leg()))
    assert str(caught.value).startswith("PubMed ") and "leg papers" in str(caught.value)


@pytest.mark.parametrize("said", ["cannot get document summary", "Empty id list - nothing todo", "Invalid db name"])
def test_permanent_errors_are_not_asked_again(library, said):
    with serving(papers(3)) as server:
        server.faults = [error(said, times=9)]
        with pytest.raises(Refused, match=said):
            pubmed.search(library(server.url), leg())
        assert len(server.requests) == 1


def test_an_unknown_field_is_refused_because_pubmed_would_search_without_it(library):
    with serving(papers(3)) as server, pytest.raises(Refused, match="does not know the field 'tibb'"):
        pubmed.search(library(server.url), leg("lupus[tibb]"))


def test_a_forgotten_history_is_searched_again(library):
    given = papers(9)
    with serving(given) as server:
        found = pubmed.pages(library(server.url), leg(), page_size=3)
        raws = raws_of([next(found)])
        server.forget()
        raws += raws_of(found)
        assert sum("esearch" in path for path in server.paths()) == 2
    assert raws == given


def test_a_history_that_is_always_forgotten_is_given_up(library):
    said = b"<eFetchResult><ERROR>Cannot retrieve history data. query_key: 1, WebEnv: x</ERROR></eFetchResult>"
    with serving(papers(2)) as server:
        server.faults = [Fault(status=400, body=said, on="efetch", times=99)]
        with pytest.raises(Unexpected, match="again and again"):
            list(pubmed.pages(library(server.url), leg()))
        assert len(server.requests) < 12


def test_a_search_that_names_fewer_papers_than_it_counts_is_asked_to_its_end(library, monkeypatch):
    with serving(papers(12), most=12) as server:
        short = server._search
        monkeypatch.setattr(server, "_search", lambda given: short(given | {"retmax": "5"}))
        assert len(pubmed.search(library(server.url), leg()).ids) == 12


def test_entities_of_their_own_are_refused(library):
    bomb = b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "b">]><PubmedArticleSet></PubmedArticleSet>'
    with serving(papers(1)) as server:
        server.faults = [Fault(status=200, body=bomb, on="efetch", times=9)]
        with pytest.raises(Refused, match="entities of its own"):
            list(pubmed.pages(library(server.url), leg()))
        assert len(server.requests) == 2


def test_a_search_answer_with_an_external_dtd_asks_nobody_for_it(library):
    with serving(papers(1)) as server:
        body = (
            f'<!DOCTYPE eSearchResult SYSTEM "{server.url}/x.dtd"><eSearchResult><Count>0</Count>'
            "<IdList></IdList></eSearchResult>"
        ).encode()
        server.faults = [Fault(status=200, body=body)]
        assert pubmed.search(library(server.url), leg()).count == 0
        assert len(server.requests) == 1


def test_an_article_broken_for_good_comes_all_the_same(library):
    body = b"<PubmedArticleSet>" + papers(1)[0] + BROKEN + b"</PubmedArticleSet>"
    with serving(papers(2)) as server:
        server.faults = [Fault(status=200, body=body, on="efetch", times=99)]
        (page,) = pubmed.pages(library(server.url), leg())
    assert [record.record_id for record in page.records] == ["90000001", "90000002"]


def test_withdrawn_papers_are_named_on_their_page(library):
    body = b"<PubmedArticleSet>" + papers(1)[0] + b"<DeleteCitation><PMID>7</PMID></DeleteCitation></PubmedArticleSet>"
    with serving(papers(1)) as server:
        server.faults = [Fault(status=200, body=body, on="efetch")]
        (page,) = pubmed.pages(library(server.url), leg())
    assert page.deleted == ("7",)


def test_an_answer_over_the_size_bound_is_asked_for_in_smaller_ones(library):
    small = RequestPolicy(per_second=10_000, tries=2, delay=0, largest=20_000)
    given = [article(str(90000001 + n), "Lupus " + "x" * 900) for n in range(40)]
    with serving(given) as server:
        session = library(server.url, small)
        assert raws_of(pubmed.pages(session, leg())) == given
        assert raws_of(pubmed.by_ids(session, [str(90000001 + n) for n in range(40)])) == given


def test_real_articles_come_through_unchanged(library):
    if not REAL.exists():
        pytest.skip("the real records of ../shared are not here")
    given = [item.raw for path in sorted(REAL.glob("*.xml"))[:80] for item in articles.split([path.read_bytes()])]
    with serving(given) as server:
        ids = [articles.pmid(raw) for raw in given]
        assert raws_of(pubmed.by_ids(library(server.url), ids, batch_size=30)) == given
