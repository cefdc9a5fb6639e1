"""Cutting article sets: every byte of every article, no entity, no DTD, bounded memory."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from flows.sources.articles import CutShort, Deletion, Forbidden, NotArticles, is_damaged, pmid, split
from flows.sources.records import Received
from tests import mutations
from transforms.pubmed.rows import citation_rows

REAL = Path(__file__).resolve().parents[3] / ".." / "shared" / "registry" / "pubmed"
ARTICLE = b'<PubmedArticle><MedlineCitation><PMID Version="1">90000001</PMID>x</MedlineCitation></PubmedArticle>'
BOOK = b"<PubmedBookArticle><BookDocument><PMID>90000002</PMID></BookDocument></PubmedBookArticle>"
OTHER = ARTICLE.replace(b"90000001", b"90000003")
PROLOG = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle//EN" '
    b'"https://dtd.example/pubmed.dtd">\n'
)


def whole(*articles: bytes) -> bytes:
    return PROLOG + b"<PubmedArticleSet>\n" + b"\n".join(articles) + b"\n</PubmedArticleSet>\n"


def raws(document: bytes) -> list[bytes]:
    return [item.raw for item in split([document]) if isinstance(item, Received)]


def test_articles_and_books_come_byte_for_byte_with_their_pmid():
    found = list(split([whole(ARTICLE, BOOK, OTHER)]))
    assert [(item.record_id, item.raw) for item in found] == [
        ("90000001", ARTICLE), ("90000002", BOOK), ("90000003", OTHER),
    ]  # fmt: skip


@given(cuts=st.lists(st.integers(0, 900), max_size=12))
def test_it_does_not_matter_where_the_stream_is_cut(cuts):
    tricky = ARTICLE.replace(b"x", b"<!-- </PubmedArticle> --><![CDATA[<PubmedArticle>]]>&#xed;")
    document = whole(tricky, BOOK, b"<DeleteCitation><PMID>90000004</PMID></DeleteCitation>")
    edges = sorted({0, len(document), *(cut for cut in cuts if cut < len(document))})
    pieces = [document[start:end] for start, end in pairwise(edges)]
    assert list(split(pieces)) == list(split([document]))
    assert [item.raw for item in split(pieces) if isinstance(item, Received)] == [tricky, BOOK]


def test_withdrawn_papers_come_as_deletions():
    document = whole(ARTICLE, b"<DeleteCitation><PMID>90000004</PMID><PMID Version='1'>5</PMID></DeleteCitation>")
    assert list(split([document]))[1:] == [Deletion("90000004"), Deletion("5")]


@pytest.mark.parametrize(
    "document",
    [
        PROLOG + b"<PubmedArticleSet>\n</PubmedArticleSet>",
        PROLOG + b"<PubmedArticleSet/>",
        b"\xef\xbb\xbf" + PROLOG + b"<!-- none --><PubmedArticleSet></PubmedArticleSet>",
    ],
)
def test_an_empty_set_is_a_set(document):
    assert list(split([document])) == []


def test_one_article_without_a_set_is_taken():
    assert raws(ARTICLE) == [ARTICLE]


@pytest.mark.parametrize(
    "document",
    [b"", b"  \n", PROLOG, PROLOG + b"<PubmedArticleSet>", whole(ARTICLE)[:-8], whole(ARTICLE, OTHER)[:-60]],
    ids=["nothing", "blank", "prolog", "only opened", "not closed", "in an article"],
)
def test_a_document_cut_short_says_so(document):
    with pytest.raises(CutShort):
        list(split([document]))


@pytest.mark.parametrize(
    "document",
    [
        b"Error occurred: cannot find it",
        b'{"error":"API rate limit exceeded"}',
        b"<!DOCTYPE html><html><body>Maintenance</body></html>",
        b"<eFetchResult><ERROR>Search Backend failed</ERROR></eFetchResult>",
        whole(ARTICLE, b"and now some text"),
        PROLOG.replace(b'"1.0"', b'"1.0" encoding="ISO-8859-1"') + b"<PubmedArticleSet></PubmedArticleSet>",
    ],
)
def test_something_else_than_articles_says_so(document):
    with pytest.raises(NotArticles):
        list(split([document]))


def test_entity_expansion_is_forbidden_before_anything_is_expanded():
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        b"<PubmedArticleSet>" + ARTICLE.replace(b"x", b"&b;") + b"</PubmedArticleSet>"
    )
    with pytest.raises(Forbidden, match="entities"):
        list(split([bomb]))


def test_an_article_over_the_bound_is_refused_with_bounded_memory():
    sent = 0

    def endless():
        nonlocal sent
        yield PROLOG + b"<PubmedArticleSet><PubmedArticle>"
        while True:
            sent += 65536
            yield b"x" * 65536

    with pytest.raises(Forbidden, match="more than 1 MB"):
        list(split(endless(), largest=1 << 20))
    assert sent < 2 << 20


def test_an_article_that_never_ends_does_not_take_the_next_with_it():
    broken = ARTICLE.removesuffix(b"</PubmedArticle>")
    first, second = split([whole(broken, OTHER)])
    assert (first.record_id, second.record_id) == ("90000001", "90000003")
    assert first.raw.startswith(broken) and second.raw == OTHER


INNER = ARTICLE.replace(b"90000001", b"90000009")
SPOILED = {
    "another inside": ARTICLE.replace(b"x", b"x" + INNER + b"x"),
    "two inside, one in the other": ARTICLE.replace(b"x", INNER.replace(b"x", b"x" + BOOK + INNER + b"x") + b"x"),
    "another at its end": ARTICLE.replace(b"</PubmedArticle>", INNER + b"\n</PubmedArticle>"),
    "an end too early": ARTICLE.replace(b"x", b"x</PubmedArticle>x"),
    "an end twice": ARTICLE.replace(b"</PubmedArticle>", b"</PubmedArticle></PubmedArticle>"),
    "no end": ARTICLE.removesuffix(b"</PubmedArticle>"),
    "another's end": ARTICLE.removesuffix(b"</PubmedArticle>") + b"</PubmedBookArticle>",
    "a comment without an end": ARTICLE.replace(b"x", b"<!-- x"),
    "a text without an end": ARTICLE.replace(b"x", b"<![CDATA[x"),
    "text behind a comment": ARTICLE.replace(b"x", b"<!-- x --></PubmedArticle>x"),
    "a set's end inside": ARTICLE.replace(b"x", b"</PubmedArticleSet>"),
}


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_article_leaves_its_set_whole(kind, at):
    spoiled = SPOILED[kind]
    articles = [OTHER, BOOK]
    articles.insert(at, spoiled)
    document = whole(*articles)
    found = list(split([document]))
    assert [one.raw.rstrip() for one in found] == articles
    assert [one.record_id for one in found] == [pmid(article) for article in articles]
    assert found[at].record_id == "90000001" and not citation_rows(found[at].raw).is_readable
    for size in (1, 7, 300):
        assert list(split(document[n : n + size] for n in range(0, len(document), size))) == found


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("start", [b"<PubmedArt>", b"PubmedArticle>", b"<Month>", b"", b"</PubmedArticle>"])
def test_an_article_whose_beginning_is_spoiled_is_a_record_by_itself(start, at):
    articles = [OTHER, BOOK]
    articles.insert(at, start + ARTICLE.removeprefix(b"<PubmedArticle>"))
    document = whole(*articles)
    for size in (1, 7, 1000):
        found = list(split(document[n : n + size] for n in range(0, len(document), size)))
        assert [one.raw for one in found] == articles and found[at].record_id is None


@pytest.mark.parametrize("end", [b"</PubmedArticleSet>", b"\n</PubmedArticleSet >\n", b"</PubmedBookArticleSet>"])
def test_a_sets_end_that_comes_too_early_costs_no_other_article(end):
    """Wherever it stands, also where the article around it is broken: in its middle, behind it, for its own end."""
    broken = [ARTICLE, ARTICLE.removesuffix(b"</PubmedArticle>"), ARTICLE.removesuffix(b"x</PubmedArticle>")]
    broken += [SPOILED["an end too early"], SPOILED["an end twice"], SPOILED["another at its end"]]
    for article in (*broken, ARTICLE.replace(b"x", b"x</PubmedArticle>y" + end + b"z")):
        for at in range(len(b"<PubmedArticle>"), len(article) + 1, 1 if article is ARTICLE else 9):
            document = whole(OTHER, article[:at] + end + article[at:], BOOK)
            found = list(split([document]))
            assert (found[0].raw, found[-1].raw) == (OTHER, BOOK), (article, at)
            kept = b"".join(b"".join(one.raw for one in found).split())
            assert kept.startswith(OTHER.replace(b" ", b"") + b"".join(article[:at].split())), (article, at)
            chunks = [document[n : n + 11] for n in range(0, len(document), 11)]
            assert list(split(chunks)) == found, (article, at)


@pytest.mark.parametrize("rest", [b"", ARTICLE, ARTICLE[:-20]])
def test_what_follows_a_sets_early_end_must_be_ended_too(rest):
    early = whole(OTHER) + ARTICLE
    assert raws(early + b"</PubmedArticleSet>") == [OTHER, ARTICLE]
    with pytest.raises(CutShort):
        raws(early + rest)


def test_spoiled_articles_of_every_kind_leave_their_set_whole():
    seeds = mutations.seeds_of_articles()
    for number in range(300):
        found = list(split([whole(OTHER, mutations.article(mutations.Draw(number), seeds), BOOK)]))
        assert (found[0].raw, found[-1].raw) == (OTHER, BOOK), number


def test_a_named_entity_is_passed_on_as_it_is():
    named = ARTICLE.replace(b"x", b"&eacute;")
    assert raws(whole(named)) == [named]
    assert not is_damaged(named)
    assert is_damaged(ARTICLE.replace(b"x", b"<i>"))


@pytest.mark.parametrize(
    ("article", "found"),
    [
        (ARTICLE, "90000001"),
        (ARTICLE.replace(b"<MedlineCitation>", b"<!-- a --><MedlineCitation Owner='NLM'>"), "90000001"),
        (ARTICLE.replace(b'<PMID Version="1">90000001</PMID>', b""), None),
        (ARTICLE.replace(b"90000001", b"PMC7"), None),
        (ARTICLE.replace(b"90000001", b"0"), None),
        (b"<PubmedArticle><PubmedData><PMID>7</PMID></PubmedData></PubmedArticle>", None),
        (b"<PubmedArticle><oops></PubmedArticle>", None),
    ],
)
def test_the_pmid_is_the_article_s_own_or_none(article, found):
    assert pmid(article) == found


def test_real_files_are_cut_as_a_parser_reads_them():
    if not REAL.exists():
        pytest.skip("the real records of ../shared are not here")
    for path in [*sorted((REAL / "odd").iterdir()), *sorted((REAL / "articles").iterdir())[:60]]:
        document = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
        articles = [root] if root.tag == "PubmedArticle" else root.findall("*")
        articles = [one for one in articles if one.tag != "DeleteCitation"]
        pmids = [one.findtext("MedlineCitation/PMID") or one.findtext("BookDocument/PMID") for one in articles]
        found = [item for item in split([document]) if isinstance(item, Received)]
        assert [item.record_id for item in found] == pmids, path.name
        assert all(item.raw in document and not is_damaged(item.raw) for item in found), path.name
