"""A record of 200 MB is refused in bounded memory: measured in a process that does nothing else."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.ctgov import CtgovServer
from tests.servers.eutils import EutilsServer
from tests.servers.loopback import Fault

ROOT = Path(__file__).resolve().parents[3]
MEGABYTE = 1024 * 1024
# MB. What is held is the bound of 64 once, and of a recording once more, in pieces and whole. All of the record, before
# anything is parsed, would be 200, and with its text or tree far more.
IN_PIECES, AND_WHOLE = 100, 160

# Prints what is said of the record, and by how much the peak of this process grew. VmHWM is its own peak; ru_maxrss
# begins with that of the parent.
MEASURED = """
import re, sys
from pathlib import Path
from flows.sources import clinicaltrials, pubmed, recorded
from flows.sources.errors import Refused

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

source, where = sys.argv[1:]
before = peak()
try:
    if source == "ctgov":
        list(clinicaltrials.by_ids(clinicaltrials.session(where), ["NCT90000001"]))
    elif source == "pubmed":
        list(pubmed.by_ids(pubmed.session(where), ["90000001"]))
    else:
        (night,) = recorded.nights(Path(where))
        print([*recorded.pages(night, "ctgov"), *recorded.pages(night, "pubmed")])
except Refused as error:
    print(error)
print(peak() - before)
"""


def read_elsewhere(source: str, where: object) -> tuple[str, int]:
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, source, str(where)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said, grew = ended.stdout.splitlines()
    return said, int(grew)


@pytest.mark.parametrize("source", ["ctgov", "pubmed"])
def test_an_answer_of_200_megabytes_is_refused_in_bounded_memory(source: str) -> None:
    with CtgovServer([]) if source == "ctgov" else EutilsServer([], limits=None) as server:
        server.faults = [Fault("huge", times=99)]
        said, grew = read_elsewhere(source, server.url)
    assert "sent more than 64 MB at once, which is refused" in said
    assert grew < IN_PIECES


def test_a_recorded_study_of_200_megabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "2026-09-01" / "ctgov.jsonl.gz"
    path.parent.mkdir()
    head = b'{"protocolSection":{"identificationModule":{"nctId":"NCT90000001","briefTitle":"'
    path.write_bytes(gzip.compress(head) + gzip.compress(b"x" * MEGABYTE) * 200 + gzip.compress(b'"}}}\n'))
    said, grew = read_elsewhere("recording", tmp_path)
    assert "holds a line of more than 64 MB, which is refused" in said and path.name in said
    assert grew < AND_WHOLE


def test_a_recorded_article_of_200_megabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "2026-09-01" / "pubmed.xml"
    path.parent.mkdir()
    with path.open("wb") as file:
        file.write(b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>90000001</PMID><Article><ArticleTitle>")
        file.seek(200 * MEGABYTE)
        file.write(b"</ArticleTitle></Article></MedlineCitation></PubmedArticle></PubmedArticleSet>")
    said, grew = read_elsewhere("recording", tmp_path)
    assert "holds an article of more than 64 MB" in said and path.name in said
    assert grew < AND_WHOLE
