"""How fast PubMed XML becomes rows, beside pubmed_parser on the same files in the same run.

    python benchmarks/pubmed.py [--rounds N] [--json PATH] [FILE.xml.gz ...]

Without files: the baseline slices of ../shared/registry/pubmed/odd, or made-up files of the same
make where those are absent. Rounds of the readers alternate, so that a busy machine hits both; the
best round of each counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.pubmed.rows import file_rows  # noqa: E402

REAL = ROOT / ".." / "shared" / "registry" / "pubmed" / "odd"
CELLS = ("author rows", "affiliations", "trial numbers", "revision dates", "corrections", "retracted")


@dataclass(frozen=True)
class Measure:
    """One reader's best round over all files. `read` counts what it found, by kind."""

    reader: str
    articles: int
    seconds: float
    articles_per_second: float
    read: dict[str, int]


def read_rows(paths: list[Path]) -> dict[str, int]:
    """Every row of every file by our reader, counted."""
    found = dict.fromkeys(("articles", *CELLS), 0)
    for path in paths:
        with path.open("rb") as stream:
            for shaped in file_rows(stream):
                [publication] = shaped.rows["publications"]
                found["articles"] += not publication["is_deleted"]
                authors = shaped.rows["publication_authors"]
                found["author rows"] += len(authors)
                found["affiliations"] += sum(len(row.get("affiliations", ())) for row in authors)
                found["trial numbers"] += len(shaped.rows["publication_trial_numbers"])
                found["revision dates"] += "revised_date" in publication
                found["corrections"] += len(shaped.rows["publication_corrections"])
                found["retracted"] += publication["is_retracted"]
    return found


def read_with_pubmed_parser(paths: list[Path], *, author_list: bool) -> dict[str, int]:
    """Every article of every file by pubmed_parser, counted; what it does not read stays 0."""
    import pubmed_parser

    found = dict.fromkeys(("articles", *CELLS), 0)
    for path in paths:
        for article in pubmed_parser.parse_medline_xml(str(path), author_list=author_list):
            found["articles"] += not article["delete"]
            if author_list and not article["delete"]:
                found["author rows"] += len(article["authors"])
                found["affiliations"] += sum(bool(author["affiliation"]) for author in article["authors"])
    return found


def readers() -> dict[str, Callable[[list[Path]], dict[str, int]]]:
    """The readers to compare, by name; ours first."""
    found: dict[str, Callable[[list[Path]], dict[str, int]]] = {"cartrials": read_rows}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pubmed_parser  # noqa: F401
    except ImportError:
        print("pubmed_parser is not installed: nothing to compare with (it is in requirements/dev.txt)")
        return found
    found["pubmed_parser"] = lambda paths: read_with_pubmed_parser(paths, author_list=False)
    found["pubmed_parser, authors as list"] = lambda paths: read_with_pubmed_parser(paths, author_list=True)
    return found


def measured(paths: list[Path], rounds: int) -> list[Measure]:
    """Each reader's best of `rounds` rounds over `paths`."""
    by_name = readers()
    best = dict.fromkeys(by_name, float("inf"))
    read: dict[str, dict[str, int]] = {}
    for _ in range(rounds):
        for name, reader in by_name.items():
            started = time.perf_counter()
            read[name] = reader(paths)
            best[name] = min(best[name], time.perf_counter() - started)
    return [Measure(name, n := read[name]["articles"], best[name], n / best[name], read[name]) for name in by_name]


def made_up_files(folder: Path, files: int = 4, articles: int = 500) -> list[Path]:
    """Seeded files in the shape of the baseline: indented, gzipped, with abstracts, authors, references."""
    chance = random.Random(20_260_101)
    paths = []
    for file_no in range(files):
        body = "".join(_article(chance, 900_000_000 + file_no * articles + n) for n in range(articles))
        path = folder / f"made_up_{file_no}.xml.gz"
        head = '<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n'
        path.write_bytes(gzip.compress(f"{head}{body}</PubmedArticleSet>\n".encode(), 6))
        paths.append(path)
    return paths


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(("cells", "of", "invented", "the", "response", "<i>in</i>")) for _ in range(count))


