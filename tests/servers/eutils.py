"""NCBI's E-utilities on loopback: serves given PubMed articles by the rules of ESearch and EFetch.

with EutilsServer(articles) as server:
    session = pubmed.session(server.url)
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable
from datetime import date
from functools import partial
from xml.sax.saxutils import escape

from lxml import etree

from tests.servers.loopback import Fault, LoopbackServer, Reply, Request, html
from tests.servers.queries import Malformed, condition_of, fold

__all__ = ["EutilsServer", "Fault", "article", "error", "html"]

MOST = 9_999
_HEAD = (
    b'<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January '
    b'2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
_PATHS = {
    "tiab": (".//ArticleTitle", ".//AbstractText", ".//BookTitle", ".//VernacularTitle"),
    "ti": (".//ArticleTitle",),
    "mesh": (".//MeshHeading", ".//SupplMeshName"),
    "pt": (".//PublicationType",),
    "si": (".//DataBankName", ".//AccessionNumber"),
}
_TAGS = {
    "tiab": "tiab", "title/abstract": "tiab", "ti": "ti", "title": "ti", "mh": "mesh", "mesh": "mesh",
    "mesh terms": "mesh", "majr": "mesh", "nm": "mesh", "si": "si", "pt": "pt", "publication type": "pt",
    "pmid": "pmid", "uid": "pmid", "tw": "", "all": "", "all fields": "", "": "",
}  # fmt: skip


class EutilsServer(LoopbackServer):
    """`articles` are <PubmedArticle> or <PubmedBookArticle> elements as bytes, served byte for byte.

    `limits`: requests a second without and with a key, above which it answers 429; None lifts them.
    `lost` are words, quoted ones with their quotes, that the index does not know: a search is made without them and
    says so, quoted ones among the warnings, others among the errors. `messages` are said with every search.
    `forget()` makes the history server lose every search. `most` is the number of ids of one search.
    """

    path = "/entrez/eutils"

    def __init__(
        self,
        articles: Iterable[bytes] = (),
        *,
        limits: tuple[int, int] | None = (3, 10),
        most: int = MOST,
    ) -> None:
        super().__init__()
        self.limits = limits
        self.most = most
        self.lost: set[str] = set()
        self.messages: list[str] = []
        self.searches: dict[tuple[str, str], list[str]] = {}
        self._times: deque[float] = deque()
        self._environments = 0
        self.serve(articles)

    def serve(self, articles: Iterable[bytes]) -> None:
        """Replaces what is served; the newest first, as PubMed answers."""
        self.articles = {one.pmid: one for one in map(_Article, articles)}

    def forget(self) -> None:
        self.searches.clear()

    def answer(self, request: Request) -> Reply:
        if self.limits is not None and (refusal := self._over_the_limit(request)):
            return refusal
        if request.path.endswith("/esearch.fcgi"):
            return self._search(dict(request.parameters))
        if request.path.endswith("/efetch.fcgi"):
            return self._fetch(dict(request.parameters))
        if request.path.endswith("/einfo.fcgi"):
            return _xml(b"<eInfoResult><DbInfo><DbName>pubmed</DbName></DbInfo></eInfoResult>")
        return Reply(404, b"<html>no such page</html>", "text/html")

    def _over_the_limit(self, request: Request) -> Reply | None:
        assert self.limits is not None
        key = request.parameters.get("api_key")
        limit = self.limits[1 if key else 0]
        with self._lock:
            while self._times and self._times[0] <= request.at - 1:
                self._times.popleft()
            self._times.append(request.at)
            count = len(self._times)
        if count <= limit:
            return None
        said = {
            "error": "API rate limit exceeded",
            "api-key": key or "127.0.0.1",
            "count": str(count),
            "limit": str(limit),
        }
        return Reply(429, json.dumps(said).encode(), headers={"Retry-After": "1"})

    def _search(self, given: dict[str, str]) -> Reply:
        if given.get("db") != "pubmed":
            return _search_error(f"Invalid db name specified: {given.get('db')}")
        start, size = int(given.get("retstart", 0)), min(int(given.get("retmax", 20)), self.most)
        if start >= self.most:
            return _search_error("Search Backend failed: 'retstart' cannot be larger than 9998.")
        unknown: list[str] = []
        try:
            test = condition_of(given["term"], without=self.lost)
        except (KeyError, Malformed):
            return _search_error("Empty term and query_key - nothing todo")

        window = (given.get("mindate", ""), given.get("maxdate", ""))
        found = [
            one.pmid for one in self.articles.values() if one.is_within(*window) and test(partial(one.text_of, unknown))
        ]
        self._environments += 1
        environment = f"MCID_{self._environments:06d}"
        if given.get("usehistory") == "y":
            self.searches[environment, "1"] = found[: self.most]
        ids = found[start : min(start + size, self.most)]
        lists = _what_went_wrong(given["term"], self.lost, unknown, self.messages, is_empty=not found)
        return _search_reply(given, len(found), start, ids, environment, lists)

    def _fetch(self, given: dict[str, str]) -> Reply:
        if "WebEnv" in given:
            kept = self.searches.get((given["WebEnv"], given.get("query_key", "")))
            if kept is None:
                said = f"Cannot retrieve history data. query_key: 1, WebEnv: {given['WebEnv']}"
                return _fetch_error(said, status=400)
            start, size = int(given.get("retstart", 0)), min(int(given.get("retmax", 20)), 10_000)
            wanted = kept[start : start + size]
        else:
            wanted = [one for one in re.split(r"[,\s]+", given.get("id", "")) if one]
            if not wanted:
                return _fetch_error("Empty id list - nothing todo", status=400)
        found = [self.articles[one].raw for one in wanted if one in self.articles]
        return _xml(_HEAD + b"\n".join(found) + b"\n</PubmedArticleSet>")


class _Article:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.tree = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
        self.pmid = (self.tree.findtext("MedlineCitation/PMID") or self.tree.findtext(".//PMID") or "").strip()
        self.entered = self._entered()
        self._texts: dict[str, str] = {}

    def text_of(self, unknown: list[str], tag: str) -> str:
        kind = _TAGS.get(tag.lower())
        if kind is None:
            unknown.append(tag)
            kind = ""
        if kind not in self._texts:
            nodes = (node for path in _PATHS.get(kind, (".",)) for node in self.tree.iterfind(path))
            words = [self.pmid] if kind == "pmid" else [" ".join(map(str, node.itertext())) for node in nodes]
            self._texts[kind] = fold(words)
        return self._texts[kind]

    def is_within(self, first: str, last: str) -> bool:
        if not (first and last):
            return True
        low = [int(part) for part in first.split("/")]
        high = [int(part) for part in last.split("/")]
        entered = [self.entered.year, self.entered.month, self.entered.day]
        return entered[: len(low)] >= low and entered[: len(high)] <= high

    def _entered(self) -> date:
        for status in ("entrez", "pubmed"):
            node = self.tree.find(f".//PubMedPubDate[@PubStatus='{status}']")
            if node is not None:
                year, month, day = (int(node.findtext(part) or 1) for part in ("Year", "Month", "Day"))
                return date(year, month, day)
        return date(2020, 1, 1)


def article(pmid: str, title: str = "", abstract: str = "", entered: date = date(2025, 1, 1)) -> bytes:
    """A small article."""
    text = f"<Abstract><AbstractText>{escape(abstract)}</AbstractText></Abstract>" if abstract else ""
    history = (
        f'<PubMedPubDate PubStatus="entrez"><Year>{entered.year}</Year><Month>{entered.month}</Month>'
        f"<Day>{entered.day}</Day></PubMedPubDate>"
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
        f'<Article PubModel="Print"><ArticleTitle>{escape(title or f"Paper {pmid}")}</ArticleTitle>{text}'
        f"</Article></MedlineCitation><PubmedData><History>{history}</History></PubmedData></PubmedArticle>"
    ).encode()


def error(text: str = "Search Backend failed: Couldn't resolve #exception", **more: object) -> Fault:
    """An <ERROR>, with status 200 unless `status` says otherwise."""
    body = f"<eSearchResult><ERROR>{escape(text)}</ERROR></eSearchResult>".encode()
    return Fault(**{"status": 200, "body": body, "content_type": "text/xml", **more})  # type: ignore[arg-type]


def _what_went_wrong(term: str, lost: set[str], unknown: list[str], messages: list[str], *, is_empty: bool) -> str:
    """ErrorList and WarningList, in the order of NLM's DTD."""
    phrases = sorted(word for word in lost if word in term)
    said = [*messages, *(["No items found."] if is_empty else [])]

    def listed(name: str, **items: list[str]) -> str:
        inside = "".join(f"<{tag}>{escape(text)}</{tag}>" for tag, texts in items.items() for text in texts)
        return f"<{name}>{inside}</{name}>" if inside else ""

    return listed(
        "ErrorList", PhraseNotFound=[one for one in phrases if one[0] != '"'], FieldNotFound=sorted(set(unknown))
    ) + listed("WarningList", QuotedPhraseNotFound=[one for one in phrases if one[0] == '"'], OutputMessage=said)


