"""A filter chooses trials or papers before anything is counted, by any word that the file knows for a value."""

from __future__ import annotations

import pytest

from tests.warehouse.counting import Frames, counted, entries, rows, word
from transforms.synonyms import SAID, synonyms
from warehouse.querying import named, told
from warehouse.querying.facets import BY_NAME, FACETS
from warehouse.querying.named import Filters, QueryError
from warehouse.querying.reading import Connection
from warehouse.querying.regions import regions


def total(connection: Connection, filters: Filters, name: str = "by_status") -> int:
    found = named.run(connection, name, filters).to_pylist()
    return sum(row["n_trials"] for row in found)


def expected(frames: Frames, facet: str, value: str) -> int:
    """Trials that state the value, in pandas."""
    trials = counted(frames)
    columns = {"disease": "diseases", "phase": "phases", "age_group": "std_ages", "topic": "topics",
               "lymphodepletion": "lymphodepletion", "comparator": "comparators"}  # fmt: skip
    if facet in columns:
        return sum(value in entries(listed) for listed in trials[columns[facet]])
    if facet in ("status", "sponsor", "sponsor_type", "allocation"):
        column = {"status": "overall_status"}.get(facet, facet)
        return sum(word(given) == value for given in trials[column])
    if facet == "breadth":
        return sum(basket is (value == "basket") for basket in trials["is_basket"])
    if facet in ("region", "place"):
        sites = frames["trial_sites"]
        codes = regions().get(value, frozenset())
        here = sites["country_code"].isin(list(codes)) if facet == "region" else sites["city"] == value
        return int(trials["nct_id"].isin(list(sites[here]["nct_id"])).sum())
    if facet == "country":
        sites = frames["trial_sites"]
        return int(trials["nct_id"].isin(list(sites[sites["country_code"] == value]["nct_id"])).sum())
    products = frames["car_t_products"]
    if facet == "target":
        matching = products[[value in targets for targets in products["target_antigens"]]]
    elif facet == "product":
        matching = products[products["product_key"] == value]
    else:
        matching = products[products[facet] == value]
    return int(trials["nct_id"].isin(list(matching["nct_id"])).sum())


VALUES = [
    ("disease", "SLE"), ("target", "CD19"), ("country", "DE"), ("phase", "PHASE1"), ("status", "RECRUITING"),
    ("sponsor", "Fabulon Therapeutics"), ("sponsor_type", "industry"), ("cell_source", "autologous"),
    ("cell_type", "CAR-T"), ("construct", "single"), ("gene_delivery", "lentiviral"), ("lymphodepletion", "none"),
    ("comparator", "placebo"), ("allocation", "RANDOMIZED"), ("age_group", "ADULT"), ("topic", "sle"),
    ("region", "Western Europe"),
    ("place", "Berlin"), ("breadth", "basket"), ("breadth", "single disease"),
]  # fmt: skip


@pytest.mark.parametrize(("facet", "value"), VALUES)
def test_a_filter_counts_what_states_the_value(small: Connection, small_frames: Frames, facet: str, value: str) -> None:
    assert total(small, Filters({facet: [value]})) == expected(small_frames, facet, value) > 0


def test_every_facet_has_a_value_under_test() -> None:
    assert {facet for facet, _ in VALUES} | {"product"} == set(BY_NAME)


def test_a_product_by_name_code_or_key(small: Connection) -> None:
    key, names, codes = small.execute(
        "SELECT product_key, names, codes FROM products WHERE len(codes) > 0 AND product_key IN "
        "(SELECT product_key FROM car_t_products) LIMIT 1"
    ).fetchall()[0]
    counts = {total(small, Filters({"product": [said]})) for said in (key, key.upper(), *names, *codes)}
    assert len(counts) == 1 and counts != {0}


@pytest.mark.parametrize(
    ("facet", "spellings"),
    [
        ("disease", ["SLE", "sle", " S.L.E. "]),
        ("phase", ["PHASE1", "phase 1", "1", "Phase-1"]),
        ("country", ["DE", "Germany", "germany", "DEU"]),
        ("sponsor", ["Fabulon Therapeutics, Inc.", "fabulon therapeutics"]),
        ("cell_source", ["in vivo", "In Vivo", "invivo"]),
        ("status", ["RECRUITING", "recruiting"]),
    ],
)
def test_words_are_understood_however_they_are_written(small: Connection, facet: str, spellings: list[str]) -> None:
    counts = {total(small, Filters({facet: [spelled]})) for spelled in spellings}
    assert len(counts) == 1 and counts != {0}


def test_recruiting_is_not_not_yet_recruiting(small: Connection) -> None:
    found = named.run(small, "by_status", Filters({"status": ["recruiting"]})).to_pylist()
    assert [row["overall_status"] for row in found] == ["RECRUITING"]


