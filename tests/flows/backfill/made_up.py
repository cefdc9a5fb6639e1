"""Made-up inputs of a scan: folders and zips of studies, PubMed files with their MD5 beside them."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterable, Sequence
from hashlib import md5
from pathlib import Path

from tests.records import nct, paper, pmid, raw, study


def other_study(number: int) -> bytes:
    """A study that is out of scope: a drug in hypertension."""
    made = study(number, "A Tablet in High Blood Pressure")
    protocol = made["protocolSection"]
    protocol["descriptionModule"]["briefSummary"] = "People with high blood pressure take a tablet."
    protocol["conditionsModule"] = {"conditions": ["Hypertension"]}
    protocol["armsInterventionsModule"] = {"interventions": [{"type": "DRUG", "name": "Tablet"}]}
    protocol["eligibilityModule"].pop("eligibilityCriteria")
    return raw(made)


def registry_zip(path: Path, studies: Iterable[bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, one in enumerate(studies, start=1):
            packed.writestr(f"{nct(number)}.json", one)
    return path


def pubmed_file(path: Path, papers: Sequence[bytes], *, deleted: Sequence[int] = (), with_md5: bool = True) -> Path:
    """A file as NLM makes them: gzipped, its MD5 beside it, deletions at the end."""
    gone = "".join(f'<PMID Version="1">{pmid(number)}</PMID>' for number in deleted)
    end = f"<DeleteCitation>{gone}</DeleteCitation>" if gone else ""
    whole = b"<PubmedArticleSet>" + b"\n".join(papers) + end.encode() + b"</PubmedArticleSet>"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(whole, mtime=0))
    if with_md5:
        write_md5(path)
    return path


def write_md5(path: Path) -> None:
    digest = md5(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".md5").write_text(f"MD5({path.name})= {digest}\n")


def versioned(number: int, version: int, title: str) -> bytes:
    """A citation in another version of its PMID."""
    return paper(number, title).replace(b'<PMID Version="1">', f'<PMID Version="{version}">'.encode(), 1)
