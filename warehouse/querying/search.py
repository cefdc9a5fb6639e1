"""Full-text search over trials and papers of the published file.

Ranked by DuckDB's fts extension (BM25, English stems) where it is installed, otherwise by counting the
words, which is said. The index is built in memory from the file's texts when asked: the published file
stays free of tables that need an extension to be read.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.errors import UsageError
from warehouse.querying.reading import Connection

PLAIN_NOTE = "Ranked by counting words: DuckDB's fts extension is not installed (pip install duckdb-extension-fts)."
ANY_NOTE = "No record holds all the words; these hold some of them."
TITLE_WEIGHT = 5
SNIPPET = 160  # characters shown around the first word found

# One text a record: titles, summaries, names and words that say what it is about; no eligibility criteria,
# where every disease stands among the exclusions.
TEXTS = """
SELECT 'trial' AS kind, trials.nct_id AS id, trials.scope, trials.first_posted_date AS dated, trials.url,
    coalesce(brief_title, '') AS title,
    concat_ws(chr(10), official_title, acronym, org_study_id, trials.nct_id, array_to_string(former_nct_ids, ', '),
        brief_summary, detailed_description,
        conditions.words, keywords.words, interventions.words) AS body
FROM trials
LEFT JOIN (
    SELECT nct_id, array_to_string(list(condition), ', ') AS words
    FROM trial_conditions GROUP BY nct_id
) AS conditions ON conditions.nct_id = trials.nct_id
LEFT JOIN (
    SELECT nct_id, array_to_string(list(keyword), ', ') AS words
    FROM trial_keywords GROUP BY nct_id
) AS keywords ON keywords.nct_id = trials.nct_id
LEFT JOIN (
    SELECT nct_id, array_to_string(list(words), ', ') AS words
    FROM (
        SELECT nct_id, concat_ws(', ', name, array_to_string(other_names, ', '), description) AS words
        FROM trial_interventions
    ) AS each_one
    GROUP BY nct_id
) AS interventions ON interventions.nct_id = trials.nct_id
WHERE trials.scope <> 'out_of_scope' OR $everything
UNION ALL
SELECT 'paper', pmid, scope, publication_date, url, coalesce(title, ''),
    concat_ws(chr(10), abstract, array_to_string(keywords, ', '), array_to_string(mesh_terms, ', '))
FROM publications
WHERE NOT is_deleted AND (scope <> 'out_of_scope' OR $everything)
"""

COLUMNS = "kind, id, title, score, scope, dated, url, body"
RANKED_BY_FTS = f"""
SELECT {COLUMNS}
FROM (SELECT *, fts_main_texts.match_bm25(key, $words, conjunctive := $all) AS score FROM texts)
WHERE score IS NOT NULL
ORDER BY score DESC, kind DESC, id
LIMIT $limit
"""


@dataclass(frozen=True)
class Hit:
    """One record found. `kind` trial or paper; `snippet`: its words around the first one found."""

    kind: str
    id: str
    title: str
    score: float
    scope: str
    dated: str | None
    url: str
    snippet: str


@dataclass(frozen=True)
class Found:
    """Hits, best first, and what a reader should know of how they were found."""

    hits: tuple[Hit, ...]
    notes: tuple[str, ...] = ()


def search(
    connection: Connection,
    words: Sequence[str],
    *,
    limit: int = 20,
    everything: bool = False,
    use_fts: bool = True,
) -> Found:
    """Trials and papers that hold all the words, or else some of them, best first.

    `everything`: records out of scope too. Raises UsageError where no word is given.
    """
    wanted = tokens(" ".join(words))
    if not wanted:
        raise UsageError("Say what to look for, such as `cartrials search lupus nephritis CD19`.")
    texts = connection.execute(TEXTS, {"everything": everything}).to_arrow_table()
    with duckdb.connect(":memory:") as memory:
        memory.register("given", texts)
        memory.execute("CREATE TABLE texts AS SELECT row_number() OVER () AS key, * FROM given")
        memory.unregister("given")
        if has_fts := use_fts and load_fts(memory):
            # Every letter and digit of any script counts: CD19 is a word, and so is γδ.
            memory.execute("PRAGMA create_fts_index('texts', 'key', 'title', 'body', ignore = '[^\\pL\\pN]+')")
        rank = _by_fts if has_fts else _by_counting
        rows = rank(memory, wanted, limit, True)
        notes = [] if has_fts else [PLAIN_NOTE]
        if not rows and len(wanted) > 1:
            rows = rank(memory, wanted, limit, False)
            notes += [ANY_NOTE] if rows else []
    return Found(tuple(_hit(row, wanted) for row in rows), tuple(notes))


def tokens(text: str) -> list[str]:
    """The words of a text, folded: no case, no accents, nothing but letters and digits."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", _folded(text))))


