"""A PubmedArticleSet, cut into articles as it streams by, each byte for byte as it came.

Nothing here resolves an entity or reads a DTD: a document that declares entities of its own is
forbidden, and the named entities of NLM's DTD, which do not occur in practice, stay as they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from flows.sources.records import Received
from warehouse.tables.sources import PUBMED

LARGEST_ARTICLE = 64 * 1024 * 1024

_SETS = (b"PubmedArticleSet", b"PubmedBookArticleSet")
_ARTICLES = (b"PubmedArticle", b"PubmedBookArticle", b"DeleteCitation")
_MARKUP = re.compile(rb"<(!--|\?|!DOCTYPE\b|/?[A-Za-z_][\w.:\-]*)")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*([\[>])")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.\-]+)["']""")
_END = {name: re.compile(rb"</" + name + rb"\s*>") for name in _ARTICLES}
_END_OR_HIDDEN = {
    name: re.compile(rb"</" + name + rb"\s*>|<!--(?:.*?(-->))?|<!\[CDATA\[(?:.*?(\]\]>))?", re.DOTALL)
    for name in _ARTICLES
}
_ARTICLE = rb"<(?:" + b"|".join(_ARTICLES) + rb")"
_START = re.compile(_ARTICLE + rb"[\s>]")
_SET_ENDS = tuple(b"</" + name + b">" for name in _SETS)
_SET_END = rb"</(?:" + b"|".join(_SETS) + rb")\s*>\s*"
# What may follow a set's end: another set, or nothing. Before anything else it came too early, and ends no set.
_AFTER_SET = rb"(?:\Z|<(?:[!?]|(?:" + b"|".join(_SETS) + rb")\b))"
_ENDS_SET = re.compile(_SET_END + _AFTER_SET)
_BOUNDARY = re.compile(_START.pattern + b"|" + _ENDS_SET.pattern)
_BETWEEN = re.compile(rb"\s*(?:" + _SET_END + rb")*(?:" + _ARTICLE + rb"\b|" + _AFTER_SET + b")")
_MAIN_PART = re.compile(rb"<(?:MedlineCitation|BookDocument)\b")
_PART = re.compile(_MAIN_PART.pattern + rb"|</(?:" + b"|".join((*_ARTICLES[:2], *_SETS)) + rb")\s*>")
_NO_NAME = b""  # of an article of which the beginning is spoiled
_PMID = re.compile(rb"<PMID[^>]*>\s*([1-9]\d{0,7})\s*</PMID>")
_HEAD = re.compile(rb"<Pubmed(?:Book)?Article[^>]*>\s*<(?:MedlineCitation|BookDocument)\b[^>]*>\s*" + _PMID.pattern)


class CutShort(ValueError):
    """The document ends before its last element does, or does not begin."""


class NotArticles(ValueError):
    """The document is something else than a set of articles."""