def _search_reply(given: dict[str, str], count: int, start: int, ids: list[str], environment: str, lists: str) -> Reply:
    if given.get("retmode") == "json":
        found = {
            "count": str(count), "retmax": str(len(ids)), "retstart": str(start), "querykey": "1",
            "webenv": environment, "idlist": ids,
        }  # fmt: skip
        return Reply(body=json.dumps({"header": {"type": "esearch"}, "esearchresult": found}).encode())
    names = "".join(f"<Id>{one}</Id>" for one in ids)
    history = f"<QueryKey>1</QueryKey><WebEnv>{environment}</WebEnv>" if given.get("usehistory") == "y" else ""
    return _xml(
        '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch '
        '20060628//EN" "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
        f"<eSearchResult><Count>{count}</Count><RetMax>{len(ids)}</RetMax><RetStart>{start}</RetStart>"
        f"{history}<IdList>{names}</IdList>{lists}</eSearchResult>".encode()
    )


def _search_error(said: str) -> Reply:
    return _xml(f"<eSearchResult><ERROR>{escape(said)}</ERROR></eSearchResult>".encode())


def _fetch_error(said: str, status: int) -> Reply:
    reply = _xml(f"<eFetchResult><ERROR>{escape(said)}</ERROR></eFetchResult>".encode())
    reply.status = status
    return reply


def _xml(body: bytes) -> Reply:
    return Reply(body=body, content_type="text/xml; charset=UTF-8")
