"""PubMed XML to rows: one citation as received, or a whole file of the baseline.

Nothing outside the bytes given is ever read: no DTD, no network, no entity is expanded, and a
record is bounded. Never pass `collect_ids=False` to lxml's parser here: with it libxml2 fetches
the DTD that a DOCTYPE names, whatever `load_dtd` says.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from transforms.pubmed import citation
from transforms.pubmed.text import excerpt
from transforms.shaped import Shaped, unreadable

# The largest real citations, with some thousand authors, stay under 10 MB.
MAX_RECORD_BYTES = 32 * 2**20
_CHUNK = 2**20
_GZIP = b"\x1f\x8b"
_SETS = ("PubmedArticleSet", "PubmedBookArticleSet", "BookDocumentSet")
_RECORDS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation", "DeleteDocument")
_RECORD_START = re.compile(rb"<(" + "|".join(_RECORDS).encode() + rb")(?=[\s>])")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_OWN_PMID = re.compile(
    rb"<(?:MedlineCitation|BookDocument|DeleteCitation)\b[^>]*>\s*<PMID[^>]*>\s*([1-9][0-9]{0,8})\s*<"
)


class BrokenFile(ValueError):
    """A file of citations that cannot be read to its end: get it again, and keep none of its rows."""


def citation_rows(raw: bytes) -> Shaped:
    """The rows of one citation: the bytes of its element as received. Never raises.

    The element is `PubmedArticle`, `PubmedBookArticle`, or a `DeleteCitation` that names one PMID; a
    set around a single record does no harm. Rows are those of publications, publication_authors,
    publication_corrections and publication_trial_numbers; dates are partial ISO texts.
    """
    if len(raw) > MAX_RECORD_BYTES:
        return unreadable(_pmid_in(raw), excerpt(raw), f"Larger than {MAX_RECORD_BYTES} bytes")
    try:
        root = etree.fromstring(raw, _parser())
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        return unreadable(_pmid_in(raw), excerpt(raw), f"Not readable XML: {error}")
    if _has_entities(root):
        return unreadable(_pmid_in(raw), excerpt(raw), "Its DOCTYPE declares entities")
    records = [root] if root.tag in _RECORDS else list(root.iterchildren(*_RECORDS))
    shaped = [each for record in records for each in _shapes(record)]
    if root.tag not in _RECORDS + _SETS or len(shaped) != 1:
        return unreadable(_pmid_in(raw), excerpt(raw), f"Not one citation: {root.tag} with {len(shaped)}")
    if next(records[0].iterdescendants(*_RECORDS), None) is not None:
        return unreadable(_pmid_in(raw), excerpt(raw), "Not one citation: another begins inside it")
    return shaped[0]


def file_rows(stream: BinaryIO) -> Iterator[Shaped]:
    """The rows of every citation of a file, gzipped or not, in bounded memory.

    Records come as they are read; each PMID of a DeleteCitation is a record of its own. Raises
    BrokenFile when the file turns out truncated, malformed or no set of citations: by then some
    records may have been given, so keep them only when the iteration has ended by itself.
    """
    count = 0
    parser = None
    outline: list[bytes] = []  # the file with an empty element in the place of each record
    try:
        for is_record, piece in _pieces(_plain_chunks(stream)):
            if not is_record:
                outline.append(piece)
                continue
            parser = parser or _parser(_encoding(outline))
            yield from _shapes(etree.fromstring(piece, parser))
            outline.append(b"<record/>")
            count += 1
        _check_outline(b"".join(outline), count)
    except (etree.XMLSyntaxError, LookupError, zlib.error) as error:
        raise BrokenFile(f"The file breaks after {count} records; get it again ({error})") from error


def _parser(encoding: str | None = None) -> etree.XMLParser:
    """A parser that opens nothing and expands nothing."""
    return etree.XMLParser(
        encoding=encoding, load_dtd=False, no_network=True, resolve_entities=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _shapes(record: etree._Element) -> Iterator[Shaped]:
    if record.tag == "PubmedArticle":
        yield citation.article(record)
    elif record.tag == "PubmedBookArticle":
        yield citation.book(record)
    else:
        for pmid in record.iterchildren("PMID"):
            yield citation.deletion(pmid)


def _has_entities(element: etree._Element) -> bool:
    dtd = element.getroottree().docinfo.internalDTD
    return dtd is not None and next(dtd.iterentities(), None) is not None  # type: ignore[attr-defined]


def _check_outline(outline: bytes, count: int) -> None:
    """A file is whole when its outline is one set of as many records as were read. Raises BrokenFile."""
    root = etree.fromstring(outline, _parser())
    if _has_entities(root):
        raise BrokenFile("The file is refused: its DOCTYPE declares entities")
    if root.tag not in (*_SETS, "record"):
        raise BrokenFile(f"The file is no set of citations: its root is {excerpt(str(root.tag))}")
    if (standing := sum(1 for _ in root.iter("record", *_RECORDS))) != count:
        raise BrokenFile(f"The file reads as {count} records, but {standing} stand in its set")


def _encoding(outline: list[bytes]) -> str | None:
    """The encoding that the file declares, for records are parsed without their file's first line."""
    found = _ENCODING.match(outline[0]) if outline else None
    return found[1].decode() if found else None


def _pieces(chunks: Iterator[bytes]) -> Iterator[tuple[bool, bytes]]:
    """A file cut into records (True) and what stands between them (False), white space left out.

    Cut by bytes: parsing record by record takes about half the time of lxml's incremental parser.
    Where a tag in a comment misleads the cut, the outline shows it and the file is refused.
    """
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        at = 0
        while start := _RECORD_START.search(buffer, at):
            end_tag = b"</" + start[1] + b">"
            end = buffer.find(end_tag, start.end())
            if end < 0:
                break
            if around := buffer[at : start.start()].strip():
                yield False, around
            at = end + len(end_tag)
            yield True, buffer[start.start() : at]
        buffer = buffer[at:]
        if len(buffer) > MAX_RECORD_BYTES:
            raise BrokenFile(f"The file has {MAX_RECORD_BYTES} bytes in a row without the end of a record")
    if rest := buffer.strip():
        yield False, rest


def _plain_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of a stream, unpacked where it begins as gzip does. Raises BrokenFile, zlib.error."""
    chunk = stream.read(_CHUNK)
    if len(chunk) < len(_GZIP):
        chunk += stream.read(_CHUNK)
    if not chunk.startswith(_GZIP):
        while chunk:
            yield chunk
            chunk = stream.read(_CHUNK)
        return
    member = zlib.decompressobj(wbits=31)
    while chunk:
        yield member.decompress(chunk)
        chunk = member.unused_data
        if member.eof and chunk.strip(b"\0"):  # files joined end to end
            member = zlib.decompressobj(wbits=31)
            continue
        chunk = stream.read(_CHUNK)
    if not member.eof:
        raise BrokenFile("The gzip ends before its end mark: get the file again")


def _pmid_in(raw: bytes) -> str | None:
    """The PMID that an unreadable record begins with, so that quarantine can name it."""
    found = _OWN_PMID.search(raw, 0, MAX_RECORD_BYTES)
    return found[1].decode() if found else None
