"""Recordings: one folder a night, streamed; what is broken is named, what is odd goes on."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime

import pytest

from flows.sources import recorded
from flows.sources.errors import Refused
from tests.servers.ctgov import study
from tests.servers.eutils import article
from warehouse.tables.sources import CTGOV, PUBMED


def night(folder, day="2026-05-01", **files):
    where = folder / day
    where.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        name = name.replace("__", ".")
        (where / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


def lines(*numbers):
    return b"".join(json.dumps(study(f"NCT9{n:07d}")).encode() + b"\n" for n in numbers)


def records(folder, source="ctgov", **options):
    (only,) = recorded.nights(folder)
    return [record for page in recorded.pages(only, source, **options) for record in page.records]


def test_nights_come_in_order_with_their_clock(tmp_path):
    night(tmp_path, "2026-05-02", ctgov__jsonl=lines(2))
    night(tmp_path, "2026-05-01", ctgov__jsonl__gz=lines(1), pubmed__xml=b"<PubmedArticleSet/>")
    night(tmp_path, "notes", ctgov__jsonl=b"not a night")
    (tmp_path / "README.md").write_text("about")
    first, second = recorded.nights(tmp_path)
    assert (first.date, first.clock) == (date(2026, 5, 1), datetime(2026, 5, 1, tzinfo=UTC))
    assert [path.name for path in first.files[CTGOV] + first.files[PUBMED]] == ["ctgov.jsonl.gz", "pubmed.xml"]
    assert second.date == date(2026, 5, 2) and second.files[PUBMED] == ()


def test_all_files_of_a_night_are_read_in_the_order_of_their_names(tmp_path):
    night(tmp_path, **{"ctgov-2__jsonl": lines(3), "ctgov-1__jsonl__gz": lines(1, 2)})
    assert [record.record_id for record in records(tmp_path)] == ["NCT90000001", "NCT90000002", "NCT90000003"]


def test_studies_come_in_batches_byte_for_byte(tmp_path):
    data = lines(*range(25)).replace(b"\n", b"\r\n")
    night(tmp_path, ctgov__jsonl__gz=b"\xef\xbb\xbf" + data + b"\n\n")
    (only,) = recorded.nights(tmp_path)
    pages = list(recorded.pages(only, "ctgov", page_size=10))
    assert [len(page.records) for page in pages] == [10, 10, 5]
    assert [page.number for page in pages] == [1, 2, 3] and {page.total for page in pages} == {None}
    assert b"\r\n".join(record.raw for page in pages for record in page.records) + b"\r\n" == data


def test_the_last_line_needs_no_end(tmp_path):
    night(tmp_path, ctgov__jsonl=lines(1, 2).rstrip())
    assert len(records(tmp_path)) == 2


@pytest.mark.parametrize("line", [b"{broken", b"[1,2]", b"null", b"text", b"\xff\xfe\x00", b'{"a":1}'])
def test_a_line_that_is_no_study_still_comes_without_an_id(tmp_path, line):
    night(tmp_path, ctgov__jsonl=lines(1) + line + b"\n" + lines(2))
    assert [(r.record_id, r.raw) for r in records(tmp_path)][1] == (None, line)
    assert len(records(tmp_path)) == 3


def test_articles_and_withdrawals_come_from_the_same_file(tmp_path):
    papers = [article("90000001"), article("90000002")]
    document = b"<PubmedArticleSet>" + b"\n".join(papers) + b"<DeleteCitation><PMID>7</PMID></DeleteCitation>"
    night(tmp_path, pubmed__xml__gz=document + b"</PubmedArticleSet>")
    (only,) = recorded.nights(tmp_path)
    (page,) = recorded.pages(only, "pubmed")
    assert [record.raw for record in page.records] == papers and page.deleted == ("7",)


def test_a_night_without_files_gives_nothing(tmp_path):
    assert records(night(tmp_path)) == []


def test_a_gzip_of_several_members_is_read_to_its_end(tmp_path):
    folder = night(tmp_path)
    data = gzip.compress(lines(1)) + gzip.compress(lines(2)) + b"\0" * 512
    (folder / "2026-05-01" / "ctgov.jsonl.gz").write_bytes(data)
    assert [record.record_id for record in records(folder)] == ["NCT90000001", "NCT90000002"]


def test_a_small_file_that_unfolds_hugely_is_read_in_bounded_pieces(tmp_path):
    night(tmp_path, ctgov__jsonl__gz=(b" " * 1_000_000 + b"\n") * 60 + lines(1))
    (only,) = recorded.nights(tmp_path)
    assert max(map(len, recorded._decompressed(only.files[CTGOV][0]))) <= recorded.CHUNK
    assert len(records(tmp_path)) == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: data[:-4], "cut short"),
        (lambda data: data[:20] + b"\xff\xff\xff" + data[23:], "corrupt"),
        (lambda data: b"plain text", "corrupt"),
    ],
)
@pytest.mark.parametrize(("source", "name"), [("ctgov", "ctgov.jsonl.gz"), ("pubmed", "pubmed.xml.gz")])
def test_a_broken_gzip_is_refused_by_name(tmp_path, damage, said, source, name):
    whole = lines(*range(500)) if source == "ctgov" else b"<PubmedArticleSet>" + article("1") + b"</PubmedArticleSet>"
    folder = night(tmp_path)
    (folder / "2026-05-01" / name).write_bytes(damage(gzip.compress(whole)))
    with pytest.raises(Refused, match=said) as caught:
        records(folder, source)
    assert name in str(caught.value)


def test_a_line_over_the_size_bound_is_refused_by_file_and_line(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "LARGEST_LINE", 2_000_000)
    night(tmp_path, ctgov__jsonl=lines(1) + b"x" * 9_000_000 + b"\n")
    with pytest.raises(Refused, match=r"line 2 of .*ctgov\.jsonl"):
        records(tmp_path)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"<PubmedArticleSet>" + article("1"), "in the middle of its articles"),
        (b"<html><body></body></html>", "<html> where articles belong"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet/>', "entities of its own"),
    ],
)
def test_a_file_that_is_no_article_set_is_refused_by_name(tmp_path, document, said):
    night(tmp_path, pubmed__xml=document)
    with pytest.raises(Refused, match=said) as caught:
        records(tmp_path, "pubmed")
    assert "pubmed.xml" in str(caught.value)


def test_a_folder_without_nights_is_refused(tmp_path):
    with pytest.raises(Refused, match="YYYY-MM-DD"):
        recorded.nights(tmp_path)
    with pytest.raises(Refused, match="not a folder"):
        recorded.nights(tmp_path / "nowhere")
    (tmp_path / "2026-02-30").mkdir()
    with pytest.raises(Refused, match="named like a date"):
        recorded.nights(tmp_path)
