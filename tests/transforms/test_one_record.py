"""What one record holds harms no other: it costs a bounded time, and what it breaks is its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from expectations import rules
from expectations.known_fields import new_fields
from expectations.results import counted
from flows.process.terminal import MOST_PRINTED, printable
from flows.sources.articles import pmid
from flows.sources.studies import received
from tests.records import nct, paper, raw, study
from tests.transforms.one_batch import Item, citations, studies
from transforms import normalize as batches
from transforms.clinicaltrials.parts import Study
from transforms.content import content_sha256
from transforms.follow import Record, Taken
from transforms.history import sentences, sites
from transforms.history.event import Context
from transforms.normalize import Batch
from transforms.profile.reading import bounds
from transforms.shaped import FURTHER, MOST_PROBLEMS
from warehouse.schema import table

CONTEXT = Context(datetime(2026, 9, 1), "run", date(2026, 8, 31))
HUGE = int("9" * 309)
DEEP = b"[" * 1_000_000 + b"]" * 1_000_000


def item(content: bytes, before: bytes | None = None) -> Item:
    return Item(received(content).record_id, content_sha256("ctgov", content), content, before)


def shaped(*contents: bytes) -> Batch:
    return studies([item(content) for content in contents], CONTEXT)


def waiting(result: Batch) -> dict[str | None, str]:
    """Records that wait as a whole, and why."""
    return {record_id: problem.reason for record_id, _, problem in result.problems if problem.field_path is None}


def ids(result: Batch) -> list[str]:
    found: list[str] = result.tables["trials"]["nct_id"].to_pylist()
    return found


@pytest.mark.parametrize("value", [HUGE, -HUGE, 10**4_000, 1e308, True, [[[]]], {"a": 1}, "1e400"])
@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("designModule__enrollmentInfo__count", "trials.enrollment_count"),
        ("contactsLocationsModule__locations__0__geoPoint__lat", "trial_sites.latitude[1]"),
        ("statusModule__startDateStruct__date", "trials.start_date"),
        ("identificationModule__briefTitle", "trials.brief_title"),
    ],
)
def test_a_value_that_no_column_holds_is_a_bad_field_of_its_record(path: str, column: str, value: Any) -> None:
    if column == "trials.brief_title" and isinstance(value, str):
        value = 7
    result = shaped(raw(study(1)), raw(study(2, **{path: value})), raw(study(3)))
    assert ids(result) == [nct(1), nct(2), nct(3)]
    assert [(record_id, problem.field_path) for record_id, _, problem in result.problems] == [(nct(2), column)]


@pytest.mark.parametrize(
    "value", [DEEP, b"1" * 5_000, b"1e999", b"NaN", b'"\\ud800"', b"\xff"], ids=lambda value: repr(value[:8])
)
def test_a_value_that_no_reader_reads_keeps_its_record_waiting(value: bytes) -> None:
    spoilt = raw(study(2)).replace(b'"MADE-UP-2"', value)
    result = shaped(raw(study(1)), spoilt, raw(study(3)))
    assert ids(result) == [nct(1), nct(3)] and list(waiting(result)) == [nct(2)]


def test_a_record_without_its_number_in_front_may_hold_anything() -> None:
    assert received(b'{"hasResults": false, "deep": ' + DEEP + b"}").record_id is None
    assert pmid(b'<?xml version="1.0" encoding="none-such"?><PubmedArticle/>') is None


def test_a_number_out_of_range_among_results_is_no_reason_to_wait() -> None:
    """The module that holds it is named where it is one that rows are made of; of this one none are."""
    with_results = raw(study(1)).replace(b'"hasResults": false', b'"hasResults": true, "resultsSection": {"n": 1e999}')
    result = studies([item(with_results, before=raw(study(1)))], CONTEXT)
    assert ids(result) == [nct(1)] and result.problems == []


def test_lists_in_lists_are_looked_at_for_new_fields_as_far_as_can_be() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert new_fields([{"protocolSection": {"statusModule": {"moonPhase": 1, "overallStatus": deep}}}]) == {
        "protocolSection.statusModule.moonPhase": 1
    }
    while deep:
        deep = deep[0]  # freed from outside inwards: at once would be too deep as well


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (raw(study(2)).replace(b'"nctId": "NCT90000002"', b'"nctId": "NCT90000002", "nctId": "NCT90000001"'),
         "The record came as NCT90000002 and calls itself NCT90000001."),
        (raw(study(2)).replace(b"NCT90000002", b"NCT00000000"),
         "The record has no valid NCT number."),
    ],
    ids=["twice", "placeholder"],
)  # fmt: skip
def test_a_record_that_calls_itself_otherwise_takes_nobodys_place(spoilt: bytes, why: str) -> None:
    result = shaped(raw(study(1)), spoilt, raw(study(3)))
    assert ids(result) == [nct(1), nct(3)] and list(waiting(result).values()) == [why]


def test_a_citation_that_calls_itself_otherwise_takes_nobodys_place() -> None:
    mine, other = paper(1), paper(2)
    result = citations([Item("90000003", "sha", other), Item(pmid(mine), "sha2", mine)], CONTEXT)
    assert result.tables["publications"]["pmid"].to_pylist() == ["90000001"]
    assert list(waiting(result)) == ["90000003"]


def test_rows_that_fit_in_no_table_are_those_of_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever kind of error it is that nobody has thought of."""
    typed = batches.typed

    def stumbling(declared: Any, rows: Sequence[dict[str, Any]], constants: Any = None) -> Any:
        if any(row.get("brief_title") == "unheard of" for row in rows):
            raise MemoryError("made to stumble")
        return typed(declared, rows, constants)

    monkeypatch.setattr(batches, "typed", stumbling)
    result = shaped(raw(study(1)), raw(study(2, "unheard of")), raw(study(3)))
    assert ids(result) == [nct(1), nct(3)]
    assert waiting(result) == {nct(2): "Reading the record broke: MemoryError: made to stumble."}
    assert [outcome.is_readable for outcome in result.outcomes] == [True, False, True]
    # In a rebuild such a version is followed by the one before it, as nights leave it.
    versions = {"a": raw(study(1)), "b": raw(study(2)), "c": raw(study(2, "unheard of")), "d": raw(study(2, "new"))}
    records = [
        Record(one, tuple(Taken(CONTEXT, sha256) for sha256 in some)) for one, some in ((nct(1), "a"), (nct(2), "bcd"))
    ]
    made = batches.normalized("ctgov", records, versions.__getitem__, {})
    assert made.tables["trials"]["content_sha256"].to_pylist() == ["a", "d"]
    assert made.earlier["trials"]["of_sha256"].to_pylist() == ["b"]
    assert [outcome.is_readable for outcome in made.outcomes] == [True, True, False, True]
    waits = batches.normalized("ctgov", [Record(nct(2), (Taken(CONTEXT, "c"),))], versions.__getitem__, {})
    assert "trials" not in waits.tables and "trials" not in waits.earlier and list(waiting(waits)) == [nct(2)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("conditionsModule__keywords", ["lupus", 7]),
        ("conditionsModule", ["no object"]),
        ("armsInterventionsModule__armGroups__0__interventionNames", 5),
        ("contactsLocationsModule__locations", "somewhere"),
        ("designModule__designInfo", "open"),
        ("statusModule__expandedAccessInfo", 1),
        ("outcomesModule__primaryOutcomes", [None, "toxicity"]),
    ],
)
def test_what_could_not_be_read_is_named_of_the_next_version_too(path: str, value: Any) -> None:
    """Read beside the version before, whose lists say the same, it was named no more: quarantine held it for mended."""
    before = study(1, **{path: value})
    after = study(1, **{path: value, "statusModule__overallStatus": "COMPLETED"})
    alone, beside = (studies([item(raw(after), before=one)], CONTEXT) for one in (None, raw(before)))
    assert [problem for _, _, problem in alone.problems] != []
    assert sorted(map(str, alone.problems)) == sorted(
        str(one) for one in beside.problems if one[1] == alone.problems[0][1]
    )


