"""Vocabulary files: every line is reached, and a wrong line is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transforms.profile.products import car, catalogue, cells, targets
from transforms.profile.products.scope import named, not_car
from transforms.profile.reading import vocabulary
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import (
    FOLDER,
    Row,
    VocabularyError,
    compiled,
    digest,
    expression,
    rows,
    terms,
    word_list,
)


def text(words: str, section: str = "intervention_name") -> Text:
    return Text(section, "trial_interventions.name[1]", words, fold(words))


def plain(term: str) -> str:
    """A term as a record would write it."""
    return term.replace("*", "")


def lines(name: str, *columns: str) -> list[Row]:
    return rows(name, ("term", "label", *columns))


def by_term(row: Row) -> str:
    return row["term"]


@pytest.mark.parametrize("row", lines("antigens"), ids=by_term)
def test_every_antigen_is_a_target_beside_a_car(row: Row) -> None:
    said = text(f"anti-{plain(row['term'])} CAR-T cells")
    found = {antigen for t in targets.attached(said) for antigen in t.antigens.antigens}
    assert found == (set() if row["label"] == targets.NOT_A_TARGET else {row["label"]})


ANTIGENS = [row for row in lines("antigens") if row["label"] != targets.NOT_A_TARGET]
BEFORE = [row for row in lines("target_words") if row["label"] == "before"]
AFTER = [row for row in lines("target_words") if row["label"] != "before"]
GUARDED_ROWS = [
    row for row in lines("cell_source_terms", "guard")
    if row["guard"] in ("cells", "own", "edited", "cellsbefore", "inside")
]  # fmt: skip


@pytest.mark.parametrize("row", ANTIGENS, ids=by_term)
def test_an_antigen_that_stands_alone_is_no_target(row: Row) -> None:
    said = text(f"a study of {plain(row['term'])} in blood; later, CAR-T cells are given", "brief_summary")
    assert targets.attached(said) == ()


@pytest.mark.parametrize("row", BEFORE, ids=by_term)
def test_every_word_that_qualifies_a_car_may_stand_between(row: Row) -> None:
    said = text(f"CD19 {row['term']} CAR-T")
    assert [t.antigens.antigens for t in targets.attached(said)] == [("CD19",)]


@pytest.mark.parametrize("row", AFTER, ids=by_term)
def test_every_word_that_ties_or_stands_before_a_target_is_passed(row: Row) -> None:
    tie = "" if row["label"] == "tie" else " targeting"
    said = text(f"chimeric antigen receptor {row['term']}{tie} CD19")
    assert ("CD19",) in [t.antigens.antigens for t in targets.attached(said)]


@pytest.mark.parametrize("row", lines("car_terms", "guard", "example"), ids=by_term)
def test_every_way_of_writing_car_is_found_in_its_example(row: Row) -> None:
    said = text(row["example"])
    assert re.search(expression(row["term"]), said.folded)
    found = car.in_text(said)
    if row["label"] == "not CAR":
        assert found == ()
    else:
        assert found and all(mention.is_given for mention in found)
        assert row["label"] == "CAR" or found[0].cell_type == row["label"]
        assert car.may_name(said.folded)


def test_a_way_of_writing_car_that_no_search_would_begin_with_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "FOLDER", tmp_path)
    (tmp_path / "car_terms.csv").write_text("term,label,guard,example\ncar-t,CAR-T,,CAR-T\nqq-cells,CAR-T,,QQ-cells\n")
    car._heads.cache_clear()
    with pytest.raises(VocabularyError, match=r"car_terms\.csv, line 3: the example does not hold the term, or"):
        car._heads()
    monkeypatch.undo()
    car._heads.cache_clear()


@pytest.mark.parametrize("row", lines("cell_kinds", "example"), ids=by_term)
def test_every_kind_of_cell_is_read_from_its_example(row: Row) -> None:
    said = text(row["example"])
    assert re.search(expression(row["term"]), said.folded)
    assert row["label"] in [mention.cell_type for mention in car.in_text(said)]


@pytest.mark.parametrize("row", rows("car_contexts", ("term", "label", "where")), ids=by_term)
def test_every_context_says_that_the_cells_are_not_given(row: Row) -> None:
    words = f"{row['term']} CAR-T cells" if row["where"] == "before" else f"CAR-T {row['term']}"
    assert [mention.context for mention in car.in_text(text(words))] == [row["label"]]


GUARDED = {
    "": "{}", "cells": "{} CD19 T cells", "cue": "{}", "own": "the patient's {} T cells",
    "edited": "{} knock-out", "cellsbefore": "CAR-T cells {}", "inside": "CAR-T cells generated {}",
    "nanoparticle": "mRNA in {}",
}  # fmt: skip


@pytest.mark.parametrize("row", lines("cell_source_terms", "guard"), ids=by_term)
def test_every_word_for_a_source_is_read_where_its_guard_holds(row: Row) -> None:
    said = text(GUARDED[row["guard"]].format(plain(row["term"])))
    assert row["label"] in {word.value for word in cells.source_words([said])}


@pytest.mark.parametrize("row", GUARDED_ROWS, ids=by_term)
def test_a_guarded_word_alone_says_nothing(row: Row) -> None:
    said = text(f"{plain(row['term'])} findings were recorded", "brief_summary")
    assert cells.source_words([said]) == []


@pytest.mark.parametrize("row", lines("gene_delivery_terms"), ids=by_term)
def test_every_word_for_gene_delivery_is_read(row: Row) -> None:
    assert row["label"] in {w.value for w in cells.delivery_words([text(f"{plain(row['term'])} CAR-T")])}


@pytest.mark.parametrize("row", lines("not_car"), ids=by_term)
def test_every_look_alike_gives_its_reason(row: Row) -> None:
    assert not_car(fold(plain(row["term"]))) == row["label"]


@pytest.mark.parametrize("row", lines("scope_terms", "example"), ids=by_term)
def test_every_word_of_follow_up_is_found_in_its_example(row: Row) -> None:
    assert re.search(expression(row["term"]), fold(row["example"]))
    assert row["label"] in {label for _, _, label in terms("scope_terms").matches(fold(row["example"]))}
    assert named([text(row["example"])], row["label"]) is not None


@pytest.mark.parametrize("product", catalogue.catalogue().values(), ids=lambda product: product.key)
def test_every_name_of_a_product_is_found_however_it_is_joined(product: catalogue.Product) -> None:
    for name in (*product.names, *product.codes):
        for written in (name, name.upper(), name.replace("-", " "), name.replace("-", "")):
            said = text(f"one dose of {written}, given")
            assert [mention.product.key for mention in catalogue.in_text(said)] == [product.key]


def test_a_short_code_is_a_product_only_where_something_is_named() -> None:
    assert catalogue.in_text(text("ward S103 of the hospital", "brief_summary")) == ()
    assert [m.product.key for m in catalogue.in_text(text("S103 cells"))] == ["s103"]


@pytest.mark.parametrize("row", lines("series", "url"), ids=by_term)
def test_every_series_points_to_its_product(row: Row) -> None:
    said = text(f"{row['term'].replace('*', '3')}: one dose of cells", "brief_title")
    pointed = catalogue.of_series(said)
    assert pointed is not None and pointed.product.key == row["label"]
    assert catalogue.series_url(pointed) == (row["url"] or None)


def test_most_facts_of_the_product_list_have_an_address_and_each_an_own_source() -> None:
    facts = [(p, fact) for p in catalogue.catalogue().values() for fact in catalogue.FACTS if getattr(p, fact)]
    told = [(p.stated_in[fact], p.urls[fact]) for p, fact in facts if fact in p.urls]
    assert len(told) / len(facts) > 0.5  # the others wait for an address that somebody has looked at
    kinds = {"registry": "https://clinicaltrials.gov/study/NCT", "publication": "https://pubmed.ncbi.nlm.nih.gov/",
             "drug label": "https://api.fda.gov/drug/label.json"}  # fmt: skip
    assert [one for one in told if not one[1].startswith(kinds[one[0]])] == []


# ---- wrong lines ----


def written(folder: Path, content: str) -> list[Row]:
    (folder / "words.csv").write_text(content, encoding="utf-8")
    return rows("words", ("term", "label"), folder)


@pytest.mark.parametrize(("content", "line", "says"), [
    ("term,label\nA-1,x\n\na 1,y\n", 4, "two labels"),
    ("term,label\nalpha,x\nAlpha,x\n", 3, "stands on line 2 already"),
    ("term,label\nalpha,\n", 2, "empty label"),
    ("term,label\n,x\n", 2, "term is empty"),
    ("term,label\n~(alpha,x\n", 2, "is wrong"),
    ("term,label\n~(alpha),x\n", 2, "(?: instead"),
])  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, content: str, line: int, says: str) -> None:
    with pytest.raises(VocabularyError, match=r"words\.csv, line") as error:
        compiled("words", written(tmp_path, content), tmp_path / "words.csv")
    assert error.value.line == line
    assert says in str(error.value)


@pytest.mark.parametrize(("content", "says"), [("term\nx\n", "add the column 'label'"),
                                               ("term,label\nx,y,z\n", "has 3 cells")])  # fmt: skip
def test_a_wrong_shape_is_named(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(VocabularyError, match=says):
        written(tmp_path, content)


def test_the_version_follows_the_files() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", digest())
    assert all(path.suffix == ".csv" for path in FOLDER.iterdir() if path.is_file())


def test_a_word_list_reads_hyphens_and_spaces_alike() -> None:
    listed = word_list("gene_delivery_terms")
    assert [row["label"] for _, _, row in listed.matches("sleeping-beauty, knock in, knockin")] == [
        "transposon", "knock-in", "knock-in"]  # fmt: skip