def load_fts(connection: Connection) -> bool:
    """Load fts: from its Python package, else what DuckDB's own INSTALL left. Nothing is fetched."""
    places = ["fts"]
    try:
        package = importlib.import_module("duckdb_extension_fts")
    except ImportError:
        pass
    else:
        folder = Path(str(package.__file__)).parent / "extensions" / f"v{duckdb.__version__}"
        places.insert(0, str(folder / "fts.duckdb_extension"))
    connection.execute("SET autoinstall_known_extensions = false")
    for place in places:
        try:
            connection.load_extension(place)
        except duckdb.Error:
            continue
        return True
    return False


def _by_fts(memory: Connection, wanted: list[str], limit: int, every_word: bool) -> list[tuple[object, ...]]:
    given = {"words": " ".join(wanted), "all": int(every_word), "limit": limit}
    return memory.execute(RANKED_BY_FTS, given).fetchall()


def _by_counting(memory: Connection, wanted: list[str], limit: int, every_word: bool) -> list[tuple[object, ...]]:
    """Title hits weigh more; a word in a long text counts ten times at most."""
    words = pa.table({"word": pa.array(wanted, pa.string())})
    memory.register("wanted", words)
    rows = memory.execute(
        f"""
        WITH folded AS (
            SELECT *, lower(strip_accents(title)) AS plain_title, lower(strip_accents(body)) AS plain_body
            FROM texts
        ),
        counted AS (
            SELECT key,
                {TITLE_WEIGHT} * CAST(contains(plain_title, word) AS INTEGER)
                    + least(10, (len(plain_body) - len(replace(plain_body, word, ''))) // len(word)) AS n
            FROM folded CROSS JOIN wanted
        ),
        scored AS (
            SELECT key, sum(n) AS score, count(*) FILTER (WHERE n > 0) AS n_words
            FROM counted GROUP BY key
        )
        SELECT {COLUMNS}
        FROM texts JOIN scored USING (key)
        WHERE n_words > 0 AND (n_words = (SELECT count(*) FROM wanted) OR NOT $every_word)
        ORDER BY n_words DESC, score DESC, kind DESC, id
        LIMIT $limit
        """,
        {"every_word": every_word, "limit": limit},
    ).fetchall()
    memory.unregister("wanted")
    return rows


def _hit(row: tuple[object, ...], wanted: list[str]) -> Hit:
    kind, id_, title, score, scope, dated, url, body = row
    day = None if dated is None else str(dated)
    snippet = _snippet(str(body), wanted)
    return Hit(str(kind), str(id_), str(title), float(str(score)), str(scope), day, str(url), snippet)


def _snippet(body: str, wanted: list[str]) -> str:
    """The text around the first wanted word, on one line; the beginning where stems or accents hide it."""
    plain = body.lower()
    places = [found.start() for word in wanted if (found := re.search(rf"\b{re.escape(word)}", plain))]
    begin = max(0, min(places, default=0) - SNIPPET // 3)
    cut = " ".join(body[begin : begin + SNIPPET].split())
    return ("… " if begin else "") + cut + (" …" if begin + SNIPPET < len(body) else "")


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()