# ---- a bound per record ----


@pytest.mark.parametrize(
    "changes",
    [
        {"contactsLocationsModule__locations": ["no object"] * 20_000},
        {"contactsLocationsModule__locations": [{"city": n} for n in range(20_000)]},
        {"referencesModule": {"references": [{"pmid": n, "type": n} for n in range(20_000)]}},
        {"conditionsModule__keywords": list(range(20_000))},
    ],
    ids=["no objects", "wrong cities", "wrong references", "wrong words"],
)
def test_of_many_bad_values_a_hundred_are_named_and_the_others_counted(changes: dict[str, Any]) -> None:
    result = shaped(raw(study(1, **changes)), raw(study(2)))
    problems = [problem for _, _, problem in result.problems]
    assert ids(result) == [nct(1), nct(2)] and len(problems) == MOST_PROBLEMS + 1
    assert problems[-1].field_path == FURTHER and "more fields of this record" in problems[-1].reason


def test_what_was_noted_before_is_looked_up_once() -> None:
    """20,000 bad values that were each held against all before them took four seconds."""

    class Place(str):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Place.compared += 1
            return str.__eq__(self, other)  # type: ignore[arg-type]

        __hash__ = str.__hash__

    parts = Study({})
    for n in range(20_000):
        parts.note(Place(f"trial_sites[{n}]"), n, "an object was expected")
    assert Place.compared < 20_000 and len(parts.problems) == MOST_PROBLEMS + 1