def test_two_words_of_a_facet_are_either_and_two_facets_both(small: Connection) -> None:
    sle, ssc = (total(small, Filters({"disease": [name]})) for name in ("SLE", "systemic sclerosis"))
    either = total(small, Filters({"disease": ["SLE", "systemic sclerosis"]}))
    both = total(small, Filters({"disease": ["SLE"], "target": ["CD19"]}))
    assert max(sle, ssc) <= either <= sle + ssc
    assert both < sle


@pytest.mark.parametrize("facet", [facet for facet in FACETS if facet.not_stated], ids=lambda facet: facet.name)
def test_not_stated_is_a_word_too(small: Connection, facet: object) -> None:
    name = facet.name  # type: ignore[attr-defined]
    trials = total(small, Filters({}))
    unstated = total(small, Filters({name: ["not stated"]}))
    assert 0 <= unstated < trials


def test_dates_are_inclusive_and_undated_trials_fall_out(small: Connection) -> None:
    of_year = {row["year"]: row["n_trials"] for row in rows(small, "registrations_by_year")}
    assert total(small, Filters(since="2023", until="2023")) == of_year[2023]
    assert total(small, Filters(since="2023-01-01", until="2023-12-31")) == of_year[2023]
    first = small.execute("SELECT min(first_posted_date) FROM car_t_trials").fetchall()[0][0]
    assert total(small, Filters(since=str(first), until=str(first))) > 0
    everything = total(small, Filters())
    assert total(small, Filters(since="1900")) == everything - of_year.get(None, 0)


