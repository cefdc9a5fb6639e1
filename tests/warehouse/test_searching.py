"""Full-text search: DuckDB's fts where it is installed, a plain count that says so elsewhere."""

from __future__ import annotations

import pytest

from warehouse.errors import UsageError
from warehouse.querying import search
from warehouse.querying.reading import Connection

RANKS = pytest.mark.parametrize("use_fts", [True, False], ids=["fts", "plain"])


@RANKS
def test_every_hit_holds_the_words(small: Connection, use_fts: bool) -> None:
    found = search.search(small, ["quoted", "more"], use_fts=use_fts)
    assert found.hits
    assert all('cells "quoted", and; more' in hit.title for hit in found.hits if hit.kind == "trial")


@RANKS
@pytest.mark.parametrize(
    "words",
    [
        ["<script>"], ["'; DROP TABLE trials; --"], ["\"unclosed"], ["%"], ["cells_"], ["خلايا"], ["🧬"], ["a" * 5_000],
        ["\n"], ["\u202eback"], ["O'Cells"], ["(", ")"], ["*"], ["CD19", "NOT", "OR"], ["\\"],
    ],
)  # fmt: skip
def test_odd_words_find_something_or_nothing_but_never_break(
    small: Connection, words: list[str], use_fts: bool
) -> None:
    if not search.tokens(" ".join(words)):
        with pytest.raises(UsageError, match="Say what to look for"):
            search.search(small, words, use_fts=use_fts)
        return
    found = search.search(small, words, use_fts=use_fts)
    assert len(found.hits) <= 20
    assert small.execute("SELECT count(*) FROM trials").fetchone() == (240,)


@RANKS
def test_right_to_left_words_are_found(small: Connection, use_fts: bool) -> None:
    found = search.search(small, ["خلايا"], use_fts=use_fts)
    assert found.hits and all("خلايا" in hit.title for hit in found.hits)


def test_the_fallback_says_so(small: Connection) -> None:
    assert search.PLAIN_NOTE in search.search(small, ["cells"], use_fts=False).notes
    assert search.search(small, ["cells"]).notes == ()


@RANKS
def test_where_no_record_holds_all_the_words_some_are_enough_and_it_is_said(small: Connection, use_fts: bool) -> None:
    found = search.search(small, ["quoted", "zzzzzz"], use_fts=use_fts)
    assert found.hits and search.ANY_NOTE in found.notes


@RANKS
def test_out_of_scope_is_left_out_unless_asked_for(small: Connection, use_fts: bool) -> None:
    some = search.search(small, ["cells"], limit=1_000, use_fts=use_fts).hits
    every = search.search(small, ["cells"], limit=1_000, everything=True, use_fts=use_fts).hits
    assert "out_of_scope" not in {hit.scope for hit in some}
    assert {hit.id for hit in some} < {hit.id for hit in every}


@RANKS
def test_an_empty_warehouse_finds_nothing(empty: Connection, use_fts: bool) -> None:
    assert search.search(empty, ["lupus"], use_fts=use_fts).hits == ()


def test_the_published_file_is_not_written_to(small: Connection) -> None:
    tables = small.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
    search.search(small, ["cells"])
    assert small.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == tables


def test_a_limit_is_kept(small: Connection) -> None:
    assert len(search.search(small, ["cells"], limit=3).hits) == 3
