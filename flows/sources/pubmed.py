"""PubMed through NCBI's E-utilities: searches by date slices and the history server, articles by id.

Facts: three requests a second, ten with a key; a search hands out its first 9,999 ids; errors come with
200 as well, in XML, in JSON, as plain text or as nothing at all.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from lxml import etree

from flows.config.watchlist import Leg
from flows.sources.articles import CutShort, Deletion, Forbidden, NotArticles, is_damaged, parsed, split
from flows.sources.errors import Refused, Unexpected, quoted
from flows.sources.records import Page, Received
from flows.sources.session import Answer, RequestPolicy, RetryableAnswer, Session, TooLarge

T = TypeVar("T")
NAME = "PubMed"
LIVE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_IDS = 9_999  # of one search; a retstart above 9998 is answered with an <ERROR>
PAGE_SIZE = 200  # articles a request; about 3 MB
POST_ABOVE = 1_500  # characters of query
SEARCHES_AGAIN = 3  # for one slice, when the history server has forgotten it
FEW = 10  # ids that may well all be unknown to PubMed
EARLIEST, LATEST = "1800", "2100"  # years in which a paper can have been entered

_ACCEPT = frozenset({200, 400})  # 400 carries an <ERROR> too, and not all of them are permanent
_ERROR = re.compile(r"<ERROR>(.*?)</ERROR>|\"ERROR\"\s*:\s*\"(.*?)\"", re.DOTALL)
_PERMANENT = re.compile(
    r"cannot get document summary|empty id list|invalid db name|empty term|retstart' cannot be larger"
    r"|unknown (?:field|database|db)|missing required|invalid (?:uid|parameter|query)",
    re.IGNORECASE,
)
_FORGOTTEN = re.compile(r"retrieve history data|webenv|query_?key", re.IGNORECASE)
# Both lists hold both kinds, by the years; messages are of the same weight as the phrases they tell of.
_DROPPED = tuple(
    f"{where}/{kind}" for kind in ("PhraseNotFound", "QuotedPhraseNotFound", "PhraseIgnored", "OutputMessage")
    for where in ("ErrorList", "WarningList")
)  # fmt: skip
_FOUND_NOTHING = "No items found"  # a message that comes with a count of 0, and says no more than that
_NONE_OF_THESE = re.compile(r"id list is empty", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Search:
    """What ESearch found: how many, their PMIDs (up to 9,999), where the history server has them.

    `dropped` are phrases that it did not search for; without one the search may find more than was meant.
    """

    count: int
    ids: tuple[str, ...]
    web_env: str
    query_key: str
    dropped: tuple[str, ...] = ()


class _HistoryForgotten(Exception):
    """The history server no longer has the search."""


def session(
    base: str = LIVE,
    *,
    contact: str | None = None,
    api_key: str | None = None,
    manners: RequestPolicy | None = None,
    **options: Any,
) -> Session:
    """A session with the E-utilities: tool, email and key on every request, at the rate they allow."""
    parameters = {"tool": "cartrials", "email": contact, "api_key": api_key}
    return Session(
        NAME,
        base,
        contact=contact,
        manners=manners or RequestPolicy(per_second=10.0 if api_key else 3.0),
        parameters={name: value for name, value in parameters.items() if value},
        secrets=tuple(value for value in (api_key, contact) if value),
        **options,
    )


def pages(session: Session, leg: Leg, page_size: int = PAGE_SIZE) -> Iterator[Page]:
    """All papers that a search finds, page by page. The first page carries the total.

    Each page names the ids it `asked` for. Those that did not come are asked for once more by number at
    the end, and the page of that request says which are `absent` for good. A paper can come twice.
    Raises Refused for a search that PubMed does not understand, Unavailable.
    """
    whole = search(session, leg)
    total, number = whole.count, 0
    for found, window in _slices(session, leg, whole):
        for page in _slice_pages(session, leg, found, window, page_size):
            number += 1
            dropped = dict.fromkeys((*(whole.dropped if number == 1 else ()), *found.dropped))
            yield replace(page, number=number, total=total if number == 1 else None, dropped=tuple(dropped))
    if number == 0:
        yield Page((), total=total, dropped=whole.dropped)


def by_ids(
    session: Session, pmids: Iterable[str], batch_size: int = PAGE_SIZE, *, known: bool = False,
    besides: Collection[str] = (),
) -> Iterator[Page]:  # fmt: skip
    """Articles by PMID, by POST. `absent` says which did not come; `known` ids must not all be absent, and those of
    `besides` may come again."""
    wanted = list(dict.fromkeys(pmids))
    expected = {*wanted, *besides}
    start, number = 0, 0
    while start < len(wanted):
        batch = tuple(wanted[start : start + batch_size])
        try:
            page = _fetch(
                session,
                {"id": ",".join(batch)},
                batch,
                f"{len(batch)} papers by PMID",
                known=known,
                post=True,
            )
        except TooLarge:
            if batch_size == 1:
                raise
            batch_size = max(1, batch_size // 8)
            continue
        came = {record.record_id for record in page.records}
        start, number = start + len(batch), number + 1
        page = _asked_for(page, expected)
        yield replace(page, number=number, absent=tuple(one for one in batch if one not in came))


def _asked_for(page: Page, ids: Container[str]) -> Page:
    """The page, in which an article that nobody asked for has no number: it waits, and takes no other's place."""
    records = (one if one.record_id in ids else replace(one, record_id=None) for one in page.records)
    return replace(page, records=tuple(records))