@pytest.mark.parametrize("name", [n for n, asked in named.queries().items() if asked.narrows])
def test_every_query_bears_every_facet_that_it_offers(small: Connection, name: str) -> None:
    words = {facet.name: ["not stated"] for facet in named.query(name).facets if facet.not_stated}
    answer = named.run(small, name, Filters(words, since="2020", until="2026-12"))
    assert answer.schema.names == list(named.query(name).columns)


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        (
            Filters({"disease": ["lupas nephritis"]}),
            r"No disease is called 'lupas nephritis' here\. Nearest: lupus neph",
        ),
        (Filters({"disease": ["lupas"]}), r"No disease is called 'lupas' here\. Nearest: lupus nephritis"),
        (Filters({"country": ["Atlantis"]}), r"No country is called 'Atlantis' here\. Nearest: "),
        (Filters({"disease": ["'; DROP TABLE trials; --"]}), "No disease is called"),
        (
            Filters({"target": ["CD19+BCMA"]}),
            "--target CD19 --target BCMA finds trials of any; those of all: cartrials sql",
        ),
        (Filters({"desease": ["SLE"]}), r"There is no filter 'desease'\. Nearest: disease"),
        (Filters(since="yesterday"), "--since is 'yesterday'; expected a date as YYYY, YYYY-MM or YYYY-MM-DD"),
        (Filters(until="2026-02-30"), "--until is '2026-02-30'; expected a date"),
        (Filters(since="0000"), "--since is '0000'; expected a date"),
    ],
)
def test_what_is_not_understood_names_the_nearest(small: Connection, filters: Filters, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        named.run(small, "by_status", filters)


def test_a_facet_that_papers_lack_is_refused_for_papers(small: Connection) -> None:
    with pytest.raises(QueryError, match="papers_without_registration counts papers, which have no phase"):
        named.run(small, "papers_without_registration", Filters({"phase": ["1"]}))


def test_a_country_of_the_world_without_a_site_finds_nothing(small: Connection) -> None:
    assert total(small, Filters({"country": ["Iceland"]})) == 0


def test_an_empty_warehouse_still_answers_a_filter(empty: Connection) -> None:
    assert named.run(empty, "by_status", Filters({"status": ["RECRUITING"]})).num_rows == 0
    with pytest.raises(QueryError, match=r"The file knows none|Nearest"):
        named.run(empty, "by_status", Filters({"disease": ["SLE"]}))


SYNONYMS = synonyms()


@pytest.mark.parametrize(
    ("facet", "spellings"),
    [
        ("disease", ["SLE", "lupus", "systemic lupus erythematosus", "Lupus Erythematosus, Systemic"]),
        ("disease", ["myasthenia gravis", "MG", "generalised myasthenia gravis"]),
        ("country", ["GB", "UK", "U.K.", "United Kingdom", "England"]),
        ("sponsor", ["Fabulon Therapeutics", "Fabulon"]),
        ("target", ["CD19", "cluster of differentiation 19", "anti-CD19"]),
        ("country", ["DE", "Germany", "Deutschland"]),
        ("country", ["AT", "Österreich"]),
        ("phase", ["PHASE2", "phase 2", "2", "II", "Phase II"]),
        ("phase", ["EARLY_PHASE1", "early", "phase 0"]),
        ("status", ["RECRUITING", "open"]),
        ("status", ["COMPLETED", "finished"]),
        ("sponsor_type", ["industry", "company", "pharma"]),
        ("sponsor_type", ["academic", "university", "hospital"]),
        ("cell_source", ["autologous", "patient's own"]),
        ("cell_type", ["CAR-NK", "NK", "NK cells"]),
        ("construct", ["dual", "bispecific", "tandem"]),
        ("lymphodepletion", ["fludarabine + cyclophosphamide", "Flu/Cy", "cy-flu"]),
        ("region", ["Eastern Asia", "eastern asia"]),
    ],
)
def test_a_synonym_or_a_part_is_the_value(small: Connection, facet: str, spellings: list[str]) -> None:
    found = [named.meanings(small, Filters({facet: [said]}, synonyms=SYNONYMS))[0] for said in spellings]
    assert len({one.values for one in found}) == 1
    counts = {total(small, Filters({facet: [said]}, synonyms=SYNONYMS)) for said in spellings}
    assert len(counts) == 1


def test_a_word_for_several_statuses_is_all_of_them_and_said(small: Connection) -> None:
    (stopped,) = named.meanings(small, Filters({"status": ["stopped"]}, synonyms=SYNONYMS))
    assert stopped.values == ("SUSPENDED", "TERMINATED", "WITHDRAWN") and "any of 3" in stopped.told


def test_what_people_say_means_values_that_there_are() -> None:
    for facet, said in SAID.items():
        closed = set(BY_NAME[facet].words)
        assert not closed or {value for values in said.values() for value in values} <= closed


def test_a_time_that_ends_before_it_begins_is_refused(small: Connection) -> None:
    assert named.days_of(Filters(since="2026-07", until="2026")) and named.days_of(Filters(since="2026", until="2026"))
    with pytest.raises(QueryError, match="--since 2026-07-01 lies after --until 2026-01; "):
        named.run(small, "by_status", Filters(since="2026-07-01", until="2026-01"))


def test_several_diseases_are_to_be_chosen_from(small: Connection) -> None:
    with pytest.raises(QueryError, match=r"Disease 'sclerosis' may be .*multiple sclerosis.*: write one of them\."):
        named.run(small, "by_status", Filters({"disease": ["sclerosis"]}, synonyms=SYNONYMS))


def test_a_word_of_another_filter_names_it(small: Connection) -> None:
    with pytest.raises(QueryError, match=r"No country is called 'Berlin' here\..*--place knows it\."):
        named.run(small, "by_status", Filters({"country": ["Berlin"]}))


def test_a_disease_of_the_vocabulary_that_no_trial_treats_finds_nothing(small: Connection) -> None:
    assert total(small, Filters({"disease": ["Kawasaki disease"]}, synonyms=SYNONYMS)) == 0


def test_every_term_of_the_vocabulary_is_taken(small: Connection) -> None:
    for facet, terms in SYNONYMS.items():
        for one in named.meanings(small, Filters({facet: list(terms)}, synonyms=SYNONYMS)):
            assert set(terms[one.word]) <= set(one.values)


def test_a_sum_over_trials_of_a_place_says_what_it_sums(small: Connection) -> None:
    filters = Filters({"country": ["Germany"], "status": ["RECRUITING"]})
    whole = "Participants are the worldwide enrolment of trials with a site in Germany, not that of its sites."
    status = "The status is that of the whole trial, not of its sites in Germany."
    assert told.sentences(small, filters, named.query("enrolment")) == [whole, status]
    assert told.sentences(small, filters, named.query("by_status")) == [status]
    assert told.sentences(small, Filters({"disease": ["SLE"]}), named.query("enrolment")) == []


def test_a_phase_of_two_is_what_is_registered_as_both(small: Connection, small_frames: Frames) -> None:
    both = sum(set(entries(listed)) == {"PHASE1", "PHASE2"} for listed in counted(small_frames)["phases"])
    for said in ("1/2", "phase 1/2", "Phase I/II", "phase 1-2"):
        assert total(small, Filters({"phase": [said]}, synonyms=synonyms())) == both, said
    third = total(small, Filters({"phase": ["phase III"]}, synonyms=synonyms()))
    assert third == expected(small_frames, "phase", "PHASE3")


def test_a_group_of_diseases_is_all_of_them(small: Connection) -> None:
    said = {word: total(small, Filters({"disease": [word]}, synonyms=synonyms())) for word in ("kidney", "renal")}
    nephritis = total(small, Filters({"disease": ["lupus nephritis"]}))
    assert said["kidney"] == said["renal"] >= nephritis > 0
