"""A PubmedArticleSet, cut into articles as it streams by, each byte for byte as it came.

Nothing here resolves an entity or reads a DTD: a document that declares entities of its own is
forbidden, and the named entities of NLM's DTD, which do not occur in practice, stay as they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from flows.sources.records import PUBMED, Received

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
_AGAIN = {name: re.compile(rb"<" + name + rb"[\s>]") for name in _ARTICLES}
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

    An article that another one begins in the middle of is given as it is, damaged, so that the next is
    not lost with it. Raises CutShort, NotArticles or Forbidden, after what came before has been given.
    """
    cutter = _Cutter(largest)
    for chunk in chunks:
        yield from cutter.feed(chunk)
    cutter.close()


class _Cutter:
    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.buffer = b""
        self.at = 0  # what lies before is done with
        self.scanned = 0  # no end of the open article lies before
        self.article: bytes | None = None  # name of the open one
        self.open_set: bytes | None = None
        self.something = False

    def feed(self, chunk: bytes) -> Iterator[Received | Deletion]:
        self.buffer = self.buffer[self.at :] + chunk
        self.scanned = max(0, self.scanned - self.at)
        self.at = 0
        while True:
            if self.article is None:
                if not self._next_markup():
                    break
            else:
                piece = self._close_article(self.article)
                if piece is None:
                    break
                yield from _records(piece)
        if len(self.buffer) - self.at > self.largest + len(chunk):
            raise Forbidden(f"holds an article of more than {self.largest >> 20} MB")

    def close(self) -> None:
        rest = self.buffer[self.at :].strip()
        if self.article is not None or self.open_set is not None:
            raise CutShort("ends in the middle of its articles")
        if rest or not self.something:
            raise CutShort("holds no articles") if rest[:1] in (b"<", b"") else NotArticles("is not XML")

    def _next_markup(self) -> bool:
        """Steps over one piece of markup between articles; False when the buffer has no whole one."""
        buffer = self.buffer
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
            return True
        if name in _SETS:
            self.open_set, self.something = (None if closed_at_once else name), True
        elif name.startswith(b"/") and name[1:] == self.open_set:
            self.open_set = None
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

    def _close_article(self, name: bytes) -> bytes | None:
        """The open article's bytes when its end is in the buffer; what it is damaged by stays for later."""
        buffer, start = self.buffer, self.at
        end = _END[name].search(buffer, self.scanned)
        if end is None:
            self.scanned = max(self.scanned, len(buffer) - 64)
            return None
        stop = end.end()
        hidden = buffer.find(b"<!", start, stop) >= 0
        if hidden:
            # An end tag inside a comment or CDATA is text.
            real = self._end_outside_hidden(name)
            if real is None:
                return None
            stop = real
        elif again := _AGAIN[name].search(buffer, start + 1, stop):
            stop = again.start()
        self.article, self.at, self.scanned = None, stop, stop
        return buffer[start:stop]

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