def search(session: Session, leg: Leg, window: dict[str, str] | None = None) -> Search:
    """One search, kept on the history server, with all of its ids that can be had.

    Raises Refused for an expression with a field that PubMed does not know: it would search without it.
    """
    parameters = {
        "db": "pubmed",
        "usehistory": "y",
        "retmode": "xml",
        **dict(leg.parameters),
        **(window or {}),
    }
    place = f"leg {leg.name}" + (f", {window['mindate']} to {window['maxdate']}" if window else "")
    post = len(urlencode(parameters)) > POST_ABOVE

    def ask(start: int) -> Search:
        asked = parameters | {"retstart": str(start), "retmax": str(MOST_IDS - start)}
        read = _reading(session, place, lambda answer: _search_read(answer, place))
        return session.ask("/esearch.fcgi", asked, read, place=place, post=post, accept=_ACCEPT)

    found = ask(0)
    ids = dict.fromkeys(found.ids)
    while len(ids) < min(found.count, MOST_IDS):
        more = ask(len(ids))
        if not set(more.ids) - set(ids):
            raise Unexpected(NAME, f"counts {found.count} papers but names {len(ids)}", session.base, place)
        ids |= dict.fromkeys(more.ids)
    return replace(found, ids=tuple(ids))


def _slices(session: Session, leg: Leg, whole: Search) -> Iterator[tuple[Search, dict[str, str] | None]]:
    """The search in parts that PubMed hands out in full: cut by date, in halves, where it is too large."""
    if whole.count <= MOST_IDS:
        if whole.count:
            yield whole, None
        return
    given = dict(leg.parameters)
    kind = given.get("datetype", "edat")

    def halves(first: date, last: date) -> Iterator[tuple[Search, dict[str, str] | None]]:
        window = {"datetype": kind, "mindate": f"{first:%Y/%m/%d}", "maxdate": f"{last:%Y/%m/%d}"}
        found = search(session, leg, window)
        if found.count <= MOST_IDS:
            if found.count:
                yield found, window
            return
        if first == last:
            reason = f"finds {found.count} papers on one day, more than it hands out: make the leg narrower"
            raise Refused(NAME, reason, session.base, f"leg {leg.name}, {first}")
        middle = date.fromordinal((first.toordinal() + last.toordinal()) // 2)
        yield from halves(first, middle)
        yield from halves(date.fromordinal(middle.toordinal() + 1), last)

    yield from halves(_day(given.get("mindate", EARLIEST)), _day(given.get("maxdate", LATEST), last=True))


def _slice_pages(
    session: Session, leg: Leg, found: Search, window: dict[str, str] | None, page_size: int
) -> Iterator[Page]:
    start, searched_again = 0, 0
    wanted = dict.fromkeys(found.ids)
    came: set[str | None] = set()
    while start < len(found.ids):
        asked = found.ids[start : start + page_size]
        place = f"leg {leg.name}, papers {start + 1} to {start + len(asked)}"
        slot = {
            "WebEnv": found.web_env,
            "query_key": found.query_key,
            "retstart": str(start),
            "retmax": str(len(asked)),
        }
        everything = len(asked) == len(found.ids)
        try:
            page = _fetch(session, slot, asked, place, known=everything)
        except TooLarge:
            if page_size == 1:
                raise
            page_size = max(1, page_size // 8)
            continue
        except _HistoryForgotten:
            searched_again += 1
            if searched_again > SEARCHES_AGAIN:
                raise Unexpected(NAME, "forgets the search again and again", session.base, place) from None
            found = search(session, leg, window)
            wanted |= dict.fromkeys(found.ids)
            continue
        came |= {record.record_id for record in page.records}
        start += len(asked)
        yield _asked_for(page, wanted)
    if missing := [one for one in wanted if one not in came]:
        yield from by_ids(session, missing, page_size, besides=wanted)


def _fetch(
    session: Session,
    parameters: dict[str, str],
    asked: tuple[str, ...],
    place: str,
    *,
    known: bool,
    post: bool = False,
) -> Page:
    """One EFetch answer. An empty one is trouble, unless few ids were asked for that may be unknown."""

    def read(answer: Answer) -> Page:
        records: list[Received] = []
        deleted: list[str] = []
        try:
            for item in split([answer.body]):
                if isinstance(item, Deletion):
                    deleted.append(item.record_id)
                else:
                    records.append(item)
        except CutShort:
            raise RetryableAnswer("sent articles that are cut short") from None
        except Forbidden as error:
            raise Refused(NAME, f"sent XML that {error}, which is refused", answer.url, place) from None
        except NotArticles as error:
            if not _says_none_of_these(answer.body):
                raise RetryableAnswer(f"sent something else than articles: it {error}") from None
        if not records and (known or len(asked) > FEW or answer.attempt == 1):
            raise RetryableAnswer(f"sent none of the {len(asked)} articles asked for")
        if not answer.last_try and any(is_damaged(record.raw) for record in records):
            raise RetryableAnswer("sent an article that is not well-formed")
        return Page(tuple(records), asked=asked, deleted=tuple(deleted), size=len(answer.body), seconds=answer.seconds)

    return session.ask(
        "/efetch.fcgi",
        {"db": "pubmed", "retmode": "xml", **parameters},
        _reading(session, place, read),
        place=place,
        post=post,
        accept=_ACCEPT,
    )


def _reading(session: Session, place: str, read: Callable[[Answer], T]) -> Callable[[Answer], T]:
    """`read`, behind a look at the errors that the E-utilities send in place of an answer."""

    def checked(answer: Answer) -> T:
        start = answer.body[:2000].lstrip()
        if start[:1] == b"{" and b'"error"' in start and b"esearchresult" not in start:
            raise RetryableAnswer("says that the rate limit is exceeded")
        if start[:5].lower() == b"<html" or start[:14].lower() == b"<!doctype html":
            raise RetryableAnswer("answered with a page of HTML")
        said = _error_text(answer.body)
        if said is not None and not _NONE_OF_THESE.search(said):
            words = quoted(said.encode(), session.secrets)
            if _PERMANENT.search(said):
                raise Refused(NAME, f"says: {words}", answer.url, place)
            if _FORGOTTEN.search(said):
                raise _HistoryForgotten
            raise RetryableAnswer(f"says: {words}")
        if answer.status == 400 and said is None:
            words = quoted(answer.body, session.secrets)
            raise Refused(NAME, f"answered 400 Bad Request: {words}", answer.url, place)
        return read(answer)

    return checked


def _error_text(body: bytes) -> str | None:
    """The text of an <ERROR> (or of JSON's "ERROR"); None where articles or a search came instead."""
    if b"<PubmedArticle" in body[:4000] or b"ERROR" not in body[:4000]:
        return None
    found = _ERROR.search(body[:8000].decode("utf-8", "replace"))
    return " ".join((found[1] or found[2] or "").split()) if found else None


def _says_none_of_these(body: bytes) -> bool:
    """Whether this is PubMed's plain way of saying that it has none of the ids."""
    text = body[:500].decode("utf-8", "replace").strip()
    return not text.startswith("<") or bool(_NONE_OF_THESE.search(text))


def _search_read(answer: Answer, place: str) -> Search:
    root = parsed(answer.body)
    if root is None or root.tag != "eSearchResult":
        raise RetryableAnswer("answered a search with a body that is cut short or not XML")
    unknown = [field.text for field in root.iterfind("ErrorList/FieldNotFound")]
    if unknown:
        raise Refused(NAME, f"does not know the field {unknown[0]!r} of the search", answer.url, place)
    count, web_env, query_key = (root.findtext(tag, "") for tag in ("Count", "WebEnv", "QueryKey"))
    if not count.isdigit() or (count != "0" and not (web_env and query_key)):
        raise RetryableAnswer("answered a search in another shape than agreed", then=Unexpected)
    ids = tuple(text for one in root.iterfind("IdList/Id") if (text := (one.text or "").strip()))
    return Search(int(count), ids, web_env, query_key, _dropped(root))


def _dropped(root: etree._Element) -> tuple[str, ...]:
    """What the search was made without: phrases of PubMed's lists of errors and warnings, each once."""
    said = (" ".join("".join(map(str, one.itertext())).split()) for path in _DROPPED for one in root.iterfind(path))
    return tuple(dict.fromkeys(phrase for phrase in said if phrase and phrase.rstrip(".") != _FOUND_NOTHING))


def _day(given: str, *, last: bool = False) -> date:
    """The first, or the last, day of a watchlist's date: YYYY, YYYY/MM or YYYY/MM/DD."""
    parts = [int(part) for part in given.split("/")]
    year, month = parts[0], parts[1] if len(parts) > 1 else (12 if last else 1)
    return date(year, month, parts[2] if len(parts) > 2 else (monthrange(year, month)[1] if last else 1))