def _article(chance: random.Random, pmid: int) -> str:
    authors = "".join(
        f"\n<Author ValidYN='Y'>\n<LastName>Name{n}</LastName>\n<ForeName>A B</ForeName>\n"
        f"<Initials>AB</Initials>\n<AffiliationInfo>\n<Affiliation>Made-up Hospital {n}.</Affiliation>\n"
        "</AffiliationInfo>\n</Author>"
        for n in range(chance.randint(1, 12))
    )
    references = "".join(
        f"\n<Reference>\n<Citation>Inv J. {n}</Citation>\n<ArticleIdList>\n<ArticleId IdType='pubmed'>{n + 1}"
        "</ArticleId>\n</ArticleIdList>\n</Reference>"
        for n in range(chance.randint(0, 50))
    )
    mesh = "".join(
        f"\n<MeshHeading>\n<DescriptorName UI='D{n}' MajorTopicYN='N'>Heading {n}</DescriptorName>\n</MeshHeading>"
        for n in range(chance.randint(0, 14))
    )
    number = f" NCT{chance.randint(90_000_000, 99_999_999)}" if chance.random() < 0.05 else ""
    date = f"<Year>{chance.randint(1990, 2030)}</Year>\n<Month>0{chance.randint(1, 9)}</Month>\n<Day>11</Day>"
    return f"""<PubmedArticle>
<MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">{pmid}</PMID>
<DateRevised>\n{date}\n</DateRevised>
<Article PubModel="Print">
<Journal>\n<JournalIssue CitedMedium="Print">\n<PubDate>\n{date}\n</PubDate>\n</JournalIssue>\n<Title>Invented journal</Title>\n</Journal>
<ArticleTitle>{_words(chance, 12)}.</ArticleTitle>
<Abstract>\n<AbstractText Label="METHODS">{_words(chance, chance.randint(40, 250))}{number}.</AbstractText>\n</Abstract>
<AuthorList CompleteYN="Y">{authors}\n</AuthorList>
<Language>eng</Language>
<PublicationTypeList>\n<PublicationType UI="D016428">Journal Article</PublicationType>\n</PublicationTypeList>
</Article>
<MedlineJournalInfo>\n<Country>Nowhere</Country>\n<MedlineTA>Inv J</MedlineTA>\n<NlmUniqueID>0</NlmUniqueID>\n</MedlineJournalInfo>
<MeshHeadingList>{mesh}\n</MeshHeadingList>
</MedlineCitation>
<PubmedData>
<PublicationStatus>ppublish</PublicationStatus>
<ArticleIdList>\n<ArticleId IdType="pubmed">{pmid}</ArticleId>\n<ArticleId IdType="doi">10.55555/{pmid}</ArticleId>\n</ArticleIdList>
<ReferenceList>{references}\n</ReferenceList>
</PubmedData>
</PubmedArticle>
"""  # noqa: E501


def table(measures: list[Measure]) -> str:
    """The measures as text: articles a second, times the slowest, and what each read."""
    base = next((m for m in measures if m.reader == "pubmed_parser"), measures[0]).articles_per_second
    lines = [f"{'reader':<32}{'articles':>9}{'per second':>12}{'times':>7}  " + "  ".join(CELLS)]
    for m in measures:
        cells = "  ".join(f"{m.read[cell]:>{len(cell)}}" for cell in CELLS)
        rate = m.articles_per_second
        lines.append(f"{m.reader:<32}{m.articles:>9}{rate:>12,.0f}{rate / base:>7.2f}  {cells}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="gzipped files of citations")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = asked.files or sorted(REAL.glob("*.xml.gz"))
        source = "files given" if asked.files else "baseline slices" if paths else "made-up files"
        paths = paths or made_up_files(Path(folder))
        size = sum(path.stat().st_size for path in paths)
        print(f"{len(paths)} {source}, {size / 1e6:.1f} MB gzipped, best of {asked.rounds} rounds\n")
        measures = measured(paths, asked.rounds)
    print(table(measures))
    if asked.json:
        result: dict[str, Any] = {
            "source": source,
            "files": len(paths),
            "bytes": size,
            "rounds": asked.rounds,
        }
        asked.json.write_text(json.dumps(result | {"measures": [asdict(m) for m in measures]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