class Forbidden(ValueError):
    """The document declares entities, or holds an article over the size bound: it is not read on."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """PubMed has withdrawn this PMID."""

    record_id: str


def split(chunks: Iterable[bytes], largest: int = LARGEST_ARTICLE) -> Iterator[Received | Deletion]:
    """The articles of a document that arrives in chunks; holds one chunk and one article at a time.

    A spoiled article is given as it is, so that the others are not lost with it: one that another begins in the
    middle of, that holds another or an end tag too many (be it the set's), whose own end or a comment's is missing, or
    whose beginning is no tag any more. Raises CutShort, NotArticles or Forbidden, after what came before has been
    given.
    """
    cutter = _Cutter(largest)
    for chunk in chunks:
        yield from cutter.feed(chunk)
    yield from cutter.close()


class _Cutter:
    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.buffer = b""
        self.at = 0  # what lies before is done with
        self.scanned = 0  # no end of the open article lies before
        self.article: bytes | None = None  # name of the open one
        self.in_set = False
        self.was_in_set = False
        self.something = False
        self.is_last = False  # nothing comes after what the buffer holds
        self.is_whole = False  # and that ends as a set does

    def feed(self, chunk: bytes) -> Iterator[Received | Deletion]:
        self.buffer = self.buffer[self.at :] + chunk
        self.scanned = max(0, self.scanned - self.at)
        self.at = 0
        while True:
            if self.article is None:
                if not self._next_markup():
                    break
            else:
                pieces = self._close_article(self.article)
                if pieces is None:
                    break
                for piece in pieces:
                    yield from _records(piece)
        if len(self.buffer) - self.at > self.largest + len(chunk):
            raise Forbidden(f"holds an article of more than {self.largest >> 20} MB")

    def close(self) -> Iterator[Received | Deletion]:
        self.is_last, self.is_whole = True, self.buffer.rstrip().endswith(_SET_ENDS)
        yield from self.feed(b"")
        rest = self.buffer[self.at :].strip()
        if self.article is not None or self.in_set:
            raise CutShort("ends in the middle of its articles")
        if rest or not self.something:
            raise CutShort("holds no articles") if rest[:1] in (b"<", b"") else NotArticles("is not XML")

    def _next_markup(self) -> bool:
        """Steps over one piece of markup between articles; False when the buffer has no whole one."""
        buffer = self.buffer
        if self.in_set and (until := self._end_of_stray(self.at)) != self.at:
            self.article = None if until is None else _NO_NAME
            return until is not None
        found = _MARKUP.search(buffer, self.at)
        between = buffer[self.at : found.start() if found else len(buffer)].strip(b" \t\r\n\xef\xbb\xbf")
        if between and not between.startswith(b"<"):
            raise NotArticles("is not XML" if not self.something else "has text between its articles")
        if found is None:
            return False
        self.at = found.start()
        kind = found[1]
        if kind == b"!--":
            return self._step_over(b"-->")
        if kind == b"?":
            if (stated := _ENCODING.match(buffer, self.at)) and stated[1].lower() not in (
                b"utf-8",
                b"us-ascii",
                b"ascii",
            ):
                raise NotArticles(f"is in {stated[1].decode()}, not in UTF-8")
            return self._step_over(b"?>")
        if kind == b"!DOCTYPE":
            doctype = _DOCTYPE.match(buffer, self.at)
            if doctype is None:
                return False
            if doctype[1] == b"[":
                raise Forbidden("declares entities of its own")
            self.at = doctype.end()
            return True
        return self._element(kind, found.end())

    def _element(self, name: bytes, name_end: int) -> bool:
        buffer = self.buffer
        tag_end = buffer.find(b">", name_end)
        if tag_end < 0:
            return False
        closed_at_once = buffer[tag_end - 1 : tag_end] == b"/"
        if name in _ARTICLES and not closed_at_once:
            self.article, self.scanned, self.something = name, tag_end, True
            self.in_set |= self.was_in_set  # the set's end came too early
            return True
        if name in _SETS:
            self.in_set, self.something = not closed_at_once, True
        elif name[1:] in _SETS and (self.in_set or self.was_in_set):
            self.in_set, self.was_in_set = not _ENDS_SET.match(buffer, self.at), True
        elif name not in _ARTICLES:
            raise NotArticles(f"holds <{name.decode('ascii', 'replace')}> where articles belong")
        self.at = tag_end + 1
        return True

    def _step_over(self, end: bytes) -> bool:
        found = self.buffer.find(end, self.at)
        if found < 0:
            return False
        self.at = found + len(end)
        return True

    def _close_article(self, name: bytes) -> list[bytes] | None:
        """The open article, with what of it stands behind its end, when all of it is in the buffer."""
        buffer, start = self.buffer, self.at
        stop, again = self._end(name) if name else (start, 0)
        until = self._end_of_stray(stop) if stop or not name else None
        if until is None:
            return None
        pieces = [buffer[start:until].strip()]
        if until == stop:
            until = again or stop
            pieces = [buffer[start:until]]
        elif name and _MAIN_PART.search(buffer, stop, until) and not is_damaged(buffer[start:stop]):
            pieces, until = [buffer[start:stop]], stop  # what follows is another, of which the beginning is spoiled
        self.article, self.at, self.scanned = None, until, until
        return pieces

    def _end(self, name: bytes) -> tuple[int, int]:
        """Where the open article ends, and where another begins before that; 0 where it does not."""
        buffer, start = self.buffer, self.at
        end = _END[name].search(buffer, self.scanned)
        if end is None:
            self.scanned = max(self.scanned, len(buffer) - 64)
            if not self.is_whole:
                return 0, 0
            again = _START.search(buffer, start + 1)
            return (again.start() if again else buffer.rfind(b"</")), 0
        if buffer.find(b"<!", start, end.end()) >= 0:
            # An end tag inside a comment or CDATA is text, but for one that has no end itself.
            real = self._end_outside_hidden(name)
            if real is not None or not self.is_whole:
                return real or 0, 0
            end = _END[name].search(buffer, start) or end
        again = _START.search(buffer, start + 1, end.start())
        return end.end(), again.start() if again else 0

    def _end_of_stray(self, stop: int) -> int | None:
        """Where a part of an article ends that stands between articles, outside of any; `stop` where there is none,
        None where the buffer does not say so yet."""
        if self.buffer.find(b">", stop) < 0:
            return stop if self.is_last else None
        if between := _BETWEEN.match(self.buffer, stop):
            return stop if between.end() < len(self.buffer) or self.is_last else None
        boundary = _BOUNDARY.search(self.buffer, stop)
        if not self.is_last and (boundary is None or boundary.end() == len(self.buffer)):
            return None
        until = boundary.start() if boundary else len(self.buffer)
        return until if _PART.search(self.buffer, stop, until) else stop

    def _end_outside_hidden(self, name: bytes) -> int | None:
        for found in _END_OR_HIDDEN[name].finditer(self.buffer, self.at):
            if found[0].startswith(b"</"):
                return found.end()
            if not (found[1] or found[2]):  # the comment's own end is still to come
                return None
        return None


def _records(piece: bytes) -> Iterator[Received | Deletion]:
    if piece.startswith(b"<DeleteCitation"):
        for found in _PMID.finditer(piece):
            yield Deletion(found[1].decode())
    else:
        yield Received(PUBMED, pmid(piece), piece)


def pmid(article: bytes) -> str | None:
    """The article's own PMID, never one of those that it refers to; None where it has no valid one."""
    if head := _HEAD.match(article):
        return head[1].decode()
    root = parsed(article)
    if root is None:
        return None
    text = root.findtext("MedlineCitation/PMID") or root.findtext("BookDocument/PMID") or ""
    return text.strip() if re.fullmatch(r"\s*[1-9]\d{0,7}\s*", text) else None


def parsed(article: bytes) -> etree._Element | None:
    """The article as a tree, without entities, DTD or network; None where it is not well-formed."""
    try:
        return etree.fromstring(article, _parser())
    except (etree.XMLSyntaxError, LookupError, ValueError):  # also an encoding that nobody knows
        return None


def is_damaged(article: bytes) -> bool:
    """Whether the source may have broken the article on its way: mismatched or missing tags.

    A named entity is no damage, it will not go away by asking again.
    """
    parser = _parser()
    try:
        etree.fromstring(article, parser)
    except etree.XMLSyntaxError:
        undeclared = (etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.WAR_UNDECLARED_ENTITY)
        return not all(entry.type in undeclared for entry in parser.error_log)
    return False


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
