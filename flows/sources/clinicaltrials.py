"""ClinicalTrials.gov, API v2: searches page by page, studies by number, the data stamp, histories.

Studies are cut out of a page without being parsed, so each keeps the bytes it came with.
Facts: the OpenAPI description 2.0.5; the history endpoints are undocumented and their shape is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from flows.config.watchlist import Leg
from flows.sources.errors import Unexpected
from flows.sources.records import Page, Received
from flows.sources.session import Answer, RequestPolicy, RetryableAnswer, Session, TooLarge
from flows.sources.spoiled import cut_out, is_whole
from flows.sources.studies import Identified, received
from transforms.nct import NCT_ID
from warehouse.tables.sources import CTGOV

T = TypeVar("T")
NAME = "ClinicalTrials.gov"
LIVE = "https://clinicaltrials.gov/api/v2"
PAGE_SIZE = 1000  # more is silently cut to this
# The default order differs from call to call. Only dates and numbers can be sorted on, by two keys at
# most: the day of posting never changes, and enrolment tells apart nearly all of one day's studies.
SORT = "StudyFirstPostDate:asc|EnrollmentCount:asc"
IDS_A_BATCH = 100  # 1,200 characters of url
EMPTY_PAGES_IN_A_ROW = 20

_NOT_FOUND = re.compile(rb"NCT number NCT\d+ not found", re.IGNORECASE)
_NCT_IN_PATH = re.compile(r"/(NCT\d{8})(?:[/?#]|\Z)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?\Z")
_REDIRECTS = frozenset({301, 302, 307, 308})


@dataclass(frozen=True, slots=True)
class DataStamp:
    """What the registry serves: while `data_timestamp` stands, nothing can have changed. None: not said."""

    api_version: str
    data_timestamp: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """The study is there under the number that was asked for."""

    record: Received


@dataclass(frozen=True, slots=True)
class Withheld:
    """The study is there, but the registry withholds its content."""

    record: Received


@dataclass(frozen=True, slots=True)
class Alias:
    """The number is an old one of the study `canonical`."""

    canonical: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The registry says that it has no such number."""


Standing = Found | Withheld | Alias | Absent


@dataclass(frozen=True, slots=True)
class HistoryChange:
    """One version of a registration: counted from 0, with its day (ISO) and overall status."""

    version: int
    date: str
    status: str | None


class _Studies(msgspec.Struct):
    studies: list[msgspec.Raw]
    nextPageToken: str | None = None
    totalCount: int | None = None


class _Version(msgspec.Struct):
    apiVersion: str
    dataTimestamp: str | None = None


class _Change(msgspec.Struct):
    version: int
    date: str
    status: str | None = None


class _Changes(msgspec.Struct):
    changes: list[_Change]


class _History(msgspec.Struct):
    history: _Changes


class _HistoryVersion(msgspec.Struct):
    study: msgspec.Raw


def session(
    base: str = LIVE, *, contact: str | None = None, manners: RequestPolicy | None = None, **options: Any
) -> Session:
    """A session with the registry: one request a second, its robots.txt says Crawl-delay 1."""
    return Session(NAME, base, contact=contact, manners=manners or RequestPolicy(per_second=1.0), **options)


def version(session: Session) -> DataStamp:
    """The version of the API and of the data it serves. Raises SourceError."""

    def read(answer: Answer) -> DataStamp:
        found = decoded(answer, _Version)
        return DataStamp(found.apiVersion, found.dataTimestamp)

    return session.ask("/version", {}, read, place="/version")


def pages(session: Session, leg: Leg, page_size: int = PAGE_SIZE) -> Iterator[Page]:
    """All pages of a search, to its end, in one order. The first carries the total.

    A study can come twice when the data moves between two pages: dropping repeats is the caller's.
    Raises Refused with the registry's own words for a malformed query (the leg is named), Unexpected
    when page tokens go round in a circle, Unavailable.
    """
    seen_tokens: set[str] = set()
    token, total, number, came, empty_in_a_row = None, None, 0, 0, 0
    while True:
        number += 1
        place = f"leg {leg.name}, page {number}"
        parameters = dict(leg.parameters) | {"sort": SORT, "format": "json"}
        parameters |= {"pageToken": token} if token else {"countTotal": "true"}
        page, token, page_size = _page(session, parameters, page_size, place)
        total = page.total if number == 1 else total
        yield replace(page, number=number, total=total if number == 1 else None)
        if token is None:
            return
        came += len(page.records)
        empty_in_a_row = 0 if page.records else empty_in_a_row + 1
        circling = token in seen_tokens or (total is not None and came > 2 * total + PAGE_SIZE)
        if circling or empty_in_a_row > EMPTY_PAGES_IN_A_ROW:
            raise Unexpected(NAME, "gives the same pages again and again", session.base, place)
        seen_tokens.add(token)