def test_rules_read_so_much_of_a_record_and_name_what_they_leave_out() -> None:
    made = study(
        1, "CD19 CAR-T " * 1_000, eligibilityModule__eligibilityCriteria="* lupus\n" * 20_000,
        conditionsModule__conditions=["Lupus"] * 5_000,
        armsInterventionsModule__interventions=[{"name": "," * 5_000, "description": "- " * 50_000}] * 300,
    )  # fmt: skip
    read, cut = bounds.within_bounds(made)
    assert _characters(read) <= bounds.MOST_CHARACTERS
    protocol = read["protocolSection"]
    assert len(protocol["conditionsModule"]["conditions"]) == bounds.MOST_ITEMS
    assert len(protocol["armsInterventionsModule"]["interventions"]) == bounds.MOST_COMPARED
    assert {problem.field_path for problem in cut} >= {
        "protocolSection.identificationModule.briefTitle", "protocolSection.conditionsModule.conditions",
        "protocolSection.eligibilityModule.eligibilityCriteria",
        "protocolSection.armsInterventionsModule.interventions",
    }  # fmt: skip
    result = shaped(raw(made))
    assert ids(result) == [nct(1)] and len(result.problems) == MOST_PROBLEMS + 1
    assert len(result.tables["trials"]["eligibility_criteria"][0].as_py()) == 160_000  # the table has all of it


def _characters(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else len(value) if isinstance(value, str) else 0


def test_no_ordinary_record_is_cut() -> None:
    made = study(1)
    assert bounds.within_bounds(made)[1] == []


def test_a_paper_of_megabytes_is_read_to_a_bound() -> None:
    whole = paper(1, abstract="CAR-T, " * 100_000)
    result = citations([Item(pmid(whole), "sha", whole)], CONTEXT)
    assert result.tables["publications"]["pmid"].to_pylist() == ["90000001"]
    assert [problem.field_path for _, _, problem in result.problems] == ["publications.abstract"]


def test_sites_are_held_against_so_many_others(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    same = sites._same_place

    def counting(old: Any, new: Any) -> bool:
        nonlocal count
        count += 1
        return same(old, new)

    monkeypatch.setattr(sites, "_same_place", counting)
    old = [{"country": "Germany", "city": f"Old {n}", "facility": f"A {n}"} for n in range(3_000)]
    new = [{"country": "Germany", "city": f"New {n}", "facility": f"B {n}"} for n in range(3_000)]
    (difference,) = sites.site_differences(old, new)
    assert len(difference.old["lost"]) == 3_000 and count <= 3 * sites.MOST_COMPARED


def test_lines_of_very_long_criteria_are_counted_instead_of_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 equal lines took half a minute: each was held against all."""
    monkeypatch.setattr(sentences, "SequenceMatcher", None)  # not asked
    old = "\n".join(["-"] * 100_000)
    assert sentences.changed_lines(old, old + "\n* No pregnancy\n-") == (["-", "* No pregnancy"], [])


def test_unknown_words_are_named_so_far_and_the_others_counted() -> None:
    """Each word is looked for in all rows: of thousands that took time with their square."""
    words = pa.array([f"WORD{n}" for n in range(20_000)])
    column = table("trials").column("overall_status")
    hits = rules._unknown_words(words, column, ("RECRUITING",), "is new to us")
    assert len(hits) == rules.MOST_WORDS + 1 and sum(len(hit.positions) for hit in hits) == 20_000
    assert "more words" in hits[-1].reason


def test_a_megabyte_is_cut_where_it_is_shown() -> None:
    assert len(counted({"x" * 1_000_000: 3})) < 200
    assert len(printable("x" * 1_000_000)) < MOST_PRINTED + 50