def by_ids(session: Session, ids: Iterable[str], batch_size: int = IDS_A_BATCH) -> Iterator[Page]:
    """Studies by number, a page a batch. `absent` says which did not come: `study` tells why.

    An alias is answered with its canonical study, so the old number is `absent` too. Text that is no
    NCT number is never sent and comes back as absent.
    """
    wanted = list(dict.fromkeys(ids))
    numbers = [one for one in wanted if NCT_ID.fullmatch(one)]
    number = 0
    for start in range(0, len(numbers), batch_size):
        for page in _batch(session, tuple(numbers[start : start + batch_size])):
            number += 1
            yield replace(page, number=number)
    if malformed := tuple(one for one in wanted if not NCT_ID.fullmatch(one)):
        yield Page((), number + 1, asked=malformed, absent=malformed)


def study(session: Session, nct_id: str) -> Standing:
    """How a number stands with the registry, which tells a study that left a search from one removed.

    Raises Unavailable where the answer is no answer: a 404 that is not in the registry's own words comes
    from the service's edge, and says nothing about the study.
    """

    def read(answer: Answer) -> Standing:
        if answer.status in _REDIRECTS:
            # The redirect drops the query string, so only the number is taken from it.
            there = _NCT_IN_PATH.search(answer.headers.get("Location", ""))
            canonical = there[1].upper() if there else nct_id
            if canonical == nct_id:
                raise RetryableAnswer("redirects to nowhere", then=Unexpected)
            return Alias(canonical)
        if answer.status == 404:
            if _NOT_FOUND.search(answer.body):
                return Absent()
            raise RetryableAnswer("answered 404 without saying that the number is not found")
        record = received(answer.body)
        try:
            whole = decoded(answer, Identified)
            if record.record_id is None:
                raise RetryableAnswer("answered with a study that has no NCT number", then=Unexpected)
        except RetryableAnswer:
            # A study, though not one that can be read, came under the number asked for: it waits alone.
            is_study = is_whole(answer.body) and b'"protocolSection"' in answer.body
            if answer.last_try and record.record_id in (None, nct_id) and is_study:
                return Found(replace(record, record_id=nct_id))
            raise
        if record.record_id != nct_id:
            return Alias(record.record_id)
        return Withheld(record) if whole.overall_status == "WITHHELD" else Found(record)

    return session.ask(f"/studies/{nct_id}", {"format": "json"}, read, place=nct_id, accept=_REDIRECTS | {200, 404})


def history(session: Session, nct_id: str) -> tuple[HistoryChange, ...]:
    """The versions of a registration, oldest first; none where the registry does not have the number.

    Raises Unexpected when the undocumented endpoint has another shape than the one known.
    """

    def read(answer: Answer) -> tuple[HistoryChange, ...]:
        if answer.status == 404:
            if _NOT_FOUND.search(answer.body):
                return ()
            raise RetryableAnswer("answered 404 without saying that the number is not found")
        changes = _apart(answer, _History)[0].history.changes
        if len({change.version for change in changes}) != len(changes):
            raise RetryableAnswer("gives one version of a history twice", then=Unexpected)
        if not all(_DAY.match(change.date) for change in changes):
            raise RetryableAnswer("gives a version of a history without a day", then=Unexpected)
        changes.sort(key=lambda change: change.version)
        return tuple(HistoryChange(change.version, change.date, change.status) for change in changes)

    return session.ask(
        f"/studies/{nct_id}",
        {"history": "true"},
        read,
        base=_history_base(session),
        place=f"history of {nct_id}",
        accept=frozenset({200, 404}),
    )


def history_version(session: Session, nct_id: str, number: int) -> Received | None:
    """The study as it was in one version, verbatim; None where the registry says that it has no such version.

    A spoiled version comes as it is. What is no version of this study, though asked for again, has no number.
    """

    def read(answer: Answer) -> Received | None:
        if answer.status == 404:
            if _NOT_FOUND.search(answer.body):
                return None
            raise RetryableAnswer("answered 404 without saying that the version is not found")
        try:
            found, cut = _apart(answer, _HistoryVersion)
            record = received(cut[0] if cut else bytes(found.study))
            # A version that does not say whose it is came under this number; one without its main part is none.
            if record.record_id != nct_id and (record.record_id or b'"protocolSection"' not in record.raw):
                raise RetryableAnswer("gives a version of a history that is not of the study", then=Unexpected)
        except RetryableAnswer:
            if not answer.last_try or answer.body.lstrip()[:1] != b"{":
                raise
            return Received(CTGOV, None, answer.body)
        return replace(record, record_id=nct_id)

    return session.ask(
        f"/studies/{nct_id}/history/{number}",
        {},
        read,
        base=_history_base(session),
        place=f"version {number} of {nct_id}",
        accept=frozenset({200, 404}),
    )


def decoded(answer: Answer, shape: type[T]) -> T:
    """The body as `shape`. Raises Trouble: asked again, as bodies cut short and HTML with 200 occur."""
    try:
        return msgspec.json.decode(answer.body, type=shape)
    except msgspec.ValidationError as error:
        raise RetryableAnswer(f"answered in another shape than agreed: {error}", then=Unexpected) from None
    except RecursionError:
        raise RetryableAnswer("answered with JSON that is nested too deep", then=Unexpected) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        what = "a page of HTML" if answer.body.lstrip()[:1] == b"<" else "a body that is cut short or not JSON"
        raise RetryableAnswer(f"answered with {what}") from None


def _apart(answer: Answer, shape: type[T]) -> tuple[T, list[bytes]]:
    """The body as `shape`. One that no asking mends is cut apart by its brackets: what is spoiled in it waits alone.

    Where it was, each study is a 0 in what is read, and comes byte for byte beside it.
    """
    try:
        return decoded(answer, shape), []
    except RetryableAnswer:
        cut = cut_out(answer.body) if answer.last_try else None
        if cut is None:
            raise
        return decoded(replace(answer, body=cut[0]), shape), cut[1]


def _studies(answer: Answer) -> _Studies:
    """A page of studies."""
    found, cut = _apart(answer, _Studies)
    if cut:
        others = iter(cut)
        found.studies = [msgspec.Raw(next(others)) if bytes(one) == b"0" else one for one in found.studies]
    return found


def _page(session: Session, parameters: dict[str, str], page_size: int, place: str) -> tuple[Page, str | None, int]:
    """One page, the token of the next, and the page size that was small enough for the size bound."""

    def read(answer: Answer) -> tuple[Page, str | None]:
        found = _studies(answer)
        # bytes() copies: a record that is kept must not keep its whole page.
        records = tuple(received(bytes(raw)) for raw in found.studies)
        page = Page(records, total=found.totalCount, size=len(answer.body), seconds=answer.seconds)
        return page, found.nextPageToken

    while True:
        try:
            sized = parameters | {"pageSize": str(page_size)}
            page, token = session.ask("/studies", sized, read, place=place)
            return page, token, page_size
        except TooLarge:
            if page_size == 1:
                raise
            page_size = max(1, page_size // 8)  # pages need not have the same size


def _batch(session: Session, ids: tuple[str, ...]) -> Iterator[Page]:
    """The studies of `ids`. One id that the registry does not take fails all with 400: halved until found."""

    def read(answer: Answer) -> Page | None:
        if answer.status == 400:
            return None
        records = tuple(received(bytes(raw)) for raw in _studies(answer).studies)
        came = {record.record_id for record in records}
        absent = tuple(one for one in ids if one not in came)
        return Page(records, asked=ids, absent=absent, size=len(answer.body), seconds=answer.seconds)

    parameters = {
        "filter.ids": "|".join(ids),
        "pageSize": str(PAGE_SIZE),
        "sort": SORT,
        "format": "json",
    }
    page = session.ask(
        "/studies", parameters, read, place=f"{len(ids)} studies by number", accept=frozenset({200, 400})
    )
    if page is not None:
        yield page
    elif len(ids) == 1:
        yield Page((), asked=ids, absent=ids)
    else:
        middle = len(ids) // 2
        yield from _batch(session, ids[:middle])
        yield from _batch(session, ids[middle:])


def _history_base(session: Session) -> str:
    return re.sub(r"/v2$", "/int", session.base)
